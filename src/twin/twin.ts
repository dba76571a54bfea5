/**
 * The simulated sample on its heated substrate under its light, with the analogue side of every sensor. No clock and no
 * I/O: time passes by `step`, and all randomness comes from the seed, drawn when a sensor converts.
 */
import {
  DELIVERED_LIGHT,
  DELIVERED_SENSORS,
  differing,
  type LightPath,
  lampV,
  slowed,
  type TwinParts,
} from './delivered.ts';
import { CachedDecay, Film } from './film.ts';
import { Ageing, type Emission, emissions, PHOTODIODES, photodiodeVolts } from './optics.ts';
import { Prng } from './prng.ts';
import { type Sample, type SampleName, sampleOf } from './samples.ts';
import { PAPER_SUBSTRATE, Substrate } from './substrate.ts';

export interface TwinOptions {
  readonly sample: SampleName;
  readonly seed: number;
  readonly ambientC: number;
  /** 0 = no noise, 1 = as measured. */
  readonly noise: number;
  readonly plantMismatch: number;
  readonly thermocoupleContact: number;
  readonly thermocoupleLagS: number;
  readonly infraredLagS: number;
  /** What differs from the delivered bench. */
  readonly parts?: TwinParts;
}

/** Long enough to simulate hours quickly, short compared with every time constant with the heater off, s. */
const COARSE_S = 5;
/** The converter sits beside warm electronics. */
const COLD_JUNCTION_RISE_K = 1.5;

/** Step of a walk with a standard deviation of 1: √(1 − 0.999²), so that the delivered excitation walks by 2e-4 a second. */
const WALK_STEP = 2e-4 / 0.004473;

export type PhotodiodeChannel = 'green' | 'red' | 'broadband' | 'reference';

export class Twin {
  readonly sample: Sample;
  readonly substrate: Substrate;
  readonly film: Film;
  readonly ageing: Ageing;
  /** Detached thermocouple: it reads the air. Obstructed view: the infrared thermometer reads the room. */
  thermocoupleDetached = false;
  infraredObstructed = false;
  /** Share of the emf that reaches the converter: −1 = reversed, near 0 = shorted on the way. */
  thermocoupleGain = 1;
  thermocoupleOffsetK: number;
  thermocoupleDriftKPerS: number;
  /** Share of the film’s rise that the thermocouple feels. */
  thermocoupleContact: number;
  /** Error of the converter’s cold junction, and a hot object in the infrared view, K. */
  coldJunctionErrorK = 0;
  infraredExtraK: number;
  /** Volts added to every photodiode by room light; and a channel driven to its rail. */
  roomLightV: number;
  photodiodesSaturated = false;
  /** The converter gives each channel’s last reading for ever. */
  photodiodesFrozen = false;
  private readonly converted: Partial<Record<PhotodiodeChannel, number>> = {};
  light = 0;
  /** Excitation, and light collected from the film, over what they were at first. */
  excitationScale = 1;
  couplingScale = 1;
  /** Leak of the filters but for its drift, and sensitivities that may change on the way. */
  leak: number;
  greenGain: number;
  redGain: number;
  /** Noise of the photodiodes over what it was at first. */
  noiseScale = 1;

  private readonly optics: LightPath;
  private readonly sensors: typeof DELIVERED_SENSORS;
  private timeS = 0;
  private thermocoupleC: number;
  private infraredC: number;
  private excitationDrift = 0;
  private excitationOnS = 0;
  private couplingDrift = 0;
  private driftDueS = 1;
  /** Walk of the mains frequency about its nominal one, and the turns of the flicker that it has added. */
  private mainsWalk = 0;
  private readonly wanders: boolean;
  private mainsDueS = 1;
  private flickerTurns = 0;
  private readonly contactExp = new CachedDecay();
  private readonly infraredExp = new CachedDecay();
  private readonly thermalNoise: Prng;
  private readonly electricalNoise: Prng;
  private readonly opticalNoise: Prng;
  private readonly couplingNoise: Prng;
  private readonly mainsNoise: Prng;

  constructor(private readonly options: TwinOptions) {
    const { substrate, film, emission, slow, optics, sensors } = options.parts ?? {};
    const sample = slowed(sampleOf(options.sample), slow);
    this.sample = { ...differing(sample, emission), kinetics: differing(sample.kinetics, film) };
    this.optics = differing(DELIVERED_LIGHT, optics);
    this.sensors = differing(DELIVERED_SENSORS, sensors);
    this.roomLightV = this.optics.roomLightV;
    this.leak = this.optics.leak;
    this.greenGain = this.optics.greenGain;
    this.redGain = this.optics.redGain;
    this.thermocoupleContact = options.thermocoupleContact;
    this.thermocoupleOffsetK = this.sensors.thermocoupleOffsetK;
    this.thermocoupleDriftKPerS = this.sensors.thermocoupleDriftKPerH / 3600;
    this.infraredExtraK = this.sensors.infraredOffsetK;
    this.substrate = new Substrate(differing(PAPER_SUBSTRATE, substrate), options.ambientC);
    this.substrate.gain = 1 + options.plantMismatch;
    this.film = new Film(this.sample.kinetics, options.ambientC);
    this.ageing = new Ageing(this.sample);
    this.thermocoupleC = options.ambientC;
    this.infraredC = options.ambientC;
    this.thermalNoise = new Prng(options.seed, 1);
    this.electricalNoise = new Prng(options.seed, 2);
    this.opticalNoise = new Prng(options.seed, 3);
    this.couplingNoise = new Prng(options.seed, 4);
    this.mainsNoise = new Prng(options.seed, 5);
    this.wanders = this.optics.mainsErrorHz > 0 && options.noise > 0;
    if (this.wanders) {
      this.flickerTurns = this.mainsNoise.uniform();
      this.mainsWalk = this.mainsNoise.normal();
    }
  }

  get filmC(): number {
    return this.substrate.filmC;
  }

  /** Advances by `dtS` (at most 0.02 s) with constant heater current. */
  step(dtS: number, currentA: number): void {
    this.timeS += dtS;
    const beforeC = this.substrate.filmC;
    this.substrate.step(dtS, currentA);
    const filmC = this.substrate.filmC;
    this.film.step(dtS, filmC, this.light);
    this.ageing.step(dtS, filmC, this.light);
    // A sensor follows what it saw on average over the step; its end would put it half a step ahead.
    const middleC = (beforeC + filmC) / 2;
    const touched = this.thermocoupleDetached ? this.substrate.roomC : this.contactC(middleC);
    this.thermocoupleC =
      touched + (this.thermocoupleC - touched) * this.contactExp.at(dtS, this.options.thermocoupleLagS);
    const seen = this.infraredObstructed ? this.substrate.roomC : middleC;
    this.infraredC = seen + (this.infraredC - seen) * this.infraredExp.at(dtS, this.options.infraredLagS);
    this.thermocoupleOffsetK += this.thermocoupleDriftKPerS * dtS;
    this.stepExcitation(dtS);
    if (this.wanders) this.stepMains(dtS);
  }

  /** Lets `spanS` pass with the heater off in coarse steps: a sample on the shelf or under its lamp. */
  rest(spanS: number, light: number): void {
    this.light = light;
    for (let t = 0; t < spanS; t += COARSE_S) {
      const dtS = Math.min(COARSE_S, spanS - t);
      this.substrate.step(dtS, 0);
      this.ageing.step(dtS, this.substrate.filmC, light);
      for (let k = 0; k < dtS / 0.02 && this.sample.kinetics.growthPerS > 0; k += 1) {
        this.film.step(0.02, this.substrate.filmC, light);
      }
    }
    this.thermocoupleC = this.substrate.filmC;
    this.infraredC = this.substrate.filmC;
  }

  private contactC(filmC: number): number {
    const { roomC } = this.substrate;
    return roomC + this.thermocoupleContact * (filmC - roomC);
  }

  /** Slow random walks of the excitation and of what is collected of the light; the excitation’s only while it is on. */
  private stepExcitation(dtS: number): void {
    const { walk, couplingWalk } = this.optics;
    const lit = this.light > 0;
    if (lit) this.excitationOnS += dtS;
    else if (couplingWalk === 0) return;
    this.driftDueS -= dtS;
    if (this.driftDueS > 0) return;
    this.driftDueS += 1;
    const { noise } = this.options;
    if (lit) this.excitationDrift = walked(this.excitationDrift, walk * noise, this.opticalNoise);
    if (couplingWalk > 0) this.couplingDrift = walked(this.couplingDrift, couplingWalk * noise, this.couplingNoise);
  }

  /** Ticks of 50 ms would meet an exact mains always at the same phase; a real one passes through all of them. */
  private stepMains(dtS: number): void {
    this.mainsDueS -= dtS;
    if (this.mainsDueS <= 0) {
      this.mainsDueS += 1;
      this.mainsWalk = walked(this.mainsWalk, 1, this.mainsNoise);
    }
    // Light flickers twice a period of the mains.
    const errorHz = 2 * this.optics.mainsErrorHz * Math.max(-1, Math.min(1, this.mainsWalk / 2));
    this.flickerTurns += errorHz * dtS;
  }

  /** Excitation reaching the film over what was asked, about 1. */
  excitation(): number {
    const { warmUp, warmUpTauS } = this.optics;
    const warm = this.options.noise > 0 ? 1 - warmUp * Math.exp(-this.excitationOnS / warmUpTauS) : 1;
    return (warm + this.excitationDrift) * this.excitationScale;
  }

  /** Light of the film that reaches the photodiodes over what it was at first, about 1. */
  private coupling(): number {
    return Math.max(0, this.couplingScale + (this.optics.couplingPerH * this.timeS) / 3600 + this.couplingDrift);
  }

  emissions(): Emission[] {
    return emissions(this.sample, this.film, this.ageing, this.filmC, this.light * this.excitation());
  }

  /** What the thermocouple’s hot end and its converter’s cold junction feel, °C. */
  hotJunctionC(): number {
    const terminalsC = this.substrate.roomC + COLD_JUNCTION_RISE_K;
    const felt = terminalsC + this.thermocoupleGain * (this.thermocoupleC - terminalsC) + this.thermocoupleOffsetK;
    // The converter adds its own, possibly wrong, cold junction to the emf between the true ends.
    return (
      felt + this.coldJunctionErrorK + this.sensors.thermocoupleNoiseK * this.options.noise * this.thermalNoise.normal()
    );
  }
  coldJunctionC(): number {
    return (
      this.substrate.roomC +
      COLD_JUNCTION_RISE_K +
      this.coldJunctionErrorK +
      0.02 * this.options.noise * this.thermalNoise.normal()
    );
  }
  infraredObjectC(): number {
    return (
      this.infraredC +
      this.infraredExtraK +
      this.sensors.infraredNoiseK * this.options.noise * this.thermalNoise.normal()
    );
  }
  infraredAmbientC(): number {
    return this.substrate.roomC + 0.02 * this.options.noise * this.thermalNoise.normal();
  }

  /** Additive noise of the current and voltage monitor, A and V. */
  currentNoiseA(): number {
    return this.sensors.currentNoiseA * this.options.noise * this.electricalNoise.normal();
  }
  voltageNoiseV(): number {
    return this.sensors.voltageNoiseV * this.options.noise * this.electricalNoise.normal();
  }

  /**
   * Voltage of a photodiode channel, before its converter.
   * @param overS how long a converter integrates from now on, s; of flicker only the mean is left, sin(πfτ)/(πfτ)
   */
  photodiodeV(channel: PhotodiodeChannel, overS = 0): number {
    const kept = this.photodiodesFrozen ? this.converted[channel] : undefined;
    const now = kept ?? this.presentV(channel, overS);
    this.converted[channel] = now;
    return now;
  }

  private presentV(channel: PhotodiodeChannel, overS: number): number {
    const { noise } = this.options;
    const { noiseV, noiseShare, railV } = this.optics;
    if (this.photodiodesSaturated) return Math.min(5, railV);
    const clean = this.light > 0 ? this.collected(channel) : 0;
    const sigma = noise * this.noiseScale * (noiseV + noiseShare * clean);
    return Math.min(railV, Math.max(0, clean + this.roomV(overS) + sigma * this.opticalNoise.normal()));
  }

  /** What the room adds to every photodiode from now on for `overS`, V. */
  private roomV(overS: number): number {
    const { flickerShare, flickerHz, lamp } = this.optics;
    const lampNow = lamp ? lampV(lamp, this.timeS) : 0;
    const volts = this.roomLightV + lampNow;
    if (flickerShare <= 0) return volts;
    // Daylight comes gradually and does not hang on the mains.
    const flickers = lamp && lamp.riseS > 0 ? this.roomLightV : volts;
    const left = sinc(flickerHz * overS);
    const sine = left * Math.sin(2 * Math.PI * (flickerHz * (this.timeS + overS / 2) + this.flickerTurns));
    return volts - flickers + flickers * (1 + flickerShare * sine);
  }

  private gainOf(channel: PhotodiodeChannel): number {
    if (channel === 'green') return this.greenGain;
    if (channel === 'red') return this.redGain;
    return this.optics[`${channel}Gain`];
  }

  /** What a channel gets of our own light and of what the film makes of it, V. */
  private collected(channel: PhotodiodeChannel): number {
    const { optics } = this;
    const gain = this.gainOf(channel);
    if (channel === 'reference') return 2 * this.light * this.excitation() * gain;
    const leak = Math.max(0, this.leak + (optics.leakPerH * this.timeS) / 3600);
    return photodiodeVolts(this.emissions(), PHOTODIODES[channel], leak) * this.coupling() * gain;
  }
}

/** A step of a walk that stays within about `spread` of zero and forgets in 1000 steps. */
function walked(value: number, spread: number, chance: Prng): number {
  return 0.999 * value + WALK_STEP * spread * chance.normal();
}

const sinc = (turns: number): number => (turns === 0 ? 1 : Math.sin(Math.PI * turns) / (Math.PI * turns));
