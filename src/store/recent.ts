/** The newest samples of the history, for a chart that goes on over a restart. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ChartSample } from '../params/page.ts';
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
 * Samples of earlier starts of the program, oldest first, on the time axis of this one. Rejects when the history cannot be read.
 * @param here is asked once, at the end
 */
export async function recentSamples(store: Store, here: () => Here): Promise<ChartSample[]> {
  const { newestSeq } = store.stats();
  if (newestSeq === null) return [];
  const found: StoredRecord[] = [];
  for (let afterSeq = Math.max(0, newestSeq - RECORDS); afterSeq < newestSeq; ) {
    const piece = await store.read({ afterSeq, limit: PIECE });
    if (piece.length === 0) break;
    found.push(...piece.filter(({ kind, boot, seq }) => kind === 'sample' && boot !== store.boot && seq <= newestSeq));
    afterSeq = piece.at(-1)?.seq ?? newestSeq;
    await pause(REST_MS, undefined, { ref: false });
  }
  const syncs = await store.timeSyncs();
  const { now, wallMs } = here();
  return found.flatMap((record): ChartSample[] => {
    const date = dated(record, syncs).wallMs;
    return date === null ? [] : [sampleOf(record, secondsOf(now) - (wallMs - date) / 1000)];
  });
}

function sampleOf({ body }: StoredRecord, mono_s: number): ChartSample {
  const values = CHART_COLUMNS.map((name) => {
    const value = body[sampleName(name)];
    return typeof value === 'number' ? value : null;
  });
  return { mono_s, values, verdict: isVerdict(body['verdict']) ? body['verdict'] : 'CANNOT_SEE' };
}

const isVerdict = (it: unknown): it is Verdict => VERDICT_NAMES.some((name) => name === it);
