/** Mail through a stand-in for sendmail that keeps what it got: its arguments and its input. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dateText, MailWay, mailText } from '../../../src/fronts/messages/mail.ts';
import type { Outcome } from '../../../src/fronts/messages/way.ts';
import type { Delivery } from '../../../src/params/messages.ts';
import { delivery } from '../../support/messages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-mail-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const PARTS = { from: 'bench@lab.example', to: ['ann@lab.example', 'night-shift'], link: 'none' };

function sendmail(...lines: readonly string[]): string {
  const path = join(folder, 'sendmail');
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/words'\n${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
  return path;
}
const keep = (code = 0): string => sendmail(`cat > '${folder}/mail'`, `exit ${code}`);
const deliver = (path: string, timeoutMs = 5000): Promise<Outcome> =>
  new Promise((resolve) => new MailWay({ path, ...PARTS, timeoutMs }).deliver(delivery(), resolve));

/** The headers, unfolded, and the body, decoded: as the rules of RFC 5322 and 2047 say. */
function read(mail: string): { headers: Record<string, string>; body: string } {
  const [head = '', ...rest] = mail.split('\n\n');
  const headers: Record<string, string> = {};
  for (const line of head.replace(/\n[ \t]/g, ' ').split('\n')) {
    const [, name, value = ''] = /^([!-9;-~]+): (.*)$/.exec(line) ?? [];
    if (name === undefined || name.toLowerCase() in headers) throw new Error(`not a header, or twice: ${line}`);
    headers[name.toLowerCase()] = value
      .replace(/\?= =\?/g, '?==?')
      .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, word: string) => Buffer.from(word, 'base64').toString('utf8'));
  }
  return { headers, body: Buffer.from(rest.join('\n\n'), 'base64').toString('utf8') };
}
const readOf = (changes: Partial<Delivery> = {}): ReturnType<typeof read> => read(mailText(delivery(changes), PARTS));

describe('a mail', () => {
  it('goes to the program with its recipients as arguments', async () => {
    expect(await deliver(keep())).toBeNull();
    expect(readFileSync(join(folder, 'words'), 'utf8').trim().split('\n')).toEqual([
      '-i',
      '-f',
      'bench@lab.example',
      'ann@lab.example',
      'night-shift',
    ]);
    const { headers, body } = read(readFileSync(join(folder, 'mail'), 'utf8'));
    expect(headers).toMatchObject({
      from: 'bench@lab.example',
      to: 'ann@lab.example, night-shift',
      subject: 'SIMULATED bench-7: Tripped: Lid open',
      date: 'Fri, 15 Jan 2027 08:00:00 +0000',
      'message-id': '<5c1f3a52-0000-4000-8000-000000000001@lab.example>',
      'auto-submitted': 'auto-generated',
      importance: 'high',
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(body).toBe(
      'The lid is open.\r\nWhat to do: Close the lid.\r\nThe bench is simulated.\r\nSample: A3, 40 % Br\r\n',
    );
  });

  it('has no date while nobody knows it, and no importance where nobody must look', () => {
    const { headers } = readOf({ wall_s: null, urgent: false });
    expect(headers).not.toHaveProperty('date');
    expect(headers).not.toHaveProperty('importance');
  });

  it('gets no header and no recipient from a name, whatever it holds', () => {
    const evil = 'x\r\nBcc: all@lab.example\n\nHello\u2028World\u0000';
    for (const changes of [{ title: evil }, { device: evil }]) {
      const { headers } = readOf(changes);
      expect(headers).not.toHaveProperty('bcc');
      expect(headers['subject']).toContain('x  Bcc: all@lab.example  Hello World ');
    }
    expect(readOf({ sample: evil }).headers).not.toHaveProperty('bcc');
  });

  it('has no line that a server would break', () => {
    const mail = mailText(delivery({ title: 'Wärme '.repeat(40), text: '°'.repeat(9000) }), PARTS);
    for (const line of mail.split('\n')) expect(line.length).toBeLessThanOrEqual(76);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is what is looked for
    expect(mail).toMatch(/^[\x00-\x7f]*$/);
    expect(read(mail).headers['subject']?.endsWith('…')).toBe(true);
  });

  it('shows what looks like an encoded word as it was written', () => {
    expect(readOf({ title: '=?UTF-8?B?SGk=?=' }).headers['subject']).toContain('=?UTF-8?B?SGk=?=');
  });

  it.each([
    [75, true],
    [68, true],
    [64, false],
    [1, false],
    [67, false],
  ])('that the program ends with exit code %i is tried again: %s', async (code, again) => {
    expect(await deliver(keep(code))).toEqual({ why: `failed: exit code ${code}`, again });
  });

  it('of a program that hangs is ended with its children, and tried again', async () => {
    const path = sendmail(`sleep 60 & echo $! > '${folder}/child'`, 'wait');
    expect(await deliver(path, 300)).toEqual({
      why: 'was ended: it took longer than messages.timeoutS (0.3 s)',
      again: true,
    });
    const pid = readFileSync(join(folder, 'child'), 'utf8').trim();
    const status = `/proc/${pid}/status`;
    await expect
      .poll(() => !existsSync(status) || /^State:\s+Z/m.test(readFileSync(status, 'utf8')), { timeout: 2000 })
      .toBe(true);
  });

  it('of a program that is missing says so', async () => {
    expect(await deliver(join(folder, 'missing'))).toMatchObject({
      why: expect.stringMatching(/^could not be started: .*ENOENT/),
      again: false,
    });
  });
});

describe('the date of a mail', () => {
  it.each([
    [0, 'Thu, 1 Jan 1970 00:00:00 +0000'],
    [951_782_400, 'Tue, 29 Feb 2000 00:00:00 +0000'],
    [1_800_000_000, 'Fri, 15 Jan 2027 08:00:00 +0000'],
    [1_798_761_599.9, 'Thu, 31 Dec 2026 23:59:59 +0000'],
  ])('of %d s is %s', (wallS, text) => {
    expect(dateText(wallS)).toBe(text);
  });
});
