/**
 * A campaign of suites on drawn benches or on files of somebody else: `--json [--benches DIR | --n N --seed S --spread F
 * --room A..B] [--suite NAME] [--map] [--hours H]`. One line a figure; tasks go to as many workers as there are cores.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { benches, type Population } from './heat/bench.ts';
import type { Line } from './heat/line.ts';
import { answers } from './queue.ts';
import type { Suite } from './suite.ts';

export interface Campaign {
  /** As it is called: the name of its npm script. */
  readonly name: string;
  /** The file that workers load: the one that calls `campaign`. */
  readonly file: string;
  readonly suites: Readonly<Record<string, Suite<unknown, unknown>>>;
}

interface Job {
  readonly suite: string;
  readonly task: unknown;
}

const OPTIONS = {
  json: { type: 'boolean' },
  benches: { type: 'string' },
  n: { type: 'string' },
  seed: { type: 'string' },
  spread: { type: 'string' },
  room: { type: 'string' },
  suite: { type: 'string' },
  map: { type: 'boolean' },
  hours: { type: 'string' },
} as const;

/** What the command line says; throws an error that names the option. */
function asked(
  names: readonly string[],
  args: readonly string[],
): { from: Population; suites: readonly string[]; n: number | null } {
  const { values } = parseArgs({ options: OPTIONS, args: [...args] });
  const { suite, n, seed, spread, hours, room = '20..25', benches: folder = null, map = false } = values;
  const within = (
    name: string,
    text: string | undefined,
    least: number,
    most: number,
    whole: boolean,
  ): number | null => {
    if (text === undefined) return null;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
    throw new RangeError(`--${name} ${text}: a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
  };
  const ends = room.split('..');
  const [low, high] = ends.map((end) => within('room', end, 5, 40, false));
  if (ends.length !== 2 || low == null || high == null || low > high)
    throw new RangeError(`--room ${room}: two temperatures within 5..40 °C, as in 20..25`);
  const suites = names.filter((name) => suite === undefined || name === suite);
  if (suites.length === 0) throw new RangeError(`--suite ${suite}: one of ${names.join(', ')}`);
  return {
    from: {
      folder,
      map,
      hours: within('hours', hours, 0.1, 100_000, false),
      seed: within('seed', seed, 0, 4294967295, true) ?? 1,
      spread: within('spread', spread, 0, 0.5, false) ?? 0.2,
      room: [low, high],
      plants: 'wide',
    },
    suites,
    n: within('n', n, 1, 100_000, true),
  };
}

const print = (line: Line): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** A folder without bench files or a mistake on the command line is worth one line, not a stack. */
function mistake(name: string, error: unknown): never {
  process.stderr.write(`${name}: ${(error as Error).message}\n`);
  process.exit(64);
}

async function main({ name, file, suites }: Campaign): Promise<void> {
  let plan: ReturnType<typeof asked>;
  try {
    plan = asked(Object.keys(suites), process.argv.slice(2));
    if (plan.from.folder !== null) benches(plan.from, 1);
  } catch (error) {
    mistake(name, error);
  }
  const { from, n } = plan;
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(file, { workerData: name }));
  for (const suite of plan.suites) {
    const it = suites[suite];
    if (!it) continue;
    const list = it.tasks(from, n);
    const begun = performance.now();
    const jobs = list.map((task): Job => ({ suite, task }));
    for (const line of it.lines(list, await answers<Job, unknown>(jobs, workers))) print(line);
    process.stderr.write(`${suite}: ${list.length} tasks in ${Math.round((performance.now() - begun) / 1000)} s\n`);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}

/** Runs the suites that the command line asks for; in a worker, the tasks that it is given. */
export async function campaign(it: Campaign): Promise<void> {
  if (isMainThread) await main(it);
  else if (workerData === it.name) {
    const port = parentPort;
    port?.on('message', ({ suite, task }: Job) => {
      void it.suites[suite]?.run(task as never).then((result) => port.postMessage(result));
    });
  }
}
