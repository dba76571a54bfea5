/**
 * Microchip MCP3208 eight-channel 12-bit converter, SPI mode 0 or 3, at most 1 MHz at 2.7 V and 2 MHz at 5 V.
 * Datasheet DS21298E: table 5-2 (channel selection), section 6.1 and figure 6-1 (three-byte frame), equation 4-2 (code).
 *
 * Sent: 00000 1 SGL D2 | D1 D0 xxxxxx | xxxxxxxx. Received: the second byte's bit 4 is the null bit (always 0), its
 * bits 3..0 and the third byte are the code; everything before floats.
 */
import { assert, millis, type Volts, volts } from '../../units.ts';
import type { PhotodiodeSample, SpiPort } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, type Decoded, RESERVED_BITS } from './errors.ts';
import { inputsInUse, type LightInputs, lightSample } from './light-scan.ts';

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
  /** Voltage at the VREF pin = full scale, at most the supply (electrical characteristics); default 3.3 V. */
  readonly referenceV?: Volts;
  /**
   * Codes of exactly 0 on every input are what a dead data line delivers and are refused (default). Turn this off only when the
   * amplifiers have no offset and the dark scan truly is 0.
   */
  readonly refuseAllZero?: boolean;
  /** CH0..CH7 of each light channel. */
  readonly inputs: LightInputs;
}

/** One reading = one chained transfer of three bytes for each input in use. Errors: `implausible` as above and all-zero; the port's. */
export class Mcp3208 extends BusDriver<PhotodiodeSample> {
  private readonly port: SpiPort;
  private readonly full: Volts;
  private readonly refuseAllZero: boolean;
  private readonly inputs: LightInputs;
  /** The inputs in use, and the bytes that ask for each. */
  private readonly scan: readonly number[];
  private readonly commands: readonly Uint8Array[];
  private readonly volts = new Float64Array(8);
  private readonly takenAt = new Float64Array(8);
  /** All codes of this reading, one over the other. */
  private any = 0;
  private rx = new Uint8Array(3);
  /** Place in `scan` of the input under conversion. */
  private at = 0;

  constructor(port: SpiPort, options: Mcp3208Options) {
    super(options.device ?? 'mcp3208', millis(10));
    this.port = port;
    this.full = options.referenceV ?? volts(3.3);
    assert(this.full > 0, 'MCP3208: the reference voltage is not above 0');
    this.refuseAllZero = options.refuseAllZero ?? true;
    this.inputs = options.inputs;
    this.scan = inputsInUse(options.inputs);
    this.commands = this.scan.map(mcp3208Command);
  }

  protected begin(): void {
    this.at = 0;
    this.any = 0;
    this.takenAt.fill(this.now);
    this.port.transfer(this.commands[0]!, this.rx, this.step);
  }

  protected advance(): void {
    const decoded = decodeMcp3208(this.rx);
    if (!decoded.ok) {
      this.reject('read', decoded);
      return;
    }
    this.any |= decoded.value;
    this.volts[this.scan[this.at]!] = (decoded.value * this.full) / 4096;
    this.at += 1;
    if (this.at < this.scan.length) this.port.transfer(this.commands[this.at]!, this.rx, this.step);
    else if (this.refuseAllZero && this.any === 0) this.reject('read', ALL_ZERO);
    else this.succeed(lightSample(this.volts, this.takenAt, this.inputs, this.full));
  }

  protected renew(): void {
    this.rx = new Uint8Array(3);
  }
}
