/** `remixd messages test`, as it is typed. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

let folder: string;
let server: Server;
let url: string;
const titles: unknown[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-messages-test-'));
  writeFileSync(join(folder, 'program'), `#!/bin/sh\ncat > '${folder}/got'\n`);
  writeFileSync(join(folder, 'broken'), '#!/bin/sh\nexit 67\n');
  for (const name of ['program', 'broken']) chmodSync(join(folder, name), 0o755);
  server = createServer((request, response) => {
    titles.push(request.headers['title']);
    response.writeHead(request.url === '/good' ? 200 : 403).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const remixd = (...set: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    const words = set.flatMap((one) => (one.startsWith('--') ? [one] : ['--set', one]));
    const child = spawn(process.execPath, [join(PACKAGE_ROOT, 'bin', 'remixd.js'), 'messages', 'test', ...words], {
      env: { PATH: process.env['PATH'] },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text) => (out += String(text)));
    child.stderr.on('data', (text) => (err += String(text)));
    child.on('close', (code) => resolve({ code, out, err }));
  });

describe('remixd messages test', () => {
  it('sends one message by every way that is configured', async () => {
    const { code, out } = await remixd(`messages.program=${join(folder, 'program')}`, `messages.ntfyUrl=${url}/good`);
    expect([code, out]).toEqual([0, 'messages.program: sent\nmessages.ntfyUrl: sent\n']);
    expect(titles).toEqual(['SIMULATED bench: Test message']);
    expect(JSON.parse(readFileSync(join(folder, 'got'), 'utf8'))).toMatchObject({ kind: 'test', urgent: false });
  });

  it('says what came of each, and fails when one does', async () => {
    const mail = ['messages.mailTo=ann', 'messages.mailFrom=bench', `messages.sendmail=${join(folder, 'broken')}`];
    const ways = [`messages.program=${join(folder, 'program')}`, `messages.ntfyUrl=${url}/bad`, ...mail];
    const { code, out } = await remixd('--json', ...ways);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      ways: [
        { way: 'messages.program', ok: true, why: null },
        { way: 'messages.ntfyUrl', ok: false, why: 'answered 403: it does not allow this sender' },
        { way: 'messages.sendmail', ok: false, why: 'failed: exit code 67' },
      ],
    });
  });

  it('fails where no way is configured, and where the configuration names what is not there', async () => {
    expect(await remixd()).toMatchObject({ code: 1, out: expect.stringMatching(/^No way is configured: set /) });
    const missing = await remixd(`messages.program=${join(folder, 'missing')}`);
    expect(missing).toMatchObject({ code: 78, out: '', err: expect.stringContaining('CONFIG_PROGRAM') });
  });
});
