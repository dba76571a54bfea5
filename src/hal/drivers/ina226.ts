/**
 * Texas Instruments INA226 current and power monitor, I2C 0x40..0x4F.
 * Datasheet SBOS547B: table 5 (registers), table 6 (configuration), tables 7..9 (averaging and conversion times),
 * sections 7.6.2 and 7.6.3 (shunt and bus voltage), equation 1 (calibration).
 *
 *   00 configuration, reset 0x4127     01 shunt voltage, signed, 2.5 µV     02 bus voltage, b15 = 0, 1.25 mV
 *   03 power  04 current  05 calibration  06 mask/enable  07 alert limit    FE = 0x5449   FF = 0x226x
 *
 * The current is taken from the shunt register, I = code·2.5 µV/R, not from register 04: that one is the shunt code
 * times the calibration register, which is 0 after a brown-out, and then reads 0 A while the heater is on. The current
 * is the proof that the MOSFET opened, so it must not depend on a register that can forget. The calibration is written
 * all the same (register 04 and the power alert need it) and looked at now and then to notice such a reset.
 */
import { type Amps, after, amps, assert, micros, millis, type Span, type Volts, volts } from '../../units.ts';
import type { I2cPort } from '../ports.ts';
import { ALL_ONE, type Decoded, FIRST_CONVERSION, RESERVED_BITS } from './errors.ts';
import { PowerMonitor, type PowerMonitorIdentity, type RegisterWord } from './power-monitor.ts';

export const INA226_ADDRESS = 0x40;
/** No averaging, 332 µs for bus and for shunt, both for ever. */
export const INA226_CONFIG = 0x4097;
/** Both conversions, +10 % for the oscillator, from writing the configuration to the first result. */
export const INA226_FIRST_US: Span = micros(740);
/** Shunt voltage of one step. */
export const INA226_SHUNT_STEP_V: Volts = volts(2.5e-6);

/** Manufacturer and die; bits 3..0 of the die are its revision (section 7.6.10). */
const IDENTITY: PowerMonitorIdentity = {
  words: [
    [0xfe, 0x5449],
    [0xff, 0x2260],
  ],
  masks: [0xffff, 0xfff0],
  // Of the same footprint and registers, but not tested with this driver.
  others: [{ name: 'a Silergy SQ52201', words: [0x190f, 0x0000] }],
};

/**
 * The calibration register, trunc(0.00512 / (LSB·R)); 25 µA and 0.1 Ω give 2048.
 * @param currentLsb A a step of register 04
 * @param shuntOhm Ω
 * @returns 1..32767; outside that range is a programmer's error
 */
export function ina226Calibration(currentLsb: Amps, shuntOhm: number): number {
  // The nudge keeps an exact quotient from landing just below its whole number.
  const code = Math.trunc((0.00512 / (currentLsb * shuntOhm)) * (1 + 1e-12));
  assert(code >= 1 && code <= 0x7fff, 'INA226: current step and shunt give no calibration within 1..32767');
  return code;
}

/**
 * Decodes shunt register bytes: any word is a valid current.
 * @returns A; the ends −0x8000 and 0x7FFF (±81.92 mV, 0.8192 A at 0.1 Ω) mean "at least that much" and are returned as
 *   they are: a saturated shunt is a real over-current, not a failure of the sensor
 */
export const decodeIna226Current = (high: number, low: number, shuntOhm: number): Amps =>
  amps(((((high << 24) | (low << 16)) >> 16) * INA226_SHUNT_STEP_V) / shuntOhm);

/** Whether shunt register bytes are at an end of the range, ±81.92 mV (section 7.6.2). */
export function isIna226Saturated(high: number, low: number): boolean {
  const word = (high << 8) | low;
  return word === 0x7fff || word === 0x8000;
}

/** Decodes bus register bytes. @returns V, 0..40.95875, or `implausible` all-one, reserved-bits (bit 15 is 1) */
export function decodeIna226Bus(high: number, low: number): Decoded<Volts> {
  const code = (high << 8) | low;
  if (code === 0xffff) return ALL_ONE;
  if ((code & 0x8000) !== 0) return RESERVED_BITS;
  return { ok: true, value: volts(code * 1.25e-3) };
}

export interface Ina226Options {
  /** Name in errors. */
  readonly device?: string;
  /** 7-bit address, default 0x40. */
  readonly address?: number;
  /** Shunt in Ω, default 0.1: full scale is 81.92 mV, i.e. 0.8192 A. */
  readonly shuntOhm?: number;
  /** Current a step of register 04 in A; default one step of the shunt register, 25 µA at 0.1 Ω: fits every shunt. */
  readonly currentLsb?: Amps;
  /** Above this current the ALERT pin goes low and stays: a trip without software. Default: not used. */
  readonly alertAmps?: Amps;
}

/** Mask/enable: alert on shunt over-voltage, latched. */
const ALERT_SHUNT_LATCHED = 0x8001;

/**
 * The first reading checks the two identity words, writes calibration, alert and configuration and answers
 * `stale`/`first-conversion`; so do readings within 0.74 ms after it. Each later one reads the shunt and the bus word;
 * every 64th also looks at the calibration register, and if that is wrong says `implausible`/`config-lost` and sets the
 * chip up anew. Other errors: `unsupported` (the identity of another chip), `config`/`calibration` (written, but read back differently),
 * `implausible` of `decodeIna226Bus`, those of the port.
 */
export class Ina226 extends PowerMonitor {
  private readonly shuntOhm: number;

  constructor(port: I2cPort, options: Ina226Options = {}) {
    const shuntOhm = options.shuntOhm ?? 0.1;
    const calibration = ina226Calibration(options.currentLsb ?? amps(INA226_SHUNT_STEP_V / shuntOhm), shuntOhm);
    const words: RegisterWord[] = [];
    if (options.alertAmps !== undefined) {
      const limit = Math.round((options.alertAmps * shuntOhm) / INA226_SHUNT_STEP_V);
      assert(limit > 0 && limit < 0x7fff, 'INA226: the alert current is not within the range of the shunt');
      words.push([0x07, limit], [0x06, ALERT_SHUNT_LATCHED]);
    }
    words.push([0x00, INA226_CONFIG]);
    super(options.device ?? 'ina226', millis(1), port, options.address ?? INA226_ADDRESS, {
      identity: IDENTITY,
      calibration,
      words,
    });
    this.shuntOhm = shuntOhm;
  }

  protected answer(shunt: Uint8Array, bus: Uint8Array): void {
    if (this.now < after(this.configuredAt, INA226_FIRST_US)) {
      this.reject('read', FIRST_CONVERSION);
      return;
    }
    const decoded = decodeIna226Bus(bus[0]!, bus[1]!);
    if (!decoded.ok) this.reject('read', decoded);
    else
      this.succeed({
        amps: decodeIna226Current(shunt[0]!, shunt[1]!, this.shuntOhm),
        volts: decoded.value,
        saturated: isIna226Saturated(shunt[0]!, shunt[1]!),
      });
  }
}
