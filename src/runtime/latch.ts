/** What the loop needs of the record that survives a restart; the file itself is in files/latch.ts. */
import { COMPILED } from '../params/limits.ts';
import { isRunning, type Latch } from '../params/states.ts';
import { type DurableRecord, type KernelState, recordOf } from '../safety/kernel.ts';
import { after, type Instant, LONG_AGO, millis, seconds, since } from '../units.ts';

export interface LatchStore {
  /** Null when there is none yet; 'damaged' when there is one that cannot be trusted. */
  load(): DurableRecord | 'damaged' | null;
  /**
   * Stores a record beside the tick, in the order of the calls. Calls `done` once, at once or later: with null when the
   * record would survive a power cut, with the error when it could not be written.
   */
  save(record: DurableRecord, done: (error: Error | null) => void): void;
}

/** Keeps the record for as long as the object lives: a bench that restarts its controller, not the computer. */
export function latchInMemory(): LatchStore {
  let kept: DurableRecord | null = null;
  return {
    load: () => kept,
    save: (record, done) => {
      kept = record;
      done(null);
    },
  };
}

const AGAIN_US = millis(1000);
const SLOW_US = seconds(COMPILED.slowDiskS);

/** The record on its way to the disk. The tick never waits for it; what heats does. */
export class Durable {
  /** Why the newest record could not be written; null when it could, or is being written for the first time. */
  error: string | null = null;
  private armed = false;
  private latch: Latch | null = null;
  private trips = 0;
  private state: 'kept' | 'writing' | 'failed' = 'kept';
  /** Since when the newest record has not been on disk. */
  private missingSince: Instant | null = null;
  private againAt = LONG_AGO;
  private calls = 0;

  constructor(private readonly store: LatchStore) {}

  /** The record of the run before. */
  load(): DurableRecord | 'damaged' | null {
    const record = this.store.load();
    if (record === 'damaged') this.state = 'failed';
    else if (record) ({ armed: this.armed, latch: this.latch, trips: this.trips } = record);
    return record;
  }

  /** Call every tick with the state that must survive. True when the disk has it. */
  keep(state: KernelState, now: Instant): boolean {
    const armed = isRunning(state.name);
    const other = armed !== this.armed || state.latch?.trip !== this.latch?.trip || state.trips !== this.trips;
    if (other || (this.state === 'failed' && now >= this.againAt)) {
      ({ latch: this.latch, trips: this.trips } = state);
      this.armed = armed;
      this.write(recordOf(state, now), now);
    }
    return this.kept;
  }

  /** The disk has the newest record. */
  get kept(): boolean {
    return this.state === 'kept';
  }

  /** The disk has failed to take the newest record, or has been at it for too long. */
  unsaved(now: Instant): boolean {
    return this.missingSince !== null && (this.error !== null || since(now, this.missingSince) > SLOW_US);
  }

  private write(record: DurableRecord, now: Instant): void {
    this.state = 'writing';
    this.missingSince ??= now;
    this.againAt = after(now, AGAIN_US);
    this.calls += 1;
    const call = this.calls;
    this.store.save(record, (error) => {
      // An older record that arrives late says nothing of the newest.
      if (call !== this.calls) return;
      this.state = error ? 'failed' : 'kept';
      this.error = error?.message ?? null;
      if (!error) this.missingSince = null;
    });
  }
}
