/**
 * The only caller of the gate. It takes the smaller of what control wants and what the kernel permits, renews the lease,
 * and keeps the account of what the gate achieved, from the gate’s own edges.
 */
import type { GateEvent, GatePattern, GatePort } from '../hal/ports.ts';
import { type Micros, micros, millis, type Ratio, ratio, SECOND } from '../units.ts';
import type { GatePermit } from './kernel.ts';

/** A pulse of the proof test (I17); at most 50 ms, and a period that walks through the tick’s phase. */
const PROOF_ON = millis(50);
const PROOF_PERIOD = millis(510);
/** Gate on with the pump off: long enough for 150 ms of current readings. */
const ENABLE_TEST_ON = millis(300);
const ENABLE_TEST_PERIOD = SECOND;
const NEVER = micros(-Number.MAX_SAFE_INTEGER);

export interface GateAccount {
  high: boolean;
  lastRiseUs: Micros;
  lastFallUs: Micros;
  /** When the gate last answered. */
  aliveAt: Micros;
  closed: boolean;
  refused: string | null;
  leaseExpired: boolean;
  /** Time in all that the gate was high, and the part of it with ENABLE fed: that part heats. */
  onUs: Micros;
  heatedUs: Micros;
  edges: number;
  /** Share of on-time, leaky bucket like the gate’s own (I8). */
  bucket: Ratio;
}

export interface GateBounds {
  readonly leaseUs: Micros;
  readonly longestOnUs: Micros;
  readonly constantUs: Micros;
  readonly dutyMax: Ratio;
  readonly dutyWindowUs: Micros;
}

export class GateKeeper {
  readonly state: GateAccount;
  /** What was sent to the gate at the last tick; null = off. */
  permitted: GatePattern | null = null;
  private test: { permit: GatePermit; pattern: GatePattern } | null = null;
  private accountedUs: Micros;

  constructor(
    private readonly gate: GatePort,
    private readonly bounds: GateBounds,
    now: Micros,
  ) {
    this.accountedUs = now;
    this.state = {
      high: false,
      lastRiseUs: NEVER,
      lastFallUs: NEVER,
      aliveAt: now,
      closed: false,
      refused: null,
      leaseExpired: false,
      onUs: 0,
      heatedUs: 0,
      edges: 0,
      bucket: ratio(0),
    };
    this.gate.off();
  }

  /**
   * Reads the gate’s events; returns them for the record. Only time with the pump fed counts as heated: the proof test
   * holds the gate high with ENABLE open.
   */
  account(now: Micros, pumpFed: boolean): readonly GateEvent[] {
    const { state } = this;
    this.pumpFed = pumpFed;
    const events = this.gate.drain();
    state.refused = null;
    state.leaseExpired = false;
    const onBefore = state.onUs;
    for (const event of events) this.take(event);
    if (state.high) this.heat(now);
    this.accountedUs = now;
    const spanUs = Math.max(1, now - this.bucketAt);
    this.bucketAt = now;
    const weight = spanUs / this.bounds.dutyWindowUs;
    const duty = (state.onUs - onBefore) / spanUs;
    state.bucket += (duty - state.bucket) * (weight < 0.01 ? weight : 1 - Math.exp(-weight));
    return events;
  }
  private bucketAt: Micros = 0;
  private pumpFed = false;

  private take(event: GateEvent): void {
    const { state } = this;
    switch (event.kind) {
      case 'hello':
      case 'alive':
        state.aliveAt = event.at;
        break;
      case 'closed':
        state.closed = true;
        break;
      case 'refused':
        state.refused = event.why;
        break;
      case 'lease-expired':
        state.leaseExpired = true;
        break;
      case 'edge':
        state.edges += 1;
        if (event.rising) state.lastRiseUs = event.achievedUs;
        else {
          this.heat(event.achievedUs);
          state.lastFallUs = event.achievedUs;
        }
        state.high = event.rising;
        break;
    }
  }

  /** Books on-time up to `until`. */
  private heat(until: Micros): void {
    const from = Math.max(this.accountedUs, this.state.lastRiseUs);
    if (until > from) {
      this.state.onUs += until - from;
      if (this.pumpFed) this.state.heatedUs += until - from;
    }
    this.accountedUs = Math.max(this.accountedUs, until);
  }

  /**
   * Sends this tick’s order. Returns false when control asked for something outside the compiled bounds (I9): the gate
   * is then off and the kernel must trip.
   */
  order(permit: GatePermit, wanted: GatePattern | null, now: Micros): boolean {
    const sound = permit !== 'run' || wanted === null || this.withinBounds(wanted);
    this.permitted = sound ? this.smaller(permit, wanted, now) : null;
    if (this.permitted) this.gate.play(this.permitted, this.bounds.leaseUs);
    else this.gate.off();
    return sound;
  }

  private smaller(permit: GatePermit, wanted: GatePattern | null, now: Micros): GatePattern | null {
    switch (permit) {
      case 'none':
        this.test = null;
        return null;
      case 'enable-test':
      case 'proof':
        if (this.test?.permit !== permit) {
          const [onUs, periodUs] = permit === 'proof' ? [PROOF_ON, PROOF_PERIOD] : [ENABLE_TEST_ON, ENABLE_TEST_PERIOD];
          this.test = { permit, pattern: { onUs, periodUs, startUs: now + millis(10) } };
        }
        return this.test.pattern;
      case 'run':
        this.test = null;
        return wanted && this.budgetLeft(wanted) ? wanted : null;
    }
  }

  /** Rests before the gate’s own budget (I8) is used up, so a long saturation is a lower duty and not a trip. */
  private budgetLeft(wanted: GatePattern): boolean {
    if (wanted.onUs === wanted.periodUs) return true;
    const rise = Math.min(wanted.onUs, this.bounds.longestOnUs) / this.bounds.dutyWindowUs;
    const reached = this.state.bucket + (1 - this.state.bucket) * rise;
    return this.state.high || reached < this.bounds.dutyMax - 0.01;
  }

  private withinBounds(p: GatePattern): boolean {
    if (!Number.isFinite(p.onUs) || !Number.isFinite(p.periodUs) || !Number.isFinite(p.startUs)) return false;
    if (p.onUs <= 0 || p.periodUs <= 0 || p.onUs > p.periodUs) return false;
    if (p.onUs === p.periodUs) return this.bounds.constantUs > 0;
    return p.onUs <= this.bounds.longestOnUs;
  }

  /** True when enough time has passed since the last heating for a trip to be acknowledged. */
  get drained(): boolean {
    return this.state.bucket < this.bounds.dutyMax / 2;
  }

  /** Mean duty lately. */
  get recentDuty(): Ratio {
    return this.state.bucket;
  }
}
