/** `remixd remote export`: fetches records from the history of a device, page by page. */
import { closeSync, writeSync } from 'node:fs';
import { RemoteError } from '../client/person.ts';
import { quoted } from '../files/csv.ts';
import { openNew } from '../files/taken.ts';
import { topics } from '../params/mqtt.ts';
import type { Page } from '../params/pages.ts';
import { dated, KINDS, type StoredRecord } from '../store/record.ts';
import { instant, secondsOf } from '../units.ts';
import type { RemoteWork, ToldRecord } from './remote.ts';

export interface ExportOptions {
  readonly device: string;
  /** First number; null = the newest `last`. */
  readonly from: number | null;
  readonly last: number;
  readonly out: string | null;
  readonly format: 'jsonl' | 'csv';
}

/** A device takes ten commands a second; this leaves room for others. */
const PAUSE_MS = 125;
const LIMIT = 400;

/** Pages of one stream, oldest first, up to the record that was newest at the start. */
async function* pages(
  person: Parameters<RemoteWork>[0],
  { device, from, last }: ExportOptions,
): AsyncIterable<{ stream: string; records: ToldRecord[] }> {
  const { history } = (await person.value(topics(device).state)) as { history: { stream: string; seq: number } | null };
  if (!history) return;
  let afterSeq = from === null ? Math.max(0, history.seq - last) : from - 1;
  while (afterSeq < history.seq) {
    const page = await ask(person, { after_seq: afterSeq, limit: LIMIT });
    if (page.stream !== history.stream) throw changed(device);
    const records = page.long ? [await whole(person, afterSeq, page)] : (page.records as ToldRecord[]);
    const newest = records.at(-1);
    if (!newest) return;
    yield { stream: history.stream, records };
    afterSeq = newest.seq;
  }
}

async function ask(person: Parameters<RemoteWork>[0], fields: Readonly<Record<string, unknown>>): Promise<Page> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const { code, text, data } = await person.ask('history', fields);
  if (code !== 200)
    throw new RemoteError(
      'REMOTE_DENIED',
      `${code} ${text}`,
      'Try again; remixd remote tail shows what the device reports.',
    );
  return data as Page;
}

/** A record that came in parts. */
async function whole(person: Parameters<RemoteWork>[0], afterSeq: number, first: Page): Promise<ToldRecord> {
  let text = first.long?.text ?? '';
  const { parts = 1, seq } = first.long ?? {};
  for (let part = 2; part <= parts; part += 1) {
    const { long } = await ask(person, { after_seq: afterSeq, limit: 1, part });
    if (long?.seq !== seq) throw changed('the device');
    text += long?.text ?? '';
  }
  return JSON.parse(text) as ToldRecord;
}

const changed = (device: string): RemoteError =>
  new RemoteError('REMOTE_SILENT', `the history of ${device} changed during the export`, 'Start the export again.');

/** Destination of the records. `write` resolves to false when the reader has closed the pipe. */
interface Sink {
  write(text: string): Promise<boolean>;
  close(): void;
}

function toFile(path: string): Sink {
  const file = openNew(path);
  return {
    write: async (text) => {
      for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(file, rest));
      return true;
    },
    close: () => closeSync(file),
  };
}

/** Standard output, at the reader’s pace. A closed pipe (remixd remote export | head) is a normal end. */
const toReader = (): Sink => ({
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => {
        const gone = error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
        if (error && !gone) reject(error);
        else resolve(!gone);
      });
    }),
  close: () => {},
});

/** Writes records as JSON lines, or the samples among them as CSV with their best known date. */
export const exporting =
  (options: ExportOptions): RemoteWork =>
  async (person) => {
    const { write, close } = options.out === null ? toReader() : toFile(options.out);
    const kept: (ToldRecord & { stream: string })[] = [];
    let n = 0;
    for await (const { stream, records } of pages(person, options)) {
      n += records.length;
      const told = records.map((record) => ({ stream, ...record }));
      if (options.format === 'csv') kept.push(...told.filter(({ kind }) => kind === 'sample' || kind === 'time_sync'));
      else if (!(await write(told.map((record) => `${JSON.stringify(record)}\n`).join('')))) return 0;
      if (process.stderr.isTTY) process.stderr.write(`\r${n} records`);
    }
    if (options.format === 'csv' && !(await write(table(options.device, kept)))) return 0;
    close();
    process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${n} records${options.out ? ` in ${options.out}` : ''}\n`);
    return n > 0 ? 0 : 1;
  };

/** One header line after the comment lines; an absent value is an empty cell. */
function table(device: string, records: readonly (ToldRecord & { stream: string })[]): string {
  const stored = records.map(storedOf);
  const syncs = stored.filter(({ kind }) => kind === 'time_sync');
  const samples = stored.filter(({ kind }) => kind === 'sample');
  const columns = Object.keys(samples.at(-1)?.body ?? {});
  const head = ['time_utc', 'time_from', 'mono_s', 'boot', 'seq', ...columns];
  const lines = samples.map((sample) => {
    const { wallMs, from } = dated(sample, syncs);
    const date = wallMs === null ? '' : new Date(wallMs).toISOString();
    const cells = columns.map((column) => sample.body[column] ?? '');
    return [date, from, secondsOf(sample.monoUs), sample.boot, sample.seq, ...cells]
      .map((value) => quoted(String(value)))
      .join(',');
  });
  const stream = samples[0]?.stream ?? '';
  return `#device: ${device}\n#stream: ${stream}\n${[head.join(','), ...lines].join('\n')}\n`;
}

const storedOf = (told: ToldRecord & { stream: string }): StoredRecord => ({
  seq: told.seq,
  stream: told.stream,
  boot: told.boot,
  kind: KINDS.find((kind) => kind === told.kind) ?? 'event',
  monoUs: instant(told.mono_us),
  wallMs: told.wall_ms,
  clock: told.clock === 'synced' || told.clock === 'unsynced' ? told.clock : 'none',
  body: told.body as StoredRecord['body'],
});
