/** Orders that are not given at the bench, beside those that are: nobody’s run becomes somebody else’s. */
import { beforeEach, describe, expect, it } from 'vitest';
import { openDesk } from '../../src/desk/desk.ts';
import { loadRecipe } from '../../src/files/recipes.ts';
import { startRefusal } from '../../src/fronts/mqtt/command-gate.ts';
import type { Desk } from '../../src/fronts/mqtt/remote.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import type { EventRecord } from '../../src/runtime/record.ts';
import type { HistorySession } from '../../src/store/session.ts';
import { rig } from '../support/bench.ts';

let simulation: Simulation;
let desk: Desk;
let tick: () => void;
let notes: string[];
let recorded: EventRecord[];

beforeEach(() => {
  const built = rig(loadRecipe('hold-mixed'));
  ({ simulation, events: recorded } = built);
  const past = {
    wallS: () => null,
    store: { stats: () => ({ stream: 's', newestSeq: 1 }) },
  } as unknown as HistorySession;
  ({ desk, tick } = openDesk({
    rig: simulation,
    settings: simulation.loop.tuned,
    past,
    recipe: loadRecipe('hold-mixed'),
  }));
  notes = [];
  const note = simulation.loop.note.bind(simulation.loop);
  simulation.loop.note = (kind, code, text) => {
    notes.push(`${kind} ${code} ${text}`);
    note(kind, code, text);
  };
  pass(5);
});

function pass(seconds: number): void {
  for (let ticks = 0; ticks < seconds * 20; ticks += 1) {
    simulation.tick();
    tick();
  }
}
const state = (): string => simulation.loop.kernel.name;
/** What a person at the bench does by key. */
const press = (kind: 'arm' | 'disarm') => simulation.loop.ask({ kind });
/** True when the recipe of the bench plays, which follows the settings and never ends. */
const playsOwn = (): boolean => simulation.loop.step === null;

describe('a run of the person at the bench', () => {
  it.each([0.05, 2, 4, 7])(
    'is theirs, when they dropped an order from afar %f s after it and armed themselves',
    (after) => {
      expect(desk.start('hour', 20)).toBe(true);
      pass(after);
      press('disarm');
      pass(0.1);
      press('arm');
      pass(60);
      expect([state(), playsOwn()]).toEqual(['armed', true]);
    },
  );

  it('is not taken over by an order from afar while theirs waits: it is refused', () => {
    press('arm');
    expect(startRefusal(desk.bench(), null)).toMatchObject({ refused: 409 });
    expect(desk.start('hour', 20)).toBe(false);
    pass(0.2);
    expect(startRefusal(desk.bench(), null)).toMatchObject({ refused: 409 });
    expect(desk.start('hour', 20)).toBe(false);
    pass(60);
    expect([state(), playsOwn()]).toEqual(['armed', true]);
  });
});

describe('an order from afar', () => {
  it('that the bench cannot take leaves no recipe behind', () => {
    simulation.loop.ask = () => false;
    expect(desk.start('hour', 20)).toBe(false);
    Reflect.deleteProperty(simulation.loop, 'ask');
    press('arm');
    pass(30);
    expect([state(), playsOwn()]).toEqual(['armed', true]);
  });

  it('for a recipe that cannot be read is refused, and nothing else happens', () => {
    expect(desk.start('no-such-recipe', 20)).toBe(false);
    expect(notes.at(-1)).toMatch(/^refused recipe /);
    pass(5);
    expect(state()).toBe('safe');
  });

  it('ends its own run after its time, and not the next one', () => {
    desk.start(null, 10);
    pass(30);
    expect(state()).toBe('safe');
    press('arm');
    pass(60);
    expect(state()).toBe('armed');
  });
});

describe('settings from afar', () => {
  it('that act between runs only wait for the end of a run, in both directions', () => {
    const { loop } = simulation;
    const before = loop.tuned;
    loop.retune({ ...before, 'pid.windowMs': 4000, 'pulse.onMs': 300 });
    pass(0.1);
    expect(loop.tuned['pid.windowMs']).toBe(4000);
    simulation.arm();
    loop.retune(before);
    expect([loop.tuned['pulse.onMs'], loop.tuned['pid.windowMs']]).toEqual([before['pulse.onMs'], 4000]);
    press('disarm');
    pass(0.2);
    expect(loop.tuned).toEqual(before);
  });
});

describe('a flood of stops', () => {
  it('is obeyed each time, and fills no record', () => {
    for (let i = 0; i < 400; i += 1) {
      desk.stop();
      pass(0.05);
    }
    expect(recorded.filter(({ code }) => code === 'disarm').length).toBeLessThanOrEqual(21);
    press('arm');
    pass(10);
    desk.stop();
    pass(0.05);
    expect(recorded.slice(-2)).toMatchObject([{ code: 'disarm' }, { code: 'safe' }]);
  });
});
