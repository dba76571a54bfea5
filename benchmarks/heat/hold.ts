/**
 * Whether the film stays mixed for an hour of full light: fixed pulses, the swing of the settings’ defaults on a bench that was
 * commissioned without a reference, and the best of a grid of patterns for each bench, which bounds what any control can do.
 */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { inSeconds, millis } from '../../src/units.ts';
import { type Group, groupedBenches, type Population, strangerTo } from './bench.ts';
import { commissionedSettings } from './known.ts';
import { type Line, share } from './line.ts';
import { HELD_BELOW, oracleHolds, SWING_GRID, swingsThatHold } from './oracle.ts';
import { ORDINARY, rigOf } from './watch.ts';

const HOUR_S = 3600;
/** The recipe outlasts the hour, so that a run that ended has tripped. */
const RECIPE_S = HOUR_S + 60;
const CONVERTER = 'max31856';

const DEFAULTS = defaultSettings();

export type HoldControl = 'pulse' | 'swing' | 'oracle' | 'oracle-swing';
const CONTROLS: readonly HoldControl[] = ['pulse', 'swing', 'oracle', 'oracle-swing'];

/** What another swing and another period would hold, in the middle population. */
const MAP = [1.8, 2.1, 2.5, 3].flatMap((swingK) => [3, 4, 5].map((periodS) => ({ swingK, periodS })));
const MAP_GROUP = '-20';

interface Asked {
  readonly swingK: number;
  readonly periodS: number;
}

export interface HoldTask {
  readonly bench: BenchFile;
  readonly group: Group;
  readonly control: HoldControl;
  /** A cell of the map; null = the settings’ defaults. */
  readonly asked: Asked | null;
}

export interface HoldResult {
  readonly held: boolean;
  readonly refused: boolean;
  readonly trip: string | null;
  /** By the pairs of the swing grid. */
  readonly swings: readonly boolean[];
}

export const holdTasks = (from: Population, n: number): HoldTask[] =>
  groupedBenches(from, n).flatMap(({ bench, group }) => [
    ...CONTROLS.map((control): HoldTask => ({ bench, group, control, asked: null })),
    ...(from.map && (group === '' || group === MAP_GROUP) ? MAP : []).map(
      (asked): HoldTask => ({ bench, group, control: 'swing', asked }),
    ),
  ]);

const NOTHING: HoldResult = { held: false, refused: false, trip: null, swings: [] };

export async function holdFilm({ bench, control, asked }: HoldTask): Promise<HoldResult> {
  const stranger = strangerTo(bench, CONVERTER);
  if (control === 'oracle') return { ...NOTHING, held: oracleHolds(stranger, bench, HOUR_S) };
  if (control === 'oracle-swing') return { ...NOTHING, swings: swingsThatHold(stranger, bench, HOUR_S) };
  const settings = control === 'pulse' ? stranger : await commissionedSettings(bench, CONVERTER, false);
  if (!settings) return { ...NOTHING, refused: true };
  const step = control === 'pulse' ? ORDINARY.pulse : { ...ORDINARY.swing, ...asked };
  const rig = rigOf(settings, bench, { ...step, forS: RECIPE_S }, 1);
  if (!rig.arm()) return { ...NOTHING, refused: true };
  for (let tick = 0; tick < HOUR_S / TICK_S; tick += 1) {
    rig.tick();
    const [trip] = rig.trips();
    if (trip) return { ...NOTHING, trip: `${trip.code} ${trip.name} at ${trip.atS}` };
    if (rig.truth().segregated > HELD_BELOW) return NOTHING;
  }
  return { ...NOTHING, held: true };
}

const TICK_S = inSeconds(millis(DEFAULTS['loop.tickMs']));

/** What share of benches 2.1 K every 4 s is expected to hold, %. */
const EXPECTED: Readonly<Record<Group, number | null>> = { '-10': 82, '-20': 68, '-30': 54, '': null };

export function holdLines(tasks: readonly HoldTask[], results: readonly HoldResult[]): Line[] {
  const groups = [...new Set(tasks.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const of = (control: HoldControl, asked: Asked | null = null): HoldResult[] =>
      results.filter((_, i) => {
        const task = tasks[i];
        if (task?.group !== group || task.control !== control) return false;
        return task.asked?.swingK === asked?.swingK && task.asked?.periodS === asked?.periodS;
      });
    const held = (name: string, list: readonly HoldResult[], reference: number | null): Line =>
      share(name, list.filter((one) => one.held).length, list.length, reference);
    const stopped = (name: string, list: readonly HoldResult[]): Line =>
      share(name, list.filter(({ refused, trip }) => refused || trip !== null).length, list.length, 0);
    const mapped = MAP.map((asked) => ({ asked, list: of('swing', asked) })).filter(({ list }) => list.length > 0);
    return [
      held(`hold-pulse${group}`, of('pulse'), null),
      held(`hold-swing${group}`, of('swing'), EXPECTED[group]),
      held(`oracle${group}`, of('oracle'), null),
      ...swingOracle(group, of('oracle-swing')),
      stopped(`hold-trips${group}`, of('swing')),
      stopped(`hold-trips${group}:pulse`, of('pulse')),
      ...mapped.map(({ asked, list }) => held(`hold-swing${group}:${asked.swingK}/${asked.periodS}`, list, null)),
    ];
  });
}

/** The pair of swing and period that holds most benches of a group when it is the same for all, and what it holds. */
function swingOracle(group: Group, list: readonly HoldResult[]): Line[] {
  const counts = SWING_GRID.map((_, i) => list.filter(({ swings }) => swings[i]).length);
  const most = Math.max(...counts);
  const best = SWING_GRID[counts.indexOf(most)];
  if (!best) return [];
  const plain = (name: string, value: number, unit: string): Line => ({
    name,
    value,
    unit,
    low: value,
    high: value,
    n: list.length,
    reference: null,
  });
  return [
    share(`oracle-swing${group}`, most, list.length, null),
    plain(`oracle-swing-target${group}`, best.swingK, 'K'),
    plain(`oracle-swing-period${group}`, best.periodS, 's'),
  ];
}
