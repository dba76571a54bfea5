/** Whether the reference photodiode sees the excitation that was asked for. */
import type { Ratio } from '../../units.ts';

/** Less than this share of full light is little. */
export const LITTLE_LIGHT = 0.2;
/** Less than this is no excitation, V; in little light as much less. */
const LEAST_V = 0.02;
/** Nor is this share of what it has shown in this run, and how fast that is learnt. */
const LEAST = 0.1;
const SHARE = 0.05;

export class Excitation {
  /** What the reference photodiode shows in full light, V. */
  private fullV = 0;

  /** One cycle: the reference without its dark level, V, in light asked for as a share of full light, above 0. */
  isThere(referenceV: number, light: Ratio): boolean {
    if (
      !(referenceV >= 0) ||
      referenceV < Math.max(LEAST_V * Math.min(1, light / LITTLE_LIGHT), LEAST * this.fullV * light)
    )
      return false;
    // A digital line is at full light whatever level is asked for: little light teaches nothing.
    if (light >= LITTLE_LIGHT) this.fullV += SHARE * (referenceV / light - this.fullV);
    return true;
  }
}
