/** Hours in which nothing happens to a film that the start pattern holds: every alarm is false, every change of heat needless. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { ONE_BAND_ALARM } from '../../src/params/cause.ts';
import type { Settings } from '../../src/params/settings.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { benches, type Population } from '../heat/bench.ts';
import { type Line, rate } from '../heat/line.ts';
import { disturbed, isArmed, known, worldOf } from './world.ts';

const HOURS = 1000;
const TASK_H = 4;
/** Cool benches near the paper’s film. */
const CALM = { spread: 0.1, room: [20, 22], plants: 'paper' } as const;
/** A film with more than this is not nominal. */
const NOTHING_BELOW = 0.005;

export interface NominalResult {
  /** Hours in which the film was as good as mixed. */
  readonly hours: number;
  readonly alarms: number;
  /** Warnings of the mixed band alone. */
  readonly oneBand: number;
  readonly needless: number;
}

export const nominalTasks = (from: Population, n: number | null): BenchFile[] =>
  benches(from.folder === null ? { ...from, ...CALM } : from, n ?? Math.ceil((from.hours ?? HOURS) / TASK_H));

/** @param more settings that differ from those of a commissioned controller */
export async function nominalHours(bench: BenchFile, more: Partial<Settings> = {}): Promise<NominalResult> {
  const settings = await known(bench);
  const world = settings && worldOf({ ...settings, ...more }, disturbed(bench, TASK_H * 3600), 'adapt');
  if (!world) return { hours: 0, alarms: 0, oneBand: 0, needless: 0 };
  let [ticks, alarms, wasAlarming] = [0, 0, false];
  let [oneBand, warned] = [0, false];
  const all = Math.round((TASK_H * 3600) / world.tickS);
  let atStart: number | null = null;
  for (; ticks < all && isArmed(world) && world.segregated() < NOTHING_BELOW; ticks += 1) {
    world.tick();
    if (world.film.found) atStart ??= world.film.changes;
    const { verdict, cause } = world.snapshot().sight;
    const { alarming } = verdictRow(verdict);
    if (alarming && !wasAlarming) alarms += 1;
    wasAlarming = alarming;
    const warns = cause.oneBand >= ONE_BAND_ALARM;
    if (warns && !warned) oneBand += 1;
    warned = warns;
  }
  return {
    hours: (ticks * world.tickS) / 3600,
    alarms: world.segregated() < NOTHING_BELOW ? alarms : Math.max(0, alarms - 1),
    oneBand: world.segregated() >= NOTHING_BELOW && warned ? oneBand - 1 : oneBand,
    needless: atStart === null ? 0 : world.film.changes - atStart,
  };
}

export function nominalLines(results: readonly NominalResult[]): Line[] {
  const sum = (of: (one: NominalResult) => number): number => results.reduce((total, one) => total + of(one), 0);
  const hours = sum((one) => one.hours);
  return [
    rate(
      'false-alarms-per-1000h',
      sum(({ alarms }) => alarms),
      hours,
      1000,
      0.5,
    ),
    rate(
      'one-band-false-per-1000h',
      sum(({ oneBand }) => oneBand),
      hours,
      1000,
      0.5,
    ),
    rate(
      'needless-adaptations-per-100h',
      sum(({ needless }) => needless),
      hours,
      100,
      1,
    ),
  ];
}
