/**
 * Heat as asked, on benches that nobody tuned for: `npm run bench:heat -- --json [--benches DIR | --n N --seed S --spread F
 * --room A..B] [--suite NAME] [--map]`. One line a figure. Suite hold draws populations of its own; with --map it tries other
 * swings and periods, too.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { benches, type Population } from './heat/bench.ts';
import type { Line } from './heat/line.ts';
import { SUITE_NAMES, SUITES, type SuiteName } from './heat/suites.ts';

interface Job {
  readonly suite: SuiteName;
  readonly index: number;
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
} as const;

/** What the command line says; throws an error that names the option. */
function asked(args: readonly string[]): { from: Population; suites: readonly SuiteName[]; n: number | null } {
  const { values } = parseArgs({ options: OPTIONS, args: [...args] });
  const { suite, n, seed, spread, room = '20..25', benches: folder = null, map = false } = values;
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
  const suites = SUITE_NAMES.filter((name) => suite === undefined || name === suite);
  if (suites.length === 0) throw new RangeError(`--suite ${suite}: one of ${SUITE_NAMES.join(', ')}`);
  return {
    from: {
      folder,
      map,
      seed: within('seed', seed, 0, 4294967295, true) ?? 1,
      spread: within('spread', spread, 0, 0.5, false) ?? 0.2,
      room: [low, high],
      plants: 'wide',
    },
    suites,
    n: within('n', n, 1, 100_000, true),
  };
}

/** Results of all tasks in order; each goes to the next worker that is free. */
async function results(suite: SuiteName, tasks: readonly unknown[], workers: readonly Worker[]): Promise<unknown[]> {
  const done: unknown[] = new Array(tasks.length);
  let next = 0;
  await Promise.all(
    workers.map(async (worker) => {
      while (next < tasks.length) {
        const index = next;
        next += 1;
        worker.postMessage({ suite, index, task: tasks[index] } satisfies Job);
        done[index] = await new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        });
        worker.removeAllListeners('error');
      }
    }),
  );
  return done;
}

const print = (line: Line): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** A folder without bench files or a mistake on the command line is worth one line, not a stack. */
function mistake(error: unknown): never {
  process.stderr.write(`bench:heat: ${(error as Error).message}\n`);
  process.exit(64);
}

async function main(): Promise<void> {
  let plan: ReturnType<typeof asked>;
  try {
    plan = asked(process.argv.slice(2));
    if (plan.from.folder !== null) benches(plan.from, 1);
  } catch (error) {
    mistake(error);
  }
  const { from, suites, n } = plan;
  const file = fileURLToPath(import.meta.url);
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(file, { workerData: 'heat' }));
  for (const name of suites) {
    const { tasks, lines } = SUITES[name];
    const list = tasks(from, n);
    const begun = performance.now();
    for (const line of lines(list, await results(name, list, workers))) print(line);
    process.stderr.write(`${name}: ${list.length} tasks in ${Math.round((performance.now() - begun) / 1000)} s\n`);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}

if (isMainThread) await main();
else if (workerData === 'heat') {
  const port = parentPort;
  port?.on('message', ({ suite, task }: Job) => {
    void SUITES[suite].run(task as never).then((result) => port.postMessage(result));
  });
}
