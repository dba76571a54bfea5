/** The one CSV dialect: what is written is read back, by our reader and by other people’s. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { csvHead, csvLine, readCsv } from '../../src/files/csv.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { VirtualRunFolder } from '../../src/files/run-folder.ts';
import { TELEMETRY_NAMES } from '../../src/params/telemetry.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { PULSE, recipeOf } from '../support/bench.ts';

const ABOUT = { bench: 'SIMULATED', sample: 'say "x", # 12', gone: null };
/** Each of them has spoilt a table somewhere. */
const HOSTILE = ['a,b', 'say "x"', 'two\nlines', 'E103 #4 hot', ' blank ', 'µ °C', "it's", '\r', '"', '#'];
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

/** The system’s Python may have it where the first one in the path has not. */
const PANDAS = ['python3', '/usr/bin/python3'].find((python) => has(python, '-c', 'import pandas'));

/** The lines of Python in docs/RECORDS.md, with the path that is given, and one more line. */
function programWith(more: string): string {
  const page = readFileSync(join(PACKAGE_ROOT, 'docs', 'RECORDS.md'), 'utf8');
  const [, python = ''] = /```python\n([\s\S]*?)```/.exec(page) ?? [];
  expect(python).toContain("pd.read_csv(path, comment='#')");
  return `import sys\npath = sys.argv[1]\n${python}\n${more}`;
}

const text =
  csvHead(ABOUT, ['mono_s', 'text', 'tc_c'], ['s', '', '°C']) +
  HOSTILE.map((cell, n) => csvLine([n, cell, null])).join('');

function written(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'remixd-csv-')), 'data.csv');
  writeFileSync(path, text);
  return path;
}

describe('a CSV file', () => {
  it('is read back as it was written, with what its first lines say', () => {
    const { about, columns, rows, damaged } = readCsv(text);
    expect(about).toEqual({ bench: 'SIMULATED', sample: 'say "x", # 12', units: 's,,°C' });
    expect(columns).toEqual(['mono_s', 'text', 'tc_c']);
    expect(rows).toEqual(HOSTILE.map((cell, n) => [String(n), cell, null]));
    expect(damaged).toBe(0);
  });

  it('is read back whatever its cells hold', () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom(...HOSTILE));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), cell, cell), { minLength: 1 }), (rows) => {
        const read = readCsv(csvHead(ABOUT, ['a', 'b', 'c']) + rows.map(csvLine).join(''));
        expect(read.rows).toEqual(rows.map((cells) => cells.map((one) => (one === '' ? null : one))));
        expect(read.damaged).toBe(0);
      }),
    );
  });

  it('that ends in the middle of a row loses that row alone, and says so', () => {
    const whole = csvHead({}, ['a', 'b']) + csvLine([1, 2]) + csvLine([3, 45]);
    for (const cut of [1, 2, 3, 4]) {
      const { rows, damaged } = readCsv(whole.slice(0, -cut));
      expect([rows, damaged]).toEqual([[['1', '2']], 1]);
    }
  });

  it('has one line for each header, whatever is in it', () => {
    expect(csvHead({ note: 'a\n1,2\r\nb' }, ['a'])).toBe('#note: a 1,2 b\na\n');
  });

  it.skipIf(!has('python3', '--version'))('is read by Python’s csv module', () => {
    const program = [
      'import csv, io, json, sys',
      'text = open(sys.argv[1], encoding="utf-8", newline="").read()',
      'while text.startswith("#"): text = text.split("\\n", 1)[1]',
      'print(json.dumps(list(csv.reader(io.StringIO(text, newline=""), strict=True))))',
    ].join('\n');
    const rows = JSON.parse(execFileSync('python3', ['-c', program, written()], { encoding: 'utf8' })) as string[][];
    expect(rows.slice(1)).toEqual(HOSTILE.map((cell, n) => [String(n), cell, '']));
  });

  it.skipIf(PANDAS === undefined)('is read by the one line of pandas that the pages give', () => {
    const program = programWith('print(data.to_json(orient="split"))');
    const table = JSON.parse(execFileSync(PANDAS ?? '', ['-c', program, written()], { encoding: 'utf8' }));
    expect(table.columns).toEqual(['mono_s', 'text', 'tc_c']);
    expect(table.data).toEqual(HOSTILE.map((cell, n) => [n, cell, null]));
  });

  it.skipIf(PANDAS === undefined)('of a run is read so, too, every column by its name', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'remixd-csv-')), 'run');
    const loaded = loadConfig({ set: ['run.sample=film #12, "left"'] });
    const { settings } = loaded;
    const recipe = recipeOf(PULSE(60));
    const journal = new VirtualRunFolder(folder, { loaded, settings, recipe, simulated: true, wallTime: null });
    const simulation = assembleSimulation({
      ...{ settings, recipe, journals: [journal] },
      injections: [{ name: 'tc-detached', atS: 5 }],
    });
    simulation.arm();
    simulation.run(20);
    journal.event({ monoS: 99, timeS: null, kind: 'note', code: 'x', text: 'E103 #4, "hot"\nand more' });
    journal.close({});
    for (const [name, columns] of [
      ['data.csv', TELEMETRY_NAMES],
      ['events.csv', readCsv(readFileSync(join(folder, 'events.csv'), 'utf8')).columns],
    ] as const) {
      const program = programWith('print(data.to_json(orient="split"))');
      const table = JSON.parse(
        execFileSync(PANDAS ?? '', ['-c', program, join(folder, name)], { encoding: 'utf8', maxBuffer: 1e8 }),
      );
      const { rows } = readCsv(readFileSync(join(folder, name), 'utf8'));
      expect(table.columns).toEqual(columns);
      expect(table.data).toHaveLength(rows.length);
      expect(table.data.map((cells: unknown[]) => Number(cells[0]))).toEqual(rows.map((cells) => Number(cells[0])));
      if (name === 'events.csv') expect(table.data.at(-1)).toContain('E103 #4, "hot"\nand more');
    }
  });
});
