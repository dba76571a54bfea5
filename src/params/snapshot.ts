/**
 * One tick of the controller, as everybody outside the loop sees it: recorder, history, screen, remote places and the
 * run’s statistics read this frozen record and never the loop itself.
 */
import { type Celsius, type Instant, inSeconds, type Ratio, type Span, since } from '../units.ts';
import type { AlarmEnd, AlarmName } from './alarms.ts';
import type { SightView } from './cause.ts';
import type { FaultName } from './faults.ts';
import type { RecipeStep } from './recipe.ts';
import type { Settings } from './settings.ts';
import type { Latch, SafetyState } from './states.ts';

/** A sensor’s newest good reading, or null and why there is none. */
export interface Measured<T> {
  readonly value: T | null;
  /** Instant of the newest good reading. */
  readonly at: Instant;
  /** Good readings so far: tells a new reading from the one before. */
  readonly good: number;
  /** `ok`, or why the reading is absent. */
  readonly quality: string;
}

/** The safety kernel’s state. */
export interface KernelView {
  readonly name: SafetyState;
  readonly since: Instant;
  /** Since when no fault of trip level was present, or null. */
  readonly calmSince: Instant | null;
  readonly armOrderedAt: Instant | null;
  readonly latch: Latch | null;
}

/** On for `onUs` from `startUs` on, again every `periodUs`. */
export interface PatternView {
  readonly onUs: Span;
  readonly periodUs: Span;
  readonly startUs: Instant;
}

/** What the run asks of control: from a recipe step or from the settings. */
export interface OrderView {
  readonly mode: Settings['control.mode'];
  readonly onUs: Span;
  readonly periodUs: Span;
  readonly setpointC: Celsius;
  readonly swingK: number;
}

/** The gate’s own account. */
export interface GateView {
  readonly high: boolean;
  readonly lastRiseUs: Instant;
  readonly lastFallUs: Instant;
  /** Time in all that both switches were closed. */
  readonly heatedUs: Span;
  readonly edges: number;
}

/** Where the run is in its recipe. */
export interface ProgressView {
  readonly step: RecipeStep | null;
  /** Number of the step, from 1, and of how many; 0 of 0 for a recipe that follows the settings. */
  readonly number: number;
  readonly of: number;
  /** Time to the end of the recipe at the latest, s; null without an end. */
  readonly leftS: number | null;
}

/** What the observer believes of the film; temperatures in °C, differences in K. */
export interface FilmView {
  readonly celsius: Celsius;
  /** Standard error. */
  readonly errorK: number;
  /** The film without heat. */
  readonly levelC: Celsius;
  /** Response to heat over the commissioned one, and its standard error. */
  readonly gain: number;
  readonly gainError: number;
  /** Heater power while on over the declared one. */
  readonly power: number;
  /** Rise of the slow pole now, K. */
  readonly slowK: number;
  /** What the two poles reach under full heat with this power and gain, K, and their time constants, s. */
  readonly poles: {
    readonly fastK: number;
    readonly fastTauS: number;
    readonly slowK: number;
    readonly slowTauS: number;
  };
  /** The thermocouple answers otherwise than at commissioning, and the infrared thermometer does not. */
  readonly contactChanged: boolean;
  /** The infrared thermometer shows less of the rise than at commissioning, and the thermocouple does not. */
  readonly spotChanged: boolean;
  /** Swing in the last whole period of the heat, K: as the bench was commissioned, and as measured; null without periods. */
  readonly pulse: { readonly expectedK: number; readonly measuredK: number; readonly errorK: number } | null;
}

/** The highest film temperatures within reach, °C: in a few seconds, and `endS` from now. */
export interface ReachView {
  readonly nowC: Celsius;
  readonly endC: Celsius;
  readonly endS: number;
}

/** Control asks for more heat than it may have. */
export interface SaturationView {
  readonly since: Instant;
  /** When the setpoint will be within reach, s from now; null = never, or the mode has no setpoint. */
  readonly reachedInS: number | null;
}

export interface Snapshot {
  readonly at: Instant;
  /** Whether a simulated bench is behind the ports; every screen and record says so. */
  readonly simulated: boolean;
  readonly kernel: KernelView;
  /** Whether something may be energised in this state. */
  readonly driven: boolean;
  /** Somebody’s order to arm waits to be carried out. */
  readonly ordered: boolean;
  readonly faults: readonly FaultName[];
  readonly thermocouple: Measured<{ readonly celsius: Celsius; readonly coldJunctionC: Celsius }>;
  readonly infrared: Measured<{ readonly objectC: Celsius; readonly ambientC: Celsius }>;
  readonly power: Measured<{ readonly amps: number; readonly volts: number }>;
  readonly photodiodes: Measured<{
    readonly green: number;
    readonly red: number;
    readonly broadband: number;
    readonly reference: number;
  }>;
  /** The film by both sensors and the heat that was applied; null without readings. */
  readonly film: FilmView | null;
  /** Null without readings, and where no model was commissioned. */
  readonly reach: ReachView | null;
  readonly saturation: SaturationView | null;
  /** What control wants, what safety permits, and what the gate did. Null = off. */
  readonly wanted: PatternView | null;
  readonly permitted: PatternView | null;
  readonly gate: GateView;
  /** Heat budget has drained far enough for an acknowledgement or a new run (I8). */
  readonly drained: boolean;
  /** No current has flowed for long enough to reset a lockout. */
  readonly quiet: boolean;
  readonly order: OrderView;
  readonly light: Ratio;
  /** When the recipe started, or null before that. */
  readonly startedAt: Instant | null;
  /** Thermal cycles of the film since the recipe started (model/cycles.ts); 0 on a bench that nobody commissioned. */
  readonly cycles: number;
  readonly progress: ProgressView;
  /** The recipe has come to its end. */
  readonly finished: boolean;
  /** What the light of the film says of it, and why it does what it does. */
  readonly sight: SightView;
  /** User alarms that are on. */
  readonly alarms: readonly AlarmName[];
  /** The user alarm that ended the last run; null if none did, and from the next arming on. */
  readonly endedBy: AlarmEnd | null;
  /** Settings in force, the revision of the tuning that they belong to, and whether they run on trial. */
  readonly settings: Settings;
  readonly revision: number;
  readonly trial: boolean;
  /** How often arming has begun since the program started: the number of this run, or of the last one. */
  readonly run: number;
  /** Name of the recipe of this run, or of the next one. */
  readonly recipe: string;
}

/** Time since the recipe started, s; null before. */
export const runTimeS = ({ at, startedAt }: Snapshot): number | null =>
  startedAt === null ? null : inSeconds(since(at, startedAt));
