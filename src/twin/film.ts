/**
 * Kinetics of halide segregation and remixing in the film ("two-threshold clock").
 *
 * Two thresholds explain why timing matters and mean temperature does not: remixing needs a temperature *shock* (the
 * film differs from its own recent past by more than about 0.2 °C), and segregation starts only after an induction
 * time without one. The model is phenomenological; its parameters were fitted to the figures of Feng et al., Adv. Mater.
 * 2023 (doi 10.1002/adma.202308032), and are not unique.
 */
import { GAS_CONSTANT_KJ, ZERO_CELSIUS_K } from '../units.ts';

/** Rates per second at 23.5 °C, activation energies in kJ/mol, temperatures in kelvin of difference. */
export interface FilmKinetics {
  /** Memory of the film’s recent temperature, s. */
  readonly shockTauS: number;
  /** Largest remixing rate after a shock; `coolingShare` of it after a cooling one. */
  readonly remixPerS: number;
  readonly coolingShare: number;
  readonly remixEnergy: number;
  /** Shock that remixes at half its largest rate, and shock that sets the induction clock back. */
  readonly remixShockK: number;
  readonly clockShockK: number;
  readonly shockOrder: number;
  readonly clockResetPerS: number;
  /** Induction time in full light. */
  readonly inductionS: number;
  readonly inductionEnergy: number;
  /** Growth in full light, up to `segregatedMax` (the edge of the light spot never segregates). */
  readonly growthPerS: number;
  readonly growthEnergy: number;
  readonly segregatedMax: number;
  /** Thermal remixing at rest. */
  readonly restPerS: number;
  readonly restEnergy: number;
  /** Permanent loss of iodine from the segregated part, in light. */
  readonly lossPerS: number;
  /** Light at half response, in units of full light. */
  readonly lightHalf: number;
  /** Light up to which nothing segregates, 0..0.9 of full light; 0 = any light does it. */
  readonly lightThreshold: number;
  /** Light above which light itself remixes instead of segregating, in units of full light, and how fast; 0 = none does. */
  readonly strongLight: number;
  readonly strongRemixPerS: number;
  /** Growth of what is segregated in the dark right after light, and how long the film remembers the light; 0 = none. */
  readonly darkGrowthPerS: number;
  readonly darkGrowthTauS: number;
}

/** What no fit to Feng 2023 asks for: off. */
export const PLAIN_LIGHT = {
  lightThreshold: 0,
  strongLight: 0,
  strongRemixPerS: 0,
  darkGrowthPerS: 0,
  darkGrowthTauS: 200,
} as const satisfies Partial<FilmKinetics>;

const REFERENCE_PER_K = 1 / 296.65;

/** Arrhenius: a rate at `filmC` is its value at 23.5 °C times exp(E · this), E in kJ/mol. */
export const arrhenius = (filmC: number): number => (REFERENCE_PER_K - 1 / (filmC + ZERO_CELSIUS_K)) / GAS_CONSTANT_KJ;

/** The film’s state and its exact-step integrator. `segregated` is the true value, which no instrument measures directly. */
export class Film {
  /** Segregated fraction, 0..1. */
  segregated = 0;
  /** The part of it that has permanently lost its iodine. */
  lost = 0;
  /** How many times as fast as the kinetics say the segregation grows. */
  growthScale = 1;
  /** How many times as fast the induction clock runs in light. */
  clockScale = 1;
  private clock = 0;
  /** What the film remembers of the last light, 0..1. */
  private lit = 0;
  /** Film temperature at the last step, and its difference from the film’s recent past. */
  private beforeC: number;
  private shockK = 0;
  private readonly shockExp = new CachedDecay();

  constructor(
    private readonly k: FilmKinetics,
    filmC: number,
  ) {
    this.beforeC = filmC;
  }

  /** Advances by `dtS` (0 < dtS <= 0.02 s for the stated accuracy) at temperature `filmC` and light 0..1. */
  step(dtS: number, filmC: number, light: number): void {
    const k = this.k;
    // Exact for a temperature that changes evenly over the step; the rates see the shock of mid-step.
    const keep = this.shockExp.at(dtS, k.shockTauS);
    const start = this.shockK;
    const end = start * keep + ((filmC - this.beforeC) * (1 - keep) * k.shockTauS) / dtS;
    const shock = (start + end) / 2;
    this.shockK = end;
    this.beforeC = filmC;
    const w = arrhenius(filmC);
    const size = Math.abs(shock);

    let remix = 0;
    if (size > 0.25 * k.remixShockK) {
      const q = power(size / k.remixShockK, k.shockOrder);
      remix = k.remixPerS * (shock > 0 ? 1 : k.coolingShare) * (q / (1 + q)) * Math.exp(k.remixEnergy * w);
    }

    const isStrong = k.strongLight > 0 && light > k.strongLight;
    const f = isStrong ? 0 : response(light, k);
    const resetQ = size > 0.2 * k.clockShockK ? power(size / k.clockShockK, k.shockOrder) : 0;
    const reset = (k.clockResetPerS * resetQ) / (1 + resetQ);
    if (f > 0) {
      const advance = (this.clockScale * f * Math.exp(k.inductionEnergy * w)) / k.inductionS;
      if (reset > 1e-6) {
        const kept = Math.exp(-reset * dtS);
        this.clock = this.clock * kept + (advance * (1 - kept)) / reset;
      } else this.clock += advance * dtS;
      if (this.clock > 3) this.clock = 3;
      const e4 = this.clock * this.clock * this.clock * this.clock;
      const gate = (e4 * e4 * e4 * e4) / (1 + e4 * e4 * e4 * e4);
      const growth = k.growthPerS * this.growthScale * f * Math.exp(k.growthEnergy * w) * gate;
      const room = k.segregatedMax - this.segregated;
      const grown = k.segregatedMax - room / (1 + (growth * room * dtS) / k.segregatedMax);
      // A share that is lost in rounding is not less than what has lost its iodine.
      if (room > 0) this.segregated = Math.max(this.lost, grown);
      this.lost += (this.segregated - this.lost) * k.lossPerS * f * dtS;
    } else if (reset > 1e-6) this.clock *= Math.exp(-reset * dtS);
    if (k.darkGrowthPerS > 0) this.growInTheDark(dtS, f, w);

    const decay = k.restPerS * Math.exp(k.restEnergy * w) + remix + (isStrong ? k.strongRemixPerS : 0);
    if (this.segregated > this.lost) {
      this.segregated = this.lost + (this.segregated - this.lost) * Math.exp(-decay * dtS);
    }
  }

  /** At least this share has lost its iodine for good, 0..1; what is lost does not come back. */
  lose(share: number): void {
    this.lost = Math.max(this.lost, share);
    this.segregated = Math.max(this.segregated, this.lost);
  }

  /** Domains that exist go on growing while the film remembers the light; a mixed film has none. Logistic, exact for a step. */
  private growInTheDark(dtS: number, f: number, w: number): void {
    const k = this.k;
    this.lit = Math.max(f, this.lit * Math.exp(-dtS / k.darkGrowthTauS));
    if (f > 0 || this.segregated <= 0 || this.segregated >= k.segregatedMax) return;
    const grown = k.darkGrowthPerS * this.growthScale * this.lit * Math.exp(k.growthEnergy * w) * dtS;
    this.segregated = k.segregatedMax / (1 + (k.segregatedMax / this.segregated - 1) * Math.exp(-grown));
  }
}

/** Response of segregation to light, 1 in full light. */
function response(light: number, { lightThreshold, lightHalf }: FilmKinetics): number {
  const above = (light - lightThreshold) / (1 - lightThreshold);
  return above <= 0 ? 0 : ((above * above) / (above * above + lightHalf ** 2)) * (1 + lightHalf ** 2);
}

/** base^order for the whole orders the kinetics use. */
function power(base: number, order: number): number {
  if (order !== 10) return base ** order;
  const squared = base * base;
  const fourth = squared * squared;
  return fourth * fourth * squared;
}

/** exp(−dt/τ) for the last two step lengths: most steps have one of them. The time constant must not change. */
export class CachedDecay {
  private dt = -1;
  private value = 1;
  private otherDt = -1;
  private otherValue = 1;
  at(dt: number, tau: number): number {
    if (dt === this.dt) return this.value;
    if (dt === this.otherDt) return this.otherValue;
    this.otherDt = this.dt;
    this.otherValue = this.value;
    this.dt = dt;
    this.value = Math.exp(-dt / tau);
    return this.value;
  }
}
