/** What the tests of the history share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Batch, Draft, Entry } from '../../src/store/ledger.ts';
import type { GapBody, Kind, Stamp } from '../../src/store/record.ts';
import { instant } from '../../src/units.ts';

const made: string[] = [];
/** A folder that is gone after the tests of the file. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-history-'));
  made.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const NO_CLOCK = (monoUs: number): Stamp => ({ monoUs: instant(monoUs), wallMs: null, clock: 'none' });
export const SYNCED = (monoUs: number, wallMs: number): Stamp => ({ monoUs: instant(monoUs), wallMs, clock: 'synced' });

export const draft = (kind: Kind, body: object = {}, stamp: Stamp = NO_CLOCK(0)): Draft => ({
  ...stamp,
  kind,
  body: JSON.stringify(body),
});

let batches = 0;
export const batchOf = (drafts: readonly Draft[], more: Partial<Batch> = {}): Batch & { stream: string | null } => ({
  id: `batch ${batches++}`,
  drafts,
  overflow: { n: 0, events: 0 },
  cursor: 0,
  stamp: NO_CLOCK(0),
  stream: null,
  ...more,
});

export const gapsOf = (entries: readonly Entry[]): GapBody[] =>
  entries.filter(({ kind }) => kind === 'gap').map(({ body }) => JSON.parse(body) as GapBody);

export const isCovered = (seq: number, gaps: readonly GapBody[]): boolean =>
  gaps.some(({ from, to }) => from <= seq && seq <= to);

/** Chance with a seed, so that a failure can be repeated. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A text of this length, always the same, that hardly shrinks when it is packed. */
export function text(size: number): string {
  const random = chance(size);
  return Array.from({ length: size }, () =>
    String.fromCharCode(48 + Math.floor(random() * 74)).replace('\\', '-'),
  ).join('');
}
