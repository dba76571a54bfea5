/** The delivered simulated bench: its light and its sensors, where samples and substrate have no say. */
import type { FilmKinetics } from './film.ts';
import type { Brightening, IonBrightening, LeadLeak, Photoloss, Sample } from './samples.ts';
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
  /** How far the mains wanders from its nominal frequency, Hz; 0 = it does not. */
  readonly mainsErrorHz: number;
  /** A lamp, or the sun, that comes and goes by itself. */
  readonly lamp: Lamp | null;
  /** Where the photodiode amplifiers end, V; the converter may end before. */
  readonly railV: number;
  /** Noise of a single conversion: a part of its own, V, and a share of the signal. */
  readonly noiseV: number;
  readonly noiseShare: number;
}

/** Light of the room that comes on for `onS` every `everyS`, first at `firstS`, s; it takes `riseS` to come and to go. */
export interface Lamp {
  /** What it adds to every photodiode, V. */
  readonly volts: number;
  readonly firstS: number;
  readonly everyS: number;
  readonly onS: number;
  readonly riseS: number;
}

/** What a lamp adds `timeS` after the bench was switched on, V. */
export function lampV({ volts, firstS, everyS, onS, riseS }: Lamp, timeS: number): number {
  if (timeS < firstS) return 0;
  const s = (timeS - firstS) % everyS;
  if (s >= onS) return 0;
  return riseS > 0 ? volts * Math.min(1, s / riseS, (onS - s) / riseS) : volts;
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
  mainsErrorHz: 0,
  lamp: null,
  railV: Number.POSITIVE_INFINITY,
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

/** What slowly changes the emitter. Where the sample has none of its own, what is left out is as here, and without effect. */
export interface Slow {
  readonly ions: IonBrightening;
  readonly brightening: Brightening;
  readonly photoloss: Photoloss;
  readonly leadLeak: LeadLeak;
}
/** Rates of hashimoto-2024, zhang-2021 and liu-2021 with nothing to reach. */
const NOTHING_SLOW: Slow = {
  ions: { gain: 0, riseS: 600, decayS: 4000 },
  brightening: { plqyFrom: 1, plqyTo: 1, riseS: 3600, darkPerS: 4.17e-6, darkEnergy: 42.1, lifetimeToNs: null },
  photoloss: { share: 0, tauS: 8 * 3600 },
  leadLeak: {
    tauS: Number.POSITIVE_INFINITY,
    creepNm: 4,
    defect: { peakNm: 620, fwhmNm: 120 },
    defectShare: 0.06,
  },
};

type Some<T> = { readonly [K in keyof T]?: T[K] | undefined };

/** What differs from the delivered bench; what is left out is as delivered, or as the sample has it. */
export interface TwinParts {
  readonly substrate?: Some<SubstrateParameters> | undefined;
  readonly film?: Some<FilmKinetics> | undefined;
  readonly emission?: Some<Emissive> | undefined;
  readonly slow?: { readonly [K in keyof Slow]?: Some<Slow[K]> | undefined } | undefined;
  readonly optics?: Some<LightPath> | undefined;
  readonly sensors?: Some<SensorErrors> | undefined;
}

/** `base` with what `some` says. */
export function differing<T extends object>(base: T, some: Some<NoInfer<T>> | undefined): T {
  if (!some) return base;
  const said = Object.entries(some).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(said) };
}

/** The sample with its slow changes as `slow` says. */
export function slowed(sample: Sample, slow: TwinParts['slow']): Sample {
  const { ions, brightening, photoloss, leadLeak } = NOTHING_SLOW;
  return {
    ...sample,
    ions: changed(sample.ions, ions, slow?.ions),
    brightening: changed(sample.brightening, brightening, slow?.brightening),
    photoloss: changed(sample.photoloss, photoloss, slow?.photoloss),
    leadLeak: changed(sample.leadLeak, leadLeak, slow?.leadLeak),
  };
}

const changed = <T extends object>(own: T | null, without: NoInfer<T>, some: Some<NoInfer<T>> | undefined): T | null =>
  some ? differing<T>(own ?? without, some) : own;
