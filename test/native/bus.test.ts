import { afterEach, describe, expect, it } from 'vitest';
import type { Counts, Load, Transferred } from './programs/ports.ts';
import { type Emulator, type Ports, startEmulator, until } from './support.ts';

let emulator: Emulator;
afterEach(() => emulator.stop());

async function open(set: Record<string, string | number> = {}): Promise<Ports> {
  emulator = await startEmulator({ set });
  const ports = emulator.ports();
  await ports.do({ do: 'openSpi', bus: 0, select: 0, mode: 1, clockHz: 1_000_000 });
  return ports;
}

describe('a bus on which every twentieth read hangs for a second', () => {
  it('loses those readings and the ones during the hang, and nothing else stops', async () => {
    const ports = await open();
    await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a, 0x40] });
    const before = await ports.do<Counts>({ do: 'counts' });
    await emulator.command({ cmd: 'hang', every: 20, ms: 1_000 });
    const load = await ports.do<Load>({ do: 'load', attempts: 1_000, everyMs: 8 });
    console.log('1,000 reads, every 20th hangs 1 s:', JSON.stringify(load));
    // Reading goes on after each hang, and while it lasts every read fails at once.
    expect(load.kinds['ok']).toBeGreaterThan(80);
    expect(load.kinds['timeout']).toBe(1_000 - (load.kinds['ok'] ?? 0));
    expect(load.details['deadline']).toBeGreaterThanOrEqual(5);
    expect(load.worstAnswerMs).toBeLessThan(500);
    // SPI, files and timers share the thread pool and the loop with the transfer that hangs.
    expect(load.spiOk).toBeGreaterThan(200);
    expect(load.worstFileMs).toBeLessThan(500);
    expect(load.worstTimerMs).toBeLessThan(500);
    // Each hang cost a bus object; its files were closed.
    await emulator.command({ cmd: 'hang', every: 0, ms: 0 });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    // On a busy machine a read may miss its deadline once more, and cost another bus object.
    await until(async () => {
      const read = (address: number) => ports.do<Transferred>({ do: 'readBlock', address, command: 7, length: 2 });
      return (await read(0x5a)).error === null && (await read(0x40)).error === null;
    });
    const after = await ports.do<Counts>({ do: 'counts' });
    expect(after.reopened).toBeGreaterThanOrEqual(5);
    expect(after.sockets).toBe(before.sockets);
    expect((await emulator.state()).open).toEqual({ i2c: 2, spi: 1 });
  });
});

describe('a bus whose data line is held low', () => {
  it('fails by its deadline, then at once, and works again when it is let go', async () => {
    const ports = await open();
    await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a] });
    const read = async () => {
      const start = performance.now();
      const { error } = await ports.do<Transferred>({ do: 'readBlock', address: 0x5a, command: 7, length: 3 });
      return { error, ms: performance.now() - start };
    };
    expect((await read()).error).toBeNull();
    await emulator.command({ cmd: 'inject', name: 'i2c-hang' });
    const first = await read();
    expect(first.error).toMatchObject({ kind: 'timeout', detail: 'deadline' });
    expect(first.ms).toBeGreaterThanOrEqual(49);
    expect(first.ms).toBeLessThan(500);
    const second = await read();
    expect(second.error).toMatchObject({ kind: 'timeout', detail: 'hung' });
    expect(second.ms).toBeLessThan(first.ms);
  });

  it('is freed by the sensors’ supply after two seconds without a reading', async () => {
    const ports = await open({ 'gpio.sensorPowerLine': 16 });
    await ports.do({ do: 'openSensorPower', line: 512 + 16 });
    await ports.do({ do: 'openI2c', bus: 1, addresses: [0x40], powered: true });
    await emulator.command({ cmd: 'inject', name: 'i2c-hang' });
    const kinds: string[] = [];
    const end = performance.now() + 8_000;
    let last: Transferred | null = null;
    while (performance.now() < end) {
      last = await ports.do<Transferred>({ do: 'readBlock', address: 0x40, command: 2, length: 2 });
      if (last.error === null) break;
      if (!kinds.includes(last.error.detail)) kinds.push(last.error.detail);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(last?.error).toBeNull();
    expect(kinds).toContain('power-cycle');
    expect((await ports.do<Counts>({ do: 'counts' })).powerCycles).toBe(1);
  });
});

describe('a port', () => {
  it('leaks no file in 1,000 reads and twenty new bus objects', async () => {
    const ports = await open();
    await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a, 0x40] });
    const before = await ports.do<Counts>({ do: 'counts' });
    for (let i = 0; i < 20; i += 1) {
      await ports.do<Load>({ do: 'load', attempts: 50, everyMs: 0 });
      await emulator.command({ cmd: 'errno', bus: 'i2c', errno: 5, count: 2 });
    }
    await ports.do<Load>({ do: 'load', attempts: 4, everyMs: 0 });
    const after = await ports.do<Counts>({ do: 'counts' });
    // A machine that stalls may cost one more.
    expect(after.reopened).toBeGreaterThanOrEqual(20);
    expect(after.sockets).toBe(before.sockets);
    await ports.do({ do: 'close' });
    expect((await ports.do<Counts>({ do: 'counts' })).sockets).toBe(before.sockets - 3);
    expect((await emulator.state()).open).toEqual({});
  });

  it('that is closed while a transfer hangs gives its file back when that ends', async () => {
    const ports = await open();
    await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a] });
    await emulator.command({ cmd: 'hang', every: 1, ms: 400 });
    const { error } = await ports.do<Transferred>({ do: 'readBlock', address: 0x5a, command: 7, length: 3 });
    expect(error).toMatchObject({ kind: 'timeout', detail: 'deadline' });
    await ports.do({ do: 'close' });
    expect((await emulator.state()).open).toEqual({ i2c: 1 });
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await emulator.state()).open).toEqual({});
  });

  it('ends with its process, however that ends', async () => {
    const ports = await open();
    await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a] });
    expect((await emulator.state()).open).toEqual({ i2c: 1, spi: 1 });
    await ports.kill();
    expect((await emulator.state()).open).toEqual({});
  });

  it('on SPI that hangs times out, then fails at once, and is closed when the transfer ends', async () => {
    const ports = await open();
    await emulator.command({ cmd: 'inject', name: 'tc-hang' });
    const transfer = () => ports.do<Transferred>({ do: 'transfer', tx: [0, 0] });
    expect((await transfer()).error).toMatchObject({ kind: 'timeout', detail: 'deadline', device: 'spidev0.0' });
    expect((await transfer()).error).toMatchObject({ kind: 'timeout', detail: 'hung' });
    await ports.do({ do: 'close' });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect((await emulator.state()).open).toEqual({});
  });
});
