import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { latchInFolder, parseRecord } from '../../src/files/latch.ts';
import { latchInMemory } from '../../src/runtime/latch.ts';
import type { DurableRecord } from '../../src/safety/kernel.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'remixd-latch-'));
const RECORD: DurableRecord = {
  armed: true,
  latch: { kind: 'tripped', trip: 4, fault: 'tc-open' },
  trips: 4,
  recent: 2,
};

describe('the durable latch record', () => {
  it('is read back as it was written', () => {
    const at = folder();
    latchInFolder(at).save(RECORD);
    expect(latchInFolder(at).load()).toEqual(RECORD);
  });

  it('is null where there was none, and makes its folder', () => {
    const at = join(folder(), 'a', 'b');
    expect(latchInFolder(at).load()).toBeNull();
    latchInFolder(at).save(RECORD);
    expect(readdirSync(at)).toEqual(['latch.json']);
  });

  it('is damaged, never a guess, when any single byte differs', () => {
    const at = folder();
    const store = latchInFolder(at);
    store.save(RECORD);
    const good = readFileSync(join(at, 'latch.json'));
    for (let i = 0; i < good.length; i += 1) {
      const bytes = Buffer.from(good);
      bytes[i] = (bytes[i] ?? 0) ^ 1;
      writeFileSync(join(at, 'latch.json'), bytes);
      expect(store.load(), `byte ${i}`).toBe('damaged');
    }
  });

  it('is damaged when it is cut short anywhere, or has more behind it', () => {
    const at = folder();
    const store = latchInFolder(at);
    store.save(RECORD);
    const good = readFileSync(join(at, 'latch.json'), 'utf8');
    for (let length = 0; length < good.length; length += 1) {
      writeFileSync(join(at, 'latch.json'), good.slice(0, length));
      expect(store.load(), `${length} bytes`).toBe('damaged');
    }
    writeFileSync(join(at, 'latch.json'), `${good}x`);
    expect(store.load()).toBe('damaged');
  });

  it('is damaged when it cannot be read', () => {
    const at = folder();
    expect(latchInFolder(join('/dev/null', 'x')).load()).toBe('damaged');
    expect(parseRecord('')).toBeNull();
    expect(latchInFolder(at).load()).toBeNull();
  });

  it('throws when it cannot be written, so that nothing is armed', () => {
    expect(() => latchInFolder(join('/dev/null', 'x')).save(RECORD)).toThrow();
  });

  it('stays with the bench when it is kept in memory', () => {
    const store = latchInMemory();
    expect(store.load()).toBeNull();
    store.save(RECORD);
    expect(store.load()).toEqual(RECORD);
  });
});
