/** What the light path knew of a cycle when it concluded it. */
import type { LightChannelName } from '../../params/channels.ts';
import type { Sight } from '../../params/verdict.ts';
import type { Instant, Ratio, Volts } from '../../units.ts';
import type { Cycle, Share } from './share.ts';

export interface Look {
  /** Null where a channel had no reading. */
  readonly cycle: Cycle | null;
  /** Why the two bands say nothing; null = they do, and `share` is what they say. */
  readonly blind: Sight | null;
  readonly share: Share | null;
  /** Dark levels, V, and when each was measured. */
  readonly darkV: Readonly<Record<LightChannelName, Volts>>;
  readonly darkAt: Readonly<Record<LightChannelName, Instant>>;
  /** Excitation asked for, 0..1. */
  readonly light: Ratio;
}
