/** How the bench is when a command is decided, and how a command is refused. */
import type { Code, FieldError } from './answers.ts';
import type { Patch } from './patch.ts';
import type { SearchOrder } from './search.ts';
import type { Settings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';

/** A trial of settings, as a command has to know it. */
export interface TrialView {
  readonly rev: number;
  readonly by: string;
  readonly patch: Patch;
  /** Seconds until it goes back by itself; 0 or less once its time is over. */
  readonly leftS: number;
  /** Whether the film was seen when it began. */
  readonly watched: boolean;
}

export interface BenchView {
  readonly snapshot: Snapshot;
  readonly revision: number;
  readonly trial: TrialView | null;
  /** What holds without any trial. */
  readonly base: Settings;
  /** An order to arm waits to be carried out. */
  readonly ordered: boolean;
  readonly recipes: readonly string[];
  readonly search: SearchOrder['state'] | null;
  readonly mayArm: boolean;
  readonly mayTune: boolean;
}

export interface Refusal {
  readonly refused: Code;
  readonly text: string;
  readonly errors?: readonly FieldError[];
}
/** A refusal, or the text of the answer when the command is carried out. */
export type Decision = Refusal | string;

export const refuse = (refused: Code, text: string, errors?: readonly FieldError[]): Refusal => ({
  refused,
  text,
  ...(errors && { errors }),
});
