/**
 * Whether a pulse that the light starts would need less heat, or hold more films, than pulses at a fixed period: at its best, for
 * this scorer’s light knows the true share without noise. A pulse of one width starts whenever the share has risen to a
 * threshold, a little later than it is seen. Beside it the pattern of least duty among the grid of 97.
 */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { type Group, groupedBenches, type Population } from '../heat/bench.ts';
import { type Line, paired, share, spread } from '../heat/line.ts';
import { GRID, HELD_BELOW } from '../heat/oracle.ts';
import { Plant } from './plant.ts';

const HOUR_S = 3600;
const WIDTHS_S = [0.2, 0.3, 0.5, 0.7, 1, 1.3, 1.6, 2] as const;
const THRESHOLDS = [0.0003, 0.001, 0.003] as const;
/** From a share to the pulse that it starts, s: the next tick, and the mean of some readings. */
const LATE_S = { tick: 0.1, readings: 0.5 } as const;
type Late = keyof typeof LATE_S;
/** Rests are at least so long, and at most so long where nothing rises, s; the mean duty is at most that of the grid. */
const REST_S = { least: 1, most: 30, ofWidth: 1.5 } as const;
const DUTY_MOST = 0.4;
const LOOK_S = 0.1;

const GENTLEST_FIRST = [...GRID].sort((a, b) => a.onS / a.periodS - b.onS / b.periodS);

export interface TimedTask {
  readonly bench: BenchFile;
  readonly group: Group;
}
/** The least duty that holds the film for an hour; null = none does. */
export interface TimedResult {
  readonly fixed: number | null;
  readonly timed: Readonly<Record<Late, number | null>>;
}

export const timedTasks = (from: Population, n: number): TimedTask[] => groupedBenches(from, n);

export async function timed({ bench }: TimedTask): Promise<TimedResult> {
  const first = GENTLEST_FIRST.find((one) => holds(bench, one));
  const least = (late: Late): number | null => {
    const duties = THRESHOLDS.flatMap((threshold) =>
      WIDTHS_S.map((onS) => dutyOf(bench, onS, threshold, LATE_S[late])),
    );
    const held = duties.filter((duty) => duty !== null);
    return held.length === 0 ? null : Math.min(...held);
  };
  return {
    fixed: first ? first.onS / first.periodS : null,
    timed: { tick: least('tick'), readings: least('readings') },
  };
}

function holds(bench: BenchFile, { onS, periodS }: (typeof GRID)[number]): boolean {
  const plant = new Plant(bench, HELD_BELOW);
  while (plant.timeS < HOUR_S && plant.peak < HELD_BELOW) {
    plant.step(onS, true);
    plant.step(periodS - onS, false);
  }
  return plant.peak < HELD_BELOW;
}

/** Duty of pulses that the share starts; null where they do not hold the film, or need more than the limit. */
function dutyOf(bench: BenchFile, onS: number, threshold: number, lateS: number): number | null {
  const plant = new Plant(bench, HELD_BELOW);
  const leastS = Math.max(REST_S.least, REST_S.ofWidth * onS);
  let heatedS = 0;
  while (plant.timeS < HOUR_S && plant.peak < HELD_BELOW) {
    plant.step(onS, true);
    heatedS += onS;
    plant.step(leastS, false);
    let restS: number = leastS;
    for (; plant.film.segregated < threshold && restS < REST_S.most; restS += LOOK_S) plant.step(LOOK_S, false);
    if (restS > leastS) plant.step(lateS, false);
  }
  const duty = heatedS / plant.timeS;
  return plant.peak < HELD_BELOW && duty <= DUTY_MOST ? duty : null;
}

export function timedLines(tasks: readonly TimedTask[], results: readonly TimedResult[]): Line[] {
  const groups = [...new Set(tasks.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const list = results.filter((_, i) => tasks[i]?.group === group);
    const fixed = list.filter((one) => one.fixed !== null).length;
    return [
      share(`timed-fixed${group}`, fixed, list.length, null),
      ...(Object.keys(LATE_S) as Late[]).flatMap((late) => {
        const name = `${group}:${LATE_S[late]}-s-late`;
        const ratios = list.flatMap(({ fixed: f, timed: t }) => (f !== null && t[late] !== null ? [t[late] / f] : []));
        const pairs = list.map((one) => [one.timed[late] !== null, one.fixed !== null] as const);
        return [
          share(`timed-by-light${name}`, pairs.filter(([held]) => held).length, list.length, null),
          paired(`timed-minus-fixed${name}`, pairs, 0),
          spread(`timed-duty-ratio-p50${name}`, ratios, 0.5, '', 1),
        ];
      }),
    ];
  });
}
