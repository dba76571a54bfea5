/**
 * The record of a run: run.json, data.csv and events.csv in a folder of its own. Every file is made where there was none;
 * a record that is there is never written over. Lines are collected and written in batches; lines that cannot be written
 * are dropped and counted; the loop never waits.
 */
import { createHash, randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { type FileHandle, open, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { EventRecord } from '../params/event-record.ts';
import type { Recipe } from '../params/recipe.ts';
import { type Settings, toldSettings } from '../params/settings.ts';
import type { Row } from '../params/telemetry.ts';
import { TELEMETRY, TELEMETRY_NAMES } from '../params/telemetry.ts';
import type { Journal } from '../runtime/record.ts';
import { csvHead, csvLine } from './csv.ts';
import { PACKAGE_ROOT } from './recipes.ts';
import { replaceFile, replaceFileSoon } from './replace-file.ts';
import { newFolder, roomFor, writeNew } from './taken.ts';

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
  /** The recipe at the start; the column `recipe` tells when another one is armed. */
  readonly recipe: Recipe;
  readonly simulated: boolean;
  /** Wall time of the start, ISO 8601, and how far it can be trusted. Null in virtual time. */
  readonly wallTime: string | null;
}

/** What tells a record from every other one. */
interface Identity {
  /** The same in all folders of one record. */
  readonly id: string;
  /** The folder that this one continues, or null. */
  readonly continues: string | null;
}

export const FILES = { run: 'run.json', data: 'data.csv', events: 'events.csv' } as const;

const BATCH_CHARS = 65_536;
/** More than this waiting for a slow disk is dropped: the oldest rows stay, the loop never waits. */
const MOST_WAITING_CHARS = 8_000_000;

const EVENT_COLUMNS = ['mono_s', 'time_s', 'wall_utc', 'run', 'kind', 'code', 'text', 'asked_us', 'achieved_us'];

/** More decimals than a column needs would be noise; an absent value is an empty cell. */
const cell = (value: number | string | null, decimals: number): unknown =>
  typeof value === 'number' && Number.isFinite(value) ? value.toFixed(decimals) : value;

export const rowLine = (row: Row): string =>
  csvLine(TELEMETRY_NAMES.map((name) => cell(row[name], TELEMETRY[name].decimals)));

export const eventLine = (e: EventRecord): string =>
  csvLine([
    e.monoS.toFixed(6),
    e.timeS === null ? null : e.timeS.toFixed(6),
    e.wallUtc ?? null,
    e.run || null,
    e.kind,
    e.code,
    e.text,
    e.askedUs?.toFixed(0),
    e.achievedUs?.toFixed(0),
  ]);

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

/**
 * SHA-256 over what a recipe does (its steps, light and whether it follows the settings), 12 hexadecimal digits: the same
 * recipe under another name or title has the same hash.
 */
export function recipeHash({ steps, light, followSettings }: Recipe): string {
  return createHash('sha256')
    .update(JSON.stringify([followSettings, light, steps]))
    .digest('hex')
    .slice(0, 12);
}

/** A sentence that ties what else is kept of a run, as the history, to its record with this id. */
export function recordWords({ settings, recipe, loaded }: RunFacts, id: string): string {
  const told = (['sample', 'operator', 'note'] as const).flatMap((name) => {
    const text = said(settings[`run.${name}`]);
    return text === null ? [] : [`${name}: ${text}`];
  });
  const what = `record ${id}, recipe ${recipe.name} (hash ${recipeHash(recipe)}), configuration ${loaded.hash}`;
  return [what, ...told].join('; ');
}

const said = (text: string): string | null => (text === 'none' ? null : text);

/** The facts that make a run repeatable. */
export function runJson(facts: RunFacts, { id, continues }: Identity): Record<string, unknown> {
  const { settings, loaded, recipe } = facts;
  return {
    id,
    continues,
    bench: facts.simulated ? 'SIMULATED' : 'hardware',
    simulated: facts.simulated,
    versions: {
      remixd: VERSION,
      commit: commitOf(PACKAGE_ROOT),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
    sample: said(settings['run.sample']),
    operator: said(settings['run.operator']),
    note: said(settings['run.note']),
    seed: facts.simulated ? settings['sim.seed'] : null,
    simSample: facts.simulated ? settings['sim.sample'] : null,
    recipe: { ...recipe, hash: recipeHash(recipe) },
    config: { file: loaded.file, hash: loaded.hash },
    calibration: loaded.calibration,
    time: { wall: facts.wallTime, quality: facts.wallTime === null ? 'virtual' : 'unverified', zero: 'recipe start' },
    settings: toldSettings(settings),
  };
}

/** The lines before the rows. In virtual time nothing in them is new each time: the same seed gives the same bytes. */
function headers(facts: RunFacts, { id, continues }: Identity): { data: string; events: string } {
  const { settings, simulated, wallTime } = facts;
  const about = {
    bench: simulated ? 'SIMULATED' : 'hardware',
    id: wallTime === null ? null : id,
    continues: continues === null ? null : basename(continues),
    started: wallTime,
    sample: said(settings['run.sample']),
    operator: said(settings['run.operator']),
    note: said(settings['run.note']),
    recipe: facts.recipe.name,
    recipe_hash: recipeHash(facts.recipe),
    sim_sample: simulated ? settings['sim.sample'] : null,
    seed: simulated ? settings['sim.seed'] : null,
    config_hash: facts.loaded.hash,
    calibration: facts.loaded.calibration,
  };
  const units = TELEMETRY_NAMES.map((name) => TELEMETRY[name].unit);
  return { data: csvHead(about, TELEMETRY_NAMES, units), events: csvHead(about, EVENT_COLUMNS) };
}

/**
 * A journal for virtual time: nothing else waits for the disk, so it writes at once, batch by batch. The folder may be
 * there, a record in it may not.
 */
export class VirtualRunFolder implements Journal {
  readonly failing = false;
  private readonly identity: Identity = { id: randomUUID(), continues: null };
  private data: string;
  private events: string;

  /** @throws Taken when the folder holds a file of a record (nothing is written then), or a file error */
  constructor(
    readonly folder: string,
    private readonly facts: RunFacts,
  ) {
    ({ data: this.data, events: this.events } = headers(facts, this.identity));
    roomFor(folder, Object.values(FILES));
    for (const name of Object.values(FILES)) writeNew(join(folder, name), '');
    this.tell(null);
  }

  row(row: Row): void {
    this.data += rowLine(row);
    if (this.data.length > BATCH_CHARS) this.flush();
  }

  event(event: EventRecord): void {
    this.events += eventLine(event);
    if (this.events.length > BATCH_CHARS) this.flush();
  }

  /** Writes what is left, and how the run ended. */
  close(end: Record<string, unknown>): void {
    this.flush();
    this.tell(end);
  }

  private tell(end: Record<string, unknown> | null): void {
    replaceFile(join(this.folder, FILES.run), factsText(this.facts, this.identity, end), 0o644);
  }

  private flush(): void {
    appendFileSync(join(this.folder, FILES.data), this.data);
    appendFileSync(join(this.folder, FILES.events), this.events);
    this.data = '';
    this.events = '';
  }
}

/** A write that takes longer than this counts as failing, ms. */
const SLOW_MS = 5000;

/** One file that grows where there was none: a batch that could not be written whole is written again at the same place. */
class GrowingFile {
  private handle: FileHandle | null = null;
  private length = 0;

  constructor(private readonly path: string) {}

  /** True when all of `text` is in the file. */
  async append(text: string): Promise<boolean> {
    if (text === '') return true;
    try {
      this.handle ??= await open(this.path, 'wx');
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
  /** What the folders of this record are called, without the time in front. */
  readonly label: string;
  private failed = false;
  private droppedSince = 0;
  private data: string;
  private events: string;
  /** Null before the folder was made. */
  private files: { readonly data: GrowingFile; readonly events: GrowingFile } | null = null;
  private identity: Identity = { id: randomUUID(), continues: null };
  private writing: Promise<void> = Promise.resolve();
  private startedAt: number | null = null;
  private closed = false;

  /** @param folder where the record shall be; `folder` is where it is, once it was opened */
  constructor(
    public folder: string,
    private facts: RunFacts,
  ) {
    this.label = basename(folder).slice(STAMP_CHARS);
    ({ data: this.data, events: this.events } = headers(facts, this.identity));
  }

  /** Tells this record from every other one; the same in all its folders. */
  get id(): string {
    return this.identity.id;
  }

  /** The last batch failed, one hangs, or lines had to be dropped since the last good one. */
  get failing(): boolean {
    const hangs = this.startedAt !== null && performance.now() - this.startedAt > SLOW_MS;
    return this.failed || hangs || this.dropped > this.droppedSince;
  }

  /**
   * Makes the folder, with -2, -3, … behind its name when that is taken, and writes run.json. Rejects with a file error when
   * that is impossible: better to know before anything is armed.
   */
  async open(): Promise<void> {
    this.folder = await newFolder(this.folder);
    await writeFile(join(this.folder, FILES.run), factsText(this.facts, this.identity, null), { flag: 'wx' });
    this.files = filesIn(this.folder);
  }

  /**
   * Continues in another folder (or `folder`-2, …) with headers of its own, and closes the folder so far. Each names the other
   * in its run.json, and both have the same id. Rejects and continues where it was when the new folder cannot be made, what
   * has gathered cannot be written, or the record was closed meanwhile. When only the folder so far cannot be closed or
   * completed, it rejects as well, but the record is in the new folder by then; `folder` says where.
   * @param wallTime the time of the new folder, ISO 8601
   */
  async goOn(folder: string, wallTime: string): Promise<void> {
    const next = await newFolder(folder);
    const facts = { ...this.facts, wallTime };
    const identity = { ...this.identity, continues: this.folder };
    const factsPath = join(next, FILES.run);
    try {
      await writeFile(factsPath, factsText(facts, identity, null), { flag: 'wx' });
      await this.flush();
      while (this.startedAt !== null) await this.writing;
      if (this.failed || this.closed || !this.files) throw new Error(`the record could not continue in ${next}`);
    } catch (error) {
      // Nothing was recorded in it.
      await rm(factsPath, { force: true }).then(
        () => rmdir(next),
        () => {},
      );
      throw error;
    }
    // From here to the next `await` nothing can come in between.
    const { folder: before, facts: factsBefore, identity: identityBefore, files, data, events } = this;
    const head = headers(facts, identity);
    this.data = head.data + data;
    this.events = head.events + events;
    this.folder = next;
    this.facts = facts;
    this.identity = identity;
    this.files = filesIn(next);
    await Promise.all([files.data.close(), files.events.close()]);
    await replaceFacts(before, factsText(factsBefore, identityBefore, { goesOnIn: next }));
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
    const { files, data, events } = this;
    if (!files) {
      this.failed = true;
      return;
    }
    this.data = '';
    this.events = '';
    const [rowsWritten, eventsWritten] = await Promise.all([files.data.append(data), files.events.append(events)]);
    if (!rowsWritten) this.data = data + this.data;
    if (!eventsWritten) this.events = events + this.events;
    this.failed = !rowsWritten || !eventsWritten;
    if (!this.failed) this.droppedSince = this.dropped;
  }

  /** Writes what is left, and how the record ended. Rejects with a file error; does nothing where no folder was made. */
  async close(end: Record<string, unknown>): Promise<void> {
    this.closed = true;
    await this.flush();
    await this.flush();
    if (!this.files) return;
    await Promise.all([this.files.data.close(), this.files.events.close()]);
    // What could not be written is said, so that a record with a hole does not pass for a whole one.
    const whole = { ...end, droppedLines: this.dropped, complete: !this.failing };
    await replaceFacts(this.folder, factsText(this.facts, this.identity, whole));
  }
}

/** Folders begin with the time of their start and a dash. */
const STAMP_CHARS = '2026-11-20T08-00-00-'.length;

const filesIn = (folder: string) => ({
  data: new GrowingFile(join(folder, FILES.data)),
  events: new GrowingFile(join(folder, FILES.events)),
});

const factsText = (facts: RunFacts, identity: Identity, end: Record<string, unknown> | null): string =>
  `${JSON.stringify({ ...runJson(facts, identity), end }, null, 2)}\n`;

/** As a whole: a power cut leaves what was told before, or this. */
const replaceFacts = (folder: string, text: string): Promise<void> =>
  replaceFileSoon(join(folder, FILES.run), text, 0o644);
