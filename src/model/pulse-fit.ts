/**
 * One period of the heat at a time: how far it swung the film, against what the bench as commissioned expects.
 *
 * Within a period the reading of a sensor is regressed on the model seen through that sensor’s lag, beside a level and a slope
 * of its own: y = a + b·t + g·x. The slope takes the drift of the room and what the slow pole misses; g is the measured
 * swing over the model’s. Both sensors count by their variances.
 */

/** Swing of the film in one period of the heat, K. */
export interface PulseView {
  /** By the commissioned model under the declared heater power. */
  readonly expectedK: number;
  /** By the sensors, and its standard error by their noise. */
  readonly measuredK: number;
  readonly errorK: number;
}

/** Readings of a sensor at the least, in one period. */
const LEAST_READINGS = 8;
/** Readings that follow each other closely share their error. */
const NEIGHBOURS = 3;
/** A swing of less than this says nothing of the response, K. */
const LEAST_SWING_K = 0.1;

/** Of the regression: a, b and g. */
const UNKNOWNS = 3;

/** Least squares of y = a + b·t + g·x, by sums. */
class Regression {
  private n = 0;
  private t = 0;
  private x = 0;
  private y = 0;
  private tt = 0;
  private tx = 0;
  private xx = 0;
  private ty = 0;
  private xy = 0;
  private yy = 0;

  add(t: number, x: number, y: number): void {
    this.n += 1;
    this.t += t;
    this.x += x;
    this.y += y;
    this.tt += t * t;
    this.tx += t * x;
    this.xx += x * x;
    this.ty += t * y;
    this.xy += x * y;
    this.yy += y * y;
  }

  /** g and its variance; null where the readings do not tell them. */
  fit(): { readonly gain: number; readonly variance: number } | null {
    const { n, t, x, y } = this;
    if (n < LEAST_READINGS) return null;
    const [tt, tx, xx] = [this.tt - (t * t) / n, this.tx - (t * x) / n, this.xx - (x * x) / n];
    const [ty, xy, yy] = [this.ty - (t * y) / n, this.xy - (x * y) / n, this.yy - (y * y) / n];
    // What of x is no straight line in time.
    const alone = xx - (tx * tx) / tt;
    if (!(alone > 1e-9)) return null;
    const gain = (xy - (tx * ty) / tt) / alone;
    const left = Math.max(0, yy - (ty * ty) / tt - gain * gain * alone);
    return { gain, variance: (NEIGHBOURS * left) / (n - UNKNOWNS) / alone };
  }
}

export type Sensor = 'thermocouple' | 'infrared';

export class PulseFit {
  /** The last whole period; null before there was one, and where the heat has no period. */
  last: PulseView | null = null;
  private readonly stepK: Readonly<Record<Sensor, number>>;
  private sums: Record<Sensor, Regression> = { thermocouple: new Regression(), infrared: new Regression() };
  private periodS: number | null = null;
  private startS = 0;
  private startC: Record<Sensor, number> = { thermocouple: Number.NaN, infrared: Number.NaN };
  private lowK = 0;
  private highK = 0;

  /** @param stepK resolution of the sensors, K: no reading is known better */
  constructor(stepK: Readonly<Record<Sensor, number>>) {
    this.stepK = stepK;
  }

  /**
   * The heat as it is from now on.
   * @param periodS s; null where it has none
   */
  begin(periodS: number | null, nowS: number, filmK: number): void {
    if (periodS === this.periodS) return;
    this.periodS = periodS;
    this.last = null;
    this.restart(nowS, filmK);
  }

  /**
   * Time has come to `nowS`; `filmK` is the rise by the commissioned model, `power` the measured power over the declared one.
   * @param short a sensor that shows less than the other by more than noise explains, and does not count
   */
  step(nowS: number, filmK: number, power: number, short: Sensor | null): void {
    if (this.periodS === null) return;
    this.lowK = Math.min(this.lowK, filmK);
    this.highK = Math.max(this.highK, filmK);
    if (nowS - this.startS < this.periodS) return;
    this.last = this.pulse((this.highK - this.lowK) / power, power, short);
    this.restart(nowS, filmK);
  }

  /** A reading of a sensor, °C, with the rise that it should show, K. */
  take(sensor: Sensor, readingC: number, expectedK: number, nowS: number): void {
    if (this.periodS === null) return;
    if (Number.isNaN(this.startC[sensor])) this.startC[sensor] = readingC;
    this.sums[sensor].add(nowS - this.startS, expectedK, readingC - this.startC[sensor]);
  }

  private restart(nowS: number, filmK: number): void {
    this.startS = nowS;
    this.lowK = filmK;
    this.highK = filmK;
    this.startC = { thermocouple: Number.NaN, infrared: Number.NaN };
    this.sums = { thermocouple: new Regression(), infrared: new Regression() };
  }

  private pulse(expectedK: number, power: number, short: Sensor | null): PulseView | null {
    if (expectedK < LEAST_SWING_K) return null;
    let [weights, sum] = [0, 0];
    for (const sensor of ['thermocouple', 'infrared'] as const) {
      const fit = sensor === short ? null : this.sums[sensor].fit();
      if (!fit) continue;
      const weight = 1 / Math.max(fit.variance, (this.stepK[sensor] / expectedK) ** 2 / LEAST_READINGS);
      weights += weight;
      sum += weight * fit.gain;
    }
    if (weights === 0) return null;
    const scaleK = expectedK * power;
    return { expectedK, measuredK: (sum / weights) * scaleK, errorK: scaleK / Math.sqrt(weights) };
  }
}
