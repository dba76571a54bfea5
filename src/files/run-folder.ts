/**
 * The record of a run: run.json, data.csv and events.csv in a folder of its own. Lines are collected and written in
 * batches; lines that cannot be written are dropped and counted; the loop never waits.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../params/settings.ts';
import type { Row } from '../params/telemetry.ts';
import { TELEMETRY, TELEMETRY_NAMES } from '../params/telemetry.ts';
import type { EventRecord, Journal } from '../runtime/record.ts';
import { PACKAGE_ROOT } from './recipes.ts';

/** What a record says of the configuration. */
export interface ConfigFacts {
  readonly file: string | null;
  readonly hash: string;
  /** Id of the calibration in force, or null. */
  readonly calibration: string | null;
}

export interface RunFacts {
  readonly loaded: ConfigFacts;
  readonly settings: Settings;
  readonly recipe: { readonly name: string; readonly title: string };
  readonly simulated: boolean;
  /** Wall time of the start, ISO 8601, and how far it can be trusted. Null in virtual time. */
  readonly wallTime: string | null;
}

const BATCH_CHARS = 65_536;
/** More than this waiting for a slow disk is dropped: the oldest rows stay, the loop never waits. */
const MOST_WAITING_CHARS = 8_000_000;

const EVENT_COLUMNS = ['mono_s', 'time_s', 'kind', 'code', 'text', 'asked_us', 'achieved_us'];

/** Two decimals more than a column needs would be noise; an absent value is an empty cell. */
function cell(value: number | string | null, decimals: number): string {
  if (value === null) return '';
  if (typeof value === 'string') return quoted(value);
  return Number.isFinite(value) ? value.toFixed(decimals) : '';
}

/** A CSV cell of a text. */
export const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export const rowLine = (row: Row): string =>
  `${TELEMETRY_NAMES.map((name) => cell(row[name], TELEMETRY[name].decimals)).join(',')}\n`;

export const eventLine = (e: EventRecord): string =>
  `${[
    e.monoS.toFixed(6),
    e.timeS === null ? '' : e.timeS.toFixed(6),
    e.kind,
    quoted(e.code),
    quoted(e.text),
    e.askedUs === undefined ? '' : e.askedUs.toFixed(0),
    e.achievedUs === undefined ? '' : e.achievedUs.toFixed(0),
  ].join(',')}\n`;

const VERSION = (JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }).version;
export const version = (): string => VERSION;

/** The commit that a checkout is at, or null outside one. */
export function commitOf(root: string): string | null {
  try {
    const head = readFileSync(join(root, '.git', 'HEAD'), 'utf8').trim();
    if (!head.startsWith('ref: ')) return head;
    return readFileSync(join(root, '.git', head.slice(5)), 'utf8').trim();
  } catch {
    return null;
  }
}

/** The facts that make a run repeatable. */
export function runJson(facts: RunFacts): Record<string, unknown> {
  const { settings, loaded } = facts;
  return {
    bench: facts.simulated ? 'SIMULATED' : 'hardware',
    simulated: facts.simulated,
    versions: {
      remixd: VERSION,
      commit: commitOf(PACKAGE_ROOT),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
    seed: facts.simulated ? settings['sim.seed'] : null,
    sample: facts.simulated ? settings['sim.sample'] : null,
    recipe: facts.recipe,
    config: { file: loaded.file, hash: loaded.hash },
    calibration: loaded.calibration,
    time: { wall: facts.wallTime, quality: facts.wallTime === null ? 'virtual' : 'unverified', zero: 'recipe start' },
    settings,
  };
}

function headers(facts: RunFacts): { data: string; events: string } {
  const about = [
    `#bench: ${facts.simulated ? 'SIMULATED' : 'hardware'}`,
    `#recipe: ${facts.recipe.name}`,
    ...(facts.simulated ? [`#sample: ${facts.settings['sim.sample']}`, `#seed: ${facts.settings['sim.seed']}`] : []),
    `#config_hash: ${facts.loaded.hash}`,
  ].join('\n');
  const units = TELEMETRY_NAMES.map((name) => TELEMETRY[name].unit).join(',');
  return {
    data: `${about}\n#units: ${units}\n${TELEMETRY_NAMES.join(',')}\n`,
    events: `${about}\n${EVENT_COLUMNS.join(',')}\n`,
  };
}

/** A journal for virtual time: nothing else waits for the disk, so it writes at once, batch by batch. */
export class VirtualRunFolder implements Journal {
  readonly failing = false;
  private data: string;
  private events: string;

  constructor(
    readonly folder: string,
    private readonly facts: RunFacts,
  ) {
    mkdirSync(folder, { recursive: true });
    ({ data: this.data, events: this.events } = headers(facts));
    for (const name of ['data.csv', 'events.csv']) writeFileSync(join(folder, name), '');
  }

  row(row: Row): void {
    this.data += rowLine(row);
    if (this.data.length > BATCH_CHARS) this.flush();
  }

  event(event: EventRecord): void {
    this.events += eventLine(event);
    if (this.events.length > BATCH_CHARS) this.flush();
  }

  close(end: Record<string, unknown>): void {
    this.flush();
    writeFileSync(join(this.folder, 'run.json'), `${JSON.stringify({ ...runJson(this.facts), end }, null, 2)}\n`);
  }

  private flush(): void {
    appendFileSync(join(this.folder, 'data.csv'), this.data);
    appendFileSync(join(this.folder, 'events.csv'), this.events);
    this.data = '';
    this.events = '';
  }
}

/** A write that takes longer than this counts as failing, ms. */
const SLOW_MS = 5000;

/** One file that grows: a batch that could not be written whole is written again at the same place. */
class GrowingFile {
  private handle: FileHandle | null = null;
  private length = 0;

  constructor(private readonly path: string) {}

  /** True when all of `text` is in the file. */
  async append(text: string): Promise<boolean> {
    if (text === '') return true;
    try {
      this.handle ??= await open(this.path, 'w');
      const bytes = Buffer.from(text, 'utf8');
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.length + done);
        done += bytesWritten;
      }
      this.length += bytes.length;
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }
}

/** A journal for real time: the loop only hands lines over, `flush` writes them beside it. */
export class RunFolder implements Journal {
  dropped = 0;
  private failed = false;
  private droppedSince = 0;
  private data: string;
  private events: string;
  private dataFile: GrowingFile;
  private eventFile: GrowingFile;
  private writing: Promise<void> = Promise.resolve();
  private startedAt: number | null = null;
  private closed = false;

  constructor(
    public folder: string,
    private facts: RunFacts,
  ) {
    ({ data: this.data, events: this.events } = headers(facts));
    this.dataFile = new GrowingFile(join(folder, 'data.csv'));
    this.eventFile = new GrowingFile(join(folder, 'events.csv'));
  }

  /** The last batch failed, one hangs, or lines had to be dropped since the last good one. */
  get failing(): boolean {
    const hangs = this.startedAt !== null && performance.now() - this.startedAt > SLOW_MS;
    return this.failed || hangs || this.dropped > this.droppedSince;
  }

  /** Makes the folder and writes run.json. Throws when that is impossible: better to know before anything is armed. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await writeFacts(this.folder, this.facts, null);
  }

  /**
   * Goes on in another folder, with headers of its own; the folder so far is closed. Rejects, and goes on where it was, when
   * that folder cannot be made, what has gathered cannot be written, or the record was closed meanwhile.
   */
  async goOn(folder: string, wallTime: string): Promise<void> {
    const facts = { ...this.facts, wallTime };
    await mkdir(folder, { recursive: true });
    await writeFacts(folder, facts, null);
    await this.flush();
    while (this.startedAt !== null) await this.writing;
    if (this.failed || this.closed) throw new Error(`the record could not continue in ${folder}`);
    // From here to the next `await` nothing can come in between.
    const { folder: before, facts: factsBefore, dataFile, eventFile, data, events } = this;
    const head = headers(facts);
    this.data = head.data + data;
    this.events = head.events + events;
    this.folder = folder;
    this.facts = facts;
    this.dataFile = new GrowingFile(join(folder, 'data.csv'));
    this.eventFile = new GrowingFile(join(folder, 'events.csv'));
    await Promise.all([dataFile.close(), eventFile.close()]);
    await writeFacts(before, factsBefore, { goesOnIn: folder });
  }

  row(row: Row): void {
    if (this.data.length < MOST_WAITING_CHARS) this.data += rowLine(row);
    else this.dropped += 1;
  }

  event(event: EventRecord): void {
    if (this.events.length < MOST_WAITING_CHARS) this.events += eventLine(event);
    else this.dropped += 1;
  }

  /** Writes what has gathered, one batch at a time. Never rejects; a failure shows in `failing` and is tried again. */
  flush(): Promise<void> {
    if (this.startedAt !== null || (this.data === '' && this.events === '')) return this.writing;
    this.startedAt = performance.now();
    this.writing = this.write().finally(() => {
      this.startedAt = null;
    });
    return this.writing;
  }

  private async write(): Promise<void> {
    const { data, events } = this;
    this.data = '';
    this.events = '';
    const [rowsWritten, eventsWritten] = await Promise.all([this.dataFile.append(data), this.eventFile.append(events)]);
    if (!rowsWritten) this.data = data + this.data;
    if (!eventsWritten) this.events = events + this.events;
    this.failed = !rowsWritten || !eventsWritten;
    if (!this.failed) this.droppedSince = this.dropped;
  }

  async close(end: Record<string, unknown>): Promise<void> {
    this.closed = true;
    await this.flush();
    await this.flush();
    await Promise.all([this.dataFile.close(), this.eventFile.close()]);
    // What could not be written is said, so that a record with a hole does not pass for a whole one.
    await writeFacts(this.folder, this.facts, { ...end, droppedLines: this.dropped, complete: !this.failing });
  }
}

async function writeFacts(folder: string, facts: RunFacts, end: Record<string, unknown> | null): Promise<void> {
  await writeFile(join(folder, 'run.json'), `${JSON.stringify({ ...runJson(facts), end }, null, 2)}\n`);
}
