/** A terminal that goes away while the controller runs on it: a closed window, a lost connection. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');
/** `script` of util-linux gives a program a terminal of its own, which ends with it. */
const scriptMissing = !(spawnSync('script', ['--version']).stdout ?? '').toString().includes('util-linux');
const MOST_MS = 15_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-vanished-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + MOST_MS;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in time: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

describe.skipIf(scriptMissing)('a terminal that vanishes', () => {
  it('ends the run in order, and Node.js does not abort', { timeout: 40_000 }, async () => {
    const set = `--set sim.broker=false --set runtime.stateDir=${folder}/state --set runtime.runsDir=${folder}/runs`;
    const code = join(folder, 'code');
    // The shell outlives its terminal and writes down how the program ended.
    const line = `trap : HUP; '${process.execPath}' '${BIN}' run ${set}; echo $? > ${code}`;
    const terminal = spawn('script', ['-qfc', line, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let shown = '';
    terminal.stdout.on('data', (data: Buffer) => {
      shown += data.toString('utf8');
    });
    // It takes the whole screen once everything is open.
    await until(() => shown.includes('\x1b[?1049h'));
    terminal.kill('SIGKILL');
    await until(() => existsSync(code) && readFileSync(code, 'utf8') !== '');
    expect(readFileSync(code, 'utf8').trim()).toBe('0');
  });
});
