/**
 * Texas Instruments INA226 current and power monitor, I2C 0x40..0x4F.
 * Datasheet SBOS547B: table 5 (registers), table 6 (configuration), tables 7..9 (averaging and conversion times),
 * sections 7.6.2 and 7.6.3 (shunt and bus voltage), equation 1 (calibration).
 *
 *   00 configuration, reset 0x4127     01 shunt voltage, signed, 2.5 µV     02 bus voltage, b15 = 0, 1.25 mV
 *   03 power  04 current  05 calibration  06 mask/enable  07 alert limit    FE = 0x5449   FF = 0x2260
 *
 * The current is taken from the shunt register, I = code·2.5 µV/R, not from register 04: that one is the shunt code
 * times the calibration register, which is 0 after a brown-out, and then reads 0 A while the heater is on. The current
 * is the proof that the MOSFET opened, so it must not depend on a register that can forget. The calibration is written
 * all the same (register 04 and the power alert need it) and looked at now and then to notice such a reset.
 */
import { type Amps, amps, assert, type Micros, micros, millis, type Volts, volts } from '../../units.ts';
import type { I2cPort, PowerSample } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import {
  ALL_ONE,
  CONFIG_LOST,
  type Decoded,
  FIRST_CONVERSION,
  RESERVED_BITS,
  type Rejected,
  rejected,
} from './errors.ts';

export const INA226_ADDRESS = 0x40;
/** No averaging, 332 µs for bus and for shunt, both for ever. */
export const INA226_CONFIG = 0x4097;
/** Both conversions, +10 % for the oscillator, from writing the configuration to the first result. */
export const INA226_FIRST_US: Micros = micros(740);
/** Shunt voltage of one step. */
export const INA226_SHUNT_STEP_V: Volts = volts(2.5e-6);

const MANUFACTURER = 0x5449;
const DIE = 0x2260;
const NOT_TAKEN: Rejected = rejected('config', 'calibration');
const WRONG_CHIP: Rejected = rejected('nodevice', 'ids');
/** Readings between two looks at the calibration register. */
const CHECK_EVERY = 64;

const word = (bytes: Uint8Array): number => (bytes[0]! << 8) | bytes[1]!;

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

/** Decodes bus register bytes. @returns V, 0..40.95875, or `implausible` all-one, reserved-bits (bit 15 is 1) */
export function decodeIna226Bus(high: number, low: number): Decoded<Volts> {
  const code = (high << 8) | low;
  if (code === 0xffff) return ALL_ONE;
  if ((code & 0x8000) !== 0) return RESERVED_BITS;
  return { ok: true, value: volts(code * 1.25e-3) };
}

/** The transfer under way. */
type Stage = 'manufacturer' | 'die' | 'setup' | 'verify' | 'check' | 'shunt' | 'bus';

export interface Ina226Options {
  /** Name in errors. */
  readonly device?: string;
  /** 7-bit address, default 0x40. */
  readonly address?: number;
  /** Shunt in Ω, default 0.1: full scale is 81.92 mV, i.e. 0.8192 A. */
  readonly shuntOhm?: number;
  /** Current a step of register 04 in A, default 25 µA. */
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
 * chip up anew. Other errors: `nodevice`/`ids`, `config`/`calibration` (written, but read back differently),
 * `implausible` of `decodeIna226Bus`, those of the port.
 */
export class Ina226 extends BusDriver<PowerSample> {
  readonly #port: I2cPort;
  readonly #address: number;
  readonly #shuntOhm: number;
  readonly #calibration: number;
  /** What is written at start, in order. */
  readonly #setup: readonly Uint8Array[];
  #shunt = new Uint8Array(2);
  #other = new Uint8Array(2);
  #stage: Stage = 'shunt';
  #configured = false;
  #written = 0;
  #untilCheck = CHECK_EVERY;
  #readyAt: Micros = micros(0);

  constructor(port: I2cPort, options: Ina226Options = {}) {
    super(options.device ?? 'ina226', millis(1));
    this.#port = port;
    this.#address = options.address ?? INA226_ADDRESS;
    this.#shuntOhm = options.shuntOhm ?? 0.1;
    this.#calibration = ina226Calibration(options.currentLsb ?? amps(25e-6), this.#shuntOhm);
    const setup = [[0x05, this.#calibration]];
    if (options.alertAmps !== undefined) {
      const limit = Math.round((options.alertAmps * this.#shuntOhm) / INA226_SHUNT_STEP_V);
      assert(limit > 0 && limit < 0x7fff, 'INA226: the alert current is not within the range of the shunt');
      setup.push([0x07, limit], [0x06, ALERT_SHUNT_LATCHED]);
    }
    setup.push([0x00, INA226_CONFIG]);
    this.#setup = setup.map(([register, value]) => Uint8Array.of(register!, value! >> 8, value! & 0xff));
  }

  protected begin(): void {
    if (!this.#configured) {
      this.#fetch('manufacturer', 0xfe, this.#other);
    } else if (this.#untilCheck <= 0) {
      this.#fetch('check', 0x05, this.#other);
    } else {
      this.#untilCheck -= 1;
      this.#fetch('shunt', 0x01, this.#shunt);
    }
  }

  protected advance(): void {
    switch (this.#stage) {
      case 'manufacturer':
        if (word(this.#other) === MANUFACTURER) this.#fetch('die', 0xff, this.#other);
        else this.reject('identify', WRONG_CHIP);
        return;
      case 'die':
        if (word(this.#other) === DIE) {
          this.#written = 0;
          this.#stage = 'setup';
          this.#port.write(this.#address, this.#setup[0]!, this.step);
        } else {
          this.reject('identify', WRONG_CHIP);
        }
        return;
      case 'setup':
        this.#written += 1;
        if (this.#written < this.#setup.length) this.#port.write(this.#address, this.#setup[this.#written]!, this.step);
        else this.#fetch('verify', 0x05, this.#other);
        return;
      case 'verify':
        if (word(this.#other) !== this.#calibration) {
          this.reject('configure', NOT_TAKEN);
          return;
        }
        this.#configured = true;
        this.#untilCheck = CHECK_EVERY;
        this.#readyAt = micros(this.now + INA226_FIRST_US);
        this.reject('configure', FIRST_CONVERSION);
        return;
      case 'check':
        if (word(this.#other) === this.#calibration) {
          this.#untilCheck = CHECK_EVERY;
          this.#fetch('shunt', 0x01, this.#shunt);
        } else {
          this.#configured = false;
          this.reject('read', CONFIG_LOST);
        }
        return;
      case 'shunt':
        this.#fetch('bus', 0x02, this.#other);
        return;
      case 'bus':
        this.#answer();
        return;
    }
  }

  protected renew(): void {
    this.#shunt = new Uint8Array(2);
    this.#other = new Uint8Array(2);
    this.#configured = false;
  }

  #answer(): void {
    if (this.now < this.#readyAt) {
      this.reject('read', FIRST_CONVERSION);
      return;
    }
    const bus = decodeIna226Bus(this.#other[0]!, this.#other[1]!);
    if (!bus.ok) {
      this.reject('read', bus);
      return;
    }
    this.succeed({ amps: decodeIna226Current(this.#shunt[0]!, this.#shunt[1]!, this.#shuntOhm), volts: bus.value });
  }

  #fetch(stage: Stage, register: number, into: Uint8Array): void {
    this.#stage = stage;
    this.#port.readBlock(this.#address, register, into, this.step);
  }
}
