/**
 * What the film does, seen through two sensors that lag, miss a share of the rise and are noisy.
 *
 * The commissioned two-pole model runs on the heat that the gate achieved and the power that was measured, so it has the
 * film’s edges long before a slow sensor shows them. Two things of it are corrected by what the sensors say:
 *
 * - its gain k: a scalar Kalman filter for each sensor regresses the reading on the model seen through that sensor’s lag,
 *   both high-passed over a cycle; the two are weighted by their variances. Where they disagree by more than noise explains,
 *   the one that shows more is followed: a lost contact, or a lens or spot that has changed, makes a sensor show less, and
 *   too little heat is the safe error.
 * - the level b: what the readings show beyond k · model, through a low-pass. It holds the room, its drift, and what the
 *   model’s slow pole misses.
 *
 * Film = b + k · model. The readings are expected to be corrected for offsets and for the emissivity of the spot.
 */
import { type Celsius, celsius, clamp, type Ratio } from '../units.ts';
import { PulseFit, type PulseView, type Sensor } from './pulse-fit.ts';
import { Lag, meanRiseAfter, type Poles, TwoPole } from './thermal.ts';

/** What commissioning found, and how finely the sensors read. */
export interface Plant {
  readonly poles: Poles;
  /** Heater power at which the poles’ rises hold, W. */
  readonly fullW: number;
  readonly thermocoupleLagS: number;
  readonly infraredLagS: number;
  /** Share of the film’s rise that the thermocouple feels, 0..1. */
  readonly contact: number;
  /** Resolution of the readings, K. */
  readonly thermocoupleStepK: number;
  readonly infraredStepK: number;
  /** False while nobody has commissioned the bench: the gain is then little more than a guess. */
  readonly known: boolean;
}

/** The observer’s belief about the film. */
export interface Estimate {
  readonly filmC: Celsius;
  /** Standard error of `filmC`, K. */
  readonly errorK: number;
  /** Where the film would be without heat, °C. */
  readonly levelC: Celsius;
  /** Measured gain over the commissioned one, and its standard error. */
  readonly gain: number;
  readonly gainError: number;
  /** Measured heater power over the declared one. */
  readonly power: number;
  /** Rise of the fast and of the slow pole now, K. */
  readonly fastK: number;
  readonly slowK: number;
  /** The plant as it is now: what the poles reach under full heat with this power and gain. */
  readonly poles: Poles;
  /** The thermocouple answers less than it did at commissioning, the infrared thermometer does not. */
  readonly contactChanged: boolean;
  /** The infrared thermometer answers less than it did, the thermocouple does not: its spot or its view has changed. */
  readonly spotChanged: boolean;
  /** The last whole period of the heat, expected and measured; null where the heat has none. */
  readonly pulse: PulseView | null;
}

/** Standard error of the commissioned gain before anything was measured, and of one that nobody commissioned. */
const PRIOR = 0.06;
const UNKNOWN_PRIOR = 0.5;
/** By so much the gain may wander within a cycle. */
const WANDER = 0.012;
/** No sensor tells the gain better than this: lags and time constants are known to a per cent or two. */
const FLOOR = 0.006;
/** The low-pass of the level, s; slow enough that noise does not reach the film’s estimate. */
const LEVEL_S = 6;
/** High-pass of the regression where the heat has no period, s. */
const NO_CYCLE_S = 10;
/** Readings that follow each other closely share their error: chips filter and round. */
const NEIGHBOURS = 3;
/** A reading this much older than the newest of the other sensor no longer counts, s. */
const OLD_S = 2;
/** So many standard errors, and at least this share, tell a changed contact from noise. */
const APART_ERRORS = 4;
const APART_LEAST = 0.08;
/** A thermocouple whose gain is known to worse than this says nothing of the other’s. */
const WITNESS_ERROR = 0.055;
const LEAST_GAIN = 0.2;
const MOST_GAIN = 3;
/** Share of a new reading of power that is believed. */
const POWER_SHARE = 0.2;

/** One sensor: the model as it should show it, the gain that it shows, and the level that it leaves. */
class Eye {
  gain = 1;
  variance: number;
  levelC = Number.NaN;
  /** Mean square of the level’s movement from reading to reading, K². */
  wanderK2 = 0;
  atS = Number.NEGATIVE_INFINITY;
  private readonly lag: Lag;
  private meanC = Number.NaN;
  private meanK = 0;
  private noiseK2: number;
  /** Mean of the expected rise over the memory of the level, K; mean square of its movement, K². */
  private levelK = 0;
  private moveK2 = 0;

  constructor(
    lagS: number,
    private readonly share: number,
    private readonly stepK: number,
    private readonly priorVariance: number,
  ) {
    this.lag = new Lag(lagS);
    this.variance = priorVariance;
    this.noiseK2 = Math.max(LEAST_NOISE_K, stepK / Math.sqrt(12)) ** 2;
  }

  /** Rise that this sensor should show now with the commissioned gain, K. */
  get expectedK(): number {
    return this.share * this.lag.value;
  }

  /** Whether its level may still be used at `nowS`. */
  isFresh(nowS: number): boolean {
    return nowS - this.atS <= OLD_S && !Number.isNaN(this.levelC);
  }

  step(dtS: number, filmK: number): void {
    this.lag.step(dtS, filmK);
  }

  /** Takes a reading of `nowS`, with cycles of `cycleS`. */
  take(readingC: number, nowS: number, cycleS: number): void {
    const dtS = nowS - this.atS;
    this.atS = nowS;
    if (Number.isNaN(this.meanC) || dtS > OLD_S) {
      this.meanC = readingC;
      this.meanK = this.expectedK;
      return;
    }
    const slow = Math.min(1, dtS / cycleS);
    this.meanC += (readingC - this.meanC) * slow;
    this.meanK += (this.expectedK - this.meanK) * slow;
    const move = this.expectedK - this.meanK;
    const left = readingC - this.meanC - this.gain * move;
    this.noiseK2 += (left * left - this.noiseK2) * Math.min(1, dtS / (2 * cycleS));
    const spread = NEIGHBOURS * Math.max(this.noiseK2, LEAST_NOISE_K ** 2);
    this.variance = Math.min(this.priorVariance, this.variance + (WANDER ** 2 * dtS) / cycleS);
    this.moveK2 += (move * move - this.moveK2) * slow;
    if (this.moveK2 < (this.stepK * LEAST_STEPS) ** 2) return;
    const trust = (this.variance * move) / (move * move * this.variance + spread);
    this.gain = clamp(this.gain + trust * left, LEAST_GAIN, MOST_GAIN);
    this.variance = Math.max(FLOOR ** 2, this.variance * (1 - trust * move));
  }

  /** The gain is another one by `by`: what it explains beyond the mean of the level’s memory is taken from the level. */
  regain(by: number): void {
    this.levelC -= by * this.levelK;
  }

  /** Moves the level by what a reading shows beyond `gain` times the model. */
  settle(readingC: number, gain: number, dtS: number): void {
    const level = readingC - gain * this.expectedK;
    if (Number.isNaN(this.levelC) || dtS > OLD_S) {
      this.levelC = level;
      this.levelK = this.expectedK;
      return;
    }
    const share = Math.min(1, dtS / LEVEL_S);
    this.levelK += (this.expectedK - this.levelK) * share;
    this.wanderK2 += ((level - this.levelC) ** 2 - this.wanderK2) * share;
    this.levelC += (level - this.levelC) * share;
  }
}

/** A movement whose root mean square is less than this share of a sensor’s resolution tells nothing of its gain. */
const LEAST_STEPS = 1;
/** No sensor is quieter than this, K. */
const LEAST_NOISE_K = 0.02;

/** See the head of this file. Time is given; nothing here reads a clock. */
export class Observer {
  /** The film’s rise since the start, with the commissioned gain, K. */
  readonly film: TwoPole;
  readonly thermocouple: Eye;
  readonly infrared: Eye;
  private timeS = 0;
  private power = 1;
  private gain = 1;
  private gainError: number;
  /** The sensor that shows less than the other by more than noise explains. */
  private short: Sensor | null = null;
  private readonly pulses: PulseFit;
  /** The estimate since anything changed: it is asked for several times a tick. */
  private believed: Estimate | null | undefined = undefined;

  constructor(private readonly plant: Plant) {
    const prior = plant.known ? PRIOR : UNKNOWN_PRIOR;
    this.film = new TwoPole(plant.poles);
    this.thermocouple = new Eye(plant.thermocoupleLagS, plant.contact, plant.thermocoupleStepK, prior ** 2);
    this.infrared = new Eye(plant.infraredLagS, 1, plant.infraredStepK, prior ** 2);
    this.gainError = prior;
    this.pulses = new PulseFit({ thermocouple: plant.thermocoupleStepK, infrared: plant.infraredStepK });
  }

  /** Time passes, with the heater on for a share `duty` of it. */
  step(dtS: number, duty: Ratio): void {
    this.believed = undefined;
    this.timeS += dtS;
    const filmK = this.film.step(dtS, (duty * this.power) as Ratio);
    this.thermocouple.step(dtS, filmK);
    this.infrared.step(dtS, filmK);
    this.pulses.step(this.timeS, filmK, this.power, this.short);
  }

  /** The heater’s power while on, W. */
  seePower(watts: number): void {
    this.believed = undefined;
    this.power += (watts / this.plant.fullW - this.power) * POWER_SHARE;
  }

  /** A new reading of a sensor, °C. `cycleS`: period of the heat, null where it has none. */
  see(sensor: Sensor, readingC: Celsius, cycleS: number | null): void {
    this.believed = undefined;
    const eye = this[sensor];
    this.pulses.begin(cycleS, this.timeS, this.film.filmK);
    this.pulses.take(sensor, readingC, eye.expectedK, this.timeS);
    const dtS = this.timeS - eye.atS;
    eye.take(readingC, this.timeS, cycleS ?? NO_CYCLE_S);
    this.fuse();
    eye.settle(readingC, this.gain, dtS);
  }

  /** The gain from both sensors, each by its variance. */
  private fuse(): void {
    const { thermocouple: tc, infrared: ir } = this;
    const known = Math.sqrt(tc.variance + ir.variance);
    const apart = Math.abs(tc.gain - ir.gain);
    // A thermocouple that shows nothing of its gain is no witness against the infrared thermometer.
    const witness = tc.variance < WITNESS_ERROR ** 2 || this.short === 'infrared';
    const lower = tc.gain < ir.gain || !witness ? 'thermocouple' : 'infrared';
    // What was found stands until both agree, or it is the other that falls short: heat without movement makes both
    // uncertain, not alike.
    if (apart > Math.max(APART_ERRORS * known, APART_LEAST)) this.short = lower;
    else if (apart <= APART_LEAST || this.short !== lower) this.short = null;
    const wIr = this.short === 'infrared' ? 0 : 1 / ir.variance;
    const wTc = this.short === 'thermocouple' ? 0 : 1 / tc.variance;
    const weight = wIr + wTc;
    const sum = wIr * ir.gain + wTc * tc.gain;
    const gain = sum / weight;
    ir.regain(gain - this.gain);
    tc.regain(gain - this.gain);
    this.gain = gain;
    this.gainError = 1 / Math.sqrt(weight);
  }

  /** What is believed now; null until a sensor was read. */
  estimate(): Estimate | null {
    if (this.believed === undefined) this.believed = this.believe();
    return this.believed;
  }

  private believe(): Estimate | null {
    const { gain, gainError, power, short, film } = this;
    const level = this.level();
    if (level === null) return null;
    const { fastK, slowK, fastTauS, slowTauS } = this.plant.poles;
    const scale = gain * power;
    return {
      filmC: celsius(level.celsius + gain * film.filmK),
      errorK: Math.hypot(gainError * film.filmK, level.errorK),
      levelC: celsius(level.celsius),
      gain,
      gainError,
      power,
      fastK: gain * film.fastK,
      slowK: gain * film.slowK,
      poles: { fastK: fastK * scale, slowK: slowK * scale, fastTauS, slowTauS },
      contactChanged: short === 'thermocouple',
      spotChanged: short === 'infrared',
      pulse: this.pulses.last,
    };
  }

  /** From the sensors that were read lately; while they disagree, from the one that shows more. */
  private level(): { readonly celsius: number; readonly errorK: number } | null {
    const { thermocouple: tc, infrared: ir, timeS, short } = this;
    const [hasTc, hasIr] = [tc.isFresh(timeS), ir.isFresh(timeS)];
    if (hasIr && hasTc && short === null) {
      const noiseK2 = (ir.wanderK2 + tc.wanderK2) / 4;
      return { celsius: (ir.levelC + tc.levelC) / 2, errorK: Math.sqrt(noiseK2 * LEVEL_NOISE) };
    }
    if (!hasIr && !hasTc) return null;
    const { levelC, wanderK2 } = hasIr && !(hasTc && tc.levelC > ir.levelC) ? ir : tc;
    return { celsius: levelC, errorK: Math.sqrt(wanderK2 * LEVEL_NOISE) };
  }
}

/** Share of a reading’s variance that the low-pass of the level lets through: dt/(2·LEVEL_S) at 10 readings a second. */
const LEVEL_NOISE = 0.1 / (2 * LEVEL_S);

/** The highest film temperatures within reach of a mean duty, °C: once the fast pole has settled, and after `endS`. */
export interface Reach {
  readonly nowC: Celsius;
  readonly endC: Celsius;
  readonly endS: number;
}

/** With heat of `duty` from now on, 0..1, for `endS` seconds. */
export function reachOf({ levelC, fastK, slowK, poles }: Estimate, duty: number, endS: number): Reach {
  const fast = duty * poles.fastK;
  const end = meanRiseAfter(poles, { fastK, slowK }, duty, endS);
  return { nowC: celsius(levelC + slowK + fast), endC: celsius(levelC + end), endS };
}

/** How long it takes until `targetC` is within reach of a mean duty, s; 0 = it is; null = it never will be. */
export function timeToReachS({ levelC, slowK, poles }: Estimate, duty: number, targetC: number): number | null {
  const neededK = targetC - levelC - duty * poles.fastK;
  const endK = duty * poles.slowK;
  if (neededK <= slowK) return 0;
  return neededK >= endK ? null : poles.slowTauS * Math.log((endK - slowK) / (endK - neededK));
}
