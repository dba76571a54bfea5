/** A search for a pattern that was asked for at the desk: what it begins with, what ends it, and what it leaves behind. */
import { describe, expect, it } from 'vitest';
import { followSettings, plainDesk } from '../../../src/cli/simulated-desk.ts';
import type { Desk } from '../../../src/desk/desk.ts';
import type { Pattern } from '../../../src/film/patterns.ts';
import { FORGETFUL } from '../../../src/fronts/film/adaptation.ts';
import { type FilmFront, openFilm } from '../../../src/fronts/film/front.ts';
import { injectionOf } from '../../../src/hal/sim/injection.ts';
import type { Policy } from '../../../src/params/policy.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import { searchChance } from '../../../src/rig/search-chance.ts';
import type { Simulation } from '../../../src/rig/simulation.ts';
import { after, seconds } from '../../../src/units.ts';
import { rig } from '../../support/bench.ts';
import { AT_BENCH, REMOTE } from '../../support/desk.ts';

const TURNED = ['control.mode', 'pulse.onMs', 'pulse.periodMs', 'swing.targetK', 'light.level'] as const;
const turned = (settings: Settings): unknown[] => TURNED.map((key) => settings[key]);
/** What the person wants before the search. */
const MINE = { 'control.mode': 'pulse', 'pulse.onMs': 444, 'pulse.periodMs': 4000, 'light.level': 0.9 } as const;

/** The simulated bench, armed, with the film’s place at its desk. */
class SearchedBench {
  readonly simulation: Simulation;
  readonly desk: Desk;
  readonly film: FilmFront;
  readonly kept: [Pattern, number, string][] = [];
  readonly notes: string[] = [];

  constructor(policy: Policy = 'tell', settings: Partial<Settings> = {}) {
    const recipe = followSettings('test');
    const all = {
      ...defaultSettings(),
      'heater.commissioned': true,
      'remote.tune': 'remote' as const,
      ...MINE,
      ...settings,
    };
    const { simulation } = rig(recipe, { settings: all });
    this.simulation = simulation;
    this.desk = plainDesk(simulation, all, recipe);
    simulation.feed.subscribe({
      event: (event) => {
        if (event.kind === 'note' && event.code === 'film') this.notes.push(event.text);
      },
    });
    const memory = { ...FORGETFUL, keep: (...one: [Pattern, number, string]) => void this.kept.push(one) };
    this.film = openFilm(this.desk, () => policy, memory, searchChance(1));
    expect(simulation.arm()).toBe(true);
    this.run(20);
  }

  tick(): void {
    this.simulation.tick();
    this.desk.tick();
    this.film.tick();
  }

  run(spanS: number): void {
    const until = after(this.simulation.now(), seconds(spanS));
    while (this.simulation.now() < until) this.tick();
  }

  find(): void {
    expect(this.desk.submit('find', {}, REMOTE)).toMatchObject({ code: 202 });
  }

  /** Until the search is over, for so long at most. */
  search(mostS = 7200): void {
    this.find();
    const until = after(this.simulation.now(), seconds(mostS));
    do this.tick();
    while (this.film.find?.phase !== 'over' && this.simulation.now() < until);
  }

  get settings(): Settings {
    return this.simulation.feed.latest.settings;
  }
}

describe('a search that was asked for at the desk', () => {
  it.each(['tell', 'adapt'] as const)(
    'under %s finds a pattern, keeps it, and the film stays mixed under it',
    (policy) => {
      const it = new SearchedBench(policy);
      it.search();
      const find = it.film.find;
      expect(find).toMatchObject({ phase: 'over', by: 'ann', in_force: true, cell: null });
      expect(find?.map).toHaveLength(97);
      expect(find?.light_s).toBe(find?.trials.reduce((sum, { light_s: s }) => sum + s, 0));
      expect(find?.light_s).toBeLessThan(find?.most.light_s ?? 0);
      const { on_s: onS = 0, period_s: periodS = 0 } = find?.found ?? {};
      expect(it.kept).toEqual([[expect.objectContaining({ periodS }), 0.9, 'find-pattern']]);
      expect(it.notes.at(-1)).toMatch(/^Light on: .* is in force until the run ends\.$/);
      let worst = 0;
      for (let i = 0; i < 120; i += 1) {
        it.run(10);
        worst = Math.max(worst, it.simulation.truth().segregated);
      }
      expect(worst).toBeLessThan(0.02);
      expect(turned(it.settings)).toEqual(['pulse', 1000 * onS, 1000 * periodS, it.settings['swing.targetK'], 0.9]);
      expect(it.simulation.trips()).toEqual([]);
      it.desk.submit('stop', {}, REMOTE);
      it.run(3);
      expect(turned(it.settings)).toEqual(turned({ ...it.settings, ...MINE }));
      expect(it.film.find).toMatchObject({ in_force: false, why: expect.stringContaining('no longer in force') });
    },
    60_000,
  );

  it('begins in the dark, and says of each step what it does', () => {
    const it = new SearchedBench();
    it.find();
    it.run(1);
    expect(it.settings).toMatchObject({ 'pulse.onMs': 2000, 'light.level': 0 });
    expect(it.film.find).toMatchObject({ phase: 'mix', trials: [], light_s: 0, in_force: false, found: null });
    expect(it.film.find?.why).toMatch(/^Trial 1: /);
    expect(it.film.find?.cell).not.toBeNull();
  });

  it('begins with what the person wants where film.policy has turned heat and light before', () => {
    const it = new SearchedBench('adapt');
    expect(turned(it.settings)).not.toEqual(turned({ ...it.settings, ...MINE }));
    it.find();
    it.run(5);
    expect(it.desk.submit('find-stop', {}, REMOTE)).toMatchObject({ code: 202 });
    it.tick();
    it.tick();
    expect(turned(it.settings)).toEqual(turned({ ...it.settings, ...MINE }));
  });

  it.each([
    ['a stop of the search', (it: SearchedBench) => it.desk.submit('find-stop', {}, REMOTE), 'It was stopped'],
    ['a stop of the run', (it: SearchedBench) => it.desk.submit('stop', {}, REMOTE), 'The bench is SAFE'],
    ['a trip', (it: SearchedBench) => injectionOf('estop').inject?.(it.simulation.bench), 'The bench is TRIPPED'],
  ] as const)('ends with %s, whatever it does, and all of it goes back', (_, happens, why) => {
    for (const phase of ['mix', 'settle', 'lit'] as const) {
      const it = new SearchedBench();
      it.find();
      for (let i = 0; i < 20 * 900 && it.film.find?.phase !== phase; i += 1) it.tick();
      expect(it.film.find?.phase).toBe(phase);
      it.run(2);
      happens(it);
      it.run(2);
      expect(it.film.find).toMatchObject({ phase: 'over', in_force: false, why: expect.stringContaining(why) });
      expect(turned(it.settings)).toEqual(turned({ ...it.settings, ...MINE }));
      expect([it.desk.search, it.kept]).toEqual([null, []]);
      const { length } = it.notes;
      it.run(60);
      expect(it.notes).toHaveLength(length);
    }
  });

  it('ends where a person turns a setting, which stays, and the film leaves the run alone', () => {
    const it = new SearchedBench('adapt');
    it.find();
    it.run(30);
    expect(it.desk.submit('set', { patch: { 'pulse.onMs': 300 } }, AT_BENCH)).toMatchObject({ code: 202 });
    it.run(1);
    expect(it.film.find).toMatchObject({ phase: 'over', why: expect.stringContaining('A setting was turned') });
    const { length } = it.notes;
    it.run(120);
    expect(turned(it.settings)).toEqual(turned({ ...it.settings, ...MINE, 'pulse.onMs': 300 }));
    expect(it.notes).toHaveLength(length);
  });

  it('goes on where a person turns what is neither heat nor light', () => {
    const it = new SearchedBench();
    it.find();
    it.run(30);
    it.desk.submit('set', { patch: { 'alarm.highC': 33 } }, AT_BENCH);
    it.run(5);
    expect(it.film.find?.phase).not.toBe('over');
  });

  it('has found what goes back at once when it is asked back', () => {
    const it = new SearchedBench();
    it.search();
    it.run(60);
    expect(it.desk.submit('find-stop', {}, REMOTE)).toMatchObject({ code: 202 });
    it.run(1);
    expect(turned(it.settings)).toEqual(turned({ ...it.settings, ...MINE }));
    expect(it.film.find).toMatchObject({ in_force: false, why: expect.stringContaining('It was stopped') });
    expect(it.desk.search).toBeNull();
  });

  it('has found what film.policy adapt leaves alone until the film segregates under it', () => {
    const it = new SearchedBench('adapt');
    it.search();
    it.run(60);
    expect(it.film.pattern).toBeNull();
    it.simulation.bench.twin.film.segregated = 0.2;
    it.run(60);
    expect(it.film.pattern).not.toBeNull();
    expect(it.film.find).toMatchObject({ in_force: false, why: expect.stringContaining('film.policy adapt goes on') });
    it.desk.submit('stop', {}, REMOTE);
    it.run(3);
    expect(turned(it.settings)).toEqual(turned({ ...it.settings, ...MINE }));
  });

  it('that ended can be asked for again, in the same run and in the next', () => {
    const it = new SearchedBench();
    it.find();
    it.run(5);
    it.desk.submit('find-stop', {}, REMOTE);
    it.run(1);
    it.find();
    it.run(5);
    expect(it.film.find?.phase).toBe('mix');
    it.desk.submit('stop', {}, REMOTE);
    it.run(40);
    expect(it.simulation.arm()).toBe(true);
    it.run(20);
    expect(it.film.find).toBeNull();
    it.find();
    it.run(5);
    expect(it.film.find?.phase).toBe('mix');
  });

  it('says where no pattern holds, and puts everything back', () => {
    const it = new SearchedBench('tell', { 'sim.sample': 'feng-2023', 'gate.dutyMax': 0.05 });
    it.search();
    it.tick();
    expect(it.film.find).toMatchObject({ phase: 'over', found: null, in_force: false });
    expect(turned(it.settings)).toEqual(turned({ ...it.settings, ...MINE }));
    expect(it.kept).toEqual([]);
  });
});
