/**
 * What the INA219 and the INA226 have in common as chips: their surroundings, and when they convert. The three MODE bits
 * stand at the same end of both configurations: bit 0 the shunt, bit 1 the bus, bit 2 continuous.
 *
 * They convert on a clock of their own, not when they are read: the current is the mean of a window that ended before the reading
 * and may straddle an edge. The voltage is taken when the chip is next asked after a conversion was due.
 */
import { after, before, type Instant, NEVER, type Span } from '../../../units.ts';
import type { PowerAnalogue } from './chip.ts';
import { ConversionClock } from './conversion-clock.ts';
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
  private readonly clock = new ConversionClock(NEVER);
  private started = false;

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
  protected abstract cycleUs(): Span;
  /** When the newest conversion of the shunt began and ended, if the newest cycle ended at `end`. */
  protected abstract shuntWindow(end: Instant): readonly [from: Instant, to: Instant];
  /** Takes the analogue values over into the result registers; the current is the mean of the shunt’s window. */
  protected abstract convert(amps: number): void;

  advance(): void {
    const now = this.analogue.now();
    if (!this.started) {
      this.started = true;
      this.clock.restart(after(now, this.cycleUs()));
    }
    const cycleUs = this.cycleUs();
    if (this.clock.tick(now, cycleUs) === 0) return;
    const end = before(this.clock.nextEnd, cycleUs);
    // A triggered conversion is the only one.
    if ((this.config & 4) === 0) this.clock.restart(NEVER);
    if (this.frozen) return;
    this.convert(this.convertsShunt ? this.analogue.amps(...this.shuntWindow(end)) : 0);
  }

  /** Writing the configuration starts the conversions afresh. */
  protected configure(config: number): void {
    this.config = config;
    this.started = true;
    this.clock.restart(this.converts ? after(this.analogue.now(), this.cycleUs()) : NEVER);
  }

  /** False = powered down. */
  private get converts(): boolean {
    return (this.config & 3) !== 0;
  }
}
