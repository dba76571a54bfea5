/**
 * What a tick costs while the film is watched: the whole tick as in `bench:heat`, the light path within it, and what the whole
 * would be on the smallest computer that runs a bench.
 */
import { getHeapStatistics } from 'node:v8';
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { type CostResult, costLines, costOfTicks, eachTick, middle } from '../heat/cost.ts';
import { type Line, quantile } from '../heat/line.ts';
import { known, worldOf } from './world.ts';

const REPETITIONS = 5;
const TICKS = 6000;
const WARM_UP_TICKS = 20_000;
/**
 * A Raspberry Pi Zero 2 W, assumed and not measured: a Cortex-A53 at 1 GHz takes eight cycles for each dependent step of the
 * reference round, 80 µs, and a tick, which is branches and memory more than arithmetic, twice as long as that ratio says.
 */
const ZERO_ROUND_US = 80;
const ZERO_WORSE = 2;

export interface FilmCost {
  readonly tick: CostResult;
  /** CPU time and heap of the light path in a tick, one value a repetition. */
  readonly lightUs: readonly number[];
  readonly lightBytes: readonly number[];
}

export async function filmCost(bench: BenchFile): Promise<FilmCost> {
  const tick = await costOfTicks(bench, 'pulse');
  const settings = await known(bench);
  const world = settings && worldOf(settings, bench, 'tell');
  if (!world) throw new Error('the bench of the cost suite cannot be commissioned and armed');
  const { simulation } = world;
  eachTick(simulation, WARM_UP_TICKS, (one) => one());
  const [lightUs, lightBytes]: [number[], number[]] = [[], []];
  for (let i = 0; i < REPETITIONS; i += 1) {
    lightUs.push(within(simulation, () => 1000 * performance.now()));
    lightBytes.push(within(simulation, () => getHeapStatistics().used_heap_size));
  }
  return { tick, lightUs, lightBytes };
}

/** How much a measure grows within the light path, mean of the ticks; one in which it falls (garbage collected) is left out. */
function within(simulation: Simulation, measure: () => number): number {
  const watch = simulation['loop']['light'];
  const set = watch.set.bind(watch);
  let [sum, counted] = [0, 0];
  watch.set = (...arguments_) => {
    const begun = measure();
    set(...arguments_);
    const over = measure();
    const end = measure();
    if (over < begun || end < over) return;
    sum += over - begun - (end - over);
    counted += 1;
  };
  eachTick(simulation, TICKS, (tick) => tick());
  watch.set = set;
  return sum / counted;
}

export function filmCostLines({ tick, lightUs, lightBytes }: FilmCost): Line[] {
  const ratio = quantile(
    tick.tickUs.map((us, i) => us / (tick.roundUs[i] ?? Number.NaN)),
    0.5,
  );
  const zeroUs = Number((ratio * ZERO_ROUND_US * ZERO_WORSE).toPrecision(2));
  return [
    ...costLines('pulse', tick),
    middle('light-us', lightUs, 'µs'),
    middle('bytes-per-tick-light', lightBytes, 'B'),
    { name: 'tick-us-zero-2-w-assumed', value: zeroUs, unit: 'µs', low: zeroUs, high: zeroUs, n: 1, reference: null },
  ];
}
