/**
 * INA219 as its I2C master sees it. Datasheet SBOS448G: table 2 (registers and power-on values), tables 3..6
 * (configuration), sections 8.6.3.1 and 8.6.3.2, equations 4 and 5 (current and power). Averaging counts for the time,
 * not for the noise; a lower resolution leaves the low bits 0.
 */
import { before, type Instant, micros, type Span } from '../../../units.ts';
import type { PowerAnalogue } from './chip.ts';
import { code } from './conversion-clock.ts';
import { PowerMonitorChip, type PowerMonitorChipOptions } from './power-monitor-chip.ts';

const CONFIG_DEFAULT = 0x399f;
/** Conversion times in µs by the four-bit ADC setting, typical. */
const TIME_US = [84, 148, 276, 532, 84, 148, 276, 532, 532, 1_060, 2_130, 4_260, 8_510, 17_020, 34_050, 68_100];

/** Low bits that a setting below 12 bits leaves 0. */
const lostBits = (adc: number): number => ((adc & 8) !== 0 ? 0 : 3 - (adc & 3));
const coarse = (value: number, adc: number): number => (value >> lostBits(adc)) << lostBits(adc);

export class Ina219Chip extends PowerMonitorChip {
  private shunt = 0;
  /** Bus voltage in steps of 4 mV, without its flags. */
  private bus = 0;
  private power = 0;
  private current = 0;
  private calibration = 0;
  private ready = false;
  private overflow = false;

  constructor(analogue: PowerAnalogue, options: PowerMonitorChipOptions = {}) {
    super(CONFIG_DEFAULT, analogue, options);
  }

  protected exists(register: number): boolean {
    return register >= 0 && register <= 5;
  }

  protected fetch(register: number): number {
    switch (register) {
      case 0:
        return this.config;
      case 1:
        return this.shunt & 0xffff;
      case 2:
        return (this.bus << 3) | (this.ready ? 2 : 0) | (this.overflow ? 1 : 0);
      case 3:
        // Reading the power clears CNVR.
        this.ready = false;
        return this.power;
      case 4:
        return this.current & 0xffff;
      default:
        return this.calibration;
    }
  }

  protected store(register: number, word: number): void {
    if (register === 0) {
      if ((word & 0x8000) !== 0) this.reset();
      else this.takeConfig(word);
    } else if (register === 5) {
      this.calibration = word & 0xfffe;
    }
  }

  /** Converts on its own from here on, with calibration 0 and therefore current 0. */
  protected reset(): void {
    this.shunt = 0;
    this.bus = 0;
    this.power = 0;
    this.current = 0;
    this.calibration = 0;
    this.overflow = false;
    this.takeConfig(CONFIG_DEFAULT);
  }

  private takeConfig(word: number): void {
    this.ready = false;
    this.configure(word & 0x3fff);
  }

  protected cycleUs(): Span {
    const shunt = this.convertsShunt ? TIME_US[(this.config >> 3) & 15]! : 0;
    const bus = this.convertsBus ? TIME_US[(this.config >> 7) & 15]! : 0;
    return micros(shunt + bus);
  }

  /** The shunt before the bus. */
  protected shuntWindow(end: Instant): readonly [Instant, Instant] {
    const busUs = this.convertsBus ? TIME_US[(this.config >> 7) & 15]! : 0;
    return [before(end, this.cycleUs()), before(end, micros(busUs))];
  }

  protected convert(amps: number): void {
    if (this.convertsShunt) {
      const end = 4_000 << ((this.config >> 11) & 3);
      const value = code((amps * this.shuntOhm) / 10e-6, -end, end);
      this.shunt = coarse(value, (this.config >> 3) & 15);
    }
    if (this.convertsBus) {
      const end = (this.config & 0x2000) !== 0 ? 8_000 : 4_000;
      this.bus = coarse(code(this.analogue.volts() / 4e-3, 0, end), (this.config >> 7) & 15);
    }
    const current = Math.trunc((this.shunt * this.calibration) / 4096);
    this.current = code(current, -0x8000, 0x7fff);
    const power = Math.trunc((Math.abs(this.current) * this.bus) / 5_000);
    this.power = code(power, 0, 0xffff);
    this.overflow = this.current !== current || this.power !== power;
    this.ready = true;
  }
}
