/** A range of the history, record by record, each with its best known date; and records as a table. */
import { csvHead, csvLine } from '../files/csv.ts';
import { secondsOf } from '../units.ts';
import { SAMPLE_UNITS } from './history.ts';
import type { DatedRecord, ExportRange, Store } from './port.ts';
import { type Dated, dated, type StoredRecord } from './record.ts';

const PIECE = 200;

export async function* exportOf(
  store: Pick<Store, 'read' | 'timeSyncs'>,
  range: ExportRange,
): AsyncIterable<DatedRecord> {
  const { fromSeq = 1, toSeq = Number.MAX_SAFE_INTEGER, kinds } = range;
  const syncs = await store.timeSyncs();
  for (let afterSeq = fromSeq - 1; ; ) {
    const piece = await store.read({ afterSeq, limit: PIECE });
    if (piece.length === 0) return;
    for (const record of piece) {
      if (record.seq > toSeq) return;
      if (!kinds || kinds.includes(record.kind)) yield { ...record, dated: dated(record, syncs) };
      afterSeq = record.seq;
    }
  }
}

/** What every line of a table begins with. `time_utc`: the best known date; `time_from`: where that is from. */
const FIRST = { time_utc: '', time_from: '', mono_s: 's', boot: '', seq: '' };

/** Records of one kind as lines of CSV, in the dialect of the run folders; what is in their bodies are the columns. */
export class RecordTable {
  private readonly columns: readonly string[];

  /** @param keys of the bodies of all records that will come; known quantities keep their order */
  constructor(keys: Iterable<string>) {
    const all = new Set(keys);
    const known = Object.keys(SAMPLE_UNITS).filter((name) => all.has(name));
    this.columns = [...known, ...[...all].filter((name) => !(name in SAMPLE_UNITS))];
  }

  head(about: Parameters<typeof csvHead>[0]): string {
    const units = this.columns.map((name) => SAMPLE_UNITS[name] ?? (name.endsWith('_s') ? 's' : ''));
    return csvHead(about, [...Object.keys(FIRST), ...this.columns], [...Object.values(FIRST), ...units]);
  }

  /** `date`: ISO 8601, or null where it is not known. */
  line({ monoUs, boot, seq, body }: Omit<StoredRecord, 'stream'>, date: string | null, from: Dated['from']): string {
    const cells = this.columns.map((name) => body[name]);
    return csvLine([date, from, secondsOf(monoUs), boot, seq, ...cells]);
  }
}
