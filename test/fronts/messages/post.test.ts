/** Messages over HTTP, against a server on loopback that misbehaves in every way that a server can. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ntfyPost } from '../../../src/fronts/messages/ntfy.ts';
import { Lookups, outcomeOf, Poster } from '../../../src/fronts/messages/post.ts';
import type { Outcome } from '../../../src/fronts/messages/way.ts';
import { openWays } from '../../../src/fronts/messages/ways.ts';
import type { Delivery } from '../../../src/params/messages.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import { delivery } from '../../support/messages.ts';

interface Got {
  readonly headers: IncomingMessage['headers'];
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: string;
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server on a free port; what it got is kept whole. */
async function serve(answer: (response: ServerResponse, n: number) => void): Promise<{ url: string; got: Got[] }> {
  const got: Got[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { headers, method, url } = request;
      got.push({ headers, method, url, body: Buffer.concat(pieces).toString('utf8') });
      answer(response, got.length);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got };
}

const send = (url: string, timeoutMs = 5000): Promise<Outcome> =>
  new Promise((resolve) => {
    new Poster(url, timeoutMs, new Lookups().for('x')).send({ headers: {}, body: 'text' }, resolve);
  });

/** By the one way that these settings turn on. */
const deliver = (settings: Partial<Settings>, message: Delivery = delivery()): Promise<Outcome> =>
  new Promise((resolve) => {
    const secrets = { ntfyToken: 'tk_abc', webhookKey: 'a key of sixteen' };
    const [way] = openWays({ ...defaultSettings(), ...settings }, secrets);
    way?.deliver(message, resolve);
  });

describe('a post', () => {
  it.each([
    [200, null],
    [204, null],
    [301, { again: true }],
    [307, { again: true }],
    [400, { again: false }],
    [401, { again: false }],
    [404, { again: false }],
    [408, { again: true }],
    [413, { again: false }],
    [429, { again: true }],
    [499, { again: false }],
    [500, { again: true }],
    [503, { again: true }],
  ])('that is answered %i has gone out, or says whether another try makes sense', (status, expected) => {
    const outcome = outcomeOf(status);
    if (expected === null) expect(outcome).toBeNull();
    else expect(outcome).toMatchObject({ ...expected, why: expect.stringContaining(`answered ${status}`) });
  });

  it('waits as long as the server asks, and an hour at the most', () => {
    expect(outcomeOf(429, '30')).toMatchObject({ waitS: 30 });
    expect(outcomeOf(503, '999999')).toMatchObject({ waitS: 3600 });
    expect(outcomeOf(429, 'Fri, 20 Nov 2026 08:00:00 GMT')).not.toHaveProperty('waitS');
    expect(outcomeOf(404, '30')).not.toHaveProperty('waitS');
  });

  it('has gone out with the head of a good answer, however slow its body is', async () => {
    const { url } = await serve((response) => {
      response.writeHead(200, { 'Content-Length': 1e9 });
      response.write('x');
    });
    expect(await send(url)).toBeNull();
  });

  it('of a server that never answers ends in time', async () => {
    const { url } = await serve(() => {});
    expect(await send(url, 100)).toEqual({
      why: 'did not answer within messages.timeoutS (0.1 s)',
      again: true,
    });
  });

  it('of a server that drips the head of its answer ends in time', async () => {
    const { url } = await serve((response) => {
      response.socket?.write('HTTP/1.1 200 O');
    });
    expect(await send(url, 100)).toMatchObject({ again: true });
  });

  it('of a server that hangs up is tried again', async () => {
    const { url } = await serve((response) => response.socket?.destroy());
    expect(await send(url)).toMatchObject({ why: expect.stringMatching(/^cannot be reached: /), again: true });
  });

  it('of a server that is not there is tried again', async () => {
    const { url } = await serve(() => {});
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    expect(await send(url)).toMatchObject({ why: expect.stringContaining('ECONNREFUSED'), again: true });
  });

  it('of a server that does not speak HTTP is tried again', async () => {
    const { url } = await serve((response) => response.socket?.end('220 mail.example ESMTP\r\n'));
    expect(await send(url)).toMatchObject({ again: true });
  });

  it('is never sent to where a redirect points', async () => {
    const other = await serve((response) => response.end());
    const { url, got } = await serve((response) => response.writeHead(307, { Location: other.url }).end());
    expect(await send(url)).toMatchObject({ why: expect.stringContaining('not followed'), again: true });
    expect(got).toHaveLength(1);
    expect(other.got).toEqual([]);
  });

  it('that is given up ends at once', async () => {
    const { url } = await serve(() => {});
    const poster = new Poster(url, 60_000, new Lookups().for('x'));
    const outcome = new Promise((resolve) => poster.send({ headers: {}, body: '' }, resolve));
    poster.abort();
    expect(await outcome).toMatchObject({ why: 'was given up' });
  });

  it('goes out beside one that hangs, and all that are under way are given up together', async () => {
    const { url, got } = await serve((response, n) => void (n === 2 && response.end()));
    const poster = new Poster(url, 60_000, new Lookups().for('x'));
    const ended: string[] = [];
    const post = (name: string): Promise<Outcome> =>
      new Promise((resolve) =>
        poster.send({ headers: {}, body: name }, (outcome) => {
          ended.push(name);
          resolve(outcome);
        }),
      );
    const first = post('first');
    await expect.poll(() => got.length).toBe(1);
    expect(await post('second')).toBeNull();
    expect(ended).toEqual(['second']);
    const third = post('third');
    poster.abort();
    expect(await Promise.all([first, third])).toEqual([
      { why: 'was given up', again: true },
      { why: 'was given up', again: true },
    ]);
    expect(ended.sort()).toEqual(['first', 'second', 'third']);
  });

  it('with a header that cannot be sent fails and throws nothing', async () => {
    const { url } = await serve((response) => response.end());
    const poster = new Poster(url, 1000, new Lookups().for('x'));
    const outcome = await new Promise((resolve) => poster.send({ headers: { A: 'b\nc' }, body: '' }, resolve));
    expect(outcome).toMatchObject({ why: expect.stringMatching(/^cannot be asked/) });
  });
});

describe.skipIf(spawnSync('openssl', ['version']).error)('a post to a server that nobody vouches for', () => {
  it('is not sent, whatever the environment says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'remixd-tls-'));
    const at = (name: string): string => join(folder, name);
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=127.0.0.1'];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', at('key'), '-out', at('crt')];
    execFileSync('openssl', ['req', '-x509', ...kind, ...names], { stdio: 'ignore' });
    let asked = 0;
    const server = createSecureServer(
      { key: readFileSync(at('key')), cert: readFileSync(at('crt')) },
      (_, response) => {
        asked += 1;
        response.end();
      },
    );
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const outcome = await send(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      expect(outcome).toMatchObject({ why: expect.stringContaining('self-signed'), again: true });
      expect(asked).toBe(0);
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
      rmSync(folder, { recursive: true });
    }
  });
});

describe('name look-ups', () => {
  it('are one at a time in all, and three of each way wait: a newer one takes the place of the oldest', () => {
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const lookups = new Lookups((host, _options, found) => {
      asked.push(host);
      answers.push(() => found(null, '127.0.0.1', 4));
    });
    const found: string[] = [];
    const [a, b] = [lookups.for('a'), lookups.for('b')];
    a('a1', {}, () => found.push('a1'));
    b('b1', {}, () => found.push('b1'));
    a('a2', {}, () => found.push('a2'));
    for (const name of ['a3', 'a4', 'a5']) a(name, {}, () => found.push(name));
    expect(asked).toEqual(['a1']);
    answers[0]?.();
    expect(asked).toEqual(['a1', 'b1']);
    for (const n of [1, 2, 3, 4]) answers[n]?.();
    expect(asked).toEqual(['a1', 'b1', 'a3', 'a4', 'a5']);
    expect(found).toEqual(asked);
  });

  it('that hang let their post end in time', async () => {
    const poster = new Poster('http://bench.example/x', 50, new Lookups(() => {}).for('x'));
    expect(await new Promise((resolve) => poster.send({ headers: {}, body: '' }, resolve))).toMatchObject({
      why: expect.stringContaining('did not answer'),
    });
  });

  it('are what the post uses', async () => {
    const { url, got } = await serve((response) => response.end());
    const there = new Lookups((_host, options, found) =>
      options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4),
    );
    const named = url.replace('127.0.0.1', 'bench.example');
    const poster = new Poster(named, 5000, there.for('x'));
    expect(await new Promise((resolve) => poster.send({ headers: {}, body: 'hello' }, resolve))).toBeNull();
    expect(got[0]).toMatchObject({ method: 'POST', body: 'hello' });
    expect(got[0]?.headers.host).toMatch(/^bench\.example:/);
  });
});

describe('a message through ntfy', () => {
  it('has title, priority, tags and link in its headers, and text, remedy and sample in its body', async () => {
    const { url, got } = await serve((response) => response.end('{}'));
    const settings = { 'messages.ntfyUrl': `${url}/bench`, 'messages.link': 'http://bench.local:8080/' };
    expect(await deliver(settings)).toBeNull();
    expect(got[0]).toMatchObject({
      method: 'POST',
      url: '/bench',
      headers: {
        title: 'SIMULATED bench-7: Tripped: Lid open',
        priority: '5',
        tags: 'rotating_light',
        click: 'http://bench.local:8080/',
        authorization: 'Bearer tk_abc',
        'content-type': 'text/plain; charset=utf-8',
      },
      body: 'The lid is open.\nWhat to do: Close the lid.\nThe bench is simulated.\nSample: A3, 40 % Br',
    });
  });

  it('says when it is late, what was lost and how many it stands for', () => {
    const { headers, body } = ntfyPost(delivery({ late_s: 7200, missed: 3, count: 12 }), null, 'none');
    expect(headers['Title']).toBe('SIMULATED bench-7: Tripped: Lid open (the last of 12)');
    expect(body).toContain('It happened 2 h before this was sent.');
    expect(body).toContain('3 messages before this one are lost; the record has them.');
    expect(headers).not.toHaveProperty('Click');
    expect(headers).not.toHaveProperty('Authorization');
    expect(ntfyPost(delivery({ late_s: 119 }), null, 'none').body).not.toContain('happened');
    expect(ntfyPost(delivery({ late_s: 120 }), null, 'none').body).toContain('2 min');
  });

  it('keeps its priority to what is urgent, and its body to what ntfy shows', () => {
    const of = (changes: Partial<Delivery>): string | undefined =>
      ntfyPost(delivery(changes), null, 'none').headers['Priority'];
    expect(of({ kind: 'alarm', urgent: true })).toBe('4');
    expect(of({ kind: 'alarm', urgent: false })).toBe('3');
    expect(of({ kind: 'verdict', urgent: false })).toBe('3');
    expect(of({ kind: 'summary', urgent: false })).toBe('2');
    const { body } = ntfyPost(delivery({ text: '°'.repeat(5000) }), null, 'none');
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(body)).toBeGreaterThan(4090);
    expect(body.endsWith('°…')).toBe(true);
  });

  it('puts nothing into a header that a name brought along', async () => {
    const { url, got } = await serve((response) => response.end());
    const title = 'Film über 30 °C\r\nX-Evil: 1';
    expect(await deliver({ 'messages.ntfyUrl': `${url}/t` }, delivery({ title }))).toBeNull();
    expect(got[0]?.headers).not.toHaveProperty('x-evil');
    const words = String(got[0]?.headers['title']).split(' ');
    for (const word of words) expect(word.length).toBeLessThanOrEqual(75);
    const text = words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString('utf8')).join('');
    expect(text).toBe('SIMULATED bench-7: Film über 30 °C  X-Evil: 1');
  });
});

describe('a message through a webhook', () => {
  it('is the JSON of messages.program, signed, with the same id in every try', async () => {
    const { url, got } = await serve((response, n) => response.writeHead(n === 1 ? 500 : 200).end());
    const message = delivery();
    const settings = { 'messages.webhookUrl': `${url}/hook?bench=7` };
    expect(await deliver(settings, message)).toMatchObject({ why: 'answered 500', again: true });
    expect(await deliver(settings, message)).toBeNull();
    expect(got[0]?.url).toBe('/hook?bench=7');
    expect(JSON.parse(got[0]?.body ?? '')).toEqual(message);
    for (const { headers, body } of got) {
      expect(headers['remixd-delivery']).toBe(message.id);
      const hmac = createHmac('sha256', 'a key of sixteen').update(body).digest('hex');
      expect(headers['remixd-signature-256']).toBe(`sha256=${hmac}`);
    }
  });

  it('that is too large for the receiver is not sent again', async () => {
    const { url } = await serve((response) => response.writeHead(413).end());
    expect(await deliver({ 'messages.webhookUrl': url })).toEqual({
      why: 'answered 413: the message is too large for it',
      again: false,
    });
  });

  it('is bounded', async () => {
    const { url, got } = await serve((response) => response.end());
    await deliver({ 'messages.webhookUrl': url }, delivery({ text: 'x'.repeat(1e6) }));
    expect(got[0]?.body.length).toBeLessThan(17_000);
  });
});
