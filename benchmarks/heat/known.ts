/** What a controller knows of a drawn bench: what commissioning found there, with or without a reference thermometer. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { calibratedBy, commissionSimulated } from '../../src/rig/commissioned.ts';
import { Prng } from '../../src/twin/prng.ts';
import { type Converter, strangerTo } from './bench.ts';

/** A reference thermometer shows the film’s rise with this relative error. */
const REFERENCE_ERROR = 0.01;

/** Settings after the quick commissioning, or null where the bench was refused. */
export async function commissionedSettings(
  bench: BenchFile,
  converter: Converter,
  withReference: boolean,
): Promise<Settings | null> {
  const stranger = strangerTo(bench, converter);
  let done = await commissionSimulated(stranger, bench);
  if (withReference) {
    const coldC = bench.room?.celsius ?? stranger['sim.ambientC'];
    const error = REFERENCE_ERROR * new Prng(bench.seed ?? 1, 5).normal();
    // The film is hottest at the end of the longest heat, which is when the thermometer is read.
    const hotC = coldC + (done.peakC - coldC) * (1 + error);
    done = await commissionSimulated(stranger, bench, { reference: { coldC, hotC } });
  }
  return done.outcome.kind === 'good' ? calibratedBy(stranger, done.outcome.calibration) : null;
}
