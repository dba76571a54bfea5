/** The search at the desk: what it turns, what it says, and what ends it. */
import { describe, expect, it } from 'vitest';
import { openSearch, SEARCH, searchSettings } from '../../../src/cli/find-run.ts';
import { FinderFront } from '../../../src/fronts/film/finder.ts';
import type { EventBody } from '../../../src/params/events.ts';
import { defaultSettings } from '../../../src/params/settings.ts';
import type { Snapshot } from '../../../src/params/snapshot.ts';
import { assembleSimulation } from '../../../src/rig/assemble.ts';
import { FakeBench } from '../../support/desk.ts';

const FILM = {
  film: { celsius: 24, levelC: 23.8, slowK: 0, poles: { fastK: 9, slowK: 6.5, fastTauS: 2.85, slowTauS: 550 } },
  reach: { nowC: 40, endC: 42, endS: 600 },
} as unknown as Partial<Snapshot>;

/** A fake bench that is armed in the dark, with the search at its desk. */
function searched(known = true): { bench: FakeBench; front: FinderFront; tick: (spanS?: number) => void } {
  const bench = new FakeBench(searchSettings(defaultSettings()));
  bench.seconds = 10;
  bench.state('armed');
  if (known) bench.set(FILM);
  const front = new FinderFront(bench.desk, 0.8, () => 0);
  const tick = (spanS = 0.05): void => {
    bench.seconds += spanS;
    bench.set({ settings: bench.settings, light: bench.settings['light.level'] });
    front.tick();
  };
  return { bench, front, tick };
}

describe('the search at the desk', () => {
  it('turns heat and light as the film does, in the dark first, and says why before it', () => {
    const { bench, tick } = searched();
    tick();
    expect(bench.settings).toMatchObject({ 'control.mode': 'pulse', 'pulse.onMs': 2000, 'light.level': 0 });
    const [note, change] = bench.events.slice(-2) as EventBody[];
    expect(note).toMatchObject({ kind: 'note', code: 'film', text: expect.stringMatching(/^Trial 1: /) });
    expect(change).toMatchObject({ kind: 'tuning', what: 'set', origin: { via: 'controller', by: 'film' } });
  });

  it('lights the film with the light that was asked for, and takes the sights of new cycles only', () => {
    const { bench, front, tick } = searched();
    for (let i = 0; i < 2000 && bench.settings['light.level'] === 0; i += 1) tick(1);
    expect(bench.settings['light.level']).toBe(0.8);
    const { sight } = bench.feed.latest;
    const show = (cycle: number): void =>
      bench.set({ sight: { ...sight, cycle, segregated: 0.2, error: 3e-4, verdict: 'SEGREGATING' } });
    show(sight.cycle);
    for (let i = 0; i < 5; i += 1) tick();
    expect(front.searched?.trials).toEqual([]);
    show(sight.cycle + 1);
    tick();
    expect(front.searched?.trials).toMatchObject([{ broken: true, shown: 0.2 }]);
    expect(bench.settings['light.level']).toBe(0);
  });

  it.each([
    ['SEGREGATING', 2.6e-3, 1],
    ['SEGREGATING', 2.7e-3, 1],
    ['MIXED', 2.7e-3, 0],
    ['CANNOT_SEE', 3e-4, 0],
  ] as const)('sees a film of the verdict %s with an error of %s in %i trials', (verdict, error, seen) => {
    const { bench, front, tick } = searched();
    for (let i = 0; i < 2000 && bench.settings['light.level'] === 0; i += 1) tick(1);
    const { sight } = bench.feed.latest;
    for (const cycle of [1, 2]) {
      bench.set({ sight: { ...sight, cycle: sight.cycle + cycle, segregated: 0.2, error, verdict } });
      tick();
    }
    expect(front.searched?.trials.length).toBe(seen);
  });

  it.each(['safe', 'tripped', 'paused'] as const)('ends when the run is %s, and turns nothing any more', (name) => {
    const { bench, front, tick } = searched();
    tick();
    const { length } = bench.events;
    bench.state(name);
    tick();
    expect([front.over, front.trouble]).toEqual([true, `the run is ${name}`]);
    for (let i = 0; i < 100; i += 1) tick(1);
    expect(bench.events.slice(length).filter(({ kind }) => kind === 'tuning')).toEqual([]);
  });

  it.each(['safe', 'tripped', 'lockout'] as const)('ends at once where the run is %s at its first tick', (name) => {
    const { bench, front, tick } = searched();
    bench.state(name);
    tick();
    expect([front.over, front.trouble, front.searched]).toEqual([true, `the run is ${name}`, null]);
  });

  it('needs a bench whose film is known', () => {
    const { front, tick } = searched(false);
    tick();
    expect(front.trouble).toContain('needs a commissioned bench');
  });

  it('ends when the desk refuses a pattern', () => {
    const { bench, front, tick } = searched();
    bench.desk.end();
    tick();
    expect(front.trouble).toBe('the desk refused a pattern of the search');
  });

  it('plays on the simulated bench without a trip, dark until the first trial', () => {
    const settings = { ...defaultSettings(), 'heater.commissioned': true };
    const simulation = assembleSimulation({ settings: searchSettings(settings), recipe: SEARCH });
    expect(simulation.arm()).toBe(true);
    const run = openSearch(simulation, settings, 1, 1);
    let lit = 0;
    for (let i = 0; i < 20 * 30; i += 1) {
      simulation.tick();
      run.tick();
      if (simulation.feed.latest.light > 0) lit += 1;
    }
    expect([lit, simulation.trips(), run.front.over]).toEqual([0, [], false]);
  });
});
