/** A range of the history, record by record, each with its best known date. */

import type { DatedRecord, ExportRange, Store } from './port.ts';
import { dated } from './record.ts';

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
