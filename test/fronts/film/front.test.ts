/** What follows from the verdict: at the desk of a bench that only writes down, and on the simulated film. */
import { describe, expect, it } from 'vitest';
import { followSettings, type SimulatedDesk, simulatedDesk } from '../../../src/cli/simulated-desk.ts';
import { loadRecipe } from '../../../src/files/recipes.ts';
import type { Pattern } from '../../../src/film/patterns.ts';
import type { FilmMemory } from '../../../src/fronts/film/adaptation.ts';
import { type FilmFront, openFilm } from '../../../src/fronts/film/front.ts';
import type { RunEvent } from '../../../src/params/events.ts';
import type { Policy } from '../../../src/params/policy.ts';
import type { Recipe } from '../../../src/params/recipe.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import type { Snapshot } from '../../../src/params/snapshot.ts';
import type { Simulation } from '../../../src/rig/simulation.ts';
import { rig } from '../../support/bench.ts';
import { AT_BENCH, FakeBench, REMOTE } from '../../support/desk.ts';

/** Heat and light, which is all that the film may turn. */
const TURNED = [
  'control.mode',
  'swing.targetK',
  'swing.periodMs',
  'pulse.onMs',
  'pulse.periodMs',
  'light.level',
] as const;
const turned = (settings: Settings): unknown[] => TURNED.map((key) => settings[key]);

/** A fake bench that is armed and follows its settings, with the film at its desk. */
class FakeFilm {
  readonly bench: FakeBench;
  readonly film: FilmFront;

  constructor(
    policy: Policy | 'auto',
    settings: Partial<Settings> = {},
    auto: (s: Snapshot) => Policy = () => 'tell',
    memory?: FilmMemory,
  ) {
    this.bench = new FakeBench({ 'film.policy': policy, 'remote.tune': 'remote', ...settings });
    this.bench.seconds = 10;
    this.bench.state('armed');
    this.bench.set({ run: 1, light: this.bench.settings['light.level'] });
    this.film = openFilm(this.bench.desk, auto, memory);
  }

  /** One tick; what was turned is in the next snapshot, as in the loop. */
  tick(spanS = 1): void {
    const { bench } = this;
    bench.seconds += spanS;
    bench.desk.tick();
    this.film.tick();
    bench.set({ settings: bench.settings, light: bench.settings['light.level'] });
  }

  ticks(n: number, spanS = 1): void {
    for (let i = 0; i < n; i += 1) this.tick(spanS);
  }

  /** A thermal model is known, so that the search can begin. */
  modelled(): void {
    const poles = { fastK: 11.4, slowK: 1.7, fastTauS: 3.3, slowTauS: 165 };
    const film = { celsius: 25, levelC: 23.8, slowK: 0, poles } as unknown as Snapshot['film'];
    this.bench.set({ film, reach: { nowC: 40, endC: 42, endS: 600 } as unknown as Snapshot['reach'] });
  }

  /** The next cycle shows this much. */
  cycle(segregated: number): void {
    const { sight } = this.bench.feed.latest;
    this.bench.set({ sight: { ...sight, cycle: sight.cycle + 1, segregated, error: 2e-4, verdict: 'MIXED' } });
    this.tick(5);
  }

  get settings(): Settings {
    return this.bench.settings;
  }

  turns(): RunEvent[] {
    return this.bench.events.filter(({ kind }) => kind === 'tuning') as RunEvent[];
  }
}

const ACTING = ['rescue', 'adapt', 'dim'] as const;

/** Brings the policy to act once. */
function act(policy: Policy, settings: Partial<Settings> = {}): FakeFilm {
  const it = new FakeFilm(policy, settings);
  it.modelled();
  it.bench.segregate();
  it.ticks(2);
  return it;
}

describe('the film at the desk', () => {
  it.each(['tell', 'auto'] as const)('does nothing under %s, whatever the film shows', (policy) => {
    const it = new FakeFilm(policy);
    it.modelled();
    it.bench.segregate();
    it.ticks(100);
    expect([it.film.changes, it.turns(), it.bench.asked]).toEqual([0, [], []]);
  });

  it('takes auto for what its place says, and asks about the bench as it is', () => {
    const simulated: boolean[] = [];
    const it = new FakeFilm('auto', {}, (snapshot) => {
      simulated.push(snapshot.simulated);
      return 'dim';
    });
    it.bench.segregate();
    it.tick();
    expect(simulated).toEqual([true]);
    expect(it.settings['light.level']).toBe(0.03);
  });

  it.each(ACTING)('acts under %s, and says why in the record before it does', (policy) => {
    const it = act(policy);
    expect(it.film.changes).toBe(1);
    expect(turned(it.settings)).not.toEqual(turned(defaultSettings()));
    const kinds = it.bench.events.map(({ kind }) => kind);
    expect(kinds.indexOf('note')).toBe(kinds.indexOf('tuning') - 1);
    expect(it.turns()[0]).toMatchObject({ what: 'set', origin: { via: 'controller', by: 'film' } });
  });

  it.each(ACTING)('turns heat and light and nothing else under %s', (policy) => {
    const it = act(policy);
    const apart = Object.keys(it.settings).filter(
      (key) => it.settings[key as keyof Settings] !== it.bench.desk.tuning.base[key as keyof Settings],
    );
    expect(apart).toEqual([]);
    const before: Settings = { ...defaultSettings(), 'remote.arm': 'remote', 'remote.tune': 'remote' };
    for (const key of Object.keys(before) as (keyof Settings)[]) {
      if (key === 'film.policy' || (TURNED as readonly string[]).includes(key)) continue;
      expect(it.settings[key], key).toBe(before[key]);
    }
  });

  it.each(
    ACTING.flatMap((policy) => (['safe', 'tripped', 'lockout'] as const).map((state) => [policy, state] as const)),
  )('puts back under %s what it changed when the bench is %s', (policy, state) => {
    const mine = { 'pulse.onMs': 444, 'light.level': 0.9 };
    const it = act(policy, mine);
    expect(turned(it.settings)).not.toEqual(turned({ ...defaultSettings(), ...mine }));
    it.bench.state(state);
    it.tick();
    expect(turned(it.settings)).toEqual(turned({ ...defaultSettings(), ...mine }));
    const { length } = it.turns();
    it.ticks(20);
    expect(it.turns()).toHaveLength(length);
  });

  it.each(ACTING)('puts it back under %s, too, when a person chooses tell', (policy) => {
    const it = act(policy);
    it.bench.desk.submit('set', { patch: { 'film.policy': 'tell' } }, AT_BENCH);
    it.ticks(2);
    expect(turned(it.settings)).toEqual(turned(defaultSettings()));
  });

  it('leaves heat and light as they are while the run pauses', () => {
    const it = act('dim');
    const at = turned(it.settings);
    it.bench.state('paused');
    it.ticks(5);
    expect(turned(it.settings)).toEqual(at);
  });

  it.each(['rescue', 'adapt', 'dim', 'stop'] as const)(
    'does nothing under %s in a recipe with steps of its own',
    (policy) => {
      const it = new FakeFilm(policy);
      it.modelled();
      it.bench.set({ progress: { step: null, number: 1, of: 3, leftS: 20 } });
      it.bench.segregate();
      it.ticks(100);
      expect([it.film.changes, it.turns(), it.bench.asked]).toEqual([0, [], []]);
    },
  );

  it('ends the run under stop, and only where the film segregates', () => {
    const it = new FakeFilm('stop');
    it.ticks(5);
    expect(it.bench.asked).toEqual([]);
    it.bench.segregate();
    it.tick();
    expect(it.bench.asked).toEqual(['stop']);
    expect(it.bench.notes.join()).toContain('The film segregates: the run ends');
  });
});

describe('the policy rescue', () => {
  it('mixes in the dark for 18 s, then puts everything back as it was', () => {
    const it = act('rescue');
    expect(it.settings).toMatchObject({
      'light.level': 0,
      'control.mode': 'pulse',
      'pulse.onMs': 2000,
      'pulse.periodMs': 5000,
    });
    it.bench.set({ sight: { ...it.bench.feed.latest.sight, verdict: 'DARK' } });
    it.ticks(16);
    expect(it.settings['light.level']).toBe(0);
    it.ticks(3);
    expect(turned(it.settings)).toEqual(turned(defaultSettings()));
  });

  const rescuesOf = (it: FakeFilm): number =>
    it.turns().filter((event) => event.kind === 'tuning' && event.changes.some(({ after }) => after === 0)).length;

  it.each([6, 2, 0])('is tried %i times an hour and no more', (most) => {
    const it = new FakeFilm('rescue', { 'film.rescuesPerHour': most });
    it.bench.segregate();
    it.ticks(3400);
    expect(rescuesOf(it)).toBe(most);
    it.ticks(400);
    expect(rescuesOf(it)).toBeGreaterThanOrEqual(most);
    expect(rescuesOf(it)).toBeLessThanOrEqual(2 * most);
  });

  /** What the first cycle after a rescue shows of the 3 % before it. */
  const rescuedTo = (segregated: number): FakeFilm => {
    const it = act('rescue');
    it.ticks(20);
    const { sight } = it.bench.feed.latest;
    it.bench.set({ sight: { ...sight, cycle: sight.cycle + 1, segregated } });
    it.ticks(300);
    return it;
  };

  it('is a test, too: a film that it has not mixed is not heated again', () => {
    const failed = rescuedTo(0.02);
    expect(rescuesOf(failed)).toBe(1);
    expect(failed.bench.notes.join()).toContain('Heat in the dark has left 67 % of what was segregated');
    const helped = rescuedTo(0.019);
    expect(rescuesOf(helped)).toBeGreaterThan(1);
    expect(helped.bench.notes.join()).not.toContain('has left');
  });

  it.each(['iodine-loss', 'optics', 'sensor', 'brightening', 'slow-loss', 'excitation', 'room-light'] as const)(
    'leaves heat and light as they are where the cause of the alarm is %s',
    (name) => {
      const it = new FakeFilm('rescue');
      it.bench.segregate();
      const { sight } = it.bench.feed.latest;
      it.bench.set({ sight: { ...sight, cause: { ...sight.cause, name } } });
      it.ticks(3000);
      expect([it.film.changes, it.turns()]).toEqual([0, []]);
    },
  );

  const rescuing = (settings: Partial<Settings> = {}): FakeFilm => {
    const it = new FakeFilm('rescue', settings);
    it.bench.segregate();
    it.ticks(2);
    expect(it.settings).toMatchObject({ 'control.mode': 'pulse', 'pulse.onMs': 2000, 'light.level': 0 });
    return it;
  };

  it('turns the heat off where what was before is refused, leaves the light off, and asks again', () => {
    const it = rescuing({ 'control.mode': 'swing' });
    it.bench.beyond = 'out of reach';
    it.ticks(30);
    expect(it.settings).toMatchObject({ 'control.mode': 'off', 'light.level': 0 });
    expect(it.bench.notes.filter((note) => note.includes('light on'))).toEqual([]);
    it.bench.beyond = null;
    const { sight } = it.bench.feed.latest;
    it.bench.set({ sight: { ...sight, verdict: 'DARK' } });
    it.ticks(120);
    expect(it.settings).toMatchObject({ 'control.mode': 'swing', 'light.level': 1 });
  });

  it('leaves no heat behind for a person who turns a setting meanwhile, also where its own is refused back', () => {
    const it = rescuing({ 'control.mode': 'swing' });
    it.bench.beyond = 'out of reach';
    it.bench.desk.submit('set', { patch: { 'pulse.onMs': 2500 } }, AT_BENCH);
    it.ticks(5);
    expect(it.settings['control.mode']).toBe('off');
    it.bench.beyond = null;
    it.ticks(120);
    expect(it.settings).toMatchObject({ 'control.mode': 'swing', 'pulse.onMs': 2500, 'light.level': 1 });
  });

  it('ends in time also where somebody tries something meanwhile', () => {
    const it = rescuing();
    const trial = { patch: { 'swing.targetK': 1.2 }, base_rev: it.bench.desk.tuning.rev, confirm_s: 600 };
    expect(it.bench.desk.submit('try', trial, REMOTE)).toMatchObject({ code: 202 });
    const { sight } = it.bench.feed.latest;
    it.bench.set({ sight: { ...sight, verdict: 'DARK' } });
    it.ticks(30);
    expect(it.settings).toMatchObject({ 'pulse.onMs': 500, 'light.level': 1 });
  });

  it.each(['unknown', 'none'] as const)('acts on an alarm that comes and goes, where its cause is %s', (name) => {
    const it = new FakeFilm('rescue');
    it.bench.segregate();
    for (let s = 0; s < 200 && it.film.changes === 0; s += 1) {
      const { sight, at } = it.bench.feed.latest;
      const verdict = s % 30 < 20 ? 'SEGREGATING' : 'MIXED';
      const since = verdict === sight.verdict ? sight.since : at;
      it.bench.set({ sight: { ...sight, verdict, since, cause: { ...sight.cause, name } } });
      it.ticks(1);
    }
    expect(it.film.changes).toBeGreaterThan(0);
  });

  it('waits two minutes where nobody can tell the cause', () => {
    const it = new FakeFilm('rescue');
    it.bench.segregate();
    const { sight } = it.bench.feed.latest;
    it.bench.set({ sight: { ...sight, cause: { ...sight.cause, name: 'unknown' } } });
    it.ticks(119);
    expect(it.film.changes).toBe(0);
    it.ticks(3);
    expect(it.film.changes).toBe(1);
  });
});

describe('the policy adapt', () => {
  it('takes what heat leaves behind for no reason to change the heat', () => {
    const changes = [0, 0.03].map((lasting) => {
      const it = new FakeFilm('adapt');
      it.modelled();
      it.tick();
      const { sight } = it.bench.feed.latest;
      it.bench.set({ sight: { ...sight, cause: { ...sight.cause, name: 'iodine-loss', lasting } } });
      const before = it.film.changes;
      for (let i = 0; i < 12; i += 1) it.cycle(0.03);
      return it.film.changes - before;
    });
    expect(changes[0]).toBeGreaterThan(0);
    expect(changes[1]).toBe(0);
  });
});

describe('the policy dim', () => {
  it('takes the light to 3 %, and away 30 s later where that was not enough', () => {
    const it = new FakeFilm('dim');
    it.bench.segregate();
    it.tick();
    expect(it.settings['light.level']).toBe(0.03);
    it.ticks(28);
    expect(it.settings['light.level']).toBe(0.03);
    it.ticks(3);
    expect(it.settings['light.level']).toBe(0);
    const { length } = it.turns();
    it.ticks(300);
    expect(it.turns()).toHaveLength(length);
  });

  it('does nothing to a film whose cause no light can help', () => {
    const it = new FakeFilm('dim');
    it.bench.segregate();
    const { sight } = it.bench.feed.latest;
    it.bench.set({ sight: { ...sight, cause: { ...sight.cause, name: 'iodine-loss' } } });
    it.ticks(100);
    expect(it.film.changes).toBe(0);
  });

  it('never gives more light than there is', () => {
    const it = new FakeFilm('dim', { 'light.level': 0.02 });
    it.bench.segregate();
    it.tick();
    expect(it.settings['light.level']).toBe(0);
  });
});

describe('a person beside the film', () => {
  const TRY = { base_rev: 0, confirm_s: 60, patch: { 'pulse.onMs': 300 } };

  it.each(['rescue', 'adapt', 'dim', 'stop'] as const)('tries something, and it goes first under %s', (policy) => {
    const it = new FakeFilm(policy);
    it.modelled();
    expect(it.bench.desk.submit('try', TRY, REMOTE)).toMatchObject({ code: 202 });
    // Segregated before the trial began: the trial goes on, for it may be the cure.
    const { sight } = it.bench.feed.latest;
    it.bench.set({ sight: { ...sight, verdict: 'SEGREGATING' } });
    it.ticks(50);
    expect([it.film.changes, it.bench.asked]).toEqual([0, []]);
    expect(it.bench.desk.tuning.trial).not.toBeNull();
    it.ticks(12);
    expect(it.bench.desk.tuning.trial).toBeNull();
    expect(it.film.changes + it.bench.asked.length).toBeGreaterThan(0);
  });

  it('tries something after the film: that ends by itself, and both go back at the end of the run', () => {
    const it = act('dim');
    const { rev } = it.bench.desk.tuning;
    expect(it.bench.desk.submit('try', { ...TRY, base_rev: rev }, REMOTE)).toMatchObject({ code: 202 });
    it.bench.state('safe');
    it.ticks(20);
    expect(it.bench.desk.tuning.trial).not.toBeNull();
    expect(it.settings['light.level']).toBe(0.03);
    it.ticks(60);
    expect(turned(it.settings)).toEqual(turned(defaultSettings()));
  });

  it.each(ACTING)('finds nothing in what is kept over a restart that %s changed', (policy) => {
    const it = act(policy);
    expect(it.bench.desk.kept()).toMatchObject({ confirmed: {}, trial: null });
  });

  it('keeps what was tried, and not what the film had changed before', async () => {
    const it = act('dim');
    const { rev } = it.bench.desk.tuning;
    it.bench.desk.submit('try', { ...TRY, base_rev: rev }, REMOTE);
    const { trial } = it.bench.desk.tuning;
    it.bench.desk.submit('confirm', { rev: trial?.rev }, REMOTE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(it.bench.desk.kept().confirmed).toEqual({ 'pulse.onMs': 300 });
  });

  // Everything goes back to the settings before the first change, also what a person changed later.
  it('keeps what was turned at the bench during the run', () => {
    const it = act('dim');
    it.bench.desk.submit('set', { patch: { 'pulse.onMs': 350 } }, AT_BENCH);
    it.tick();
    it.bench.state('safe');
    it.tick();
    expect(it.settings).toMatchObject({ 'pulse.onMs': 350, 'light.level': 1 });
  });

  // The end of the run puts back the value before, so that what is in force and what was confirmed differ.
  it('confirms a trial, and it is still in force after the run', async () => {
    const it = act('dim');
    const { rev } = it.bench.desk.tuning;
    it.bench.desk.submit('try', { ...TRY, base_rev: rev }, REMOTE);
    it.bench.desk.submit('confirm', { rev: it.bench.desk.tuning.trial?.rev }, REMOTE);
    await new Promise((resolve) => setImmediate(resolve));
    expect(it.bench.desk.tuning.trial).toBeNull();
    it.tick();
    expect(it.settings['pulse.onMs']).toBe(300);
    it.bench.state('safe');
    it.ticks(2);
    expect(it.settings['pulse.onMs']).toBe(300);
  });

  // Only rescue ends what rescue has begun: the film stays dark and hot until the end of the run.
  it.each(['dim', 'stop'] as const)('chooses %s during a rescue, and heat and light come back', (policy) => {
    const it = act('rescue');
    it.bench.set({ sight: { ...it.bench.feed.latest.sight, verdict: 'DARK' } });
    it.bench.desk.submit('set', { patch: { 'film.policy': policy } }, AT_BENCH);
    it.ticks(120);
    expect(turned(it.settings)).toEqual(turned(defaultSettings()));
  });

  // The end of a rescue puts all settings back, so the light comes on again although it was turned off meanwhile.
  it('turns the light off during a rescue, and it stays off', () => {
    const it = act('rescue');
    it.bench.desk.submit('set', { patch: { 'film.policy': 'tell', 'light.level': 0 } }, AT_BENCH);
    it.ticks(30);
    expect(it.settings['light.level']).toBe(0);
  });

  // The search takes 1 for the light of the person.
  it.each([0, 0.3])('asks for light %d, and the search gives no more', (level) => {
    const it = new FakeFilm('adapt', { 'light.level': level });
    it.modelled();
    it.tick();
    for (let i = 0; i < 20; i += 1) it.cycle(0);
    expect(it.settings['light.level']).toBeLessThanOrEqual(level);
  });
});

describe('the policy adapt', () => {
  // Heat is off because a person wants none; the search begins with a pattern all the same.
  it('gives no heat to a run whose mode is off', () => {
    const it = new FakeFilm('adapt', { 'control.mode': 'off' });
    it.modelled();
    it.ticks(3);
    expect(it.settings['control.mode']).toBe('off');
  });

  // A bench that was not commissioned has no model, so nothing ever follows; nobody hears of it.
  it('says that it cannot act where no model of the bench is known', () => {
    const it = new FakeFilm('adapt');
    it.bench.segregate();
    it.ticks(100);
    expect(it.film.changes).toBe(0);
    expect(it.bench.notes.length).toBeGreaterThan(0);
  });
});

describe('a desk that refuses', () => {
  it.each(ACTING)('is asked no more than once for one change under %s', (policy) => {
    const it = new FakeFilm(policy);
    it.modelled();
    it.bench.desk.end();
    it.bench.segregate();
    it.ticks(15);
    const refused = it.bench.events.filter(({ kind }) => kind === 'refused');
    expect(refused).toHaveLength(1);
    expect(it.bench.notes.length).toBeLessThanOrEqual(2);
    expect(turned(it.settings)).toEqual(turned(defaultSettings()));
  });

  it('fills no record in an hour of alarms', () => {
    for (const policy of ACTING) {
      const it = new FakeFilm(policy);
      it.modelled();
      it.bench.desk.end();
      it.bench.segregate();
      it.ticks(3600);
      expect(it.bench.notes.length, policy).toBeLessThan(2 * (3600 / 30) + 10);
    }
  });

  it('gets patches of the search that it would take from anybody', () => {
    const it = new FakeFilm('adapt');
    it.modelled();
    it.tick();
    for (let i = 0; i < 400; i += 1) it.cycle(i % 7 === 6 ? 0.02 : 1.5e-3);
    expect(it.film.changes).toBeGreaterThan(10);
    expect(it.bench.events.filter(({ kind }) => kind === 'refused')).toEqual([]);
  });

  it.each(['rescue', 'adapt', 'dim', 'stop'] as const)('is never asked to arm or to acknowledge, by %s', (policy) => {
    for (const state of ['safe', 'armed', 'tripped', 'lockout'] as const) {
      const it = new FakeFilm(policy);
      it.modelled();
      it.bench.segregate();
      it.bench.state(state);
      it.ticks(200);
      expect(it.bench.asked.filter((ask) => ask !== 'stop')).toEqual([]);
    }
  });

  // Light and heat are one patch: a pattern that is refused keeps the light on, and the search believes that it is in force.
  it('takes light away although it refuses the heat that comes with it', () => {
    const it = new FakeFilm('adapt');
    it.modelled();
    it.tick();
    it.bench.beyond = 'Out of reach now.';
    for (let i = 0; i < 5 && it.settings['light.level'] > 0; i += 1) it.cycle(0.05);
    expect(it.bench.notes.join()).toContain('it is mixed in the dark');
    expect(it.settings['light.level']).toBe(0);
  });

  it('takes light away where it refuses nothing', () => {
    const it = new FakeFilm('adapt');
    it.modelled();
    it.tick();
    for (let i = 0; i < 5 && it.settings['light.level'] > 0; i += 1) it.cycle(0.05);
    expect(it.settings['light.level']).toBe(0);
  });

  // What it changed is forgotten before the desk has taken it back.
  it('is asked again for what goes back', () => {
    const it = act('rescue', { 'control.mode': 'pid', 'control.setpointC': 29 });
    expect(it.settings['control.mode']).toBe('pulse');
    it.bench.beyond = 'Out of reach now.';
    it.bench.state('safe');
    it.tick();
    it.bench.beyond = null;
    it.ticks(120);
    expect(it.settings).toMatchObject({ 'control.mode': 'pid', 'light.level': 1 });
  });
});

interface Played extends SimulatedDesk {
  readonly simulation: Simulation;
  readonly events: { readonly kind: string; readonly code: string; readonly text: string }[];
}

/** An armed simulated bench whose pattern does not hold its film. */
function played(
  policy: Policy,
  { recipe = followSettings('test'), ...more }: Partial<Settings> & { recipe?: Recipe } = {},
): Played {
  const settings: Settings = {
    ...defaultSettings(),
    'pulse.onMs': 100,
    'pulse.periodMs': 5000,
    'film.policy': policy,
    ...more,
  };
  const { simulation, events } = rig(recipe, { settings });
  const desk = simulatedDesk(simulation, settings, recipe, policy);
  expect(simulation.arm()).toBe(true);
  return { ...desk, simulation, events };
}

const UNHELD = turned({ ...defaultSettings(), 'pulse.onMs': 100 });

describe('the film on the simulated bench', () => {
  it('segregates under tell, and under adapt it does not', () => {
    const told = played('tell');
    told.run(400);
    expect(told.simulation.peakSegregated).toBeGreaterThan(0.3);
    const adapted = played('adapt');
    adapted.run(400);
    expect(adapted.simulation.peakSegregated).toBeLessThan(0.02);
    expect(adapted.film.pattern).not.toBeNull();
    expect(adapted.film.found).toBe(true);
    expect(turned(adapted.simulation.feed.latest.settings)).not.toEqual(UNHELD);
  });

  it('is rescued, at most six times an hour', () => {
    const { run, simulation, events } = played('rescue');
    run(1200);
    const rescues = events.filter(({ kind, text }) => kind === 'note' && text.includes('mixed by long pulses'));
    expect(rescues.length).toBeGreaterThanOrEqual(1);
    expect(rescues.length).toBeLessThanOrEqual(6);
    expect(simulation.trips()).toEqual([]);
  });

  it('segregates no further once its light goes down', () => {
    const { run, simulation } = played('dim');
    run(30);
    expect(simulation.feed.latest.settings['light.level']).toBeLessThan(1);
    const dimmed = simulation.truth().segregated;
    expect(dimmed).toBeGreaterThan(0.1);
    run(600);
    expect(simulation.truth().segregated).toBeLessThan(dimmed);
  });

  // In light of 3 % nothing is seen (CANNOT_SEE, room-light), so the alarm is over and the light is not taken away.
  it('loses its light where the film does not recover in 3 % of it', () => {
    const { run, simulation } = played('dim');
    run(300);
    expect(simulation.feed.latest.settings['light.level']).toBe(0);
  });

  it('ends its run under stop, once, and the heater is off', () => {
    const { run, simulation, events } = played('stop');
    run(400);
    const { kernel, settings } = simulation.feed.latest;
    expect([kernel.name, simulation.heaterA(), simulation.bench.twin.film.segregated < 0.1]).toEqual(['safe', 0, true]);
    expect(events.filter(({ kind, text }) => kind === 'note' && text.includes('the run ends'))).toHaveLength(1);
    expect(turned(settings)).toEqual(UNHELD);
  });

  it.each(['stop', 'trip'] as const)('gets its settings back after a %s', (end) => {
    const { run, desk, simulation } = played('adapt');
    run(100);
    expect(turned(simulation.feed.latest.settings)).not.toEqual(UNHELD);
    if (end === 'stop') desk.submit('stop', {}, AT_BENCH);
    else simulation.bench.unplug('thermocouple');
    run(20);
    expect(simulation.feed.latest.kernel.name).toBe(end === 'stop' ? 'safe' : 'tripped');
    expect(turned(simulation.feed.latest.settings)).toEqual(UNHELD);
    expect(desk.kept().confirmed).toEqual({});
  });

  // A recipe may follow the settings and fix its light; then the long pulses come in full light.
  it('is rescued in the dark, also where the recipe fixes the light', () => {
    const { tick, simulation } = played('rescue', {
      recipe: { ...followSettings('lit'), light: 1 as Recipe['light'] },
    });
    let lit = 0;
    for (let i = 0; i < 1200; i += 1) {
      tick();
      const { settings, light } = simulation.feed.latest;
      if (settings['pulse.onMs'] === 2000 && light > 0) lit += 1;
    }
    expect(lit).toBeLessThan(5);
  });

  it('is left alone by a recipe with patterns of its own', () => {
    const { run, film, simulation } = played('adapt', { recipe: loadRecipe('stepped-pulse') });
    run(120);
    expect(simulation.feed.latest.progress.of).toBeGreaterThan(0);
    expect(film.changes).toBe(0);
  });
});

describe('what earlier runs have found', () => {
  const KNOWN: Pattern = { swingK: 1.37, share: null, periodS: 6 };
  type Kept = Parameters<FilmMemory['keep']>;
  function remembered(known: Pattern | null): { it: FakeFilm; kept: Kept[] } {
    const kept: Kept[] = [];
    const memory: FilmMemory = { begin: (light) => (light === 0.9 ? known : null), keep: (...one) => kept.push(one) };
    const it = new FakeFilm('adapt', { 'light.level': 0.9 }, () => 'tell', memory);
    it.modelled();
    it.tick();
    return { it, kept };
  }
  const hold = (it: FakeFilm): void => {
    for (let i = 0; i < 20; i += 1) it.cycle(1e-5);
  };

  it('is where the search begins, in the light that it was found in, and is said', () => {
    const { it } = remembered(KNOWN);
    expect(it.settings).toMatchObject({ 'swing.targetK': 1.37, 'swing.periodMs': 6000 });
    expect(it.bench.notes.join()).toContain('the pattern that held this film before');
    const { it: other } = remembered(null);
    expect(other.settings['swing.targetK']).not.toBe(1.37);
    expect(other.bench.notes.join()).toContain('a pattern that holds most films');
  });

  it('is kept when the run ends under a pattern that has held', () => {
    const { it, kept } = remembered(KNOWN);
    hold(it);
    expect([it.film.found, kept]).toEqual([true, []]);
    it.bench.state('safe');
    it.tick();
    expect(kept).toEqual([[KNOWN, 0.9, 'adapt']]);
    it.ticks(5);
    expect(kept.length).toBe(1);
  });

  it('is not kept of a run that ends while it still searches, or that a person has turned', () => {
    const { it: early, kept: none } = remembered(KNOWN);
    early.cycle(1e-5);
    early.bench.state('safe');
    early.tick();
    expect(none).toEqual([]);
    const { it: turnedRun, kept } = remembered(KNOWN);
    hold(turnedRun);
    turnedRun.bench.desk.submit('set', { patch: { 'swing.periodMs': 3000 } }, AT_BENCH);
    turnedRun.ticks(3);
    turnedRun.bench.state('safe');
    turnedRun.tick();
    expect(kept).toEqual([]);
  });

  it.each([
    ['was not seen', { verdict: 'CANNOT_SEE', segregated: null }],
    ['segregated', { verdict: 'SEGREGATED', segregated: 0.5 }],
    ['has lost what heat does not bring back', { verdict: 'MIXED', segregated: 0.03 }],
  ] as const)('is not kept of a run that ends while the film %s', (what, seen) => {
    const { it, kept } = remembered(KNOWN);
    hold(it);
    const { sight } = it.bench.feed.latest;
    const lasting = what.includes('lost') ? 0.03 : 0;
    for (let i = 1; i < 4; i += 1) {
      it.bench.set({ sight: { ...sight, ...seen, cycle: sight.cycle + i, cause: { ...sight.cause, lasting } } });
      it.tick(1);
    }
    it.bench.state('safe');
    it.tick();
    expect(kept).toEqual([]);
  });
});
