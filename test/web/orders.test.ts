/** Orders over HTTP: they stand at the desk like all others, heat needs the present nonce, and a stop is always obeyed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API } from '../../src/params/web.ts';
import { AT_BENCH } from '../support/desk.ts';
import { WebBench } from './bench.ts';

let web: WebBench;
const opened = async (settings: ConstructorParameters<typeof WebBench>[0] = {}): Promise<void> => {
  web = new WebBench(settings);
  await web.open();
};
beforeEach(() => opened());
afterEach(() => web.close());

const stops = (): number => web.bench.asked.filter((asked) => asked === 'stop').length;

describe('a stop', () => {
  it.each(['see', 'run', 'tune'] as const)('is obeyed from a token that may %s', async (level) => {
    const { status, json } = await web.order('stop', {}, level);
    expect([status, json()['text']]).toEqual([200, 'The heater was off.']);
    expect(stops()).toBe(1);
  });

  it.each([
    ['no JSON', '{'],
    ['fields that it does not have', '{"nonce":"void","x":1}'],
    ['nothing', ''],
    ['a list', '[1]'],
  ])('is obeyed with %s in its body', async (_, body) => {
    const headers = { authorization: `Bearer ${web.token('run')}`, 'content-type': 'application/json' };
    expect((await web.ask('POST', `${API}/commands/stop`, { headers, body })).status).toBe(200);
    expect(stops()).toBe(1);
  });

  it('is obeyed without any body, and without a word on what it is', async () => {
    const headers = { authorization: `Bearer ${web.token('run')}` };
    expect((await web.ask('POST', `${API}/commands/stop`, { headers })).status).toBe(200);
    expect((await web.ask('POST', `${API}/commands/stop`, { headers, body: 'x'.repeat(200_000) })).status).toBe(200);
    expect(stops()).toBe(2);
  });

  it('reaches the bench whatever else fails: here what would say which recipes there are', async () => {
    Object.defineProperty(Reflect.get(web.bench.desk, 'parts') as object, 'recipes', {
      get: () => {
        throw new Error('EIO');
      },
    });
    expect((await web.order('stop', {}, 'run')).status).toBe(200);
    expect(stops()).toBe(1);
  });

  it('voids what was made for the state before it: an order for heat that is on its way comes too late', async () => {
    const nonce = await web.nonce();
    await web.order('stop');
    expect((await web.order('arm', { nonce, duration_s: 60 })).status).toBe(410);
    expect(web.bench.asked).toEqual(['stop']);
  });

  it('is obeyed by a client that has used up its rate', async () => {
    const asked = await Promise.all(Array.from({ length: 160 }, () => web.get(`${API}/session`, 'run')));
    expect(asked.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect((await web.order('stop', {}, 'run')).status).toBe(200);
    expect(stops()).toBe(1);
  });
});

describe('an order that could add heat', () => {
  it('is carried out with the nonce of the present state', async () => {
    const { status, json } = await web.order('arm', { nonce: await web.nonce(), duration_s: 60 });
    expect([status, json()['text']]).toEqual([202, 'Arming: the configured recipe, for 60 s.']);
    expect(web.bench.asked).toEqual(['arm hold-mixed']);
  });

  it.each([
    ['without a nonce', {}],
    ['with a void one', { nonce: 'nonce-0' }],
  ])('is refused %s, and the refusal is an event', async (_, args) => {
    const { status } = await web.order('arm', { duration_s: 60, ...args });
    expect(status).toBe(410);
    expect(web.bench.asked).toEqual([]);
    expect(web.bench.notes.at(-1)).toMatch(/^refused arm 410 .*\(tuneer\)$/);
  });

  it('makes the nonce void, so that it cannot be played again', async () => {
    const nonce = await web.nonce();
    const patch = { 'pulse.onMs': 600 };
    expect((await web.order('try', { nonce, base_rev: 0, patch })).status).toBe(202);
    expect((await web.order('revert')).status).toBe(202);
    expect((await web.order('try', { nonce, base_rev: 1, patch })).status).toBe(410);
    expect(await web.nonce()).not.toBe(nonce);
  });

  it('is void after a stop that somebody pressed elsewhere', async () => {
    const nonce = await web.nonce();
    web.bench.desk.submit('stop', {}, AT_BENCH);
    expect((await web.order('arm', { nonce, duration_s: 60 })).status).toBe(410);
    expect(await web.nonce()).not.toBe(nonce);
  });

  it('is void after the end of a run, and after an order for heat that somebody else gave', async () => {
    const { bench } = web;
    bench.state('armed');
    bench.desk.tick();
    const running = await web.nonce();
    bench.state('safe');
    bench.desk.tick();
    expect((await web.order('arm', { nonce: running, duration_s: 60 })).status).toBe(410);
    const calm = await web.nonce();
    bench.desk.submit('arm', {}, AT_BENCH);
    expect((await web.order('try', { nonce: calm, base_rev: 0, patch: { 'pulse.onMs': 400 } })).status).toBe(410);
  });

  it('that was refused by the desk leaves the nonce as it is', async () => {
    const nonce = await web.nonce();
    expect((await web.order('try', { nonce, base_rev: 0, patch: { 'pulse.onMs': 1e9 } })).status).toBe(422);
    expect(await web.nonce()).toBe(nonce);
  });

  it('must name its time: nobody stands beside the bench', async () => {
    const { status, json } = await web.order('arm', { nonce: await web.nonce() });
    expect([status, json()['text']]).toEqual([422, 'duration_s must be a value.']);
  });

  it('is refused where runs are started at the bench, unless the bench is simulated', async () => {
    await web.close();
    await opened({ 'remote.arm': 'local' });
    web.bench.set({ simulated: false });
    expect((await web.order('arm', { nonce: await web.nonce(), duration_s: 60 })).status).toBe(403);
    web.bench.set({ simulated: true });
    expect((await web.order('arm', { nonce: await web.nonce(), duration_s: 60 })).status).toBe(202);
  });
});

describe('what crosses to the controller', () => {
  it('has the rate of MQTT, each token its own', async () => {
    const asked = await Promise.all(Array.from({ length: 40 }, () => web.order('ping', {}, 'see')));
    expect(asked.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(24);
    expect(asked.some(({ status }) => status === 429)).toBe(true);
    expect((await web.order('ping', {}, 'run')).status).toBe(200);
  });

  it('is not asked for what this server reads by itself', async () => {
    expect((await web.order('runs', { limit: 50 })).status).toBe(404);
  });
});

describe('the same order sent twice', () => {
  it('is carried out once and answered twice', async () => {
    const args = { id: 'order-1', nonce: await web.nonce(), duration_s: 60 };
    const first = await web.order('arm', args);
    const again = await web.order('arm', args);
    expect(again.text).toBe(first.text);
    expect(web.bench.asked).toEqual(['arm hold-mixed']);
  });

  it('is not taken for that of another client, nor for another command', async () => {
    const nonce = await web.nonce();
    await web.order('arm', { id: 'order-1', nonce, duration_s: 60 });
    expect((await web.order('arm', { id: 'order-1', nonce, duration_s: 60 }, 'run')).status).toBe(410);
    expect((await web.order('revert', { id: 'order-1' })).status).toBe(409);
  });

  it('is looked up again where it only asks', async () => {
    const bodies = await Promise.all([1, 2].map(() => web.order('history', { id: 'q', after_seq: 0 })));
    expect(bodies.map(({ status }) => status)).toEqual([200, 200]);
    expect(web.bench.asked.filter((asked) => asked.startsWith('history'))).toHaveLength(2);
  });
});

describe('what the desk says', () => {
  it('comes with every field that is wrong', async () => {
    const { status, json } = await web.order('check', { patch: { 'pulse.onMs': -1, nonsense: 2 } });
    expect(status).toBe(422);
    expect((json()['errors'] as { path: string }[]).map(({ path }) => path)).toEqual(['pulse.onMs', 'nonsense']);
  });

  it('is remembered with the name of the token', async () => {
    await web.order('try', { nonce: await web.nonce(), base_rev: 0, patch: { 'pulse.onMs': 600 } });
    expect(web.bench.notes.at(-1)).toContain('(tuneer; for 120 s)');
  });

  it('commands of the bench alone are not offered', async () => {
    expect((await web.order('reset')).status).toBe(404);
    expect((await web.order('set', { patch: {} })).status).toBe(404);
  });
});

describe('ten thousand hostile requests', () => {
  it('change nothing', async () => {
    const before = JSON.stringify([web.bench.settings, web.bench.revision]);
    const paths = [
      'arm',
      'try',
      'confirm',
      'acknowledge',
      'history',
      'set',
      '../session',
      '%2e%2e',
      '__proto__',
      'x'.repeat(3000),
    ];
    const bodies = [
      '{}',
      '[]',
      '{',
      'null',
      '{"nonce":null,"patch":{"__proto__":{"limits.tripC":99}}}',
      '{"patch":{"limits.tripC":60},"base_rev":0}',
      `{"a":${'['.repeat(500)}${']'.repeat(500)}}`,
      '{"duration_s":1e999,"nonce":"nonce-1"}',
      '\u0000',
      JSON.stringify({ patch: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, i])) }),
    ];
    const tokens = ['', `Bearer ${web.token('see')}`, `Bearer ${web.token('tune')}`, 'Bearer wrong'];
    const seen = new Map<number, number>();
    for (let round = 0; round < 10_000; ) {
      const some = Array.from({ length: 100 }, () => {
        round += 1;
        const path = paths[round % paths.length] ?? '';
        const body = bodies[Math.floor(round / 7) % bodies.length] ?? '';
        const authorization = tokens[Math.floor(round / 3) % tokens.length] ?? '';
        const method = ['POST', 'GET', 'PUT', 'DELETE'][Math.floor(round / 11) % 4] ?? 'POST';
        const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) };
        return web.ask(method, `${API}/commands/${path}`, { headers, body }).then(
          ({ status }) => status,
          () => 0,
        );
      });
      for (const status of await Promise.all(some)) seen.set(status, (seen.get(status) ?? 0) + 1);
    }
    expect([...seen.values()].reduce((sum, n) => sum + n, 0)).toBe(10_000);
    expect([...seen.keys()].filter((status) => status >= 200 && status < 300 && status !== 200)).toEqual([]);
    expect(web.bench.asked.filter((asked) => !asked.startsWith('history'))).toEqual([]);
    expect(JSON.stringify([web.bench.settings, web.bench.revision])).toBe(before);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect((await web.get(`${API}/session`)).status).toBe(200);
  }, 120_000);
});
