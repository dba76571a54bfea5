/**
 * Melexis MLX90614 infrared thermometer, SMBus, address 0x5A.
 * Datasheet 3901090614 rev 013: table 5 (EEPROM), table 7 (RAM), section 8.4 (SMBus, figures 9 and 10), section 8.7
 * (temperature: T = data × 0.02 K, bit 15 = error, linear range from 0x27AD = −70.01 °C to 0x7FFF = 382.19 °C).
 *
 * RAM 06 = ambient (the sensor's own), 07 = object 1. Every word is followed by a packet error code over all bytes of
 * the transfer, addresses included. Linux does not check it on reading; this driver does.
 *
 * The bus must run at 50 kHz: above 100 kHz the chip does not answer, and below about 11 kHz its time-out (SCL high
 * for more than 45 µs) resets the interface. An ITO layer is a heat mirror (emissivity below 0.3): aim at bare glass
 * or a dot of paint.
 */
import { assert, celsius, millis, ZERO_CELSIUS_K } from '../../units.ts';
import type { I2cPort, InfraredSample } from '../ports.ts';
import { crc8, crc8Next } from '../standards/crc8.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, type Decoded, type Rejected, rejected } from './errors.ts';

/** The factory address. */
export const MLX90614_ADDRESS = 0x5a;
export const MLX90614_AMBIENT = 0x06;
export const MLX90614_OBJECT = 0x07;
/** EEPROM cell of the emissivity, as a command byte. */
export const MLX90614_EMISSIVITY = 0x24;

/** Smallest and largest word that is a temperature. */
export const MLX90614_LEAST = 0x27ad;
export const MLX90614_MOST = 0x7fff;

const BAD_PEC: Rejected = rejected('pec', 'crc8');
const ERROR_FLAG: Rejected = rejected('sensorfault', 'flag');
const BELOW_RANGE: Rejected = rejected('implausible', 'below-range');

/** The packet error code of a read word: CRC-8 over address+W, command, address+R and the two data bytes. */
export function mlx90614ReadPec(address: number, command: number, low: number, high: number): number {
  const sent = crc8Next(crc8Next(0, address << 1), command);
  return crc8Next(crc8Next(crc8Next(sent, (address << 1) | 1), low), high);
}

/**
 * Decodes one temperature word.
 * @returns the word (0.02 K a step), or `implausible` (all-zero, all-one, below-range) or `sensorfault`/`flag`
 */
export function decodeMlx90614Word(low: number, high: number): Decoded<number> {
  const word = (high << 8) | low;
  if (word === 0) return ALL_ZERO;
  if (word === 0xffff) return ALL_ONE;
  if ((word & 0x8000) !== 0) return ERROR_FLAG;
  if (word < MLX90614_LEAST) return BELOW_RANGE;
  return { ok: true, value: word };
}

/** A valid word in °C, −70.01..382.19. */
export const mlx90614Celsius = (word: number) => celsius(word * 0.02 - ZERO_CELSIUS_K);

/**
 * Decodes the two read words of 3 bytes each (LSB, MSB, PEC).
 * @param pecCheck false leaves the PEC bytes out of account
 * @returns °C of object and ambient, or `pec`/`crc8`, or the rejections of `decodeMlx90614Word`
 */
export function decodeMlx90614(
  ambient: Uint8Array,
  object: Uint8Array,
  address = MLX90614_ADDRESS,
  pecCheck = true,
): Decoded<InfraredSample> {
  if (pecCheck) {
    if (mlx90614ReadPec(address, MLX90614_AMBIENT, ambient[0]!, ambient[1]!) !== ambient[2]!) return BAD_PEC;
    if (mlx90614ReadPec(address, MLX90614_OBJECT, object[0]!, object[1]!) !== object[2]!) return BAD_PEC;
  }
  const a = decodeMlx90614Word(ambient[0]!, ambient[1]!);
  if (!a.ok) return a;
  const o = decodeMlx90614Word(object[0]!, object[1]!);
  if (!o.ok) return o;
  return {
    ok: true,
    value: { objectC: mlx90614Celsius(o.value), ambientC: mlx90614Celsius(a.value), raw: o.value },
  };
}

/** EEPROM word of an emissivity 0.1..1 (section 8.3.6: round(65535·ε), 0.95 -> 0xF332). */
export function emissivityCode(emissivity: number): number {
  assert(emissivity >= 0.1 && emissivity <= 1, 'MLX90614: the emissivity is outside 0.1..1');
  return Math.round(65535 * emissivity);
}

/**
 * Bytes after the address of a "write word" with packet error code: command, LSB, MSB, PEC. An EEPROM cell must be
 * written 0 first, then, at least 10 ms later, its value; the chip uses it after its next power-up.
 */
export const writeWordWithPec = (address: number, command: number, word: number): Uint8Array =>
  Uint8Array.of(
    command,
    word & 0xff,
    (word >> 8) & 0xff,
    crc8([address << 1, command, word & 0xff, (word >> 8) & 0xff]),
  );

export interface Mlx90614Options {
  /** Name in errors. */
  readonly device?: string;
  /** 7-bit address, default 0x5A. */
  readonly address?: number;
  /** Check the packet error code, default true. */
  readonly pecCheck?: boolean;
}

/** One reading = the ambient word, then the object word. Errors: those of `decodeMlx90614` and those of the port. */
export class Mlx90614 extends BusDriver<InfraredSample> {
  /** Readings refused because of their packet error code since the start. */
  pecErrors = 0;
  private readonly port: I2cPort;
  private readonly address: number;
  private readonly pecCheck: boolean;
  private ambient = new Uint8Array(3);
  private object = new Uint8Array(3);
  private stage: 'ambient' | 'object' = 'ambient';

  constructor(port: I2cPort, options: Mlx90614Options = {}) {
    super(options.device ?? 'mlx90614', millis(100));
    this.port = port;
    this.address = options.address ?? MLX90614_ADDRESS;
    this.pecCheck = options.pecCheck ?? true;
  }

  protected begin(): void {
    this.stage = 'ambient';
    this.port.readBlock(this.address, MLX90614_AMBIENT, this.ambient, this.step);
  }

  protected advance(): void {
    if (this.stage === 'ambient') {
      this.stage = 'object';
      this.port.readBlock(this.address, MLX90614_OBJECT, this.object, this.step);
      return;
    }
    const decoded = decodeMlx90614(this.ambient, this.object, this.address, this.pecCheck);
    if (decoded.ok) {
      this.succeed(decoded.value);
    } else {
      if (decoded === BAD_PEC) this.pecErrors += 1;
      this.reject('read', decoded);
    }
  }

  protected renew(): void {
    this.ambient = new Uint8Array(3);
    this.object = new Uint8Array(3);
  }
}
