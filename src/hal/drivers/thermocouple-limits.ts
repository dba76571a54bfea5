/** Limits that both thermocouple converters share. */
import { type Celsius, celsius, type Instant, seconds, since } from '../../units.ts';
import type { ThermocoupleSample } from '../ports.ts';
import { type Rejected, rejected } from './errors.ts';

/**
 * Range in which the makers specify the cold-junction sensor's best accuracy (MAX31855 datasheet 19-5793, MAX31856
 * datasheet 19-7534, "Electrical characteristics"). A lab is never outside it; a disturbed frame easily is.
 */
export const COLD_JUNCTION_MIN_C: Celsius = celsius(-20);
export const COLD_JUNCTION_MAX_C: Celsius = celsius(85);

export const COLD_JUNCTION: Rejected = rejected('implausible', 'cold-junction');
/** Outside the thermocouple's own range: nothing on this bench is that hot or cold. */
export const OUT_OF_RANGE: Rejected = rejected('sensorfault', 'range');
/** The chip found no couple between its inputs. */
export const OPEN: Rejected = rejected('sensorfault', 'open');
export const SHORT_TO_GROUND: Rejected = rejected('sensorfault', 'shortGnd');
export const SHORT_TO_SUPPLY: Rejected = rejected('sensorfault', 'shortVcc');
/** The chip's fault summary is set, without a cause that could be named. */
export const FLAGGED: Rejected = rejected('sensorfault', 'flag');

/** Two readings in a row whose numbers are further apart than anything on a bench can move. */
export const JUMP: Rejected = rejected('implausible', 'jump');
/** 50 K/s between two readings: four times the default limit of the rise rate. */
const MOST_HOT_STEP_K = 5;
/** The cold junction is the chip’s own body, which follows the room in minutes. */
const MOST_COLD_STEP_K = 1.5;
/** An older reading says nothing of this one. */
const MEMORY = seconds(1);

/**
 * Compares each reading with the one before: neither converter sends a check code, and an input that floats, because its
 * couple broke, may drift fast long before the chip tests for it.
 */
export class JumpWatch {
  /** The newest reading with two possible numbers, believed or not. */
  private before: { readonly value: ThermocoupleSample; readonly at: Instant } | null = null;

  /**
   * Notes `value`, taken at `now`. @returns true when the couple is more than 5 K or the cold junction more than 1.5 K
   * away from the reading before, of the last second
   */
  jumped(value: ThermocoupleSample, now: Instant): boolean {
    const { before } = this;
    this.before = { value, at: now };
    if (before === null || since(now, before.at) > MEMORY) return false;
    const coldStepK = Math.abs(value.coldJunctionC - before.value.coldJunctionC);
    return Math.abs(value.celsius - before.value.celsius) > MOST_HOT_STEP_K || coldStepK > MOST_COLD_STEP_K;
  }

  forget(): void {
    this.before = null;
  }
}
