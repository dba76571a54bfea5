/**
 * Maxim (Analog Devices) MAX31856 precision thermocouple-to-digital converter.
 * Datasheet 19-7534, table 6 (register map) and the register descriptions after it; tables 1 and 2 (temperature
 * formats); "Electrical characteristics" (conversion times). SPI mode 1 or 3, at most 5 MHz; a write sets bit 7 of the
 * address, the address counts up within a burst.
 *
 *   00 CR0  b7 automatic, b6 one-shot, b5:4 open-circuit detection, b3 cold junction off, b2 fault mode,
 *           b1 clear fault, b0 50 Hz          01 CR1  b6:4 averaging, b3:0 couple (3 = K)
 *   02 MASK of the FAULT pin, 1 = masked      03/04 cold-junction thresholds   05..08 couple thresholds, 0.0625 °C
 *   09 CJTO   0A/0B cold junction, 14 bit, 1/64 °C    0C..0E couple, 19 bit, 1/128 °C    0F SR
 *
 * The chip powers up "normally off": with its defaults it never converts and answers 0.0 °C for ever. So every reading
 * is one burst over all sixteen registers, and the configuration is compared before the temperature is believed.
 */
import {
  after,
  assert,
  type Celsius,
  celsius,
  type Instant,
  instant,
  millis,
  type Span,
  seconds,
  since,
} from '../../units.ts';
import type { SpiPort, ThermocoupleSample } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, CONFIG_LOST, type Decoded, FIRST_CONVERSION, rejected } from './errors.ts';
import {
  COLD_JUNCTION,
  COLD_JUNCTION_MAX_C,
  COLD_JUNCTION_MIN_C,
  FLAGGED,
  JUMP,
  JumpWatch,
  OPEN,
  OUT_OF_RANGE,
  SHORT_TO_SUPPLY,
} from './thermocouple-limits.ts';

/** Frequency of the mains that the filter suppresses, with its harmonics. */
export type MainsHz = 50 | 60;

/** Automatic conversion, open-circuit detection for couples below 5 kΩ, 50 Hz filter; without bit 0, 60 Hz. */
export const MAX31856_CR0 = 0b1001_0001;
/** Conversion off: the filter may only be changed while nothing converts (CR0, bit 0). */
const AUTOMATIC = 0b1000_0000;
const FIFTY_HZ = 0b0000_0001;
/** No averaging, type K. */
export const MAX31856_CR1 = 0x03;
/** Every fault reaches the FAULT pin; the two reserved bits keep their power-on 1. */
export const MAX31856_MASK = 0xc0;
/** The open-circuit test for couples below 5 kΩ takes at most this long (table 4). */
const OPEN_TEST_MS = 15;
/**
 * The chip makes that test once in so many conversions (table 4). Between two tests a couple that broke leaves an input
 * that floats, and its voltage is converted as if there were one. There is no order that asks for a test; that leaving and
 * entering the automatic mode makes one is not specified, and would cost 185 ms of readings each time.
 */
const OPEN_TEST_EVERY = 16;
/** Longest first and longest further conversion, ms ("Electrical characteristics"). */
const LONGEST_MS = { 50: { first: 185, next: 110 }, 60: { first: 155, next: 90 } } as const;

/** From the start of automatic conversion to the first result, at most: 200 ms at 50 Hz, 170 ms at 60 Hz. */
export const max31856FirstUs = (mains: MainsHz): Span => millis(LONGEST_MS[mains].first + OPEN_TEST_MS);

/** From the break of the couple to the end of the test that finds it, at most: 1.775 s at 50 Hz, 1.455 s at 60 Hz. */
export const max31856OpenUs = (mains: MainsHz): Span => millis(OPEN_TEST_EVERY * LONGEST_MS[mains].next + OPEN_TEST_MS);

/** A supply that dips does so once; a configuration that is wrong again so soon is a line that cannot be trusted. */
const LOST_AGAIN = seconds(10);

const REGISTERS = 16;
/** Registers 00..08 are written and compared. */
const CONFIGURED = 9;
/** Self-clearing command bits (one-shot, clear fault) and reserved bits do not take part in the comparison. */
const COMPARE = Uint8Array.of(0xbd, 0x7f, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

/** SR, register 0F. */
const SR_OPEN = 0x01;
const SR_VOLTAGE = 0x02;
const SR_THRESHOLDS = 0x3c;
const SR_RANGES = 0xc0;

const RECONFIGURED = rejected('stale', 'reconfigured');

/** The couple's code: signed 19 bits, 1/128 °C, from registers 0C, 0D, 0E. */
export const max31856Code = (high: number, middle: number, low: number): number =>
  ((high << 24) | (middle << 16) | (low << 8)) >> 13;

/** The cold junction: signed 14 bits, 1/64 °C, from registers 0A, 0B. @returns °C, −128..127.98 */
export const max31856ColdJunction = (high: number, low: number): Celsius =>
  celsius((((high << 24) | (low << 16)) >> 18) / 64);

/** Bytes of a threshold register pair (05/06, 07/08): signed, 0.0625 °C a step, rounded, kept within 16 bits. */
export function max31856Threshold(limit: Celsius): readonly [number, number] {
  const code = Math.max(-0x8000, Math.min(0x7fff, Math.round(limit * 16)));
  return [(code >> 8) & 0xff, code & 0xff];
}

/**
 * Decodes the registers 00..0F (`registers[offset]` is CR0). The configuration is the driver's business; here count the
 * fault bits and the temperatures.
 * @returns °C by the chip's own ITS-90 table, or `implausible` (all-zero, all-one, cold-junction outside −20..85 °C) or
 *   `sensorfault`: open; shortVcc for over- or undervoltage (the chip's one bit stands for an input above the supply or
 *   below ground, it cannot tell the two apart); range; flag for a threshold
 */
export function decodeMax31856(registers: Uint8Array, offset = 0): Decoded<ThermocoupleSample> {
  let any = 0;
  let every = 0xff;
  for (let i = 0; i < REGISTERS; i += 1) {
    any |= registers[offset + i]!;
    every &= registers[offset + i]!;
  }
  if (any === 0) return ALL_ZERO;
  if (every === 0xff) return ALL_ONE;
  const status = registers[offset + 15]!;
  if (status !== 0) {
    if ((status & SR_OPEN) !== 0) return OPEN;
    if ((status & SR_VOLTAGE) !== 0) return SHORT_TO_SUPPLY;
    if ((status & SR_RANGES) !== 0) return OUT_OF_RANGE;
    if ((status & SR_THRESHOLDS) !== 0) return FLAGGED;
  }
  const coldJunctionC = max31856ColdJunction(registers[offset + 10]!, registers[offset + 11]!);
  if (coldJunctionC < COLD_JUNCTION_MIN_C || coldJunctionC > COLD_JUNCTION_MAX_C) return COLD_JUNCTION;
  const raw = max31856Code(registers[offset + 12]!, registers[offset + 13]!, registers[offset + 14]!);
  // Both at the reset value to the last bit: the converter never ran.
  if (raw === 0 && coldJunctionC === 0) return FIRST_CONVERSION;
  return { ok: true, value: { celsius: celsius(raw / 128), coldJunctionC, raw } };
}

export interface Max31856Options {
  /** Name in errors. */
  readonly device?: string;
  /**
   * Above this the chip pulls its FAULT pin, which can cut the heater without any software; the reading is then
   * `sensorfault`/`flag`. −2048..2047.9375 °C; default 2047.9375, never.
   */
  readonly highFaultC?: Celsius;
  /** Default 50. */
  readonly mains?: MainsHz;
}

/**
 * One reading = one burst of 17 bytes. The first one writes the configuration before; for 200 ms after that the answer
 * is `stale`/`first-conversion`. A configuration that reads back wrong is written again once (`stale`/`reconfigured`);
 * wrong again within 10 s is `implausible`/`config-lost`, and so is each read until the conversion after it has ended: a
 * line that flips bits would otherwise earn 200 ms of patience with each of them. `implausible`/`jump`: see `JumpWatch`.
 */
export class Max31856 extends BusDriver<ThermocoupleSample> {
  private readonly port: SpiPort;
  /** 80, then the values of the registers 00..08, conversion still off. */
  private readonly setup: Uint8Array;
  private readonly cr0: number;
  private readonly start: Uint8Array;
  private readonly firstUs: Span;
  private readonly jumps = new JumpWatch();
  private readonly burst = new Uint8Array(1 + REGISTERS);
  private sink = new Uint8Array(1 + CONFIGURED);
  private sink2 = new Uint8Array(2);
  private rx = new Uint8Array(1 + REGISTERS);
  private stage: 'setup' | 'start' | 'burst' = 'burst';
  private configured = false;
  /** This read found a wrong configuration and is writing it again. */
  private repairing = false;
  /** When the configuration was last found wrong; and whether that was the second time within 10 s. */
  private lostAt: Instant | null = null;
  private lostAgain = false;
  private readyAt = instant(0);

  constructor(port: SpiPort, options: Max31856Options = {}) {
    const mains = options.mains ?? 50;
    super(options.device ?? 'max31856', millis(LONGEST_MS[mains].next));
    const limit = options.highFaultC ?? celsius(2047.9375);
    assert(limit >= -2048 && limit <= 2047.9375, 'MAX31856: the high fault threshold is outside −2048..2047.9375 °C');
    const [high, low] = max31856Threshold(limit);
    this.port = port;
    this.cr0 = mains === 50 ? MAX31856_CR0 : MAX31856_CR0 & ~FIFTY_HZ;
    this.start = Uint8Array.of(0x80, this.cr0);
    this.firstUs = max31856FirstUs(mains);
    this.setup = Uint8Array.of(
      0x80,
      this.cr0 & ~AUTOMATIC,
      MAX31856_CR1,
      MAX31856_MASK,
      0x7f,
      0xc0,
      high,
      low,
      0x80,
      0x00,
    );
  }

  protected begin(): void {
    this.repairing = false;
    if (this.configured) this.readAll();
    else this.configure();
  }

  protected advance(): void {
    switch (this.stage) {
      case 'setup':
        this.stage = 'start';
        this.port.transfer(this.start, this.sink2, this.step);
        return;
      case 'start':
        this.configured = true;
        this.readyAt = after(this.now, this.firstUs);
        if (!this.repairing) this.readAll();
        else {
          this.lostAgain = this.lostAt !== null && since(this.now, this.lostAt) <= LOST_AGAIN;
          this.lostAt = this.now;
          this.reject('configure', this.lostAgain ? CONFIG_LOST : RECONFIGURED);
        }
        return;
      case 'burst':
        this.judge();
        return;
    }
  }

  protected renew(): void {
    this.sink = new Uint8Array(1 + CONFIGURED);
    this.sink2 = new Uint8Array(2);
    this.rx = new Uint8Array(1 + REGISTERS);
    this.configured = false;
    this.jumps.forget();
  }

  protected override failed(): void {
    if (this.stage !== 'burst') this.configured = false;
  }

  private readAll(): void {
    this.stage = 'burst';
    this.port.transfer(this.burst, this.rx, this.step);
  }

  private configure(): void {
    this.stage = 'setup';
    this.port.transfer(this.setup, this.sink, this.step);
  }

  private judge(): void {
    const decoded = decodeMax31856(this.rx, 1);
    if (decoded === ALL_ZERO || decoded === ALL_ONE) {
      this.configured = false;
      this.reject('read', decoded);
    } else if (!this.intact()) {
      this.repairing = true;
      this.configure();
    } else {
      if (this.now < this.readyAt) this.reject('read', this.lostAgain ? CONFIG_LOST : FIRST_CONVERSION);
      else if (!decoded.ok) this.reject('read', decoded);
      else if (this.jumps.jumped(decoded.value, this.now)) this.reject('read', JUMP);
      else this.succeed(decoded.value);
    }
  }

  private intact(): boolean {
    for (let i = 0; i < CONFIGURED; i += 1) {
      const wanted = i === 0 ? this.cr0 : this.setup[1 + i]!;
      if (((this.rx[1 + i]! ^ wanted) & COMPARE[i]!) !== 0) return false;
    }
    return true;
  }
}
