/** Orders of several people on a whole controller: nobody’s run becomes somebody else’s. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Desk } from '../../src/desk/desk.ts';
import { startTuning } from '../../src/desk/tuning.ts';
import { loadRecipe, recipeNames } from '../../src/files/recipes.ts';
import type { Answer } from '../../src/params/answers.ts';
import type { EventRecord } from '../../src/params/event-record.ts';
import type { Row } from '../../src/params/telemetry.ts';
import type { Simulation } from '../../src/rig/simulation.ts';
import { type RigOptions, rig } from '../support/bench.ts';
import { AT_BENCH, FakeBench, REMOTE } from '../support/desk.ts';

let simulation: Simulation;
let desk: Desk;
let recorded: EventRecord[];
let rows: Row[];

beforeEach(() => build());

function build({ settings = {}, ...more }: RigOptions = {}): void {
  const built = rig(loadRecipe('hold-mixed'), { settings: { 'remote.arm': 'remote', ...settings }, ...more });
  ({ simulation, events: recorded, rows } = built);
  const { feed, controls } = simulation;
  desk = new Desk({
    controls,
    snapshots: feed,
    emit: (event) => feed.emit(event, simulation.now()),
    tuning: startTuning(feed.latest.settings),
    recipe: loadRecipe('hold-mixed'),
    recipes: [...recipeNames(), 'no-such-recipe'],
    loadRecipe,
    keep: async () => {},
    asks: { history: async () => [], runs: async () => [], doctor: async () => [], whatIf: () => null },
  });
  pass(5);
}

function pass(seconds: number): void {
  for (let ticks = 0; ticks < seconds * 20; ticks += 1) {
    simulation.tick();
    desk.tick();
  }
}
const state = (): string => simulation.feed.latest.kernel.name;
const press = (name: 'arm' | 'stop'): Answer => desk.submit(name, {}, AT_BENCH) as Answer;
const order = (recipe: string | null, durationS: number): Answer =>
  desk.submit('arm', { duration_s: durationS, ...(recipe !== null && { recipe }) }, REMOTE) as Answer;
/** True when the recipe of the bench plays, which follows the settings and never ends. */
const playsOwn = (): boolean => simulation.feed.latest.progress.step === null;

describe('a run of the person at the bench', () => {
  it.each([0.05, 2, 4, 7])('is theirs, when they dropped an order over MQTT %f s after it and armed', (after) => {
    expect(order('hour', 20).code).toBe(202);
    pass(after);
    press('stop');
    pass(0.1);
    expect(press('arm').code).toBe(202);
    pass(60);
    expect([state(), playsOwn()]).toEqual(['armed', true]);
  });

  it('is not taken over by an order over MQTT while theirs waits: it is refused', () => {
    press('arm');
    expect(order('hour', 20).code).toBe(409);
    pass(0.2);
    expect(order('hour', 20).code).toBe(409);
    pass(60);
    expect([state(), playsOwn()]).toEqual(['armed', true]);
  });
});

describe('an order over MQTT', () => {
  it('for a recipe that cannot be read is refused, and nothing else happens', () => {
    expect(order('no-such-recipe', 20).code).toBe(503);
    expect(recorded.at(-1)).toMatchObject({ kind: 'refused', code: 'arm' });
    pass(5);
    expect(state()).toBe('safe');
    press('arm');
    pass(30);
    expect([state(), playsOwn()]).toEqual(['armed', true]);
  });

  it('ends its own run after its time, and not the next one', () => {
    order(null, 10);
    pass(30);
    expect(state()).toBe('safe');
    press('arm');
    pass(60);
    expect(state()).toBe('armed');
  });
});

describe('changed settings', () => {
  it('that act between runs only wait for the end of a run, in both directions', () => {
    const { feed, controls } = simulation;
    const before = feed.latest.settings;
    controls.retune({ ...before, 'pid.windowMs': 4000, 'pulse.onMs': 300 }, 1);
    pass(0.1);
    expect(feed.latest.settings['pid.windowMs']).toBe(4000);
    simulation.arm();
    controls.retune(before, 2);
    pass(0.1);
    const { settings } = feed.latest;
    expect([settings['pulse.onMs'], settings['pid.windowMs']]).toEqual([before['pulse.onMs'], 4000]);
    press('stop');
    pass(0.2);
    expect(feed.latest.settings).toEqual(before);
  });

  it('that act between runs only leave what control does alone until then', () => {
    build({ settings: { 'control.mode': 'pid', 'control.setpointC': 28 } });
    simulation.arm();
    const { feed, controls } = simulation;
    const { windowUs } = feed.latest.order as unknown as { windowUs: number };
    controls.retune({ ...feed.latest.settings, 'pid.windowMs': 4000 }, 1);
    pass(1);
    expect([feed.latest.order, windowUs]).toMatchObject([{ windowUs }, 500_000]);
  });

  it('are one event, and in every row from then on, with their revision', () => {
    press('arm');
    pass(20);
    const from = rows.length;
    desk.submit('set', { patch: { 'pulse.onMs': 400, 'pulse.periodMs': 4000 } }, AT_BENCH);
    pass(10);
    expect(recorded.filter(({ kind }) => kind === 'tuning')).toMatchObject([
      { code: 'set', text: expect.stringMatching(/^revision 1: pulse.onMs 500 -> 400, pulse.periodMs 5000 -> 4000/) },
    ]);
    const shown = rows.map(({ pulse_on_s, pulse_period_s, revision, mode }) => [
      mode,
      pulse_on_s,
      pulse_period_s,
      revision,
    ]);
    expect(shown[from - 1]).toEqual(['pulse', 0.5, 5, 0]);
    expect(shown.at(-1)).toEqual(['pulse', 0.4, 4, 1]);
    expect(rows[0]).toMatchObject({ pulse_on_s: null, revision: 0 });
  });
});

describe('a controller whose process was restarted', () => {
  it('hears every front again, with the settings in force', () => {
    build({ injections: [{ name: 'controller-dead', atS: 3 }] });
    press('arm');
    pass(15);
    desk.submit('set', { patch: { 'pulse.onMs': 400 } }, AT_BENCH);
    pass(30);
    expect(state()).toBe('tripped');
    expect(simulation.feed.latest).toMatchObject({ revision: 1, settings: { 'pulse.onMs': 400 } });
    expect(desk.submit('acknowledge', { trip: 1 }, AT_BENCH)).toMatchObject({ code: 202 });
    pass(1);
    expect(state()).toBe('safe');
    press('arm');
    pass(20);
    expect(state()).toBe('armed');
    press('stop');
    pass(0.1);
    expect(state()).toBe('safe');
  });
});

describe('an acknowledgement', () => {
  it('that was answered for is not lost to a stop right behind it', () => {
    build({ injections: [{ name: 'controller-dead', atS: 3 }] });
    press('arm');
    pass(45);
    expect(desk.submit('acknowledge', { trip: 1 }, AT_BENCH)).toMatchObject({ code: 202 });
    press('stop');
    pass(0.2);
    expect(state()).toBe('safe');
  });
});

describe('an order after a stop in the same tick', () => {
  it('is a new one', () => {
    expect([press('arm').code, press('stop').code, press('arm').code]).toEqual([202, 200, 202]);
    pass(20);
    expect(state()).toBe('armed');
  });
});

describe('a flood of stops', () => {
  it('is obeyed each time, and fills no record', () => {
    for (let i = 0; i < 400; i += 1) {
      press('stop');
      pass(0.05);
    }
    expect(recorded.filter(({ code }) => code === 'stop').length).toBeLessThanOrEqual(41);
    press('arm');
    pass(10);
    press('stop');
    pass(0.05);
    const told = recorded.filter(({ kind }) => kind !== 'verdict');
    expect(told.slice(-2)).toMatchObject([{ code: 'stop' }, { code: 'safe' }]);
  });
});

describe('a flood of refusals', () => {
  it('of one author does not hide those of another', () => {
    const bench = new FakeBench();
    for (let n = 0; n < 100; n += 1) bench.desk.submit('reset', {}, { ...REMOTE, by: 'eve' });
    bench.desk.submit('reset', {}, REMOTE);
    expect(bench.notes.filter((note) => note.includes('eve'))).toHaveLength(20);
    expect(bench.notes.at(-1)).toContain('ann');
  });
});

describe('what is out of reach', () => {
  const warm = { 'control.mode': 'pid', 'control.setpointC': 39 } as const;

  it('is refused with the highest reachable value: a run, a setting by a key, a trial and a check', () => {
    build({ settings: { 'remote.tune': 'remote' } });
    const tried = desk.submit('try', { patch: warm, confirm_s: 60, base_rev: desk.tuning.rev }, REMOTE) as Answer;
    expect(tried).toMatchObject({ code: 422, text: expect.stringMatching(/39 °C is out of reach: [\d.]+ °C now/) });
    expect(desk.submit('check', { patch: warm }, REMOTE)).toMatchObject({ code: 422 });
    expect(desk.submit('set', { patch: warm }, AT_BENCH)).toMatchObject({ code: 422 });
    expect(desk.tuning.trial).toBeNull();
    const near = { ...warm, 'control.setpointC': 28 } as const;
    expect(desk.submit('check', { patch: near }, REMOTE)).toMatchObject({ code: 200 });
  });

  it('is never a reason to refuse less than what is in force', () => {
    const inForce = { 'control.mode': 'pid', 'control.setpointC': 36, 'swing.targetK': 3 } as const;
    const bench = new FakeBench({ 'remote.tune': 'remote', ...inForce });
    bench.beyond = 'The setpoint is out of reach.';
    const check = (patch: object): number => (bench.desk.submit('check', { patch }, REMOTE) as Answer).code;
    for (const patch of [{ 'control.setpointC': 34 }, { 'swing.targetK': 2 }, { 'swing.periodMs': 9000 }])
      expect(check(patch), JSON.stringify(patch)).toBe(200);
    expect(bench.desk.submit('set', { patch: { 'control.setpointC': 35 } }, AT_BENCH)).toMatchObject({ code: 202 });
    for (const patch of [
      { 'control.setpointC': 35.1 },
      { 'control.setpointC': 34, 'control.mode': 'model' },
      { 'control.setpointC': 34, 'swing.targetK': 3.1 },
      { 'swing.periodMs': 2000 },
    ])
      expect(check(patch), JSON.stringify(patch)).toBe(422);
  });

  it('is not asked about settings that have nothing to do with it', () => {
    const bench = new FakeBench();
    bench.beyond = 'The setpoint is out of reach.';
    expect(bench.desk.submit('arm', { duration_s: 60 }, REMOTE)).toMatchObject({ code: 422, text: bench.beyond });
    expect(bench.desk.submit('check', { patch: { 'pulse.onMs': 400 } }, REMOTE)).toMatchObject({ code: 200 });
    expect(bench.desk.submit('check', { patch: { 'swing.targetK': 3 } }, REMOTE)).toMatchObject({ code: 422 });
  });
});
