import type { Bus } from 'i2c-bus';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LinuxI2c, type LinuxI2cOptions } from '../../../src/hal/linux/i2c.ts';
import type { HalError } from '../../../src/hal/ports.ts';

type Answer = (error: unknown, bytes: number) => void;
interface Asked {
  readonly bus: number;
  readonly into: Buffer;
  readonly answer: Answer;
}

const failure = (errno: number, more: object = {}) => Object.assign(new Error('x'), { errno, ...more });

/** A port whose bus objects answer when the test says so. */
function bench(options: Partial<LinuxI2cOptions> = {}) {
  const asked: Asked[] = [];
  const closed: number[] = [];
  let opened = 0;
  const open = (): Bus => {
    const bus = opened++;
    return {
      readI2cBlock: (_address, _command, _length, into, answer) => void asked.push({ bus, into, answer }),
      i2cRead: (_address, _length, into, answer) => void asked.push({ bus, into, answer }),
      i2cWrite: (_address, _length, into, answer) => void asked.push({ bus, into, answer }),
      closeSync: () => void closed.push(bus),
    };
  };
  const port = new LinuxI2c({ bus: 1, addresses: [], ...options }, open, open());
  const told: (HalError | null)[] = [];
  const into = new Uint8Array(3);
  const read = () => port.readBlock(0x5a, 7, into, (error) => told.push(error));
  const last = () => asked[asked.length - 1]!;
  return { port, asked, closed, told, into, read, last };
}

describe('an I2C port', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('hands over the bytes of a transfer that succeeded', () => {
    const { told, into, read, last } = bench();
    read();
    last().into.set([1, 2, 3]);
    expect([...into]).toEqual([0, 0, 0]);
    last().answer(null, 3);
    expect(told).toEqual([null]);
    expect([...into]).toEqual([1, 2, 3]);
  });

  it('reads without a command, too, and copies as many bytes as were asked for', () => {
    const { port, told, last } = bench();
    const five = new Uint8Array(5);
    port.read(0x60, five, (error) => told.push(error));
    last().into.set([1, 2, 3, 4, 5, 6]);
    last().answer(null, 5);
    expect([...five]).toEqual([1, 2, 3, 4, 5]);
    port.read(0x60, five, (error) => told.push(error));
    last().answer(failure(121), 0);
    last().answer(failure(121), 0);
    expect(told).toMatchObject([null, { kind: 'nak', device: 'i2c-1 0x60', op: 'read' }]);
  });

  it('asks a chip that does not acknowledge once more, on the same bus object, and then says nak', () => {
    const { asked, told, read, last } = bench();
    read();
    last().answer(failure(121), 0);
    last().answer(failure(121), 0);
    expect(asked.map(({ bus }) => bus)).toEqual([0, 0]);
    expect(told).toMatchObject([{ kind: 'nak', errno: 121, device: 'i2c-1 0x5a', op: 'readBlock' }]);
  });

  it('tries again, then on a new bus object, and then reports', () => {
    const { asked, closed, told, read, last } = bench();
    read();
    last().answer(failure(5), 0);
    last().answer(failure(5), 0);
    expect(asked.map(({ bus }) => bus)).toEqual([0, 0, 1]);
    expect(closed).toEqual([0]);
    last().answer(failure(5), 0);
    expect(told).toMatchObject([{ kind: 'bus', errno: 5 }]);
  });

  it('succeeds when a try after the first does', () => {
    const { told, read, last } = bench();
    read();
    last().answer(failure(11), 0);
    last().answer(null, 3);
    expect(told).toEqual([null]);
  });

  it('does not repeat what cannot pass, and never uses that bus object again', () => {
    const { asked, closed, told, read, last } = bench();
    read();
    last().answer(failure(16, { syscall: 'setAddr' }), 0);
    expect(told).toMatchObject([{ kind: 'busy', transient: false }]);
    expect(closed).toEqual([0]);
    read();
    expect(asked.map(({ bus }) => bus)).toEqual([0, 1]);
  });

  it('never sends through a file whose address could not be set', () => {
    const { asked, read, last } = bench();
    read();
    last().answer(failure(5, { syscall: 'setAddr' }), 0);
    expect(asked.map(({ bus }) => bus)).toEqual([0, 1]);
  });

  it('takes a transfer of too few bytes for a fault of the bus', () => {
    const { told, into, read, last } = bench();
    read();
    for (let i = 0; i < 3; i += 1) last().answer(null, 2);
    expect(told).toMatchObject([{ kind: 'bus', detail: 'short transfer' }]);
    expect([...into]).toEqual([0, 0, 0]);
  });

  it('lets a late answer write neither into the driver’s bytes nor into those of the next transfer', () => {
    const { asked, closed, told, into, read } = bench();
    read();
    vi.advanceTimersByTime(51);
    expect(told).toMatchObject([{ kind: 'timeout', detail: 'deadline' }]);
    read();
    expect(asked).toHaveLength(1);
    const late = asked[0]!;
    late.into.fill(9);
    late.answer(null, 3);
    expect([...into]).toEqual([0, 0, 0]);
    expect(closed).toEqual([0]);
    read();
    expect(asked).toHaveLength(2);
    late.into.fill(8);
    asked[1]!.answer(null, 3);
    expect([...into]).toEqual([0, 0, 0]);
    expect(asked[1]!.bus).toBe(1);
  });

  it('does not try again once nobody waits any more', () => {
    const { asked, read } = bench();
    read();
    vi.advanceTimersByTime(51);
    asked[0]!.answer(failure(110), 0);
    expect(asked).toHaveLength(1);
  });

  it('copies what it writes', () => {
    const { port, last } = bench();
    const bytes = Uint8Array.of(4, 5, 6);
    let told: HalError | null | undefined;
    port.write(0x40, bytes, (error) => {
      told = error;
    });
    bytes.fill(0);
    expect([...last().into.subarray(0, 3)]).toEqual([4, 5, 6]);
    last().answer(null, 3);
    expect(told).toBeNull();
  });

  it('switches the sensors’ supply when nothing has come through for two seconds, and refuses meanwhile', async () => {
    let end: () => void = () => {};
    const powerCycle = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const { port, told, read, last } = bench({ powerCycle });
    const fail = () => {
      read();
      last().answer(failure(121), 0);
      last().answer(failure(121), 0);
    };
    fail();
    vi.advanceTimersByTime(1_999);
    fail();
    expect(powerCycle).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    fail();
    expect(powerCycle).toHaveBeenCalledTimes(1);
    read();
    expect(told.at(-1)).toMatchObject({ kind: 'timeout', detail: 'power-cycle' });
    end();
    await Promise.resolve();
    await Promise.resolve();
    read();
    last().answer(null, 3);
    expect(told.at(-1)).toBeNull();
    expect(port.powerCycles).toBe(1);
  });

  it('leaves the supply alone while other chips answer', () => {
    const powerCycle = vi.fn(() => Promise.resolve());
    const { read, last } = bench({ powerCycle });
    for (let i = 0; i < 10; i += 1) {
      read();
      last().answer(failure(121), 0);
      last().answer(failure(121), 0);
      vi.advanceTimersByTime(1_000);
      read();
      last().answer(null, 3);
    }
    expect(powerCycle).not.toHaveBeenCalled();
  });

  it('closes its bus object once, and not while a transfer hangs in it', () => {
    const { port, asked, closed, read } = bench();
    read();
    vi.advanceTimersByTime(51);
    port.close();
    port.close();
    expect(closed).toEqual([]);
    asked[0]!.answer(null, 3);
    expect(closed).toEqual([0]);
  });
});
