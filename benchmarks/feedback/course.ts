/**
 * One bench under the feedback, or under a pattern that nobody changes, with what a controller sees and no more: a sight of the
 * film that is a cycle late, noisy, of an unknown scale, on an offset that walks, and a thermal model that is a few per cent off.
 */
import { longestPulseS, pulseForSwing } from '../../src/control/swing.ts';
import { type FilmState, type Now, type Proposal, type Sight, startFilm, stepFilm } from '../../src/film/adapt.ts';
import type { Bounds } from '../../src/film/patterns.ts';
import type { Poles } from '../../src/model/thermal.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import { COMPILED } from '../../src/params/limits.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import type { FilmKinetics } from '../../src/twin/film.ts';
import { Prng } from '../../src/twin/prng.ts';
import { millis } from '../../src/units.ts';
import { HELD_BELOW } from '../heat/oracle.ts';
import { Plant } from './plant.ts';

const DEFAULTS = defaultSettings();
export const GATE = { dutyMax: DEFAULTS['gate.dutyMax'], longestOnUs: millis(DEFAULTS['gate.longestOnMs']) } as never as {
  dutyMax: never;
  longestOnUs: ReturnType<typeof millis>;
};

/** Standard error of a sight in full light, walk of its offset in an hour, error of a time constant or rise, of the level. */
const SIGHT_ERROR = 3e-4;
const WALK_PER_H = 2e-4;
const MODEL_ERROR = 0.025;
const LEVEL_ERROR_K = 0.3;
/** With less light than this the film is not seen. */
const DARK = 0.005;

export interface Course {
  /** Never above the limit; never from the moment on when the pattern was declared. */
  readonly held: boolean;
  readonly heldAfter: boolean;
  readonly exposedS: number;
  readonly forS: number;
  /** Light before a pattern was declared, s of full light; null = never. */
  readonly searchS: number | null;
  /** Mean light after it. */
  readonly lit: number;
  readonly adaptations: number;
  readonly words: readonly string[];
  readonly last: FilmState | null;
  readonly meanK: number;
}

export interface Conditions {
  readonly bench: BenchFile;
  readonly forS: number;
  readonly seed: number;
  readonly kinetics?: Partial<FilmKinetics>;
  readonly change?: (plant: Plant, atS: number) => void;
  readonly trace?: boolean;
}

/** The sight of the controller. */
class Eye {
  private readonly chance: Prng;
  private readonly scale: number;
  private offset = 0;
  private late: Sight = { segregated: null, error: SIGHT_ERROR };

  constructor(seed: number) {
    this.chance = new Prng(seed, 901);
    this.scale = 2 ** (2 * this.chance.uniform() - 1);
  }

  /** Takes the cold end of a cycle; gives that of the cycle before. */
  take(plant: Plant, cycleS: number): Sight {
    this.offset += WALK_PER_H * Math.sqrt(cycleS / 3600) * this.chance.normal();
    const error = SIGHT_ERROR / Math.sqrt(Math.max(DARK, plant.light));
    const seen = this.scale * (process.env.HOT ? plant.hotEnd : plant.film.segregated) + this.offset + error * this.chance.normal();
    const before = this.late;
    this.late = { segregated: plant.light < DARK ? null : seen, error };
    return before;
  }
}

export const BOUNDS: Bounds = {
  shareMax: Math.min(0.5, COMPILED.pulseShare, DEFAULTS['gate.dutyMax'] - 0.012),
  longestOnS: DEFAULTS['gate.longestOnMs'] / 1000,
  periodLeastS: 1.5,
  periodMostS: 12,
};

export function drive({ bench, forS, seed, kinetics, change, trace = false }: Conditions): Course {
  const plant = new Plant(bench, HELD_BELOW, kinetics);
  const eye = new Eye(seed);
  const chance = new Prng(seed, 902);
  const off = [0, 0, 0, 0].map(() => 1 + MODEL_ERROR * chance.normal());
  const levelErrorK = LEVEL_ERROR_K * chance.normal();
  const poles = (): Poles => {
    const { fastK, slowK, fastTauS, slowTauS } = plant.poles();
    const [a = 1, b = 1, c = 1, d = 1] = off;
    return { fastK: fastK * a, slowK: slowK * (1 + 3 * (b - 1)), fastTauS: fastTauS * c, slowTauS: slowTauS * (1 + 3 * (d - 1)) };
  };
  const nowOf = (): Now => ({ atS: plant.timeS, poles: poles(), levelC: plant.substrate.roomC + levelErrorK, bounds: BOUNDS });
  const words: string[] = [];
  let { state, proposal } = startFilm(nowOf());
  let order = proposal as Proposal;
  let [adaptations, searchS, heldAfter, litBefore, timeBefore, heatS] = [0, null as number | null, true, 0, 0, 0];
  let held = true;
  while (plant.timeS < forS) {
    change?.(plant, plant.timeS);
    const periodS = order.periodMs / 1000;
    const longestS = Math.min(longestPulseS(periodS, GATE), order.longestOnMs / 1000);
    const onS = pulseForSwing(poles(), order.swingK, periodS, longestS);
    plant.light = order.light;
    plant.peak = 0;
    plant.step(onS, true);
    const hot = plant.film.segregated;
    plant.step(periodS - onS, false);
    heatS += onS;
    plant.hotEnd = Math.max(hot, plant.film.segregated);
    if (plant.light > 0 && plant.peak > HELD_BELOW) {
      if (trace && held) words.push(`${plant.timeS.toFixed(0)} s: ABOVE, ${state.light} ${JSON.stringify(state.pattern)} cycles ${state.cycles} search ${state.search?.stage}`);
      held = false;
      if (searchS !== null) heldAfter = false;
    }
    const sight = eye.take(plant, periodS);
    ({ state, proposal } = stepFilm(state, sight, nowOf()));
    if (state.phase === 'adapt' && searchS === null) [searchS, litBefore, timeBefore] = [plant.litS, plant.litS, plant.timeS];
    if (proposal) {
      order = proposal;
      if (searchS !== null && !proposal.rescue) adaptations += 1;
      if (trace) words.push(`${plant.timeS.toFixed(0)} s, truth ${plant.film.segregated.toExponential(1)} peak ${plant.peak.toExponential(1)}: ${proposal.swingK} K/${proposal.periodMs} ms at ${proposal.light}: ${proposal.why}`);
    }
  }
  const afterS = plant.timeS - timeBefore;
  return {
    held,
    heldAfter,
    exposedS: plant.exposedS,
    forS: plant.timeS,
    searchS,
    lit: searchS === null ? plant.litS / plant.timeS : (plant.litS - litBefore) / afterS,
    adaptations,
    words,
    last: state,
    meanK: heatS / plant.timeS,
  };
}
