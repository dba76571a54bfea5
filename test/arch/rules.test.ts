import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SRC = join(ROOT, 'src');

/** Which rooms each room may import, besides itself. docs/ARCHITECTURE.md draws the same table. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  units: [],
  params: ['units', 'hal/chips'],
  model: ['units'],
  'hal/ports': ['units'],
  safety: ['units', 'params', 'model', 'hal/ports'],
  film: ['units', 'params', 'model'],
  control: ['units', 'params', 'model'],
  twin: ['units'],
  'hal/standards': ['units'],
  'hal/drivers': ['units', 'hal/ports', 'hal/standards'],
  // Below params, so that a chip is one row: the settings take their choices from it. All that it reaches is pure.
  'hal/chips': ['units', 'hal/ports', 'hal/drivers', 'hal/sim/chips'],
  'hal/sim/chips': ['units', 'hal/standards'],
  'hal/sim': ['units', 'hal/ports', 'hal/standards', 'hal/sim/chips', 'twin'],
  'hal/linux': ['units', 'hal/ports', 'hal/standards'],
  'hal/registry': ['units', 'params', 'hal/ports', 'hal/chips', 'hal/drivers', 'hal/sim', 'hal/linux', 'twin'],
  runtime: ['units', 'params', 'safety', 'control', 'model', 'hal/ports'],
  rig: [
    'units',
    'params',
    'safety',
    'control',
    'runtime',
    'model',
    'config',
    'hal/ports',
    'hal/sim',
    'hal/registry',
    'twin',
  ],
  config: ['units', 'params', 'files'],
  files: ['units', 'params', 'safety', 'runtime'],
  store: ['units', 'params', 'runtime', 'files'],
  desk: ['units', 'params'],
  fronts: ['units', 'params', 'desk', 'film'],
  client: ['units', 'params', 'files'],
  fleet: ['units', 'params', 'client', 'files'],
  wiring: ['units', 'params'],
  doctor: ['units', 'params', 'hal/ports', 'runtime', 'wiring'],
  charts: [],
  runs: ['units', 'params', 'files', 'charts', 'control'],
  reproduce: ['units', 'params', 'files', 'charts', 'rig', 'runtime', 'twin'],
  web: ['units', 'params', 'desk', 'files', 'runs'],
  daemon: ['*'],
  cli: ['*'],
};
/** Packages from the registry, and the rooms that may use them. */
const PACKAGES: Record<string, readonly string[]> = {
  convict: ['params'],
  zod: ['params'],
  commander: ['cli'],
  'node-sqlite3-wasm': ['store'],
  'node-cron': ['fronts'],
  onoff: ['hal/linux'],
  'i2c-bus': ['hal/linux'],
  'spi-device': ['hal/linux'],
  'unix-dgram': ['fronts'],
  mqtt: ['files', 'client', 'fronts', 'fleet'],
  pg: ['fleet'],
  'pg-copy-streams': ['fleet'],
  aedes: ['fronts'],
  'hyparquet-writer': ['runs'],
  'h5wasm/node': ['runs'],
  'ml-levenberg-marquardt': ['control'],
  'ml-matrix': ['control'],
};
/** Rooms that think: pure functions of state, input and instant. */
const PURE = [
  'units',
  'params',
  'model',
  'safety',
  'control',
  'film',
  'twin',
  'wiring',
  'hal/chips',
  'hal/drivers',
  'hal/ports',
  'hal/sim/chips',
  'hal/standards',
];

const files = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));

const ROOMS = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length);

function roomOf(path: string): string {
  const inside = relative(SRC, path).replace(/\.ts$/, '');
  const room = ROOMS.find((name) => inside === name || inside.startsWith(`${name}/`));
  if (!room) throw new Error(`${inside} lies in no room`);
  return room;
}

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

function importsOf(text: string): Import[] {
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?\sfrom\s+'([^']+)'/gms)];
  const bare = [...text.matchAll(/^import\s+'([^']+)'/gm)].map((m) => ({ from: m[1] ?? '', typeOnly: false }));
  const lazy = [...text.matchAll(/\bimport\(\s*'([^']+)'/g)].map((m) => ({ from: m[1] ?? '', typeOnly: false }));
  return [...found.map((m) => ({ from: m[2] ?? '', typeOnly: m[1] !== undefined })), ...bare, ...lazy];
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

const SOURCES = files(SRC).map((path) => ({ path, text: readFileSync(path, 'utf8'), room: roomOf(path) }));

/** Breaches of the import rules in one file, as sentences. */
function breaches(path: string, text: string): string[] {
  const room = roomOf(path);
  return importsOf(text).flatMap(({ from, typeOnly }) => {
    const where = `${relative(ROOT, path)} imports ${from}`;
    if (from.startsWith('node:')) return PURE.includes(room) ? [`${where}: a pure room has no node:`] : [];
    if (!from.startsWith('.')) return PACKAGES[from]?.includes(room) ? [] : [`${where}: not this room’s package`];
    const target = roomOf(resolve(dirname(path), from));
    if (target === room) return [];
    if (!MAY_IMPORT[room]?.some((one) => one === target || one === '*'))
      return [`${where}: ${room} may not import ${target}`];
    if (room === 'safety' && target === 'hal/ports' && !typeOnly)
      return [`${where}: safety takes only types from ports`];
    return [];
  });
}

const BANNED: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date\b/,
  /\bperformance\.now\b/,
  /\bMath\.random\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bqueueMicrotask\b/,
  /\bprocess\./,
  /\bconsole\./,
  /:\s*any\b/,
  /\bas any\b/,
];

describe('the house rules', () => {
  it('every room imports only what it may', () => {
    expect(SOURCES.flatMap(({ path, text }) => breaches(path, text))).toEqual([]);
  });

  it('the table in docs/ARCHITECTURE.md is the one that is enforced', () => {
    const [, text = ''] = readFileSync(join(ROOT, 'docs', 'ARCHITECTURE.md'), 'utf8').split('## Rooms');
    const drawn = [...text.matchAll(/^\| `([a-z/]+)` \| [^|]* \| ([^|]*) \|$/gm)].map(([, room, imports = '']) => [
      room,
      imports === '–' ? [] : imports.split(', '),
    ]);
    expect(Object.fromEntries(drawn)).toEqual(MAY_IMPORT);
  });

  it('the import rule finds a breach when there is one', () => {
    const kernel = join(SRC, 'safety', 'kernel.ts');
    expect(breaches(kernel, "import { stepPid } from '../control/pid.ts';")).toHaveLength(1);
    expect(breaches(kernel, "import { readFileSync } from 'node:fs';")).toHaveLength(1);
    expect(breaches(kernel, "import { x } from '../hal/ports.ts';")).toHaveLength(1);
    expect(breaches(kernel, "import type { Hal } from '../hal/ports.ts';")).toEqual([]);
    expect(breaches(join(SRC, 'control', 'pid.ts'), "import x from 'commander';")).toHaveLength(1);
    expect(breaches(join(SRC, 'hal', 'registry.ts'), "const gpio = await import('onoff');")).toHaveLength(1);
    expect(breaches(join(SRC, 'hal', 'linux', 'i2c.ts'), "import { SimI2c } from '../sim/buses.ts';")).toHaveLength(1);
  });

  it('nothing that thinks reads a clock, draws chance, starts a timer or prints', () => {
    const found = SOURCES.filter(({ room }) => PURE.includes(room)).flatMap(({ path, text }) =>
      BANNED.filter((pattern) => pattern.test(withoutComments(text))).map(
        (p) => `${relative(ROOT, path)}: ${p.source}`,
      ),
    );
    expect(found).toEqual([]);
  });

  it('wall time is never near control: only the command line stamps records with it, and calendar work reads it', () => {
    const calendar = [
      'src/daemon.ts',
      'src/daemon/page.ts',
      'src/web/main.ts',
      'src/web/runs.ts',
      'src/web/sessions.ts',
      'src/files/retention.ts',
      'src/fronts/calendar/scheduler.ts',
      'src/store/session.ts',
    ];
    const found = SOURCES.filter(
      ({ room, path, text }) =>
        room !== 'cli' &&
        !calendar.includes(relative(ROOT, path)) &&
        /\bnew Date\b|\bDate\./.test(withoutComments(text)),
    );
    expect(found.map(({ path }) => relative(ROOT, path))).toEqual([]);
  });

  it('only the gate-keeper calls the gate', () => {
    const calls = /\.gate\.(?:play|off)\(|\bgate\.(?:play|off)\(/;
    const callers = SOURCES.filter(({ text, room }) => room !== 'hal/sim' && calls.test(withoutComments(text)));
    expect(callers.map(({ path }) => relative(ROOT, path))).toEqual(['src/safety/gate-keeper.ts']);
  });

  it('only the last line of a full tick feeds the pump', () => {
    const callers = (call: RegExp): string[] =>
      SOURCES.filter(({ room }) => room !== 'hal/sim').flatMap(({ path, text }) =>
        (withoutComments(text).match(new RegExp(call, 'g')) ?? []).map(() => relative(ROOT, path)),
      );
    expect(callers(/\.toggle\(/)).toEqual(['src/safety/enable.ts']);
    expect(callers(/\.edge\(now\)/)).toEqual(['src/runtime/loop.ts']);
    const loop = SOURCES.find(({ path }) => path.endsWith('runtime/loop.ts'))?.text ?? '';
    expect(loop).toMatch(
      / {4}if \(this\.keeper\.answered\) this\.pump\.edge\(now\);\n {4}this\.before = now;\n {2}\}\n/,
    );
  });

  it('no two files import each other, by however many others, not even for their types', () => {
    const at = new Map(
      SOURCES.map(({ path, text }) => [
        path,
        importsOf(text)
          .filter(({ from }) => from.startsWith('.'))
          .map(({ from }) => resolve(dirname(path), from)),
      ]),
    );
    expect(circles(at).map((circle) => circle.map((path) => relative(ROOT, path)))).toEqual([]);
  });

  it('the circle rule finds a circle when there is one', () => {
    const at = new Map([
      ['a', ['b', 'c']],
      ['b', ['c']],
      ['c', ['a']],
      ['d', ['a']],
    ]);
    expect(circles(at)).toEqual([['a', 'b', 'c']]);
  });
});

/** Groups of two or more files that reach each other: strongly connected components (R. Tarjan, SIAM J. Comput. 1 (1972) 146). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node)!);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.indexOf(node));
    if (group.length > 1) found.push(group.sort());
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found;
}
