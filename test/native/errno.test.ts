import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HalErrorKind } from '../../src/hal/ports.ts';
import type { Counts, Transferred } from './programs/ports.ts';
import { type Emulator, type Ports, startEmulator } from './support.ts';

let emulator: Emulator;
let ports: Ports;

beforeAll(async () => {
  emulator = await startEmulator();
  ports = emulator.ports();
  await ports.do({ do: 'openI2c', bus: 1, addresses: [0x5a, 0x40], deadlineMs: 500 });
  await ports.do({ do: 'openSpi', bus: 0, select: 0, mode: 1, clockHz: 1_000_000 });
});
afterAll(() => emulator.stop());

const KINDS: readonly (readonly [errno: number, name: string, kind: HalErrorKind])[] = [
  [1, 'EPERM', 'permission'],
  [2, 'ENOENT', 'nodevice'],
  [5, 'EIO', 'bus'],
  [6, 'ENXIO', 'nak'],
  [11, 'EAGAIN, arbitration lost', 'bus'],
  [13, 'EACCES', 'permission'],
  [16, 'EBUSY', 'busy'],
  [19, 'ENODEV', 'nodevice'],
  [22, 'EINVAL', 'unsupported'],
  [25, 'ENOTTY', 'unsupported'],
  [38, 'ENOSYS', 'unsupported'],
  [62, 'ETIME', 'timeout'],
  [71, 'EPROTO', 'bus'],
  [74, 'EBADMSG', 'pec'],
  [95, 'EOPNOTSUPP', 'unsupported'],
  [108, 'ESHUTDOWN', 'nodevice'],
  [110, 'ETIMEDOUT', 'timeout'],
  [121, 'EREMOTEIO', 'nak'],
];

describe.each(KINDS)('errno %i (%s), as the kernel gives it to a native module, is %s', (errno, _name, kind) => {
  it('in a block read (SMBus, positive errno)', async () => {
    await emulator.command({ cmd: 'errno', bus: 'i2c', errno, count: 3 });
    const { error } = await ports.do<Transferred>({ do: 'readBlock', address: 0x5a, command: 7, length: 3 });
    expect(error).toMatchObject({ kind, errno });
  });

  it('in a write (a system call, negative errno)', async () => {
    await emulator.command({ cmd: 'errno', bus: 'i2c', errno, count: 3 });
    const { error } = await ports.do<Transferred>({ do: 'write', address: 0x40, bytes: [5, 8, 0] });
    expect(error).toMatchObject({ kind, errno });
  });

  it('in an SPI transfer', async () => {
    await emulator.command({ cmd: 'errno', bus: 'spi', errno, count: 1 });
    const { error } = await ports.do<Transferred>({ do: 'transfer', tx: [0, 0, 0, 0] });
    expect(error).toMatchObject({ kind, errno });
  });
});

describe('an I2C transfer', () => {
  const read = (address = 0x5a) => ports.do<Transferred>({ do: 'readBlock', address, command: 7, length: 3 });

  it('that fails twice succeeds with the third try, on a new bus object', async () => {
    const before = await ports.do<Counts>({ do: 'counts' });
    await emulator.command({ cmd: 'errno', bus: 'i2c', errno: 5, count: 2 });
    expect((await read()).error).toBeNull();
    expect((await ports.do<Counts>({ do: 'counts' })).reopened).toBe(before.reopened + 1);
  });

  it('that is not acknowledged once succeeds with the second try', async () => {
    await emulator.command({ cmd: 'errno', bus: 'i2c', errno: 121, count: 1 });
    expect((await read()).error).toBeNull();
  });

  it('to an address where nobody is says nak', async () => {
    await emulator.command({ cmd: 'errno', bus: 'i2c', errno: 0, count: 0 });
    expect((await read(0x2a)).error).toMatchObject({ kind: 'nak', errno: 121, transient: true });
  });

  it('to an address that a kernel driver took meanwhile says busy and reaches no other chip', async () => {
    await emulator.command({ cmd: 'errno', bus: 'i2c', errno: 16, count: 1, at: 'address' });
    const error = (await read(0x2b)).error;
    expect(error).toMatchObject({ kind: 'busy', errno: 16, transient: false });
    // Without a new bus object the next one would have gone out to address 0.
    expect((await read(0x2b)).error).toMatchObject({ kind: 'nak', errno: 121 });
  });
});

describe('opening', () => {
  it('an I2C bus whose address a kernel driver holds is refused as I2C_BUSY', async () => {
    await emulator.command({ cmd: 'errno', bus: 'i2c', address: 0x40, errno: 16, count: 1, at: 'address' });
    const other = emulator.ports();
    const before = await other.do<Counts>({ do: 'counts' });
    const why = await other.refused({ do: 'openI2c', bus: 1, addresses: [0x5a, 0x40] });
    expect(why.code).toBe('I2C_BUSY');
    expect(why.remedy).not.toBe('');
    // Neither the address that could be had nor the other one stays open.
    expect((await other.do<Counts>({ do: 'counts' })).sockets).toBe(before.sockets);
    await other.end();
  });

  it('an I2C bus that is not there is refused as I2C_MISSING', async () => {
    const why = await ports.refused({ do: 'openI2c', bus: 7, addresses: [0x5a] });
    expect(why).toMatchObject({ code: 'I2C_MISSING', path: 'i2c.bus' });
    expect(why.cause).toContain('/dev/i2c-7');
  });

  it('an SPI device that is not there is refused as SPI_MISSING', async () => {
    const why = await ports.refused({ do: 'openSpi', bus: 0, select: 3, mode: 0, clockHz: 1_000_000 });
    expect(why).toMatchObject({ code: 'SPI_MISSING', path: 'spi.bus' });
  });
});
