/** `remixd remote` against a running controller on its simulated bench, each a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Device } from '../../benchmarks/remote/device.ts';
import { readCsv } from '../../src/files/csv.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { type Broker, openBroker } from '../../src/fronts/mqtt/broker.ts';
import { freePort } from '../support/mosquitto.ts';

const PROGRAM = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const env = { PATH: process.env['PATH'] };
const folder = mkdtempSync(join(tmpdir(), 'remixd-afar-'));
const device = [
  '--set',
  `runtime.stateDir=${join(folder, 'state')}`,
  '--set',
  `runtime.runsDir=${join(folder, 'runs')}`,
];
/** Only a person changes settings here: each change of the film would be another revision. */
const ALONE = ['--set', 'film.policy=tell'];
let port: number;
let bench: ChildProcess;

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
    [PROGRAM, 'run', '--speed', '5', '--set', 'remote.arm=remote', ...ALONE, ...device, ...broker()],
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
const state = () =>
  (JSON.parse(remote('get', '--json').out) as { data: { state: Record<string, unknown> } }).data.state;
/** The bench takes what it is told when it is ready for it; its state says when. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 40; i += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('not in time');
}
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
    // Pulses that keep the film mixed: a trial ends where it segregates.
    expect(remote('set', 'pulse.onMs=550', '--try', '600')).toMatchObject({
      code: 0,
      out: expect.stringContaining('keep it:  remixd remote confirm 1'),
    });
    expect(remote('confirm', '1')).toMatchObject({ code: 0, out: expect.stringMatching(/^202 Kept/) });
    expect(remote('set', 'pulse.onMs=600', '--try', '600').code).toBe(0);
    expect(cfg()).toMatchObject({ values: { 'pulse.onMs': 600 }, trial: { 'pulse.onMs': 600 } });
    const gone = ended();
    bench.kill('SIGKILL');
    await gone;
    await start();
    expect(cfg()).toMatchObject({ values: { 'pulse.onMs': 550 }, confirmed: { 'pulse.onMs': 550 }, trial: null });
    const told = events();
    expect(told).toContainEqual('tried revision 1: pulse.onMs 500 -> 550 (ann; for 600 s)');
    // Killed while it was armed: a trip, which a person acknowledges.
    await until(() => {
      expect(remote('acknowledge', '1').out).toMatch(/^202 Trip 1|^409/);
      return state()['trip'] === null;
    });
    expect(told).toContainEqual('confirmed revision 2: pulse.onMs 500 -> 550 (ann; kept)');
    expect(told).toContainEqual(
      expect.stringMatching(
        /^trial-ended trial 3 of ann \(pulse\.onMs = 600\) went back: the controller was restarted/,
      ),
    );
  }, 60_000);

  it('is refused in words, with every value that is not allowed', () => {
    const refused = remote('set', 'pulse.onMs=99999', 'limits.tripC=90');
    expect(refused).toMatchObject({ code: 1, out: expect.stringMatching(/^422 2 value/) });
    expect(refused.out).toContain('limits.tripC   got 90   allowed a change in the local file only');
    expect(remote('confirm', '77')).toMatchObject({ code: 1, out: expect.stringMatching(/^409/) });
  });

  it('starts and stops a run', async () => {
    expect(remote('stop')).toMatchObject({ code: 0, out: expect.stringMatching(/^200 (Heater|The heater)/) });
    await until(() => state()['state'] === 'safe');
    expect(remote('arm', '--duration', '5', '--recipe', 'nothing-like-it').code).toBe(1);
    const armed = remote('arm', '--duration', '5', '--recipe', 'hour');
    expect(armed).toMatchObject({ code: 0, out: expect.stringMatching(/^202 Arming/) });
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
    expect(remote('clear-retained').out).toContain('no retained commands');
  });

  it('writes samples as a table, and says where it cannot', () => {
    const file = join(folder, 'out.csv');
    expect(remote('export', '--last', '100', '--format', 'csv', '--out', file).code).toBe(0);
    const text = readFileSync(file, 'utf8');
    const [device0, stream, units = '', head = '', ...rows] = text.trim().split('\n');
    expect([device0, stream]).toEqual(['#device: bench', expect.stringMatching(/^#stream: [0-9a-f]+$/)]);
    expect(units).toMatch(/^#units: ,,s,,,.*°C/);
    expect(readCsv(text)).toMatchObject({ damaged: 0, rows: { length: rows.length } });
    // What was exported once is not written over.
    const again = remote('export', '--last', '5', '--out', file);
    expect(again).toMatchObject({ code: 73, err: expect.stringContaining('FILE_TAKEN') });
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(head).toMatch(/^time_utc,time_from,mono_s,boot,seq,.*tc_c/);
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) expect(row.split(',')).toHaveLength(head.split(',').length);
    expect(remote('export', '--out', '/nowhere/x')).toMatchObject({ code: 73 });
  }, 30_000);

  it('prints what comes next with the options that were given, and takes a broker without a scheme', () => {
    remote('stop');
    const tried = remote('set', 'pulse.onMs=450', '--broker', `127.0.0.1:${port}`, '--device', 'bench');
    expect(tried).toMatchObject({ code: 0, err: '' });
    const next = ` --broker mqtt://127.0.0.1:${port} --device bench --client ann --set sim.brokerPort=${port}`;
    expect(tried.out).toMatch(new RegExp(`keep it: {2}remixd remote confirm \\d+${next} `));
    expect(remote('revert').code).toBe(0);
    for (const odd of ['foo://x', 'mqtt://x:0', 'none']) {
      expect(remote('get', '--broker', odd)).toMatchObject({ code: 64, err: expect.stringContaining('--broker') });
    }
  }, 30_000);

  it('does not call a command without an answer a success or a failure', () => {
    const lost = remote('revert', '--device', 'nobody');
    expect(lost).toMatchObject({
      code: 75,
      out: '',
      err: expect.stringMatching(/^Outcome unknown {3}\[REMOTE_UNKNOWN\]/),
    });
    expect(lost.err).toContain('remixd remote get --device nobody --client ann');
    // A question has changed nothing.
    expect(remote('get', '--device', 'nobody', '--wait', '1').code).toBe(1);
  }, 30_000);

  it('sends a stop again by its id until it is answered, or says that it gave up', async () => {
    const given = remote('stop', '--device', 'nobody', '--wait', '3');
    expect(given).toMatchObject({ code: 75, out: '' });
    expect(given.err).toMatch(
      /not answered \(1\); the stop is sent again[\s\S]*Given up after 2 tries[\s\S]*The heater may still be on/,
    );
    const never = remote('stop', '--broker', 'mqtt://127.0.0.1:1', '--wait', '2');
    expect(never).toMatchObject({ code: 1, err: expect.stringMatching(/LINK|refuses connections[\s\S]*never sent/) });

    const deaf = mqtt.connect(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4, reconnectPeriod: 0 });
    await deaf.subscribeAsync('remix/1/slow/cmd/#', { qos: 1 });
    const ids: string[] = [];
    deaf.on('message', (_topic, payload) => {
      const { id } = JSON.parse(payload.toString()) as { id: string };
      ids.push(id);
      const answer = { id, code: 200, text: 'Heater off.', verb: 'stop' };
      if (ids.length === 2) deaf.publish('remix/1/slow/rsp/ann', JSON.stringify(answer), { qos: 1 });
    });
    const stop = new Beside(
      `${process.execPath} ${PROGRAM} remote stop --client ann --device slow ${broker().join(' ')}`,
    );
    expect(await stop.ended).toBe(0);
    expect(stop).toMatchObject({ out: '200 Heater off.\n', err: expect.stringContaining('answered at try 2') });
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    deaf.end(true);
  }, 40_000);

  it('says what is wrong when nobody answers', () => {
    const silent = remote('get', '--device', 'nobody');
    expect(silent).toMatchObject({ code: 1, err: expect.stringContaining('REMOTE_SILENT') });
    const unreachable = remote('get', '--broker', 'mqtt://127.0.0.1:1');
    expect(unreachable).toMatchObject({ code: 1, err: expect.stringContaining('REMOTE_UNREACHABLE') });
  }, 30_000);
});

/** A command line that runs beside this test; what it has said so far, and how it ended. */
class Beside {
  out = '';
  err = '';
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;

  constructor(script: string) {
    this.child = spawn('sh', ['-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (piece: Buffer) => {
      this.out += piece.toString();
    });
    this.child.stderr?.on('data', (piece: Buffer) => {
      this.err += piece.toString();
    });
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  end(): void {
    this.child.kill('SIGTERM');
  }
}

describe('remixd remote and what it is connected with', () => {
  let own: Broker;
  let fake: Device;
  const program = (...args: readonly string[]): string =>
    [process.execPath, PROGRAM, 'remote', ...args, '--broker', own.url].map((word) => `'${word}'`).join(' ');

  beforeAll(async () => {
    own = (await openBroker(0)) as Broker;
    fake = new Device({ url: own.url });
    for (let n = 1; n <= 20; n += 1) fake.store.append({ kind: 'event', body: { text: 'x'.repeat(10_000) } });
    await fake.store.flush();
    await fake.online();
  }, 30_000);
  afterAll(async () => {
    await fake.close();
    await own.close();
  });

  it('exports as fast as the reader takes it', async () => {
    const slow = new Beside(`(${program('export', '--from', '1')}; echo "code $?" >&2) | (sleep 5; wc -l)`);
    await slow.ended;
    expect(slow.err).toBe('20 records\ncode 0\n');
    expect(slow.out.trim()).toBe('20');
  }, 30_000);

  it.each(['jsonl', 'csv'])(
    'ends in peace when the reader of %s has enough',
    async (format) => {
      const enough = new Beside(`(${program('export', '--format', format)}; echo "code $?" >&2) | true`);
      await enough.ended;
      expect(enough.err).toMatch(/^code 0$/m);
      expect(enough.err).not.toContain('FILE_');
    },
    30_000,
  );

  it('says that the standard output is full', async () => {
    const full = new Beside(`${program('export', '--last', '1')} > /dev/full`);
    expect(await full.ended).toBe(73);
    expect(full.err).toContain('FILE_ENOSPC');
  }, 30_000);

  it('ends a watch by a signal, and when nobody reads it any more, as well as by itself', async () => {
    const stopped = new Beside(`exec ${program('watch')}`);
    await until(() => stopped.out.includes('online'));
    stopped.end();
    expect(await stopped.ended).toBe(0);
    const unread = new Beside(`(${program('watch')}; echo "code $?" >&2) | true`);
    await unread.ended;
    expect(unread.err).toBe('code 0\n');
    expect(await new Beside(program('watch', '--seconds', '1')).ended).toBe(0);
  }, 30_000);

  it('ends watch and tail with words when the broker dies', async () => {
    const watch = new Beside(program('watch'));
    const tail = new Beside(program('tail', '--seconds', '600'));
    await until(() => {
      fake.store.append({ kind: 'event', body: { event: 'command', code: 'news', text: '' } });
      void fake.sender.drain();
      return watch.out.includes('online') && tail.out.includes('news');
    });
    await own.close();
    expect([await watch.ended, await tail.ended]).toEqual([1, 1]);
    for (const { err } of [watch, tail]) expect(err).toMatch(/REMOTE_UNREACHABLE.*\n.*the connection was lost/);
  }, 30_000);
});

describe('remixd run', () => {
  let place: string;
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  /** A run whose state folder holds these confirmed settings. */
  function running(confirmed: object, ...args: readonly string[]): Beside {
    place = mkdtempSync(join(tmpdir(), 'remixd-kept-'));
    mkdirSync(join(place, 'state'));
    writeFileSync(join(place, 'state', 'remote.json'), JSON.stringify({ rev: 2, confirmed, answers: [] }));
    writeFileSync(join(place, 'not-pem'), 'x');
    const folders = [`runtime.stateDir=${place}/state`, `runtime.runsDir=${place}/runs`].flatMap((set) => [
      '--set',
      set,
    ]);
    const words = [process.execPath, PROGRAM, 'run', '--speed', '5', ...ALONE, ...folders, ...args].map(
      (word) => `'${word}'`,
    );
    return new Beside(`cd '${place}'; exec ${words.join(' ')}`);
  }

  it('plays the recipe that was confirmed, and rather the one that the command line names', async () => {
    const short = ['--seconds', '1', '--set', 'sim.broker=false'];
    const confirmed = running({ 'run.recipe': 'hour' }, ...short);
    expect(await confirmed.ended).toBe(0);
    expect(confirmed.out).toMatch(/^Record: .*-hour$/m);
    rmSync(place, { recursive: true, force: true });
    const named = running({ 'run.recipe': 'hour' }, ...short, '--recipe', 'pattern-none');
    expect(await named.ended).toBe(0);
    expect(named.out).toMatch(/^Record: .*-pattern-none$/m);
  }, 30_000);

  it('starts without confirmed settings that do not go with its configuration, and shows and records that', async () => {
    const at = await freePort();
    const changed = ['--set', 'pulse.periodMs=2000', '--set', `sim.brokerPort=${at}`];
    const bench = running({ 'pulse.onMs': 1500, 'run.recipe': 'gone' }, ...changed);
    const get = () => remote('get', '--json', '--broker', `mqtt://127.0.0.1:${at}`);
    await until(() => get().code === 0);
    const { data } = JSON.parse(get().out) as { data: { cfg: unknown } };
    expect(data.cfg).toMatchObject({
      rev: 2,
      confirmed: {},
      values: { 'pulse.onMs': 500, 'run.recipe': 'hold-mixed' },
    });
    bench.end();
    expect(await bench.ended).toBe(0);
    const [run = ''] = readdirSync(join(place, 'runs'));
    const line = readFileSync(join(place, 'runs', run, 'events.csv'), 'utf8').match(/.*confirmed-dropped.*/)?.[0];
    expect(line).toMatch(/trouble.*run\.recipe \(this device has no recipe gone.*pulse\.onMs \(.*at most 0\.55/);
  }, 30_000);

  it('and remote are refused a certificate that is none, before anything is opened', async () => {
    const bench = running({}, '--set', 'mqtt.caFile=not-pem');
    expect(await bench.ended).toBe(78);
    const person = remote('get', '--set', `mqtt.caFile=${place}/not-pem`);
    expect(person.code).toBe(78);
    for (const text of [bench.err, person.err]) {
      expect(text).toMatch(/mqtt\.caFile[\s\S]*CREDENTIAL_PEM/);
      expect(text).toContain('Copy the file again');
      expect(text).not.toMatch(/^ {4}at /m);
    }
  }, 30_000);
});
