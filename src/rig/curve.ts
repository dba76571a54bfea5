/** A run as a curve of bounded size: when it grows too long, neighbouring buckets become one; extremes stay. */

/** What is seen at one control tick. */
export interface Sample {
  readonly filmC: number;
  /** NaN in a mode without a setpoint. */
  readonly setpointC: number;
  /** Share of the tick with heat, 0..1. */
  readonly duty: number;
  readonly light: number;
}

/** A stretch of the curve; `ticks` is how many samples are in it. */
export interface Bucket {
  ticks: number;
  lowC: number;
  highC: number;
  sumC: number;
  /** The newest one. */
  setpointC: number;
  sumDuty: number;
  /** Brightest, so that a short flash stays visible, and the sum for the mean. */
  brightest: number;
  sumLight: number;
}

/** An even number: pairs are merged. */
const MOST = 1200;

const of = ({ filmC, setpointC, duty, light }: Sample): Bucket => ({
  ticks: 1,
  lowC: filmC,
  highC: filmC,
  sumC: filmC,
  setpointC,
  sumDuty: duty,
  brightest: light,
  sumLight: light,
});

/** Takes a later bucket into an earlier one. */
function merge(into: Bucket, from: Bucket): Bucket {
  into.ticks += from.ticks;
  into.lowC = Math.min(into.lowC, from.lowC);
  into.highC = Math.max(into.highC, from.highC);
  into.sumC += from.sumC;
  into.setpointC = from.setpointC;
  into.sumDuty += from.sumDuty;
  into.brightest = Math.max(into.brightest, from.brightest);
  into.sumLight += from.sumLight;
  return into;
}

export class Curve {
  private list: Bucket[] = [];
  /** Samples in a full bucket. */
  private full = 1;

  add(sample: Sample): void {
    const last = this.list.at(-1);
    if (last && last.ticks < this.full) {
      merge(last, of(sample));
      return;
    }
    if (this.list.length === MOST) {
      this.list = Array.from({ length: MOST / 2 }, (_, i) => merge(this.list[2 * i]!, this.list[2 * i + 1]!));
      this.full *= 2;
    }
    this.list.push(of(sample));
  }

  /** At most 1200 buckets in order of time; all but the last hold the same number of samples. */
  get buckets(): readonly Readonly<Bucket>[] {
    return this.list;
  }
}
