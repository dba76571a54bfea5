import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startFilm, stepFilm } from '../../src/film/adapt.ts';
import { type Bounds, isStrong, strongFor } from '../../src/film/patterns.ts';
import type { FilmState, Now, Proposal, Sight, Step } from '../../src/film/state.ts';

const POLES = { fastK: 9, slowK: 6.5, fastTauS: 2.85, slowTauS: 560 };
const BOUNDS: Bounds = { shareMax: 0.55, longestOnS: 5, periodLeastS: 1.5, periodMostS: 12 };
const NOW: Now = { atS: 0, poles: POLES, levelC: 24, slowK: 0, bounds: BOUNDS };
const ERROR = 3e-4;
const HOUR_S = 3600;

/** A run in which each pattern shows what `film` says; a cycle takes a period. */
class Run {
  readonly said: Proposal[] = [];
  now: Now;
  state: FilmState;
  inForce: Proposal;

  constructor(
    private readonly film: (inForce: Proposal, run: Run) => number | null,
    change: Partial<Now> = {},
  ) {
    this.now = { ...NOW, ...change };
    const { state, proposal } = startFilm(this.now);
    this.state = state;
    this.inForce = proposal as Proposal;
  }

  get strong(): boolean {
    return isStrong(this.state.pattern);
  }

  for(spanS: number, change: Partial<Now> = {}): this {
    const untilS = this.now.atS + spanS;
    while (this.now.atS < untilS) {
      this.now = { ...this.now, ...change, atS: this.now.atS + this.inForce.periodMs / 1000 };
      const segregated = this.inForce.light === 0 ? null : this.film(this.inForce, this);
      const { state, proposal }: Step = stepFilm(this.state, { segregated, error: ERROR }, this.now);
      this.state = JSON.parse(JSON.stringify(state));
      if (proposal) {
        this.said.push(proposal);
        this.inForce = proposal;
      }
    }
    return this;
  }
}

const gentleShows =
  (value: number, strong = 0) =>
  (_: Proposal, { strong: isNow }: Run) =>
    isNow ? strong : value;

describe('a film that stays mixed', () => {
  it('is declared found after a minute without anything to see, and then left alone for hours', () => {
    const run = new Run(() => 0).for(50);
    expect(run.state.phase).toBe('find');
    run.for(30);
    expect(run.state.phase).toBe('adapt');
    run.for(3 * HOUR_S);
    expect(run.said).toEqual([]);
    expect(run.strong).toBe(false);
  });

  it('is left alone although the sight is noisy', () => {
    let turn = 0;
    const noise = [1, -0.4, 2, -2.2, 0.3, -1.1, 0.8, 2.4, -1.6, -0.2];
    const run = new Run(() => {
      turn += 1;
      return ERROR * (noise[turn % noise.length] ?? 0);
    }).for(10 * HOUR_S);
    expect(run.said).toEqual([]);
  });
});

describe('a film that shows a precursor', () => {
  it('gets the strong pattern, lit all the time, and keeps it when that is quiet', () => {
    const run = new Run(gentleShows(1.5e-3)).for(600);
    expect(run.strong).toBe(true);
    expect(run.said.length).toBe(1);
    expect(run.said[0]).toMatchObject({ light: 1, rescue: false });
    expect(run.said[0]?.why).toContain('0.15 %');
  });

  it('may show more once it is warm, because nothing more is coming', () => {
    expect(new Run(gentleShows(1.5e-3), { slowK: 3 }).for(600).strong).toBe(false);
    expect(new Run(gentleShows(3.5e-3), { slowK: 3 }).for(600).said.length).toBeGreaterThan(0);
  });

  it('climbs in small steps to the neighbour that shows less', () => {
    // The strong pattern shows less the shorter its period.
    const firstMs = 1000 * strongFor(POLES, BOUNDS).periodS;
    const run = new Run(({ periodMs }, { strong }) => (strong ? 1.9e-3 * (periodMs / firstMs) ** 8 : 2.5e-3)).for(900);
    const periods = run.said.map(({ periodMs }) => periodMs);
    expect(run.strong).toBe(true);
    expect(run.inForce.periodMs).toBeLessThan(periods[0] ?? 0);
    for (let i = 2; i < periods.length; i += 1) {
      expect(Math.abs(Math.log((periods[i] ?? 1) / (periods[i - 1] ?? 1)))).toBeLessThan(0.2);
    }
    expect(run.said.every(({ light }) => light === 1)).toBe(true);
  });
});

describe('a film that goes over the cliff', () => {
  const overCliff = new Run(gentleShows(0.01)).for(30);

  it('is mixed in the dark with the next pattern on, then lit again', () => {
    const [dark, lit] = overCliff.said;
    expect(dark).toMatchObject({ light: 0, rescue: true });
    expect(lit).toMatchObject({ light: 1, rescue: false });
    expect(lit?.swingK).toBe(dark?.swingK);
    expect(overCliff.strong).toBe(true);
  });

  it('goes from strong to gentle through the dark only', () => {
    const run = new Run((_, { strong }) => (strong ? 6e-3 : 0), { levelC: 27 });
    expect(run.strong).toBe(true);
    run.for(300);
    const gentle = run.said.findIndex(({ swingK }) => swingK < 3);
    expect(gentle).toBeGreaterThanOrEqual(0);
    expect(run.said[gentle]?.light).toBe(0);
  });

  it('gets deeply less light, with words, when every pattern breaks, and no light when even that segregates', () => {
    const dim = new Run(({ light }) => (light === 1 ? 0.1 : 0)).for(600);
    expect(dim.inForce.light).toBeGreaterThan(0);
    expect(dim.inForce.light).toBeLessThan(0.05);
    expect(dim.said.some(({ why }) => why.includes('No pattern holds at this light'))).toBe(true);
    const dark = new Run(() => 0.1).for(900);
    expect(dark.inForce.light).toBe(0);
    expect(dark.said.at(-1)?.why).toContain('stays dark');
  });

  it('a pattern that broke is tried again only in a cooler film', () => {
    const run = new Run(gentleShows(0.05)).for(HOUR_S);
    const before = run.said.length;
    run.for(HOUR_S, { levelC: 23.5 });
    expect(run.said.length).toBe(before);
    run.for(700, { levelC: 22 });
    expect(run.said.length).toBeGreaterThan(before);
    expect(run.strong).toBe(true);
    expect(run.said.at(-2)?.why).toContain('Back to what held');
  });
});

describe('without a sight', () => {
  it('the pattern in force stays, and that is said once', () => {
    const run = new Run(() => null).for(HOUR_S);
    expect(run.said.map(({ why }) => why)).toEqual(['The film cannot be seen: the pattern stays as it is.']);
    expect(run.inForce.light).toBe(1);
  });

  it('a search ends with the best that was seen', () => {
    let blind = false;
    const run = new Run((_, { strong }) => (blind ? null : strong ? 1.6e-3 : 1.2e-3)).for(100);
    expect(run.state.search).not.toBeNull();
    blind = true;
    run.for(120);
    expect(run.state.search).toBeNull();
    expect(run.said.at(-1)?.light).toBe(1);
  });
});

describe('the proposals', () => {
  it('a strong pattern is asked for anew when the heater answers differently', () => {
    const run = new Run(gentleShows(1.5e-3)).for(300);
    const before = run.inForce.swingK;
    run.for(60, { poles: { ...POLES, fastK: 0.85 * POLES.fastK, slowK: 0.85 * POLES.slowK } });
    expect(run.inForce.swingK).toBeCloseTo(0.85 * before, 1);
    expect(run.said.at(-1)?.why).toContain('heater answers differently');
  });

  it('stay within the bounds whatever is seen, and the state can be kept as JSON', () => {
    const sights = fc.array(
      fc.oneof(
        fc.constant(null),
        fc.double({ min: -0.002, max: 0.5, noNaN: true }).map((s) => s || 0),
      ),
      {
        minLength: 50,
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(sights, fc.double({ min: 0.05, max: 0.55, noNaN: true }), (seen, shareMax) => {
        const bounds = { ...BOUNDS, shareMax };
        let step = startFilm({ ...NOW, bounds });
        let atS = 0;
        for (const segregated of seen) {
          const sight: Sight = { segregated, error: ERROR };
          atS += 5;
          const state = JSON.parse(JSON.stringify(step.state));
          expect(state).toEqual(step.state);
          step = stepFilm(state, sight, { ...NOW, atS, bounds });
          const { proposal } = step;
          if (!proposal) continue;
          const periodS = proposal.periodMs / 1000;
          expect(periodS).toBeGreaterThanOrEqual(bounds.periodLeastS - 1e-3);
          expect(periodS).toBeLessThanOrEqual(bounds.periodMostS + 1e-3);
          expect(proposal.longestOnMs / 1000).toBeLessThanOrEqual(
            Math.min(shareMax * periodS, bounds.longestOnS) + 2e-3,
          );
          expect(proposal.light).toBeGreaterThanOrEqual(0);
          expect(proposal.light).toBeLessThanOrEqual(1);
          expect(proposal.why).toMatch(/^[A-Z].*\.$/);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
