/** What is exported is read back: by packages of JavaScript, and by other people’s programs where they are installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { exportRun } from '../../src/cli/export-run.ts';
import { type CsvTable, csvLine, readCsv } from '../../src/files/csv.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { TELEMETRY, TELEMETRY_NAMES, type TelemetryName, WORD_COLUMNS } from '../../src/params/telemetry.ts';
import { writeHdf5 } from '../../src/runs/export/hdf5.ts';
import { MOST_CODES } from '../../src/runs/export/kinds.ts';
import { optional } from '../../src/runs/export/optional.ts';
import { namedRecord } from '../../src/runs/figures.ts';
import { writeNotes } from '../../src/runs/notes.ts';
import { PULSE, recipeOf } from '../support/bench.ts';
import { simulated, writeRun } from '../support/recorded.ts';

const base = mkdtempSync(join(tmpdir(), 'remixd-formats-'));
const folder = join(base, 'run');
let recorded: CsvTable;
let outs = 0;

beforeAll(async () => {
  simulated(folder, recipeOf(PULSE(30)), ['run.sample=Film "12", #3', 'journal.rowMs=500'], 2);
  await writeNotes(
    folder,
    { isos: { protocol: 'ISOS-LC-1I', intensityWPerCm2: 50, wavelengthNm: 405 } },
    '2026-11-20T08:00:00Z',
  );
  recorded = readCsv(readFileSync(join(folder, 'data.csv'), 'utf8'));
});
afterEach(() => vi.restoreAllMocks());

async function exported(format: Parameters<typeof exportRun>[0]['format'], run = folder): Promise<string> {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  outs += 1;
  const out = join(base, `out-${outs}.${format}`);
  expect(await exportRun({ run, format, out })).toBe(0);
  return out;
}

/** The recorded cells of a column, in order; null where one is empty. */
const cellsOf = (name: TelemetryName): (string | null)[] => {
  const place = recorded.columns.indexOf(name);
  return recorded.rows.map((row) => row[place] ?? null);
};
const numbersOf = (name: TelemetryName): (number | null)[] =>
  // The sign of a zero is lost in a dictionary of values.
  cellsOf(name).map((cell) => (cell === null ? null : Number(cell) + 0));

describe('columns', () => {
  it('of words hold a word in every cell, and every other column a number', () => {
    for (const name of TELEMETRY_NAMES) {
      const filled = cellsOf(name).filter((cell) => cell !== null);
      const areNumbers = filled.every((cell) => Number.isFinite(Number(cell)));
      if (filled.length > 0) expect(areNumbers, name).toBe(!WORD_COLUMNS.includes(name));
    }
  });
});

describe('a run as text', () => {
  it('as csv has one line of names and the recorded cells', async () => {
    const { columns, rows, about } = readCsv(readFileSync(await exported('csv'), 'utf8'));
    expect(about).toEqual({});
    expect(columns).toEqual(recorded.columns);
    expect(rows).toEqual(recorded.rows);
  });

  it('for Origin has names, units and comments in three rows, then the same cells', async () => {
    const { columns, rows } = readCsv(readFileSync(await exported('origin'), 'utf8'));
    expect(columns).toEqual(recorded.columns);
    expect(rows[0]).toEqual(TELEMETRY_NAMES.map((name) => TELEMETRY[name].unit || null));
    expect(rows[1]).toEqual(TELEMETRY_NAMES.map((name) => TELEMETRY[name].label));
    expect(rows.slice(2)).toEqual(recorded.rows);
  });

  it('of one run of the record has its rows alone', async () => {
    const { columns, rows } = readCsv(readFileSync(await exported('csv', `${folder}:2`), 'utf8'));
    const run = columns.indexOf('run');
    expect(new Set(rows.map((row) => row[run]))).toEqual(new Set(['2']));
    expect(rows.length).toBe(cellsOf('run').filter((cell) => cell === '2').length);
  });
});

describe('a run as Parquet', () => {
  it('has the same numbers and words, null where nothing was recorded, and units in its metadata', async () => {
    const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
    const file = await asyncBufferFromFile(await exported('parquet'));
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(recorded.rows.length);
    for (const name of TELEMETRY_NAMES)
      expect(
        rows.map((row) => row[name] ?? null),
        name,
      ).toEqual(WORD_COLUMNS.includes(name) ? cellsOf(name) : numbersOf(name));
    const metadata = await parquetMetadataAsync(file);
    const told = Object.fromEntries((metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? '']));
    expect(JSON.parse(told['units'] ?? '')).toMatchObject({ tc_c: '°C', heater_a: 'A' });
    expect(told['source']).toBe('SIMULATED');
    expect(JSON.parse(told['run_json'] ?? '').sample).toBe('Film "12", #3');
  });
});

describe('a run as HDF5', () => {
  it('is NeXus with a default plot, has the same numbers, and codes with meanings for words', async () => {
    const { File, ready } = (await import('h5wasm/node')) as never as {
      ready: Promise<unknown>;
      File: new (path: string, mode: 'r') => { get(path: string): Node; attrs: Attributes; close(): void };
    };
    type Attributes = Readonly<Record<string, { readonly value: unknown }>>;
    type Node = { readonly value: ArrayLike<number>; readonly attrs: Attributes };
    await ready;
    const file = new File(await exported('hdf5'), 'r');
    const attribute = (path: string, name: string): unknown => file.get(path).attrs[name]?.value;
    expect(attribute('/entry', 'NX_class')).toBe('NXentry');
    expect(attribute('/entry/data', 'NX_class')).toBe('NXdata');
    expect(attribute('/entry/data', 'signal')).toBe('film_c');
    expect(attribute('/entry/data', 'axes')).toEqual(['time_s']);
    expect(attribute('/entry/data/tc_c', 'units')).toBe('°C');
    expect(file.get('/entry/sample/name').value).toBe('Film "12", #3');
    expect(file.get('/entry/title').value).toMatch(/^SIMULATED /);
    const known = (name: TelemetryName) =>
      Array.from(file.get(`/entry/data/${name}`).value, (one) => (Number.isNaN(one) ? null : one));
    expect(known('film_c')).toEqual(numbersOf('film_c'));
    expect(known('setpoint_c')).toEqual(numbersOf('setpoint_c'));
    const words = attribute('/entry/data/verdict', 'flag_words') as string[];
    expect(known('verdict').map((code) => words[code ?? 0])).toEqual(cellsOf('verdict'));
    // A column without a single word is empty codes.
    expect(new Set(known('alarms'))).toEqual(new Set([-1]));
    file.close();
  });
});

describe('a column that the program does not know, as HDF5', () => {
  /** Writes rows with columns of a later version, and reads their values back. */
  async function readBack(names: readonly string[], cells: readonly (readonly string[])[]) {
    outs += 1;
    const made = writeRun(join(base, `later-${outs}`), { facts: { id: 'x' }, rows: [] });
    const lines = cells.map((row, n) => csvLine([n / 10, 'MIXED', ...row.map((cell) => cell || null)]));
    writeFileSync(join(made, 'data.csv'), csvLine(['mono_s', 'verdict', ...names]) + lines.join(''));
    const { File } = await import('h5wasm/node');
    const file = new File(await exported('hdf5', made), 'r');
    const values = names.map((name) =>
      Array.from(file.get(`/entry/data/${name}`)?.slice([[0, cells.length]]) ?? [], (value) =>
        typeof value === 'string' ? value.trimEnd() : value,
      ),
    );
    file.close();
    return values;
  }

  it('holds numbers where every cell is one, texts where the words never end, and codes else', async () => {
    const names = ['numbers', 'ids', 'digits', 'mixed', 'texts', 'few'];
    const cells = Array.from({ length: 40_000 }, (_, n) => [
      n === 5 ? '' : `${n / 4}`,
      `0${n}`,
      `${n}${'0'.repeat(16)}`,
      n === 39_999 ? 'none' : `${n}`,
      n === 7 ? '' : `Wörter ${n}`,
      `${n % 3 === 0 ? '' : `w${n % 3}`}`,
    ]);
    const [numbers, ids, digits, mixed, texts, few] = await readBack(names, cells);
    expect(numbers).toEqual(cells.map(([cell]) => (cell ? Number(cell) : Number.NaN)));
    expect(ids).toEqual(cells.map(([, cell]) => cell));
    // More digits than a double keeps.
    expect(digits).toEqual(cells.map(([, , cell]) => cell));
    expect(mixed).toEqual(cells.map(([, , , cell]) => cell));
    expect(texts).toEqual(cells.map(([, , , , cell]) => cell));
    expect(few).toEqual(cells.map((_, n) => (n % 3) - 1));
  });

  it.each([
    [MOST_CODES, 'number'],
    [MOST_CODES + 1, 'string'],
  ])('of %i different words holds each as a %s', async (many, type) => {
    const [words] = await readBack(
      ['words'],
      Array.from({ length: many }, (_, n) => [`w${n}`]),
    );
    expect(words).toHaveLength(many);
    expect(typeof words?.[many - 1]).toBe(type);
    expect(words?.[many - 1]).toBe(type === 'number' ? many - 1 : `w${many - 1}`);
  });

  it('with a text that fits no table is refused, and the file is taken back', async () => {
    const of = (chars: number) => Array.from({ length: MOST_CODES + 1 }, (_, n) => [`${n}${'x'.repeat(chars)}`]);
    await expect(readBack(['texts'], of(5000))).rejects.toMatchObject({ code: 'EXPORT_IMPOSSIBLE', path: 'texts' });
    expect(existsSync(join(base, `out-${outs}.hdf5`))).toBe(false);
    expect((await readBack(['texts'], of(40)))[0]?.[MOST_CODES]).toHaveLength(44);
  });
});

describe('a run as JSON', () => {
  it('has the rows of the ISOS checklist and the fields of NOMAD in its units, and no efficiency', async () => {
    const told = JSON.parse(readFileSync(await exported('json'), 'utf8'));
    expect(told.SIMULATED).toBe(true);
    expect(told.runs).toHaveLength(2);
    const { nomad, pl_proxy } = told.runs[0];
    expect(nomad.stability).toMatchObject({
      measured: false,
      protocol: 'ISOS-LC-1I',
      light_intensity: 50_000,
      light_wavelength_range: '405',
      temperature_load_condition: 'Cycled',
    });
    expect(nomad.stability.time_total_exposure).toBeCloseTo(30 / 3600, 4);
    expect(JSON.stringify(told)).not.toMatch(/PCE_/);
    expect(pl_proxy.note).toContain('proxy');
    const cycling = told.isos.find(({ what }: { what: string }) => what.startsWith('dwell'));
    expect(cycling).toMatchObject({ value: '0.5/5', by: 'record' });
    expect(told.isos.find(({ what }: { what: string }) => what === 'Atmosphere').value).toBeNull();
  });
});

describe('an export', () => {
  it('never writes over a file, and takes back one that it could not finish', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    for (const format of ['csv', 'origin', 'parquet', 'hdf5', 'json'] as const) {
      const out = join(base, `taken.${format}`);
      writeFileSync(out, 'mine');
      await expect(exportRun({ run: folder, format, out }), format).rejects.toMatchObject({ code: 'TAKEN' });
      expect(readFileSync(out, 'utf8')).toBe('mine');
      const gone = join(base, `gone.${format}`);
      await expect(exportRun({ run: join(base, 'none'), format, out: gone })).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
      });
      expect(existsSync(gone)).toBe(false);
    }
  });

  it.skipIf(!existsSync('/dev/full'))('as HDF5 onto a disk that is full fails as any other file does', async () => {
    const about = { title: '', startTime: null, sample: null, operator: null, facts: {} };
    const full = writeHdf5(await namedRecord(folder), '/dev/full', about, { damaged: 0 });
    await expect(full).rejects.toMatchObject({ code: 'ENOSPC', syscall: 'write', path: '/dev/full' });
  });

  it('of a package that is missing says which, and what to do', async () => {
    const missing = optional('h5wasm', () => import('h5wasm-that-is-not-installed' as string));
    await expect(missing).rejects.toMatchObject({ code: 'EXPORT_UNAVAILABLE', path: 'h5wasm' });
    await expect(missing).rejects.toMatchObject({ remedy: expect.stringContaining('npm ci') });
  });

  it('in a binary form needs a file', async () => {
    await expect(exportRun({ run: folder, format: 'hdf5', out: null })).rejects.toThrow('--out');
  });
});

/** The first Python that has a module; the system’s own may have what the first one in the path has not. */
const pythonWith = (module: string): string | null =>
  [process.env['READERS_PYTHON'] ?? 'python3', 'python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', `import ${module}`]).status === 0,
  ) ?? null;
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** Programs of other people; with REQUIRE_READERS=1 one that is missing is a failure. */
function reader<T>(name: string, found: T | null | false, test: (found: T) => Promise<void>): void {
  const isRequired = process.env['REQUIRE_READERS'] === '1';
  if (!found && !isRequired) {
    console.warn(
      `SKIPPED: ${name} is not installed, so what it reads is not checked (REQUIRE_READERS=1 makes this fail).`,
    );
    it.skip(name, () => {});
    return;
  }
  it(name, async () => {
    expect(found, `${name} is not installed`).toBeTruthy();
    if (found) await test(found);
  });
}

describe('other programs', () => {
  const run = (program: string, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return stdout;
  };
  const sum = (name: TelemetryName): number => numbersOf(name).reduce<number>((total, one) => total + (one ?? 0), 0);

  reader('pandas reads csv and the three rows of origin', pythonWith('pandas'), async (python) => {
    const code = `import sys, pandas as pd
a = pd.read_csv(sys.argv[1]); b = pd.read_csv(sys.argv[2], skiprows=[1, 2])
print(len(a), a.equals(b), round(a.film_c.sum(), 6), str(a.film_c.dtype))`;
    const told = run(python, '-c', code, await exported('csv'), await exported('origin')).split(' ');
    expect(told.slice(0, 2)).toEqual([String(recorded.rows.length), 'True']);
    expect(Number(told[2])).toBeCloseTo(sum('film_c'), 3);
  });

  reader('h5py reads HDF5, and its words as docs/RUNS.md says', pythonWith('h5py'), async (python) => {
    const page = readFileSync(join(PACKAGE_ROOT, 'docs', 'RUNS.md'), 'utf8');
    const [, lines = ''] = /```python\n([\s\S]*?)```/.exec(page) ?? [];
    const code = `import sys, json, h5py
path = sys.argv[1]
${lines}
d = h5py.File(path)['entry/data']
print(json.dumps([str(d.attrs['signal']), list(d.attrs['axes']), float(d['film_c'][:].sum()), d['film_c'].attrs['units'], words]))`;
    const [signal, axes, total, unit, words] = JSON.parse(run(python, '-c', code, await exported('hdf5')));
    expect([signal, axes, unit]).toEqual(['film_c', ['time_s'], '°C']);
    expect(total).toBeCloseTo(sum('film_c'), 3);
    expect(words).toEqual(cellsOf('verdict'));
  });

  reader('h5dump reads HDF5', has('h5dump') && 'h5dump', async (h5dump) => {
    const told = run(h5dump, '-n', await exported('hdf5'));
    for (const place of ['/entry/data/film_c', '/entry/sample/name', '/entry/title']) expect(told).toContain(place);
  });

  reader('pyarrow reads Parquet', pythonWith('pyarrow'), async (python) => {
    const code = `import sys, json, pyarrow.parquet as pq
t = pq.read_table(sys.argv[1])
print(t.num_rows, t.schema.field('verdict').type, t.column('setpoint_c').null_count, json.loads(t.schema.metadata[b'units'])['film_c'])`;
    const told = run(python, '-c', code, await exported('parquet')).trim();
    const empty = cellsOf('setpoint_c').filter((cell) => cell === null).length;
    expect(told).toBe(`${recorded.rows.length} string ${empty} °C`);
  });
});
