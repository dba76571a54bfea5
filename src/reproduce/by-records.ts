/**
 * The statements of the papers as the records of the same runs tell them: R1 to R22 beside P1 to P22, RS2 to RS10 beside S2 to
 * S10, and R24 to R26 about the six patterns together. Spectra, lifetimes and samples on the shelf leave no record of this bench.
 */
import { type Claim, type Compared, compare, judged, type See } from './judgement.ts';
import type { Lab } from './lab.ts';
import { FILM, LATER, TEMPERATURE } from './told-film.ts';
import { OTHERS } from './told-others.ts';
import { PATTERNS, SIX_TOGETHER } from './told-patterns.ts';

const ALL = [...TEMPERATURE, ...FILM, ...PATTERNS, ...LATER, ...SIX_TOGETHER, ...OTHERS];

/** All statements with what the records say of their figures. */
export const claims = (see: See): Claim[] => ALL.map((make) => make(see));

/** Judges all statements by the records, and only then opens the truth beside each. */
export function byRecords(lab: Lab): Compared[] {
  const list = claims((...run) => lab.run(...run).records).map((claim) => ({ claim, by: judged(claim) }));
  return list.map(({ claim, by }) => compare(claim, by, lab));
}
