/**
 * What the sensors should show, given the heat that the gate achieved and the power that was measured: the commissioned
 * two-pole model (model/observer.ts, before its own corrections), compared with a reading in two ways.
 *
 * Lock-in (I11): both are high-passed and correlated; gain = Σ y·m / Σ m² with exponential forgetting. It sees a sensor
 * that no longer follows the pulses even when the mean temperature looks right. The standard error of that gain, from what
 * the fit leaves over, tells a sensor that does not follow from one that is merely noisy. An infrared gain counts as too small
 * only if it is so with a longer lag as well: a sensor that has become slower shows less of quick pulses, and still follows.
 * Residual (I12): reading − baseline − model; it sees heat that goes somewhere else.
 */
import type { Plant } from '../model/observer.ts';
import { commissionedPoles, fullPowerW } from '../params/heater.ts';
import { COMPILED } from '../params/limits.ts';
import { chipOf } from '../params/sensors.ts';
import type { Settings } from '../params/settings.ts';
import { after, type Celsius, type Instant, inSeconds, instant, seconds, since } from '../units.ts';

/** The plant as the settings describe it. */
export const plantOf = (s: Settings): Plant => ({
  poles: commissionedPoles(s),
  fullW: fullPowerW(s),
  thermocoupleLagS: s['sensors.thermocoupleLagS'],
  infraredLagS: s['sensors.infraredLagS'],
  contact: s['sensors.thermocoupleContact'],
  thermocoupleStepK: chipOf(s, 'thermocouple').stepK,
  infraredStepK: chipOf(s, 'infrared').stepK,
  known: s['heater.commissioned'],
});

/** Short beside a slow drift and beside the memory of the sums: a step in the reading is soon forgotten. */
const HIGH_PASS_S = 3;
const FORGET_S = 4;
const EVALUATE = seconds(COMPILED.evaluateS);
/** Expected root-mean-square response that must be there before a gain means anything: this many steps of the sensor. */
const LEAST_STEPS = 1;
const LEAST_RMS_K = 0.12;

/** Least squares of the readings on one expected response, with exponential forgetting. */
class Fit {
  square = 0;
  private cross = 0;
  private mean = 0;

  /** @param meanK the expected response at the first reading */
  begin(meanK: number): void {
    this.mean = meanK;
  }

  /** `y`: the reading high-passed; returns what the fit leaves of it, K. */
  take(y: number, expectedK: number, slow: number, forget: number): number {
    this.mean += (expectedK - this.mean) * slow;
    const m = expectedK - this.mean;
    this.cross += (y * m - this.cross) * forget;
    this.square += (m * m - this.square) * forget;
    return this.square > 0 ? y - this.gain * m : y;
  }

  /** Not a number until something was expected to move. */
  get gain(): number {
    return this.cross / this.square;
  }

  /** Standard error of the gain: √(residual variance ⁄ (n · Σm²)); `own`: mean square of the reading, n = independent readings. */
  error(own: number, n: number): number {
    return Math.sqrt(Math.max(0, own - this.gain * this.cross) / (n * this.square));
  }
}

/** The lock-in of one sensor. */
export class LockIn {
  /** Response over the commissioned one, or null while nothing could be evaluated. */
  gain: number | null = null;
  /** What the present fit leaves of the newest reading, K. */
  leftK = 0;
  private readingMean: number | null = null;
  private readonly given = new Fit();
  private readonly slower = new Fit();
  private own = 0;
  private weight = 0;
  private intervalS = 0;
  private at = instant(0);
  private evaluateAt = instant(0);
  private bad = 0;
  private readonly leastSquare: number;

  /** `stepK`: resolution of the sensor, K; `known`: whether the response was commissioned. */
  constructor(
    stepK: number,
    private readonly known: boolean,
  ) {
    this.leastSquare = Math.max(LEAST_RMS_K, LEAST_STEPS * stepK) ** 2;
  }

  /**
   * Takes a new reading and the model’s value at the same instant. True = the response is out of its band.
   * @param slowK the model behind the longest lag that still counts as following, K; `modelK` where no longer one does
   * @param excused the film moves by something else than heat: no evaluation then speaks against the sensor
   */
  take(readingC: Celsius, modelK: number, slowK: number, now: Instant, excused = false): boolean {
    if (this.readingMean === null) {
      this.readingMean = readingC;
      this.given.begin(modelK);
      this.slower.begin(slowK);
      this.at = now;
      this.evaluateAt = after(now, EVALUATE);
      return false;
    }
    const dtS = inSeconds(since(now, this.at));
    this.at = now;
    const slow = Math.min(1, dtS / HIGH_PASS_S);
    this.readingMean += (readingC - this.readingMean) * slow;
    const y = readingC - this.readingMean;
    const forget = Math.min(1, dtS / FORGET_S);
    this.leftK = this.given.take(y, modelK, slow, forget);
    this.slower.take(y, slowK, slow, forget);
    this.own += (y * y - this.own) * forget;
    this.intervalS += (dtS - this.intervalS) * forget;
    this.weight += (1 - this.weight) * forget;
    if (now >= this.evaluateAt) this.evaluate(now, excused);
    return this.bad >= COMPILED.responseEvaluations;
  }

  private evaluate(now: Instant, excused: boolean): void {
    this.evaluateAt = after(now, EVALUATE);
    const { given, slower } = this;
    if (given.square < this.leastSquare * this.weight) return;
    this.gain = given.gain;
    const n = Math.max(1, (2 * FORGET_S) / this.intervalS);
    const error = COMPILED.responseErrors * given.error(this.own, n);
    const slowError = COMPILED.responseErrors * slower.error(this.own, n);
    const least = this.known ? COMPILED.responseMin : COMPILED.unknownResponseMin;
    const most = this.known ? COMPILED.responseMax : COMPILED.unknownResponseMax;
    const small = given.gain + error < least && slower.gain + slowError < least;
    const large = given.gain - error > most;
    if (small || large) this.bad += excused ? 0 : 1;
    else if (Math.max(given.gain - error, slower.gain - slowError) >= least && given.gain + error <= most) this.bad = 0;
  }
}

/**
 * Whether both sensors show the same movement beyond their response to heat: then the film itself moves, as in a room that
 * changes, and neither sensor is to blame. A sensor that fails does so alone; heat that goes elsewhere leaves nothing beside
 * the smaller response.
 */
export class Together {
  private both = 0;
  private first = 0;
  private second = 0;

  /** What the fits of both sensors leave, K, `dtS` after the last. */
  take(firstK: number, secondK: number, dtS: number): void {
    const forget = Math.min(1, dtS / FORGET_S);
    this.both += (firstK * secondK - this.both) * forget;
    this.first += (firstK * firstK - this.first) * forget;
    this.second += (secondK * secondK - this.second) * forget;
  }

  get moves(): boolean {
    const least = Math.min(this.first, this.second);
    const most = Math.max(this.first, this.second);
    return least > MOVED_K ** 2 && least > ALIKE * most && this.both > ALONG * Math.sqrt(this.first * this.second);
  }
}

/** Root-mean-square movement that is more than noise, K; how much smaller one sensor’s may be; and their correlation. */
const MOVED_K = 0.2;
const ALIKE = 0.1;
const ALONG = 0.6;
