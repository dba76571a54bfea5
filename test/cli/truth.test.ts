/** Exit codes and messages that must say how it is. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { armingOf } from '../../src/cli/run.ts';
import { fileTrouble } from '../../src/files/errno.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import type { RunEvent } from '../../src/params/events.ts';
import type { SafetyState } from '../../src/params/states.ts';
import type { Snapshots, Subscriber } from '../../src/params/subscriber.ts';

const PROGRAM = join(PACKAGE_ROOT, 'bin', 'remixd.js');
const folder = mkdtempSync(join(tmpdir(), 'remixd-truth-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function remixd(...args: readonly string[]) {
  const env = { PATH: process.env['PATH'] };
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env });
  return { code: status, out: stdout, err: stderr };
}
let count = 0;
const run = (...args: readonly string[]) => {
  count += 1;
  const own = join(folder, String(count));
  const sets = [`runtime.stateDir=${own}`, `runtime.runsDir=${own}/runs`, 'sim.broker=false', 'sim.autoArm=false'];
  return remixd('run', '--speed', '10', ...sets.flatMap((one) => ['--set', one]), ...args);
};

describe('the exit code', () => {
  it('of a run that was ordered to arm and did not is 1, with the reason', () => {
    const pressed = run('--arm', '--inject', 'estop@-1', '--seconds', '20');
    expect(pressed).toMatchObject({ code: 1, err: expect.stringMatching(/The bench did not arm: .*E401/) });
    expect(run('--arm', '--seconds', '1')).toMatchObject({ code: 1, err: expect.stringContaining('--seconds') });
    expect(run('--arm', '--seconds', '20').code).toBe(0);
    expect(run('--seconds', '2').code).toBe(0);
    expect(run('--arm', '--inject', 'mosfet-stuck-on@12', '--seconds', '30').code).toBe(1);
  }, 60_000);

  it('of a watch without any message from the device is 1', () => {
    expect(remixd('remote', 'watch', '--broker', '127.0.0.1:1', '--seconds', '1').code).toBe(1);
  }, 30_000);
});

describe('an order to arm', () => {
  it('has led to a run as soon as the state says so, even in the last tick of all', () => {
    let told: Subscriber['event'];
    const feed: Pick<Snapshots, 'subscribe'> = { subscribe: (subscriber) => (told = subscriber.event) };
    const arming = armingOf(feed, { isEnding: false });
    const to = (state: SafetyState): void =>
      told?.({ kind: 'state', from: 'safe', to: state, latch: null } as unknown as RunEvent);
    // The proof test is not a run.
    for (const state of ['test-enable', 'safe'] as const) to(state);
    expect(arming.ran).toBe(false);
    to('armed');
    expect(arming.ran).toBe(true);
  });
});

describe('a broker that cannot be used', () => {
  it('is said by a run without a terminal: once with its remedy, and in every status line', () => {
    const { code, out, err } = run('--seconds', '15', '--set', 'mqtt.broker=127.0.0.1:1');
    expect(code).toBe(0);
    expect(err.match(/\[LINK_REFUSED\]\n {4}cause .*\n {4}remedy /g)).toHaveLength(1);
    expect(out).toContain('MQTT LINK_REFUSED: The broker refuses connections.');
    const doctor = remixd('doctor', '--set', 'mqtt.broker=127.0.0.1:1');
    expect(doctor.out).toMatch(/warn +MQTT broker +.*LINK_REFUSED/);
  }, 30_000);
});

describe('a typing error', () => {
  it('in the name of a recipe is answered with the name that was meant', () => {
    for (const command of [
      ['simulate', '--seconds', '1'],
      ['run', '--seconds', '1'],
    ]) {
      const { code, err } = remixd(...command, '--recipe', 'hold-mixd');
      expect([code, err]).toEqual([78, expect.stringContaining('Did you mean hold-mixed?')]);
    }
  });

  it('is not the name of a group of settings, which lists them', () => {
    const { code, out } = remixd('config', 'explain', 'pulse');
    expect(code).toBe(0);
    expect(out).toMatch(/^pulse\.onMs +500 ms/m);
    expect(out).toMatch(/^pulse\.periodMs/m);
    expect(remixd('config', 'explain', 'pulze').code).toBe(78);
  });
});

describe('a file that is in the way, and a folder in the place of a file', () => {
  it.each(['EEXIST', 'EISDIR', 'ENOTDIR', 'TAKEN', 'EACCES'])('%s is not a matter of space', (code) => {
    const { cause, remedy } = fileTrouble(Object.assign(new Error('system words'), { code }));
    expect(remedy).not.toMatch(/space/);
    expect(cause).not.toBe('system words');
  });
});
