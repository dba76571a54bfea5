/** The Python client, run by python3, before a real page server and desk; only the link between them is made to fail. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { busy, ClientBench, gapsIn } from './bench.ts';

const CLIENT = join(PACKAGE_ROOT, 'clients', 'python');
const isThere = spawnSync('python3', ['--version']).status === 0;
if (!isThere && process.env['REQUIRE_PYTHON'] === '1') throw new Error('REQUIRE_PYTHON=1, but there is no python3.');
if (!isThere)
  console.warn('SKIPPED: the tests of the Python client need python3 (REQUIRE_PYTHON=1 makes that an error).');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
function python(words: readonly string[]): Promise<Ended> {
  const env = { ...process.env, PYTHONPATH: CLIENT, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' };
  return new Promise((resolve) => {
    const child = execFile('python3', words, { env, timeout: 40_000 }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

let at: ClientBench;
beforeEach(async () => {
  at = new ClientBench();
  await at.open();
});
afterEach(() => at.close());

/** Runs a script that has a `device`, and returns what it handed to `say`. */
async function script(text: string, url = at.link.url, token = at.web.token('tune'), timeout = 5): Promise<unknown[]> {
  const head = `
import json, time
from remixd import NoAnswer, OutcomeUnknown, Refused, Remixd
def say(what): print(json.dumps(what), flush=True)
def refusal(call, *given, **named):
    try: call(*given, **named)
    except (NoAnswer, Refused) as error: return error
device = Remixd(${JSON.stringify(url)}, ${JSON.stringify(token)}, timeout=${timeout})
`;
  const { code, out, err } = await python(['-c', head + text]);
  expect(err).toBe('');
  expect(code).toBe(0);
  return out
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

describe.skipIf(!isThere)('the Python client', () => {
  it('reads what the server says: state, events, chart, recipes, about', async () => {
    at.tell(3);
    await at.web.tick();
    const [state, events, columns, recipes, about] = await script(`
say(device.state())
say([e['seq'] for e in device.events(1)['events']])
say(device.chart(60, 100)['columns'])
say([r['name'] for r in device.recipes()])
say(device.about())`);
    expect(state).toMatchObject({ boot: 'b1', state: { name: 'safe' }, rev: 0 });
    expect((events as number[])[0]).toBe(2);
    expect(columns).toContain('film_c');
    expect(recipes).toContain('hold-mixed');
    expect(about).toMatchObject({ model: 'remixd' });
    // All of it, with every table.
    expect(about).toEqual((await at.web.get('/api/v1/about')).json());
  });

  it('downloads a file of a record whole or not at all', async () => {
    const folder = join(at.web.stateDir, 'a-run');
    mkdirSync(folder);
    const bytes = 'x,y\n'.repeat(50_000);
    writeFileSync(join(folder, 'data.csv'), bytes);
    const out = join(at.web.stateDir, 'out.csv');
    writeFileSync(out, 'before');
    const got = await script(`
say([refusal(device.download, 'a-run', 'passwd', ${JSON.stringify(out)}).code, open(${JSON.stringify(out)}).read()])
device.download('a-run', 'data.csv', ${JSON.stringify(out)})
say([refusal(device.run, '../state').code, refusal(device.series, 'no-such-run').code, type(device.runs()).__name__])`);
    expect(got).toEqual([
      [404, 'before'],
      [404, 404, 'list'],
    ]);
    expect(readFileSync(out, 'utf8')).toBe(bytes);
    expect(readdirSync(at.web.stateDir).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('keeps what is there where a download breaks off', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': '100000' });
      response.write('half');
      setTimeout(() => response.destroy(), 50);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const out = join(at.web.stateDir, 'out.csv');
    writeFileSync(out, 'before');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(
      await script(`say(type(refusal(device.download, 'r', 'data.csv', ${JSON.stringify(out)})).__name__)`, url),
    ).toEqual(['NoAnswer']);
    expect(readFileSync(out, 'utf8')).toBe('before');
    expect(readdirSync(at.web.stateDir).filter((name) => name.endsWith('.part'))).toEqual([]);
    server.close();
  });

  it('says every field that is wrong with an order', async () => {
    const [error] = await script(`
error = refusal(device.try_settings, {'pulse.onMs': -1, 'nonsense': 2})
say([type(error).__name__, error.code, [e['path'] for e in error.errors], str(error)])`);
    expect(error).toEqual([
      'Refused',
      422,
      ['pulse.onMs', 'nonsense'],
      expect.stringContaining('pulse.onMs: got -1; allowed: '),
    ]);
  });

  it('names the nonce of the present state, one order after the other', async () => {
    const [kept, armed, told] = await script(`
trial = device.try_settings({'pulse.onMs': 600})
kept = device.confirm(trial['data']['rev'])
device.try_settings({'pulse.onMs': 700}, confirm_s=30)
device.revert()
say(kept['code'])
say(device.order('arm', duration_s=60, recipe='hour')['code'])
say(device.what_if({'control.mode': 'pulse'}))`);
    expect([kept, armed]).toEqual([202, 202]);
    expect(told).toMatchObject({ changed: { mode: 'pulse' } });
    expect(at.web.bench.asked).toEqual(['arm hour']);
  });

  it('does not send an order again by itself; repeated, one whose answer was lost is carried out once', async () => {
    const { nonce } = (await at.web.get('/api/v1/state')).json();
    at.link.answersLost = 1;
    const [first, again] = await script(`
error = refusal(device.order, 'arm', duration_s=60, nonce=${JSON.stringify(nonce)})
say(type(error).__name__)
say(device.repeat(error)['code'])`);
    expect([first, again]).toEqual(['OutcomeUnknown', 202]);
    expect(at.web.bench.asked).toEqual(['arm hold-mixed']);
    expect(at.link.taken).toBe(2);
  });

  it('holds for unknown what is answered with 503, and for refused what only reads', async () => {
    const server = await busy([503, 503]);
    const text = `say([type(refusal(device.revert)).__name__, type(refusal(device.state)).__name__])`;
    expect(await script(text, server.url)).toEqual([['OutcomeUnknown', 'Refused']]);
    server.close();
  });

  it('waits where it is asked too often, and five times at most', async () => {
    const server = await busy([429]);
    expect(await script(`say(device.revert()['code'])`, server.url)).toEqual([200]);
    expect(server.asked()).toBe(2);
    server.close();
    const deaf = await busy(Array.from({ length: 9 }, () => 429));
    expect(await script('say(refusal(device.revert).code)', deaf.url)).toEqual([429]);
    expect(deaf.asked()).toBe(5);
    deaf.close();
  });

  it('repeats a stop until it is answered', async () => {
    at.link.mute = 1;
    at.link.answersLost = 1;
    expect(await script('say(device.stop())')).toEqual([{ code: 200, text: 'The heater was off.' }]);
    expect(at.link.taken).toBe(3);
    // The one whose answer was lost, and the one that was answered.
    expect(at.stops).toBe(2);
  });

  it('lets a stop wait for no rate and does not give it up for one', async () => {
    const server = await busy([429, 429, 503, 408, 429, 429, 429], 60);
    expect(await script(`say(device.stop()['code'])`, server.url)).toEqual([200]);
    expect(server.asked()).toBe(8);
    server.close();
  });

  it('says of a stop that nobody answered that its outcome is unknown, and ends at once with a void token', async () => {
    at.link.mute = 1;
    expect(await script('say(type(refusal(device.stop, give_up_s=0)).__name__)')).toEqual(['OutcomeUnknown']);
    expect(at.link.taken).toBe(1);
    expect(await script('say(refusal(device.stop).code)', at.link.url, 'wrong')).toEqual([401]);
    expect(at.stops).toBe(0);
  });

  it('has every event once, over a link that breaks', async () => {
    at.tell(5);
    const heard = script(`
for kind, data in device.stream():
    if kind != 'state': say([kind, data.get('seq')])
    if data.get('text') == 'number 6': break`);
    // It has heard the first five once it is connected and a state came; then the link breaks.
    while (at.link.taken === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 300));
    at.link.cut();
    at.tell(7);
    const all = (await heard) as [string, number | null][];
    const seqs = all.flatMap(([kind, seq]) => (kind === 'event' ? [seq ?? 0] : []));
    expect(gapsIn(seqs)).toEqual([]);
    expect(seqs.length).toBeGreaterThanOrEqual(12);
    expect(all.map(([kind]) => kind)).toContain('lost');
  });

  it('passes on what is gone for good, and refuses a stream with a void token', async () => {
    at.tell(6000);
    await at.web.tick();
    const [gap] = await script(`say(next(device.stream('b1.1')))`);
    expect(gap).toEqual(['gap', { from: 2, to: expect.any(Number) }]);
    expect(await script('say(refusal(next, device.stream()).code)', at.link.url, 'wrong')).toEqual([401]);
  });

  it('sends the token to no foreign host in the clear and shows it in no error', async () => {
    const [foreign, tls, broken] = await script(`
def said(*given):
    try: return repr(Remixd(*given)).split(' ')[0]
    except ValueError as error: return str(error)
say(said('http://192.168.1.5:8017', 'secret'))
say(said('https://192.168.1.5:8017', 'secret'))
say(said('http://127.0.0.1:1', 'secret\\n'))`);
    expect(foreign).toMatch(/^The address must be https/);
    expect(tls).toBe('<remixd.Remixd');
    expect(broken).toMatch(/^The token must be/);
    expect(broken).not.toContain('secret');
  });

  it('has a command line that reads the token from a file', async () => {
    const file = join(at.web.stateDir, 'token');
    writeFileSync(file, `${at.web.token('run')}\n`);
    const stopped = await python(['-m', 'remixd', 'stop', file, at.link.url]);
    expect([stopped.code, JSON.parse(stopped.out)]).toEqual([0, { code: 200, text: 'The heater was off.' }]);
    expect(at.stops).toBe(1);
    expect(JSON.parse((await python(['-m', 'remixd', 'state', file, at.link.url])).out)).toMatchObject({ boot: 'b1' });
    const wrong = await python(['-m', 'remixd', 'go', file]);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('state|stop|watch TOKEN_FILE')]);
    expect(existsSync(join(CLIENT, '__pycache__'))).toBe(false);
  });
});
