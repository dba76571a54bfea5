/** How severe each fault is, and when it clears: what follows from its action. */
import { FAULTS, type FaultAction, type FaultName, type FaultRow } from './faults.ts';

/** The actions in order of severity; the kernel compares with these numbers. */
export const SEVERITY = { warn: 1, inhibit: 2, pause: 3, trip: 4, lockout: 5 } as const satisfies Record<
  FaultAction,
  number
>;
/** 1 (warn) to 5 (lockout). */
export const severity = (name: FaultName): number => SEVERITY[FAULTS[name].action];

/** Those of the faults that are at least so severe. */
export const atLeast = (faults: readonly FaultName[], action: FaultAction): readonly FaultName[] =>
  faults.filter((name) => severity(name) >= SEVERITY[action]);

const CLEARS: Record<FaultAction, string> = {
  warn: 'when the condition has cleared',
  inhibit: 'when the condition has cleared',
  pause: 'when the condition has cleared; once it has become a trip, when acknowledged after that',
  trip: 'when acknowledged after the condition has cleared',
  lockout: 'only by a reset at the bench with no current flowing',
};
/** When a fault clears, in words. */
export const clearsWhen = (name: FaultName): string => {
  const row: FaultRow = FAULTS[name];
  return row.clears ?? CLEARS[row.action];
};

/** What to do about a fault now: nothing is acknowledged where nothing is latched. */
export const remedyOf = (name: FaultName, latched: boolean): string => {
  const row: FaultRow = FAULTS[name];
  return latched ? row.remedy : (row.unlatched ?? row.remedy);
};
