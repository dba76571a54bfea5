/**
 * The only caller of the gate. It takes the smaller of what control wants and what the kernel permits, renews the lease,
 * and keeps the account of what the gate achieved, from the gate’s own edges.
 */
import type { GateEvent, GateLimits, GatePattern, GatePort } from '../hal/ports.ts';
import { COMPILED } from '../params/limits.ts';
import {
  after,
  before,
  earlier,
  type Instant,
  inSeconds,
  LONG_AGO,
  later,
  micros,
  millis,
  plus,
  type Ratio,
  ratio,
  SECOND,
  type Span,
  seconds,
  since,
} from '../units.ts';
import type { GatePermit } from './kernel.ts';

/** A pulse of the proof test (I17); at most 50 ms, and a period that walks through the tick’s phase. */
const PROOF_ON = seconds(COMPILED.proofPulseS);
const PROOF_PERIOD = millis(510);
/**
 * Gate on with the pump off: long enough for ENABLE to open (I16, 200 ms), for 150 ms of current readings after that, and
 * for three late ticks.
 */
const ENABLE_TEST_ON = millis(500);
const ENABLE_TEST_PERIOD = SECOND;
const BUDGET_MARGIN = 0.01;
const OVERRUN = seconds(COMPILED.overrunS);
/** ENABLE closes with the second edge, one tick (at most 50 ms) after the order; a pulse that begins sooner is not whole. */
const CLOSING = millis(55);

export interface GateAccount {
  high: boolean;
  lastRiseUs: Instant;
  lastFallUs: Instant;
  /** Orders that the gate has not answered yet. */
  unanswered: number;
  /** The gate announced limits that are not ours. */
  limitsDiffer: boolean;
  closed: boolean;
  refused: string | null;
  leaseExpired: boolean;
  /** From when on the orders say that the line is low, whatever the gate says. */
  lowByOrderUs: Instant;
  /** The gate holds the line high, or raised it, where the orders say low. */
  overrun: boolean;
  /** Time in all that the gate was high with ENABLE closed: that heats. */
  heatedUs: Span;
  edges: number;
  /** Mean duty lately, as the gate itself accounts for it (I8); full until the gate has said. */
  bucket: Ratio;
}

/** When the line last went low, by the gate’s own account or at the latest by its orders. */
export const lowSince = ({ lastFallUs, lowByOrderUs }: GateAccount): Instant => earlier(lastFallUs, lowByOrderUs);

export class GateKeeper {
  readonly state: GateAccount;
  /** What was sent to the gate at the last tick; null = off. */
  permitted: GatePattern | null = null;
  /** Control asks for heat but the budget does not allow it. */
  heldBack = false;
  /** Something was wanted at the last tick and not permitted: it goes on with a whole pulse. */
  private withheld = false;
  private test: { permit: GatePermit; pattern: GatePattern } | null = null;
  private accountedUs: Instant;
  /** When the present order was given, and until when the orders so far let the line be high. */
  private orderedAt: Instant;
  private highUntil = LONG_AGO;
  private enabledUntil = LONG_AGO;

  constructor(
    private readonly gate: GatePort,
    private readonly limits: GateLimits,
    now: Instant,
  ) {
    this.accountedUs = now;
    this.orderedAt = now;
    this.state = {
      high: false,
      lastRiseUs: LONG_AGO,
      lastFallUs: LONG_AGO,
      unanswered: 0,
      limitsDiffer: false,
      closed: false,
      refused: null,
      leaseExpired: false,
      lowByOrderUs: LONG_AGO,
      overrun: false,
      heatedUs: micros(0),
      edges: 0,
      bucket: ratio(1),
    };
    this.gate.off();
  }

  /**
   * Reads the gate’s events; returns them for the record. `enabledUntil`: how long the pump, as it was fed, holds ENABLE
   * closed. Only time with both switches closed counts as heated; the proof test holds the gate high with ENABLE open.
   */
  account(now: Instant, enabledUntil: Instant): readonly GateEvent[] {
    const { state } = this;
    const events = this.gate.drain();
    this.enabledUntil = enabledUntil;
    state.refused = null;
    state.leaseExpired = false;
    state.overrun = false;
    if (this.permitted) this.highUntil = later(this.highUntil, lastOn(this.permitted, this.orderedAt, now));
    state.lowByOrderUs = after(this.highUntil, OVERRUN);
    for (const event of events) this.take(event, now);
    if (state.high) {
      this.heat(now);
      this.judge(now);
    }
    this.accountedUs = now;
    return events;
  }

  private take(event: GateEvent, now: Instant): void {
    const { state } = this;
    switch (event.kind) {
      case 'hello':
        // A gate sends its greeting after a start or a new connection: its pin is low and it accepts orders.
        state.closed = false;
        state.high = false;
        state.unanswered = 0;
        state.limitsDiffer = !sameLimits(event.limits, this.limits);
        break;
      case 'alive':
        state.unanswered = event.pending;
        state.bucket = event.bucket;
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
        this.edge(event.rising, earlier(event.achievedUs, now));
        break;
    }
  }

  /** An edge, at the latest now. One that repeats the level so far is none: it must neither put off what follows nor heat. */
  private edge(rising: boolean, at: Instant): void {
    const { state } = this;
    state.edges += 1;
    if (rising) this.judge(at);
    if (rising === state.high) return;
    if (rising) state.lastRiseUs = at;
    else {
      this.heat(at);
      state.lastFallUs = at;
    }
    state.high = rising;
  }

  /** The gate says that the line is high at `at`: what it was ordered must say so, too, or have said so a moment ago. */
  private judge(at: Instant): void {
    if (since(at, this.highUntil) > OVERRUN) this.state.overrun = true;
  }

  /** Books heated time up to `until`. */
  private heat(until: Instant): void {
    const from = later(this.accountedUs, this.state.lastRiseUs);
    const to = earlier(until, this.enabledUntil);
    if (to > from) this.state.heatedUs = plus(this.state.heatedUs, since(to, from));
    this.accountedUs = later(this.accountedUs, until);
  }

  /**
   * Sends this tick’s order. Returns false when control asked for something outside the compiled bounds (I9): the gate
   * is then off and the kernel must trip.
   */
  order(permit: GatePermit, wanted: GatePattern | null, now: Instant): boolean {
    const sound = permit !== 'run' || wanted === null || this.withinBounds(wanted);
    this.heldBack = permit === 'run' && sound && wanted !== null && !this.budgetLeft(wanted);
    this.permitted = sound ? this.smaller(permit, wanted, now) : null;
    this.withheld = wanted !== null && this.permitted === null;
    this.orderedAt = now;
    this.state.unanswered += 1;
    if (this.permitted) this.gate.play(this.permitted, this.limits.longestLeaseUs);
    else this.gate.off();
    return sound;
  }

  private smaller(permit: GatePermit, wanted: GatePattern | null, now: Instant): GatePattern | null {
    switch (permit) {
      case 'none':
        this.test = null;
        return null;
      case 'enable-test':
      case 'proof':
        if (this.test?.permit !== permit) {
          const [onUs, periodUs] = permit === 'proof' ? [PROOF_ON, PROOF_PERIOD] : [ENABLE_TEST_ON, ENABLE_TEST_PERIOD];
          this.test = { permit, pattern: { onUs, periodUs, startUs: after(now, millis(10)) } };
        }
        return this.test.pattern;
      case 'run':
        this.test = null;
        return wanted && !this.heldBack && !(this.withheld && cutShort(wanted, now)) ? wanted : null;
    }
  }

  /**
   * False before the gate’s own budget (I8) is used up, so that long saturation lowers the duty instead of tripping.
   */
  private budgetLeft(wanted: GatePattern): boolean {
    if (wanted.onUs === wanted.periodUs || this.state.high) return true;
    const rise = Math.min(wanted.onUs, this.limits.longestOnUs) / this.limits.dutyWindowUs;
    const reached = this.state.bucket + (1 - this.state.bucket) * rise;
    return reached < this.limits.dutyMax - BUDGET_MARGIN;
  }

  private withinBounds(p: GatePattern): boolean {
    if (!Number.isFinite(p.onUs) || !Number.isFinite(p.periodUs) || !Number.isFinite(p.startUs)) return false;
    if (p.onUs <= 0 || p.periodUs <= 0 || p.onUs > p.periodUs) return false;
    if (p.onUs === p.periodUs) return this.limits.constantUs > 0;
    return p.onUs <= this.limits.longestOnUs;
  }

  /** True when the gate has answered every order but the newest. */
  get answered(): boolean {
    return this.state.unanswered < 2;
  }

  /** True when half of the heat budget is left: a trip may be acknowledged and a new run armed. */
  get drained(): boolean {
    return this.state.bucket < this.limits.dutyMax / 2;
  }

  /** The heat budget, for control. */
  get budget(): Pick<GateLimits, 'dutyMax' | 'longestOnUs'> & { readonly windowS: number; readonly recentDuty: Ratio } {
    const { dutyMax, longestOnUs, dutyWindowUs } = this.limits;
    return { dutyMax, longestOnUs, windowS: inSeconds(dutyWindowUs), recentDuty: this.state.bucket };
  }
}

/** Whether a pattern that begins `now`, with ENABLE open, would cut its first pulse short. Constant current has no pulses. */
function cutShort({ onUs, periodUs, startUs }: GatePattern, now: Instant): boolean {
  if (onUs === periodUs) return false;
  if (now < startUs) return since(startUs, now) < CLOSING;
  const phase = since(now, startUs) % periodUs;
  return phase < onUs || periodUs - phase < CLOSING;
}

/** The last instant from `from` to `to` at which a pattern is on; long ago if there is none. */
function lastOn({ onUs, periodUs, startUs }: GatePattern, from: Instant, to: Instant): Instant {
  if (to < startUs) return LONG_AGO;
  const offUs = Math.max(0, (since(to, startUs) % periodUs) - onUs);
  const last = before(to, micros(offUs));
  return last >= from ? last : LONG_AGO;
}

const sameLimits = (a: GateLimits, b: GateLimits): boolean =>
  (Object.keys(a) as (keyof GateLimits)[]).every((key) => a[key] === b[key]);
