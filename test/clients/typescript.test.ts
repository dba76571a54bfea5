/** The TypeScript client before a real page server and desk; only the link between them is made to fail. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Heard, NoAnswer, OutcomeUnknown, Refused, Remixd } from '../../clients/typescript/remixd.ts';
import { busy, ClientBench, gapsIn } from './bench.ts';

let at: ClientBench;
let device: Remixd;
beforeEach(async () => {
  at = new ClientBench();
  await at.open();
  device = new Remixd(at.link.url, at.web.token('tune'), 5);
});
afterEach(() => at.close());

const refusal = (what: Promise<unknown>): Promise<unknown> =>
  what.then(
    () => null,
    (error: unknown) => error,
  );

describe('what it reads', () => {
  it('is what the server says: state, events, chart, recipes, about', async () => {
    expect(await device.state()).toMatchObject({ boot: 'b1', state: { name: 'safe' }, rev: 0 });
    at.tell(3);
    await at.web.tick();
    const { newest, events } = await device.events(1);
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: newest - 1 }, (_, i) => i + 2));
    expect((await device.chart(60, 100)).columns).toContain('film_c');
    expect((await device.recipes()).map(({ name }) => name)).toContain('hold-mixed');
    const about = await device.about();
    expect(about).toMatchObject({ model: 'remixd' });
    // All of it, with every table.
    expect(about).toEqual((await at.web.get('/api/v1/about')).json());
  });

  it('are the records of the device, and their files byte for byte', async () => {
    const folder = join(at.web.stateDir, 'a-run');
    mkdirSync(folder);
    const bytes = 'x,y\n'.repeat(50_000);
    writeFileSync(join(folder, 'data.csv'), bytes);
    expect(await new Response(await device.download('a-run', 'data.csv')).text()).toBe(bytes);
    expect(await refusal(device.download('a-run', 'passwd'))).toMatchObject({ code: 404 });
    expect(await refusal(device.run('../state'))).toMatchObject({ code: 404 });
    expect(await refusal(device.series('no-such-run'))).toMatchObject({ code: 404 });
    expect(Array.isArray(await device.runs())).toBe(true);
  });
});

describe('an order', () => {
  it('that is refused says every field that is wrong', async () => {
    const error = await refusal(device.trySettings({ 'pulse.onMs': -1, 'pulse.periodMs': 1e9 }));
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ code: 422 });
    expect((error as Refused).errors.map(({ path }) => path)).toEqual(['pulse.onMs', 'pulse.periodMs']);
    expect((error as Refused).message).toContain('pulse.onMs: got -1; allowed: ');
  });

  it('that adds heat names the nonce of the present state, one after the other', async () => {
    const { data } = await device.trySettings({ 'pulse.onMs': 600 });
    await device.confirm(data.rev);
    await device.trySettings({ 'pulse.onMs': 700 });
    await device.revert();
    expect(await device.order('arm', { duration_s: 60 })).toMatchObject({ code: 202 });
    expect(at.web.bench.asked).toEqual(['arm hold-mixed']);
    expect(await device.whatIf({ 'control.mode': 'pulse' })).toMatchObject({ now: {}, changed: { mode: 'pulse' } });
  });

  it('whose answer is lost is not sent again by itself, and is carried out once when it is repeated', async () => {
    const { nonce } = await device.state();
    at.link.cut();
    at.link.answersLost = 1;
    const error = await refusal(device.order('arm', { duration_s: 60, nonce }));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(at.web.bench.asked).toEqual(['arm hold-mixed']);
    expect(await device.repeat(error as OutcomeUnknown)).toMatchObject({ code: 202 });
    expect(at.web.bench.asked).toEqual(['arm hold-mixed']);
  });

  it('that never reached the device is carried out when it is repeated', async () => {
    const { nonce } = await device.state();
    at.link.cut();
    at.link.mute = 1;
    const hasty = new Remixd(at.link.url, at.web.token('tune'), 0.3);
    const error = await refusal(hasty.order('arm', { duration_s: 60, nonce }));
    expect(error).toBeInstanceOf(OutcomeUnknown);
    expect(at.web.bench.asked).toEqual([]);
    await device.repeat(error as OutcomeUnknown);
    expect(at.web.bench.asked).toEqual(['arm hold-mixed']);
  });

  it('that is answered with 503 may have been carried out; one that only reads was refused', async () => {
    const server = await busy([503, 503]);
    const other = new Remixd(server.url, 'token');
    expect(await refusal(other.order('revert', {}))).toBeInstanceOf(OutcomeUnknown);
    expect(await refusal(other.state())).toMatchObject({ code: 503 });
    server.close();
  });

  it('waits where it is asked too often, and five times at most', async () => {
    const server = await busy([429]);
    expect(await new Remixd(server.url, 'token').order('revert', {})).toMatchObject({ code: 200 });
    expect(server.asked()).toBe(2);
    server.close();
    const deaf = await busy(Array.from({ length: 9 }, () => 429));
    expect(await refusal(new Remixd(deaf.url, 'token').order('revert', {}))).toMatchObject({ code: 429 });
    expect(deaf.asked()).toBe(5);
    deaf.close();
  });
});

describe('a stop', () => {
  it('is repeated until it is answered', async () => {
    at.link.mute = 1;
    at.link.answersLost = 1;
    expect(await device.stop()).toMatchObject({ code: 200, text: 'The heater was off.' });
    expect(at.link.taken).toBe(3);
    // The one whose answer was lost, and the one that was answered.
    expect(at.stops).toBe(2);
  });

  it('waits for no rate and is not given up for one', async () => {
    const server = await busy([429, 429, 503, 408, 429, 429, 429], 60);
    expect(await new Remixd(server.url, 'token').stop()).toMatchObject({ code: 200 });
    expect(server.asked()).toBe(8);
    server.close();
  });

  it('that nobody answers ends with an error that says so, after one attempt at least', async () => {
    at.link.mute = 99;
    expect(await refusal(device.stop(0))).toBeInstanceOf(OutcomeUnknown);
    expect(at.link.taken).toBe(1);
  });

  it('with a void token ends at once: asking again is no use', async () => {
    expect(await refusal(new Remixd(at.link.url, 'wrong').stop())).toMatchObject({ code: 401 });
    expect(at.stops).toBe(0);
  });
});

describe('the stream', () => {
  it('has every event once, over a link that breaks', async () => {
    const seqs: number[] = [];
    const kinds = new Set<string>();
    at.tell(5);
    for await (const [kind, data] of device.stream()) {
      kinds.add(kind);
      if (kind !== 'event') continue;
      seqs.push(data.seq);
      if (data.text === 'number 4') {
        at.link.cut();
        at.tell(7);
      }
      if (data.text === 'number 6') break;
    }
    expect(gapsIn(seqs)).toEqual([]);
    expect(seqs.length).toBeGreaterThanOrEqual(12);
    expect([...kinds].sort()).toEqual(['event', 'lost', 'state']);
  });

  it('says what is gone for good', async () => {
    at.tell(6000);
    await at.web.tick();
    const heard: Heard[] = [];
    for await (const one of device.stream('b1.1')) {
      heard.push(one);
      if (heard.length === 2) break;
    }
    expect(heard[0]).toEqual(['gap', { from: 2, to: expect.any(Number) }]);
    expect(heard[1]?.[0]).toBe('event');
  });

  it('ends by its signal, also while the link is lost', async () => {
    const end = new AbortController();
    at.link.mute = 99;
    setTimeout(() => end.abort(), 100);
    for await (const one of device.stream('', end.signal)) expect(one).toBeNull();
  });

  it('of a void token is refused', async () => {
    const stream = new Remixd(at.link.url, 'wrong').stream();
    expect(await refusal(stream.next())).toMatchObject({ code: 401 });
  });
});

describe('the token', () => {
  it('goes to no foreign host in the clear, and along with no redirect', async () => {
    expect(() => new Remixd('http://192.168.1.5:8017', 'secret')).toThrow(RangeError);
    expect(() => new Remixd('https://192.168.1.5:8017', 'secret')).not.toThrow();
    const seen: unknown[] = [];
    const other = createServer((request) => seen.push(request.headers.authorization)).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const server = createServer((_, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await refusal(new Remixd(url, 'secret').state())).toBeInstanceOf(NoAnswer);
    expect(seen).toEqual([]);
    other.close();
    server.close();
  });

  it('stands in no error and in no printed object', () => {
    const error = (() => {
      try {
        return new Remixd('http://127.0.0.1:1', 'secret\n');
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(inspect([error, new Remixd('http://127.0.0.1:1', 'secret')], { depth: 9, showHidden: true })).not.toContain(
      'secret',
    );
  });
});
