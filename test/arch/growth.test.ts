/**
 * What growing costs, in files: a pretend addition is made to a temporary copy of the sources, which must then compile
 * and run with it. docs/ARCHITECTURE.md says how each is added.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { CHIPS, chipRow } from '../../src/hal/chips.ts';
import { SENSOR_NAMES } from '../../src/params/sensors.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMPILED = ['src', 'test/hal', 'test/support'];
const copies: string[] = [];

/** A copy of the project that compiles into a dist of its own. */
class Copy {
  readonly folder = mkdtempSync(join(tmpdir(), 'remixd-growth-'));

  constructor() {
    copies.push(this.folder);
    const beside = ['bin', 'build.mjs', 'build.d.mts', 'config', 'recipes', 'package.json', 'tsconfig.json'];
    for (const name of [...COMPILED, ...beside]) cpSync(join(ROOT, name), join(this.folder, name), { recursive: true });
    // Without the global setup, which would build a second time.
    writeFileSync(
      join(this.folder, 'vitest.config.mjs'),
      "export default { test: { include: ['test/**/*.test.ts'] } };\n",
    );
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
    const compilerOptions = { noEmit: false, rootDir: '.', outDir: 'dist' };
    const config = { extends: './tsconfig.json', compilerOptions, include: COMPILED };
    writeFileSync(join(this.folder, 'tsconfig.growth.json'), JSON.stringify(config));
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Puts `text` before the only place where `mark` is. */
  insert(path: string, mark: string, text: string): void {
    const before = readFileSync(join(this.folder, path), 'utf8');
    expect(before.split(mark), `${path} has ${mark} once`).toHaveLength(2);
    this.write(path, before.replace(mark, `${text}${mark}`));
  }

  /** The files that differ from the project's own, or are new. */
  touched(): string[] {
    return COMPILED.flatMap((folder) =>
      readdirSync(join(this.folder, folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(this.folder, join(entry.parentPath, entry.name))),
    ).filter((path) => {
      const own = join(ROOT, path);
      return !existsSync(own) || readFileSync(own, 'utf8') !== readFileSync(join(this.folder, path), 'utf8');
    });
  }

  /** Runs a program of Node.js in the copy. @returns what it prints; @throws with both outputs when it fails */
  run(...args: string[]): string {
    try {
      return execFileSync(process.execPath, args, { cwd: this.folder, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${args.join(' ')}\n${stdout}${stderr}`);
    }
  }

  compile(): void {
    this.run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.growth.json');
  }

  simulate(...args: string[]): {
    traceHash: string;
    trips: { name: string }[];
    armed: boolean;
    edges: number;
    recipe: string;
  } {
    // Exit code 1 says that it tripped; the result is printed all the same.
    const words = ['bin/remixd.js', 'simulate', '--json', ...args];
    const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: this.folder, encoding: 'utf8' });
    if (stdout === '') throw new Error(`${words.join(' ')}\n${stderr}`);
    return JSON.parse(stdout) as ReturnType<Copy['simulate']>;
  }
}

afterAll(() => {
  for (const folder of copies) rmSync(folder, { recursive: true });
});

/** A converter that does not exist: two signed words, couple and cold junction, 1/64 °C a step. */
const DRIVER = `
import { celsius, millis } from '../../units.ts';
import type { SpiPort, ThermocoupleSample } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, type Decoded } from './errors.ts';
import { OPEN, SHORT_TO_GROUND, SHORT_TO_SUPPLY } from './thermocouple-limits.ts';

const FAULTS = new Map([[0x7fff, OPEN], [0x7ffe, SHORT_TO_GROUND], [0x7ffd, SHORT_TO_SUPPLY]]);

export function decodePretend(frame: Uint8Array): Decoded<ThermocoupleSample> {
  const view = new DataView(frame.buffer, frame.byteOffset, 4);
  if (view.getUint32(0) === 0) return ALL_ZERO;
  if (view.getUint32(0) === 0xffff_ffff) return ALL_ONE;
  const raw = view.getInt16(0);
  const fault = FAULTS.get(raw);
  if (fault !== undefined) return fault;
  return { ok: true, value: { celsius: celsius(raw / 64), coldJunctionC: celsius(view.getInt16(2) / 64), raw } };
}

export class Pretend extends BusDriver<ThermocoupleSample> {
  private readonly tx = new Uint8Array(4);
  private rx = new Uint8Array(4);

  constructor(private readonly port: SpiPort) {
    super('pretend', millis(50));
  }

  protected begin(): void {
    this.port.transfer(this.tx, this.rx, this.step);
  }

  protected advance(): void {
    const decoded = decodePretend(this.rx);
    if (decoded.ok) this.succeed(decoded.value);
    else this.reject('read', decoded);
  }

  protected renew(): void {
    this.rx = new Uint8Array(4);
  }
}
`;

const MODEL = `
import type { SpiChip, ThermocoupleAnalogue, ThermocoupleFault, ThermocoupleModel } from './chip.ts';

const CODES = { open: 0x7fff, shortGnd: 0x7ffe, shortVcc: 0x7ffd };

export class PretendChip implements SpiChip, ThermocoupleModel {
  fault: ThermocoupleFault = 'none';
  frozen = false;
  private readonly frame = new DataView(new ArrayBuffer(4));

  constructor(private readonly world: ThermocoupleAnalogue) {}

  powerCycle(): void {
    this.frame.setUint32(0, 0);
  }

  exchange(_tx: Uint8Array, rx: Uint8Array): void {
    if (!this.frozen) {
      this.frame.setInt16(0, this.fault === 'none' ? Math.round(this.world.hotC() * 64) : CODES[this.fault]);
      this.frame.setInt16(2, Math.round(this.world.coldC() * 64));
    }
    rx.set(new Uint8Array(this.frame.buffer));
  }
}
`;

const ROW = `    pretend: {
      label: 'Pretend',
      source: 'no datasheet: it does not exist',
      choice: '',
      wiring: 'type K',
      bus: 'spi',
      modes: [0],
      mostHz: 2_000_000,
      pins: { MOSI: null, MISO: 'OUT', SCLK: 'CLK', CS: 'SEL' },
      stepK: 1 / 64,
      driver: (spi) => new Pretend(spi),
      model: (world) => new PretendChip(world),
    },
`;

const DRIVER_TEST = `
import { expect, it } from 'vitest';
import { decodePretend } from '../../../src/hal/drivers/pretend.ts';

it('is below zero where the datasheet says so', () => {
  expect(decodePretend(Uint8Array.of(0xff, 0xf0, 0x06, 0x40))).toEqual({
    ok: true,
    value: { celsius: -0.25, coldJunctionC: 25, raw: -16 },
  });
});
`;

const MODEL_TEST = `
import { expect, it } from 'vitest';
import { Pretend } from '../../../src/hal/drivers/pretend.ts';
import { PretendChip } from '../../../src/hal/sim/chips/pretend.ts';
import { coupleWorld, readAt, spiPortTo } from '../support/bench.ts';

it('reads what the couple feels', () => {
  const { analogue } = coupleWorld();
  const reading = readAt(new Pretend(spiPortTo(new PretendChip(analogue))), 1);
  expect(reading).toMatchObject({ ok: true, value: { celsius: 60, coldJunctionC: 25 } });
});
`;

describe('a chip', () => {
  it('is five files: a driver, a model, their tests and one row; settings, wiring and simulation then know it', () => {
    const copy = new Copy();
    copy.write('src/hal/drivers/pretend.ts', DRIVER);
    copy.write('src/hal/sim/chips/pretend.ts', MODEL);
    copy.write('test/hal/drivers/pretend.test.ts', DRIVER_TEST);
    copy.write('test/hal/chips/pretend.test.ts', MODEL_TEST);
    const imports = [
      "import { Pretend } from './drivers/pretend.ts';",
      "import { PretendChip } from './sim/chips/pretend.ts';",
    ];
    copy.insert('src/hal/chips.ts', "import { Max31855 } from './drivers/max31855.ts';", `${imports.join('\n')}\n`);
    copy.insert('src/hal/chips.ts', '  },\n  infrared: {\n', ROW);
    expect(copy.touched().sort()).toEqual([
      'src/hal/chips.ts',
      'src/hal/drivers/pretend.ts',
      'src/hal/sim/chips/pretend.ts',
      'test/hal/chips/pretend.test.ts',
      'test/hal/drivers/pretend.test.ts',
    ]);

    copy.compile();
    const fitted = ['--set', 'hal.thermocouple=pretend', '--pattern', '0.5/5', '--seconds', '60'];
    const run = copy.simulate(...fitted);
    expect(run.trips).toEqual([]);
    expect(run.traceHash).not.toBe(copy.simulate('--pattern', '0.5/5', '--seconds', '60').traceHash);
    for (const name of ['tc-open', 'miso-low', 'tc-frozen'])
      expect(copy.simulate(...fitted, '--inject', `${name}@20`).trips, name).toHaveLength(1);
    expect(copy.run('bin/remixd.js', 'wire', '--set', 'hal.thermocouple=pretend')).toContain('Pretend SEL');
    expect(copy.run('bin/remixd.js', 'config', 'explain', 'hal.thermocouple')).toContain('pretend');
    copy.run(
      'node_modules/vitest/vitest.mjs',
      'run',
      'test/hal/drivers/pretend.test.ts',
      'test/hal/chips/pretend.test.ts',
    );
  });

  it('is named by its driver, its model and its row, and nowhere else', () => {
    const own = /^src\/hal\/(chips\.ts|drivers\/|sim\/chips\/)/;
    const names = SENSOR_NAMES.flatMap((sensor) =>
      Object.keys(CHIPS[sensor]).flatMap((name) => [name, chipRow(sensor, name).label.toLowerCase()]),
    );
    const named = readdirSync(join(ROOT, 'src'), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .filter((path) => !own.test(path))
      .filter((path) => {
        const text = readFileSync(join(ROOT, path), 'utf8').toLowerCase();
        return names.some((name) => text.includes(name));
      });
    expect(named).toEqual([]);
  });
});

/** A mode that does not exist: the shortest pulse every 2 s, whatever it is told. */
const MODE = `
import { after, type Instant, millis } from '../units.ts';
import { LEAD, type ModeStep, type Pattern } from './wanted.ts';

export function stepPretend(state: Pattern | null, now: Instant): ModeStep<Pattern | null> {
  const held = state ?? { onUs: millis(50), periodUs: millis(2000), startUs: after(now, LEAD) };
  return { state: held, wanted: held, nextAt: now };
}
`;

describe('a control mode', () => {
  it('is three files: what it does and two rows; settings, recipes, screens and the command line then know it', () => {
    const copy = new Copy();
    copy.write('src/control/pretend.ts', MODE);
    copy.insert(
      'src/params/modes.ts',
      '} as const satisfies Record<string, ModeRow>;',
      "  pretend: { fields: [], words: () => 'pretend', heats: () => ({ onS: 0.05, periodS: 2 }) },\n",
    );
    copy.insert(
      'src/control/modes.ts',
      "import { type PulseState, stepConstant, stepPulse } from './pulse.ts';",
      "import { stepPretend } from './pretend.ts';\n",
    );
    copy.insert(
      'src/control/modes.ts',
      '  pid: control<PidRun | null>({ start: null, step: stepPidRun }),',
      '  pretend: control<PulseState>({ start: null, step: (state, _order, _input, now) => stepPretend(state, now) }),\n',
    );
    expect(copy.touched().sort()).toEqual(['src/control/modes.ts', 'src/control/pretend.ts', 'src/params/modes.ts']);

    copy.compile();
    const run = copy.simulate('--mode', 'pretend', '--seconds', '60');
    expect(run).toMatchObject({ armed: true, trips: [], recipe: 'pretend' });
    expect(run.edges).toBeGreaterThan(50);
    expect(copy.run('bin/remixd.js', 'config', 'explain', 'control.mode')).toContain('pretend');
    copy.write('pretend.json', JSON.stringify({ title: 'p', steps: [{ mode: 'pretend', light: 1, forS: 20 }] }));
    expect(copy.simulate('--recipe', 'pretend.json')).toMatchObject({ armed: true, recipe: 'p' });
  });
});

/** A front that does not exist: it turns the pulse once and says what came of it. */
const FRONT = `
import type { Desk } from '../../desk/desk.ts';
import type { Origin } from '../../params/commands.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import type { Front, FrontClock } from '../front.ts';

const ORIGIN: Origin = { via: 'pretend', by: 'the pretend front', proven: true, roles: ['see', 'run', 'tune'] };

export function openPretend(desk: Desk, snapshots: Snapshots, _clock: FrontClock): Front {
  let states = 0;
  let turned = false;
  snapshots.subscribe({ event: ({ kind }) => { states += kind === 'state' ? 1 : 0; } });
  return {
    words: 'pretend',
    tick: () => {
      if (turned || desk.snapshot.kernel.name !== 'armed') return;
      turned = true;
      void desk.submit('set', { patch: { 'pulse.onMs': 400 } }, ORIGIN);
      desk.note('note', 'pretend', String(states) + ' states');
    },
    close: async () => {},
  };
}
`;

describe('a front', () => {
  it('is two files beside its own folder: the way it comes by, and the wiring', () => {
    const copy = new Copy();
    copy.write('src/fronts/pretend/front.ts', FRONT);
    copy.insert('src/params/commands.ts', "'command line': 'bench',", "pretend: 'bench', ");
    copy.insert('src/daemon.ts', 'import { openService,', "import { openPretend } from './fronts/pretend/front.ts';\n");
    copy.insert('src/daemon.ts', 'mqtt, calendar, terminal, service]', 'openPretend(desk, feed, clock), ');
    expect(copy.touched().sort()).toEqual(['src/daemon.ts', 'src/fronts/pretend/front.ts', 'src/params/commands.ts']);

    copy.compile();
    const set = ['runtime.stateDir=state', 'runtime.runsDir=runs', 'sim.broker=false'].flatMap((one) => ['--set', one]);
    copy.run('bin/remixd.js', 'run', '--speed', '50', '--seconds', '20', ...set);
    const [run = ''] = readdirSync(join(copy.folder, 'runs'));
    const events = readFileSync(join(copy.folder, 'runs', run, 'events.csv'), 'utf8');
    expect(events).toMatch(/tuning,set,.*pulse.onMs 500 -> 400 \(the pretend front; at the bench\)/);
    expect(events).toMatch(/note,pretend,6 states/);
  });
});
