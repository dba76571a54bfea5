/** The controller’s end of the program for the lines, with scripts in the program’s place. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HalOpenError } from '../../../src/hal/linux/errors.ts';
import { gpioAccess } from '../../../src/hal/linux/gpio.ts';
import { type LinesOptions, type LinuxLines, openLines, parseLevels } from '../../../src/hal/linux/lines.ts';
import { MONOTONIC } from '../../../src/runtime/clock.ts';
import { ratio } from '../../../src/units.ts';

let folder = '';
let lines: LinuxLines | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-lines-'));
});
afterEach(async () => {
  await lines?.close();
  lines = null;
  rmSync(folder, { recursive: true, force: true });
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What every script may use: the instant, the orders so far, and a report of both contacts. */
const PRELUDE = `
const now = () => { const [s, ns] = process.hrtime(); return s * 1e6 + Math.floor(ns / 1e3); };
const say = (line) => process.stdout.write(line + '\\n');
let heard = 0;
let words = [];
const listen = () => process.stdin.on('data', (text) => {
  for (const line of String(text).trim().split('\\n')) { heard = Number(line.split(' ')[0]); words.push(line.split(' ').slice(2).join(' ')); }
}).on('end', () => process.exit(0));
const report = (estop = 1, lid = 1) => say('levels ' + now() + ' ' + heard + ' ' + estop + ' ' + lid);
const reporting = () => setInterval(report, 20);
`;

function program(script: string): string {
  const path = join(folder, 'program.cjs');
  writeFileSync(path, `#!${process.execPath}\n${PRELUDE}${script}`);
  chmodSync(path, 0o755);
  return path;
}

async function opened(script: string, more: Partial<LinesOptions> = {}): Promise<LinuxLines> {
  lines = await openLines({
    chip: 'auto',
    enable: 27,
    estop: 22,
    lid: 23,
    light: 24,
    power: null,
    now: () => MONOTONIC.now(),
    program: program(script),
    timeoutMs: 5000,
    ...more,
  });
  return lines;
}

async function refused(script: string, more: Partial<LinesOptions> = {}): Promise<HalOpenError> {
  try {
    await opened(script, more);
  } catch (error) {
    if (error instanceof HalOpenError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** Ticks as the loop does until `holds`, at most a second. @returns how many ms it took */
async function ticking(holds: () => boolean): Promise<number> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > 3000) throw new Error(`not so: ${holds}`);
    await pause(50);
  }
  return performance.now() - start;
}

function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const GOOD = "say('hello 1'); listen(); const timer = reporting();";

describe('a report', () => {
  it('is read only as it is written', () => {
    expect(parseLevels('levels 12345 7 1 0')).toEqual({ at: 12345, heard: 7, estop: true, lid: false });
    for (const bad of [
      '',
      'levels 1 1 1',
      'levels 1 1 1 2',
      'levels -1 1 1 1',
      'levels 1 1 1 1 ',
      ' levels 1 1 1 1',
      'hello 1',
    ])
      expect(parseLevels(bad)).toBeNull();
  });
});

describe('the contacts', () => {
  it('are open until a report says otherwise, and each as the report says', async () => {
    const { estop, lid } = await opened(
      "say('hello 1'); listen(); setTimeout(() => setInterval(() => report(1, 0), 20), 100);",
    );
    expect([estop.closed(), lid.closed()]).toEqual([false, false]);
    await ticking(() => estop.closed());
    expect(lid.closed()).toBe(false);
  });

  it('are open soon after the reports have stopped', async () => {
    const { estop, lid } = await opened(`${GOOD} setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 400);`);
    await ticking(() => estop.closed() && lid.closed());
    await ticking(() => !estop.closed());
    expect(lid.closed()).toBe(false);
  });

  it('stay as they were known when the controller itself was late, and are open at once when nothing came meanwhile', async () => {
    const alive = await opened(GOOD);
    await ticking(() => alive.estop.closed());
    await pause(50);
    stall(600);
    expect(alive.estop.closed()).toBe(true);
    await pause(50);
    // The reports that waited have been read; a script that is itself late on a busy machine is given time.
    await ticking(() => alive.estop.closed());
    await alive.close();
    const silent = await opened(`${GOOD} setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 300);`);
    await ticking(() => silent.estop.closed());
    await pause(100);
    silent.estop.closed();
    stall(900);
    silent.estop.closed();
    await pause(50);
    expect(silent.estop.closed()).toBe(false);
  });

  it('are open when orders are not carried out any more, although reports come', async () => {
    const { estop, pump } = await opened(
      "say('hello 1'); reporting(); process.stdin.on('end', () => process.exit(0));",
    );
    await ticking(() => estop.closed());
    pump.toggle();
    expect(estop.closed()).toBe(true);
    expect(await ticking(() => !estop.closed())).toBeLessThan(1000);
  });

  it.each([
    ['ends', 'process.exit(3)', 'exit code 3'],
    ['is killed', "process.kill(process.pid, 'SIGKILL')", 'SIGKILL'],
    ['writes what is no report', "say('levels one')", 'levels one'],
    ['says more was carried out than was asked', "say('levels ' + now() + ' 9 1 1')", ' 9 1 1'],
    ['says what is still to come', "say('levels ' + (now() + 1e7) + ' 0 1 1')", ' 0 1 1'],
    ['writes without end', "clearInterval(timer); process.stdout.write('9'.repeat(500))", 'without an end'],
  ])('are open when the program %s, which is told once', async (_, act, why) => {
    const told: string[] = [];
    const held = await opened(`${GOOD} setTimeout(() => { ${act} }, 600);`);
    held.watch((text) => told.push(text));
    await ticking(() => held.estop.closed());
    await ticking(() => !held.estop.closed());
    await ticking(() => told.length > 0);
    await pause(100);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(why);
    expect(held.lid.closed()).toBe(false);
    held.pump.toggle();
    // One that asks later hears it, too.
    held.watch((text) => told.push(text));
    expect(told[1]).toBe(told[0]);
  });
});

describe('a program that falls silent', () => {
  it.each([
    ['is stopped', `${GOOD} setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 500);`],
    [
      'reads no order any more, although it reports',
      `${GOOD} setTimeout(() => { process.stdin.removeAllListeners('data'); process.stdin.on('data', () => {}); }, 500);`,
    ],
  ])('and %s is told with what follows and what to do, once, and the contacts are open', async (_, script) => {
    const told: string[] = [];
    const held = await opened(script);
    held.watch((text) => told.push(text));
    await ticking(() => held.estop.closed());
    await ticking(() => {
      held.pump.toggle();
      return !held.estop.closed();
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/has not answered for \d+ ms .*dropped so far: 0.*count as open.*restart remixd$/);
    for (let i = 0; i < 10; i += 1) {
      await pause(20);
      expect(held.lid.closed()).toBe(false);
    }
    expect(told).toHaveLength(1);
  });

  it('with its pipe full is told with the orders that were dropped', async () => {
    const told: string[] = [];
    const held = await opened("say('hello 1'); reporting();");
    held.watch((text) => told.push(text));
    await ticking(() => held.estop.closed());
    while (held.dropped < 7) held.pump.toggle();
    await ticking(() => !held.estop.closed());
    expect(told).toEqual([expect.stringContaining('dropped so far: 7)')]);
  });
});

describe('orders', () => {
  it('are dropped when the program does not read, and do not wait', async () => {
    const { pump } = await opened("say('hello 1'); reporting();");
    const held = lines!;
    for (let i = 0; i < 20_000 && held.dropped === 0; i += 1) pump.toggle();
    expect(held.dropped).toBe(1);
    for (let i = 0; i < 1000; i += 1) pump.toggle();
    expect(held.dropped).toBe(1001);
  });

  it('of the light are sent when it changes', async () => {
    const { light, estop } = await opened(
      "say('hello 1'); listen(); setInterval(() => report(words.join() === 'light 1,light 0' ? 1 : 0), 20);",
    );
    light.set(ratio(0));
    light.set(ratio(0.5));
    light.set(ratio(1));
    light.set(ratio(0));
    await ticking(() => estop.closed());
  });

  it('switch the sensors’ supply on at the start, and off and on again', async () => {
    const held = await opened(
      "say('hello 1'); listen(); setInterval(() => report(words.join() === 'power 1,power 0,power 1' ? 1 : 0), 20);",
      { power: 25 },
    );
    await held.cyclePower();
    await ticking(() => held.estop.closed());
  });
});

describe('the program', () => {
  it.each([
    ['LINES_VERSION', "say('hello 2'); listen();"],
    [
      'GPIO_BUSY',
      'console.error(\'remixd: a GPIO line cannot be taken: line 23 is held by "x" (busy)\'); process.exit(74);',
    ],
    ['GPIO_CHIP_MISSING', "console.error('remixd: no GPIO chip with this label: auto (refused)'); process.exit(74);"],
    ['GPIO_CHIP_AMBIGUOUS', "console.error('remixd: two GPIO chips match: auto (refused)'); process.exit(74);"],
    ['GPIO_REFUSED', "console.error('remixd: no such line of the header: 28 (refused)'); process.exit(64);"],
    ['GPIO_REFUSED', 'process.exit(1);'],
  ])('that does not open is %s, with a remedy', async (code, script) => {
    const why = await refused(script);
    expect(why.code).toBe(code);
    expect(why.remedy.length).toBeGreaterThan(10);
  });

  it('that is not built, cannot run, or says nothing is named', async () => {
    expect(await refused('', { program: join(folder, 'none') })).toMatchObject({
      code: 'LINES_MISSING',
      remedy: expect.stringContaining('make -C gate'),
    });
    writeFileSync(join(folder, 'text'), '');
    expect(await refused('', { program: join(folder, 'text') })).toMatchObject({ code: 'LINES_UNUSABLE' });
    expect(await refused('setInterval(() => {}, 1000);', { timeoutMs: 300 })).toMatchObject({ code: 'LINES_SILENT' });
  });

  it('that does not end by itself is killed', async () => {
    const held = await opened("say('hello 1'); reporting(); process.on('SIGTERM', () => {});");
    const start = performance.now();
    await held.close();
    expect(performance.now() - start).toBeLessThan(3000);
    expect(held.estop.closed()).toBe(false);
  });
});

describe('gpio.access', () => {
  it('auto is sysfs where its files are and onoff loads, else chardev; a named way is that way', async () => {
    expect(await gpioAccess('auto', folder)).toBe('chardev');
    const loads = (): Promise<unknown> => Promise.resolve({});
    const fails = (): Promise<unknown> => Promise.reject(new Error('not installed'));
    expect(await gpioAccess('auto', folder, loads)).toBe('chardev');
    writeFileSync(join(folder, 'export'), '');
    expect(await gpioAccess('auto', folder, loads)).toBe('sysfs');
    expect(await gpioAccess('auto', folder, fails)).toBe('chardev');
    expect(await gpioAccess('sysfs', folder, fails)).toBe('sysfs');
    expect(await gpioAccess('sysfs', join(folder, 'none'))).toBe('sysfs');
    expect(await gpioAccess('chardev', folder)).toBe('chardev');
  });
});
