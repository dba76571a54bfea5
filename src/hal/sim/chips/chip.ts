/**
 * What a simulated chip shows to its bus, what it sees of the bench, and how a fault is put into it. The same models
 * answer the simulated ports here and, byte for byte, any emulator that needs them. A chip's analogue side is a set of
 * functions given at construction.
 */
import type { Amps, Celsius, Instant, Ratio, Span, Volts } from '../../../units.ts';

export interface SpiChip {
  /** One full-duplex exchange with chip select held; fills `rx` (same length as `tx`). */
  exchange(tx: Uint8Array, rx: Uint8Array): void;
}

export interface I2cChip {
  readonly address: number;
  /** Command, repeated START, read. False = the chip did not acknowledge. */
  readBlock(command: number, into: Uint8Array): boolean;
  /** False = the chip did not acknowledge. */
  write(bytes: Uint8Array): boolean;
  /** A read without a command; a chip that is never read that way need not know it. */
  read?(into: Uint8Array): boolean;
}

export interface ThermocoupleAnalogue {
  now(): Instant;
  /** The measuring junction. */
  hotC(): Celsius;
  /** The chip itself, which is the reference junction. */
  coldC(): Celsius;
}

export interface PowerAnalogue {
  now(): Instant;
  /** Current through the shunt, the mean from `from` to `to`; neither is later than now. */
  amps(from: Instant, to: Instant): Amps;
  /** Voltage at the bus pin against ground. */
  volts(): Volts;
}

export type ThermocoupleFault = 'none' | 'open' | 'shortGnd' | 'shortVcc';

/** Every thermocouple converter's model. */
export interface ThermocoupleModel {
  fault: ThermocoupleFault;
  /** Keeps the last conversion for ever while the interface lives. */
  frozen: boolean;
  /** Back to the power-on state. */
  powerCycle(): void;
}

export interface InfraredAnalogue {
  now(): Instant;
  /** The surface in view. */
  objectC(): Celsius;
  /** Its emissivity, 0..1. Left out, the surface has the emissivity that the chip is set to. */
  emissivity?(): Ratio;
  /** The sensor's own body. */
  ambientC(): Celsius;
}

/** Every infrared thermometer's model. */
export interface InfraredModel {
  /** Spoils the check code of everything read. */
  corruptPec: boolean;
  /** Marks every temperature as invalid. */
  errorFlag: boolean;
  powerCycle(): void;
}

export interface LightAnalogue {
  now(): Instant;
  /** Voltage at an input of the converter against ground, from input 0 on: the mean from now on for `overUs`, left out: now. */
  volts(input: number, overUs?: Span): Volts;
}

export interface LightDacAnalogue {
  now(): Instant;
  /** What the output is at from now on, as a share of its full voltage. */
  drive(level: Ratio): void;
}

/** The model of a converter that drives the light. */
export interface LightDacModel extends I2cChip {
  powerCycle(): void;
}

/** What the model of each sensor's chip sees of the bench. */
export interface Analogues {
  readonly thermocouple: ThermocoupleAnalogue;
  readonly infrared: InfraredAnalogue;
  readonly power: PowerAnalogue;
  readonly photodiodes: LightAnalogue;
}

/** What can be broken inside each sensor's chip; its bus breaks in `hal/sim/buses`. */
export interface Models {
  readonly thermocouple: ThermocoupleModel;
  readonly infrared: InfraredModel;
  readonly power: object;
  readonly photodiodes: object;
}
