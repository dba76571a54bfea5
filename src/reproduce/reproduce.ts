/** All statements of all papers, in one go. */
import type { Settings } from '../params/settings.ts';
import { byRecords } from './by-records.ts';
import { FENG_STATEMENTS } from './feng.ts';
import type { Compared } from './judgement.ts';
import { Lab } from './lab.ts';
import { OTHER_STATEMENTS } from './others.ts';
import { type Statement, statement } from './statement.ts';

export interface Reproduction {
  readonly ok: boolean;
  readonly seed: number;
  readonly statements: readonly Statement[];
  /** The same runs by their records alone; what these cannot tell, or tell wrongly, is no failure of the reproduction. */
  readonly records: readonly Compared[];
  readonly lab: Lab;
}

export const STATEMENT_COUNT = FENG_STATEMENTS.length + OTHER_STATEMENTS.length + 1;

/** `onStep` hears what is being worked on: an experiment that starts, or a statement that is finished. */
export function reproduce(
  settings: Settings,
  onStep: (step: { readonly experiment: string } | { readonly statement: Statement }) => void = () => {},
): Reproduction {
  const lab = new Lab(settings, (experiment) => onStep({ experiment }));
  const statements: Statement[] = [];
  const add = (made: Statement): void => {
    statements.push(made);
    onStep({ statement: made });
  };
  for (const make of [...FENG_STATEMENTS, ...OTHER_STATEMENTS]) add(make(lab));
  const records = byRecords(lab);
  add(noTrips(lab));
  return { ok: statements.every(({ ok }) => ok), seed: settings['sim.seed'], statements, records, lab };
}

/** An experiment that the safety kernel had to end proves nothing, so this is a statement of its own. */
function noTrips(lab: Lab): Statement {
  const tripped = [...lab.experiments.values()].filter(({ trips }) => trips.length > 0);
  return statement('K1', 'none of the experiments trips an interlock', [
    { name: 'experimentsThatTripped', got: tripped.length, low: 0, high: 0 },
    { name: 'experiments', got: lab.experiments.size, low: 1, high: Number.POSITIVE_INFINITY },
  ]);
}
