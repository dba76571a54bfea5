/** What is known of the film’s heat, for those who choose patterns. */
import type { Now } from '../../film/finder.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { secondsOf } from '../../units.ts';

/** Null while nothing is known of the film’s temperature. */
export function knownOf({ at, film, reach }: Snapshot): Omit<Now, 'limits'> | null {
  if (!film || !reach) return null;
  const { poles, levelC, slowK, celsius } = film;
  return { atS: secondsOf(at), poles, levelC, slowK, filmC: celsius };
}
