/** Everything that happens in a run, as one typed stream. What is recorded, shown and sent are projections of it. */
import type { Instant } from '../units.ts';
import type { AlarmName } from './alarms.ts';
import type { CauseName } from './cause.ts';
import type { CommandName, Origin } from './commands.ts';
import type { FaultName } from './faults.ts';
import type { RecipeStep } from './recipe.ts';
import type { SettingKey } from './settings.ts';
import type { Latch, SafetyState } from './states.ts';
import type { Sight, Verdict } from './verdict.ts';

/** A setting that was changed. */
export interface Change {
  readonly key: SettingKey;
  readonly before: unknown;
  readonly after: unknown;
}

export type EventBody =
  | { readonly kind: 'state'; readonly from: SafetyState; readonly to: SafetyState; readonly latch: Latch | null }
  /** Once for each trip and lockout, when it is latched; also for one that was found latched at the start. */
  | { readonly kind: 'trip'; readonly latch: Latch }
  | { readonly kind: 'fault' | 'clear'; readonly fault: FaultName }
  /** A user alarm came on, with what was seen; or went off. */
  | { readonly kind: 'alarm'; readonly alarm: AlarmName; readonly ends: boolean; readonly text: string }
  | { readonly kind: 'alarm-off'; readonly alarm: AlarmName }
  /** What the light says of the film has changed; `text` says why. */
  | {
      readonly kind: 'verdict';
      readonly from: Verdict;
      readonly to: Verdict;
      readonly sight: Sight | null;
      readonly segregated: number | null;
      readonly text: string;
    }
  /** The cause of what the light does is another one; `text` has its parts. */
  | { readonly kind: 'cause'; readonly from: CauseName; readonly to: CauseName; readonly text: string }
  | { readonly kind: 'edge'; readonly rising: boolean; readonly askedUs: Instant; readonly achievedUs: Instant }
  | { readonly kind: 'gate'; readonly code: string; readonly text: string }
  | { readonly kind: 'recipe'; readonly step: RecipeStep }
  | { readonly kind: 'disk'; readonly code: string; readonly text: string }
  /** A command that was obeyed, or refused with the reason. */
  | {
      readonly kind: 'command' | 'refused';
      readonly name: CommandName | (string & {});
      readonly text: string;
      /** Left out where the kernel itself refuses what was accepted before. */
      readonly origin?: Origin;
      readonly code?: number;
    }
  /** Settings in force were changed: on trial, for good, back again, or by a key. */
  | {
      readonly kind: 'tuning';
      readonly what: 'tried' | 'confirmed' | 'reverted' | 'set';
      readonly revision: number;
      readonly origin: Origin;
      readonly changes: readonly Change[];
      readonly why: string;
    }
  /** Something that people should know of the controller itself: link, history, calendar, files. */
  | { readonly kind: 'note' | 'trouble'; readonly code: string; readonly text: string };

export type RunEvent = EventBody & {
  readonly at: Instant;
  /** Time since the recipe started, s; null before. */
  readonly timeS: number | null;
  /** Number of the run, as in the snapshot; 0 before the first. */
  readonly run: number;
};
