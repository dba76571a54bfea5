/** The daily summaries: one event for each day of the history that is over. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { aloneNextTo, replaceFileSoon } from '../files/replace-file.ts';
import type { Settings } from '../params/settings.ts';
import { Days, dayText, type KeptDays } from './day.ts';
import type { HistorySession } from './session.ts';

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
export async function summarise(
  settings: Settings,
  { store, wallS }: Pick<HistorySession, 'store' | 'wallS'>,
  closing: AbortSignal,
): Promise<void> {
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
  await replaceFileSoon(path, JSON.stringify(next), 0o644, aloneNextTo(path));
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
