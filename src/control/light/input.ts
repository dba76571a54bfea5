/** What the light path is given at each tick. */
import type { LightChannelName } from '../../params/channels.ts';
import type { Celsius, Instant, Ratio, Span, Volts } from '../../units.ts';

/** Photodiode voltages, V, and when each was converted; `full`: where a channel saturates. */
export interface Scan extends Readonly<Record<LightChannelName, Volts>> {
  readonly full: Volts;
  readonly takenAt: Readonly<Record<LightChannelName, Instant>>;
}

export interface LightInput {
  /** This tick’s reading; null = none. */
  readonly scan: Scan | null;
  /** Excitation asked for, 0..1. */
  readonly light: Ratio;
  readonly filmC: Celsius | null;
  /** Whether `filmC` is the observer’s; else a thermocouple’s, which is behind the film. */
  readonly byModel: boolean;
  readonly gateHigh: boolean;
  readonly lastRiseUs: Instant;
  readonly lastFallUs: Instant;
  /** When the next pulse is planned, and how often they come; null = no pulses. */
  readonly pulses: { readonly nextUs: Instant; readonly periodUs: Span } | null;
}
