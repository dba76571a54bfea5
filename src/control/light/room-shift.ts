/**
 * Room light that has changed since a channel was last looked at in the dark. Green is looked at most often; what it shows more or less
 * since then is missing in the dark level of the others, for a lamp shines on all photodiodes about alike.
 */
import { eachChannel, LIGHT_CHANNEL_NAMES } from '../../params/channels.ts';
import type { Look } from './look.ts';
import type { Stretch } from './readings.ts';

/** Smaller changes are noise of the dark level, V. */
const LEAST_V = 0.003;

export class RoomShift {
  private readonly darkV = eachChannel(() => Number.NaN);
  /** Dark level of green when each channel was last measured, V. */
  private readonly greenThen = eachChannel(() => Number.NaN);

  takeOut(look: Look): Look {
    const { cycle, darkV } = look;
    for (const name of LIGHT_CHANNEL_NAMES) {
      if (darkV[name] !== this.darkV[name]) this.greenThen[name] = darkV.green;
      this.darkV[name] = darkV[name];
    }
    if (!cycle) return look;
    const missing = eachChannel((name) => darkV.green - this.greenThen[name]);
    if (!LIGHT_CHANNEL_NAMES.some((name) => Math.abs(missing[name]) > LEAST_V)) return look;
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
}
