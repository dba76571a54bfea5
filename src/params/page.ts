/** What controller, page server and browser hand each other. Types only, so that a browser needs none of the tables. */
import type { Answer } from './answers.ts';
import type { CauseName, Part } from './cause.ts';
import type { CommandName, Role } from './commands.ts';
import type { Cell } from './telemetry.ts';
import type { Verdict } from './verdict.ts';

/** A fault, alarm or trip as people are told of it. */
export interface Told {
  readonly code: string;
  readonly name: string;
  readonly label: string;
  readonly sentence: string;
  readonly cause: string | null;
  readonly remedy: string | null;
  /** warn, inhibit, pause, trip or lockout; alarm for a user alarm. */
  readonly action: string;
}

/** What a person can do next, and what stands in the way. */
export interface NextStep {
  readonly command: CommandName | null;
  readonly label: string;
  readonly text: string;
  /** Seconds until it can be done; 0 = now. */
  readonly in_s: number;
}

/** A pattern of the map of a search: pulses of `on_s` every `period_s`. */
export interface FindPattern {
  readonly on_s: number;
  readonly period_s: number;
}

/** What is predicted of a pattern, once the substrate is warm. */
export interface FindCell extends FindPattern {
  /** Probability to hold. */
  readonly holds: number;
  /** log10 of the segregated share at the cold end of a cycle, and its standard error. */
  readonly log10: number;
  readonly error: number;
}

export interface FindTrial extends FindPattern {
  readonly outcome: 'mixed' | 'segregated' | 'unsure' | 'unseen';
  /** Segregated share at the cold end, and its standard error; null = the film was not seen. */
  readonly shown: number | null;
  readonly error: number | null;
  readonly light_s: number;
}

/** wait = settings go back first · mix, warm, settle = in the dark · lit · done = mixed once more · over */
export type FindPhase = 'wait' | 'mix' | 'warm' | 'settle' | 'lit' | 'done' | 'over';

/** A search for a pattern in this run. */
export interface FindView {
  readonly phase: FindPhase;
  /** Who asked for it. */
  readonly by: string;
  readonly for_s: number;
  readonly light_s: number;
  /** Where a search ends at the latest. */
  readonly most: { readonly light_s: number; readonly trials: number };
  readonly trials: readonly FindTrial[];
  /** The pattern that is prepared or lit. */
  readonly cell: FindPattern | null;
  /** All patterns within the limits of the bench, after the trials so far. */
  readonly map: readonly FindCell[];
  readonly found:
    | (FindPattern & {
        readonly holds: number;
        readonly swing_k: number;
        readonly duty: number;
        readonly mean_c: number;
      })
    | null;
  /** Nobody has turned the pattern found since, and its run goes on. */
  readonly in_force: boolean;
  /** What it has said last. */
  readonly why: string;
}

/** The whole state of the controller as the page shows it; times are s, differences of temperature K. */
export interface PageState {
  /** Start of the program that it belongs to: another one means that the controller was restarted. */
  readonly boot: string;
  /** Rises with each state. */
  readonly seq: number;
  readonly mono_s: number;
  /** s since 1970; null while the clock is not set. */
  readonly wall_s: number | null;
  /** How much faster than real time the simulated bench runs; 1 on hardware. */
  readonly speed: number;
  readonly device: string;
  readonly simulated: boolean;
  readonly nonce: string;
  readonly rev: number;
  readonly may: { readonly arm: boolean; readonly tune: boolean };
  readonly trial: {
    readonly rev: number;
    readonly by: string;
    readonly patch: Readonly<Record<string, unknown>>;
    readonly left_s: number;
  } | null;
  /** Settings that can be changed while the program runs, with their values in force. */
  readonly values: Readonly<Record<string, number | string | boolean>>;
  readonly state: {
    readonly name: string;
    readonly label: string;
    readonly sentence: string;
    readonly running: boolean;
  };
  readonly state_for_s: number;
  readonly trip: (Told & { readonly trip: number; readonly kind: string }) | null;
  readonly next: NextStep;
  readonly faults: readonly Told[];
  readonly alarms: readonly Told[];
  /** The user alarm that ended the last run, in a sentence. */
  readonly ended_by: string | null;
  /** An order to arm waits. */
  readonly ordered: boolean;
  /** What the heat is at, in words: `pulse 0.5 s every 5 s (10 %)`. */
  readonly mode: string;
  readonly heater_on: boolean;
  readonly run: {
    readonly number: number;
    readonly recipe: string;
    readonly time_s: number | null;
    readonly finished: boolean;
  };
  readonly progress: {
    readonly step: number;
    readonly of: number;
    readonly left_s: number | null;
    readonly note: string | null;
  };
  readonly verdict: {
    readonly name: Verdict;
    readonly label: string;
    readonly why: string;
    readonly text: string;
    readonly for_s: number;
    readonly alarming: boolean;
    readonly segregated: number | null;
    readonly error: number | null;
    readonly anchored: boolean;
  };
  readonly cause: {
    readonly name: CauseName;
    readonly label: string;
    readonly sentence: string;
    readonly tell: string;
    readonly confidence: number;
    readonly for_s: number;
    /** Each in % of the light of the mixed band. */
    readonly parts: readonly { readonly part: Part; readonly label: string; readonly percent: number }[] | null;
  };
  /** The search for a pattern of this run, or of the run that ended last; null = none was asked for. */
  readonly find: FindView | null;
  /** Why no search can begin on this bench now; null = one can. */
  readonly find_hindrance: string | null;
  /** What the film can reach, °C, now and at the end of the run; null without a commissioned model. */
  readonly reach: { readonly now_c: number; readonly end_c: number } | null;
  readonly saturated: boolean;
  readonly measured: Readonly<Record<string, Cell>>;
  /** What does not work of the remote side, or null. */
  readonly link: Told | null;
  /** Words on how the history and the record are doing; null while all is well. */
  readonly disk: string | null;
  readonly record: string;
}

/** An event as the page lists it. */
export interface PageEvent {
  /** Rises by one; a number that is missing is an event that was lost. */
  readonly seq: number;
  readonly mono_s: number;
  readonly wall_s: number | null;
  readonly run: number;
  readonly kind: string;
  readonly code: string;
  readonly text: string;
}

/** One sample of the chart: its time and the columns of CHART_COLUMNS, absent ones null. */
export interface ChartSample {
  readonly mono_s: number;
  readonly values: readonly (number | null)[];
  readonly verdict: Verdict;
}

/** Of earlier starts of the program, or of this one, too. */
export type PastOf = 'earlier' | 'all';
/** What the history has of them. */
export interface PagePast {
  readonly samples: readonly ChartSample[];
  readonly events: readonly PageEvent[];
}

/** A span in which the heater was on, s of the bench’s time. */
export type HeatSpan = readonly [fromS: number, toS: number];

/** What the controller hands its page server, at most some times a second. */
export interface Batch {
  readonly kind: 'batch';
  /** JSON of a PageState. */
  readonly state: string;
  readonly events: readonly PageEvent[];
  readonly samples: readonly ChartSample[];
  readonly heat: readonly HeatSpan[];
}

/** Who asks, as the server has proven it. */
export interface Asker {
  readonly name: string;
  readonly roles: readonly Role[];
}

export type ToServer =
  | Batch
  | ({ readonly kind: 'past' } & PagePast)
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** Lets everybody go and ends. */
  | { readonly kind: 'close' };

export type FromServer =
  /** It listens, or why not. */
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'deaf'; readonly why: string }
  /** A batch was taken: another one may come. */
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'order';
      readonly id: number;
      readonly command: CommandName;
      readonly args: unknown;
      readonly asker: Asker;
    }
  /** A recipe was kept or dropped. */
  | { readonly kind: 'recipes'; readonly names: readonly string[] }
  /** Prometheus asks; the text comes as an answer. */
  | { readonly kind: 'metrics'; readonly id: number }
  /** Something for the record. */
  | { readonly kind: 'note'; readonly level: 'note' | 'trouble'; readonly text: string };

/** The process that serves the page, as the front sees it. */
export interface PageProcess {
  post(message: ToServer): void;
  /** Ends it by force; another one is started. */
  end(): void;
  close(): Promise<void>;
}
