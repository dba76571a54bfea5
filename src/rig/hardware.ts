/** The controller on a real bench: the loop, ticked in real time, and the account of its trips. */
import { FAULTS } from '../params/faults.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Loop } from '../runtime/loop.ts';
import { inSeconds, type Micros } from '../units.ts';
import type { Rig } from './rig.ts';
import type { Trip } from './simulation.ts';

export interface HardwareParts {
  readonly loop: Loop;
  readonly clock: Clock;
  /** Gives ports and processes back, outputs low. */
  readonly close: () => Promise<void>;
}

/** As much as is kept of a run that trips again and again; three in ten minutes lock out anyway. */
const MOST_TRIPS = 1000;

export class Hardware implements Rig {
  readonly loop: Loop;
  private readonly latched: Trip[] = [];
  private lastTrip: number | null;

  constructor(private readonly parts: HardwareParts) {
    this.loop = parts.loop;
    this.lastTrip = null;
  }

  now(): Micros {
    return this.parts.clock.now();
  }

  tick(): void {
    this.loop.tick();
    const { latch } = this.loop.kernel;
    if (!latch || latch.trip === this.lastTrip) return;
    this.lastTrip = latch.trip;
    if (this.latched.length >= MOST_TRIPS) return;
    const { code } = FAULTS[latch.fault];
    this.latched.push({
      code,
      name: latch.fault,
      atS: this.loop.timeS(this.now()),
      heaterOffAfterMs: this.sinceFall(),
    });
  }

  trips(): readonly Trip[] {
    return this.latched;
  }

  truth(): null {
    return null;
  }

  heaterA(): number | null {
    return this.loop.interlocks.power.value?.amps ?? null;
  }

  close(): Promise<void> {
    return this.parts.close();
  }

  /** How long ago the gate reported the end of the last pulse: the heat that followed the trip is at most this. */
  private sinceFall(): number {
    const { high, lastFallUs } = this.loop.keeper.state;
    return high ? 0 : Math.max(0, inSeconds(this.now() - lastFallUs) * 1e3);
  }
}
