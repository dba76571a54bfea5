/** The slow pole: how far off it is after commissioning, and after half an hour of an ordinary run. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { calibratedBy, commissionSimulated } from '../../src/rig/commissioned.ts';
import { type Learnt, SlowWatch } from '../../src/rig/slow-watch.ts';
import { type Converter, strangerTo, truthOf } from './bench.ts';
import { type Line, share, spread } from './line.ts';
import { ORDINARY, rigOf } from './watch.ts';

const RUN_S = 1800;
export type SlowRun = keyof typeof ORDINARY;
export const SLOW_RUNS = Object.keys(ORDINARY) as SlowRun[];

/** Found over true, with the stated relative error. */
interface Beside {
  readonly ratio: number;
  readonly error: number;
}

export interface SlowResult {
  readonly before: { readonly tau: Beside; readonly gain: Beside };
  /** Null where nothing better was learnt. */
  readonly after: { readonly tau: Beside; readonly gain: Beside } | null;
}

/** Null where the bench cannot be commissioned or the run does not start. */
export async function learnSlow(bench: BenchFile, converter: Converter, run: SlowRun): Promise<SlowResult | null> {
  const stranger = strangerTo(bench, converter);
  const { outcome } = await commissionSimulated(stranger, bench);
  if (outcome.kind !== 'good') return null;
  const { calibration } = outcome;
  const settings = calibratedBy(stranger, calibration);
  const rig = rigOf(settings, bench, { ...ORDINARY[run], forS: RUN_S });
  const learnt: Learnt[] = [];
  const watch = new SlowWatch(calibration, settings, (one) => learnt.push(one));
  rig.feed.subscribe(watch);
  if (!rig.arm()) return null;
  rig.run(RUN_S);
  watch.finish();
  const truth = truthOf(bench);
  const last = learnt.at(-1);
  const found = last?.kind === 'better' ? last.found : null;
  const [low, high] = calibration.intervals?.['heater.gainKPerW'] ?? [Number.NaN, Number.NaN];
  const [tauLow, tauHigh] = calibration.intervals?.['heater.slowTauS'] ?? [Number.NaN, Number.NaN];
  const error = (a: number, b: number): number => Math.log(b / a) / 3.92;
  return {
    before: {
      tau: { ratio: settings['heater.slowTauS'] / truth.slowTauS, error: error(tauLow, tauHigh) },
      gain: { ratio: settings['heater.gainKPerW'] / truth.gainKPerW, error: error(low, high) },
    },
    after: found && {
      tau: { ratio: found.slowTauS / truth.slowTauS, error: found.slowTauError },
      gain: { ratio: found.gainKPerW / truth.gainKPerW, error: found.gainError },
    },
  };
}

const STATED_ERRORS = 2;

/** What was learnt in one kind of run, with what commissioning knew of the same benches beside it. */
export function slowLines(results: readonly (SlowResult | null)[], run: SlowRun): Line[] {
  const ran = results.filter((one) => one !== null);
  const learnt = ran.flatMap(({ before, after }) => (after ? [{ before, after }] : []));
  const mark = `-${run}`;
  const lines: Line[] = [share(`slow-learnt${mark}`, learnt.length, ran.length, null)];
  for (const of of ['tau', 'gain'] as const) {
    const errors = (when: 'before' | 'after'): number[] => learnt.map((one) => 100 * Math.abs(one[when][of].ratio - 1));
    for (const [name, q] of [
      ['p50', 0.5],
      ['p95', 0.95],
    ] as const) {
      lines.push(spread(`slow-${of}-error-after-30min-${name}${mark}`, errors('after'), q, '%', null));
      lines.push(spread(`slow-${of}-error-commissioned-${name}${mark}`, errors('before'), q, '%', null));
    }
    const inside = learnt.filter(({ after }) => Math.abs(Math.log(after[of].ratio)) <= STATED_ERRORS * after[of].error);
    lines.push(share(`cover-slow-${of}-after-30min${mark}`, inside.length, learnt.length, COVER));
  }
  return lines;
}

const COVER = 95;
