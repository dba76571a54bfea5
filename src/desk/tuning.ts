/**
 * Tuning as a confirmed commit. Changed settings run on trial and are never persisted; they go back to what was confirmed
 * when their time is over, on revert, on any trip, and with a restart. Only a confirmation keeps them. Pure: the caller
 * applies `settings` and persists `confirmed`.
 */
import type { Change } from '../params/events.ts';
import type { Patch } from '../params/patch.ts';
import type { SettingKey, Settings } from '../params/settings.ts';
import { type VerdictView, verdictRow } from '../params/verdict.ts';
import { type Instant, later, seconds, since } from '../units.ts';

export interface Trial {
  readonly rev: number;
  readonly patch: Patch;
  readonly by: string;
  readonly since: Instant;
  readonly until: Instant;
  /** Whether the film was seen when it began: then what it does must be seen to its end. */
  readonly watched: boolean;
}

export interface Tuning {
  /** Rises with every trial and every confirmation; a change must name the one it was made from. */
  readonly rev: number;
  /** What holds without any trial. */
  readonly base: Settings;
  /** What was confirmed so far, over the configuration. */
  readonly confirmed: Patch;
  readonly trial: Trial | null;
}

/** The settings in force. */
export const settingsOf = ({ base, trial }: Tuning): Settings =>
  trial ? ({ ...base, ...trial.patch } as Settings) : base;

export const startTuning = (base: Settings, confirmed: Patch = {}, rev = 0): Tuning => ({
  rev,
  base,
  confirmed,
  trial: null,
});

const isSeen = ({ verdict }: Pick<VerdictView, 'verdict'>): boolean => verdict !== 'CANNOT_SEE' && verdict !== 'DARK';

/** Starts a trial of a patch without errors; there must be none running. */
export const begin = (
  tuning: Tuning,
  patch: Patch,
  by: string,
  {
    now,
    until,
    sight,
  }: { readonly now: Instant; readonly until: Instant; readonly sight: Pick<VerdictView, 'verdict'> },
): Tuning => ({
  ...tuning,
  rev: tuning.rev + 1,
  trial: { rev: tuning.rev + 1, patch, by, since: now, until, watched: isSeen(sight) },
});

/** Keeps the trial. */
export const confirm = (tuning: Tuning): Tuning =>
  tuning.trial === null
    ? tuning
    : {
        rev: tuning.rev + 1,
        base: settingsOf(tuning),
        confirmed: { ...tuning.confirmed, ...tuning.trial.patch },
        trial: null,
      };

/** Goes back to what was confirmed. */
export const revert = (tuning: Tuning): Tuning =>
  tuning.trial === null ? tuning : { ...tuning, rev: tuning.rev + 1, trial: null };

/** Settings that somebody at the bench changed: whatever is changed next must start from them. */
export const rebase = (tuning: Tuning, base: Settings): Tuning => ({ ...tuning, rev: tuning.rev + 1, base });

/** A film that is out of sight for so long while it is tried is not watched: pulses verify a mixed level within 30 s. */
const UNSEEN = seconds(45);

/** Why a trial must end now, or null. A film that was segregated before may be cured by the trial; it ends where it gets worse. */
export function endOf(
  { trial }: Tuning,
  { tripped, sight }: { readonly tripped: boolean; readonly sight: Pick<VerdictView, 'verdict' | 'since'> },
  now: Instant,
): string | null {
  if (trial === null) return null;
  if (tripped) return 'the bench tripped';
  if (verdictRow(sight.verdict).alarming && sight.since > trial.since)
    return 'the photoluminescence shows the onset of segregation';
  if (trial.watched && sight.verdict === 'CANNOT_SEE' && since(now, later(sight.since, trial.since)) > UNSEEN)
    return 'the film can no longer be seen';
  return now >= trial.until ? 'its time is over' : null;
}

/** What differs between two settings in force, in the order of the patch’s keys. */
export const changesOf = (keys: readonly SettingKey[], before: Settings, after: Settings): Change[] =>
  keys.filter((key) => before[key] !== after[key]).map((key) => ({ key, before: before[key], after: after[key] }));
