/** Calendar work of a running controller: what is done by the clock of the wall, and never by the clock of the heater. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { replaceFileSoon } from '../../files/replace-file.ts';
import { retireRuns, stampOf } from '../../files/retention.ts';
import type { RunFolder } from '../../files/run-folder.ts';
import { ConfigError } from '../../params/problem.ts';
import type { Settings } from '../../params/settings.ts';
import { Days, dayText, type KeptDays } from '../../store/day.ts';
import type { HistorySession } from '../../store/session.ts';
import { startRefusal } from '../mqtt/command-gate.ts';
import type { Desk } from '../mqtt/remote.ts';
import { type Job, Scheduler } from './scheduler.ts';

export interface CalendarSession {
  /** After each control tick. */
  tick(): void;
  close(): Promise<void>;
}

export interface CalendarParts {
  readonly settings: Settings;
  readonly past: HistorySession;
  readonly desk: Desk;
  readonly journal: Pick<RunFolder, 'folder' | 'goOn'>;
}

/** Plans the jobs of the settings. Throws `ConfigError` for a pattern, a time zone or a recipe that cannot be. */
export function openCalendar(parts: CalendarParts): CalendarSession {
  const { settings, past, desk } = parts;
  checkRecipe(settings, desk);
  const closing = new AbortController();
  const under = { daily: Promise.resolve(), retention: Promise.resolve() };
  const jobs: readonly Job[] = [
    { key: 'schedule.start', missed: 'leave-out', work: () => askForRun(settings, desk) },
    { key: 'schedule.stop', missed: 'make-up', work: () => stopRun(desk) },
    // The summary of days that were missed is part of the next one.
    { key: 'schedule.daily', missed: 'leave-out', work: () => (under.daily = summarise(parts, closing.signal)) },
    { key: 'schedule.retention', missed: 'leave-out', work: () => (under.retention = retire(parts)) },
  ].map((job) => ({ ...job, pattern: String(settings[job.key as keyof Settings]) }) as Job);
  const scheduler = new Scheduler({
    jobs,
    timezone: settings['schedule.timezone'],
    wallS: past.wallS,
    now: () => performance.now() * 1000,
    note: (code, text) => desk.note('command', code, text),
  });
  return {
    tick: () => scheduler.tick(),
    close: async () => {
      scheduler.close();
      closing.abort();
      await Promise.allSettled([under.daily, under.retention]);
    },
  };
}

function checkRecipe(settings: Settings, desk: Desk): void {
  const recipe = settings['schedule.recipe'];
  const { recipes } = desk.bench();
  if (settings['schedule.start'] === 'none' || recipes.includes(recipe)) return;
  const allowed = recipes.join(' | ');
  const remedy = 'Give one of the recipes of this device.';
  throw new ConfigError([{ code: 'RECIPE_UNKNOWN', path: 'schedule.recipe', got: recipe, allowed, remedy }]);
}

/** Asks for a run as a person could: what would be refused to a person is refused here. */
function askForRun(settings: Settings, desk: Desk): void {
  const recipe = settings['schedule.recipe'];
  const durationS = settings['schedule.durationS'];
  const refusal = startRefusal(desk.bench(), recipe);
  if (refusal) desk.note('refused', 'schedule.start', `${refusal.refused} ${refusal.text} (the calendar)`);
  else if (desk.start(recipe, durationS)) {
    desk.note('command', 'schedule.start', `arming (the calendar): ${recipe}, for ${durationS} s`);
  } else desk.note('refused', 'schedule.start', '409 the bench cannot be armed now (the calendar)');
}

function stopRun(desk: Desk): void {
  const { driven } = desk.bench();
  desk.stop();
  desk.note('command', 'schedule.stop', `${driven ? 'heater off' : 'heater was off'} (the calendar)`);
}

/** How far the history was read for summaries, and what is known of days that are not over; beside the history. */
interface Bookmark extends KeptDays {
  readonly stream: string;
  readonly afterSeq: number;
}

const PAGE = 500;

/**
 * Writes one event for each day that is over and has none yet. Every record is read once, and the bookmark is moved when the
 * events are safe: after a crash in between, the events that are found behind it say which days are done. No record holds up
 * the others, whatever its date. Ends without a result when `closing`.
 */
async function summarise({ settings, past }: CalendarParts, closing: AbortSignal): Promise<void> {
  const { store, wallS } = past;
  const path = join(settings['runtime.stateDir'], 'days.json');
  await store.flush();
  const { stream, newestSeq } = store.stats();
  const wall = wallS();
  if (stream === null || newestSeq === null || wall === null) return;
  const dayOf = dayIn(settings['schedule.timezone']);
  const bookmark = bookmarkOf(path, stream);
  const days = new Days(dayOf, bookmark);
  const syncs = await store.timeSyncs();
  let { afterSeq } = bookmark;
  while (afterSeq < newestSeq) {
    const records = await store.read({ afterSeq, limit: PAGE });
    if (closing.aborted) return;
    if (records.length === 0) break;
    for (const record of records) days.take(record, syncs);
    afterSeq = records.at(-1)?.seq ?? newestSeq;
    // The control loop comes first.
    await setImmediate();
  }
  for (const over of days.over(dayOf(wall * 1000))) {
    store.append({ kind: 'event', body: { event: 'daily', code: over.day, text: dayText(over), ...over } });
  }
  await store.flush();
  const next: Bookmark = { stream, afterSeq, ...days.kept() };
  await replaceFileSoon(path, JSON.stringify(next), 0o644);
}

/** From the beginning when there is none for this stream, or none that can be read. */
function bookmarkOf(path: string, stream: string): Bookmark {
  const none = { stream, afterSeq: 0, open: {}, done: [] };
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Bookmark;
    return kept.stream === stream && Number.isSafeInteger(kept.afterSeq) ? { ...none, ...kept } : none;
  } catch {
    return none;
  }
}

/** The running record goes on in a folder of today, then what is too old or too much goes. */
async function retire({ settings, past, desk, journal }: CalendarParts): Promise<void> {
  const wallMs = (past.wallS() ?? 0) * 1000;
  const stamp = stampOf(wallMs);
  const runsDir = settings['runtime.runsDir'];
  const name = basename(journal.folder);
  if (name.slice(0, 10) < stamp.slice(0, 10)) {
    await journal.goOn(join(runsDir, `${stamp}-${name.slice(20)}`), new Date(wallMs).toISOString());
  }
  const before = stampOf(wallMs - settings['runs.maxAgeD'] * 86_400_000);
  const { removed, failed } = await retireRuns({
    runsDir,
    running: journal.folder,
    before,
    maxBytes: settings['runs.maxMb'] * 1e6,
  });
  const text =
    removed.length === 0 ? 'no run folder is too old' : `${removed.length} run folders: ${removed.join(', ')}`;
  if (failed.length > 0) desk.note('refused', 'retention', `cannot be removed: ${failed.join(', ')}`.slice(0, 500));
  desk.note('command', 'retention', text.slice(0, 500));
}

/** The date in a time zone, YYYY-MM-DD. */
function dayIn(timeZone: string): (wallMs: number) => string {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  // A day has 96 quarters of an hour in every time zone there is, so one look at the calendar does for a quarter.
  let quarter = Number.NaN;
  let day = '';
  return (wallMs) => {
    const now = Math.floor(wallMs / 900_000);
    if (now === quarter) return day;
    quarter = now;
    day = format.format(wallMs);
    return day;
  };
}
