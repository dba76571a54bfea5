/** The delivered simulated bench: its light and its sensors, where samples and substrate have no say. */
import type { FilmKinetics } from './film.ts';
import type { Sample } from './samples.ts';
import type { SubstrateParameters } from './substrate.ts';

/** The light path. Shares are of 1; drifts are per hour since the bench was switched on. */
export interface LightPath {
  /** Share of the light outside its band that a filtered photodiode lets through, and its drift. */
  readonly leak: number;
  readonly leakPerH: number;
  /** Sensitivity of the channels over the delivered ones. */
  readonly greenGain: number;
  readonly redGain: number;
  readonly broadbandGain: number;
  readonly referenceGain: number;
  /** Drift of the share of the film’s light that is collected, and standard deviation of its walk. */
  readonly couplingPerH: number;
  readonly couplingWalk: number;
  /** Missing excitation when the lamp is switched on, its time constant, and standard deviation of its walk. */
  readonly warmUp: number;
  readonly warmUpTauS: number;
  readonly walk: number;
  /** What room light adds to every photodiode, V, and the share of it that flickers with twice the mains. */
  readonly roomLightV: number;
  readonly flickerShare: number;
  readonly flickerHz: number;
  /** Noise of a single conversion: a part of its own, V, and a share of the signal. */
  readonly noiseV: number;
  readonly noiseShare: number;
}

export const DELIVERED_LIGHT: LightPath = {
  leak: 0.004,
  leakPerH: 0,
  greenGain: 1,
  redGain: 1,
  broadbandGain: 1,
  referenceGain: 1,
  couplingPerH: 0,
  couplingWalk: 0,
  warmUp: 0.02,
  warmUpTauS: 300,
  walk: 0.004473,
  roomLightV: 0.002,
  flickerShare: 0,
  flickerHz: 100,
  noiseV: 2e-4,
  noiseShare: 1e-3,
};

/** Errors of the sensors, beside contact, lags and emissivity; standard deviations are of a single conversion. */
export interface SensorErrors {
  readonly thermocoupleNoiseK: number;
  readonly thermocoupleOffsetK: number;
  readonly thermocoupleDriftKPerH: number;
  readonly infraredNoiseK: number;
  readonly infraredOffsetK: number;
  readonly currentNoiseA: number;
  readonly voltageNoiseV: number;
}

export const DELIVERED_SENSORS: SensorErrors = {
  thermocoupleNoiseK: 0.03,
  thermocoupleOffsetK: 0,
  thermocoupleDriftKPerH: 0,
  infraredNoiseK: 0.06,
  infraredOffsetK: 0,
  currentNoiseA: 2e-4,
  voltageNoiseV: 2e-3,
};

/** What the sample itself makes of light and temperature. */
export type Emissive = Pick<Sample, 'quenchPerK' | 'segregatedBrightness' | 'shiftNmPerK' | 'broadenNmPerK'>;

type Some<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What differs from the delivered bench; what is left out is as delivered, or as the sample has it. */
export interface TwinParts {
  readonly substrate?: Some<SubstrateParameters> | undefined;
  readonly film?: Some<FilmKinetics> | undefined;
  readonly emission?: Some<Emissive> | undefined;
  readonly optics?: Some<LightPath> | undefined;
  readonly sensors?: Some<SensorErrors> | undefined;
}

/** `base` with what `some` says. */
export function differing<T extends object>(base: T, some: Some<NoInfer<T>> | undefined): T {
  if (!some) return base;
  const said = Object.entries(some).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(said) };
}
