/** The controller on a real bench: the loop, ticked in real time, and the account of its trips. */
import { FAULTS } from '../params/faults.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Feed } from '../runtime/feed.ts';
import type { Loop } from '../runtime/loop.ts';
import { inSeconds, type Micros } from '../units.ts';
import type { Rig } from './rig.ts';
import { MOST_TRIPS, type Trip, TripWatch } from './trips.ts';

export interface HardwareParts {
  readonly loop: Loop;
  readonly feed: Feed;
  readonly clock: Clock;
  /** Gives ports and processes back, outputs low. */
  readonly close: () => Promise<void>;
}

export class Hardware implements Rig {
  readonly controls: Loop;
  readonly feed: Feed;
  private readonly latched: Trip[] = [];

  constructor(private readonly parts: HardwareParts) {
    const { loop, feed } = parts;
    this.controls = loop;
    this.feed = feed;
    feed.subscribe(
      new TripWatch(({ fault }, { timeS }) => {
        if (this.latched.length >= MOST_TRIPS) return;
        const heaterOffAfterMs = this.sinceFall();
        this.latched.push({ code: FAULTS[fault].code, name: fault, atS: timeS, heaterOffAfterMs });
      }),
    );
  }

  now(): Micros {
    return this.parts.clock.now();
  }

  tick(): void {
    this.parts.loop.tick();
  }

  trips(): readonly Trip[] {
    return this.latched;
  }

  truth(): null {
    return null;
  }

  heaterA(): number | null {
    return this.feed.latest.power.value?.amps ?? null;
  }

  close(): Promise<void> {
    return this.parts.close();
  }

  /** How long ago the gate reported the end of the last pulse: the heat that followed the trip is at most this. */
  private sinceFall(): number {
    const { high, lastFallUs } = this.feed.latest.gate;
    return high ? 0 : Math.max(0, inSeconds(this.now() - lastFallUs) * 1e3);
  }
}
