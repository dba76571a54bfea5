/** Parts of the snapshot, each from what one room knows. */
import { lastingDuty } from '../control/budget.ts';
import type { Order } from '../control/order.ts';
import type { Pattern } from '../control/wanted.ts';
import { type Estimate, reachOf, timeToReachS } from '../model/observer.ts';
import { hasSetpoint } from '../params/modes.ts';
import type { FilmView, GateView, Measured, ReachView, SaturationView } from '../params/snapshot.ts';
import type { SensorWatch } from '../safety/watch.ts';
import { type Instant, inSeconds } from '../units.ts';

/** Whether the heat in force is constant, and its period, s. */
export const heatOf = (pattern: Pattern | null): { constant: boolean; periodS: number | null } => ({
  constant: pattern !== null && pattern.onUs === pattern.periodUs,
  periodS: pattern && pattern.onUs < pattern.periodUs ? inSeconds(pattern.periodUs) : null,
});

export function measured<T>({ value, at, good, why }: SensorWatch<T>): Measured<T> {
  const quality = value !== null ? 'ok' : why ? `${why.kind}${why.detail ? ` ${why.detail}` : ''}` : 'stale';
  return { value, at, good, quality };
}

/** Without an end of the run, reach is said for so long from now, s. */
const OPEN_END_S = 3600;

/** The gate’s own account, without what is only for safety. */
export const gateView = ({ high, lastRiseUs, lastFallUs, heatedUs, edges }: GateView): GateView => ({
  high,
  lastRiseUs,
  lastFallUs,
  heatedUs,
  edges,
});

/** What is known of the film and of what heat can do with it. */
export function filmViews(
  film: Estimate | null,
  { commissioned, dutyMax }: { readonly commissioned: boolean; readonly dutyMax: number },
  order: Order,
  leftS: number | null,
  saturatedAt: Instant | null,
): { film: FilmView | null; reach: ReachView | null; saturation: SaturationView | null } {
  if (!film) return { film: null, reach: null, saturation: null };
  const { filmC, errorK, levelC, gain, gainError, power, contactChanged } = film;
  const duty = lastingDuty({ dutyMax });
  const waitsS = hasSetpoint(order.mode) ? timeToReachS(film, duty, order.setpointC) : null;
  return {
    film: { celsius: filmC, errorK, levelC, gain, gainError, power, contactChanged },
    reach: commissioned ? reachOf(film, duty, leftS ?? OPEN_END_S) : null,
    saturation: saturatedAt === null ? null : { since: saturatedAt, reachedInS: waitsS },
  };
}
