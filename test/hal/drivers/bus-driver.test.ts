import { describe, expect, it } from 'vitest';
import { Max31855 } from '../../../src/hal/drivers/max31855.ts';
import type { Done, HalError, Reading, SpiPort, ThermocoupleSample } from '../../../src/hal/ports.ts';
import { instant, millis, SECOND } from '../../../src/units.ts';

/** Keeps every transfer open until the test ends it. */
class SlowPort implements SpiPort {
  readonly open: { rx: Uint8Array; done: Done }[] = [];
  transfer(_tx: Uint8Array, rx: Uint8Array, done: Done): void {
    this.open.push({ rx, done });
  }
  answer(index: number, bytes: readonly number[], error: HalError | null = null): void {
    const { rx, done } = this.open[index]!;
    rx.set(bytes);
    done(error);
  }
}

const WARM = [0x06, 0x4c, 0x19, 0x00];
const HOT = [0x09, 0x60, 0x19, 0x00];
const NAK: HalError = { kind: 'nak', device: 'spi0', op: 'transfer', errno: 121, transient: true, detail: '' };

function bench() {
  const port = new SlowPort();
  const driver = new Max31855(port, { linearise: false });
  const readings: Reading<ThermocoupleSample>[] = [];
  return { port, driver, readings, read: (now: number) => driver.read(instant(now), (r) => readings.push(r)) };
}

describe('a driver on a bus that answers later', () => {
  it('dates the reading with the instant it was asked for', () => {
    const { port, readings, read } = bench();
    read(123);
    expect(readings).toHaveLength(0);
    port.answer(0, WARM);
    expect(readings).toMatchObject([{ ok: true, at: 123, value: { celsius: 100.75 } }]);
  });

  it('answers in-flight to a second read and still finishes the first', () => {
    const { port, readings, read } = bench();
    read(0);
    read(millis(1999));
    expect(readings).toMatchObject([{ ok: false, at: 1_999_000, why: { kind: 'timeout', detail: 'in-flight' } }]);
    port.answer(0, WARM);
    expect(readings).toHaveLength(2);
    expect(readings[1]).toMatchObject({ ok: true, at: 0 });
  });

  it('gives a hung transfer up after two seconds, ends its read and starts a new one', () => {
    const { port, readings, read } = bench();
    read(0);
    read(2 * SECOND);
    expect(readings).toMatchObject([
      { ok: false, at: 0, why: { kind: 'timeout', detail: 'abandoned', transient: true } },
    ]);
    expect(port.open).toHaveLength(2);
    expect(port.open[1]!.rx).not.toBe(port.open[0]!.rx);
    port.answer(1, HOT);
    expect(readings[1]).toMatchObject({ ok: true, at: 2_000_000, value: { celsius: 150 } });
  });

  it('ignores the late answer of a transfer that was given up', () => {
    const { port, readings, read } = bench();
    read(0);
    read(2 * SECOND);
    port.answer(0, WARM);
    expect(readings).toHaveLength(1);
    port.answer(1, HOT);
    expect(readings[1]).toMatchObject({ ok: true, value: { celsius: 150 } });
  });

  it('calls done once even when the port answers twice', () => {
    const { port, readings, read } = bench();
    read(0);
    port.answer(0, WARM);
    port.answer(0, HOT);
    port.answer(0, HOT, NAK);
    expect(readings).toHaveLength(1);
  });

  it('passes the port error on as it is, dated', () => {
    const { port, readings, read } = bench();
    read(5);
    port.answer(0, WARM, NAK);
    expect(readings).toEqual([{ ok: false, why: NAK, at: 5 }]);
  });

  it('allows the next read from within done', () => {
    const { port, driver } = bench();
    let second = 0;
    driver.read(instant(1), () => driver.read(instant(2), (r) => (second = r.at)));
    port.answer(0, WARM);
    port.answer(1, WARM);
    expect(second).toBe(2);
  });
});
