/**
 * The last seconds of single conversions, lit ones only, so that any stretch of time can be averaged once its edges are known:
 * when a pulse begins, the cold film is what was read before it.
 */
import { LIGHT_CHANNEL_NAMES, type LightChannelName } from '../../params/channels.ts';
import { before, type Instant, seconds } from '../../units.ts';

/** Means over a stretch of time, without dark level. */
export interface Stretch {
  readonly green: number;
  readonly red: number;
  readonly broadband: number;
  readonly reference: number;
  /** Fewest readings that any channel had. */
  readonly n: number;
  readonly filmC: number;
  /** Of the two bands. */
  readonly saturated: boolean;
}

/** At 50 ms a reading of all four channels this is 25 s, of one channel 100 s. */
const KEPT = 2048;
/** Conversions are kept in the order of their instants, but for so much. */
const DISORDER = seconds(2);
const CHANNELS = LIGHT_CHANNEL_NAMES.length;
const BANDS: readonly number[] = (['green', 'red'] as const).map((name) => LIGHT_CHANNEL_NAMES.indexOf(name));

export class Readings {
  private readonly at = new Float64Array(KEPT).fill(Number.NEGATIVE_INFINITY);
  private readonly channel = new Uint8Array(KEPT);
  private readonly volts = new Float64Array(KEPT);
  private readonly filmC = new Float64Array(KEPT);
  private readonly saturated = new Uint8Array(KEPT);
  private next = 0;
  private readonly sums = new Float64Array(CHANNELS);
  private readonly counts = new Float64Array(CHANNELS);

  /** Keeps one conversion, V; `filmC` NaN = not known. */
  take(channel: LightChannelName, at: Instant, volts: number, filmC: number, saturated: boolean): void {
    const i = this.next;
    this.at[i] = at;
    this.channel[i] = LIGHT_CHANNEL_NAMES.indexOf(channel);
    this.volts[i] = volts;
    this.filmC[i] = filmC;
    this.saturated[i] = saturated ? 1 : 0;
    this.next = (i + 1) % KEPT;
  }

  /** Forgets everything: the light is another one. */
  clear(): void {
    this.at.fill(Number.NEGATIVE_INFINITY);
  }

  /** Means of what was converted after `from` and not after `to`; `darkV` by channel. Null where a channel has nothing. */
  mean(from: Instant, to: Instant, darkV: Readonly<Record<LightChannelName, number>>): Stretch | null {
    const { sums, counts } = this;
    sums.fill(0);
    counts.fill(0);
    let warmth = 0;
    let n = 0;
    let saturated = false;
    const oldest = before(from, DISORDER);
    for (let back = 1; back <= KEPT; back += 1) {
      const i = (this.next - back + KEPT) % KEPT;
      const at = this.at[i]!;
      if (at <= oldest) break;
      if (at <= from || at > to) continue;
      const channel = this.channel[i]!;
      sums[channel]! += this.volts[i]!;
      counts[channel]! += 1;
      warmth += this.filmC[i]!;
      n += 1;
      // Bare silicon and the reference may be at their end: the two bands do not need them.
      saturated ||= this.saturated[i] === 1 && BANDS.includes(channel);
    }
    const least = Math.min(...counts);
    if (least === 0) return null;
    const of = (name: LightChannelName): number => {
      const channel = LIGHT_CHANNEL_NAMES.indexOf(name);
      return sums[channel]! / counts[channel]! - darkV[name];
    };
    return {
      green: of('green'),
      red: of('red'),
      broadband: of('broadband'),
      reference: of('reference'),
      n: least,
      filmC: warmth / n,
      saturated,
    };
  }
}
