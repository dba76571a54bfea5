/** What the tests of chips and drivers work with: ports that answer at once, surroundings, and single readings. */
import { expect } from 'vitest';
import type { Done, HalError, I2cPort, Reading, Sensor, SpiPort } from '../../../src/hal/ports.ts';
import type { I2cChip, SpiChip } from '../../../src/hal/sim/chips/chip.ts';
import { amps, celsius, micros, volts } from '../../../src/units.ts';

export const NAK: HalError = { kind: 'nak', device: 'i2c', op: 'read', errno: 121, transient: true, detail: '' };

/** The light channels on the first four inputs of a converter. */
export const INPUTS = { green: 0, red: 1, broadband: 2, reference: 3 };

/** A bus with one chip, whatever the address. */
export const i2cPortTo = (chip: I2cChip): I2cPort => ({
  readBlock: (_address, command, into, done) => done(chip.readBlock(command, into) ? null : NAK),
  write: (_address, bytes, done) => done(chip.write(bytes) ? null : NAK),
});

export const spiPortTo = (chip: SpiChip): SpiPort => ({
  transfer(tx, rx, done) {
    chip.exchange(tx, rx);
    done(null);
  },
});

/** One reading of a driver whose port answers at once: there must be exactly one answer. */
export function readAt<T>(driver: Sensor<T>, us: number): Reading<T> {
  const readings: Reading<T>[] = [];
  driver.read(micros(us), (reading) => readings.push(reading));
  expect(readings).toHaveLength(1);
  return readings[0]!;
}

/** Reads and writes the 16-bit registers of a chip; a word of −1 = not acknowledged. */
export const registersOf = (chip: I2cChip) => ({
  word(register: number): number {
    const into = new Uint8Array(2);
    return chip.readBlock(register, into) ? (into[0]! << 8) | into[1]! : -1;
  },
  set: (register: number, value: number): boolean => chip.write(Uint8Array.of(register, value >> 8, value & 0xff)),
});

/** 16-bit registers without a chip: what is written is there, unless `deaf`. */
export class WordRegisters implements I2cPort {
  readonly words: Map<number, number>;
  readonly written: number[][] = [];
  readonly asked: number[] = [];
  deaf = false;
  constructor(words: readonly (readonly [register: number, word: number])[]) {
    this.words = new Map(words);
  }
  readBlock(_address: number, command: number, into: Uint8Array, done: Done): void {
    this.asked.push(command);
    const word = this.words.get(command)!;
    into[0] = word >> 8;
    into[1] = word & 0xff;
    done(null);
  }
  write(_address: number, bytes: Uint8Array, done: Done): void {
    this.written.push([...bytes]);
    if (!this.deaf) this.words.set(bytes[0]!, (bytes[1]! << 8) | bytes[2]!);
    done(null);
  }
}

/** The surroundings of a current monitor: 3 W. A test changes `world`, the chip sees it. */
export function powerWorld() {
  const world = { now: 0, amps: 0.25, volts: 12 };
  const analogue = { now: () => micros(world.now), amps: () => amps(world.amps), volts: () => volts(world.volts) };
  return { world, analogue };
}

/** The surroundings of a thermocouple converter. */
export function coupleWorld() {
  const world = { now: 0, hot: 60, cold: 25 };
  const analogue = {
    now: () => micros(world.now),
    hotC: () => celsius(world.hot),
    coldC: () => celsius(world.cold),
  };
  return { world, analogue };
}
