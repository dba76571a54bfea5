/**
 * The simulated executor: the same contract as the real one (see GatePort), as an object under virtual time. It plays a
 * leased pattern on its own clock and ends every pulse by itself; nothing the controller does later can stretch one.
 */
import type { Prng } from '../../twin/prng.ts';
import {
  after,
  earlier,
  type Instant,
  inSeconds,
  instant,
  LONG_AGO,
  later,
  micros,
  minus,
  NEVER,
  plus,
  ratio,
  type Span,
  seconds,
  since,
  times,
} from '../../units.ts';
import type { GateEvent, GateLimits, GatePattern, GatePort } from '../ports.ts';

export class SimGate implements GatePort {
  /** Level of the heater pin. */
  high = false;
  private pattern: GatePattern | null = null;
  private leaseUntil = instant(0);
  private lastFallUs = LONG_AGO;
  private riseUs = instant(0);
  private events: GateEvent[] = [];
  /** Constant current since the last rest as long as the duty window. */
  private constantUsedUs = micros(0);
  /** Leaky bucket of the duty, brought up to `bucketAt`. */
  private bucket = 0;
  private bucketAt = instant(0);
  private lateUs: Span;
  private wasConstant = false;
  private frozen = false;
  private overrunning = false;
  private onMissed: () => void = () => {};
  /** When the gate first held the line high although it should have taken it low. */
  overranAt: Instant | null = null;
  private edgeAskedUs = NEVER;

  constructor(
    private readonly limits: GateLimits,
    private readonly prng: Prng,
    private readonly clock: () => Instant,
  ) {
    this.lateUs = this.drawLateness();
    this.events.push({ kind: 'hello', limits, scheduling: 'simulated', at: instant(0) });
  }

  play(pattern: GatePattern, leaseUs: Span): void {
    if (this.frozen) return;
    const why = this.refusal(pattern, leaseUs);
    if (why) {
      this.off();
      this.events.push({ kind: 'refused', why, at: this.now });
      return;
    }
    this.pattern = pattern;
    this.leaseUntil = after(this.now, leaseUs);
    this.answer();
    // A pulse of the pattern before does not outlive it.
    if (this.high && !this.isOn(this.now)) this.fall(this.now, this.now);
    this.plan();
  }

  off(): void {
    if (this.frozen) return;
    this.pattern = null;
    if (this.high) this.fall(this.now, this.now);
    this.answer();
    this.plan();
  }

  private answer(): void {
    this.fillBucket(this.now);
    this.events.push({ kind: 'alive', bucket: ratio(this.bucket), pending: 0, at: this.now });
  }

  drain(): readonly GateEvent[] {
    const drained = this.events;
    if (drained.length > 0) this.events = [];
    return drained;
  }

  /** Fault: the process is gone or stopped and the pin keeps its level, as sysfs and some kernels leave it. */
  die(): void {
    this.frozen = true;
    this.edgeAskedUs = NEVER;
    this.events.push({ kind: 'closed', at: this.now });
  }

  /**
   * Fault: the process answers, but the line stays high from the next pulse on. Its own reports say so.
   *
   * @param missed called at each fall that is missed
   */
  overrun(missed: () => void = () => {}): void {
    this.overrunning = true;
    this.onMissed = missed;
  }

  /** When something will next happen by itself (an edge or the end of the lease). */
  nextUs(): Instant {
    if (this.frozen || !this.pattern) return NEVER;
    const edgeUs = this.edgeAskedUs === NEVER ? NEVER : after(this.edgeAskedUs, this.lateUs);
    return earlier(edgeUs, this.leaseUntil);
  }

  private get now(): Instant {
    return this.clock();
  }

  /** Does what is due now; time never passes `nextUs()` without this call. */
  advance(): void {
    const { now } = this;
    if (this.frozen || !this.pattern) return;
    if (now >= after(this.edgeAskedUs, this.lateUs)) {
      const asked = this.edgeAskedUs;
      if (this.high) this.fall(asked, now);
      else this.rise(asked, now);
      this.plan();
    }
    if (now >= this.leaseUntil) {
      this.pattern = null;
      if (this.high) this.fall(this.leaseUntil, now);
      this.events.push({ kind: 'lease-expired', at: now });
      this.plan();
    }
  }

  private refusal({ onUs, periodUs, startUs }: GatePattern, leaseUs: Span): string | null {
    const { limits } = this;
    if (![onUs, periodUs, startUs, leaseUs].every(Number.isFinite)) return 'not a number';
    if (onUs <= 0 || periodUs <= 0 || onUs > periodUs) return 'on-time outside the period';
    if (leaseUs <= 0 || leaseUs > limits.longestLeaseUs) return 'lease too long';
    if (onUs === periodUs) return limits.constantUs > 0 ? null : 'constant current is not allowed here';
    if (onUs > limits.longestOnUs) return 'pulse too long';
    if (minus(periodUs, onUs) < limits.leastOffUs) return 'off-time too short';
    return null;
  }

  private get constant(): boolean {
    return this.pattern !== null && this.pattern.onUs === this.pattern.periodUs;
  }

  private isOn(at: Instant): boolean {
    const p = this.pattern;
    if (!p || at < p.startUs) return false;
    return since(at, p.startUs) % p.periodUs < p.onUs;
  }

  /** Finds the next edge. Ends a pulse that would break a limit, whatever the pattern says. */
  private plan(): void {
    const p = this.pattern;
    this.edgeAskedUs = NEVER;
    if (!p) return;
    if (this.high) {
      // A pulse that an order turns into constant current is booked as that, from its rise on.
      this.wasConstant ||= this.constant;
      const longest = this.constant ? minus(this.limits.constantUs, this.constantUsedUs) : this.limits.longestOnUs;
      const limitUs = after(this.riseUs, longest);
      const bucketUs = this.constant ? NEVER : this.bucketFullAt();
      const endUs = this.constant
        ? NEVER
        : after(after(p.startUs, times(p.periodUs, Math.floor(since(this.now, p.startUs) / p.periodUs))), p.onUs);
      this.edgeAskedUs = this.overranAt === null ? earlier(earlier(endUs, limitUs), bucketUs) : NEVER;
      return;
    }
    const cycle = Math.max(0, Math.ceil(since(this.now, p.startUs) / p.periodUs));
    const nextUs = this.isOn(this.now) ? this.now : after(p.startUs, times(p.periodUs, cycle));
    this.edgeAskedUs = later(nextUs, after(this.lastFallUs, this.limits.leastOffUs));
  }

  private rise(askedUs: Instant, at: Instant): void {
    this.fillBucket(at);
    // The rest that the gate owes outlasted this pulse: the next one is planned.
    if (!this.isOn(at)) return;
    if (!this.constant && this.bucket >= this.limits.dutyMax - 1e-6) {
      this.refuse('mean duty too high', at);
      return;
    }
    // A short break does not make constant current new: only a rest as long as the duty window does.
    if (since(at, this.lastFallUs) >= this.limits.dutyWindowUs) this.constantUsedUs = micros(0);
    if (this.constant && this.constantUsedUs >= this.limits.constantUs) {
      this.refuse('constant current for too long', at);
      return;
    }
    this.high = true;
    this.wasConstant = this.constant;
    this.riseUs = at;
    this.lateUs = this.drawLateness();
    this.events.push({ kind: 'edge', rising: true, askedUs, achievedUs: at });
  }

  private fall(askedUs: Instant, at: Instant): void {
    this.fillBucket(at);
    if (this.overrunning) {
      this.overranAt ??= at;
      this.onMissed();
      return;
    }
    if (this.wasConstant) this.constantUsedUs = plus(this.constantUsedUs, since(at, this.riseUs));
    this.high = false;
    this.lastFallUs = at;
    this.lateUs = this.drawLateness();
    this.events.push({ kind: 'edge', rising: false, askedUs, achievedUs: at });
    if (this.pattern && this.isOn(at) && askedUs < this.leaseUntil) this.refuse('limit ended the pulse', at);
  }

  private refuse(why: string, at: Instant): void {
    this.pattern = null;
    this.edgeAskedUs = NEVER;
    this.events.push({ kind: 'refused', why, at });
  }

  private fillBucket(at: Instant): void {
    const keep = Math.exp(-inSeconds(since(at, this.bucketAt)) / inSeconds(this.limits.dutyWindowUs));
    const target = this.high ? 1 : 0;
    this.bucket = target + (this.bucket - target) * keep;
    this.bucketAt = at;
  }

  private bucketFullAt(): Instant {
    const room = (1 - this.bucket) / (1 - this.limits.dutyMax);
    return after(this.bucketAt, seconds(inSeconds(this.limits.dutyWindowUs) * Math.log(Math.max(1, room))));
  }

  /** Lateness of the next edge: a kernel timer on an idle machine, tens of microseconds. */
  private drawLateness(): Span {
    return micros(15 + Math.round(12 * Math.abs(this.prng.normal())));
  }
}
