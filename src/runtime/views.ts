/** Parts of the snapshot, each from what one room knows. */
import type { Pattern } from '../control/wanted.ts';
import type { GateView, Measured } from '../params/snapshot.ts';
import type { SensorWatch } from '../safety/watch.ts';
import { inSeconds } from '../units.ts';

/** Whether the heat in force is constant, and its period, s. */
export const heatOf = (pattern: Pattern | null): { constant: boolean; periodS: number | null } => ({
  constant: pattern !== null && pattern.onUs === pattern.periodUs,
  periodS: pattern && pattern.onUs < pattern.periodUs ? inSeconds(pattern.periodUs) : null,
});

export function measured<T>({ value, at, good, why }: SensorWatch<T>): Measured<T> {
  const quality = value !== null ? 'ok' : why ? `${why.kind}${why.detail ? ` ${why.detail}` : ''}` : 'stale';
  return { value, at, good, quality };
}
/** The gate’s own account, without what is only for safety. */
export const gateView = ({ high, lastRiseUs, lastFallUs, heatedUs, edges }: GateView): GateView => ({
  high,
  lastRiseUs,
  lastFallUs,
  heatedUs,
  edges,
});
