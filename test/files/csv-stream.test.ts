/** A file read piece by piece gives what the whole text gives, wherever the pieces end. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvHead, csvLine, readCsv } from '../../src/files/csv.ts';
import { csvFileHead, csvFileRows, LineSplitter } from '../../src/files/csv-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'remixd-csv-stream-'));
let files = 0;
function file(text: string): string {
  files += 1;
  const path = join(folder, `${files}.csv`);
  writeFileSync(path, text);
  return path;
}

async function streamed(text: string) {
  const path = file(text);
  const head = await csvFileHead(path);
  const rows = [];
  for await (const batch of csvFileRows(path, head.columns)) rows.push(...batch);
  return { ...head, rows: rows.filter((row) => row !== null), damaged: rows.filter((row) => row === null).length };
}

const cell = fc.oneof(fc.string(), fc.constantFrom('a,b', 'say "x"', 'two\nlines', '#4', 'µ °C', '"', '""', ''));
const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 8 });
const HEAD = csvHead({ sample: 'Film 12', n: 1 }, ['mono_s', 'text', 'tc_c']);

describe('a CSV file as a stream', () => {
  it('gives the same rows as the whole text, for any cells', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const text = HEAD + rows.map(csvLine).join('');
        expect(await streamed(text)).toEqual(readCsv(text));
      }),
      { numRuns: 60 },
    );
  });

  it('splits at the same places however the text is cut', () => {
    fc.assert(
      fc.property(table, fc.array(fc.nat(60)), (rows, sizes) => {
        const text = rows.map(csvLine).join('');
        const whole = new LineSplitter().push(text);
        const splitter = new LineSplitter();
        const lines: string[] = [];
        let at = 0;
        for (const size of sizes) {
          lines.push(...splitter.push(text.slice(at, at + size)));
          at += size;
        }
        expect([...lines, ...splitter.push(text.slice(at))]).toEqual(whole);
        expect(splitter.isCut).toBe(false);
      }),
    );
  });

  it('counts a last line that is cut off, and a line with another number of cells', async () => {
    expect((await streamed(`${HEAD}1,a,2\n2,b`)).damaged).toBe(1);
    const other = await streamed(`${HEAD}1,a,2\n2,b\n3,c,4\n`);
    expect(other.damaged).toBe(1);
    expect(other.rows).toEqual([
      ['1', 'a', '2'],
      ['3', 'c', '4'],
    ]);
  });

  it('loses only the row of a quote that was never closed, and what follows is read', async () => {
    const later = Array.from({ length: 6000 }, (_, n) => `${n},${'x'.repeat(20)},2\n`).join('');
    for (const wrong of ['1,"open,2', '1,stray"quote,2', '1,"a" b,2', '"1,"open",2']) {
      const text = `${HEAD}0,a,2\n${wrong}\n${later}9,"closed, with ""quotes""",2\n`;
      const { rows, damaged } = await streamed(text);
      expect(damaged).toBe(1);
      expect(rows).toHaveLength(6002);
      expect(rows.at(-1)).toEqual(['9', 'closed, with "quotes"', '2']);
      expect(readCsv(text)).toMatchObject({ damaged: 1, rows });
    }
    // At the end of the file, too.
    expect(await streamed(`${HEAD}1,"open,2\n3,b,4\n`)).toMatchObject({ damaged: 1, rows: [['3', 'b', '4']] });
  });

  it('takes a cell over some lines, and not over more than a text has', async () => {
    const of = (lines: number): string => `${HEAD}1,"${'x\n'.repeat(lines)}",2\n3,b,4\n`;
    expect(await streamed(of(15))).toMatchObject({ damaged: 0, rows: [{ 0: '1' }, { 0: '3' }] });
    expect((await streamed(of(16))).rows).toEqual([['3', 'b', '4']]);
  });

  it('takes line ends and the mark of UTF-8 as other programs write them', async () => {
    const text = HEAD + csvLine([1, 'a "b", c', 2]) + csvLine([3, 'd', null]);
    const other = `\uFEFF${text.replaceAll('\n', '\r\n')}`;
    expect(await streamed(other)).toEqual(await streamed(text));
    expect(readCsv(other)).toEqual(readCsv(text));
    expect((await streamed(other)).columns).toEqual(['mono_s', 'text', 'tc_c']);
  });

  it('without a whole line of names there are no columns, and no row is made up', async () => {
    expect(await streamed('#sample: x\nmono_s,te')).toMatchObject({ columns: [], rows: [] });
    expect(await streamed('')).toMatchObject({ columns: [], rows: [], damaged: 0 });
  });
});
