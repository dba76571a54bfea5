/**
 * The simulated sample on its heated substrate under its light, with the analogue side of every sensor. No clock and no
 * I/O: time passes by `step`, and all randomness comes from the seed, drawn when a sensor converts.
 */
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
}

/** Long enough to simulate hours quickly, short compared with every time constant with the heater off, s. */
const COARSE_S = 5;
/** The converter sits beside warm electronics. */
const COLD_JUNCTION_RISE_K = 1.5;

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
  thermocoupleOffsetK = 0;
  thermocoupleDriftKPerS = 0;
  /** Error of the converter’s cold junction, and a hot object in the infrared view, K. */
  coldJunctionErrorK = 0;
  infraredExtraK = 0;
  /** Volts added to every photodiode by room light; and a channel driven to its rail. */
  ambientLightV = 0.002;
  photodiodesSaturated = false;
  light = 0;

  private thermocoupleC: number;
  private infraredC: number;
  private excitationDrift = 0;
  private excitationOnS = 0;
  private driftDueS = 1;
  private readonly contactExp = new CachedDecay();
  private readonly infraredExp = new CachedDecay();
  private readonly thermalNoise: Prng;
  private readonly electricalNoise: Prng;
  private readonly opticalNoise: Prng;

  constructor(private readonly options: TwinOptions) {
    this.sample = sampleOf(options.sample);
    this.substrate = new Substrate(PAPER_SUBSTRATE, options.ambientC);
    this.substrate.gain = 1 + options.plantMismatch;
    this.film = new Film(this.sample.kinetics, options.ambientC);
    this.ageing = new Ageing(this.sample);
    this.thermocoupleC = options.ambientC;
    this.infraredC = options.ambientC;
    this.thermalNoise = new Prng(options.seed, 1);
    this.electricalNoise = new Prng(options.seed, 2);
    this.opticalNoise = new Prng(options.seed, 3);
  }

  get filmC(): number {
    return this.substrate.filmC;
  }

  /** Advances by `dtS` (at most 0.02 s) with constant heater current. */
  step(dtS: number, currentA: number): void {
    this.substrate.step(dtS, currentA);
    const filmC = this.substrate.filmC;
    this.film.step(dtS, filmC, this.light);
    this.ageing.step(dtS, filmC, this.light);
    const touched = this.thermocoupleDetached ? this.substrate.ambientC : this.contactC(filmC);
    this.thermocoupleC =
      touched + (this.thermocoupleC - touched) * this.contactExp.at(dtS, this.options.thermocoupleLagS);
    const seen = this.infraredObstructed ? this.substrate.ambientC : filmC;
    this.infraredC = seen + (this.infraredC - seen) * this.infraredExp.at(dtS, this.options.infraredLagS);
    this.thermocoupleOffsetK += this.thermocoupleDriftKPerS * dtS;
    this.stepExcitation(dtS);
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
    const { ambientC } = this.substrate;
    return ambientC + this.options.thermocoupleContact * (filmC - ambientC);
  }

  /** Warm-up of 2 % over minutes and a slow random walk of about 0.5 %. */
  private stepExcitation(dtS: number): void {
    if (this.light <= 0) return;
    this.excitationOnS += dtS;
    this.driftDueS -= dtS;
    if (this.driftDueS > 0) return;
    this.driftDueS += 1;
    this.excitationDrift = 0.999 * this.excitationDrift + 2e-4 * this.options.noise * this.opticalNoise.normal();
  }

  /** Excitation reaching the film over what was asked, about 1. */
  excitation(): number {
    const warmUp = this.options.noise > 0 ? 1 - 0.02 * Math.exp(-this.excitationOnS / 300) : 1;
    return warmUp + this.excitationDrift;
  }

  emissions(): Emission[] {
    return emissions(this.sample, this.film, this.ageing, this.filmC, this.light * this.excitation());
  }

  /** What the thermocouple’s hot end and its converter’s cold junction feel, °C. */
  hotJunctionC(): number {
    const terminalsC = this.substrate.ambientC + COLD_JUNCTION_RISE_K;
    const felt = terminalsC + this.thermocoupleGain * (this.thermocoupleC - terminalsC) + this.thermocoupleOffsetK;
    // The converter adds its own, possibly wrong, cold junction to the emf between the true ends.
    return felt + this.coldJunctionErrorK + 0.03 * this.options.noise * this.thermalNoise.normal();
  }
  coldJunctionC(): number {
    return (
      this.substrate.ambientC +
      COLD_JUNCTION_RISE_K +
      this.coldJunctionErrorK +
      0.02 * this.options.noise * this.thermalNoise.normal()
    );
  }
  infraredObjectC(): number {
    return this.infraredC + this.infraredExtraK + 0.06 * this.options.noise * this.thermalNoise.normal();
  }
  infraredAmbientC(): number {
    return this.substrate.ambientC + 0.02 * this.options.noise * this.thermalNoise.normal();
  }

  /** Additive noise of the current and voltage monitor, A and V. */
  currentNoiseA(): number {
    return 2e-4 * this.options.noise * this.electricalNoise.normal();
  }
  voltageNoiseV(): number {
    return 2e-3 * this.options.noise * this.electricalNoise.normal();
  }

  /** Voltage of a photodiode channel, before its converter. */
  photodiodeV(channel: PhotodiodeChannel): number {
    if (this.photodiodesSaturated) return 5;
    const noise = this.options.noise;
    const clean =
      channel === 'reference'
        ? 2 * this.light * this.excitation()
        : this.light > 0
          ? photodiodeVolts(this.emissions(), PHOTODIODES[channel])
          : 0;
    const sigma = noise * (2e-4 + 1e-3 * clean);
    return Math.max(0, clean + this.ambientLightV + sigma * this.opticalNoise.normal());
  }
}
