/** A damaged page costs the records in it: the rest stays, with their numbers, and a gap record counts what is missing. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGE, RawHistory } from '../../src/store/raw.ts';
import type { Vault } from '../../src/store/vault.ts';
import { batchOf, chance, draft, gapsOf, isCovered, NO_CLOCK, newFolder, readAll, text, vaultIn } from './support.ts';

const NOW = NO_CLOCK(0);

const TOTAL = 220;
/** Samples of a usual length, an event in every ten, and now and then a dump over many pages. */
const draftOf = (i: number) => {
  if (i % 140 === 139) return draft('dump', { i, x: text(9000) });
  return draft(i % 10 === 0 ? 'event' : 'sample', { i, x: text(150) });
};

function made(): { folder: string; stream: string } {
  const folder = newFolder();
  const vault = vaultIn(folder);
  for (let i = 0; i < TOTAL; i += 20) vault.commit(batchOf(Array.from({ length: 20 }, (_, k) => draftOf(i + k))));
  const { stream } = vault.state(NOW);
  vault.commit({ ...batchOf([], { cursor: 100 }), stream });
  vault.close();
  return { folder, stream };
}

const asideOf = (folder: string): string[] => readdirSync(folder).filter((name) => /damaged-\d+$/.test(name));

describe('a history with one damaged page', () => {
  const { folder: source, stream } = made();
  const file = readFileSync(join(source, 'history.db'));
  const pages = file.length / PAGE;
  /** Opens a copy with its page `number` changed, reads and checks all of it, and gives what is there then. */
  function damaged(number: number, change: (page: Buffer) => void): { folder: string; vault: Vault; bytes: Buffer } {
    const folder = newFolder();
    const bytes = Buffer.from(file);
    change(bytes.subarray((number - 1) * PAGE, number * PAGE));
    writeFileSync(join(folder, 'history.db'), bytes);
    const vault = vaultIn(folder);
    readAll(vault);
    vault.check(NOW);
    vault.commit(batchOf([draft('sample', { after: true })]));
    return { folder, vault, bytes };
  }

  it('keeps nearly all records whichever page it is, and accounts for each of the others', () => {
    const random = chance(11);
    const worst = { lost: 0, page: 0 };
    let aside = 0;
    for (let page = 1; page <= pages; page += 1) {
      const { folder, vault, bytes } = damaged(page, (buffer) => {
        for (let i = 0; i < PAGE; i += 1) buffer[i] = Math.floor(random() * 256);
      });
      const entries = readAll(vault);
      const sound = entries.filter(({ seq, body }) => seq <= TOTAL && body !== '{"damaged":true}');
      const lost = TOTAL - sound.length;
      if (lost > worst.lost) Object.assign(worst, { lost, page });
      const seqs = new Set(entries.map(({ seq }) => seq));
      const gaps = gapsOf(entries);
      for (let seq = 1; seq <= TOTAL; seq += 1)
        expect(seqs.has(seq) || isCovered(seq, gaps), `${page}: ${seq}`).toBe(true);
      for (const { seq, body } of sound) {
        expect(JSON.parse(body)).toMatchObject({ i: seq - 1 });
      }
      const copies = asideOf(folder);
      aside += copies.length;
      // Byte for byte as it was found.
      if (copies[0] !== undefined) expect(readFileSync(join(folder, copies[0])).equals(bytes)).toBe(true);
      if (copies.length > 0 && lost > 0) expect(gaps.map((gap) => [gap.n, gap.why])).toEqual([[lost, 'damaged']]);
      vault.close();
    }
    expect(aside).toBeGreaterThan(pages / 2);
    // A leaf page holds a handful of records.
    expect(worst.lost).toBeLessThan(12);
  });

  it('says how much is missing, in the gap record and in words, and goes on with stream, cursor and numbers', () => {
    // The first page of the table’s leaves that holds records from the middle.
    const raw = new RawHistory(join(source, 'history.db'));
    const place = [...raw.records()].find(({ entry }) => entry.seq === 200)?.place.page ?? 0;
    const inPage = [...raw.records()].filter((record) => record.place.page === place).map(({ entry }) => entry.seq);
    raw.close();
    const { folder, vault } = damaged(place, (page) => page.fill(0xff, 0, 40));
    const state = vault.state(NOW);
    const entries = readAll(vault);
    const [gap] = gapsOf(entries);
    expect(gap).toEqual({
      from: Math.min(...inPage),
      to: Math.max(...inPage),
      n: inPage.length,
      events: inPage.length,
      why: 'damaged',
    });
    expect(state).toMatchObject({ stream, cursor: 100 });
    const told = entries.find(({ body }) => body.includes('The history was damaged'));
    expect(told?.body).toContain(
      `${TOTAL - inPage.length} records were read and go on in a new one; ${inPage.length} are`,
    );
    expect(told?.body).toContain('The damaged file was kept as history.db.damaged-1');
    // No number is given away twice.
    expect(entries.filter(({ seq }) => seq > TOTAL).map(({ kind }) => kind)).toEqual(['gap', 'event', 'sample']);
    expect(asideOf(folder)).toEqual(['history.db.damaged-1']);
  });

  it('starts a new stream when its head is gone, because nobody knows which numbers were given away', () => {
    const at = file.indexOf(Buffer.from(stream, 'latin1'));
    const { vault } = damaged(Math.floor(at / PAGE) + 1, (page) => page.fill(0));
    const state = vault.state(NOW);
    expect(state.stream).not.toBe(stream);
    expect(state.cursor).toBe(0);
    expect(readAll(vault).filter(({ seq }) => seq <= TOTAL)).toHaveLength(TOTAL);
  });

  it('is salvaged with what only its log holds', () => {
    const folder = newFolder();
    const vault = vaultIn(folder);
    for (let i = 0; i < 100; i += 20) vault.commit(batchOf(Array.from({ length: 20 }, (_, k) => draftOf(i + k))));
    const killed = newFolder();
    for (const name of ['history.db', 'history.db-wal']) copyFileSync(join(folder, name), join(killed, name));
    vault.close();
    const again = vaultIn(killed, { suspect: true });
    expect(readAll(again).filter(({ seq }) => seq <= 100)).toHaveLength(100);
    expect(existsSync(join(killed, 'history.db.damaged-1-wal'))).toBe(true);
  });

  it('does not bring back what was deleted', () => {
    const folder = newFolder();
    const vault = vaultIn(folder, { maxBytes: 2 << 20 });
    for (let i = 0; i < 400; i += 1)
      vault.commit(batchOf(Array.from({ length: 20 }, (_, k) => draft('sample', { i, k, x: text(1000) }))));
    const before = readAll(vault);
    vault.close();
    expect(before.length).toBeLessThan(8000);
    const again = vaultIn(folder, { suspect: true, maxBytes: 2 << 20 });
    const after = readAll(again);
    const known = new Set(before.map(({ seq }) => seq));
    const last = before.at(-1)?.seq ?? 0;
    expect(after.filter(({ seq }) => seq <= last && !known.has(seq))).toEqual([]);
    expect(after.filter(({ seq }) => known.has(seq))).toHaveLength(before.length);
    expect(gapsOf(after).filter(({ why }) => why === 'damaged')).toEqual([]);
  });

  it('is taken from where a power cut left it half exchanged', () => {
    const folder = newFolder();
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'history.db.saved'), file);
    const vault = vaultIn(folder);
    expect(vault.state(NOW)).toMatchObject({ stream, records: TOTAL });
    vault.close();
    // A salvage that was never needed does not come back later.
    copyFileSync(join(source, 'history.db'), join(folder, 'history.db.saved'));
    const again = vaultIn(folder);
    again.state(NOW);
    expect(readdirSync(folder)).not.toContain('history.db.saved');
  });

  it('is started anew, and kept, when nothing in it can be read', () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'history.db'), text(50_000));
    const vault = vaultIn(folder);
    const entries = readAll(vault);
    expect(entries.map(({ seq, kind }) => [seq, kind])).toEqual([[1, 'event']]);
    expect(entries[0]?.body).toContain('No record in it could be read');
    expect(readFileSync(join(folder, 'history.db.damaged-1'), 'utf8')).toBe(text(50_000));
  });
});

describe('damaged files', () => {
  const asides = (free: number): string[] => {
    const folder = newFolder();
    for (let i = 1; i <= 4; i += 1) {
      writeFileSync(join(folder, 'history.db'), text(5000 + i));
      const vault = vaultIn(folder, { freeBytes: () => free });
      vault.state(NOW);
      vault.close();
      renameSync(join(folder, 'history.db'), join(folder, `sound-${i}`));
    }
    return asideOf(folder);
  };

  it('all stay while the disk has room', () => {
    expect(asides(1e12)).toHaveLength(4);
  });

  it('leave only the newest two on a disk that is nearly full', () => {
    expect(asides(1e6)).toEqual(['history.db.damaged-3', 'history.db.damaged-4']);
  });
});
