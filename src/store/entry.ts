/** How a record lies in a row of the history’s table, and whether it is what was written. */
import { instant } from '../units.ts';
import { inflated } from './compress.ts';
import { crc32 } from './crc.ts';
import { clockOf, type Entry, kindOf } from './ledger.ts';

/** The database contains something that this program did not write. */
export class Damaged extends Error {
  override name = 'Damaged';
}

export type Cells = Readonly<Record<string, unknown>>;

/** A record whose text does not match its checksum keeps its place and is marked as damaged. */
export function entryOf(row: Cells): Entry {
  const { entry, isSound } = decoded(row);
  return isSound ? entry : { ...entry, body: '{"damaged":true}' };
}

/** The record, if it is what was written; null for one that cannot be trusted. */
export function soundEntry(row: Cells): Entry | null {
  try {
    const { entry, isSound } = decoded(row);
    return isSound ? entry : null;
  } catch {
    return null;
  }
}

function decoded(row: Cells): { readonly entry: Entry; readonly isSound: boolean } {
  const cells = [row['seq'], row['boot'], row['mono_us'], row['wall_ms'], row['clock'], row['kind']];
  const clock = clockOf(integer(row['clock']));
  const kind = kindOf(integer(row['kind']));
  if (!clock || !kind) throw new Damaged('a record has an unknown kind');
  const body = bodyOf(row['body']);
  const entry = {
    seq: integer(row['seq']),
    boot: text(row['boot']),
    monoUs: instant(integer(row['mono_us'])),
    wallMs: row['wall_ms'] === null ? null : integer(row['wall_ms']),
    clock,
    kind,
    body,
  };
  return { entry, isSound: sum(cells, body) === integer(row['crc']) };
}

function bodyOf(value: unknown): string {
  try {
    return value instanceof Uint8Array ? inflated(value) : '';
  } catch {
    return '';
  }
}

export const sum = (cells: readonly unknown[], body: string): number => crc32(`${cells.join(' ')} ${body}`);

/** @throws Damaged for anything but a whole number */
export function integer(value: unknown): number {
  const number = Number(value);
  if (value == null || !Number.isSafeInteger(number)) throw new Damaged('a value is not a number');
  return number;
}

/** @throws Damaged for anything but a text */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Damaged('a value is not text');
  return value;
}
