/** The interface of a history, on disk or in memory. */
import type { Dated, Kind, NewRecord, StoredRecord } from './record.ts';

export interface Position {
  readonly afterSeq: number;
  readonly limit: number;
}

export interface ExportRange {
  readonly fromSeq?: number;
  readonly toSeq?: number;
  readonly kinds?: readonly Kind[];
}

export interface DatedRecord extends StoredRecord {
  readonly dated: Dated;
}

export interface StoreStats {
  /** Null before the database could be opened. */
  readonly stream: string | null;
  readonly durable: boolean;
  readonly records: number;
  /** Bytes of the database file. */
  readonly bytes: number;
  readonly oldestSeq: number | null;
  readonly newestSeq: number | null;
  readonly cursor: number;
  /** Records that wait for the disk. */
  readonly waiting: number;
  /** Records that never reached the disk, since the start. */
  readonly dropped: number;
  readonly failing: boolean;
  readonly lastError: string | null;
}

export interface Store {
  /** The start of the program that new records belong to. */
  readonly boot: string;
  /** True while records cannot be written. */
  readonly failing: boolean;
  /** Never waits, never throws. */
  append(record: NewRecord): void;
  /** Resolves when all that was appended before is safe on disk; rejects when an attempt to write it failed. */
  flush(): Promise<void>;
  /** Records after a number, oldest first, at most 500 at a time. */
  read(position: Position): Promise<StoredRecord[]>;
  timeSyncs(): Promise<StoredRecord[]>;
  /** Records up to this number were acknowledged. */
  cursor(): number;
  /** Forward only, never beyond what is stored, and only in the stream that it was read from. Durable with the next flush. */
  moveCursor(seq: number, stream?: string): void;
  export(range?: ExportRange): AsyncIterable<DatedRecord>;
  stats(): StoreStats;
  /** Writes waiting records if the disk accepts them, and releases the folder. */
  close(): Promise<void>;
}
