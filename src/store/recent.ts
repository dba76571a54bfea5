/** The newest samples and events of the history, for a page that goes on over a restart. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ChartSample, PageEvent, PagePast, PastOf } from '../params/page.ts';
import { VERDICT_NAMES, type Verdict } from '../params/verdict.ts';
import { CHART_COLUMNS } from '../params/web.ts';
import { type Instant, secondsOf } from '../units.ts';
import { sampleName } from './history.ts';
import type { Store } from './port.ts';
import { dated, type StoredRecord } from './record.ts';

/** So many records, about an hour, in pieces that cost the thread of the controller a millisecond each, with rests between them. */
const RECORDS = 4500;
const PIECE = 40;
const REST_MS = 80;

/** Where the samples are drawn: those of an earlier start by their date. */
export interface Here {
  /** The bench’s time and the computer’s, at the same instant. */
  readonly now: Instant;
  readonly wallMs: number;
}

/**
 * Samples and events of earlier starts of the program, or of all, oldest first, on the time axis of this one; the events count up to 0. Rejects
 * when the history cannot be read.
 * @param here is asked once, at the end
 */
export async function recentPast(store: Store, of: PastOf, here: () => Here): Promise<PagePast> {
  const { newestSeq } = store.stats();
  if (newestSeq === null) return { samples: [], events: [] };
  const found: StoredRecord[] = [];
  for (let afterSeq = Math.max(0, newestSeq - RECORDS); afterSeq < newestSeq; ) {
    const piece = await store.read({ afterSeq, limit: PIECE });
    if (piece.length === 0) break;
    found.push(...piece.filter(({ boot, seq }) => (of === 'all' || boot !== store.boot) && seq <= newestSeq));
    afterSeq = piece.at(-1)?.seq ?? newestSeq;
    await pause(REST_MS, undefined, { ref: false });
  }
  const syncs = await store.timeSyncs();
  const { now, wallMs } = here();
  const placed = found.flatMap((record) => {
    const date = dated(record, syncs).wallMs;
    return date === null ? [] : [{ record, date, mono_s: secondsOf(now) - (wallMs - date) / 1000 }];
  });
  const events = placed.filter(({ record }) => record.kind === 'event');
  return {
    samples: placed
      .filter(({ record }) => record.kind === 'sample')
      .map(({ record, mono_s }) => sampleOf(record, mono_s)),
    events: events.map(({ record, date, mono_s }, i) => eventOf(record, i + 1 - events.length, date, mono_s)),
  };
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '');

const eventOf = ({ body }: StoredRecord, seq: number, wallMs: number, mono_s: number): PageEvent => ({
  seq,
  mono_s,
  wall_s: wallMs / 1000,
  run: typeof body['run'] === 'number' ? body['run'] : 0,
  kind: word(body['event']),
  code: word(body['code']),
  text: word(body['text']),
});

function sampleOf({ body }: StoredRecord, mono_s: number): ChartSample {
  const values = CHART_COLUMNS.map((name) => {
    const value = body[sampleName(name)];
    return typeof value === 'number' ? value : null;
  });
  return { mono_s, values, verdict: isVerdict(body['verdict']) ? body['verdict'] : 'CANNOT_SEE' };
}

const isVerdict = (it: unknown): it is Verdict => VERDICT_NAMES.some((name) => name === it);
