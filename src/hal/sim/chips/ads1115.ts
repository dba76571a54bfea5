/**
 * ADS1115 as its I2C master sees it. Datasheet SBAS444: tables 8-1 to 8-4 (registers), 7-1 (full scale), section 7.4.2
 * (single shot and continuous). The comparator's registers can be written and read, its pin is not modelled.
 *
 * A single shot integrates the input for one conversion time from the moment it is started (section 7.3.1: a delta-sigma
 * modulator and a filter that settles in a single cycle) and shows it after that; until then the conversion register keeps
 * the result before, with nothing in it to tell that it is old. The oscillator is slow by half of what it may be
 * (electrical characteristics: ±10 %), so that no mains frequency is met by luck.
 */
import { after, micros, NEVER, type Span, type Volts } from '../../../units.ts';
import type { LightAnalogue } from './chip.ts';
import { ConversionClock, code } from './conversion-clock.ts';
import { WordRegisterChip } from './word-register-chip.ts';

export interface Ads1115ChipOptions {
  /** 7-bit address, default 0x48. */
  readonly address?: number;
  /** Voltage at VDD, default 3.3 V. No input gets above it, whatever drives it (table 7-1, note; protection diodes). */
  readonly supplyV?: Volts;
}

const CONFIG_DEFAULT = 0x8583;
const LOW_DEFAULT = 0x8000;
const HIGH_DEFAULT = 0x7fff;
/** PGA settings in V. */
const FULL_SCALE = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256] as const;
/** DR settings in conversions per second. */
const RATE = [8, 16, 32, 64, 128, 250, 475, 860] as const;
/** MUX settings: positive and negative input, −1 = ground. */
const INPUTS = [
  [0, 1],
  [0, 3],
  [1, 3],
  [2, 3],
  [0, -1],
  [1, -1],
  [2, -1],
  [3, -1],
] as const;
const WAKE_US = micros(25);
const OSCILLATOR = 1.05;

export class Ads1115Chip extends WordRegisterChip {
  private readonly analogue: LightAnalogue;
  private readonly supplyV: number;
  private readonly clock = new ConversionClock(NEVER);
  private conversion = 0;
  private config = CONFIG_DEFAULT & 0x7fff;
  private low = LOW_DEFAULT;
  private high = HIGH_DEFAULT;
  /** A single shot under way, and what it will show. */
  private converting = false;
  private captured = 0;

  constructor(analogue: LightAnalogue, options: Ads1115ChipOptions = {}) {
    super(options.address ?? 0x48);
    this.analogue = analogue;
    this.supplyV = options.supplyV ?? 3.3;
  }

  /** Ends the conversions that are due. Called by every transfer; only the continuous mode gains by calling it more. */
  advance(): void {
    if (!this.clock.tick(this.analogue.now(), this.periodUs())) return;
    if (this.converting) {
      this.converting = false;
      this.clock.restart(NEVER);
      if (!this.frozen) this.conversion = this.captured;
    } else if (!this.frozen) {
      this.conversion = this.measure();
    }
  }

  protected exists(register: number): boolean {
    return register >= 0 && register <= 3;
  }

  protected fetch(register: number): number {
    switch (register) {
      case 0:
        return this.conversion & 0xffff;
      case 1:
        return this.idle() ? this.config | 0x8000 : this.config;
      case 2:
        return this.low;
      default:
        return this.high;
    }
  }

  protected store(register: number, word: number): void {
    if (register === 1) this.configure(word);
    else if (register === 2) this.low = word;
    else if (register === 3) this.high = word;
  }

  /** Idle, conversion register 0. */
  protected reset(): void {
    this.conversion = 0;
    this.config = CONFIG_DEFAULT & 0x7fff;
    this.low = LOW_DEFAULT;
    this.high = HIGH_DEFAULT;
    this.converting = false;
    this.clock.restart(NEVER);
  }

  private idle(): boolean {
    return (this.config & 0x0100) !== 0 && !this.converting;
  }

  private periodUs(): Span {
    return micros((OSCILLATOR * 1e6) / RATE[(this.config >> 5) & 7]!);
  }

  private configure(word: number): void {
    const wasIdle = this.idle();
    this.config = word & 0x7fff;
    const now = this.analogue.now();
    if ((word & 0x0100) === 0) {
      this.converting = false;
      this.clock.restart(after(after(now, this.periodUs()), WAKE_US));
    } else if ((word & 0x8000) !== 0 && (wasIdle || !this.converting)) {
      this.converting = true;
      this.captured = this.measure(this.periodUs());
      this.clock.restart(after(after(now, this.periodUs()), WAKE_US));
    } else if (!this.converting) {
      this.clock.restart(NEVER);
    }
  }

  /** Voltage that an input can carry. */
  private pinV(input: number, overUs?: Span): number {
    return Math.min(this.analogue.volts(input, overUs), this.supplyV);
  }

  private measure(overUs?: Span): number {
    const [plus, minus] = INPUTS[(this.config >> 12) & 7]!;
    const input = this.pinV(plus, overUs) - (minus < 0 ? 0 : this.pinV(minus, overUs));
    return code((input / FULL_SCALE[(this.config >> 9) & 7]!) * 0x8000, -0x8000, 0x7fff);
  }
}
