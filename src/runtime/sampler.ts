/**
 * Polls one sensor at its own pace. A transfer that does not end within the deadline becomes a `timeout` reading: a hung
 * bus makes a reading absent and never makes the loop wait.
 */
import type { Reading, Sensor } from '../hal/ports.ts';
import { after, before, type Instant, instant, later, millis, type Span, since, times } from '../units.ts';

/** A little more than one control tick, so that an answer that crosses a tick is not lost. */
const DEADLINE = millis(80);
/** A tick that is a little early still belongs to its slot. */
const GRACE = millis(0.5);

export class Sampler<T> {
  private fresh: Reading<T> | null = null;
  private startedAt = instant(0);
  private waiting = false;
  private nextAt = instant(0);

  constructor(
    private readonly sensor: Sensor<T>,
    private readonly periodUs: Span,
  ) {}

  private readonly arrived = (reading: Reading<T>): void => {
    this.waiting = false;
    this.fresh = reading;
  };

  /** This tick’s reading, or null where none was due or none has arrived. */
  poll(now: Instant): Reading<T> | null {
    if (!this.waiting && now >= before(this.nextAt, GRACE)) {
      this.nextAt = later(after(this.nextAt, this.periodUs), after(now, times(this.periodUs, 1 / 2)));
      this.waiting = true;
      this.startedAt = now;
      this.sensor.read(now, this.arrived);
    }
    if (this.waiting && since(now, this.startedAt) >= DEADLINE) {
      this.waiting = false;
      const device = this.sensor.device;
      const why = { kind: 'timeout', device, op: 'read', errno: null, transient: true, detail: 'deadline' } as const;
      this.fresh = { ok: false, why, at: now };
    }
    const { fresh } = this;
    this.fresh = null;
    return fresh;
  }
}
