/** How a setpoint step is taken: what a tuning is expected to do on a plant, and what a record shows. */
import { celsius, clamp, ratio } from '../units.ts';
import { dutyFrom, type PidTuning, startPid, stepPid } from './pid.ts';
import type { RelayPlant } from './relay.ts';

export interface Step {
  readonly fromC: number;
  readonly toC: number;
}

/** Film temperatures since the step, a value every `everyS`. */
export interface StepRecord {
  readonly everyS: number;
  readonly valueC: readonly number[];
}

export interface StepJudged {
  /** Highest mean beyond the setpoint, in the direction of the step, K. */
  readonly overshootK: number;
  /** Time until the mean stays within the band, s; null = it did not for the last tenth of the record. */
  readonly settlingS: number | null;
  /** Mean distance from the setpoint over the last fifth, K. */
  readonly errorK: number;
  /** Peak to peak of the mean over the last fifth and over the fifth before, K. */
  readonly lastK: number;
  readonly beforeK: number;
}

/** The ripple of the pulses is no business of PID: everything is judged on means over a window. */
function means({ everyS, valueC }: StepRecord, windowS: number): number[] {
  const width = Math.max(1, Math.round(windowS / everyS));
  let sum = 0;
  return valueC.map((value, i) => {
    sum += value - (i >= width ? (valueC[i - width] ?? 0) : 0);
    return sum / Math.min(width, i + 1);
  });
}

const swing = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** @param bandK half the width of the band in which the film counts as settled */
export function judgeStep(record: StepRecord, { fromC, toC }: Step, windowS: number, bandK: number): StepJudged {
  const mean = means(record, windowS);
  const fifth = Math.floor(mean.length / 5);
  const last = mean.slice(-fifth);
  const outside = mean.findLastIndex((c) => Math.abs(c - toC) > bandK);
  const way = Math.sign(toC - fromC);
  return {
    overshootK: Math.max(0, ...mean.map((c) => way * (c - toC))),
    settlingS: outside < 0.9 * mean.length ? (outside + 1) * record.everyS : null,
    errorK: Math.abs(last.reduce((sum, c) => sum + c, 0) / last.length - toC),
    lastK: swing(last),
    beforeK: swing(mean.slice(-2 * fifth, -fifth)),
  };
}

/** Step of the computation, s. */
const STEP_S = 0.05;

/** The record that `tuning` is expected to make on `plant`, from rest at `fromC`; `zeroC` is the film without heat. */
export function expectedStep(
  plant: RelayPlant,
  tuning: PidTuning,
  { fromC, toC }: Step,
  { zeroC, windowS, lastsS }: { readonly zeroC: number; readonly windowS: number; readonly lastsS: number },
): StepRecord {
  const start = clamp((fromC - zeroC) / plant.gainK, 0, 1);
  let pid = startPid(tuning, celsius(fromC), celsius(fromC), ratio(start));
  let riseK = fromC - zeroC;
  const late = Math.max(1, Math.round(plant.delayS / STEP_S));
  const window = Math.max(1, Math.round(windowS / STEP_S));
  const seen: number[] = Array.from({ length: late }, () => riseK);
  const valueC: number[] = [];
  let sum = 0;
  for (let i = 0; i < lastsS / STEP_S; i += 1) {
    const nowK = seen.shift() ?? riseK;
    valueC.push(zeroC + nowK);
    sum += nowK;
    if ((i + 1) % window === 0) {
      pid = stepPid(pid, tuning, celsius(toC), celsius(zeroC + sum / window), dutyFrom(pid), windowS);
      sum = 0;
    }
    riseK += ((dutyFrom(pid) * plant.gainK - riseK) * STEP_S) / plant.tauS;
    seen.push(riseK);
  }
  return { everyS: STEP_S, valueC };
}
