/** Lets time pass on a rig while a bench is measured. */
import { after, type Span, seconds } from '../units.ts';
import { Readings } from './readings.ts';
import type { Rig } from './rig.ts';

/** Lets time pass on a rig and gathers what the sensors say. */
export class Guide {
  /** Somebody asked to end it: no more waiting, and nothing is written. */
  stopped = false;
  private readings: Readings;

  /** @param pass lets ticks happen: calls `tick` whenever one is due, until `over` says so */
  constructor(
    readonly rig: Rig,
    private readonly pass: (tick: () => void, over: () => boolean) => Promise<void>,
  ) {
    this.readings = new Readings(rig);
  }

  /** Ticks until `done` or for at most `most`; true when done. */
  async until(done: () => boolean, most: Span): Promise<boolean> {
    const { rig } = this;
    const end = after(rig.now(), most);
    const tick = (): void => {
      rig.tick();
      this.readings.note(rig);
    };
    await this.pass(tick, () => done() || this.stopped || rig.now() >= end);
    return done() && !this.stopped;
  }

  /** Forgets what was gathered. */
  fresh(): Readings {
    this.readings = new Readings(this.rig);
    return this.readings;
  }

  /** Stops, and waits until the record shows it. */
  async off(): Promise<void> {
    this.stopped = false;
    this.rig.controls.ask({ kind: 'stop' });
    await this.until(() => false, SETTLE_US);
  }
}

const SETTLE_US: Span = seconds(0.5);
