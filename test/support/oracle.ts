/**
 * An account of the permitted current that shares nothing with the controller but its orders: it listens at the gate and at
 * the pump. Current may flow while the newest order, within its lease, is on, or was a moment ago, and ENABLE got an edge.
 */
import type { GatePattern } from '../../src/hal/ports.ts';
import type { SimBench } from '../../src/hal/sim/bench.ts';

const TWO_TICKS_US = 100_000;
/** ENABLE is open this long after its last edge (I16). */
const PUMP_OPENS_US = 200_000;
const FLOWS_A = 0.02;

export class Oracle {
  private order: { pattern: GatePattern; atUs: number; untilUs: number } | null = null;
  /** When the orders last said “on”. */
  private onUs = Number.NEGATIVE_INFINITY;
  private edgeUs = Number.NEGATIVE_INFINITY;
  private permittedUs: number;
  private stillUs: number;
  /** The longest that current has flowed without a break and without a permit, µs. */
  longestUs = 0;

  constructor(private readonly bench: SimBench) {
    this.permittedUs = bench.now;
    this.stillUs = bench.now;
    const { gate, pump } = bench;
    const play = gate.play.bind(gate);
    const off = gate.off.bind(gate);
    const toggle = pump.toggle.bind(pump);
    gate.play = (pattern, leaseUs) => {
      this.bringUp();
      this.order = { pattern, atUs: bench.now, untilUs: bench.now + leaseUs };
      play(pattern, leaseUs);
    };
    gate.off = () => {
      this.bringUp();
      this.order = null;
      off();
    };
    pump.toggle = () => {
      this.edgeUs = bench.now;
      toggle();
    };
  }

  /** Looks at the bench now; call at least once a tick. */
  look(): void {
    this.bringUp();
    const { now, heaterA } = this.bench;
    if (now - this.onUs <= TWO_TICKS_US && now - this.edgeUs <= PUMP_OPENS_US) this.permittedUs = now;
    if (Math.abs(heaterA) <= FLOWS_A) this.stillUs = now;
    else this.longestUs = Math.max(this.longestUs, now - Math.max(this.permittedUs, this.stillUs));
  }

  /** Finds the last instant up to now at which the order in force was on. */
  private bringUp(): void {
    if (!this.order) return;
    const { pattern, atUs, untilUs } = this.order;
    const end = Math.min(this.bench.now, untilUs);
    for (let at = end; at >= atUs; at -= 1000) {
      const phase = at - pattern.startUs;
      if (phase < 0 || phase % pattern.periodUs >= pattern.onUs) continue;
      this.onUs = Math.max(this.onUs, at);
      return;
    }
  }
}
