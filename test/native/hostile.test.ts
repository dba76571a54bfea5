/** Hostile messages while constant current flows on an emulated board: there the gate’s lease runs in real time. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostileMessages } from '../../benchmarks/message-cost.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { gateLimitsFile } from '../../src/hal/registry.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { Mosquitto, mosquittoMissing } from '../support/mosquitto.ts';
import { type Emulator, startEmulator, until } from './support.ts';

const ARM_MS = 40_000;
/** Two passes of the whole set, one message every 20 ms: a good part of them is looked at, the others meet the rate limit. */
const EVERY_MS = 20;

describe.skipIf(mosquittoMissing)('a hostile set of every verb', () => {
  let folder: string;
  let emulator: Emulator;
  let broker: Mosquitto;
  let said = '';

  beforeAll(() => {
    execFileSync('make', ['-s', '-C', join(PACKAGE_ROOT, 'gate'), 'all'], { stdio: 'inherit' });
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'remixd-hostile-'));
    said = '';
    writeFileSync(join(folder, 'gate.conf'), gateLimitsFile(defaultSettings()));
    [emulator, broker] = await Promise.all([startEmulator(), Mosquitto.start()]);
  });
  afterEach(async () => {
    await emulator.stop();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const listening = (child: ChildProcess): ChildProcess => {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    return child;
  };
  const events = (): string => {
    const runs = join(folder, 'runs');
    const last = existsSync(runs) ? join(runs, readdirSync(runs).sort().at(-1) ?? '', 'events.csv') : '';
    return existsSync(last) ? readFileSync(last, 'utf8') : '';
  };

  // A machine that is overloaded may keep a tick from running for a quarter of a second, which trips rightly. A message that
  // does so does it each time.
  it('trips nothing while constant current flows', { retry: 2, timeout: 120_000 }, async () => {
    const socket = join(folder, 'gate.sock');
    emulator.spawn(join(PACKAGE_ROOT, 'gate/remixd-gate'), ['--limits', join(folder, 'gate.conf'), '--socket', socket]);
    const sets = [
      'hal.kind=linux',
      `gate.socket=${socket}`,
      `runtime.stateDir=${join(folder, 'state')}`,
      `runtime.runsDir=${join(folder, 'runs')}`,
      `mqtt.broker=${broker.url}`,
      'mqtt.device=victim',
      'remote.tune=remote',
      'remote.arm=remote',
    ].flatMap((set) => ['--set', set]);
    const words = [join(PACKAGE_ROOT, 'bin/remixd.js'), 'run', '--arm', '--recipe', 'pattern-dc', ...sets];
    const controller = listening(emulator.spawn(process.execPath, words, { env: emulator.env() }));
    await until(() => events().includes('-> armed'), ARM_MS);
    await until(async () => (await emulator.state()).flowingA > 0.3, 10_000);

    const client = await connectAsync(broker.url, { protocolVersion: 5 });
    let nonce = '';
    client.on('message', (_, payload) => {
      nonce = (JSON.parse(payload.toString()) as { nonce?: string }).nonce ?? nonce;
    });
    await client.subscribeAsync('remix/1/victim/state', { qos: 0 });
    await until(() => nonce !== '', 10_000);
    // A stop is obeyed, whatever else a message says.
    const set = hostileMessages(nonce).filter(([name]) => !/stop|disarm/.test(name));
    for (const [name, text] of [...set, ...set]) {
      client.publish(`remix/1/victim/cmd/${name}`, text, { qos: 0 });
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(events().match(/armed -> .*/g), said).toBeNull();
    expect((await emulator.state()).flowingA).toBeGreaterThan(0.3);
    expect(events()).toMatch(/,refused,/);
    await client.endAsync();
    controller.kill('SIGTERM');
    await new Promise((resolve) => controller.once('exit', resolve));
    expect((await emulator.state()).flowingA).toBe(0);
  });
});
