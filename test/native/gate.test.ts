/** The real gate program on an emulated GPIO chip. Times are CLOCK_MONOTONIC in µs, as the bench dates its changes. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { type LinuxGate, openGate } from '../../src/hal/linux/gate.ts';
import { parseGateLine } from '../../src/hal/linux/gate-line.ts';
import type { GateEvent, GatePattern } from '../../src/hal/ports.ts';
import { gateLimitsFile } from '../../src/hal/registry.ts';
import { crc16 } from '../../src/hal/standards/crc16.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { MONOTONIC } from '../../src/runtime/clock.ts';
import { Prng } from '../../src/twin/prng.ts';
import { after, before, micros, millis, seconds } from '../../src/units.ts';
import { type Emulator, startEmulator, until } from './support.ts';

const GATE = join(PACKAGE_ROOT, 'gate/remixd-gate');
const OFF = join(PACKAGE_ROOT, 'gate/remixd-off');
const HEATER = 17;
const ENABLE = 27;
const LEASE = millis(250);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let folder: string;
let limits: string;
let socket: string;
let emulator: Emulator;

beforeAll(() => {
  execFileSync('make', ['-s', '-C', join(PACKAGE_ROOT, 'gate'), 'all', 'sanitized'], { stdio: 'inherit' });
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-gate-'));
  limits = join(folder, 'gate.conf');
  socket = join(folder, 'gate.sock');
  writeFileSync(limits, gateLimitsFile(defaultSettings()));
  emulator = await startEmulator();
});
afterEach(async () => {
  await emulator.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Replaces values in the limits file; a null takes the line out. */
function limit(values: Record<string, string | number | null>): void {
  const lines = readFileSync(limits, 'utf8').split('\n');
  const changed = lines.flatMap((line) => {
    const [key = ''] = line.split(' ');
    if (!Object.hasOwn(values, key)) return [line];
    return values[key] === null ? [] : [`${key} ${values[key]}`];
  });
  writeFileSync(limits, changed.join('\n'));
}

function startGate(program = GATE, first: readonly string[] = []): ChildProcess {
  return emulator.spawn(program, ['--limits', limits, '--socket', socket], { env: emulator.env(first) });
}

async function connected(): Promise<{ gate: ChildProcess; client: LinuxGate }> {
  const gate = startGate();
  return { gate, client: await openGate({ path: socket, now: MONOTONIC.now, timeoutMs: 5000 }) };
}

const exited = (child: ChildProcess): Promise<{ code: number | null; signal: string | null }> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null)
      resolve({ code: child.exitCode, signal: child.signalCode });
    else child.once('exit', (code, signal) => resolve({ code, signal }));
  });

/** Keeps the lease of a pattern for so long, ms; returns all that the gate said. */
async function hold(client: LinuxGate, pattern: GatePattern, ms: number): Promise<GateEvent[]> {
  const said: GateEvent[] = [];
  const end = MONOTONIC.now() + ms * 1000;
  while (MONOTONIC.now() < end) {
    client.play(pattern, LEASE);
    await pause(40);
    said.push(...client.drain());
  }
  return said;
}

/** Level changes of the heater line so far: [instant, level]. */
const heater = async (): Promise<[number, number][]> =>
  (await emulator.timeline()).filter(({ line }) => line === HEATER).map(({ at, level }) => [at, level]);

describe('the gate plays leased patterns', () => {
  it('and ends every pulse where the pattern says, to the millisecond', async () => {
    const { client } = await connected();
    const start = after(MONOTONIC.now(), millis(100));
    const said = await hold(client, { onUs: millis(60), periodUs: millis(200), startUs: start }, 1100);
    client.close();
    const edges = await heater();
    expect(edges.length).toBeGreaterThanOrEqual(8);
    edges.slice(0, 8).forEach(([at, level], i) => {
      const asked = start + Math.floor(i / 2) * 200_000 + (i % 2) * 60_000;
      expect(level).toBe(1 - (i % 2));
      expect(at).toBeGreaterThanOrEqual(asked);
      // A stall of the machine is no fault of the gate: late edges are the benchmark's business.
      expect(at - asked).toBeLessThan(100_000);
    });
    const reported = said.filter((event) => event.kind === 'edge');
    expect(reported[0]).toMatchObject({ rising: true, askedUs: start });
    expect(reported[1]).toMatchObject({ rising: false, askedUs: start + 60_000 });
  });

  it('keeps the phase when the lease is renewed and starts no pulse in the middle without an order for it', async () => {
    const { client } = await connected();
    const now = MONOTONIC.now();
    // The order comes 30 ms into a pulse of 100 ms: the rest of it is played.
    client.play({ onUs: millis(100), periodUs: seconds(1), startUs: before(now, millis(30)) }, LEASE);
    await pause(200);
    client.close();
    const edges = await heater();
    expect(edges.map(([, level]) => level)).toEqual([1, 0]);
    expect(edges[1]![0] - (now + 70_000)).toBeGreaterThanOrEqual(0);
  });

  it('is off when the lease ends, in the middle of a pulse', async () => {
    const { client } = await connected();
    const start = MONOTONIC.now();
    client.play({ onUs: seconds(2), periodUs: seconds(10), startUs: start }, LEASE);
    await pause(500);
    const edges = await heater();
    expect(edges.map(([, level]) => level)).toEqual([1, 0]);
    expect(edges[1]![0] - edges[0]![0]).toBeLessThan(LEASE + 150_000);
    expect(client.drain().map(({ kind }) => kind)).toContain('lease-expired');
    client.close();
  });

  it('is off at once when told so, when the pattern changes to a rest, and when the controller hangs up', async () => {
    for (const end of ['off', 'rest', 'hang up'] as const) {
      const { gate, client } = await connected();
      client.play({ onUs: seconds(5), periodUs: seconds(10), startUs: MONOTONIC.now() }, LEASE);
      await until(async () => (await emulator.state()).heater === 1);
      const at = MONOTONIC.now();
      if (end === 'off') client.off();
      else if (end === 'rest')
        client.play({ onUs: millis(50), periodUs: seconds(1), startUs: after(at, millis(500)) }, LEASE);
      else client.close();
      await until(async () => (await emulator.state()).heater === 0);
      const fall = (await heater()).find(([when, level]) => level === 0 && when >= at);
      expect(fall![0] - at).toBeLessThan(100_000);
      client.close();
      gate.kill('SIGTERM');
      await exited(gate);
    }
  });

  it('says whom it serves: a second controller finds the door closed and changes nothing', async () => {
    const { client } = await connected();
    const start = MONOTONIC.now();
    client.play({ onUs: millis(150), periodUs: seconds(1), startUs: start }, LEASE);
    await expect(openGate({ path: socket, now: MONOTONIC.now, timeoutMs: 400 })).rejects.toMatchObject({
      code: 'GATE_UNREACHABLE',
    });
    expect((await heater()).map(([, level]) => level)).toEqual([1, 0]);
    client.close();
    await pause(50);
    const next = await openGate({ path: socket, now: MONOTONIC.now, timeoutMs: 2000 });
    expect(next.hello?.limits.longestOnUs).toBe(5_500_000);
    next.close();
  });
});

describe('the gate refuses', () => {
  const cases: [why: string, on: number, period: number, lease: number][] = [
    ['on-time outside the period', 0, 1_000_000, LEASE],
    ['on-time outside the period', 2_000_000, 1_000_000, LEASE],
    ['lease too long', 50_000, 1_000_000, LEASE + 1],
    ['lease too long', 50_000, 1_000_000, 0],
    ['pulse too long', 5_500_001, 20_000_000, LEASE],
    ['off-time too short', 100_000, 149_999, LEASE],
    ['more than an hour', 100_000, 3_600_000_001, LEASE],
  ];
  it('with a reason, and is off, whatever is outside its limits', async () => {
    const { client } = await connected();
    client.drain();
    for (const [why, onUs, periodUs, lease] of cases) {
      client.play({ onUs: seconds(1), periodUs: seconds(10), startUs: MONOTONIC.now() }, LEASE);
      client.play({ onUs: micros(onUs), periodUs: micros(periodUs), startUs: MONOTONIC.now() }, micros(lease));
      await pause(60);
      const said = client.drain();
      expect(said.filter(({ kind }) => kind === 'refused')).toMatchObject([{ why }]);
      expect((await emulator.state()).heater).toBe(0);
    }
    client.close();
  });

  it('both sides of each limit: the values at the limit are played', async () => {
    const { client } = await connected();
    const start = after(MONOTONIC.now(), seconds(10));
    for (const [onUs, periodUs, lease] of [
      [5_500_000, 20_000_000, LEASE],
      [100_000, 150_000, 1],
      [100_000, 3_600_000_000, LEASE],
      [1_000_000, 1_000_000, LEASE],
    ] as const) {
      client.play({ onUs: micros(onUs), periodUs: micros(periodUs), startUs: start }, micros(lease));
    }
    await pause(60);
    expect(client.drain().filter(({ kind }) => kind === 'refused')).toEqual([]);
    client.close();
  });

  it('constant current where its file forbids it, and ends it when its time is used up', async () => {
    limit({ 'constant-us': 300_000 });
    const { gate, client } = await connected();
    const said = await hold(client, { onUs: seconds(1), periodUs: seconds(1), startUs: MONOTONIC.now() }, 600);
    expect(said.filter(({ kind }) => kind === 'refused')[0]).toMatchObject({ why: 'limit ended the pulse' });
    const edges = await heater();
    expect(edges[1]![0] - edges[0]![0]).toBeGreaterThanOrEqual(299_000);
    expect(edges[1]![0] - edges[0]![0]).toBeLessThan(450_000);
    // A short break makes no new budget.
    expect(edges.slice(2)).toEqual([]);
    client.close();
    gate.kill('SIGTERM');
    await exited(gate);
    limit({ 'constant-us': 0 });
    const again = await connected();
    again.client.play({ onUs: seconds(1), periodUs: seconds(1), startUs: MONOTONIC.now() }, LEASE);
    await pause(80);
    expect(again.client.drain()).toContainEqual(
      expect.objectContaining({ kind: 'refused', why: 'constant current is not allowed here' }),
    );
    again.client.close();
  });

  it('constant current in the guise of a pulse: the time is booked from the rise on', async () => {
    limit({ 'constant-us': 300_000 });
    const { client } = await connected();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const start = after(MONOTONIC.now(), millis(5));
      client.play({ onUs: millis(400), periodUs: seconds(10), startUs: start }, LEASE);
      await pause(120);
      for (let i = 0; i < 8; i += 1) {
        client.play({ onUs: seconds(1), periodUs: seconds(1), startUs: start }, LEASE);
        await pause(50);
      }
      client.off();
      await pause(60);
    }
    const edges = await heater();
    let onUs = 0;
    edges.forEach(([at, level], i) => {
      if (level === 0) onUs += at - (edges[i - 1]?.[0] ?? at);
    });
    // One budget of constant current; what comes after it is at most the pulses’ own first 120 ms.
    expect(onUs).toBeLessThan(300_000 + 3 * 200_000);
    client.close();
  });

  it('more mean duty than its leaky bucket allows', async () => {
    limit({ 'duty-max-ppm': 100_000, 'duty-window-us': 1_000_000 });
    const { client } = await connected();
    const start = after(MONOTONIC.now(), millis(20));
    const said = await hold(client, { onUs: millis(300), periodUs: millis(500), startUs: start }, 800);
    expect(said.some((event) => event.kind === 'refused')).toBe(true);
    const [rise, fall] = await heater();
    // 1 − e^(−t/1 s) reaches 0.1 after 105 ms.
    expect(fall![0] - rise![0]).toBeGreaterThanOrEqual(100_000);
    expect(fall![0] - rise![0]).toBeLessThan(250_000);
    client.close();
  });

  it('an order with a wrong check code, an old number, a stray word or too long a line, and is off', async () => {
    const seal = (body: string): string => `${body}*${crc16(body).toString(16).padStart(4, '0')}\n`;
    const bad: [string, string][] = [
      ['2 off*0000\n', 'wrong check code'],
      [seal('1 off'), 'old sequence number'],
      [seal('2 on'), 'malformed line'],
      [seal('2 off now'), 'malformed line'],
      [seal('2 play 1 2 3'), 'malformed line'],
      [seal('2 play 1 2 3 4 5'), 'malformed line'],
      [seal('2 play -1 2 3 4'), 'malformed line'],
      [seal('2 play 1e5 200000 0 1000'), 'malformed line'],
      [seal('99999999999 off'), 'malformed line'],
      // A C string ends at the NUL, and the check code before it is right: what follows was never looked at.
      [`${seal('2 off').trimEnd()}\0play\n`, 'malformed line'],
      ['\n', 'malformed line'],
      ['x'.repeat(127), 'line too long'],
    ];
    startGate();
    for (const [line, why] of bad) {
      const raw = await rawConnection();
      raw.socket.write(seal(`1 play 5000000 10000000 ${MONOTONIC.now()} ${LEASE}`));
      await until(async () => (await emulator.state()).heater === 1);
      raw.socket.write(line);
      await until(async () => (await emulator.state()).heater === 0);
      await until(() => Promise.resolve(raw.text.includes('refused')));
      expect(raw.text).toContain(why);
      raw.socket.destroy();
      await pause(30);
    }
  });

  it('a flood of orders cannot keep a pulse from ending', async () => {
    startGate();
    const raw = await rawConnection();
    const start = after(MONOTONIC.now(), millis(50));
    let sequence = 0;
    const flood = setInterval(() => {
      for (let i = 0; i < 200; i += 1) {
        sequence += 1;
        const body = `${sequence} play 200000 1000000 ${start} ${LEASE}`;
        raw.socket.write(`${body}*${crc16(body).toString(16).padStart(4, '0')}\n`);
      }
    }, 1);
    await pause(450);
    clearInterval(flood);
    const edges = await heater();
    raw.socket.destroy();
    expect(edges.slice(0, 2).map(([, level]) => level)).toEqual([1, 0]);
    expect(edges[1]![0] - edges[0]![0]).toBeLessThan(350_000);
  });
});

/** A connection that the gate has greeted; asks again while it is busy with the one before. */
async function rawConnection(): Promise<{ socket: Socket; text: string }> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const raw = { socket: createConnection(socket), text: '' };
    raw.socket.on('error', () => {});
    const greeted = await new Promise<boolean>((resolve) => {
      raw.socket.once('close', () => resolve(false));
      raw.socket.setEncoding('latin1').on('data', (part: string) => {
        raw.text += part;
        resolve(true);
      });
    });
    if (greeted) return raw;
    await pause(20);
  }
  throw new Error('the gate greets nobody');
}

describe('the greeting', () => {
  it('says when real-time scheduling is not allowed, and pulses are played all the same', async () => {
    const rights = ['--bounding-set', '-sys_nice,-ipc_lock', '--inh-caps', '-sys_nice,-ipc_lock'];
    const gate = emulator.spawn('setpriv', [...rights, GATE, '--limits', limits, '--socket', socket]);
    let said = '';
    gate.stderr!.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
    const client = await openGate({ path: socket, now: MONOTONIC.now, timeoutMs: 5000 });
    expect(client.hello?.scheduling).toBe('other');
    expect(said).toContain('no SCHED_FIFO, edges will be later');
    const start = after(MONOTONIC.now(), millis(50));
    await hold(client, { onUs: millis(60), periodUs: millis(200), startUs: start }, 700);
    client.close();
    expect((await heater()).slice(0, 6).map(([, level]) => level)).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it('names the lines of its file, so that a controller wired otherwise arms nothing', async () => {
    limit({ 'heater-line': 25, 'enable-line': 26 });
    const { client } = await connected();
    expect(client.hello?.limits).toMatchObject({ heaterLine: 25, enableLine: 26 });
    client.close();
  });
});

describe('the gate at its start and at its end', () => {
  const SIGNALS = [
    'SIGHUP',
    'SIGINT',
    'SIGQUIT',
    'SIGTERM',
    'SIGUSR1',
    'SIGSEGV',
    'SIGABRT',
    'SIGXCPU',
    'SIGTSTP',
    'SIGCONT',
  ];
  it.each(SIGNALS)('is off and gone after %s in a pulse, with a chip that keeps its levels', async (signal) => {
    const { gate, client } = await connected();
    await emulator.command({ cmd: 'release', mode: 'keeps' });
    client.play({ onUs: seconds(5), periodUs: seconds(10), startUs: MONOTONIC.now() }, LEASE);
    await until(async () => (await emulator.state()).heater === 1);
    gate.kill(signal as NodeJS.Signals);
    const { code } = await exited(gate);
    if (signal === 'SIGTERM') expect(code).toBe(0);
    else expect(code).toBeGreaterThan(128);
    expect((await emulator.state()).heater).toBe(0);
    client.close();
  });

  it('ends well when it is told to stop, also with the SIGCONT that a service manager sends after it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { gate, client } = await connected();
      // Both are pending when it goes on, as they are after a stop by a busy computer.
      for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGCONT'] as const) gate.kill(signal);
      expect(await exited(gate)).toEqual({ code: 0, signal: null });
      client.close();
    }
  });

  it('takes the line alone and low: a second gate, and one whose line is exported, do not start', async () => {
    const { client } = await connected();
    const second = await emulator.run(GATE, ['--limits', limits, '--socket', join(folder, 'other.sock')]);
    expect(second.code).toBe(74);
    expect(second.stderr).toContain('cannot be taken low');
    client.close();
  });

  it.each([
    ['no chip has the label', { board: 'none' }],
    ['two chips have the label', { board: 'two' }],
  ])('does not start where %s', async (_why, set) => {
    await emulator.stop();
    emulator = await startEmulator({ set });
    const ended = await emulator.run(GATE, ['--limits', limits, '--socket', socket]);
    expect(ended.code).toBe(74);
    expect(ended.stderr).toMatch(/no GPIO chip|two GPIO chips/);
  });

  it('finds the chip of a Raspberry Pi 5 by its label', async () => {
    await emulator.stop();
    emulator = await startEmulator({ set: { board: 'pi5' } });
    const { client } = await connected();
    client.play({ onUs: millis(100), periodUs: seconds(1), startUs: MONOTONIC.now() }, LEASE);
    await until(async () => (await emulator.state()).heater === 1);
    client.close();
  });

  const BAD: [string, Record<string, string | number | null>, RegExp][] = [
    [
      'a pulse above the ceiling',
      { 'longest-on-us': 5_500_001 },
      /outside its compiled bounds.*longest-on-us|longest-on-us.*outside/s,
    ],
    ['a lease above the ceiling', { 'longest-lease-us': 250_001 }, /bounds/],
    ['a duty above the ceiling', { 'duty-max-ppm': 950_001 }, /bounds/],
    ['an off-time below the floor', { 'least-off-us': 49_999 }, /bounds/],
    ['constant current above the ceiling', { 'constant-us': 3_600_000_001 }, /bounds/],
    ['a heater line that is not pulled down', { 'heater-line': 8 }, /bounds/],
    ['a negative number', { 'constant-us': -1 }, /bounds/],
    ['a number with a unit', { 'longest-on-us': '5s' }, /bounds/],
    ['a missing limit', { 'duty-max-ppm': null }, /missing limit/],
    ['a missing chip', { chip: null }, /missing limit/],
    ['a limit without a value', { 'duty-max-ppm': '' }, /incomplete/],
  ];
  it.each(BAD)('does not start with %s in its file', async (_what, values, says) => {
    limit(values);
    const ended = await emulator.run(GATE, ['--limits', limits, '--socket', socket]);
    expect(ended.code).toBe(78);
    expect(ended.stderr).toMatch(says);
  });

  it('reads a line of 127 characters whole, and says what is wrong with a file that is none of its own kind', async () => {
    const good = readFileSync(limits, 'utf8');
    const without = good.replace(/^duty-max-ppm.*\n/m, '');
    const run = async (path = limits) => emulator.run(OFF, ['--limits', path, '--line', 'heater']);
    // Read in pieces of 127, the comment’s second piece was taken for a setting.
    writeFileSync(limits, `${without}#${'-'.repeat(126)}duty-max-ppm 600000\n`);
    expect(await run()).toMatchObject({ code: 78, stderr: expect.stringContaining('longer than 127 characters') });
    writeFileSync(limits, `${good}#${'-'.repeat(126)}\n`);
    expect((await run()).stderr).not.toContain('limits file');
    writeFileSync(limits, `${good}#${'-'.repeat(127)}`);
    expect(await run()).toMatchObject({ code: 78, stderr: expect.stringContaining('longer than 127 characters') });
    writeFileSync(limits, good.replace('heater-line 17', 'heater-line 17\0 25'));
    expect(await run()).toMatchObject({ code: 78, stderr: expect.stringContaining('contains a NUL byte') });
    writeFileSync(limits, good + '# comment\n'.repeat(400));
    expect(await run()).toMatchObject({ code: 78, stderr: expect.stringContaining('longer than 4096 bytes') });
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const path of [folder, fifo, '/dev/zero'])
      expect(await run(path)).toMatchObject({ code: 78, stderr: expect.stringContaining('not a regular file') });
    expect(await run(join(folder, 'none'))).toMatchObject({ code: 78, stderr: expect.stringContaining('is missing') });
    writeFileSync(limits, good);
    chmodSync(limits, 0);
    if (process.getuid?.() !== 0) expect((await run()).stderr).toContain('no permission to read');
    chmodSync(limits, 0o600);
  });

  it('does not start with a limit given twice, one that it does not know, or no file at all', async () => {
    const good = readFileSync(limits, 'utf8');
    for (const more of ['heater-line 17', 'ignore-faults 1']) {
      writeFileSync(limits, `${good}${more}\n`);
      expect((await emulator.run(GATE, ['--limits', limits, '--socket', socket])).code).toBe(78);
    }
    expect((await emulator.run(GATE, ['--limits', join(folder, 'none'), '--socket', socket])).code).toBe(78);
    expect((await emulator.run(GATE, ['--socket', socket])).code).toBe(64);
  });

  it('ends on end of file where it was given a pipe instead of a socket, with the line low', async () => {
    const gate = emulator.spawn(GATE, ['--limits', limits, '--stdio']);
    let text = '';
    gate.stdout!.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    await until(() => Promise.resolve(text.includes('\n')));
    expect(parseGateLine(text.split('\n')[0]!)).toMatchObject({ hello: { version: 1 } });
    const body = `1 play 5000000 10000000 ${MONOTONIC.now()} ${LEASE}`;
    gate.stdin!.write(`${body}*${crc16(body).toString(16).padStart(4, '0')}\n`);
    await until(async () => (await emulator.state()).heater === 1);
    gate.stdin!.end();
    expect((await exited(gate)).code).toBe(0);
    expect((await emulator.state()).heater).toBe(0);
  });
});

describe('the gate under sanitizers', () => {
  const asan = (): string[] => [execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim()];

  it('survives a hundred thousand disturbed lines without an error, and is off after each connection', async () => {
    const seed = Number(process.env['CAMPAIGN_SEED'] ?? 1);
    const chance = new Prng(seed, 77);
    const upTo = (n: number): number => Math.floor(chance.uniform() * n);
    const gate = startGate(`${GATE}.san`, asan());
    let errors = '';
    gate.stderr!.setEncoding('utf8').on('data', (part: string) => {
      errors += part;
    });
    const words = [
      'play',
      'off',
      'on',
      '',
      'play ',
      'offf',
      '\0',
      'hello',
      '9'.repeat(19),
      '-1',
      '0x10',
      '1e9',
      '*',
      ' ',
    ];
    const number = (): string => words[upTo(40)] ?? String(upTo(2 ** 31) * (chance.uniform() < 0.1 ? 1e9 : 1));
    const line = (sequence: number): string => {
      const start = MONOTONIC.now() + upTo(400_000) - 200_000;
      const good = `${sequence} play ${upTo(400_000)} ${upTo(900_000)} ${start} ${upTo(300_000)}`;
      let body = good;
      if (chance.uniform() < 0.5)
        body = `${number()} ${words[upTo(words.length)]} ${Array.from({ length: upTo(6) }, number).join(' ')}`;
      if (chance.uniform() < 0.2) body = `${sequence} off`;
      let text = `${body}*${crc16(body.replace(/[^\0-\xff]/g, ''))
        .toString(16)
        .padStart(4, '0')}\n`;
      if (chance.uniform() < 0.3) {
        const at = upTo(text.length);
        text = text.slice(0, at) + String.fromCharCode(upTo(256)) + text.slice(at + upTo(3));
      }
      return text;
    };
    const LINES = Number(process.env['GATE_FUZZ_LINES'] ?? 100_000);
    let answered = 0;
    while (answered < LINES && gate.exitCode === null && gate.signalCode === null) {
      const raw = await rawConnection();
      for (let sequence = 1; sequence < 2000 && !raw.socket.destroyed; sequence += 50) {
        let batch = '';
        for (let i = 0; i < 50; i += 1) batch += line(sequence + i);
        if (!raw.socket.write(batch, 'latin1'))
          await new Promise((resolve) => raw.socket.once('drain', resolve).once('close', resolve));
      }
      // The gate has read all before it answers the last order, unless it hung up on a line that was too long.
      const last = `\n4294967295 off`;
      raw.socket.write(`${last}*${crc16(last.slice(1)).toString(16).padStart(4, '0')}\n`);
      await until(() => Promise.resolve(raw.socket.destroyed || raw.text.includes('alive 4294967295')), 20_000);
      answered += raw.text.split('\n').length;
      raw.socket.destroy();
      await until(async () => (await emulator.state()).heater === 0);
    }
    expect(errors).not.toMatch(/runtime error|AddressSanitizer|LeakSanitizer/);
    expect({ code: gate.exitCode, signal: gate.signalCode, seed }).toEqual({ code: null, signal: null, seed });
    gate.kill('SIGTERM');
    expect((await exited(gate)).code).toBe(0);
    for (const { at, level } of await heaterChanges()) if (level === 1) expect(at).toBeGreaterThan(0);
  }, 240_000);

  const heaterChanges = async (): Promise<{ at: number; level: number }[]> =>
    (await heater()).map(([at, level]) => ({ at, level }));

  it('reads disturbed limits files without an error and never starts with one outside the bounds', async () => {
    const chance = new Prng(Number(process.env['CAMPAIGN_SEED'] ?? 1), 78);
    const good = readFileSync(limits, 'latin1');
    for (let round = 0; round < 60; round += 1) {
      const bytes = Buffer.from(good, 'latin1');
      for (let i = 0; i < 1 + Math.floor(chance.uniform() * 4); i += 1) {
        bytes[Math.floor(chance.uniform() * bytes.length)] = Math.floor(chance.uniform() * 256);
      }
      writeFileSync(limits, bytes);
      const ended = await emulator.run(`${OFF}.san`, ['--limits', limits, '--line', 'heater'], {
        env: emulator.env(asan()),
      });
      expect(ended.stderr).not.toMatch(/runtime error|AddressSanitizer/);
      expect([0, 74, 78]).toContain(ended.code);
    }
  });
});

describe('remixd-off', () => {
  it('drives free lines low and says so', async () => {
    const ended = await emulator.run(OFF, ['--limits', limits, '--line', 'all']);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout.match(/is low \(character device\)/g)).toHaveLength(2);
  });

  it.each(['pi4', 'pi5'])(
    'drives a line low that a killed controller left exported and high (%s numbering)',
    async (board) => {
      await emulator.stop();
      emulator = await startEmulator({ set: { board } });
      const base = { pi4: 512, pi5: 569 }[board]!;
      const script = `
      const { Gpio } = require(${JSON.stringify(join(PACKAGE_ROOT, 'node_modules/onoff'))});
      new Gpio(${base + ENABLE}, 'low').writeSync(1);
      console.log('high');
      setInterval(() => {}, 1000);`;
      const controller = emulator.spawn(process.execPath, ['-e', script]);
      await until(async () => (await emulator.state()).enable === 1);
      controller.kill('SIGKILL');
      await exited(controller);
      expect((await emulator.state()).enable).toBe(1);
      const ended = await emulator.run(OFF, ['--limits', limits, '--line', 'enable']);
      expect(ended).toMatchObject({ code: 0 });
      expect(ended.stdout).toContain('is low (sysfs)');
      expect((await emulator.state()).enable).toBe(0);
    },
  );

  it('fails, and names the holder, when a running gate has the line', async () => {
    const { client } = await connected();
    const ended = await emulator.run(OFF, ['--limits', limits, '--line', 'heater']);
    expect(ended.code).toBe(74);
    expect(ended.stderr).toContain('held by "remixd-gate"');
    client.close();
  });
});

describe('the check for a real board', () => {
  it.each(['keeps', 'input'] as const)('tells a chip that %s its level when the gate is killed', async (mode) => {
    await emulator.command({ cmd: 'release', mode });
    // What `pinctrl lev 17` prints on a board: here the emulator's level, copied to a file while the check runs.
    const level = join(folder, 'level');
    writeFileSync(level, '0');
    writeFileSync(join(folder, 'pinctrl'), `#!/bin/sh\nsleep 0.1\ncat ${level}\n`, { mode: 0o755 });
    const copy = setInterval(() => {
      // Renamed into place: the reader must never meet the file between its emptying and its filling.
      void emulator.state().then(({ heater }) => {
        writeFileSync(`${level}.new`, String(heater));
        renameSync(`${level}.new`, level);
      });
    }, 10);
    const env = { ...emulator.env(), PATH: `${folder}:${process.env['PATH']}` };
    const ended = await emulator.run(process.execPath, [join(PACKAGE_ROOT, 'gate/board-check.mjs'), limits, socket], {
      env,
    });
    clearInterval(copy);
    expect(ended).toMatchObject({ code: 0 });
    const after = mode === 'keeps' ? 1 : 0;
    expect(ended.stdout).toContain(
      `in the pulse 1 (want 1) · gate killed ${after} (0 with strict_gpiod) · after remixd-off 0`,
    );
  });
});
