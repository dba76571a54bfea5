/** What is recorded of a run: rows at a steady pace, and events when they happen. */
import type { TelemetryName } from '../params/telemetry.ts';
import type { Micros } from '../units.ts';

/** A cell is a number, a word, or null for a quantity that was not measured. */
export type Row = { readonly [K in TelemetryName]: number | string | null };

export interface EventRecord {
  /** Monotonic time, s. */
  readonly monoS: number;
  /** Time since the recipe started, s; null before. */
  readonly timeS: number | null;
  readonly kind: 'state' | 'fault' | 'clear' | 'edge' | 'command' | 'refused' | 'recipe' | 'gate' | 'disk';
  readonly code: string;
  readonly text: string;
  readonly askedUs?: Micros;
  readonly achievedUs?: Micros;
}

export interface Journal {
  row(row: Row): void;
  event(event: EventRecord): void;
  /** True while what was handed over cannot be written. */
  readonly failing: boolean;
}

/** Hands everything to both. Only the first one’s failing counts: the second is a copy. */
export const twofold = (first: Journal, copy: Journal): Journal => ({
  row: (row) => {
    first.row(row);
    copy.row(row);
  },
  event: (event) => {
    first.event(event);
    copy.event(event);
  },
  get failing() {
    return first.failing;
  },
});

export const NO_JOURNAL: Journal = { row: () => {}, event: () => {}, failing: false };
