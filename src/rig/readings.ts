/** What the sensors and the gate said while a bench was measured, with the instant of each reading. */
import type { Trace } from '../control/identification.ts';
import type { Snapshot } from '../params/snapshot.ts';
import { after, type Instant, inSeconds, instant, millis, since } from '../units.ts';
import type { Rig } from './rig.ts';

type PhotodiodeVolts = NonNullable<Snapshot['photodiodes']['value']>;

interface Dated<T> {
  readonly at: Instant;
  readonly value: T;
}

/** How many good readings each sensor has given. */
const goodOf = ({ thermocouple, infrared, photodiodes, power }: Snapshot) => ({
  thermocouple: thermocouple.good,
  infrared: infrared.good,
  photodiodes: photodiodes.good,
  power: power.good,
});

/** Everything that the sensors said since `start`, and the gate's pulses. */
export class Readings {
  readonly thermocouple: Dated<number>[] = [];
  readonly infrared: Dated<number>[] = [];
  /** What the infrared thermometer’s own case felt. */
  readonly ambient: Dated<number>[] = [];
  readonly photodiodes: Dated<PhotodiodeVolts>[] = [];
  /** Heater voltage and current. */
  readonly power: Dated<{ volts: number; amps: number }>[] = [];
  readonly pulses: { from: Instant; to: Instant }[] = [];
  readonly start: Instant;
  private seen: ReturnType<typeof goodOf>;
  private rise: Instant | null = null;

  constructor(rig: Rig) {
    this.start = rig.now();
    this.seen = goodOf(rig.feed.latest);
  }

  /** After each tick. */
  note({ feed }: Rig): void {
    const { thermocouple, infrared, photodiodes, power, gate } = feed.latest;
    const { seen } = this;
    if (thermocouple.value && thermocouple.good !== seen.thermocouple) {
      this.thermocouple.push({ at: thermocouple.at, value: thermocouple.value.celsius });
    }
    if (infrared.value && infrared.good !== seen.infrared) {
      this.infrared.push({ at: infrared.at, value: infrared.value.objectC });
      this.ambient.push({ at: infrared.at, value: infrared.value.ambientC });
    }
    if (photodiodes.value && photodiodes.good !== seen.photodiodes) {
      this.photodiodes.push({ at: photodiodes.at, value: photodiodes.value });
    }
    if (power.value && power.good !== seen.power) this.power.push({ at: power.at, value: power.value });
    this.seen = goodOf(feed.latest);
    const { high, lastRiseUs, lastFallUs } = gate;
    if (high && this.rise === null && lastRiseUs >= this.start) this.rise = lastRiseUs;
    else if (!high && this.rise !== null) {
      this.pulses.push({ from: this.rise, to: lastFallUs });
      this.rise = null;
    }
  }

  /** Readings as the identification wants them: seconds since the start. */
  trace(of: 'thermocouple' | 'infrared'): Trace {
    return {
      atS: this[of].map(({ at }) => inSeconds(since(at, this.start))),
      valueC: this[of].map(({ value }) => value),
    };
  }

  /**
   * The pulses cut into pieces with the heater’s power in each; a pulse with no measurement inside carries the mean.
   * @param heaterOhm resistance of the cold heater as declared: what the first pulses show beyond it is MOSFET, shunt and
   *   leads, which warm nothing
   */
  heat(heaterOhm: number): { fromS: number; toS: number; watts: number }[] {
    const all = this.whileOn();
    const cold = this.coldOhm();
    const watts = ({ value }: (typeof all)[number]): number => (value.volts * value.amps * heaterOhm) / cold;
    const mean = average(all.map(watts));
    const cut = (at: Instant): number => inSeconds(since(at, this.start));
    let next = 0;
    return this.pulses.flatMap(({ from, to }) => {
      const first = next;
      while (next < all.length && all[next]!.at < to) next += 1;
      const inside = all.slice(first, next);
      if (inside.length === 0) return [{ fromS: cut(from), toS: cut(to), watts: mean }];
      return inside.map((reading, i) => {
        const [before, following] = [inside[i - 1], inside[i + 1]];
        return {
          fromS: cut(before ? halfway(before.at, reading.at) : from),
          toS: cut(following ? halfway(following.at, reading.at) : to),
          watts: watts(reading),
        };
      });
    });
  }

  /** Readings of the power monitor that are of pulses and not of their edges, in order. */
  private whileOn(): Dated<{ volts: number; amps: number }>[] {
    let k = 0;
    return this.power.filter(({ at }) => {
      while (k < this.pulses.length && this.pulses[k]!.to <= at) k += 1;
      const pulse = this.pulses[k];
      return pulse !== undefined && at > after(pulse.from, EDGE);
    });
  }

  /** Resistance of the cold heater and all in series with it, by the first pulses, Ω. */
  coldOhm(): number {
    // In the proof test the gate is high, and no current flows while ENABLE is open.
    const flowing = this.whileOn().filter(({ value }) => value.amps > LEAST_A);
    return average(flowing.slice(0, COLD_READINGS).map(({ value }) => value.volts / value.amps));
  }

  /** Mean voltage and current while the heater was on. */
  meanPower(): { volts: number; amps: number } {
    const on = this.whileOn().filter(({ value }) => value.amps > LEAST_A);
    return { volts: average(on.map(({ value }) => value.volts)), amps: average(on.map(({ value }) => value.amps)) };
  }

  /** The longest heat without a break, s from the start. */
  longestHeat(): { fromS: number; toS: number } {
    const longest = this.pulses.reduce((a, b) => (since(b.to, b.from) > since(a.to, a.from) ? b : a));
    return { fromS: inSeconds(since(longest.from, this.start)), toS: inSeconds(since(longest.to, this.start)) };
  }
}

const LEAST_A = 0.02;
/** So many readings of the first pulses are of a cold heater. */
const COLD_READINGS = 20;
/** A measurement this soon after the rising edge may still be of the rest before. */
const EDGE = millis(20);
const halfway = (a: Instant, b: Instant): Instant => instant((a + b) / 2);

export const average = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation of single values. */
export function deviation(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
}

/** Least-squares slope of a trace, units per second. */
export function slope({ atS, valueC }: Trace): number {
  const t = average(atS);
  const y = average(valueC);
  const square = atS.reduce((sum, s) => sum + (s - t) ** 2, 0);
  return atS.reduce((sum, s, i) => sum + (s - t) * ((valueC[i] ?? y) - y), 0) / square;
}

/** Mean and standard error. */
export interface Mean {
  readonly value: number;
  readonly error: number;
}

export const meanOf = (values: readonly number[]): Mean => ({
  value: average(values),
  error: deviation(values) / Math.sqrt(Math.max(1, values.length)),
});
