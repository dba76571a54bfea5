/**
 * Microchip MCP3208 eight-channel 12-bit converter, SPI mode 0 or 3, at most 1 MHz at 2.7 V and 2 MHz at 5 V.
 * Datasheet DS21298E: table 5-2 (channel selection), section 6.1 and figure 6-1 (three-byte frame), equation 4-2 (code).
 *
 * Sent: 00000 1 SGL D2 | D1 D0 xxxxxx | xxxxxxxx. Received: the second byte's bit 4 is the null bit (always 0), its
 * bits 3..0 and the third byte are the code; everything before floats.
 * CH0 = green band, CH1 = red band, CH2 = broadband, CH3 = reference.
 */
import { assert, millis, type Volts, volts } from '../../units.ts';
import type { PhotodiodeSample, SpiPort } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, type Decoded, RESERVED_BITS } from './errors.ts';

const CHANNELS = 4;

/** The three bytes that ask for `channel` (0..7) against ground. */
export function mcp3208Command(channel: number): Uint8Array {
  assert(Number.isInteger(channel) && channel >= 0 && channel <= 7, 'MCP3208: the channel is not one of 0..7');
  return Uint8Array.of(0x06 | (channel >> 2), (channel & 3) << 6, 0);
}

/**
 * Decodes one three-byte frame.
 * @returns the code 0..4095 (4095 = saturated), or `implausible`: all-one, reserved-bits (the null bit is 1)
 */
export function decodeMcp3208(frame: Uint8Array): Decoded<number> {
  if ((frame[0]! & frame[1]! & frame[2]!) === 0xff) return ALL_ONE;
  if ((frame[1]! & 0x10) !== 0) return RESERVED_BITS;
  return { ok: true, value: ((frame[1]! & 0x0f) << 8) | frame[2]! };
}

export interface Mcp3208Options {
  /** Name in errors. */
  readonly device?: string;
  /** Voltage at the VREF pin = full scale; default 4.096 V. */
  readonly referenceV?: Volts;
  /**
   * Four codes of exactly 0 are what a dead data line delivers and are refused (default). Turn this off only when the
   * amplifiers have no offset and the dark scan truly is 0.
   */
  readonly refuseAllZero?: boolean;
}

/** One reading = four chained transfers of three bytes. Errors: `implausible` as above and all-zero; the port's. */
export class Mcp3208 extends BusDriver<PhotodiodeSample> {
  readonly #port: SpiPort;
  readonly #full: Volts;
  readonly #refuseAllZero: boolean;
  readonly #commands: readonly Uint8Array[] = Array.from({ length: CHANNELS }, (_, channel) => mcp3208Command(channel));
  readonly #codes = new Uint16Array(CHANNELS);
  #rx = new Uint8Array(3);
  #channel = 0;

  constructor(port: SpiPort, options: Mcp3208Options = {}) {
    super(options.device ?? 'mcp3208', millis(10));
    this.#port = port;
    this.#full = options.referenceV ?? volts(4.096);
    assert(this.#full > 0, 'MCP3208: the reference voltage is not above 0');
    this.#refuseAllZero = options.refuseAllZero ?? true;
  }

  protected begin(): void {
    this.#channel = 0;
    this.#port.transfer(this.#commands[0]!, this.#rx, this.step);
  }

  protected advance(): void {
    const decoded = decodeMcp3208(this.#rx);
    if (!decoded.ok) {
      this.reject('read', decoded);
      return;
    }
    this.#codes[this.#channel] = decoded.value;
    this.#channel += 1;
    if (this.#channel < CHANNELS) {
      this.#port.transfer(this.#commands[this.#channel]!, this.#rx, this.step);
      return;
    }
    if (this.#refuseAllZero && (this.#codes[0]! | this.#codes[1]! | this.#codes[2]! | this.#codes[3]!) === 0) {
      this.reject('read', ALL_ZERO);
      return;
    }
    this.succeed({
      green: this.#voltage(0),
      red: this.#voltage(1),
      broadband: this.#voltage(2),
      reference: this.#voltage(3),
      full: this.#full,
    });
  }

  protected renew(): void {
    this.#rx = new Uint8Array(3);
  }

  #voltage(channel: number): Volts {
    return volts((this.#codes[channel]! * this.#full) / 4096);
  }
}
