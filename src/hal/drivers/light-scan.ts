/** From the inputs of a photodiode converter to the light channels that are wired to them. */
import { instant, type Volts, volts } from '../../units.ts';
import type { LightChannel, PhotodiodeSample } from '../ports.ts';

/** The converter’s input of each light channel, from 0 on. */
export type LightInputs = Readonly<Record<LightChannel, number>>;

/** The inputs in use, in the order in which they are converted. */
export const inputsInUse = (inputs: LightInputs): readonly number[] =>
  [...new Set(Object.values(inputs))].sort((a, b) => a - b);

/**
 * A sample from the voltages of all inputs, V, and when each was converted, µs, indexed by input. Written out field by field:
 * this runs every tick, and an object filled by names that are only known at run time takes ten times as long.
 */
export const lightSample = (
  measured: ArrayLike<number>,
  takenAt: ArrayLike<number>,
  { green, red, broadband, reference }: LightInputs,
  full: Volts,
): PhotodiodeSample => ({
  green: volts(measured[green]!),
  red: volts(measured[red]!),
  broadband: volts(measured[broadband]!),
  reference: volts(measured[reference]!),
  full,
  takenAt: {
    green: instant(takenAt[green]!),
    red: instant(takenAt[red]!),
    broadband: instant(takenAt[broadband]!),
    reference: instant(takenAt[reference]!),
  },
});
