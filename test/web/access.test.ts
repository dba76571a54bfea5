/** Who is let in, and that nothing happens for anybody else: every route of the table, generated. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/params/commands.ts';
import { API, MOST_BODY, pathOf, ROUTES } from '../../src/params/web.ts';
import { sessionsPath } from '../../src/web/sessions.ts';
import { readTokens, tokensPath, withoutToken, withToken, writeTokens } from '../../src/web/tokens.ts';
import { WebBench } from './bench.ts';

let web: WebBench;
beforeEach(async () => {
  web = new WebBench();
  await web.open();
});
afterEach(() => web.close());

const ALL = Object.entries(ROUTES).map(([name, row]) => ({ name, row, path: pathOf(row).replace(/\{\w+\}/g, 'x') }));
const CLOSED = ALL.filter(({ row }) => row.role !== null);
const JSON_HEADERS = { 'content-type': 'application/json' };

describe('without a token', () => {
  it.each(CLOSED)('$row.method $path answers 401', async ({ row, path }) => {
    const { status, headers } = await web.ask(
      row.method,
      path,
      row.method === 'GET' ? {} : { headers: JSON_HEADERS, body: '{}' },
    );
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toContain('Bearer');
    expect(web.bench.asked).toEqual([]);
  });

  it('only signing in is open', () => {
    expect(ALL.filter(({ row }) => row.role === null).map(({ name }) => name)).toEqual(['signIn']);
  });

  it('a path that does not exist answers 401, too, so that nobody learns which do', async () => {
    expect((await web.ask('GET', `${API}/nothing`)).status).toBe(401);
    expect((await web.get(`${API}/nothing`)).status).toBe(404);
  });

  it.each([
    ['a token of somebody else', 'Bearer k7m2q-9xwd4-00000-00000'],
    ['another scheme', 'Basic Zmlyc3Q6eA=='],
    ['an empty token', 'Bearer '],
    ['a token and more', 'Bearer a b'],
  ])('%s answers 401', async (_, authorization) => {
    expect((await web.ask('GET', `${API}/state`, { headers: { authorization } })).status).toBe(401);
  });

  it('too many wrong tokens from one address answer 429, and a good one still works', async () => {
    const tries: number[] = [];
    for (let i = 0; i < 12; i += 1)
      tries.push(
        (await web.ask('POST', `${API}/session`, { headers: JSON_HEADERS, body: '{"secret":"wrong"}' })).status,
      );
    expect(tries.slice(0, 8)).toEqual(Array(8).fill(401));
    expect(tries.slice(9)).toEqual([429, 429, 429]);
    expect((await web.get(`${API}/session`)).status).toBe(200);
    // Nor is somebody kept from signing in by strangers at the same address.
    const body = JSON.stringify({ secret: web.token('see') });
    expect((await web.ask('POST', `${API}/session`, { headers: JSON_HEADERS, body })).status).toBe(200);
  });
});

describe('with a token', () => {
  it.each(CLOSED.flatMap((one) => ROLES.map((role) => ({ ...one, role }))))(
    '$row.method $path for $role is refused exactly where the table says so',
    async ({ row, path, role }) => {
      if (row.type === 'text/event-stream') return;
      await web.tick();
      const own = { authorization: `Bearer ${web.token(role)}` };
      const headers = { ...JSON_HEADERS, ...own };
      const answered = web.ask(row.method, path, row.method === 'GET' ? { headers } : { headers, body: '{}' });
      const isAllowed = ROLES.indexOf(role) >= ROLES.indexOf(row.role ?? 'see') || row.command === 'stop';
      expect((await answered).status === 403).toBe(!isAllowed);
    },
  );

  it('is good until it is taken away', async () => {
    const token = web.token('see');
    expect((await web.get(`${API}/session`)).json()).toEqual({ name: 'seeer', roles: ['see'] });
    writeTokens(web.stateDir, withoutToken(readTokens(web.stateDir), 'seeer'));
    const headers = { authorization: `Bearer ${token}` };
    expect((await web.ask('GET', `${API}/session`, { headers })).status).toBe(401);
  });

  it('is typed as people type: capitals, blanks and dashes do not count', async () => {
    const typed = web.token('see').toUpperCase().replaceAll('-', ' ');
    const body = JSON.stringify({ secret: ` ${typed} ` });
    expect((await web.ask('POST', `${API}/session`, { headers: JSON_HEADERS, body })).status).toBe(200);
  });

  it('is nowhere in the file of tokens, and only this account reads the file', () => {
    const token = web.token('tune');
    expect(readFileSync(tokensPath(web.stateDir), 'utf8')).not.toContain(token.slice(0, 5));
    expect(statSync(tokensPath(web.stateDir)).mode & 0o777).toBe(0o600);
  });

  it('a damaged file of tokens lets nobody in, is said, and is not written over', async () => {
    const headers = { authorization: `Bearer ${web.token('see')}` };
    expect((await web.ask('GET', `${API}/session`, { headers })).status).toBe(200);
    writeFileSync(join(web.stateDir, 'web-tokens.json'), '{"tokens": [{"name": "x"');
    expect((await web.ask('GET', `${API}/session`, { headers })).status).toBe(401);
    expect(web.bench.notes.join()).toContain('damaged');
    const body = '{"secret":"wrong"}';
    await web.ask('POST', `${API}/session`, { headers: JSON_HEADERS, body });
    expect(readFileSync(tokensPath(web.stateDir), 'utf8')).toBe('{"tokens": [{"name": "x"');
    // A stop is obeyed from whoever was known before; a stranger stays one.
    const stop = (own: Record<string, string>): Promise<{ status: number }> =>
      web.ask('POST', `${API}/commands/stop`, { headers: { ...JSON_HEADERS, ...own }, body: '{}' });
    expect((await stop(headers)).status).toBe(200);
    expect((await stop({ authorization: 'Bearer k7m2q-9xwd4-00000-00000' })).status).toBe(401);
    expect(web.bench.asked).toEqual(['stop']);
  });
});

describe('a browser', () => {
  const signIn = async (): Promise<string> => {
    const body = JSON.stringify({ secret: web.token('tune') });
    const { headers, status } = await web.ask('POST', `${API}/session`, { headers: JSON_HEADERS, body });
    expect(status).toBe(200);
    const [set = ''] = headers['set-cookie'] ?? [];
    expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/);
    return set.split(';')[0] ?? '';
  };
  const origin = (): string => `http://127.0.0.1:${web.port}`;
  const kept = (): readonly unknown[] =>
    existsSync(sessionsPath(web.stateDir))
      ? (JSON.parse(readFileSync(sessionsPath(web.stateDir), 'utf8')) as { sessions: unknown[] }).sessions
      : [];

  it('has a cookie of this device’s own, and nobody is signed out by sixteen others of another token', async () => {
    const cookie = await signIn();
    expect(cookie).toMatch(/^remixd-[0-9a-f]{8}=/);
    const body = JSON.stringify({ secret: web.token('see') });
    for (let i = 0; i < 18; i += 1)
      expect((await web.ask('POST', `${API}/session`, { headers: JSON_HEADERS, body })).status).toBe(200);
    expect((await web.ask('GET', `${API}/session`, { headers: { cookie } })).status).toBe(200);
    await expect.poll(() => kept().length).toBe(17);
    expect(statSync(sessionsPath(web.stateDir)).mode & 0o777).toBe(0o600);
    expect(readFileSync(sessionsPath(web.stateDir), 'utf8')).not.toContain(cookie.split('=')[1]);
  });

  it('is signed out by a newer token of the same name, and stays signed in over a start of the server', async () => {
    const cookie = await signIn();
    await expect.poll(() => kept().length).toBe(1);
    const look = async (): Promise<number> => (await web.ask('GET', `${API}/session`, { headers: { cookie } })).status;
    await web.restart();
    expect(await look()).toBe(200);
    writeTokens(web.stateDir, withToken(readTokens(web.stateDir), 'tuneer', 'tune', 'k7m2q-9xwd4-11111-11111'));
    expect(await look()).toBe(401);
  });

  it('never brings a token back that was taken away while it signs in and out', async () => {
    const cookie = await signIn();
    const headers = { ...JSON_HEADERS, cookie, origin: origin() };
    const busy = Array.from({ length: 20 }, () =>
      web.ask('POST', `${API}/session/end`, { headers: { ...headers, cookie: `${cookie}x` }, body: '{}' }),
    );
    writeTokens(web.stateDir, withoutToken(readTokens(web.stateDir), 'tuneer'));
    await Promise.all(busy);
    expect(readTokens(web.stateDir)?.tokens).toEqual([]);
    expect((await web.ask('GET', `${API}/session`, { headers: { cookie } })).status).toBe(401);
  });

  it('that signs out without ever having been signed in makes the server write nothing', async () => {
    const cookie = await signIn();
    await expect.poll(() => kept().length).toBe(1);
    rmSync(sessionsPath(web.stateDir));
    const headers = { ...JSON_HEADERS, authorization: `Bearer ${web.token('see')}`, cookie: `${cookie}x` };
    expect((await web.ask('POST', `${API}/session/end`, { headers, body: '{}' })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(existsSync(sessionsPath(web.stateDir))).toBe(false);
  });

  it('signs in where nothing can be written, and that is said', async () => {
    mkdirSync(`${sessionsPath(web.stateDir)}.next`);
    const cookie = await signIn();
    expect((await web.ask('GET', `${API}/session`, { headers: { cookie } })).status).toBe(200);
    await expect.poll(() => web.bench.notes.join()).toContain('who is signed in cannot be kept');
  });

  it('that was signed in looks by its cookie, until it signs out', async () => {
    const cookie = await signIn();
    expect((await web.ask('GET', `${API}/session`, { headers: { cookie } })).status).toBe(200);
    const headers = { ...JSON_HEADERS, cookie, origin: origin() };
    expect((await web.ask('POST', `${API}/session/end`, { headers, body: '{}' })).status).toBe(200);
    expect((await web.ask('GET', `${API}/session`, { headers: { cookie } })).status).toBe(401);
  });

  it.each([
    ['from a foreign page', { origin: 'http://evil.example' }],
    ['from another port of this computer', { origin: 'http://127.0.0.1:1' }],
    ['from a page without an origin', { origin: 'null' }],
    ['that says no origin', {}],
  ])('cannot order anything %s', async (_, from) => {
    const cookie = await signIn();
    const headers = { ...JSON_HEADERS, cookie, ...from };
    expect((await web.ask('POST', `${API}/commands/stop`, { headers, body: '{}' })).status).toBe(403);
    expect(web.bench.asked).toEqual([]);
  });

  it('cannot be made to send a form: a body that is no JSON is refused', async () => {
    const cookie = await signIn();
    const headers = { 'content-type': 'text/plain', cookie, origin: origin() };
    expect((await web.ask('POST', `${API}/commands/arm`, { headers, body: '{"duration_s":60}' })).status).toBe(400);
    expect(web.bench.asked).toEqual([]);
  });

  it.each([
    ['evil.example', 403],
    ['evil.example:8017', 403],
    ['127.0.0.1.evil.example', 403],
    ['ev il', 403],
    ['localhost', 401],
    ['127.0.0.1:8017', 401],
    ['[::1]:8017', 401],
  ])('that calls this server %s is answered %i', async (host, status) => {
    expect((await web.ask('GET', `${API}/state`, { headers: { host } })).status).toBe(status);
  });
});

describe('a run', () => {
  it.each(['../x', '..', 'x:../../../etc', 'x:1:2', 'x:', '%2e%2e', '.hidden', 'a/b'])(
    'is named by a folder here and a number, not by %j',
    async (name) => {
      const { status } = await web.get(`${API}/runs/report?runs=${encodeURIComponent(name)}`);
      expect(status).toBe(404);
      expect((await web.get(`${API}/runs/${encodeURIComponent(name)}`)).status).toBe(404);
    },
  );
});

describe('what a request may be', () => {
  it('nothing is changed by a GET: no command has one', async () => {
    for (const { row, path } of ALL.filter(({ row }) => row.method === 'POST')) {
      if (ALL.some((other) => other.path === path && other.row.method === 'GET')) continue;
      // A path of its own takes no GET; one that looks like the name of something finds nothing.
      expect([404, 405], path).toContain((await web.get(path, 'tune')).status);
      expect(row.method).toBe('POST');
    }
    expect(web.bench.asked).toEqual([]);
  });

  it('a body is bounded: one byte too many is 413', async () => {
    const headers = { ...JSON_HEADERS, authorization: `Bearer ${web.token('tune')}` };
    const frame = '{"patch":""}'.length;
    const fits = JSON.stringify({ patch: 'x'.repeat(MOST_BODY - frame) });
    expect(fits.length).toBe(MOST_BODY);
    const text = async (body: string): Promise<string> =>
      (await web.ask('POST', `${API}/commands/check`, { headers, body })).json()['text'] as string;
    // The desk has bounds of its own.
    expect(await text(fits)).toBe('A text is longer than 4096 characters.');
    expect(await text(`${fits} `)).toBe(`The body has more than ${MOST_BODY} bytes.`);
  });

  it('a page is answered with headers that let it load nothing from elsewhere', async () => {
    const { headers } = await web.ask('GET', `${API}/state`);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});
