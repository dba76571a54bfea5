/** Commissions a simulated bench in virtual time, exactly as `remixd commission` does. */
import type { Calibration } from '../config/calibration.ts';
import type { BenchFile } from '../params/bench-file.ts';
import type { Settings } from '../params/settings.ts';
import { assembleSimulation } from './assemble.ts';
import { commissionBench, type Outcome } from './commissioning.ts';
import { sizing } from './excitation.ts';
import { Guide } from './guide.ts';

export interface Commissioned {
  readonly outcome: Outcome;
  /** Highest film temperature, by the twin. */
  readonly peakC: number;
}

/** What a thermometer beside the sample shows, °C: without heat, and at the end of the longest heat. */
export interface Reference {
  readonly coldC: number;
  readonly hotC: number;
}

/** `settings` are those of a bench whose sensors are not corrected. */
export async function commissionSimulated(
  settings: Settings,
  bench: BenchFile | null,
  {
    thorough = false,
    reference = null,
    light = null,
  }: { readonly thorough?: boolean; readonly reference?: Reference | null; readonly light?: number | null } = {},
): Promise<Commissioned> {
  const rig = assembleSimulation({ settings, bench, recipe: sizing() });
  let peakC = Number.NEGATIVE_INFINITY;
  const guide = new Guide(rig, async (tick, over) => {
    while (!over()) {
      tick();
      peakC = Math.max(peakC, rig.bench.twin.filmC);
    }
  });
  const outcome = await commissionBench(guide, {
    settings,
    referenceC: reference?.coldC ?? null,
    referenceHotC: reference?.hotC ?? null,
    thorough,
    light,
    wallTime: '2026-01-01T00:00:00.000Z',
    say: () => {},
  });
  await guide.off();
  return { outcome, peakC };
}

/** Settings with what commissioning found. */
export const calibratedBy = (settings: Settings, { settings: found }: Calibration): Settings => ({
  ...settings,
  ...found,
  'heater.commissioned': true,
});
