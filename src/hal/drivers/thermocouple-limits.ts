/** Limits that both thermocouple converters share. */
import { type Celsius, celsius } from '../../units.ts';
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
