/** `remixd remote` against a running controller on its simulated bench, each a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/runtime/recipes.ts';

const PROGRAM = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const env = { PATH: process.env['PATH'] };
const folder = mkdtempSync(join(tmpdir(), 'remixd-afar-'));
const device = [
  '--set',
  `runtime.stateDir=${join(folder, 'state')}`,
  '--set',
  `runtime.runsDir=${join(folder, 'runs')}`,
];
let port: number;
let bench: ChildProcess;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
const broker = () => ['--set', `sim.brokerPort=${port}`];

function remote(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [PROGRAM, 'remote', ...args, '--client', 'ann', ...broker()],
    { encoding: 'utf8', env },
  );
  return { code: status, out: stdout, err: stderr };
}

/** Starts the controller and waits until it answers. */
async function start(): Promise<void> {
  bench = spawn(
    process.execPath,
    [PROGRAM, 'run', '--speed', '5', '--set', 'remote.arm=remote', ...device, ...broker()],
    {
      stdio: 'ignore',
      env,
    },
  );
  for (let i = 0; i < 40; i += 1) {
    if (remote('get').code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the bench does not answer');
}
const ended = (): Promise<void> => new Promise((resolve) => bench.once('exit', () => resolve()));
const cfg = () => (JSON.parse(remote('get', '--json').out) as { data: { cfg: Record<string, unknown> } }).data.cfg;
/** The events of the history, oldest first, as `code text`. */
const events = (): string[] =>
  remote('export', '--from', '1')
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string; body: { code: string; text: string } })
    .filter(({ kind }) => kind === 'event')
    .map(({ body }) => `${body.code} ${body.text}`);

beforeAll(async () => {
  port = await freePort();
  await start();
}, 60_000);
afterAll(async () => {
  if (bench.exitCode === null && bench.signalCode === null) {
    const gone = ended();
    bench.kill('SIGTERM');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('remixd remote', () => {
  it('tries settings, and a restart brings back what was confirmed; the record says who, what and why', async () => {
    expect(remote('set', 'pulse.onMs=400', '--try', '600')).toMatchObject({
      code: 0,
      out: expect.stringContaining('keep it:  remixd remote confirm 1'),
    });
    expect(remote('confirm', '1')).toMatchObject({ code: 0, out: expect.stringMatching(/^202 kept/) });
    expect(remote('set', 'pulse.onMs=300', '--try', '600').code).toBe(0);
    expect(cfg()).toMatchObject({ values: { 'pulse.onMs': 300 }, trial: { 'pulse.onMs': 300 } });
    const gone = ended();
    bench.kill('SIGKILL');
    await gone;
    await start();
    expect(cfg()).toMatchObject({ values: { 'pulse.onMs': 400 }, confirmed: { 'pulse.onMs': 400 }, trial: null });
    const told = events();
    expect(told).toContainEqual('cfg/set on trial for 600 s as revision 1 (ann): pulse.onMs = 400');
    // Killed while it was armed: a trip, which a person acknowledges.
    expect(remote('reset', '1')).toMatchObject({ code: 0, out: expect.stringMatching(/^202 trip 1/) });
    expect(told).toContainEqual('cfg/confirm kept (ann): pulse.onMs = 400');
    expect(told).toContainEqual(
      expect.stringMatching(/^trial-ended trial 3 of ann \(pulse\.onMs = 300\) went back: a restart/),
    );
  }, 60_000);

  it('is refused in words, with every value that is not allowed', () => {
    const refused = remote('set', 'pulse.onMs=99999', 'limits.tripC=90');
    expect(refused).toMatchObject({ code: 1, out: expect.stringMatching(/^422 2 value/) });
    expect(refused.out).toContain('limits.tripC   got 90   allowed nothing: it is set in the local file only');
    expect(remote('confirm', '77')).toMatchObject({ code: 1, out: expect.stringMatching(/^409/) });
  });

  it('starts and stops a run', () => {
    expect(remote('stop')).toMatchObject({ code: 0, out: expect.stringMatching(/^200 heater/) });
    expect(remote('arm', '--duration', '5', '--recipe', 'nothing-like-it').code).toBe(1);
    const armed = remote('arm', '--duration', '5', '--recipe', 'hour');
    expect(armed).toMatchObject({ code: 0, out: expect.stringMatching(/^202 arming/) });
    expect(remote('watch', '--seconds', '2').out).toMatch(/state .* TC \d/);
    expect(remote('stop').code).toBe(0);
  }, 30_000);

  it('shows events as they are recorded', async () => {
    const tail = spawn(process.execPath, [PROGRAM, 'remote', 'tail', '--json', '--seconds', '8', ...broker()], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env,
    });
    let heard = '';
    tail.stdout.on('data', (piece: Buffer) => {
      heard += piece.toString();
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    remote('stop');
    await new Promise<void>((resolve) => tail.once('exit', () => resolve()));
    expect(heard).toContain('"code":"stop"');
  }, 30_000);

  it('clears commands that somebody left retained', async () => {
    const careless = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0 });
    await new Promise((resolve) => careless.once('connect', resolve));
    const topic = 'remix/1/bench/cmd/arm';
    await new Promise((resolve) => careless.publish(topic, '{"id":"old"}', { qos: 1, retain: true }, resolve));
    careless.end(true);
    expect(remote('clear-retained', '--json')).toMatchObject({ code: 0, out: `{"cleared":["${topic}"],"left":[]}\n` });
    expect(remote('clear-retained').out).toContain('nothing retained');
  });

  it('writes samples as a table, and says where it cannot', () => {
    const file = join(folder, 'out.csv');
    expect(remote('export', '--last', '100', '--format', 'csv', '--out', file).code).toBe(0);
    const [device0, stream, head = '', ...rows] = readFileSync(file, 'utf8').trim().split('\n');
    expect([device0, stream]).toEqual(['#device: bench', expect.stringMatching(/^#stream: [0-9a-f]+$/)]);
    expect(head).toMatch(/^time_utc,time_from,mono_s,boot,seq,.*tc_c/);
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(row.split(',')).toHaveLength(head.split(',').length);
    expect(remote('export', '--out', '/nowhere/x')).toMatchObject({ code: 73 });
  }, 30_000);

  it('says what is wrong when nobody answers', () => {
    const silent = remote('get', '--device', 'nobody');
    expect(silent).toMatchObject({ code: 1, err: expect.stringContaining('REMOTE_SILENT') });
    const unreachable = remote('get', '--broker', 'mqtt://127.0.0.1:1');
    expect(unreachable).toMatchObject({ code: 1, err: expect.stringContaining('REMOTE_UNREACHABLE') });
  }, 30_000);
});
