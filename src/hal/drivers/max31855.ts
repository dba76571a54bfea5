/**
 * Maxim (Analog Devices) MAX31855K cold-junction compensated thermocouple-to-digital converter.
 * Datasheet 19-5793, "Serial-clock-synchronized data", tables 2 (memory map), 4 (thermocouple data) and 5 (cold
 * junction data). SPI mode 0, at most 5 MHz. A conversion takes at most 100 ms, and chip select low ends the one under way:
 * who reads again within that time gets the same frame for ever. So the readings are half as far apart again.
 *
 *   D31..D18 thermocouple, signed, 0.25 °C     D15..D4 cold junction, signed, 0.0625 °C
 *   D17 reserved, 0                            D3 reserved, 0
 *   D16 fault (any of D2..D0)                  D2 short to Vcc, D1 short to GND, D0 open
 *
 * Nothing in the frame proves that the chip works: 00000000 is a valid 0 °C, so a broken data line would cause full heat.
 * All-zero and all-one frames are therefore rejected; a bench is never at exactly 0 °C. There is no check code either: a
 * number with one wrong bit is told by its distance from the frame before.
 */
import { type Celsius, celsius, millis, type Span } from '../../units.ts';
import type { SpiPort, ThermocoupleSample } from '../ports.ts';
import { TYPE_K_MAX_MV, TYPE_K_MIN_MV, typeKCelsius, typeKMillivolts } from '../standards/type-k.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, type Decoded, RESERVED_BITS } from './errors.ts';
import {
  COLD_JUNCTION,
  COLD_JUNCTION_MAX_C,
  COLD_JUNCTION_MIN_C,
  FLAGGED,
  JUMP,
  JumpWatch,
  OPEN,
  OUT_OF_RANGE,
  SHORT_TO_GROUND,
  SHORT_TO_SUPPLY,
} from './thermocouple-limits.ts';

/** The chip's fixed sensitivity of a type K couple in mV/°C (datasheet, "Temperature conversion", 41.276 µV/°C). */
export const MAX31855_MV_PER_C = 0.041276;

/** Time between two readings: the longest conversion, 100 ms, and half of it against ticks that are late and early. */
export const MAX31855_INTERVAL_US: Span = millis(150);

/** The two numbers of a frame, whatever else is wrong with it. */
export interface Max31855Fields {
  /** Signed 14-bit code, 0.25 °C a step, −8192..8191. */
  readonly raw: number;
  readonly hotC: Celsius;
  readonly coldC: Celsius;
}

const code14 = (frame: Uint8Array): number => ((frame[0]! << 24) | (frame[1]! << 16)) >> 18;
const code12 = (frame: Uint8Array): number => ((frame[2]! << 24) | (frame[3]! << 16)) >> 20;

/** Reads the numbers out of the 4 bytes of `frame` without judging them (the datasheet's tables 4 and 5). */
export function max31855Fields(frame: Uint8Array): Max31855Fields {
  const raw = code14(frame);
  return { raw, hotC: celsius(raw * 0.25), coldC: celsius(code12(frame) * 0.0625) };
}

/**
 * The true junction temperature behind the chip's linear reading: the voltage is reconstructed from the chip's constant
 * slope and looked up in ITS-90. With the cold end at 25 °C the chip reads 100.01 at 100 °C, 59.80 at 60 °C, 197.94 at
 * 200 °C and −45.01 at −50 °C.
 * @returns null when the voltage is beyond type K (below −270 or above 1372 °C)
 */
export function max31855Linearised(hotC: Celsius, coldC: Celsius): Celsius | null {
  const mV = MAX31855_MV_PER_C * (hotC - coldC) + typeKMillivolts(coldC);
  if (mV < TYPE_K_MIN_MV || mV > TYPE_K_MAX_MV) return null;
  return typeKCelsius(mV);
}

/**
 * Decodes a frame of 4 bytes, most significant first.
 * @param linearise replace the chip's linear reading by the ITS-90 temperature
 * @returns °C, or `implausible` (all-zero, all-one, reserved-bits, cold-junction outside −20..85 °C) or `sensorfault`
 *   (open, shortGnd, shortVcc; flag when the summary bit stands alone; range when type K cannot give that voltage)
 */
export function decodeMax31855(frame: Uint8Array, linearise = false): Decoded<ThermocoupleSample> {
  const b0 = frame[0]!;
  const b1 = frame[1]!;
  const b2 = frame[2]!;
  const b3 = frame[3]!;
  if ((b0 | b1 | b2 | b3) === 0) return ALL_ZERO;
  if ((b0 & b1 & b2 & b3) === 0xff) return ALL_ONE;
  if ((b1 & 0x02) !== 0 || (b3 & 0x08) !== 0) return RESERVED_BITS;
  if ((b3 & 0x01) !== 0) return OPEN;
  if ((b3 & 0x02) !== 0) return SHORT_TO_GROUND;
  if ((b3 & 0x04) !== 0) return SHORT_TO_SUPPLY;
  if ((b1 & 0x01) !== 0) return FLAGGED;
  const raw = code14(frame);
  const coldJunctionC = celsius(code12(frame) * 0.0625);
  if (coldJunctionC < COLD_JUNCTION_MIN_C || coldJunctionC > COLD_JUNCTION_MAX_C) return COLD_JUNCTION;
  const linear = celsius(raw * 0.25);
  if (!linearise) return { ok: true, value: { celsius: linear, coldJunctionC, raw } };
  const corrected = max31855Linearised(linear, coldJunctionC);
  if (corrected === null) return OUT_OF_RANGE;
  return { ok: true, value: { celsius: corrected, coldJunctionC, raw } };
}

export interface Max31855Options {
  /** Name in errors. */
  readonly device?: string;
  /** Correct the chip's straight line by ITS-90 (default), or pass the chip's own number on. */
  readonly linearise?: boolean;
}

/**
 * One reading = one transfer of 4 bytes. Errors: those of `decodeMax31855`, those of the port, `timeout`/`in-flight`
 * while an earlier transfer has not ended, and `implausible`/`jump` when the couple is more than 5 K or the cold junction
 * more than 1.5 K away from the frame before, of the last second. Which of the two is wrong cannot be known, so a single
 * wrong frame costs two readings; a value that stays is believed again at the second.
 */
export class Max31855 extends BusDriver<ThermocoupleSample> {
  private readonly port: SpiPort;
  private readonly linearise: boolean;
  private readonly tx = new Uint8Array(4);
  private rx = new Uint8Array(4);
  private readonly jumps = new JumpWatch();

  constructor(port: SpiPort, options: Max31855Options = {}) {
    super(options.device ?? 'max31855', MAX31855_INTERVAL_US);
    this.port = port;
    this.linearise = options.linearise ?? true;
  }

  protected begin(): void {
    this.port.transfer(this.tx, this.rx, this.step);
  }

  protected advance(): void {
    const decoded: Decoded<ThermocoupleSample> = decodeMax31855(this.rx, this.linearise);
    if (!decoded.ok) {
      this.reject('read', decoded);
      return;
    }
    if (this.jumps.jumped(decoded.value, this.now)) this.reject('read', JUMP);
    else this.succeed(decoded.value);
  }

  protected renew(): void {
    this.rx = new Uint8Array(4);
    this.jumps.forget();
  }
}
