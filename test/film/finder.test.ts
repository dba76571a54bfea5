import { describe, expect, it } from 'vitest';
import {
  cellsOf,
  type FinderState,
  type Found,
  foundBy,
  type Limits,
  type Now,
  type Played,
  startFinder,
  stepFinder,
} from '../../src/film/finder.ts';
import { dutyOf } from '../../src/film/grid.ts';
import { outcomeOf, predicted, slowRiseK } from '../../src/film/map.ts';
import { patternRise, TwoPole } from '../../src/model/thermal.ts';
import { Prng } from '../../src/twin/prng.ts';
import { ratio } from '../../src/units.ts';

const POLES = { fastK: 9, slowK: 6.5, fastTauS: 2.85, slowTauS: 550 };
const LIMITS: Limits = { shareMax: 0.55, longestOnS: 5, peakMostC: 42 };
const LEVEL_C = 23.8;
const TICK_S = 0.1;

/** What a film shows at the cold end of a cycle; `cycles` since the light came on. */
type Film = (played: Played, run: { readonly meanC: number; readonly cycles: number }) => number | null;

interface Options {
  readonly limits?: Partial<Limits>;
  readonly levelC?: number;
  readonly seed?: number;
}

/** A search on a plant that heats as the model says, with a film that shows what it is told to. */
class Search {
  state: FinderState;
  readonly played: Played[] = [];
  /** Each time the light came on: how long it had been dark, and the rise of the slow pole. */
  readonly lit: { readonly darkS: number; readonly slowK: number; readonly pattern: Played }[] = [];
  litS = 0;
  private readonly plant = new TwoPole(POLES);
  private readonly limits: Limits;
  private readonly levelC: number;
  private atS = 0;

  constructor(film: Film, { limits = {}, levelC = LEVEL_C, seed = 1 }: Options = {}) {
    this.limits = { ...LIMITS, ...limits };
    this.levelC = levelC;
    const prng = new Prng(seed);
    const chance = (): number => prng.uniform();
    let { state, play } = startFinder(this.now, chance);
    let [cycles, cycleS, darkS] = [0, 0, 0];
    while (state.phase !== 'done') {
      if (play) {
        if (play.lit) this.lit.push({ darkS, slowK: this.plant.slowK, pattern: play });
        this.played.push(play);
        [cycles, cycleS] = [0, 0];
      }
      const inForce = this.played.at(-1)!;
      this.atS += TICK_S;
      this.plant.step(TICK_S, ratio(dutyOf(inForce)));
      darkS = inForce.lit ? 0 : darkS + TICK_S;
      if (inForce.lit) this.litS += TICK_S;
      cycleS += TICK_S;
      let sight = null;
      if (inForce.lit && cycleS >= inForce.periodS) {
        cycleS = 0;
        cycles += 1;
        const segregated = film(inForce, { meanC: this.now.filmC, cycles });
        sight = { segregated, error: 3e-4 };
      }
      ({ state, play } = stepFinder(state, sight, this.now, chance));
    }
    if (play) this.played.push(play);
    this.state = JSON.parse(JSON.stringify(state));
  }

  private get now(): Now {
    const { plant, levelC, limits, atS } = this;
    return { atS, poles: POLES, levelC, slowK: plant.slowK, filmC: levelC + plant.filmK, limits };
  }

  get found(): Found {
    return foundBy(this.state);
  }
}

const swingOf = ({ onS, periodS }: Played): number => patternRise(POLES, onS, periodS).swingK;
const mixed: Film = () => 1e-4;
const lost: Film = (_, { cycles }) => (cycles > 1 ? 0.2 : 1e-3);
/** Holds with a swing of 1.5 K and more, at periods of up to 6 s. */
const ordinary: Film = (played, { cycles }) =>
  swingOf(played) > 1.5 && played.periodS <= 6 ? 3e-4 : cycles > 1 ? 0.1 : 5e-3;

describe('the search for a pattern', () => {
  it('finds one that holds, and nearly the gentlest', () => {
    const { found, litS } = new Search(ordinary);
    expect(ordinary({ ...found.pattern!, lit: true, why: null }, { meanC: 26, cycles: 5 })).toBeLessThan(1e-3);
    // 0.6 s every 6 s is the least that holds.
    expect(found.pattern!.duty).toBeLessThan(0.16);
    expect(litS).toBeLessThan(300);
  });

  it('gives up with a clear word where nothing holds, and for little light', () => {
    const { found, litS, state } = new Search(lost);
    expect(found.pattern).toBeNull();
    expect(found.why).toContain('No pattern of the grid keeps this film mixed');
    expect(litS).toBeLessThan(250);
    for (const trial of state.trials) expect(trial.broken).toBe(true);
  });

  it('ends a trial at the second cycle that shows a segregated film', () => {
    const { state } = new Search(lost);
    for (const { lightS, periodS } of state.trials) expect(lightS).toBeLessThan(2 * periodS + 0.3);
  });

  it('lights a film only after it was mixed and its pattern has settled in the dark', () => {
    for (const { lit } of [new Search(ordinary), new Search(lost), new Search(mixed)]) {
      expect(lit.length).toBeGreaterThan(1);
      for (const { darkS, pattern } of lit) {
        expect(darkS).toBeGreaterThanOrEqual(18 + Math.max(12, 3 * pattern.periodS) - 0.2);
      }
    }
  });

  it('lights it where the substrate is as warm as the pattern would make it, or was warmed for long', () => {
    const { lit } = new Search(lost);
    for (const { slowK, darkS, pattern } of lit) {
      const warm = slowRiseK(pattern, POLES);
      if (darkS < 480) expect(slowK).toBeGreaterThan(0.9 * warm - 0.1);
    }
    expect(lit.some(({ pattern }) => slowRiseK(pattern, POLES) > 0.5)).toBe(true);
  });

  it('is not deceived by a film that is mixed only while it is cool', () => {
    const warmC = 26;
    const film: Film = (_, { meanC, cycles }) => (meanC < warmC ? 1e-4 : cycles > 1 ? 0.1 : 1e-3);
    const { found } = new Search(film);
    expect(found.pattern).not.toBeNull();
    const { onS, periodS } = found.pattern!;
    expect(LEVEL_C + patternRise(POLES, onS, periodS).meanK).toBeLessThan(warmC + 0.2);
  });

  it('plays nothing beyond the limits of the bench', () => {
    const limits = { shareMax: 0.2, longestOnS: 0.8, peakMostC: 27.5 };
    const { played, found } = new Search(ordinary, { limits });
    for (const { onS, periodS, lit } of played) {
      expect(onS / periodS).toBeLessThanOrEqual(0.2 + 1e-9);
      expect(onS).toBeLessThanOrEqual(0.8);
      if (lit) expect(LEVEL_C + patternRise(POLES, onS, periodS).peakK).toBeLessThanOrEqual(27.5);
    }
    expect(found.map.length).toBeLessThan(97);
    expect(found.map.length).toBeGreaterThan(5);
  });

  it('says so where no pattern lies within the limits, and plays nothing', () => {
    const { played, found } = new Search(mixed, { limits: { peakMostC: 20 } });
    expect(played).toEqual([]);
    expect([found.pattern, found.why]).toEqual([null, 'No pattern of the grid lies within the limits of the bench.']);
  });

  it('ends after five trials of a film that cannot be seen, each after a longer wait in the dark', () => {
    const { state, found, lit, litS } = new Search(() => null);
    expect(state.trials.map(({ shown }) => shown)).toEqual([null, null, null, null, null]);
    expect([found.pattern, found.why]).toEqual([null, 'The film could not be seen.']);
    for (const [i, waitS] of [60, 120, 240, 480].entries()) expect(lit[i + 1]!.darkS).toBeGreaterThan(waitS);
    expect(litS).toBeLessThan(150);
  });

  it('goes on where it was when the film can be seen again', () => {
    let left = 6;
    const blindAtFirst: Film = (played, run) => {
      left -= 1;
      return left > 0 ? null : ordinary(played, run);
    };
    const { state, found } = new Search(blindAtFirst);
    expect(state.trials[0]!.shown).toBeNull();
    expect(found.pattern).not.toBeNull();
  });

  it('counts a film that was seen at first and then no more as not seen', () => {
    const { state } = new Search((_, { cycles }) => (cycles < 3 ? 1e-4 : null));
    for (const { shown } of state.trials) expect(shown).toBeNull();
  });

  it('watches a film that still rises for longer, and judges it by its end', () => {
    const rising: Film = (_, { cycles }) => 1.5e-3 * cycles;
    const { state } = new Search(rising);
    const [first] = state.trials;
    expect(first!.lightS).toBeGreaterThan(35);
    expect(first!.shown).toBeGreaterThan(6e-3);
  });

  it('watches a cool film for longer', () => {
    const cool = new Search(mixed, { levelC: 18 }).state.trials[0]!;
    const warm = new Search(mixed, { levelC: 26 }).state.trials[0]!;
    expect(cool.lightS).toBeGreaterThan(1.8 * warm.lightS);
  });

  it('ends a trial that the light does not suffice for, and takes nothing from it', () => {
    const now = (atS: number): Now => ({ atS, poles: POLES, levelC: LEVEL_C, slowK: 0, filmC: 25, limits: LIMITS });
    const { state } = startFinder(now(0), () => 0);
    const long = { onS: 0.5, periodS: 5, swingK: 1.4, meanC: 25, shown: 0.01, error: 3e-4, lightS: 290, broken: false };
    const lit: FinderState = { ...state, phase: 'lit', trials: [long], sights: [{ segregated: 1e-4, error: 3e-4 }] };
    const after = (atS: number): FinderState => stepFinder(lit, null, now(atS), () => 0).state;
    expect(after(4.9).phase).toBe('lit');
    expect(after(5.1)).toMatchObject({ phase: 'done', trials: [long, { shown: null }] });
  });

  it('takes a film below its mixed level for a level that was too high', () => {
    const { state } = new Search((_, { cycles }) => (cycles === 1 ? -6e-3 : -2e-3));
    expect(state.trials[0]!.shown).toBeCloseTo(-2e-3 + 6e-3 - 3 * 3e-4, 6);
  });

  it('has an order by chance, and the same for the same chance', () => {
    const order = (seed: number): string => new Search(lost, { seed }).state.trials.map(({ onS }) => onS).join();
    expect(order(3)).toBe(order(3));
    expect(new Set([1, 2, 3, 4].map(order)).size).toBeGreaterThan(1);
  });

  it('says of each trial what it is and what it showed', () => {
    const { played } = new Search(lost);
    const said = played.flatMap(({ why }) => (why === null ? [] : [why]));
    expect(said[0]).toMatch(/^Trial 1: [\d.]+ s every [\d.]+ s \(holds with a probability of 0\.\d\d\)/);
    expect(said.some((text) => /^20\.0 % after \d+ s of light: it segregates\. Trial 2:/.test(text))).toBe(true);
    expect(said.at(-1)).toContain('The search is over.');
    expect(played.at(-1)!.lit).toBe(false);
  });
});

describe('the map', () => {
  const cells = cellsOf({ poles: POLES, levelC: LEVEL_C, limits: LIMITS });
  const at = (map: ReturnType<typeof predicted>, onS: number, periodS: number) =>
    map.find((one) => one.onS === onS && one.periodS === periodS)!;
  const trial = (onS: number, periodS: number, shown: number, meanC: number) => {
    const { swingK } = patternRise(POLES, onS, periodS);
    return { onS, periodS, swingK, meanC, shown, error: 3e-4, lightS: 25, broken: shown > 0.02 };
  };

  it('has the whole grid, each cell at its own warm mean, with a slow pole somewhat stronger than believed', () => {
    expect(cells.length).toBe(97);
    for (const { onS, periodS, meanC } of cells) {
      const { meanK } = patternRise(POLES, onS, periodS);
      expect(meanC - LEVEL_C - meanK).toBeCloseTo((0.15 * POLES.slowK * onS) / periodS, 9);
    }
  });

  it('believes more of a pattern that held and of its neighbours, less of one that broke, and little changes far away', () => {
    const before = predicted(cells, []);
    const held = predicted(cells, [trial(0.6, 5, 2e-4, 26)]);
    const broke = predicted(cells, [trial(0.6, 5, 0.2, 26)]);
    expect(at(held, 0.6, 5).holds).toBeGreaterThan(0.9);
    expect(at(broke, 0.6, 5).holds).toBeLessThan(0.1);
    expect(at(held, 0.7, 5).holds).toBeGreaterThan(at(before, 0.7, 5).holds);
    expect(at(broke, 0.7, 5).holds).toBeLessThan(at(before, 0.7, 5).holds);
    expect(at(held, 0.6, 5).error).toBeLessThan(at(before, 0.6, 5).error);
    expect(at(held, 2, 10).error).toBeGreaterThan(0.8 * at(before, 2, 10).error);
  });

  it('believes less of a pattern that held a film cooler than its own warm state', () => {
    const { meanC } = at(predicted(cells, []), 0.6, 5);
    const cool = predicted(cells, [trial(0.6, 5, 2e-4, meanC - 3)]);
    const warm = predicted(cells, [trial(0.6, 5, 2e-4, meanC)]);
    expect(at(cool, 0.6, 5).holds).toBeLessThan(at(warm, 0.6, 5).holds);
    expect(at(cool, 0.6, 5).log10).toBeGreaterThan(at(warm, 0.6, 5).log10);
  });

  it('takes a film below its noise for a bound, which proves the less the more noise there is', () => {
    const dim = (error: number) => at(predicted(cells, [{ ...trial(0.2, 10, 0, 24.7), error }]), 0.2, 10);
    expect(dim(3e-4).holds).toBeGreaterThan(0.9);
    expect(dim(6e-3).holds).toBeLessThan(0.5);
    expect(dim(6e-3).log10).toBeGreaterThan(dim(2e-3).log10 + 0.2);
    const sharp = at(predicted(cells, [{ ...trial(0.2, 10, 3e-3, 24.7), error: 1e-5 }]), 0.2, 10);
    expect(dim(1.5e-3).log10).toBeCloseTo(sharp.log10, 1);
    expect(dim(1.5e-3).error).toBeGreaterThan(1.2 * sharp.error);
  });

  it.each([
    [5.9e-3, 1e-3, 'mixed'],
    [6e-3, 1.1e-3, 'unsure'],
    [0, 5e-3, 'unsure'],
    [8e-3, 1e-4, 'segregated'],
    [null, 1e-4, 'unseen'],
  ] as const)('says of %s ± %s that it is %s', (shown, error, outcome) => {
    expect(outcomeOf({ shown, error, broken: false })).toBe(outcome);
  });

  it('leaves a trial out that saw nothing', () => {
    const blind = { ...trial(0.6, 5, 0, 26), shown: null };
    expect(predicted(cells, [blind])).toEqual(predicted(cells, []));
  });
});
