/**
 * INA219 as its I2C master sees it. Datasheet SBOS448G: table 2 (registers and power-on values), tables 3..6
 * (configuration), sections 8.6.3.1 and 8.6.3.2, equations 4 and 5 (current and power). Averaging counts for the time,
 * not for the noise; a lower resolution leaves the low bits 0.
 */
import { type Amps, type Micros, micros, type Volts } from '../../../units.ts';
import type { I2cChip } from './chip.ts';
import { ConversionClock, code, fillWord, NEVER } from './conversion-clock.ts';

export interface Ina219Analogue {
  /** Left out, the chip converts at every transfer instead of at its own rate. */
  now?(): Micros;
  /** Current through the shunt. */
  amps(): Amps;
  /** Voltage at the bus pin against ground. */
  volts(): Volts;
}

export interface Ina219ChipOptions {
  /** 7-bit address, default 0x40. */
  readonly address?: number;
  /** Shunt in Ω, default 0.1. */
  readonly shuntOhm?: number;
}

const CONFIG_DEFAULT = 0x399f;
/** Conversion times in µs by the four-bit ADC setting, typical. */
const TIME_US = [84, 148, 276, 532, 84, 148, 276, 532, 532, 1_060, 2_130, 4_260, 8_510, 17_020, 34_050, 68_100];
const LAST_REGISTER = 5;

/** Low bits that a setting below 12 bits leaves 0. */
const lostBits = (adc: number): number => ((adc & 8) !== 0 ? 0 : 3 - (adc & 3));
const coarse = (value: number, adc: number): number => (value >> lostBits(adc)) << lostBits(adc);

export class Ina219Chip implements I2cChip {
  readonly address: number;
  /** Keeps the last conversion for ever. */
  frozen = false;
  readonly #analogue: Ina219Analogue;
  readonly #shuntOhm: number;
  readonly #clock = new ConversionClock(NEVER);
  #started = false;
  #pointer = 0;
  #config = CONFIG_DEFAULT;
  #shunt = 0;
  /** Bus voltage in steps of 4 mV, without its flags. */
  #bus = 0;
  #power = 0;
  #current = 0;
  #calibration = 0;
  #ready = false;
  #overflow = false;

  constructor(analogue: Ina219Analogue, options: Ina219ChipOptions = {}) {
    this.#analogue = analogue;
    this.address = options.address ?? 0x40;
    this.#shuntOhm = options.shuntOhm ?? 0.1;
  }

  /** Back to the power-on values; converts on its own, with calibration 0 and therefore current 0. */
  powerCycle(): void {
    this.#pointer = 0;
    this.#reset();
  }

  get pointer(): number {
    return this.#pointer;
  }

  /** Ends the conversions that are due. Called by every transfer; call it every tick for conversions on time. */
  advance(): void {
    const now = this.#analogue.now?.();
    if (now === undefined) {
      if ((this.#config & 3) !== 0 && !this.frozen) this.#convert();
      return;
    }
    if (!this.#started) {
      this.#started = true;
      this.#clock.restart(micros(now + this.#cycleUs()));
    }
    if (!this.#clock.tick(now, this.#cycleUs())) return;
    if ((this.#config & 4) === 0) this.#clock.restart(NEVER);
    if (!this.frozen) this.#convert();
  }

  readBlock(command: number, into: Uint8Array): boolean {
    if (command < 0 || command > LAST_REGISTER) return false;
    this.#pointer = command;
    this.readAtPointer(into);
    return true;
  }

  /** A plain read: the register that the pointer was left at. Reading the power clears CNVR. */
  readAtPointer(into: Uint8Array): void {
    this.advance();
    fillWord(into, this.#register());
    if (this.#pointer === 3) this.#ready = false;
  }

  /** Pointer alone, or pointer and a 16-bit word. Read-only registers acknowledge and ignore it. */
  write(bytes: Uint8Array): boolean {
    this.advance();
    if (bytes.length === 0 || bytes[0]! > LAST_REGISTER) return false;
    this.#pointer = bytes[0]!;
    if (bytes.length < 3) return true;
    const word = (bytes[1]! << 8) | bytes[2]!;
    if (this.#pointer === 0) {
      if ((word & 0x8000) !== 0) this.#reset();
      else this.#configure(word);
    } else if (this.#pointer === 5) {
      this.#calibration = word & 0xfffe;
    }
    return true;
  }

  #register(): number {
    switch (this.#pointer) {
      case 0:
        return this.#config;
      case 1:
        return this.#shunt & 0xffff;
      case 2:
        return (this.#bus << 3) | (this.#ready ? 2 : 0) | (this.#overflow ? 1 : 0);
      case 3:
        return this.#power;
      case 4:
        return this.#current & 0xffff;
      default:
        return this.#calibration;
    }
  }

  #reset(): void {
    this.#shunt = 0;
    this.#bus = 0;
    this.#power = 0;
    this.#current = 0;
    this.#calibration = 0;
    this.#overflow = false;
    this.#configure(CONFIG_DEFAULT);
  }

  #configure(word: number): void {
    this.#config = word & 0x3fff;
    this.#ready = false;
    this.#started = true;
    // MODE 0 is power-down, 4 "ADC off".
    const converts = (this.#config & 3) !== 0;
    this.#clock.restart(converts ? micros((this.#analogue.now?.() ?? 0) + this.#cycleUs()) : NEVER);
  }

  #cycleUs(): Micros {
    const shunt = (this.#config & 1) !== 0 ? TIME_US[(this.#config >> 3) & 15]! : 0;
    const bus = (this.#config & 2) !== 0 ? TIME_US[(this.#config >> 7) & 15]! : 0;
    return micros(shunt + bus);
  }

  #convert(): void {
    if ((this.#config & 1) !== 0) {
      const end = 4_000 << ((this.#config >> 11) & 3);
      const value = code((this.#analogue.amps() * this.#shuntOhm) / 10e-6, -end, end);
      this.#shunt = coarse(value, (this.#config >> 3) & 15);
    }
    if ((this.#config & 2) !== 0) {
      const end = (this.#config & 0x2000) !== 0 ? 8_000 : 4_000;
      this.#bus = coarse(code(this.#analogue.volts() / 4e-3, 0, end), (this.#config >> 7) & 15);
    }
    const current = Math.trunc((this.#shunt * this.#calibration) / 4096);
    this.#current = code(current, -0x8000, 0x7fff);
    const power = Math.trunc((Math.abs(this.#current) * this.#bus) / 5_000);
    this.#power = code(power, 0, 0xffff);
    this.#overflow = this.#current !== current || this.#power !== power;
    this.#ready = true;
  }
}
