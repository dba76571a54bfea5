/**
 * Melexis MLX90614 infrared thermometer, SMBus, address 0x5A.
 * Datasheet 3901090614 rev 013: table 5 (EEPROM), table 7 (RAM), section 8.4 (SMBus, figures 9 and 10), section 8.7
 * (temperature: T = data × 0.02 K, bit 15 = error, linear range from 0x27AD = −70.01 °C to 0x7FFF = 382.19 °C).
 *
 * RAM 06 = ambient (the sensor's own), 07 = object 1. EEPROM 24 = emissivity that the chip computes with (0xFFFF = 1.0 as
 * it leaves the factory), 25 = configuration: b2:0 IIR and b10:8 FIR filter. Every word is followed by a packet error code
 * over all bytes of the transfer, addresses included. Linux does not check it on reading; this driver does.
 *
 * The bus must run at 50 kHz: above 100 kHz the chip does not answer, and below about 11 kHz its time-out (SCL high
 * for more than 45 µs) resets the interface. An ITO layer is a heat mirror (emissivity below 0.3): aim at bare glass
 * or a dot of paint.
 */
import { assert, celsius, micros, millis, type Ratio, ratio, type Span, ZERO_CELSIUS_K } from '../../units.ts';
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
/** EEPROM cell of the configuration, as a command byte. */
export const MLX90614_CONFIG = 0x25;

/** Smallest and largest word that is a temperature. */
export const MLX90614_LEAST = 0x27ad;
export const MLX90614_MOST = 0x7fff;

const BAD_PEC: Rejected = rejected('pec', 'crc8');
const ERROR_FLAG: Rejected = rejected('sensorfault', 'flag');
const BELOW_RANGE: Rejected = rejected('implausible', 'below-range');
const EMISSIVITY: Rejected = rejected('config', 'emissivity');

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

/**
 * Decodes the EEPROM cell of the emissivity: round(65535·ε).
 * @returns 0.1..1, or `config`/`emissivity` for less, with which nothing could be measured, or `implausible`/all-zero
 */
export function decodeMlx90614Emissivity(low: number, high: number): Decoded<Ratio> {
  const word = (high << 8) | low;
  if (word === 0) return ALL_ZERO;
  const emissivity = word / 65535;
  return emissivity < 0.0999 ? EMISSIVITY : { ok: true, value: ratio(emissivity) };
}

/**
 * 3 dB bandwidth by the IIR setting 0..7 with the FIR setting 1024 that the chip leaves the factory with, Hz (Melexis’ own
 * figures in Linux, drivers/iio/temperature/mlx90614.c). A shorter FIR is faster.
 */
const BANDWIDTH_HZ = [0.77, 0.31, 0.2, 0.15, 7.23, 1.53, 1.1, 0.86] as const;

/**
 * Decodes the configuration cell.
 * @returns the time constant of the filter, 1/(2πf): 22 ms as delivered (0x9FB4, IIR off), 1.06 s at most; or
 *   `implausible` (all-zero, all-one)
 */
export function decodeMlx90614FilterLag(low: number, high: number): Decoded<Span> {
  const word = (high << 8) | low;
  if (word === 0) return ALL_ZERO;
  if (word === 0xffff) return ALL_ONE;
  return { ok: true, value: micros(1e6 / (2 * Math.PI * BANDWIDTH_HZ[word & 7]!)) };
}

/** A valid word in °C, −70.01..382.19. */
export const mlx90614Celsius = (word: number) => celsius(word * 0.02 - ZERO_CELSIUS_K);

/**
 * Decodes the two read words of 3 bytes each (LSB, MSB, PEC).
 * @param pecCheck false leaves the PEC bytes out of account
 * @returns °C of object, for the emissivity that the chip is set to, and of ambient, or `pec`/`crc8`, or the rejections
 *   of `decodeMlx90614Word`
 */
export function decodeMlx90614(
  ambient: Uint8Array,
  object: Uint8Array,
  address = MLX90614_ADDRESS,
  pecCheck = true,
): Decoded<Pick<InfraredSample, 'objectC' | 'ambientC' | 'raw'>> {
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

/** The cells that say what the temperatures mean; read once, and again after a transfer that failed. */
type Stage = 'emissivity' | 'config' | 'ambient' | 'object';

/**
 * One reading = the ambient word, then the object word; before the first one, and after a failed transfer (the chip may
 * have been exchanged), the two EEPROM cells. Errors: those of the decoders above and those of the port.
 */
export class Mlx90614 extends BusDriver<InfraredSample> {
  /** Readings refused because of their packet error code since the start. */
  pecErrors = 0;
  private readonly port: I2cPort;
  private readonly address: number;
  private readonly pecCheck: boolean;
  private ambient = new Uint8Array(3);
  private object = new Uint8Array(3);
  private cell = new Uint8Array(3);
  private stage: Stage = 'ambient';
  /** What the cells said; null = not read yet. */
  private emissivity: Ratio | null = null;
  private filterLagUs: Span | null = null;

  constructor(port: I2cPort, options: Mlx90614Options = {}) {
    super(options.device ?? 'mlx90614', millis(100));
    this.port = port;
    this.address = options.address ?? MLX90614_ADDRESS;
    this.pecCheck = options.pecCheck ?? true;
  }

  protected begin(): void {
    if (this.emissivity === null) this.fetch('emissivity', MLX90614_EMISSIVITY, this.cell);
    else if (this.filterLagUs === null) this.fetch('config', MLX90614_CONFIG, this.cell);
    else this.fetch('ambient', MLX90614_AMBIENT, this.ambient);
  }

  protected advance(): void {
    switch (this.stage) {
      case 'emissivity':
        this.emissivity = this.cellValue(MLX90614_EMISSIVITY, decodeMlx90614Emissivity);
        if (this.emissivity !== null) this.begin();
        return;
      case 'config':
        this.filterLagUs = this.cellValue(MLX90614_CONFIG, decodeMlx90614FilterLag);
        if (this.filterLagUs !== null) this.begin();
        return;
      case 'ambient':
        this.fetch('object', MLX90614_OBJECT, this.object);
        return;
      case 'object':
        this.judge();
        return;
    }
  }

  private fetch(stage: Stage, command: number, into: Uint8Array): void {
    this.stage = stage;
    this.port.readBlock(this.address, command, into, this.step);
  }

  /** What the cell that was read says; null, and the reading has ended, when it is not believed. */
  private cellValue<T>(command: number, decode: (low: number, high: number) => Decoded<T>): T | null {
    const [low, high, pec] = this.cell as unknown as [number, number, number];
    const intact = !this.pecCheck || mlx90614ReadPec(this.address, command, low, high) === pec;
    const decoded = intact ? decode(low, high) : BAD_PEC;
    if (decoded.ok) return decoded.value;
    this.refuse('configure', decoded);
    return null;
  }

  private judge(): void {
    const decoded = decodeMlx90614(this.ambient, this.object, this.address, this.pecCheck);
    if (!decoded.ok) this.refuse('read', decoded);
    else this.succeed({ ...decoded.value, emissivity: this.emissivity!, filterLagUs: this.filterLagUs! });
  }

  private refuse(op: string, why: Rejected): void {
    if (why === BAD_PEC) this.pecErrors += 1;
    this.reject(op, why);
  }

  protected override failed(): void {
    this.emissivity = null;
    this.filterLagUs = null;
  }

  protected renew(): void {
    this.ambient = new Uint8Array(3);
    this.object = new Uint8Array(3);
    this.cell = new Uint8Array(3);
    this.failed();
  }
}
