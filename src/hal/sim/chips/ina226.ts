/**
 * INA226 as its I2C master sees it. Datasheet SBOS547B: table 5 (registers and power-on values), tables 6..9
 * (configuration), section 7.6.7 (mask/enable), equations 3 and 4 (current and power). Averaging counts for the time,
 * not for the noise.
 */
import { before, type Instant, micros, type Span } from '../../../units.ts';
import type { PowerAnalogue } from './chip.ts';
import { code } from './conversion-clock.ts';
import { PowerMonitorChip, type PowerMonitorChipOptions } from './power-monitor-chip.ts';

const CONFIG_DEFAULT = 0x4127;
/** Conversion times in µs by a three-bit setting, typical. */
const TIME_US = [140, 204, 332, 588, 1_100, 2_116, 4_156, 8_244] as const;
const AVERAGES = [1, 4, 16, 64, 128, 256, 512, 1_024] as const;

const SHUNT_OVER = 0x8000;
const SHUNT_UNDER = 0x4000;
const BUS_OVER = 0x2000;
const BUS_UNDER = 0x1000;
const POWER_OVER = 0x0800;
const ON_READY = 0x0400;
const FUNCTION_FLAG = 0x0010;
const READY = 0x0008;
const OVERFLOW = 0x0004;
const LATCH = 0x0001;

export interface Ina226ChipOptions extends PowerMonitorChipOptions {
  /** Revision of the die, 0..15: bits 3..0 of register FF (section 7.6.10). Default 0. */
  readonly revision?: number;
}

export class Ina226Chip extends PowerMonitorChip {
  private shunt = 0;
  private bus = 0;
  private power = 0;
  private current = 0;
  private calibration = 0;
  /** Mask/enable without its flags, and the flags. */
  private mask = 0;
  private flags = 0;
  private limit = 0;

  private readonly die: number;

  constructor(analogue: PowerAnalogue, options: Ina226ChipOptions = {}) {
    super(CONFIG_DEFAULT, analogue, options);
    this.die = 0x2260 | (options.revision ?? 0);
  }

  /** True = the ALERT pin is pulled (low with the default polarity). Needs no software to look at it. */
  get alert(): boolean {
    this.advance();
    return (this.flags & FUNCTION_FLAG) !== 0 || ((this.mask & ON_READY) !== 0 && (this.flags & READY) !== 0);
  }

  protected exists(register: number): boolean {
    return (register >= 0 && register <= 7) || register === 0xfe || register === 0xff;
  }

  protected fetch(register: number): number {
    switch (register) {
      case 0:
        return this.config;
      case 1:
        return this.shunt & 0xffff;
      case 2:
        return this.bus;
      case 3:
        return this.power;
      case 4:
        return this.current & 0xffff;
      case 5:
        return this.calibration;
      case 6: {
        const word = this.mask | this.flags;
        this.flags &= (this.mask & LATCH) !== 0 ? ~(READY | FUNCTION_FLAG) : ~READY;
        return word;
      }
      case 7:
        return this.limit;
      case 0xfe:
        return 0x5449;
      default:
        return this.die;
    }
  }

  protected store(register: number, word: number): void {
    switch (register) {
      case 0:
        if ((word & 0x8000) !== 0) this.reset();
        else this.takeConfig(word);
        break;
      case 5:
        this.calibration = word & 0x7fff;
        break;
      case 6:
        this.mask = word & 0xfc03;
        if ((this.mask & 0xf800) === 0) this.flags &= ~FUNCTION_FLAG;
        break;
      case 7:
        this.limit = word;
        break;
    }
  }

  /** Converts on its own from here on, with calibration 0 and therefore current 0. */
  protected reset(): void {
    this.shunt = 0;
    this.bus = 0;
    this.power = 0;
    this.current = 0;
    this.calibration = 0;
    this.mask = 0;
    this.flags = 0;
    this.limit = 0;
    this.takeConfig(CONFIG_DEFAULT);
  }

  private takeConfig(word: number): void {
    this.flags &= ~READY;
    // Bits 14..12 always read 100.
    this.configure((word & 0x0fff) | 0x4000);
  }

  protected cycleUs(): Span {
    const shunt = this.convertsShunt ? TIME_US[(this.config >> 3) & 7]! : 0;
    const bus = this.convertsBus ? TIME_US[(this.config >> 6) & 7]! : 0;
    return micros((shunt + bus) * AVERAGES[(this.config >> 9) & 7]!);
  }

  /** The shunt before the bus; averaged, both by turns over the whole cycle (section 7.4.1). */
  protected shuntWindow(end: Instant): readonly [Instant, Instant] {
    const averaged = ((this.config >> 9) & 7) !== 0;
    const busUs = this.convertsBus && !averaged ? TIME_US[(this.config >> 6) & 7]! : 0;
    return [before(end, this.cycleUs()), before(end, micros(busUs))];
  }

  protected convert(amps: number): void {
    if (this.convertsShunt) this.shunt = code((amps * this.shuntOhm) / 2.5e-6, -0x8000, 0x7fff);
    if (this.convertsBus) this.bus = code(this.analogue.volts() / 1.25e-3, 0, 0x7fff);
    const current = Math.trunc((this.shunt * this.calibration) / 2048);
    this.current = code(current, -0x8000, 0x7fff);
    const power = Math.trunc((Math.abs(this.current) * this.bus) / 20_000);
    this.power = code(power, 0, 0xffff);
    const overflow = this.current !== current || this.power !== power;
    this.flags = (this.flags & FUNCTION_FLAG) | READY | (overflow ? OVERFLOW : 0);
    const tripped = this.beyondLimit();
    if (tripped) this.flags |= FUNCTION_FLAG;
    else if ((this.mask & LATCH) === 0) this.flags &= ~FUNCTION_FLAG;
  }

  /** The highest bit set in mask/enable decides what is compared. */
  private beyondLimit(): boolean {
    const signed = (this.limit << 16) >> 16;
    if ((this.mask & SHUNT_OVER) !== 0) return this.shunt > signed;
    if ((this.mask & SHUNT_UNDER) !== 0) return this.shunt < signed;
    if ((this.mask & BUS_OVER) !== 0) return this.bus > this.limit;
    if ((this.mask & BUS_UNDER) !== 0) return this.bus < this.limit;
    if ((this.mask & POWER_OVER) !== 0) return this.power > this.limit;
    return false;
  }
}
