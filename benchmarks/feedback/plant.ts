/**
 * A drawn bench without its controller and sensors: supply, heater, substrate and film, stepped from edge to edge. An hour
 * takes some tens of milliseconds, so that many hours of feedback can be compared.
 */

import type { Poles } from '../../src/model/thermal.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { differing } from '../../src/twin/delivered.ts';
import { Film, type FilmKinetics } from '../../src/twin/film.ts';
import { type SampleName, sampleOf } from '../../src/twin/samples.ts';
import { PAPER_SUBSTRATE, Substrate, type SubstrateParameters } from '../../src/twin/substrate.ts';

/** Longest step, s: what the film’s integrator is accurate for. */
const STEP_S = 0.02;
const HEATER_A = 0.4;

export class Plant {
  readonly substrate: Substrate;
  readonly film: Film;
  readonly parameters: SubstrateParameters;
  /** Of this film; they may change while it is lit. */
  readonly kinetics: { -readonly [K in keyof FilmKinetics]: FilmKinetics[K] };
  light = 1;
  /** Light over what it was at first. */
  excitation = 1;
  supplyV: number;
  /** Time so far, s; lit time, dimmed light counted by its share; time with any light; that above `limit`. */
  timeS = 0;
  litS = 0;
  lampS = 0;
  exposedS = 0;
  /** The largest segregated fraction since it was last set to 0. */
  peak = 0;

  constructor(
    readonly bench: BenchFile,
    private readonly limit: number,
    kinetics: Partial<FilmKinetics> = {},
  ) {
    const roomC = bench.room?.celsius ?? 23.8;
    this.parameters = differing(PAPER_SUBSTRATE, bench.substrate);
    this.substrate = new Substrate(this.parameters, roomC);
    const film = differing(sampleOf((bench.sample ?? 'feng-2023') as SampleName).kinetics, bench.film);
    this.kinetics = { ...film, ...kinetics };
    this.film = new Film(this.kinetics, roomC);
    this.supplyV = this.substrate.nominalSupplyV(HEATER_A) * (bench.supply?.scale ?? 1);
  }

  /** Heater on or off for `spanS`. */
  step(spanS: number, on: boolean): void {
    const n = Math.ceil(spanS / STEP_S - 1e-9);
    const dtS = spanS / n;
    const { substrate, film } = this;
    for (let i = 0; i < n; i += 1) {
      substrate.step(dtS, on ? substrate.currentA(this.supplyV) : 0);
      film.step(dtS, substrate.filmC, this.light * this.excitation);
      if (film.segregated > this.peak) this.peak = film.segregated;
      if (this.light > 0 && film.segregated > this.limit) this.exposedS += dtS;
    }
    this.timeS += spanS;
    this.litS += spanS * this.light;
    if (this.light > 0) this.lampS += spanS;
  }

  /** The poles as they are with this supply. */
  poles(): Poles {
    const { substrate, parameters } = this;
    const share =
      (substrate.currentA(this.supplyV) ** 2 * substrate.resistanceOhm() * substrate.gain) / parameters.ratedW;
    const { fastK, slowK, fastTauS, slowTauS } = parameters;
    return { fastK: fastK * share, slowK: slowK * share, fastTauS, slowTauS };
  }
}
