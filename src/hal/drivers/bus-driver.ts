/**
 * The bookkeeping that every driver needs: one read at a time, one `done` per read, and a way out when a transfer never
 * ends. A driver is a chain of bus transfers: `begin` starts the first, `advance` runs after each one that succeeded
 * and either starts the next or finishes by `succeed` or `reject`. The callback handed to the port is bound once, so a
 * read allocates nothing but its result.
 */
import { type Instant, instant, type Span, seconds, since } from '../../units.ts';
import type { Done, HalError, Reading, Sensor } from '../ports.ts';
import { absent, halError, type Rejected, rejected } from './errors.ts';

const IN_FLIGHT = rejected('timeout', 'in-flight');
const ABANDONED = rejected('timeout', 'abandoned');

/** A transfer that took longer than this is given up by the next read: its late answer is ignored. */
export const ABANDON_US: Span = seconds(2);

export abstract class BusDriver<T> implements Sensor<T> {
  readonly device: string;
  readonly intervalUs: Span;
  /** The instant of the read under way. */
  protected now = instant(0);
  /** The callback for the port, valid until a transfer is abandoned. */
  protected step: Done;
  private done: ((reading: Reading<T>) => void) | null = null;
  private epoch = 0;

  protected constructor(device: string, intervalUs: Span) {
    this.device = device;
    this.intervalUs = intervalUs;
    this.step = this.bind();
  }

  /**
   * Starts one reading, dated `now`; calls `done` exactly once. While an earlier read still waits for its bus, the
   * answer is `timeout`/`in-flight`; once that wait exceeds 2 s the old read ends with `timeout`/`abandoned` and a new
   * one starts on fresh buffers, so that a late transfer cannot mix its bytes in.
   */
  read(now: Instant, done: (reading: Reading<T>) => void): void {
    const waiting = this.done;
    if (waiting !== null) {
      if (since(now, this.now) < ABANDON_US) {
        done(absent(halError(this.device, 'read', IN_FLIGHT), now));
        return;
      }
      const asked = this.now;
      this.done = null;
      this.step = this.bind();
      this.renew();
      this.now = now;
      this.done = done;
      waiting(absent(halError(this.device, 'read', ABANDONED), asked));
      this.begin();
      return;
    }
    this.now = now;
    this.done = done;
    this.begin();
  }

  /** Starts the first transfer of a read. */
  protected abstract begin(): void;
  /** Called after each transfer that succeeded. */
  protected abstract advance(): void;
  /** Replaces the buffers and forgets what is known of the chip; the old buffers may still be written to. */
  protected abstract renew(): void;
  /** A transfer failed; the driver may note that it no longer knows the chip's state. */
  protected failed(_error: HalError): void {}

  protected succeed(value: T): void {
    this.finish({ ok: true, value, at: this.now });
  }

  protected reject(op: string, why: Rejected): void {
    this.finish(absent(halError(this.device, op, why), this.now));
  }

  private bind(): Done {
    this.epoch += 1;
    const epoch = this.epoch;
    return (error) => {
      if (epoch !== this.epoch || this.done === null) return;
      if (error === null) {
        this.advance();
      } else {
        this.failed(error);
        this.finish(absent(error, this.now));
      }
    };
  }

  private finish(reading: Reading<T>): void {
    const done = this.done;
    this.done = null;
    if (done !== null) done(reading);
  }
}
