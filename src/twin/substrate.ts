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
  /** Resistance in series with the ITO film: the closed MOSFET, the current shunt and the leads, Ω. */
  readonly seriesOhm: number;
}

export const PAPER_SUBSTRATE: SubstrateParameters = {
  fastK: 8.97,
  slowK: 6.57,
  fastTauS: 2.85,
  slowTauS: 542,
  ratedW: 2.4,
  resistanceOhm: 15,
  resistancePerK: 5e-4,
  seriesOhm: 0.15,
};

export class Substrate {
  private fast = 0;
  private slow = 0;
  /** The air that each pole has followed so far, °C. */
  private fastAirC: number;
  private slowAirC: number;
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
    /** The air around the substrate, °C; the film follows it through the same two poles as its heat. */
    public roomC: number,
  ) {
    this.fastAirC = roomC;
    this.slowAirC = roomC;
  }

  get filmC(): number {
    return this.coldC() + this.fast + this.slow;
  }

  /** Where the film would be without heat, °C. */
  private coldC(): number {
    const { roomC, fastAirC, slowAirC } = this;
    if (fastAirC === roomC && slowAirC === roomC) return roomC;
    const { fastK, slowK } = this.p;
    return (fastK * fastAirC + slowK * slowAirC) / (fastK + slowK);
  }

  /** Current at `supplyV` with both switches closed, A. */
  currentA(supplyV: number): number {
    return supplyV / (this.resistanceOhm() + this.p.seriesOhm);
  }

  resistanceOhm(): number {
    return this.p.resistanceOhm * this.resistanceScale * (1 + this.p.resistancePerK * (this.fast + this.slow));
  }

  /** Supply voltage that drives `currentA` through the cold heater, V. */
  nominalSupplyV(currentA: number): number {
    return currentA * (this.p.resistanceOhm + this.p.seriesOhm);
  }

  /** Advances by `dtS` with constant heater current; exact for the linear poles. */
  step(dtS: number, currentA: number): void {
    const watts = currentA > 0 ? currentA * currentA * this.resistanceOhm() : 0;
    const u = (watts / this.p.ratedW) * this.gain;
    const fastEnd = u * this.p.fastK;
    const slowEnd = u * this.p.slowK * this.insulation;
    const keepFast = this.fastExp.at(dtS, this.p.fastTauS);
    const keepSlow = this.slowExp.at(dtS, this.p.slowTauS * this.insulation);
    this.fast = fastEnd + (this.fast - fastEnd) * keepFast;
    this.slow = slowEnd + (this.slow - slowEnd) * keepSlow;
    const { roomC } = this;
    if (this.fastAirC !== roomC) this.fastAirC = roomC + (this.fastAirC - roomC) * keepFast;
    if (this.slowAirC !== roomC) this.slowAirC = roomC + (this.slowAirC - roomC) * keepSlow;
  }
}
