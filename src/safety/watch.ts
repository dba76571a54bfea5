/**
 * Interlock I13: is a sensor usable? At most 2 bad readings in a row and 3 interruptions in 10 s are tolerated, and the last
 * good one may not be too old. A bad reading is absent; the value before is never used again.
 */
import type { HalError, Reading } from '../hal/ports.ts';
import { COMPILED } from '../params/limits.ts';
import { type Instant, type Span, seconds, since } from '../units.ts';

const WINDOW_US = seconds(COMPILED.badWindowS);

export class SensorWatch<T> {
  /** The newest good value; null once it is bad or too old to be used. */
  value: T | null = null;
  at: Instant;
  /** Why the newest reading is absent. */
  why: HalError | null = null;
  /** Good readings in all: tells a new one from the one before. */
  good = 0;
  private inRow = 0;
  private readonly interruptions = new Often(COMPILED.badInWindow, WINDOW_US);

  constructor(
    private readonly oldestUs: Span,
    startedAt: Instant,
  ) {
    this.at = startedAt;
  }

  /** Takes the reading of this tick, if there is one. */
  take(reading: Reading<T> | null, now: Instant): void {
    const broken = reading?.ok ? nonFinite(reading.value) : null;
    if (reading?.ok && !broken) {
      this.value = reading.value;
      this.at = reading.at;
      this.why = null;
      this.inRow = 0;
      this.good += 1;
    } else if (reading) {
      this.value = null;
      this.why = reading.ok ? broken : reading.why;
      // A chip that was just set up has no value yet: that is absent, not bad. The age limit still holds.
      if (this.why?.detail === 'first-conversion') return;
      this.inRow += 1;
      // Bad readings in a row are one interruption: a transfer that hangs for a second is over when it is over.
      if (this.inRow === 1) this.interruptions.note(reading.at);
    }
    if (this.stale(now)) this.value = null;
  }

  /** True when too many readings were bad. */
  unreadable(now: Instant): boolean {
    return this.inRow >= COMPILED.badInARow || this.interruptions.holds(now);
  }

  /** True when the last good reading is too old. */
  stale(now: Instant): boolean {
    return since(now, this.at) > this.oldestUs;
  }
}

/** I2: a reading with a value that is not finite is rejected. */
function nonFinite<T>(value: T): HalError | null {
  for (const key in value) {
    const part = value[key];
    // A mark such as `saturated` is no quantity.
    if (typeof part === 'boolean' || Number.isFinite(part)) continue;
    const inner = typeof part === 'object' && part !== null ? nonFinite(part) : undefined;
    if (inner === null) continue;
    if (inner) return inner;
    return { kind: 'implausible', device: '', op: 'read', errno: null, transient: true, detail: `non-finite ${key}` };
  }
  return null;
}

/** True while something has happened so many times within a span. */
export class Often {
  private readonly at: Instant[] = [];

  constructor(
    private readonly times: number,
    private readonly withinUs: Span,
  ) {}

  note(at: Instant): void {
    this.at.push(at);
    if (this.at.length > this.times) this.at.shift();
  }

  holds(now: Instant): boolean {
    const [first] = this.at;
    return this.at.length === this.times && first !== undefined && since(now, first) <= this.withinUs;
  }
}

/** True while a condition has held without a break for at least `forUs`. */
export class Lasting {
  private since: Instant | null = null;

  check(condition: boolean, now: Instant, forUs: Span): boolean {
    if (!condition) {
      this.since = null;
      return false;
    }
    this.since ??= now;
    return since(now, this.since) >= forUs;
  }
}
