/** Commissions a bench in virtual time, exactly as `remixd commission` does. */
import type { Calibration } from '../../src/config/calibration.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { commissionBench, type Outcome } from '../../src/rig/commissioning.ts';
import { sizing } from '../../src/rig/excitation.ts';
import { Guide } from '../../src/rig/guide.ts';

export interface Commissioned {
  readonly outcome: Outcome;
  readonly peakC: number;
}

/** `referenceHotC`: see `CommissionOrder`. */
export async function commissioned(
  bench: BenchFile,
  settings: Settings,
  thorough: boolean,
  reference: { coldC: number; hotC: number } | null = null,
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
    wallTime: '2026-01-01T00:00:00.000Z',
    say: () => {},
  });
  await guide.off();
  return { outcome, peakC };
}

export const calibrationOf = ({ outcome }: Commissioned): Calibration | null =>
  outcome.kind === 'good' ? outcome.calibration : null;
