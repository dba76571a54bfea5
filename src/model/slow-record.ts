/**
 * What a run shows of the slow pole, in bounded memory: means over some seconds of the heat and of what the sensors read. It
 * begins with the bench at rest and follows the heat from then on, so that the slow pole’s state is known at every mean.
 */
import { Lag } from './thermal.ts';

/** Time constants that are taken as known, s. */
export interface Known {
  readonly fastTauS: number;
  readonly thermocoupleLagS: number;
  readonly infraredLagS: number;
}

/** Readings of a bench without heat, above the infrared thermometer’s own temperature, K. */
export interface Rest {
  readonly thermocoupleK: number;
  readonly infraredK: number;
}

const FIELDS = ['lastsS', 'slowTcW', 'slowIrW', 'fastTcW', 'fastIrW', 'tcC', 'irC', 'ambientC'] as const;
/** One column a field; a mean without a reading is NaN. */
export type SlowMeans = Readonly<Record<(typeof FIELDS)[number], Float64Array>>;

/**
 * Length of a mean, s: short beside the slow pole, and long beside a cycle of the heat. With means of 5 s, a swing every 4 s
 * left a beat that was taken for the slow pole, and its gain came out up to 12 % too high.
 */
const MEAN_S = 20;
/** So many are kept: 2 h 40 min are longer than any slow pole takes, and what comes after has the drift of the room in it. */
export const MOST_MEANS = 480;

/**
 * Heat is in W, as each sensor would show it: `slow…W` through the sensor’s lag alone, `fast…W` through the fast pole, too.
 * The slow pole of any time constant follows from the first, because linear elements may be applied in any order.
 */
export class SlowRecord {
  /** How many means there are. */
  count = 0;
  /** Time that they cover, s. */
  lengthS = 0;
  readonly means: SlowMeans = {
    lastsS: new Float64Array(MOST_MEANS),
    slowTcW: new Float64Array(MOST_MEANS),
    slowIrW: new Float64Array(MOST_MEANS),
    fastTcW: new Float64Array(MOST_MEANS),
    fastIrW: new Float64Array(MOST_MEANS),
    tcC: new Float64Array(MOST_MEANS),
    irC: new Float64Array(MOST_MEANS),
    ambientC: new Float64Array(MOST_MEANS),
  };
  private lastsS = 0;
  private readonly fast: Lag;
  private readonly lags: readonly [Lag, Lag, Lag, Lag];
  /** Sums over the present mean: heat times time; readings, and how many. */
  private readonly heat = new Float64Array(4);
  private readonly sums = new Float64Array(3);
  private readonly counts = new Float64Array(3);

  /** @param rest what the sensors showed above the room before there was any heat */
  constructor(
    { fastTauS, thermocoupleLagS: tcS, infraredLagS: irS }: Known,
    readonly rest: Rest,
  ) {
    this.fast = new Lag(fastTauS);
    this.lags = [new Lag(tcS), new Lag(irS), new Lag(tcS), new Lag(irS)];
  }

  /** No mean is taken any more. */
  get full(): boolean {
    return this.count === MOST_MEANS;
  }

  /** Time passes with the heater at `watts` on average. */
  step(dtS: number, watts: number): void {
    if (this.full || dtS <= 0) return;
    const { lags, heat } = this;
    const fast = this.fast.step(dtS, watts);
    heat[0]! += lags[0].step(dtS, watts) * dtS;
    heat[1]! += lags[1].step(dtS, watts) * dtS;
    heat[2]! += lags[2].step(dtS, fast) * dtS;
    heat[3]! += lags[3].step(dtS, fast) * dtS;
    this.lastsS += dtS;
    if (this.lastsS >= MEAN_S - 1e-6) this.take();
  }

  /** A new reading, °C. */
  see(sensor: 'thermocouple' | 'infrared' | 'ambient', readingC: number): void {
    const i = sensor === 'thermocouple' ? 0 : sensor === 'infrared' ? 1 : 2;
    this.sums[i]! += readingC;
    this.counts[i]! += 1;
  }

  private take(): void {
    const { means, heat, sums, counts, lastsS, count } = this;
    means.lastsS[count] = lastsS;
    means.slowTcW[count] = heat[0]! / lastsS;
    means.slowIrW[count] = heat[1]! / lastsS;
    means.fastTcW[count] = heat[2]! / lastsS;
    means.fastIrW[count] = heat[3]! / lastsS;
    means.tcC[count] = sums[0]! / counts[0]!;
    means.irC[count] = sums[1]! / counts[1]!;
    means.ambientC[count] = sums[2]! / counts[2]!;
    for (const each of [heat, sums, counts]) each.fill(0);
    this.lengthS += lastsS;
    this.lastsS = 0;
    this.count += 1;
  }
}
