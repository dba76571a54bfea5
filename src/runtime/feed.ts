/** Hands every snapshot and every event to its subscribers, in the order of subscription. Knows neither side. */
import type { EventBody, RunEvent } from '../params/events.ts';
import type { Snapshot } from '../params/snapshot.ts';
import type { Snapshots, Subscriber } from '../params/subscriber.ts';
import { type Instant, inSeconds, since } from '../units.ts';

export class Feed implements Snapshots {
  private current: Snapshot | null = null;
  private readonly subscribers: Subscriber[] = [];
  /**
   * How often arming has begun, counted at the state test-enable: the pulses of the proof test already belong to the new
   * run. Kept here, because it goes on over a restart of the simulated controller.
   */
  run = 0;

  /** The newest snapshot. @throws Error before the first one: a programmer’s error */
  get latest(): Snapshot {
    if (this.current === null) throw new Error('there is no snapshot before the loop has started');
    return this.current;
  }

  subscribe(subscriber: Subscriber): void {
    this.subscribers.push(subscriber);
  }

  /** The state before the first tick: there to be looked at, but nothing that subscribers were waiting for. */
  begin(snapshot: Snapshot): void {
    this.current = snapshot;
  }

  publish(snapshot: Snapshot): void {
    this.current = snapshot;
    for (const subscriber of this.subscribers) subscriber.snapshot?.(snapshot);
  }

  /** An event that happened at `at`. `startedAt`: when the recipe started; that of the newest snapshot, if left out. */
  emit(body: EventBody, at: Instant, startedAt: Instant | null = this.current?.startedAt ?? null): void {
    if (body.kind === 'state' && body.to === 'test-enable') this.run += 1;
    const timeS = startedAt === null ? null : inSeconds(since(at, startedAt));
    const event: RunEvent = { ...body, at, timeS, run: this.run };
    for (const subscriber of this.subscribers) subscriber.event?.(event);
  }
}
