/**
 * What a tick of the controller costs: CPU time and heap. The bench advances outside of what is measured; drivers and the
 * registers of the simulated chips are inside, because a reading cannot be had without them.
 */
import { getHeapStatistics } from 'node:v8';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { after, millis } from '../../src/units.ts';
import { strangerTo } from './bench.ts';
import { commissionedSettings } from './known.ts';
import { type Line, quantile } from './line.ts';
import { ORDINARY, rigOf } from './watch.ts';

const CONVERTER = 'max31856';
const DEFAULTS = defaultSettings();
const TICK_US = millis(DEFAULTS['loop.tickMs']);

export type CostMode = keyof typeof ORDINARY;
export const COST_MODES = Object.keys(ORDINARY) as CostMode[];

export interface CostResult {
  /** CPU time of a tick, µs; of a round of arithmetic in the same repetition, µs; one of each a repetition. */
  readonly tickUs: readonly number[];
  readonly roundUs: readonly number[];
  /** Heap that a tick allocates, one value a repetition. */
  readonly bytes: readonly number[];
}

const REPETITIONS = 9;
const TICKS = 6000;
/** Until the compiler has seen every path often enough. */
const WARM_UP_TICKS = 20_000;
const RECIPE_S = 4 * 3600;

export async function costOfTicks(bench: BenchFile, mode: CostMode): Promise<CostResult> {
  const settings = await commissionedSettings(bench, CONVERTER, false);
  const rig = rigOf(settings ?? strangerTo(bench, CONVERTER), bench, { ...ORDINARY[mode], forS: RECIPE_S }, 1);
  if (!settings || !rig.arm()) throw new Error('the bench of the cost suite cannot be commissioned and armed');
  eachTick(rig, WARM_UP_TICKS, (tick) => tick());
  const result = { tickUs: [] as number[], roundUs: [] as number[], bytes: [] as number[] };
  for (let i = 0; i < REPETITIONS; i += 1) {
    result.tickUs.push(cpuOf(rig));
    result.roundUs.push(roundUs());
    result.bytes.push(heapOf(rig));
  }
  return result;
}

/** Lets time pass on the bench and hands over the tick that is then due. */
export function eachTick(rig: Simulation, ticks: number, take: (tick: () => void) => void): void {
  const { bench } = rig;
  const loop = rig['loop'];
  const tick = (): void => loop.tick();
  for (let i = 0; i < ticks; i += 1) {
    bench.advanceTo(after(bench.now, TICK_US));
    take(tick);
  }
}

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/**
 * CPU time of a tick, garbage collection included, µs. Two questions for the time stand around every tick; what they cost
 * by themselves is measured in between and taken away.
 */
function cpuOf(rig: Simulation): number {
  let [sum, empty] = [0, 0];
  eachTick(rig, TICKS, (tick) => {
    const begun = cpuUs();
    tick();
    const over = cpuUs();
    sum += over - begun;
    empty += cpuUs() - over;
  });
  return (sum - empty) / TICKS;
}

const ROUNDS = 200;
/** Multiplications and additions in a round. */
const ROUND = 10_000;

/** CPU time of a round of arithmetic that no compiler can leave out: the measure of this machine, µs. */
export function roundUs(): number {
  const begun = cpuUs();
  let x = 0.5;
  for (let i = 0; i < ROUNDS * ROUND; i += 1) x = 3.9 * x * (1 - x);
  const spent = cpuUs() - begun;
  if (!(x > 0 && x < 1)) throw new Error('the logistic map has left its interval');
  return spent / ROUNDS;
}

const heapBytes = (): number => getHeapStatistics().used_heap_size;

/**
 * Heap that a tick allocates: the used heap of this thread after it less that before. A tick in which garbage was collected
 * shows less than before and is left out. What the two questions allocate by themselves is taken away.
 */
export function heapOf(rig: Simulation): number {
  let [sum, empty, counted] = [0, 0, 0];
  eachTick(rig, TICKS, (tick) => {
    const begun = heapBytes();
    tick();
    const over = heapBytes();
    const end = heapBytes();
    if (over < begun || end < over) return;
    sum += over - begun;
    empty += end - over;
    counted += 1;
  });
  return (sum - empty) / counted;
}

/** Median, least and greatest of the repetitions. */
export const middle = (name: string, values: readonly number[], unit: string): Line => ({
  name,
  value: Number(quantile(values, 0.5).toPrecision(4)),
  unit,
  low: Number(Math.min(...values).toPrecision(4)),
  high: Number(Math.max(...values).toPrecision(4)),
  n: values.length,
  reference: null,
});

export function costLines(mode: CostMode, { tickUs, roundUs, bytes }: CostResult): Line[] {
  const mark = mode === 'pulse' ? '' : `-${mode}`;
  const ratios = tickUs.map((us, i) => us / (roundUs[i] ?? Number.NaN));
  return [
    middle(`tick-us${mark}`, tickUs, 'µs'),
    middle(`tick-ratio${mark}`, ratios, 'rounds of 10,000 multiplications'),
    middle(`bytes-per-tick${mark}`, bytes, 'B'),
  ];
}
