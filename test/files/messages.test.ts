/** What messages need of the disk, before anything starts. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageProblems, messageSecrets } from '../../src/files/messages.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const file = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(at(name), text);
  chmodSync(at(name), mode);
  return at(name);
};
const withSettings = (changes: Partial<Settings>): Settings => ({ ...defaultSettings(), ...changes });
const problems = (changes: Partial<Settings>) => messageProblems(withSettings(changes));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-message-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(['messages.program', 'messages.sendmail'] as const)('%s', (key) => {
  it('must be a program that can be started', () => {
    expect(problems({ [key]: 'none' })).toEqual([]);
    expect(problems({ [key]: file('program', '#!/bin/sh\n', 0o755) })).toEqual([]);
    expect(problems({ [key]: at('missing') })).toMatchObject([{ code: 'CONFIG_PROGRAM', path: key }]);
    expect(problems({ [key]: folder })).toHaveLength(1);
    expect(problems({ [key]: file('plain', '', 0o644) })).toHaveLength(1);
  });
});

describe.each([
  ['messages.ntfyTokenFile', 'messages.ntfyUrl', 'ntfyToken', 'tk_123', ['', 'a b', 'ä', 'a\nb']],
  [
    'messages.webhookKeyFile',
    'messages.webhookUrl',
    'webhookKey',
    'sixteen letters!',
    ['', 'fifteen letters', 'a\n'.repeat(16)],
  ],
] as const)('the secret of %s', (key, of, name, good, bad) => {
  const used = { [of]: 'https://push.example/t' } as Partial<Settings>;

  it('is read without its line feed, and only where it is used', () => {
    const settings = withSettings({ ...used, [key]: file('secret', `${good}\n`) });
    expect(messageProblems(settings)).toEqual([]);
    expect(messageSecrets(settings)[name]).toBe(good);
    expect(messageSecrets({ ...settings, [of]: 'none' })[name]).toBeNull();
    expect(messageSecrets({ ...settings, [key]: 'none' })[name]).toBeNull();
    expect(problems({ [key]: at('missing') })).toEqual([]);
  });

  it.each(bad)('is not %j, and never shown', (text) => {
    const found = problems({ ...used, [key]: file('secret', text) });
    expect(found).toMatchObject([{ code: 'CONFIG_SECRET', path: key, got: at('secret') }]);
    if (text !== '' && text !== 'a b') expect(JSON.stringify(found)).not.toContain(JSON.stringify(text).slice(1, -1));
  });

  it('is missing where its file is, and a pipe is not waited for', () => {
    expect(problems({ ...used, [key]: at('missing') })).toMatchObject([{ code: 'CONFIG_SECRET', path: key }]);
    execFileSync('mkfifo', [at(`pipe-${name}`)]);
    expect(problems({ ...used, [key]: at(`pipe-${name}`) })).toMatchObject([{ code: 'CONFIG_SECRET' }]);
  });
});
