/**
 * Room light that has changed since a channel was last looked at in the dark. Green is looked at most often; what it shows more or less
 * since then is missing in the dark level of the others, for a lamp shines on all photodiodes about alike.
 */
import { eachChannel, type LightChannelName } from '../../params/channels.ts';
import { type Instant, LONG_AGO, since } from '../../units.ts';
import type { Look } from './look.ts';
import type { Stretch } from './readings.ts';

/** Smaller changes are noise of the dark level, V. */
const LEAST_V = 0.004;
/** Looks at green in the dark that are remembered, and that are averaged where the light flickers. */
const KEPT = 16;
const FLICKERING = 6;

interface Dark {
  at: Instant;
  volts: number;
  /** By how much it has changed when it was measured last, V. */
  step: number;
  /** Dark level of green at that time, V; null = green was not measured since, or not before. */
  green: number | null;
}

export class RoomShift {
  /** What was taken out of this look at the most, V. */
  shiftV = 0;
  /** Whether something was taken out: that is worth less than what was measured. */
  get isShaky(): boolean {
    return this.shiftV > 0;
  }

  private readonly dark = eachChannel((): Dark => ({ at: LONG_AGO, volts: 0, step: 0, green: null }));
  private readonly greens: { readonly at: Instant; readonly volts: number }[] = [];

  takeOut(look: Look): Look {
    const { cycle, darkV, darkAt } = look;
    const isFirst = this.greens.length === 0;
    const newest = this.greens.at(-1);
    if (newest === undefined || darkAt.green > newest.at) this.greens.push({ at: darkAt.green, volts: darkV.green });
    if (this.greens.length > KEPT) this.greens.shift();
    const greenV = this.greenNow(cycle !== null && cycle.restlessV > 0);
    const missing = eachChannel((name) => {
      const { at, volts } = this.dark[name];
      if (darkAt[name] > at) {
        this.dark[name] = {
          at: darkAt[name],
          volts: darkV[name],
          step: darkV[name] - volts,
          green: isFirst ? darkV.green : null,
        };
      }
      if (name === 'green') return 0;
      this.dark[name].green ??= this.greenAt(name);
      const { green } = this.dark[name];
      return green === null ? 0 : greenV - green;
    });
    const most = Math.max(...Object.values(missing).map(Math.abs));
    this.shiftV = most > LEAST_V ? most : 0;
    if (!cycle || this.shiftV === 0) return look;
    const less = (stretch: Stretch): Stretch => ({
      ...stretch,
      red: stretch.red - missing.red,
      broadband: stretch.broadband - missing.broadband,
      reference: stretch.reference - missing.reference,
    });
    const { cold, after, middle } = cycle;
    return {
      ...look,
      cycle: { ...cycle, cold: less(cold), after: after && less(after), middle: middle && less(middle) },
    };
  }

  private greenNow(flickers: boolean): number {
    const last = this.greens.slice(flickers ? -FLICKERING : -1);
    return last.reduce((sum, { volts }) => sum + volts, 0) / last.length;
  }

  /** Dark level of green when the channel was measured last, V; null = not known. */
  private greenAt(name: LightChannelName): number | null {
    const { at, step } = this.dark[name];
    const next = this.greens.findIndex((one) => one.at > at);
    const [a, b] = [this.greens[next - 1], this.greens[next]];
    if (next <= 0 || !a || !b) return null;
    // A lamp that was switched just then: the channel’s own change tells whether it has seen that.
    if (Math.abs(b.volts - a.volts) > LEAST_V)
      return Math.abs(step) > Math.abs(b.volts - a.volts) / 2 ? b.volts : a.volts;
    return a.volts + ((b.volts - a.volts) * since(at, a.at)) / Math.max(1, since(b.at, a.at));
  }
}
