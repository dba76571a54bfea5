/** What a service writes: found out from its streams, and what becomes of a running program’s output there. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../../src/files/recipes.ts';
import { isJournal, JournalLog, leveled } from '../../../src/fronts/terminal/journal.ts';
import type { RunEvent } from '../../../src/params/events.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-journal-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const streamOf = (fd: number): string => {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
};

describe('the journal', () => {
  it('is what a stream leads to only when device and inode say so', () => {
    const [ours, other] = ['ours', 'other'].map((name) => openSync(join(folder, name), 'w')) as [number, number];
    const env = { JOURNAL_STREAM: streamOf(ours) };
    expect(isJournal(ours, env)).toBe(true);
    expect(isJournal(other, env)).toBe(false);
    for (const wrong of [undefined, '', 'x', '1:', ':1', `${env.JOURNAL_STREAM}:`, `${env.JOURNAL_STREAM} `])
      expect(isJournal(ours, { JOURNAL_STREAM: wrong })).toBe(false);
    closeSync(ours);
    expect(isJournal(ours, env)).toBe(false);
    closeSync(other);
  });

  it('gets a level in front of each line of a text', () => {
    expect(leveled(4, 'a\nb\n\n')).toBe('<4>a\n<4>b\n');
    expect(leveled(6, 'a')).toBe('<6>a\n');
  });

  it('gets events outside of the tick, and the status once a minute', () => {
    const written: string[] = [];
    const log = new JournalLog((text) => void written.push(text));
    const note = (text: string) => ({ kind: 'note', code: 'n', text, run: 0 }) as RunEvent;
    log.event(note('one'), false);
    log.event(note('two'), true);
    expect(written).toEqual([]);
    log.show(0, () => 'fine');
    expect(written.splice(0)).toEqual(['<6>note n: one\n<6>SIMULATED note n: two\n', '<6>fine\n']);
    log.show(59_999, () => 'fine');
    expect(written).toEqual([]);
    log.show(60_000, () => 'still');
    expect(written).toEqual(['<6>still\n']);
  });

  it('gets a bounded number of lines, and how many were left out', () => {
    const written: string[] = [];
    const log = new JournalLog((text) => void written.push(text));
    for (let n = 0; n < 510; n += 1) log.event({ kind: 'note', code: 'n', text: 'x', run: 0 } as RunEvent, false);
    log.flush();
    expect(written[0]?.split('\n')).toHaveLength(501);
    expect(written[1]).toBe('<4>10 lines were left out; the record has them\n');
  });
});

/** Runs the simulated bench until its lid opens, with both streams into a file that is, or is not, the journal. */
async function output(name: string, isTheJournal: boolean, ...more: readonly string[]): Promise<string[]> {
  const path = join(folder, name);
  const fd = openSync(path, 'w');
  const words = ['run', '--speed', '20', '--seconds', '20', '--inject', 'lid@12', ...more];
  const set = [`runtime.stateDir=${join(folder, `${name}-state`)}`, `runtime.runsDir=${join(folder, `${name}-runs`)}`];
  const all = [...words, ...[...set, 'sim.broker=false'].flatMap((one) => ['--set', one])];
  const env = { PATH: process.env['PATH'], JOURNAL_STREAM: isTheJournal ? streamOf(fd) : '1:1' };
  const child = spawn(process.execPath, [join(PACKAGE_ROOT, 'bin', 'remixd.js'), ...all], {
    stdio: ['ignore', fd, fd],
    env,
  });
  await new Promise((resolve) => child.on('close', resolve));
  closeSync(fd);
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

describe('remixd run as a service', () => {
  it('writes events with their levels and one status line a minute', async () => {
    const lines = await output('journal', true);
    expect(lines.filter((line) => / \| /.test(line))).toHaveLength(1);
    expect(lines).toContainEqual(expect.stringMatching(/^<2>SIMULATED trip E402 lid \(run 1\): trip 1, Lid open\. /));
    expect(lines).toContainEqual(expect.stringMatching(/^<5>SIMULATED state armed \(run 1\): /));
    expect(lines).toContainEqual(expect.stringMatching(/^<6>SIMULATED note record: /));
    // What follows the end is for everybody, and has no level.
    const words = lines.slice(lines.findIndex((line) => line.startsWith('SIMULATED bench: heater off')));
    expect(words.at(-1)).toMatch(/^Record: /);
    expect(lines.slice(0, -words.length).filter((line) => !/^<[2-6]>/.test(line))).toEqual([]);
  });

  it('writes a line a second and no levels into a pipe or a file, also where systemd started another program', async () => {
    const lines = await output('pipe', false);
    expect(lines.filter((line) => line.startsWith('<'))).toEqual([]);
    expect(lines.filter((line) => / \| /.test(line)).length).toBeGreaterThanOrEqual(1);
    expect(lines.join('\n')).not.toContain('note record');
  });

  it('says with a level why it did not start', async () => {
    const lines = await output('config', true, '--set', 'pulse.onMs=1');
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.filter((line) => !line.startsWith('<3>'))).toEqual([]);
    expect(lines[0]).toContain('One problem in the configuration');
  });
});
