/** `remixd remote export`: fetches records from the history of a device, page by page. */
import { RemoteError } from '../client/person.ts';
import { topics } from '../params/mqtt.ts';
import type { Page } from '../params/pages.ts';
import { RecordTable } from '../store/export.ts';
import { dated, KINDS, type StoredRecord } from '../store/record.ts';
import { instant } from '../units.ts';
import type { RemoteWork, ToldRecord } from './remote.ts';
import { type Sink, sinkTo } from './sink.ts';

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

/** Writes records as JSON lines, or the samples among them as CSV with their best known date. */
export const exporting =
  (options: ExportOptions): RemoteWork =>
  async (person) => {
    const sink = sinkTo(options.out);
    try {
      const n = await written(person, options, sink);
      if (n === null) return 0;
      sink.close();
      const where = options.out ? ` in ${options.out}` : '';
      process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${n} records${where}\n`);
      return n > 0 ? 0 : 1;
    } catch (error) {
      sink.drop();
      throw error;
    }
  };

/** How many records came; null when the reader has closed the pipe. */
async function written(
  person: Parameters<RemoteWork>[0],
  options: ExportOptions,
  { write }: Sink,
): Promise<number | null> {
  const kept: StoredRecord[] = [];
  let n = 0;
  for await (const { stream, records } of pages(person, options)) {
    n += records.length;
    const told = records.map((record) => ({ stream, ...record }));
    if (options.format === 'csv')
      kept.push(...told.filter(({ kind }) => kind === 'sample' || kind === 'time_sync').map(storedOf));
    else if (!(await write(told.map((record) => `${JSON.stringify(record)}\n`).join('')))) return null;
    if (process.stderr.isTTY) process.stderr.write(`\r${n} records`);
  }
  return options.format === 'csv' && !(await write(table(options.device, kept))) ? null : n;
}

function table(device: string, records: readonly StoredRecord[]): string {
  const syncs = records.filter(({ kind }) => kind === 'time_sync');
  const samples = records.filter(({ kind }) => kind === 'sample');
  const lines = new RecordTable(samples.flatMap(({ body }) => Object.keys(body)));
  const rows = samples.map((sample) => {
    const { wallMs, from } = dated(sample, syncs);
    return lines.line(sample, wallMs === null ? null : new Date(wallMs).toISOString(), from);
  });
  return `${lines.head({ device, stream: samples[0]?.stream ?? null })}${rows.join('')}`;
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
