/** Hours in which nothing happens to a film that the start pattern holds: every alarm is false, every change of heat needless. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { benches, type Population } from '../heat/bench.ts';
import type { Line } from '../heat/line.ts';
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
  readonly needless: number;
}

export const nominalTasks = (from: Population, n: number | null): BenchFile[] =>
  benches(from.folder === null ? { ...from, ...CALM } : from, n ?? Math.ceil((from.hours ?? HOURS) / TASK_H));

export async function nominalHours(bench: BenchFile): Promise<NominalResult> {
  const settings = await known(bench);
  const world = settings && worldOf(settings, disturbed(bench, TASK_H * 3600), 'adapt');
  if (!world) return { hours: 0, alarms: 0, needless: 0 };
  let [ticks, alarms, wasAlarming] = [0, 0, false];
  const all = Math.round((TASK_H * 3600) / world.tickS);
  let atStart: number | null = null;
  for (; ticks < all && isArmed(world) && world.segregated() < NOTHING_BELOW; ticks += 1) {
    world.tick();
    if (world.film.found) atStart ??= world.film.changes;
    const { alarming } = verdictRow(world.snapshot().sight.verdict);
    if (alarming && !wasAlarming) alarms += 1;
    wasAlarming = alarming;
  }
  return {
    hours: (ticks * world.tickS) / 3600,
    alarms: world.segregated() < NOTHING_BELOW ? alarms : Math.max(0, alarms - 1),
    needless: atStart === null ? 0 : world.film.changes - atStart,
  };
}

/** Events per `perHours`, with the exact interval of a Poisson count. */
export function rate(name: string, events: number, hours: number, perHours: number, reference: number): Line {
  const scale = perHours / Math.max(1e-9, hours);
  const low = events === 0 ? 0 : solve((mean) => 1 - below(events, mean) - 0.025, events);
  const high = solve((mean) => 0.025 - below(events + 1, mean), events + 1);
  const unit = `per ${perHours} h`;
  return { name, value: events * scale, unit, low: low * scale, high: high * scale, n: Math.round(hours), reference };
}

/** Probability of fewer than `k` events at a mean. */
function below(k: number, mean: number): number {
  let [term, sum] = [Math.exp(-mean), 0];
  for (let i = 0; i < k; i += 1) {
    sum += term;
    term *= mean / (i + 1);
  }
  return sum;
}

/** Where a rising function of a mean is zero; the mean is near `about`. */
function solve(f: (mean: number) => number, about: number): number {
  let [low, high] = [0, 10 + 4 * about];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
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
      'needless-adaptations-per-100h',
      sum(({ needless }) => needless),
      hours,
      100,
      1,
    ),
  ];
}
