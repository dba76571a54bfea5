/** What became of each pulse: how long the gate was high, and for how much of that current flowed. */
import type { SimBench } from '../../src/hal/sim/bench.ts';
import { seconds } from '../../src/units.ts';

export interface SeenPulse {
  readonly riseUs: number;
  readonly fallUs: number;
  readonly flowedUs: number;
}

/** Watches a bench from now on, by the gate’s edges and by the current that heats the twin. */
export class PulseWatch {
  private readonly flows: { from: number; to: number }[] = [];
  private readonly highs: { riseUs: number; fallUs: number }[] = [];

  constructor(bench: SimBench) {
    const { gate, twin } = bench;
    const drain = gate.drain.bind(gate);
    const step = twin.step.bind(twin);
    let riseUs: number | null = null;
    gate.drain = () => {
      const events = drain();
      for (const event of events) {
        if (event.kind !== 'edge') continue;
        if (event.rising) riseUs = event.achievedUs;
        else if (riseUs !== null) this.highs.push({ riseUs, fallUs: event.achievedUs });
      }
      return events;
    };
    twin.step = (dtS, amps) => {
      const { now } = bench;
      const last = this.flows.at(-1);
      const to = now + seconds(dtS);
      if (amps > 0 && last?.to === now) last.to = to;
      else if (amps > 0) this.flows.push({ from: now, to });
      step(dtS, amps);
    };
  }

  /** Every pulse that has ended. */
  seen(): SeenPulse[] {
    return this.highs.map(({ riseUs, fallUs }) => ({ riseUs, fallUs, flowedUs: this.overlap(riseUs, fallUs) }));
  }

  private overlap(riseUs: number, fallUs: number): number {
    let sum = 0;
    for (const { from, to } of this.flows) sum += Math.max(0, Math.min(to, fallUs) - Math.max(from, riseUs));
    return sum;
  }
}
