/**
 * The heated substrate: a two-pole thermal model (the least that fits both the 10-s and the 10-min rise of Feng 2023,
 * Fig. 1b) and the ITO film as a resistor whose value follows temperature.
 */
import { CachedDecay } from './film.ts';

export interface SubstrateParameters {
  /** Steady rise of the fast and the slow pole at rated power, K. */
  readonly fastK: number;
  readonly slowK: number;
  readonly fastTauS: number;
  readonly slowTauS: number;
  /** Power at which those rises hold, W (0.4 A through 15 Ω). */
  readonly ratedW: number;
  readonly resistanceOhm: number;
  /** Relative resistance change per kelvin; small and positive for degenerate ITO. */
  readonly resistancePerK: number;
}

export const PAPER_SUBSTRATE: SubstrateParameters = {
  fastK: 8.97,
  slowK: 6.57,
  fastTauS: 2.85,
  slowTauS: 542,
  ratedW: 2.4,
  resistanceOhm: 15,
  resistancePerK: 5e-4,
};

/** Resistance in series with the ITO film: the closed MOSFET, the current shunt and the leads, Ω. */
const SERIES_OHM = 0.15;

export class Substrate {
  private fast = 0;
  private slow = 0;
  private readonly fastExp = new CachedDecay();
  private readonly slowExp = new CachedDecay();
  /** Share of `fastK + slowK` that a plant different from the commissioned one reaches; 1 = as commissioned. */
  gain = 1;
  /** Multiplies the ITO resistance: Infinity = open, 1.3 = cracked. */
  resistanceScale = 1;
  /** How many times as slowly as commissioned the substrate loses its heat to the room. */
  insulation = 1;

  constructor(
    private readonly p: SubstrateParameters,
    public ambientC: number,
  ) {}

  get filmC(): number {
    return this.ambientC + this.fast + this.slow;
  }

  /** Current at `supplyV` with both switches closed, A. */
  currentA(supplyV: number): number {
    return supplyV / (this.resistanceOhm() + SERIES_OHM);
  }

  resistanceOhm(): number {
    return this.p.resistanceOhm * this.resistanceScale * (1 + this.p.resistancePerK * (this.fast + this.slow));
  }

  /** Supply voltage that drives `currentA` through the cold heater, V. */
  nominalSupplyV(currentA: number): number {
    return currentA * (this.p.resistanceOhm + SERIES_OHM);
  }

  /** Advances by `dtS` with constant heater current; exact for the linear poles. */
  step(dtS: number, currentA: number): void {
    const watts = currentA > 0 ? currentA * currentA * this.resistanceOhm() : 0;
    const u = (watts / this.p.ratedW) * this.gain;
    const fastEnd = u * this.p.fastK;
    const slowEnd = u * this.p.slowK * this.insulation;
    this.fast = fastEnd + (this.fast - fastEnd) * this.fastExp.at(dtS, this.p.fastTauS);
    this.slow = slowEnd + (this.slow - slowEnd) * this.slowExp.at(dtS, this.p.slowTauS * this.insulation);
  }
}
