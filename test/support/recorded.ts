/** Recorded runs for tests: one that was really simulated, and ones whose rows the test says. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { csvHead } from '../../src/files/csv.ts';
import { eventLine, rowLine, VirtualRunFolder } from '../../src/files/run-folder.ts';
import type { EventRecord } from '../../src/params/event-record.ts';
import type { Recipe } from '../../src/params/recipe.ts';
import { type Row, TELEMETRY, TELEMETRY_NAMES } from '../../src/params/telemetry.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';

const EVENT_COLUMNS = ['mono_s', 'time_s', 'wall_utc', 'run', 'kind', 'code', 'text', 'asked_us', 'achieved_us'];
const EMPTY = Object.fromEntries(TELEMETRY_NAMES.map((name) => [name, null])) as unknown as Row;

/** Of a row: what the test does not say is empty. */
export const rowText = (row: Partial<Row>): string => rowLine({ ...EMPTY, ...row });

export interface Written {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly rows: readonly Partial<Row>[];
  readonly events?: readonly EventRecord[];
}

/** Writes a folder as the recorder does. */
export function writeRun(folder: string, { facts, rows, events = [] }: Written): string {
  mkdirSync(folder, { recursive: true });
  const units = TELEMETRY_NAMES.map((name) => TELEMETRY[name].unit);
  writeFileSync(join(folder, 'run.json'), JSON.stringify(facts));
  writeFileSync(join(folder, 'data.csv'), csvHead({}, TELEMETRY_NAMES, units) + rows.map(rowText).join(''));
  writeFileSync(join(folder, 'events.csv'), csvHead({}, EVENT_COLUMNS) + events.map(eventLine).join(''));
  return folder;
}

export const edge = (atS: number, rising: boolean, zeroS = 0): EventRecord => ({
  monoS: atS + zeroS,
  timeS: atS,
  run: 1,
  kind: 'edge',
  code: rising ? 'on' : 'off',
  text: '',
  askedUs: ((atS + zeroS) * 1e6) as never,
  achievedUs: ((atS + zeroS) * 1e6) as never,
});

/** Plays a recipe on the simulated bench and records it; `runs` times, one after the other, in one record. */
export function simulated(folder: string, recipe: Recipe, set: readonly string[] = [], runs = 1): string {
  const loaded = loadConfig({ set: [...set] });
  const { settings } = loaded;
  const journal = new VirtualRunFolder(folder, { loaded, settings, recipe, simulated: true, wallTime: null });
  const simulation = assembleSimulation({ settings, recipe, journals: [journal] });
  for (let n = 0; n < runs; n += 1) {
    simulation.arm();
    const end = recipe.steps.reduce((sum, step) => sum + ('forS' in step ? (step.forS ?? 0) : 0), 10);
    for (let i = 0; i < end * 20; i += 1) simulation.tick();
  }
  journal.close({ state: 'safe' });
  return folder;
}
