import { afterEach, describe, expect, it } from 'vitest';
import type { Reading } from '../../src/hal/ports.ts';
import type { DriverName, Transferred } from './programs/ports.ts';
import { type Emulator, type Ports, startEmulator } from './support.ts';

let emulator: Emulator;
afterEach(() => emulator.stop());

const LIGHT_LINE = 512 + 24;

/** A bench whose heater and light were on for a while and whose twin then stands still. */
async function warmBench(set: Record<string, string | number>): Promise<Ports> {
  emulator = await startEmulator({ set: { 'sim.noise': 0, ...set } });
  // A process that ends by itself leaves its exported lines as they are: the light stays on.
  const lamp = emulator.ports();
  await lamp.do({ do: 'openLight', line: LIGHT_LINE });
  await lamp.do({ do: 'light', level: 1 });
  await lamp.end();
  for (const name of ['mosfet-stuck-on', 'enable-welded']) await emulator.command({ cmd: 'inject', name });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { filmC, flowingA } = await emulator.state();
  expect(filmC).toBeGreaterThan(24.5);
  expect(flowingA).toBeGreaterThan(0.35);
  await emulator.command({ cmd: 'freeze', on: true });
  // Every chip converts what now stands still.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const ports = emulator.ports();
  await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a, 0x40, Number(set['i2c.photodiodeAddress'] ?? 0x48)] });
  return ports;
}

/** A value without when its parts were converted: the two ways read at different instants. */
function undated(value: unknown): unknown {
  const { takenAt: _, ...rest } = value as Record<string, unknown>;
  return rest;
}

/** Reads until there is a value: chips want to be set up and to convert first. */
async function value(read: () => Promise<Reading<unknown>>): Promise<unknown> {
  let last: Reading<unknown> | null = null;
  for (let i = 0; i < 40; i += 1) {
    last = await read();
    if (last.ok) return undated(last.value);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no value: ${JSON.stringify(last)}`);
}

const native = (ports: Ports, driver: DriverName) =>
  value(async () => (await ports.do<{ reading: Reading<unknown> }>({ do: 'read', driver })).reading);

const simulated = (device: 'thermocouple' | 'infrared' | 'power' | 'photodiodes') =>
  value(async () => ((await emulator.command({ cmd: 'read', device })) as { reading: Reading<unknown> }).reading);

/**
 * The same registers of an I2C chip over both ways. A register that takes a new conversion meanwhile
 * is read again: what counts is a reading between two equal ones of the other way.
 */
async function sameRegisters(ports: Ports, address: number, registers: readonly number[], length: number) {
  const emulated = async (command: number) =>
    ((await emulator.command({ cmd: 'i2c', address, command, length })) as { bytes: number[] }).bytes;
  for (const command of registers) {
    let before = await emulated(command);
    for (let tries = 1; ; tries += 1) {
      const { error, bytes } = await ports.do<Transferred>({ do: 'readBlock', address, command, length });
      expect(error).toBeNull();
      const after = await emulated(command);
      if (before.join() !== after.join() && tries < 20) {
        before = after;
        continue;
      }
      expect(after, `register ${command} stands still`).toEqual(before);
      expect([command, ...bytes]).toEqual([command, ...after]);
      break;
    }
  }
}

async function sameFrames(ports: Ports, device: 'thermocouple' | 'photodiodes', frames: readonly number[][]) {
  for (const tx of frames) {
    const { error, bytes } = await ports.do<Transferred>({ do: 'transfer', tx });
    expect(error).toBeNull();
    expect(bytes).toEqual(((await emulator.command({ cmd: 'spi', device, tx })) as { bytes: number[] }).bytes);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
  }
}

describe('read through the native modules and through the simulated ports, bit for bit the same', () => {
  it('are the MAX31856, the MLX90614, the INA226 and the ADS1115', async () => {
    // The bare driver does not correct what the chip, as delivered with emissivity 1, computes.
    const ports = await warmBench({ 'sensors.infraredEmissivity': 1 });
    await ports.do({ do: 'openSpi', bus: 0, select: 0, mode: 1, clockHz: 1_000_000 });
    for (const [driver, device] of [
      ['max31856', 'thermocouple'],
      ['mlx90614', 'infrared'],
      ['ina226', 'power'],
      ['ads1115', 'photodiodes'],
    ] as const)
      expect([driver, await native(ports, driver)]).toEqual([driver, await simulated(device)]);
    await sameFrames(ports, 'thermocouple', [new Array<number>(17).fill(0)]);
    await sameRegisters(ports, 0x5a, [0x06, 0x07, 0x24, 0x2e], 3);
    await sameRegisters(ports, 0x40, [0, 1, 2, 4, 5, 0xfe, 0xff], 2);
    await sameRegisters(ports, 0x48, [0, 1, 2, 3], 2);
    await ports.do({ do: 'close' });
  });

  it('are the MAX31855 and the INA219', async () => {
    const ports = await warmBench({ 'hal.thermocouple': 'max31855', 'hal.currentSense': 'ina219' });
    await ports.do({ do: 'openSpi', bus: 0, select: 0, mode: 0, clockHz: 1_000_000 });
    expect(await native(ports, 'max31855')).toEqual(await simulated('thermocouple'));
    expect(await native(ports, 'ina219')).toEqual(await simulated('power'));
    await sameFrames(ports, 'thermocouple', [[0, 0, 0, 0]]);
    await sameRegisters(ports, 0x40, [0, 1, 2, 4, 5], 2);
    await ports.do({ do: 'close' });
  });

  it('is the AS7341', async () => {
    const ports = await warmBench({ 'hal.photodiodes': 'as7341', 'i2c.photodiodeAddress': 0x39 });
    const read = (await native(ports, 'as7341')) as { red: number };
    expect(read).toEqual(await simulated('photodiodes'));
    expect(read.red).toBeGreaterThan(0.01);
    // The identity; the SMUX map of 20 bytes; the counts as they are latched.
    await sameRegisters(ports, 0x39, [0x92, 0xaa, 0xca], 1);
    await sameRegisters(ports, 0x39, [0x00], 20);
    await sameRegisters(ports, 0x39, [0x95], 12);
    await ports.do({ do: 'close' });
  });

  it('is the MCP3208', async () => {
    const ports = await warmBench({ 'hal.photodiodes': 'mcp3208' });
    await ports.do({ do: 'openSpi', bus: 0, select: 1, mode: 0, clockHz: 1_000_000 });
    const read = (await native(ports, 'mcp3208')) as { broadband: number };
    expect(read).toEqual(await simulated('photodiodes'));
    expect(read.broadband).toBeGreaterThan(0.01);
    await sameFrames(ports, 'photodiodes', [
      [6, 0, 0],
      [6, 0x40, 0],
      [6, 0x80, 0],
      [6, 0xc0, 0],
    ]);
    await ports.do({ do: 'close' });
  });

  it('but not in the wrong SPI mode, which the drivers refuse to believe', async () => {
    const ports = await warmBench({});
    await ports.do({ do: 'openSpi', bus: 0, select: 0, mode: 0, clockHz: 1_000_000 });
    const { reading } = await ports.do<{ reading: Reading<unknown> }>({ do: 'read', driver: 'max31856' });
    expect(reading.ok).toBe(false);
  });
});

describe('a word with its packet error code', () => {
  it('comes over the wire with the code as its third byte, and a wrong one is refused', async () => {
    const ports = await warmBench({});
    await emulator.command({ cmd: 'inject', name: 'ir-pec' });
    const { reading } = await ports.do<{ reading: Reading<unknown> }>({ do: 'read', driver: 'mlx90614' });
    expect(reading).toMatchObject({ ok: false, why: { kind: 'pec', detail: 'crc8' } });
  });

  it('is written with it, and not acknowledged without', async () => {
    const ports = await warmBench({});
    const { writeWordWithPec } = await import('../../src/hal/drivers/mlx90614.ts');
    const erase = [...writeWordWithPec(0x5a, 0x24, 0)];
    expect((await ports.do<Transferred>({ do: 'write', address: 0x5a, bytes: erase })).error).toBeNull();
    const { bytes } = await ports.do<Transferred>({ do: 'readBlock', address: 0x5a, command: 0x24, length: 3 });
    expect(bytes.slice(0, 2)).toEqual([0, 0]);
    const wrong = [...erase.slice(0, 3), (erase[3] ?? 0) ^ 1];
    expect((await ports.do<Transferred>({ do: 'write', address: 0x5a, bytes: wrong })).error).toMatchObject({
      kind: 'nak',
      errno: 121,
    });
  });
});
