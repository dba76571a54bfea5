/**
 * Texas Instruments INA219 current and power monitor, I2C 0x40..0x4F.
 * Datasheet SBOS448G: table 2 (registers), tables 3..6 (configuration), sections 8.6.3.1 (shunt voltage) and 8.6.3.2
 * (bus voltage, figure 24), equation 1 (calibration).
 *
 *   00 configuration, reset 0x399F    01 shunt voltage, signed, 10 µV, range by PGA (±320 mV here)
 *   02 bus voltage: b15..3 × 4 mV, b1 CNVR conversion ready, b0 OVF arithmetic overflow
 *   03 power    04 current    05 calibration, b0 always 0
 *
 * As with the INA226 the current comes from the shunt register, which needs no calibration; see there for the reason.
 * OVF says that the chip's own current or power product overflowed; that product is not used, so OVF is no error here.
 */
import { type Amps, amps, assert, millis, type Volts, volts } from '../../units.ts';
import type { I2cPort } from '../ports.ts';
import { ALL_ONE, type Decoded, FIRST_CONVERSION, type Rejected, rejected } from './errors.ts';
import { PowerMonitor } from './power-monitor.ts';

export const INA219_ADDRESS = 0x40;
/** 32 V range, ±320 mV, 12 bit each (532 µs), both for ever: the reset value, written so that it is certain. */
export const INA219_CONFIG = 0x399f;
/** Shunt voltage of one step. */
export const INA219_SHUNT_STEP_V: Volts = volts(10e-6);

const BEYOND: Rejected = rejected('implausible', 'bus-range');
/** ±320 mV, the end of the shunt range, in steps of 10 µV. */
const SHUNT_CODE_MAX = 32_000;
/** 32 V, the end of the bus range, in steps of 4 mV. */
const BUS_CODE_MAX = 8000;

/**
 * The calibration register, trunc(0.04096 / (LSB·R)) with the unused bit 0 cleared; 100 µA and 0.1 Ω give 4096.
 * @param currentLsb A a step of register 04
 * @param shuntOhm Ω
 * @returns 2..65534; outside that range is a programmer's error
 */
export function ina219Calibration(currentLsb: Amps, shuntOhm: number): number {
  const code = Math.trunc((0.04096 / (currentLsb * shuntOhm)) * (1 + 1e-12)) & ~1;
  assert(code >= 2 && code <= 0xfffe, 'INA219: current step and shunt give no calibration within 2..65534');
  return code;
}

/**
 * Decodes shunt register bytes.
 * @returns A; the ends (±320 mV, 3.2 A at 0.1 Ω) mean "at least that much" and are returned as they are
 */
export const decodeIna219Current = (high: number, low: number, shuntOhm: number): Amps =>
  amps(((((high << 24) | (low << 16)) >> 16) * INA219_SHUNT_STEP_V) / shuntOhm);

/** Whether shunt register bytes are at or beyond the end of the range of the gain used here, ±320 mV (section 8.6.3.1). */
export const isIna219Saturated = (high: number, low: number): boolean =>
  Math.abs(((high << 24) | (low << 16)) >> 16) >= SHUNT_CODE_MAX;

export interface Ina219Bus {
  readonly volts: Volts;
  /** CNVR: a conversion has ended since the configuration was written. */
  readonly ready: boolean;
  /** OVF: the chip's own current or power is out of its range. */
  readonly overflow: boolean;
}

/** Decodes bus register bytes. @returns V, 0..32, and the flags, or `implausible` all-one, bus-range (above 32 V) */
export function decodeIna219Bus(high: number, low: number): Decoded<Ina219Bus> {
  const register = (high << 8) | low;
  if (register === 0xffff) return ALL_ONE;
  const code = register >> 3;
  if (code > BUS_CODE_MAX) return BEYOND;
  return {
    ok: true,
    value: { volts: volts(code * 4e-3), ready: (register & 2) !== 0, overflow: (register & 1) !== 0 },
  };
}

export interface Ina219Options {
  /** Name in errors. */
  readonly device?: string;
  /** 7-bit address, default 0x40. */
  readonly address?: number;
  /** Shunt in Ω, default 0.1: full scale is 320 mV, i.e. 3.2 A. */
  readonly shuntOhm?: number;
  /** Current a step of register 04 in A; default one step of the shunt register, 100 µA at 0.1 Ω: fits every shunt. */
  readonly currentLsb?: Amps;
}

/**
 * The first reading writes calibration and configuration and answers `stale`/`first-conversion`, as does any reading
 * before CNVR. Each later one reads the shunt and the bus word; every 64th also looks at the calibration register and
 * says `implausible`/`config-lost` when it is wrong. The chip has no identity register. Other errors:
 * `config`/`calibration`, `implausible` of `decodeIna219Bus`, those of the port.
 */
export class Ina219 extends PowerMonitor {
  private readonly shuntOhm: number;

  constructor(port: I2cPort, options: Ina219Options = {}) {
    const shuntOhm = options.shuntOhm ?? 0.1;
    super(options.device ?? 'ina219', millis(2), port, options.address ?? INA219_ADDRESS, {
      identity: null,
      calibration: ina219Calibration(options.currentLsb ?? amps(INA219_SHUNT_STEP_V / shuntOhm), shuntOhm),
      words: [[0x00, INA219_CONFIG]],
    });
    this.shuntOhm = shuntOhm;
  }

  protected answer(shunt: Uint8Array, bus: Uint8Array): void {
    const decoded = decodeIna219Bus(bus[0]!, bus[1]!);
    if (!decoded.ok) this.reject('read', decoded);
    else if (!decoded.value.ready) this.reject('read', FIRST_CONVERSION);
    else
      this.succeed({
        amps: decodeIna219Current(shunt[0]!, shunt[1]!, this.shuntOhm),
        volts: decoded.value.volts,
        saturated: isIna219Saturated(shunt[0]!, shunt[1]!),
      });
  }
}
