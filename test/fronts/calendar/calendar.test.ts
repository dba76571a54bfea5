/** The desk and the calendar on a whole controller with its simulated bench, with the wall clock in the test’s hand. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Desk } from '../../../src/desk/desk.ts';
import { startTuning } from '../../../src/desk/tuning.ts';
import { loadRecipe, recipeNames } from '../../../src/files/recipes.ts';
import { turnOver } from '../../../src/files/retention.ts';
import { openCalendar } from '../../../src/fronts/calendar/calendar.ts';
import type { Front } from '../../../src/fronts/front.ts';
import type { Answer } from '../../../src/params/answers.ts';
import { eventRecord } from '../../../src/params/event-record.ts';
import { ConfigError } from '../../../src/params/problem.ts';
import type { Settings } from '../../../src/params/settings.ts';
import type { InjectionOrder, Simulation } from '../../../src/rig/simulation.ts';
import { History } from '../../../src/store/history.ts';
import type { Body, ClockQuality, StoredRecord } from '../../../src/store/record.ts';
import type { HistorySession } from '../../../src/store/session.ts';
import { memoryStore, type Store } from '../../../src/store/store.ts';
import { summarise } from '../../../src/store/summaries.ts';
import { instant } from '../../../src/units.ts';
import { rig } from '../../support/bench.ts';
import { REMOTE } from '../../support/desk.ts';

let folder: string;
let simulation: Simulation;
let desk: Desk;
let calendar: Front | null;
let store: Store;
const start = Date.UTC(2027, 0, 10, 7, 58);

/** A controller on its bench, disarmed, with its calendar. */
function open(settings: Partial<Settings> = {}, injections: readonly InjectionOrder[] = []): void {
  const built = rig(loadRecipe('hold-mixed'), { settings, injections });
  simulation = built.simulation;
  const stamp = () => ({ monoUs: simulation.now(), wallMs: Date.now(), clock });
  store = memoryStore({ maxBytes: 50e6, maxAgeS: 1e8, now: stamp });
  const past: HistorySession = {
    store,
    journal: new History(store),
    words: null,
    wallS: () => Date.now() / 1000,
    tick: () => {},
    close: async () => {},
  };
  const { feed, controls } = simulation;
  const all = {
    ...feed.latest.settings,
    'remote.arm': 'remote' as const,
    'runtime.stateDir': folder,
    'runtime.runsDir': join(folder, 'runs'),
  };
  desk = new Desk({
    controls,
    snapshots: feed,
    emit: (event) => feed.emit(event, simulation.now()),
    tuning: startTuning(all),
    recipe: loadRecipe('hold-mixed'),
    recipes: recipeNames(),
    loadRecipe,
    keep: async () => {},
    asks: { history: async () => [], runs: async () => [], doctor: async () => [], whatIf: () => null },
  });
  feed.subscribe({
    event: (event) => {
      const record = eventRecord(event);
      if (record && ['command', 'refused', 'note', 'trouble'].includes(record.kind)) {
        notes.push(`${record.kind} ${record.code} ${record.text}`);
      }
    },
  });
  journal = {
    folder: join(folder, 'runs', '2027-01-09T00-00-00-hold-mixed'),
    label: 'hold-mixed',
    goOn: async (next: string) => {
      journal.folder = next;
      mkdirSync(next, { recursive: true });
    },
  };
  plan = () =>
    openCalendar(
      desk,
      feed,
      { mono: () => simulation.now(), wallS: past.wallS },
      {
        settings: all,
        computerUs: () => instant(performance.now() * 1000),
        chores: {
          daily: (closing) => summarise(all, past, closing),
          retention: (wallMs) => turnOver(all, journal, wallMs),
        },
      },
    );
  calendar = plan();
}
/** Opens the calendar, as a start does. */
let plan: () => Front;
let journal: { folder: string; label: string; goOn: (next: string) => Promise<void> };
/** An order over MQTT; true when it is taken. */
const order = (recipe: string | null, durationS: number): boolean => {
  const args = { duration_s: durationS, ...(recipe !== null && { recipe }) };
  return (desk.submit('arm', args, REMOTE) as Answer).code < 400;
};
let clock: ClockQuality;
let notes: string[];

/** Both clocks go on together, that of a simulated bench faster if wished. */
async function pass(seconds: number, speed = 1): Promise<void> {
  for (let ticks = 0; ticks < seconds * 20; ticks += 1) {
    for (let times = 0; times < speed; times += 1) simulation.tick();
    desk.tick();
    calendar?.tick();
    await vi.advanceTimersByTimeAsync(50);
  }
}
const state = (): string => simulation.feed.latest.kernel.name;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-calendar-'));
  notes = [];
  clock = 'synced';
  calendar = null;
  vi.useFakeTimers({ now: start, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await calendar?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a run that is not started at the bench', () => {
  it('ends by itself, its time counted from its start, and leaves the recipe of the bench behind', async () => {
    open();
    await pass(5);
    expect(order('hour', 60)).toBe(true);
    await pass(15);
    expect(state()).toBe('armed');
    const { startedAt } = simulation.feed.latest;
    while (state() === 'armed') await pass(0.05);
    expect((simulation.now() - (startedAt ?? 0)) / 1e6).toBeCloseTo(60, 0);
    // A person who arms now gets what the bench was started with.
    simulation.arm();
    await pass(2);
    expect(simulation.feed.latest.order.mode).toBe('pulse');
    expect(simulation.feed.latest.progress.step).toBeNull();
  });

  it('does not end the program with its recipe, however short that is', async () => {
    open();
    await pass(5);
    simulation.controls.use(loadRecipe('hold-mixed'));
    order('pattern-none', 2);
    await pass(20);
    expect([state(), simulation.feed.latest.finished]).toEqual(['safe', false]);
  });

  it('of another person is not ended by an order that was never carried out', async () => {
    open();
    await pass(5);
    order(null, 5);
    void desk.submit('stop', {}, REMOTE);
    await pass(14);
    simulation.arm();
    await pass(30);
    expect(state()).toBe('armed');
  });
});

describe('the calendar', () => {
  it('asks for a run and stops it, as a person could', async () => {
    open({ 'schedule.start': '0 8 * * *', 'schedule.stop': '1 8 * * *', 'schedule.recipe': 'hour' });
    await pass(140);
    expect(state()).toBe('armed');
    expect(notes).toContain('command arm Arming: hour, for 3600 s. (the calendar)');
    await pass(60);
    expect(state()).toBe('safe');
    expect(notes.at(-1)).toBe('command stop Heater off. (the calendar)');
  });

  it('is refused what a person would be refused: a latched trip stays latched', async () => {
    open({ 'schedule.start': '0 8 * * *' }, [{ name: 'tc-open', atS: 3 }]);
    simulation.arm();
    await pass(60);
    expect(state()).toBe('tripped');
    await pass(90);
    expect(notes).toContain('refused arm 423 Tripped: acknowledge trip 1 first. (the calendar)');
    expect(state()).toBe('tripped');
  });

  it('does not start a second run beside one', async () => {
    open({ 'schedule.start': '59 7 * * *' });
    simulation.arm();
    await pass(70);
    expect(notes.at(-1)).toBe('refused arm 409 The bench is in state armed; a run starts from safe. (the calendar)');
  });

  it('needs a recipe that exists, and a pattern that can be', () => {
    expect(() => open({ 'schedule.start': '0 8 * * *', 'schedule.recipe': 'nothing' })).toThrow(ConfigError);
    expect(() => open({ 'schedule.daily': '61 * * * *' })).toThrow(ConfigError);
  });

  it('is planned once, also on a simulated bench that is faster than the clock', async () => {
    open({ 'schedule.stop': '0 8 * * *', 'schedule.daily': '59 7 * * *' });
    await pass(130, 10);
    expect(notes).toEqual([
      expect.stringMatching(/^note schedule the clock is set: \d calendar jobs are planned/),
      'command stop The heater was off. (the calendar)',
    ]);
  });

  it('takes the record on to a folder of the new day, and removes what is too old or too much', async () => {
    open({ 'schedule.retention': '0 8 * * *', 'runs.maxAgeD': 30, 'runs.maxMb': 10 });
    const runs = join(folder, 'runs');
    const make = (name: string, bytes: number): void => {
      mkdirSync(join(runs, name), { recursive: true });
      writeFileSync(join(runs, name, 'data.csv'), 'x'.repeat(bytes));
    };
    make('2026-11-01T00-00-00-hour', 10);
    make('2026-12-20T00-00-00-hour', 6e6);
    make('2026-12-24T00-00-00-hour', 6e6);
    make('2027-01-09T00-00-00-hold-mixed', 10);
    make('my own notes', 10);
    await pass(130);
    vi.useRealTimers();
    await vi.waitFor(() => expect(notes.at(-1)).toMatch(/^note retention 2 run folders/));
    expect(readdirSync(runs).sort()).toEqual([
      '2026-12-24T00-00-00-hour',
      '2027-01-09T00-00-00-hold-mixed',
      expect.stringMatching(/^2027-01-10T08-00-00-hold-mixed$/),
      'my own notes',
    ]);
  });
});

describe('the run folders', () => {
  it('keep a run that began before the clock was set: it ended only now', async () => {
    open({ 'schedule.retention': '0 8 * * *', 'runs.maxAgeD': 30 });
    const name = '2025-05-07T00-00-10-hold-mixed';
    const running = join(folder, 'runs', name);
    mkdirSync(running, { recursive: true });
    writeFileSync(join(running, 'data.csv'), '1');
    utimesSync(join(running, 'data.csv'), start / 1000, start / 1000);
    await calendar?.close();
    journal.folder = running;
    calendar = plan();
    await pass(130);
    vi.useRealTimers();
    await vi.waitFor(() => expect(notes.at(-1)).toBe('note retention no run folder is too old'));
    expect(readdirSync(join(folder, 'runs')).sort()).toEqual([name, '2027-01-10T08-00-00-hold-mixed']);
  });
});

describe('the summaries of the days', () => {
  const DAILY = { 'schedule.daily': '0 8 * * *' };
  const bookmark = (): string => join(folder, 'days.json');

  /** A record at an hour of a day of January 2027 or another year. */
  function at(
    day: number,
    hour: number,
    body: Body = { state: 'safe', tc_c: 25, achieved_ratio: 0 },
    year = 2027,
  ): void {
    vi.setSystemTime(Date.UTC(year, 0, day, hour));
    store.append({ kind: 'event' in body ? 'event' : 'sample', body });
  }
  /** The morning of a day comes with its job; the job ends when the bookmark is another file; then comes a restart. */
  async function morning(day: number): Promise<void> {
    const fileOf = (): number | undefined => statSync(bookmark(), { throwIfNoEntry: false })?.ino;
    const before = fileOf();
    vi.setSystemTime(Date.UTC(2027, 0, day, 7, 59, 40));
    await pass(40);
    for (let i = 0; i < 100_000 && fileOf() === before; i += 1) await new Promise((resolve) => setImmediate(resolve));
    await calendar?.close();
    calendar = plan();
  }
  async function summaries(): Promise<Body[]> {
    const all: StoredRecord[] = [];
    for await (const record of store.export()) all.push(record);
    return all.map(({ body }) => body).filter(({ event }) => event === 'daily');
  }
  const days = async (): Promise<string[]> => (await summaries()).map(({ code, sampled_s }) => `${code}: ${sampled_s}`);

  it('are one for each day that is over, once, also for days that it slept through', async () => {
    open(DAILY);
    at(7, 10, { state: 'armed', tc_c: 25, achieved_ratio: 0.1, pl_red_v: 2, pl_green_v: 0.002 });
    at(7, 11, { state: 'safe', tc_c: 23, achieved_ratio: 0 });
    at(7, 12, { event: 'state', code: 'tripped', text: '' });
    at(9, 10, { state: 'armed', tc_c: 26, achieved_ratio: 1, pl_red_v: 1, pl_green_v: 0.004 });
    at(10, 1);
    await morning(10);
    expect(await summaries()).toMatchObject([
      { code: '2027-01-07', sampled_s: 2, armed_s: 1, tc_min_c: 23, tc_mean_c: 24, tc_max_c: 25, trips: 1 },
      { code: '2027-01-09', sampled_s: 1, armed_s: 1, heated_s: 1, tc_mean_c: 26, pl_red_mean_v: 1, trips: 0 },
    ]);
    // Another day: only what is new, and what of it was read before.
    at(10, 12);
    await morning(11);
    expect((await days()).slice(2)).toEqual(['2027-01-10: 2']);
  });

  it('go on after a record that is dated in the future, and are right when the dates are in no order', async () => {
    open(DAILY);
    at(7, 10);
    at(8, 10, undefined, 2031);
    for (const day of [9, 8, 7, 10]) at(day, 10);
    await morning(10);
    expect(await days()).toEqual(['2027-01-07: 2', '2027-01-08: 1', '2027-01-09: 1']);
    // A clock that goes back for a moment brings no day a second time.
    at(5, 0);
    at(8, 11);
    at(10, 11);
    await morning(11);
    await morning(12);
    expect((await days()).slice(3)).toEqual(['2027-01-05: 1', '2027-01-10: 2']);
  });

  it('do not count a record for the day of a clock that nobody had set', async () => {
    open(DAILY);
    clock = 'unsynced';
    at(5, 0);
    at(5, 0);
    clock = 'synced';
    at(9, 10);
    store.append({ kind: 'time_sync', body: { wall_ms: Date.now(), stepped_ms: null } });
    await morning(10);
    expect(await days()).toEqual(['2027-01-09: 3']);
  });

  it('are made once over a restart, also when the power was cut before the bookmark was moved', async () => {
    open(DAILY);
    for (const day of [8, 9, 10]) at(day, 10);
    await morning(9);
    const before = readFileSync(bookmark());
    await morning(10);
    writeFileSync(bookmark(), before);
    await morning(11);
    at(11, 9);
    await morning(12);
    expect(await days()).toEqual(['2027-01-08: 1', '2027-01-09: 1', '2027-01-10: 1', '2027-01-11: 1']);
  });

  it('do not hold up the end of the program', async () => {
    open(DAILY);
    for (let i = 0; i < 1600; i += 1) at(9, 10);
    const { read } = store;
    let [pages, closed] = [0, Promise.resolve()];
    store.read = (position) => {
      pages += 1;
      if (pages === 2) closed = calendar?.close() ?? closed;
      return read.call(store, position);
    };
    vi.setSystemTime(Date.UTC(2027, 0, 10, 7, 59, 40));
    await pass(40);
    for (let i = 0; i < 100_000 && pages < 2; i += 1) await new Promise((resolve) => setImmediate(resolve));
    await closed;
    store.read = read;
    expect([pages, await days(), existsSync(bookmark())]).toEqual([2, [], false]);
  });
});
