/** What the tests of the history share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import type { Batch, Draft, Entry } from '../../src/store/ledger.ts';
import type { GapBody, Kind, Stamp } from '../../src/store/record.ts';
import { Vault, type VaultOptions } from '../../src/store/vault.ts';
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

const opened: Vault[] = [];
let tokens = 0;
/** A vault with a token and streams of its own, closed after the test. */
export function vaultIn(folder: string, more: Partial<VaultOptions> = {}): Vault {
  const token = `t${tokens++}`;
  let streams = 0;
  const newStream = (): string => `abcd${String(tokens).padStart(6, '0')}${String(streams++).padStart(2, '0')}`;
  const vault = new Vault({
    folder,
    maxBytes: 4 << 20,
    maxAgeS: 1e9,
    boot: `boot-${token}`,
    token,
    newStream,
    ...more,
  });
  opened.push(vault);
  return vault;
}
afterEach(() => {
  for (const vault of opened.splice(0)) vault.close();
});

/** Everything that a vault holds, page by page. */
export function readAll(vault: Vault): Entry[] {
  const found: Entry[] = [];
  for (;;) {
    const { entries } = vault.read(found.at(-1)?.seq ?? 0, 500, NO_CLOCK(0));
    if (entries.length === 0) return found;
    found.push(...entries);
  }
}
