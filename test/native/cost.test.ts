import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './support.ts';

let emulator: Emulator;
afterEach(() => emulator.stop());

describe('what the preloaded library costs', () => {
  it('is printed, and setting a line costs less than any call that waits for an answer', async () => {
    emulator = await startEmulator();
    const { said } = await emulator.lines('time', 17, 2_000);
    const set = JSON.parse(said) as { mean: number; worst: number };
    const ports = emulator.ports();
    await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a] });
    await ports.do({ do: 'openSpi', bus: 0, select: 0, mode: 1, clockHz: 1_000_000 });
    await ports.do({ do: 'openPump', line: 512 + 27 });
    await ports.do({ do: 'openInput', line: 512 + 22 });
    await ports.do({ do: 'time', times: 200 });
    const times = await ports.do<Record<string, number>>({ do: 'time', times: 1_000 });
    const round = (us: number) => us.toFixed(1);
    console.log(
      `Node ${process.version}, µs a call: line set ${round(set.mean)} (worst ${round(set.worst)}), ` +
        Object.entries(times)
          .map(([name, us]) => `${name} ${round(us)}`)
          .join(', '),
    );
    // No clock time: a stalled machine is not the library’s fault. A set is cheaper than any call that waits for an answer.
    for (const us of Object.values(times)) expect(set.mean).toBeLessThan(us);
  });

  it('leaves the stamps of line changes in order and true to the program’s clock', async () => {
    emulator = await startEmulator();
    await emulator.lines('time', 17, 500);
    const changes = (await emulator.timeline()).filter(({ line }) => line === 17);
    expect(changes.length).toBeGreaterThanOrEqual(499);
    for (let i = 1; i < changes.length; i += 1) expect(changes[i]!.at).toBeGreaterThan(changes[i - 1]!.at);
    const { now } = await emulator.state();
    expect(now - changes.at(-1)!.at).toBeLessThan(2_000_000);
  });
});
