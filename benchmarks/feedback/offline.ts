/**
 * The feedback of the film on drawn benches, without controller and sensors, so that hours take seconds:
 * `npm run bench:film -- [--n N] [--seed S] [--altered] [--changes] [--hot] [--no-bounds] [--words I] [--workers 1|2]`.
 * One line a figure, as in bench:heat. --changes: plant and film change while lit; --hot: the hot end
 * of a cycle is seen, too; --words: what was said on bench I of each group.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { answers } from '../queue.ts';
import { CHANGES, type Changing, GROUPS, lines, type Result, run, type Task } from './suite.ts';

const HOUR_S = 3600;
const WORKERS_MOST = 2;

const OPTIONS = {
  n: { type: 'string', default: '40' },
  seed: { type: 'string', default: '1' },
  workers: { type: 'string', default: '1' },
  altered: { type: 'boolean', default: false },
  changes: { type: 'boolean', default: false },
  hot: { type: 'boolean', default: false },
  'no-bounds': { type: 'boolean', default: false },
  words: { type: 'string' },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  const whole = (name: 'n' | 'seed' | 'workers' | 'words', most: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 0 && value <= most) return value;
    throw new RangeError(`--${name} ${values[name]}: a whole number up to ${most}`);
  };
  const [n, seed] = [whole('n', 100_000), whole('seed', 0xffff_ffff)];
  const spoken = values.words === undefined ? null : whole('words', n - 1);
  const bounds = !values['no-bounds'] && !values.changes;
  const changes: readonly Changing[] = values.changes ? CHANGES.filter((one) => one !== 'none') : ['none'];
  const file = fileURLToPath(import.meta.url);
  const count = Math.max(1, whole('workers', WORKERS_MOST));
  const workers = Array.from({ length: count }, () => new Worker(file, { workerData: 'feedback' }));
  for (const group of GROUPS) {
    for (const changing of changes) {
      const task = { group, altered: values.altered, changing, hot: values.hot, forS: HOUR_S, bounds };
      const tasks = Array.from({ length: n }, (_, i): Task => ({ ...task, seed: (seed * 1_000_003 + i) >>> 0 }));
      const results = await answers<Task, Result>(tasks, workers);
      const name = `${group}${changing === 'none' ? '' : `:${changing}`}`;
      for (const line of lines(name, results, bounds)) process.stdout.write(`${JSON.stringify(line)}\n`);
      if (spoken !== null) process.stdout.write(`${results[spoken]?.adapted.words.join('\n')}\n`);
    }
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}

if (isMainThread) await main();
else if (workerData === 'feedback') {
  const port = parentPort;
  port?.on('message', (task: Task) => port.postMessage(run(task)));
}
