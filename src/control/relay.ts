/**
 * What a relay in the loop tells of the plant (Åström and Hägglund, Automatica 20 (1984) 645), and the gains that follow.
 *
 * The relay with hysteresis has the describing function N(a) = 4d/(πa²)·(√(a² − ε²) − jε), and the loop oscillates where
 * G(jω) = −1/N(a): one point of the plant’s frequency response. With the steady rise per duty it makes a first-order process
 * with delay, to which the delay of time-proportioning is added before the gains are computed: the relay acts at once, PID
 * once a window on the mean of the window before.
 */
import { clamp } from '../units.ts';
import type { PidTuning } from './pid.ts';

/** What is seen of the loop at one instant. */
export interface RelaySample {
  readonly atS: number;
  readonly filmC: number;
  /** The relay wants heat. */
  readonly heating: boolean;
  /** Time in all that the gate kept the heater on, s. */
  readonly heatedS: number;
}

/** From one switching-on to the next. */
export interface RelayCycle {
  readonly periodS: number;
  /** Half of the film’s peak to peak, K. */
  readonly amplitudeK: number;
  readonly meanC: number;
  /** Share of the cycle that was heated, and of the time from its first heat until the relay opened. */
  readonly duty: number;
  readonly onDuty: number;
}

interface Open {
  readonly from: RelaySample;
  lowC: number;
  highC: number;
  sumC: number;
  count: number;
  /** Just before the first heat, and when the relay opened. */
  cold: RelaySample;
  opened: RelaySample | null;
}

/** Cuts a run in relay mode into cycles; each instant once, in order. */
export class RelayWatch {
  readonly cycles: RelayCycle[] = [];
  private open: Open | null = null;
  private last: RelaySample | null = null;

  take(now: RelaySample): void {
    const { last } = this;
    if (last && now.atS <= last.atS) return;
    if (last && now.heating && !last.heating) {
      if (this.open?.opened) this.cycles.push(closed(this.open, this.open.opened, now));
      const { filmC } = now;
      this.open = { from: now, lowC: filmC, highC: filmC, sumC: 0, count: 0, cold: now, opened: null };
    }
    if (this.open) look(this.open, now);
    this.last = now;
  }
}

function look(open: Open, now: RelaySample): void {
  open.lowC = Math.min(open.lowC, now.filmC);
  open.highC = Math.max(open.highC, now.filmC);
  open.sumC += now.filmC;
  open.count += 1;
  if (!now.heating) open.opened ??= now;
  else if (now.heatedS <= open.from.heatedS) open.cold = now;
}

function closed({ from, lowC, highC, sumC, count, cold }: Open, opened: RelaySample, to: RelaySample): RelayCycle {
  const heatedS = to.heatedS - from.heatedS;
  return {
    periodS: to.atS - from.atS,
    amplitudeK: (highC - lowC) / 2,
    meanC: sumC / count,
    duty: heatedS / (to.atS - from.atS),
    onDuty: clamp(heatedS / (opened.atS - cold.atS), 0, 1),
  };
}

/** The oscillation that the last cycles agree on. */
export interface Oscillation {
  readonly cycles: number;
  readonly periodS: number;
  readonly amplitudeK: number;
  /** Half the relay’s step of duty. */
  readonly halfStep: number;
  readonly meanC: number;
  readonly meanDuty: number;
  /** Standard deviation over mean of period and amplitude. */
  readonly periodSpread: number;
  readonly amplitudeSpread: number;
}

export function oscillationOf(cycles: readonly RelayCycle[]): Oscillation {
  const mean = (of: (cycle: RelayCycle) => number): number =>
    cycles.reduce((sum, cycle) => sum + of(cycle), 0) / cycles.length;
  const spread = (of: (cycle: RelayCycle) => number): number =>
    Math.sqrt(mean((cycle) => (of(cycle) - mean(of)) ** 2)) / mean(of);
  const periodS = mean((cycle) => cycle.periodS);
  const inTime = (of: (cycle: RelayCycle) => number): number => mean((cycle) => of(cycle) * cycle.periodS) / periodS;
  return {
    cycles: cycles.length,
    periodS,
    amplitudeK: mean((cycle) => cycle.amplitudeK),
    halfStep: mean((cycle) => cycle.onDuty) / 2,
    meanC: inTime((cycle) => cycle.meanC),
    meanDuty: inTime((cycle) => cycle.duty),
    periodSpread: spread((cycle) => cycle.periodS),
    amplitudeSpread: spread((cycle) => cycle.amplitudeK),
  };
}

/** Gain (duty per kelvin) and period at the limit of stability. */
export interface Ultimate {
  readonly gainPerK: number;
  readonly periodS: number;
}

/** Ku = 4d/(π·√(a² − ε²)) and Tu, with half the duty step d, amplitude a and half the hysteresis ε < a, K. */
export const ultimateOf = (
  { halfStep, amplitudeK, periodS }: Pick<Oscillation, 'halfStep' | 'amplitudeK' | 'periodS'>,
  halfWidthK: number,
): Ultimate => ({
  gainPerK: (4 * halfStep) / (Math.PI * Math.sqrt(amplitudeK ** 2 - halfWidthK ** 2)),
  periodS,
});

/** First order with delay, as the relay sees it: k/(1 + τs)·e^(−Ls). */
export interface RelayPlant {
  /** Rise under full heat, K. */
  readonly gainK: number;
  readonly tauS: number;
  readonly delayS: number;
}

/**
 * The process through the point G(jω) = −1/N(a) with the steady rise `gainK`: |G| = πa/(4d), arg G = −π + asin(ε/a). Null
 * where there is none: the rise at that frequency must be below the steady one.
 */
export function plantOf(
  { halfStep, amplitudeK, periodS }: Pick<Oscillation, 'halfStep' | 'amplitudeK' | 'periodS'>,
  halfWidthK: number,
  gainK: number,
): RelayPlant | null {
  const omega = (2 * Math.PI) / periodS;
  const over = gainK / ((Math.PI * amplitudeK) / (4 * halfStep));
  if (!(over > 1)) return null;
  const tauS = Math.sqrt(over ** 2 - 1) / omega;
  const delayS = (Math.PI - Math.asin(halfWidthK / amplitudeK) - Math.atan(omega * tauS)) / omega;
  return { gainK, tauS, delayS };
}

/** Limit of stability of a process: arg G = −π, found by bisection; the lag grows with the frequency. */
export function ultimateOfPlant({ gainK, tauS, delayS }: RelayPlant): Ultimate {
  let [low, high] = [0, Math.PI / delayS];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (Math.atan(middle * tauS) + middle * delayS < Math.PI) low = middle;
    else high = middle;
  }
  return { gainPerK: Math.hypot(1, low * tauS) / gainK, periodS: (2 * Math.PI) / low };
}

/**
 * PI by Tyreus and Luyben (Ind. Eng. Chem. Res. 31 (1992) 2625), made for processes whose lag is long beside their delay:
 * Kc = Ku/3.22, τI = 2.2·Tu. Without a derivative, which would amplify the steps of the converter.
 */
export const tyreusLuyben = (like: PidTuning, { gainPerK, periodS }: Ultimate): PidTuning => ({
  ...like,
  gainPerK: gainPerK / 3.22,
  integralS: 2.2 * periodS,
  derivativeS: 0,
  byModel: false,
});

/** PID by Ziegler and Nichols (Trans. ASME 64 (1942) 759): Kc = 0.6·Ku, τI = Tu/2, τD = Tu/8. */
export const zieglerNichols = (like: PidTuning, { gainPerK, periodS }: Ultimate): PidTuning => ({
  ...like,
  gainPerK: 0.6 * gainPerK,
  integralS: periodS / 2,
  derivativeS: periodS / 8,
  byModel: false,
});
