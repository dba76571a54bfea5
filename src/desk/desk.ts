/** What may be asked of a running controller by those who do not stand at it: remote places and the calendar. */
import { createHash } from 'node:crypto';
import { loadRecipe, recipeNames } from '../files/recipes.ts';
import { version } from '../files/run-folder.ts';
import type { Desk } from '../fronts/mqtt/remote.ts';
import { pageOf } from '../fronts/mqtt/sender.ts';
import { FAULTS } from '../params/faults.ts';
import type { Recipe } from '../params/recipe.ts';
import { SETTING_KEYS, type Settings, settingRow } from '../params/settings.ts';
import { TELEMETRY, type TelemetryName } from '../params/telemetry.ts';
import type { Rig } from '../rig/rig.ts';
import { isDriven } from '../safety/kernel.ts';
import type { HistorySession } from '../store/session.ts';
import { type Micros, seconds } from '../units.ts';

export interface DeskParts {
  readonly rig: Rig;
  readonly settings: Settings;
  readonly past: HistorySession;
  /** The recipe of the bench: what a run without a name of its own plays. */
  readonly recipe: Recipe;
}

/** By then the loop has taken an order out of its mailbox, or never will. */
const TAKEN_US = seconds(1);
/** A message holds some dozens of records; more would be read for nothing. */
const MOST_READ = 50;

/** A run that was not started at the bench. */
interface Order {
  readonly durationUs: Micros;
  readonly at: Micros;
  /** It was seen waiting, or being carried out. */
  seen: boolean;
}

/** Of everything that only the local file sets: two benches with the same hash guard their heater in the same way. */
function envelopeHash(settings: Settings): string {
  const bench = SETTING_KEYS.filter(
    (key) => settingRow(key).applies === 'bench' && !/^(mqtt|remote|schedule)\./.test(key),
  );
  const text = JSON.stringify(bench.map((key) => [key, settings[key]]));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** As many decimals as the quantity is recorded with. */
const roundedAs = (name: TelemetryName, value: number | string | null): number | string | null =>
  typeof value === 'number' ? Number(value.toFixed(TELEMETRY[name].decimals)) : value;

/** The desk, and what it has to do after each control tick. */
export function openDesk({ rig, settings, past, recipe }: DeskParts): {
  readonly desk: Desk;
  readonly tick: () => void;
} {
  // Asked at every tick, and part of the package: the folder is read once.
  const recipes = recipeNames();
  let order: Order | null = null;
  const desk: Desk = {
    bench: () => {
      const { name, latch } = rig.loop.kernel;
      return {
        state: name,
        driven: isDriven(name),
        ordered: rig.loop.ordered,
        trip: latch?.trip ?? null,
        lockout: latch?.kind === 'lockout',
        plAlarm: rig.loop.onset.alarm,
        recipes,
      };
    },
    values: () => {
      const row = rig.loop.row(rig.now());
      const { mono_s: _mono, state: _state, ...rest } = row;
      const shown = Object.entries(rest).map(([name, value]) => [name, roundedAs(name as TelemetryName, value)]);
      return { simulated: rig.loop.simulated, faults: rig.loop.faults, ...Object.fromEntries(shown) };
    },
    info: () => ({
      model: 'remixd',
      version: version(),
      simulated: rig.loop.simulated,
      limits: {
        trip_c: settings['limits.tripC'],
        longest_on_s: settings['gate.longestOnMs'] / 1000,
        duty_max: settings['gate.dutyMax'],
        current_a: settings['heater.currentA'],
      },
      envelope: envelopeHash(settings),
      may_arm: settings['remote.arm'] === 'remote',
      may_tune: settings['remote.tune'] === 'remote',
      recipes,
    }),
    trip: () => {
      const { latch } = rig.loop.kernel;
      if (!latch) return null;
      const { code, sentence, remedy } = FAULTS[latch.fault];
      return { trip: latch.trip, kind: latch.kind, code, fault: latch.fault, sentence, remedy };
    },
    stop: () => {
      rig.loop.ask({ kind: 'disarm' });
    },
    start: (name, durationS) => {
      if (rig.loop.ordered) return false;
      let wanted = recipe;
      try {
        if (name !== null) wanted = loadRecipe(name);
      } catch (error) {
        rig.loop.note('refused', 'recipe', (error as Error).message);
        return false;
      }
      if (!rig.loop.use(wanted)) return false;
      if (!rig.loop.ask({ kind: 'arm' })) {
        rig.loop.use(recipe);
        return false;
      }
      order = { durationUs: seconds(durationS), at: rig.now(), seen: false };
      return true;
    },
    acknowledge: (trip) => {
      rig.loop.ask({ kind: 'acknowledge', trip });
    },
    history: async (afterSeq, limit, part) => {
      const records = await past.store.read({ afterSeq, limit: Math.min(limit, MOST_READ) });
      const { stream, newestSeq } = past.store.stats();
      return { stream, newest: newestSeq, ...pageOf(records, part) };
    },
    newest: () => {
      const { stream, newestSeq } = past.store.stats();
      return stream === null || newestSeq === null ? null : { stream, seq: newestSeq };
    },
    apply: (next) => rig.loop.retune(next),
    guardPl: (on) => rig.loop.guardPl(on),
    note: (kind, code, text) => rig.loop.note(kind, code, text),
    now: () => ({ mono: rig.now(), wallS: past.wallS() }),
  };
  return {
    desk,
    tick: () => {
      if (!order) return;
      const { loop } = rig;
      const driven = isDriven(loop.kernel.name);
      // A run that was not started at the bench ends by itself, whether anybody is still there or not.
      const hasStarted = loop.startedAt !== null && loop.startedAt >= order.at;
      if (driven && hasStarted && rig.now() >= (loop.startedAt ?? 0) + order.durationUs) desk.stop();
      order.seen ||= driven || loop.ordered;
      if (driven || loop.ordered || (!order.seen && rig.now() - order.at <= TAKEN_US)) return;
      // The run is over, or its order was dropped or never taken: the next run is somebody else’s, with the bench’s recipe.
      order = null;
      rig.loop.use(recipe);
    },
  };
}
