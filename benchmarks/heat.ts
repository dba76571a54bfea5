/**
 * Heat as asked, on benches that nobody tuned for: `npm run bench:heat -- --json [--benches DIR | --n N --seed S --spread F
 * --room A..B] [--suite NAME] [--map]`. One line a figure. Suite hold draws populations of its own; with --map it tries other
 * swings and periods, too.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Population } from './heat/bench.ts';
import type { Line } from './heat/line.ts';
import { SUITE_NAMES, SUITES, type SuiteName } from './heat/suites.ts';

interface Job {
  readonly suite: SuiteName;
  readonly index: number;
  readonly task: unknown;
}

function population(flags: Record<string, string | undefined>, map: boolean): Population {
  const [low, high] = (flags['room'] ?? '20..25').split('..').map(Number) as [number, number];
  return {
    folder: flags['benches'] ?? null,
    map,
    seed: Number(flags['seed'] ?? 1),
    spread: Number(flags['spread'] ?? 0.2),
    room: [low, high],
    plants: 'wide',
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

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      benches: { type: 'string' },
      n: { type: 'string' },
      seed: { type: 'string' },
      spread: { type: 'string' },
      room: { type: 'string' },
      suite: { type: 'string' },
      map: { type: 'boolean' },
    },
  });
  const { json: _json, suite, n, map = false, ...flags } = values;
  const chosen = SUITE_NAMES.filter((name) => suite === undefined || name === suite);
  if (chosen.length === 0) throw new Error(`--suite ${suite}: one of ${SUITE_NAMES.join(', ')}`);
  const from = population(flags, map);
  const file = fileURLToPath(import.meta.url);
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(file, { workerData: 'heat' }));
  for (const name of chosen) {
    const { tasks, lines } = SUITES[name];
    const list = tasks(from, n === undefined ? null : Number(n));
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
