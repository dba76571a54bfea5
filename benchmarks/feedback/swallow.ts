/** Whether a film that segregates ever so slowly is still called so when it has done so for long: a level that follows swallows it. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { benches, type Population } from '../heat/bench.ts';
import { type Line, spread } from '../heat/line.ts';
import { HELD_BELOW } from '../heat/oracle.ts';
import { COOL, QUIET_S, SHAPES, WATCH_S } from './onsets.ts';
import { disturbed, isArmed, unknown, worldOf } from './world.ts';

export interface SwallowResult {
  /** Time with more than 2 % segregated, and how much of it without an alarm, s. */
  readonly aboveS: number;
  readonly unsaidS: number;
}

export const swallowTasks = (from: Population, n: number): BenchFile[] =>
  benches(from.folder === null ? { ...from, ...COOL } : from, n);

/** Creep to 20 % within the time constant of half an hour, until the watch ends. */
export async function swallow(bench: BenchFile): Promise<SwallowResult> {
  const settings = { ...unknown(bench), 'pulse.periodMs': 4000 };
  const world = worldOf(settings, disturbed({ ...bench, changes: [] }, QUIET_S + WATCH_S), 'tell');
  let [aboveS, unsaidS] = [0, 0];
  if (!world) return { aboveS, unsaidS };
  const { film } = world.simulation.bench.twin;
  for (let s = -QUIET_S; s < WATCH_S && isArmed(world); s += world.tickS) {
    if (s >= 0) film.segregated = Math.max(film.lost, SHAPES.creep(s));
    world.tick();
    if (s < 0 || world.segregated() < HELD_BELOW) continue;
    aboveS += world.tickS;
    if (!verdictRow(world.snapshot().sight.verdict).alarming) unsaidS += world.tickS;
  }
  return { aboveS, unsaidS };
}

export function swallowLines(results: readonly SwallowResult[]): Line[] {
  const shares = results.filter(({ aboveS }) => aboveS > 0).map(({ aboveS, unsaidS }) => (100 * unsaidS) / aboveS);
  return [spread('swallowed-p50:creep', shares, 0.5, '%', 0)];
}
