/** Recipes and recorded runs as the page server sends them. Types only, so that a browser needs none of the tables. */
import type { RunNotes } from './run-notes.ts';
import type { Verdict } from './verdict.ts';

export interface ListedRecipe {
  readonly name: string;
  /** Made on this device; else it came with remixd. */
  readonly own: boolean;
  readonly title: string;
  /** Why it cannot be played; null = it can. */
  readonly problem: string | null;
  readonly steps: number;
  /** Null for one that follows the settings, and so has no end. */
  readonly longest_s: number | null;
}

/** A recipe that was played on the simulated bench, with a picture (SVG). Temperatures in °C; shares are the twin’s truth, 0..1. */
export interface DryRunView {
  readonly ok: boolean;
  readonly armed: boolean;
  readonly refused: string | null;
  readonly trips: readonly { readonly code: string; readonly name: string }[];
  readonly seconds: number;
  readonly peakC: number;
  readonly cycles: number;
  readonly energyJ: number;
  readonly segregated: { readonly final: number; readonly peak: number };
  readonly picture: string;
}

/** A record as the list has it; nothing of its rows was read. */
export interface ListedRun {
  readonly folder: string;
  /** Why it cannot be read; null = it can. */
  readonly problem: string | null;
  /** Null where the record does not say. */
  readonly simulated: boolean | null;
  readonly started_utc: string | null;
  readonly recipe: string | null;
  readonly sample: string | null;
  readonly operator: string | null;
  readonly note: string | null;
  /** How it ended, and the user alarm that ended it; null while it goes on, or where it was cut. */
  readonly ended: { readonly state: string | null; readonly by: string | null } | null;
  readonly folders: number;
}

/** One run of a record with its figures of merit, each in words, too. */
export interface StudiedRun {
  readonly run: number | null;
  readonly started_utc: string | null;
  readonly pattern: string | null;
  readonly basis: string;
  readonly last_verdict: Verdict | null;
  readonly verdict_shares: Readonly<Record<string, number>>;
  readonly segregated_estimate: unknown;
  readonly simulated_truth: unknown;
  readonly figures: readonly {
    readonly name: string;
    readonly label: string;
    readonly note: string | null;
    readonly value: number | null;
    readonly words: string;
  }[];
  readonly verdicts: readonly { readonly what: Verdict; readonly fromS: number; readonly toS: number }[];
  readonly marks: readonly { readonly what: string; readonly atS: number }[];
}

export interface StudiedRecord {
  readonly folder: string;
  /** What is not there, in sentences. */
  readonly missing: readonly string[];
  readonly notes: RunNotes;
  readonly runs: readonly StudiedRun[];
}

/** Columns of a run: least and largest value of each stretch, null where there is none. */
export interface RunColumns {
  readonly bin_s: number;
  /** s since the recipe started. */
  readonly t: readonly number[];
  readonly columns: Readonly<
    Record<string, { readonly min: readonly (number | null)[]; readonly max: readonly (number | null)[] }>
  >;
}
