/** How often each of several clients may do something: a bucket for each, and one for all of them together. */
import { type Instant, inSeconds, since } from '../units.ts';

/** `burst` at once, then `perS` a second. */
export interface Rate {
  readonly burst: number;
  readonly perS: number;
}

interface Bucket {
  left: number;
  at: Instant;
}

/** Names that are too many, or that are only claimed, share this bucket. */
export const SHARED = '(shared)';

export class Buckets {
  private readonly named = new Map<string, Bucket>();
  private readonly all: Bucket;

  /**
   * @param each what one client may do
   * @param together what all of them may do; no single client can use it up, as each is held to its own rate first
   * @param most clients with a bucket of their own, at least 1; further ones share one
   */
  constructor(
    private readonly each: Rate,
    private readonly together: Rate,
    private readonly most: number,
    begun: Instant,
  ) {
    this.all = { left: together.burst, at: begun };
  }

  /** The name of the bucket that a client uses now: its own while there is room, else the shared one. */
  slot(name: string, now: Instant): string {
    if (this.named.has(name) || this.named.size < this.most) return name;
    for (const [idle, bucket] of this.named) {
      // A bucket that is full again is as good as none.
      if (this.filled(bucket, this.each, now) >= this.each.burst) this.named.delete(idle);
    }
    return this.named.size < this.most ? name : SHARED;
  }

  /** Takes one from the bucket of a slot and from that of all; null, or which of the two is empty. */
  take(slot: string, now: Instant): 'own' | 'all' | null {
    const own = this.named.get(slot) ?? { left: this.each.burst, at: now };
    this.named.set(slot, own);
    own.left = this.filled(own, this.each, now);
    this.all.left = this.filled(this.all, this.together, now);
    own.at = now;
    this.all.at = now;
    if (own.left < 1) return 'own';
    if (this.all.left < 1) return 'all';
    own.left -= 1;
    this.all.left -= 1;
    return null;
  }

  private filled({ left, at }: Bucket, { burst, perS }: Rate, now: Instant): number {
    return Math.min(burst, left + Math.max(0, inSeconds(since(now, at))) * perS);
  }
}
