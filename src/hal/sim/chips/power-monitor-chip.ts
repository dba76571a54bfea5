/**
 * What the INA219 and the INA226 have in common as chips: their surroundings, and when they convert. The three MODE bits
 * stand at the same end of both configurations: bit 0 the shunt, bit 1 the bus, bit 2 continuous.
 */
import { type Micros, micros } from '../../../units.ts';
import type { PowerAnalogue } from './chip.ts';
import { ConversionClock, NEVER } from './conversion-clock.ts';
import { WordRegisterChip } from './word-register-chip.ts';

export interface PowerMonitorChipOptions {
  /** 7-bit address, default 0x40. */
  readonly address?: number;
  /** Shunt in Ω, default 0.1. */
  readonly shuntOhm?: number;
}

export abstract class PowerMonitorChip extends WordRegisterChip {
  protected readonly analogue: PowerAnalogue;
  protected readonly shuntOhm: number;
  /** The configuration register. */
  protected config: number;
  readonly #clock = new ConversionClock(NEVER);
  #started = false;

  protected constructor(config: number, analogue: PowerAnalogue, options: PowerMonitorChipOptions) {
    super(options.address ?? 0x40);
    this.analogue = analogue;
    this.shuntOhm = options.shuntOhm ?? 0.1;
    this.config = config;
  }

  protected get convertsShunt(): boolean {
    return (this.config & 1) !== 0;
  }

  protected get convertsBus(): boolean {
    return (this.config & 2) !== 0;
  }

  /** The time that the conversions of the present configuration take. */
  protected abstract cycleUs(): Micros;
  /** Takes the analogue values over into the result registers. */
  protected abstract convert(): void;

  advance(): void {
    const now = this.analogue.now?.();
    if (now === undefined) {
      if (this.#converts && !this.frozen) this.convert();
      return;
    }
    if (!this.#started) {
      this.#started = true;
      this.#clock.restart(micros(now + this.cycleUs()));
    }
    if (!this.#clock.tick(now, this.cycleUs())) return;
    // A triggered conversion is the only one.
    if ((this.config & 4) === 0) this.#clock.restart(NEVER);
    if (!this.frozen) this.convert();
  }

  /** Writing the configuration starts the conversions afresh. */
  protected configure(config: number): void {
    this.config = config;
    this.#started = true;
    this.#clock.restart(this.#converts ? micros((this.analogue.now?.() ?? 0) + this.cycleUs()) : NEVER);
  }

  /** False = powered down. */
  get #converts(): boolean {
    return (this.config & 3) !== 0;
  }
}
