/**
 * Reads a history page by page, without SQLite and without writing: for what is left of a damaged file, and for exports
 * beside a controller that runs. A record is taken from a leaf page of its table when its checksum says that it is what was
 * written, so no index, no inner page and no schema is needed, and a damaged page costs the records in it alone. Pages in
 * the log replace those of the file up to the last commit.
 *
 * Format: https://www.sqlite.org/fileformat2.html (1.5 freelist, 1.6 b-tree pages, 2.1 records, 4 the write-ahead log).
 */
import { Buffer } from 'node:buffer';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { soundEntry } from './entry.ts';
import type { Entry, Head } from './ledger.ts';

/** Bytes of a page, fixed when a history is made. */
export const PAGE = 1024;
/** What stands in the head of a history. */
export interface RawHead extends Head {
  readonly stream: string;
}

/** Where a record lies: number of the page, from 1, and of the cell in it, from 0. */
export interface Place {
  readonly page: number;
  readonly cell: number;
}

export interface RawRecord {
  readonly place: Place;
  readonly entry: Entry;
}

const LEAF = 0x0d;
/** Pages read at once. */
const CHUNK = 256;
/** No record is longer, bytes. */
const LONGEST = 4 << 20;
const RECORD_CELLS = 8;
const HEAD_CELLS = 7;

/** A history file and its log, open for reading. Close it. */
export class RawHistory {
  /** Pages in the file, or in the log beyond it. */
  readonly pages: number;
  private readonly fd: number;
  private readonly logged: ReadonlyMap<number, Buffer>;
  private chunk = Buffer.alloc(0);
  private chunkFrom = 0;
  private readonly unused: ReadonlySet<number>;

  /** @throws a file error when the file cannot be read */
  constructor(path: string) {
    this.fd = openSync(path, 'r');
    this.logged = loggedPages(`${path}-wal`);
    const stored = Math.ceil(fstatSync(this.fd).size / PAGE);
    this.pages = Math.max(stored, ...this.logged.keys());
    this.unused = this.freePages();
  }

  close(): void {
    closeSync(this.fd);
  }

  /** The head; null when its page is damaged. */
  head(): RawHead | null {
    let found: RawHead | null = null;
    for (let page = 1; page <= this.pages; page += 1) {
      for (const { values } of this.cells(page)) {
        const head = values.length === HEAD_CELLS ? headOf(values) : null;
        if (head && (found === null || head.next > found.next)) found = head;
      }
    }
    return found;
  }

  /** Every sound record once, in the order of the pages; not always in that of the numbers. */
  *records(): Generator<RawRecord> {
    const seen = new Set<number>();
    for (let page = 1; page <= this.pages; page += 1) {
      for (const { cell, rowid, values } of this.cells(page)) {
        const entry = entryIn(rowid, values);
        if (entry === null || seen.has(entry.seq)) continue;
        seen.add(entry.seq);
        yield { place: { page, cell }, entry };
      }
    }
  }

  /** The record at a place where one was found; null when it has changed meanwhile. */
  at({ page, cell }: Place): Entry | null {
    for (const one of this.cells(page)) if (one.cell === cell) return entryIn(one.rowid, one.values);
    return null;
  }

  /** The cells of a leaf page of a table; none for every other page, and none that does not fit the format. */
  private *cells(number: number): Generator<{ cell: number; rowid: number; values: unknown[] }> {
    const page = this.page(number);
    const from = number === 1 ? 100 : 0;
    if (page === null || page[from] !== LEAF || this.unused.has(number)) return;
    const count = page.readUInt16BE(from + 3);
    for (let cell = 0; cell < count && from + 10 + 2 * cell <= PAGE; cell += 1) {
      const found = this.cellAt(page, page.readUInt16BE(from + 8 + 2 * cell));
      if (found) yield { cell, ...found };
    }
  }

  private cellAt(page: Buffer, at: number): { rowid: number; values: unknown[] } | null {
    try {
      const [bytes, afterBytes] = varint(page, at);
      const [rowid, from] = varint(page, afterBytes);
      if (bytes > LONGEST) return null;
      const payload = this.payload(page, from, bytes);
      const values = payload && valuesIn(payload);
      return values ? { rowid, values } : null;
    } catch (error) {
      // It points out of its page.
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** The bytes of a cell: what is in its page, and its overflow pages. */
  private payload(page: Buffer, from: number, bytes: number): Buffer | null {
    const most = PAGE - 35;
    const least = Math.floor(((PAGE - 12) * 32) / 255) - 23;
    const wanted = least + ((bytes - least) % (PAGE - 4));
    const local = bytes <= most ? bytes : wanted <= most ? wanted : least;
    if (from + local > PAGE) return null;
    const parts = [page.subarray(from, from + local)];
    let next = local < bytes ? page.readUInt32BE(from + local) : 0;
    for (let left = bytes - local; left > 0; left -= PAGE - 4) {
      const more = next === 0 ? null : this.page(next);
      if (more === null) return null;
      parts.push(more.subarray(4, 4 + Math.min(left, PAGE - 4)));
      next = more.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }

  /** A page by its number, as of the last commit; null beyond the end. */
  private page(number: number): Buffer | null {
    const logged = this.logged.get(number);
    if (logged) return logged;
    if (number < 1 || number > this.pages) return null;
    const at = number - 1;
    if (at < this.chunkFrom || (at - this.chunkFrom + 1) * PAGE > this.chunk.length) {
      // A new one each time: pages that were handed out are parts of the old one.
      const chunk = Buffer.alloc(CHUNK * PAGE);
      const read = readSync(this.fd, chunk, 0, chunk.length, at * PAGE);
      this.chunk = chunk.subarray(0, read);
      this.chunkFrom = at;
    }
    const offset = (at - this.chunkFrom) * PAGE;
    return offset + PAGE <= this.chunk.length ? this.chunk.subarray(offset, offset + PAGE) : null;
  }

  /** Pages that are not in use: what lies in them was deleted. */
  private freePages(): Set<number> {
    const free = new Set<number>();
    const first = this.page(1);
    if (first === null || first.toString('latin1', 0, 15) !== 'SQLite format 3') return free;
    for (let trunk = first.readUInt32BE(32); trunk !== 0 && !free.has(trunk); ) {
      const page = this.page(trunk);
      if (page === null) break;
      free.add(trunk);
      const count = Math.min(page.readUInt32BE(4), PAGE / 4 - 2);
      for (let i = 0; i < count; i += 1) free.add(page.readUInt32BE(8 + 4 * i));
      trunk = page.readUInt32BE(0);
    }
    return free;
  }
}

/** An integer of one to nine bytes, and where it ends. @throws RangeError behind the end of the bytes */
function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0;
  for (let i = 0; i < 8; i += 1) {
    const byte = bytes.readUInt8(at + i);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + i + 1];
  }
  return [value * 256 + bytes.readUInt8(at + 8), at + 9];
}

const INTEGER_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 6 };

/** The values of a row; null when the bytes are not one. @throws RangeError behind the end of the bytes */
function valuesIn(row: Buffer): unknown[] | null {
  const [headBytes, first] = varint(row, 0);
  const values: unknown[] = [];
  let at = headBytes;
  for (let head = first; head < headBytes; ) {
    const [type, next] = varint(row, head);
    head = next;
    const [value, bytes] = valueAt(row, at, type);
    if (at + bytes > row.length || values.length >= RECORD_CELLS) return null;
    values.push(value);
    at += bytes;
  }
  return values;
}

function valueAt(row: Buffer, at: number, type: number): [value: unknown, bytes: number] {
  if (type === 0) return [null, 0];
  if (type === 8 || type === 9) return [type - 8, 0];
  if (type === 6) return [Number(row.readBigInt64BE(at)), 8];
  const integer = INTEGER_BYTES[type];
  if (integer !== undefined) return [row.readIntBE(at, integer), integer];
  if (type < 12) throw new RangeError(`there is no value of type ${type} in a history`);
  const bytes = Math.floor((type - 12) / 2);
  const part = row.subarray(at, at + bytes);
  return [type % 2 === 0 ? part : part.toString('utf8'), bytes];
}

function entryIn(seq: number, values: unknown[]): Entry | null {
  if (values.length !== RECORD_CELLS) return null;
  const [, boot, mono_us, wall_ms, clock, kind, crc, body] = values;
  return soundEntry({ seq, boot, mono_us, wall_ms, clock, kind, crc, body });
}

function headOf([, stream, next, cursor, floor, records, batch]: unknown[]): RawHead | null {
  const counts = [next, cursor, floor, records];
  if (!counts.every((value) => Number.isSafeInteger(value) && (value as number) >= 0)) return null;
  if (typeof stream !== 'string' || !/^[0-9a-f]{12}$/.test(stream) || typeof batch !== 'string') return null;
  const [n = 0, c = 0, f = 0, r = 0] = counts as number[];
  return Math.max(c, f, r) < n ? { stream, next: n, cursor: c, floor: f, records: r, batch } : null;
}

const FRAME = 24 + PAGE;

/** The newest committed version of each page in a log. A damaged frame is left out, and those behind it are judged alone. */
function loggedPages(path: string): Map<number, Buffer> {
  const pages = new Map<number, Buffer>();
  if (!existsSync(path)) return pages;
  const log = readFileSync(path);
  if (log.length < 32) return pages;
  const magic = log.readUInt32BE(0);
  const isLittle = magic === 0x377f0682;
  if (!isLittle && magic !== 0x377f0683) return pages;
  const salts = log.subarray(16, 24);
  let pending: [number, Buffer][] = [];
  for (let at = 32; at + FRAME <= log.length; at += FRAME) {
    if (!log.subarray(at + 8, at + 16).equals(salts)) continue;
    // The sum goes on from the one that the frame before, or the log’s head, ends with.
    const before = at === 32 ? 24 : at - FRAME + 16;
    const start: Sums = [log.readUInt32BE(before), log.readUInt32BE(before + 4)];
    const sums = summed(log.subarray(at + 24, at + FRAME), summed(log.subarray(at, at + 8), start, isLittle), isLittle);
    if (sums[0] !== log.readUInt32BE(at + 16) || sums[1] !== log.readUInt32BE(at + 20)) continue;
    pending.push([log.readUInt32BE(at), log.subarray(at + 24, at + FRAME)]);
    if (log.readUInt32BE(at + 4) === 0) continue;
    for (const [number, page] of pending) pages.set(number, page);
    pending = [];
  }
  return pages;
}

type Sums = readonly [number, number];

function summed(bytes: Buffer, [a, b]: Sums, isLittle: boolean): Sums {
  let [x, y] = [a, b];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    x = (x + (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + y) >>> 0;
    y = (y + (isLittle ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + x) >>> 0;
  }
  return [x, y];
}
