/**
 * What the history costs, beside a plain file that is appended to and synced, in the same run on the same disk. Each figure
 * is one line {name, value, unit, reference, ratio}.
 *
 *   npm run build && node dist/benchmarks/store.js [folder]
 *
 * The records are those of ten minutes of the simulated bench (0.5/5 s pulses), again and again. Without a folder it
 * measures the disk of the temporary folder, which may be memory; name one on the card that matters.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventRecord } from '../src/params/event-record.ts';
import { readRecipe } from '../src/params/recipe.ts';
import { defaultSettings } from '../src/params/settings.ts';
import type { Row } from '../src/params/telemetry.ts';
import { assembleSimulation } from '../src/rig/assemble.ts';
import { MONOTONIC } from '../src/runtime/clock.ts';
import { History } from '../src/store/history.ts';
import { JsonText, type NewRecord } from '../src/store/record.ts';
import { openStore, type Store } from '../src/store/store.ts';

const DAY_S = 86_400;
const MINUTES = 10;
/** What the design allows a day, MB. */
const DAY_MB = 10;

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'remixd-bench-'));
const now = () => ({ monoUs: MONOTONIC.now(), wallMs: null, clock: 'none' as const });
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const textOf = ({ body }: NewRecord): string => (body instanceof JsonText ? body.text : JSON.stringify(body));

function figure(name: string, value: number, unit: string, reference: number, about: string): void {
  const short = (x: number): number => Number(x.toPrecision(4));
  const line = { name, value: short(value), unit, reference: short(reference), ratio: short(value / reference), about };
  console.log(JSON.stringify(line));
}

function recorded(): { records: NewRecord[]; costUs: number } {
  const steps = [{ light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: 4 * 3600 }];
  const read = readRecipe('bench', { title: '0.5/5 s', steps });
  if ('problems' in read) throw new Error('the benchmark’s recipe is wrong');
  const items: ({ row: Row } | { event: EventRecord })[] = [];
  const journal = {
    row: (row: Row) => void items.push({ row }),
    event: (event: EventRecord) => void items.push({ event }),
    failing: false,
  };
  const simulation = assembleSimulation({ settings: defaultSettings(), recipe: read.recipe, journals: [journal] });
  if (!simulation.arm()) throw new Error('the controller did not arm');
  simulation.run(60 * MINUTES);
  const records: NewRecord[] = [];
  const feed = (into: NewRecord[]): number => {
    const history = new History({ append: (record) => void into.push(record), failing: false });
    const start = performance.now();
    for (const item of items) 'row' in item ? history.row(item.row) : history.event(item.event);
    return performance.now() - start;
  };
  feed([]);
  return { records, costUs: (feed(records) * 1000) / items.length };
}

class PlainFile {
  private readonly fd: number;
  constructor(readonly path: string) {
    this.fd = openSync(path, 'a');
  }
  append(text: string): void {
    writeSync(this.fd, text);
    fsyncSync(this.fd);
  }
  close(): number {
    closeSync(this.fd);
    return statSync(this.path).size;
  }
}

/** Bytes that this program made the kernel write, as far as the kernel counts them. */
function written(): number {
  const count = /^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1];
  return Number(count ?? Number.NaN);
}

const residentMb = (): number => process.memoryUsage().rss / 1e6;
const storeIn = (name: string, maxBytes: number): Promise<Store> =>
  openStore({ folder: join(folder, name), maxBytes, maxAgeS: 1e9, now, queueCount: 50_000, queueBytes: 64 << 20 });

/** The longest time by which a turn of the event loop came late while `load` ran, ms; the best of three, as others disturb. */
async function worstLag(load: () => Promise<void>): Promise<number> {
  const worst: number[] = [];
  for (let round = 0; round < 3; round += 1) worst.push(await worstLagOnce(load));
  return Math.min(...worst);
}

async function worstLagOnce(load: () => Promise<void>): Promise<number> {
  let worst = 0;
  let done = false;
  const running = load().finally(() => {
    done = true;
  });
  while (!done) {
    const asked = performance.now();
    await sleep(1);
    worst = Math.max(worst, performance.now() - asked - 1);
  }
  await running;
  return worst;
}

async function main(): Promise<void> {
  const { records, costUs } = recorded();
  const lines = records.map((record) => `${textOf(record)}\n`);
  figure('history-row', costUs, 'µs', 50_000, 'History per row or event, of a tick of 50 ms');

  const before = residentMb();
  const store = await storeIn('drain', 256 << 20);
  figure('memory', residentMb() - before, 'MB', 512, 'resident memory more with the store open; of the smallest board');

  const append: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    const start = performance.now();
    for (const record of records) store.append(record);
    append.push(((performance.now() - start) * 1000) / records.length);
    await store.flush();
  }
  const plain = new PlainFile(join(folder, 'each'));
  const each = lines.slice(0, 300).map((line) => {
    const start = performance.now();
    plain.append(line);
    return (performance.now() - start) * 1000;
  });
  plain.close();
  figure('append', median(append), 'µs', median(each), 'caller’s time for one record; append+fsync of a plain file');

  const many = Array.from({ length: 20_000 }, (_, i) => records[i % records.length]).filter((r) => r !== undefined);
  let start = performance.now();
  for (const record of many) store.append(record);
  await store.flush();
  const drained = many.length / ((performance.now() - start) / 1000);
  start = performance.now();
  const batched = new PlainFile(join(folder, 'batched'));
  for (let i = 0; i < many.length; i += 500)
    batched.append(
      many
        .slice(i, i + 500)
        .map((r) => `${textOf(r)}\n`)
        .join(''),
    );
  batched.close();
  figure('drained', drained, '1/s', many.length / ((performance.now() - start) / 1000), 'plain file: 500 lines a sync');

  const lag = await worstLag(async () => {
    for (let i = 0; i < 100; i += 1) {
      for (let n = 0; n < 50; n += 1) store.append(records[(i * 50 + n) % records.length] as NewRecord);
      await store.flush();
      await sleep(5);
    }
  });
  const synced = new PlainFile(join(folder, 'lag'));
  const plainLag = await worstLag(async () => {
    for (let i = 0; i < 100; i += 1) {
      synced.append(lines.slice(0, 50).join(''));
      await sleep(5);
    }
  });
  synced.close();
  figure(
    'worst-lag',
    lag,
    'ms',
    plainLag,
    'event loop of the caller during 100 batches of 50; plain file synced in the loop',
  );
  await store.close();

  // Two hours as they pass: a batch every 10 s.
  const paced = await storeIn('day', 256 << 20);
  const tenMinutes = records.filter(({ kind }) => kind !== 'event');
  const perBatch = Math.round((tenMinutes.length * 10) / (60 * MINUTES));
  const rounds = 12;
  let w = written();
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < tenMinutes.length; i += perBatch) {
      for (const record of tenMinutes.slice(i, i + perBatch)) paced.append(record);
      await paced.flush();
    }
  }
  const card = written() - w;
  const { records: count, bytes } = paced.stats();
  await paced.close();
  const days = (rounds * MINUTES * 60) / DAY_S;
  const reference = new PlainFile(join(folder, 'plain-day'));
  w = written();
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < tenMinutes.length; i += perBatch)
      reference.append(
        tenMinutes
          .slice(i, i + perBatch)
          .map((r) => `${textOf(r)}\n`)
          .join(''),
      );
  }
  const plainCard = written() - w;
  const plainBytes = reference.close();
  figure('record', bytes / count, 'B', plainBytes / count, 'database bytes per record; a line of the plain file');
  figure('day', bytes / days / 1e6, 'MB', DAY_MB, 'kept a day, 1 Hz and 12 periods a minute; the design’s bound');
  figure(
    'card',
    card / days / 1e6,
    'MB',
    plainCard / days / 1e6,
    'written a day with a batch every 10 s; plain file likewise',
  );
}

await main().finally(() => rmSync(folder, { recursive: true, force: true }));
