/** Messages on a simulated bench, carried by programs that really run. */
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Front } from '../../../src/fronts/front.ts';
import { openMessages } from '../../../src/fronts/messages/front.ts';
import { NO_SECRETS } from '../../../src/fronts/messages/ways.ts';
import type { RunEvent } from '../../../src/params/events.ts';
import type { SearchOrder } from '../../../src/params/search.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import type { Simulation } from '../../../src/rig/simulation.ts';
import { instant } from '../../../src/units.ts';
import { PULSE, recipeOf, rig } from '../../support/bench.ts';

let folder: string;
let simulation: Simulation;
let front: Front;
let notes: string[];
let search: SearchOrder | null;

beforeEach(() => {
  search = null;
  folder = mkdtempSync(join(tmpdir(), 'remixd-messages-'));
});
afterEach(async () => {
  await front.close();
  rmSync(folder, { recursive: true });
});

const path = (name: string): string => join(folder, name);
function program(...lines: readonly string[]): string {
  writeFileSync(path('program'), `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(path('program'), 0o755);
  return path('program');
}
/** Keeps what it is given, a line a message. */
const keeper = (): string => program(`cat >> '${path('got')}'`);
const got = (): Record<string, unknown>[] =>
  existsSync(path('got'))
    ? readFileSync(path('got'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>)
    : [];

function open(settings: Partial<Settings>, injections: Parameters<typeof rig>[1] = {}): void {
  const built = rig(recipeOf(PULSE(60)), { settings, ...injections });
  simulation = built.simulation;
  notes = [];
  const desk = {
    get snapshot() {
      return simulation.feed.latest;
    },
    get search() {
      return search;
    },
    // The disk and the clock of the computer under test are not what is looked at here.
    note: (_kind: string, code: string, text: string) => void (code === 'messages' && notes.push(text)),
  };
  const clock = { mono: () => simulation.now(), wallS: () => 1_800_000_000 };
  const all = { ...defaultSettings(), ...settings };
  const rest = { simulated: true, secrets: NO_SECRETS, past: { journal: { failing: false } } };
  front = openMessages(desk as never, simulation.feed, clock, { settings: all, ...rest });
}
/** Whether the process whose pid stands in a file ends within a second. */
async function isGone(name: string): Promise<boolean> {
  const pid = readFileSync(path(name), 'utf8').trim();
  for (let i = 0; i < 50; i += 1) {
    // A child of nobody stays as a zombie where no init collects it.
    if (!existsSync(`/proc/${pid}/status`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')))
      return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
/** Ticks at the pace of the computer, which is that of the program, until something is so. */
async function until(done: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !done() && Date.now() < end; ) {
    front.tick();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(done()).toBe(true);
}
const run = (seconds: number): void => {
  for (let i = 0; i < 20 * seconds; i += 1) {
    simulation.tick();
    front.tick();
  }
};
const say = (event: Partial<RunEvent>): void => simulation.feed.emit(event as RunEvent, instant(simulation.now()));

describe('messages', () => {
  it('of a trip name it, its remedy, the device and the time', async () => {
    open({ 'messages.program': keeper(), 'mqtt.device': 'bench-7' }, { injections: [{ name: 'lid', atS: 20 }] });
    expect(simulation.arm()).toBe(true);
    run(25);
    await until(() => got().some(({ kind }) => kind === 'trip'));
    const trip = got().find(({ kind }) => kind === 'trip');
    expect(trip).toMatchObject({
      code: 'E402',
      urgent: true,
      title: 'Tripped: Lid open',
      device: 'bench-7',
      simulated: true,
      run: 1,
      wall_s: 1_800_000_000,
      missed: 0,
    });
    expect(trip?.['remedy']).toMatch(/^Close the lid/);
    expect(trip?.['mono_s']).toBeGreaterThan(20);
  });

  it('of what the light says wait while a search segregates the film on purpose, and all others do not', async () => {
    open({ 'messages.program': keeper() });
    const verdict = {
      kind: 'verdict',
      from: 'MIXED',
      to: 'SEGREGATING',
      sight: 'rising',
      segregated: 0.01,
      text: 'x',
    } as const;
    const alarm = { kind: 'alarm', alarm: 'segregation', ends: false, text: 'x' } as const;
    for (const state of ['asked', 'stopped'] as const) {
      search = { by: 'ann', state };
      say(verdict);
      say(alarm);
      say({ kind: 'alarm', alarm: 'high', ends: false, text: state });
      await until(() => got().some(({ text }) => String(text).includes(state)));
    }
    say({ kind: 'alarm-off', alarm: 'segregation' });
    search = { by: 'ann', state: 'found' };
    say({ kind: 'alarm', alarm: 'low', ends: false, text: 'x' });
    await until(() => got().some(({ code }) => code === 'low'));
    expect(got().map(({ code }) => code)).toEqual(['high', 'high', 'low']);
    say(alarm);
    await until(() => got().length === 4);
    expect(got().at(-1)?.['code']).toBe('segregation');
  });

  it('of an alarm that people know of and that ends during a search say so afterwards', async () => {
    open({ 'messages.program': keeper() });
    say({ kind: 'alarm', alarm: 'segregation', ends: false, text: 'x' });
    await until(() => got().length === 1);
    search = { by: 'ann', state: 'asked' };
    say({ kind: 'alarm-off', alarm: 'segregation' });
    say({ kind: 'alarm-off', alarm: 'unseen' });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'x' });
    await until(() => got().length === 2);
    search = null;
    await until(() => got().length === 3);
    expect(got().map(({ kind, code }) => `${String(kind)} ${String(code)}`)).toEqual([
      'alarm segregation',
      'alarm high',
      'alarm-off segregation',
    ]);
  });

  it('of what the light says are told after a search where they still stand', async () => {
    open({ 'messages.program': keeper() });
    const { latest } = simulation.feed;
    search = { by: 'ann', state: 'asked' };
    say({ kind: 'verdict', from: 'MIXED', to: 'SEGREGATED', sight: 'rising', segregated: 0.1, text: 'of the light' });
    say({ kind: 'alarm', alarm: 'segregation', ends: false, text: 'x' });
    say({ kind: 'alarm', alarm: 'unseen', ends: false, text: 'x' });
    front.tick();
    search = null;
    simulation.feed.publish({ ...latest, alarms: ['segregation'], sight: { ...latest.sight, verdict: 'SEGREGATED' } });
    await until(() => got().length === 2);
    expect(
      got()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['SEGREGATED', 'segregation']);
  });

  it('say how a run ended', async () => {
    open({ 'messages.program': keeper() });
    expect(simulation.arm()).toBe(true);
    run(62);
    await until(() => got().some(({ kind }) => kind === 'end'));
    expect(got().find(({ kind }) => kind === 'end')).toMatchObject({
      code: 'finished',
      text: 'The recipe came to its end.',
    });
  });

  it('go out one after the other, and a trip before what waits', async () => {
    open({ 'messages.program': program(`sleep 0.2`, `cat >> '${path('got')}'`) });
    for (const alarm of ['high', 'low', 'rate'] as const) say({ kind: 'alarm', alarm, ends: false, text: alarm });
    front.tick();
    say({ kind: 'trip', latch: { trip: 1, fault: 'lid' } as never });
    await until(() => got().length === 4);
    const codes = got().map(({ code }) => code);
    // The trip goes beside the one that was under way.
    expect(codes.slice(0, 2).sort()).toEqual(['E402', 'high']);
    expect(codes.slice(2)).toEqual(['low', 'rate']);
  });

  it('of trips are never left out, and come in their order, before alarms and those before verdicts', async () => {
    open({ 'messages.program': program(`sleep 0.05`, `cat >> '${path('got')}'`) });
    say({ kind: 'verdict', from: 'MIXED', to: 'CANNOT_SEE', sight: 'saturated', segregated: null, text: 'no sight' });
    front.tick();
    say({ kind: 'verdict', from: 'MIXED', to: 'DRIFTING', sight: 'rising', segregated: null, text: 'drifts' });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'warm' });
    for (let trip = 1; trip <= 10; trip += 1)
      say({ kind: 'trip', latch: { trip, fault: trip === 1 ? 'estop' : 'lid' } as never });
    await until(() => got().length === 13);
    const codes = got().map(({ code }) => code);
    // The first trip goes beside the one that was under way.
    expect(codes.slice(0, 2).sort()).toEqual(['CANNOT_SEE', 'E401']);
    expect(codes.slice(2)).toEqual([...Array<string>(9).fill('E402'), 'high', 'DRIFTING']);
  });

  it('that wait are at most 32, and what is not urgent makes room', async () => {
    open({ 'messages.program': program(`sleep 0.02`, `cat >> '${path('got')}'`) });
    for (let i = 0; i < 3; i += 1) say({ kind: 'alarm-off', alarm: 'low' });
    for (let trip = 1; trip <= 40; trip += 1) say({ kind: 'trip', latch: { trip, fault: 'lid' } as never });
    await until(() => got().length === 32);
    await new Promise((resolve) => setTimeout(resolve, 100));
    front.tick();
    expect(got().map(({ kind }) => kind)).toEqual(Array<string>(32).fill('trip'));
    expect(got()[0]?.['missed']).toBe(11);
  });

  it('about the same that come together are one, the newest, with their count', async () => {
    open({ 'messages.program': keeper() });
    for (let i = 1; i <= 300; i += 1) say({ kind: 'alarm', alarm: 'high', ends: false, text: `${i} K too much` });
    say({ kind: 'verdict', from: 'MIXED', to: 'CANNOT_SEE', sight: 'saturated', segregated: null, text: 'no sight' });
    await until(() => got().length === 2);
    expect(got()[0]).toMatchObject({ kind: 'alarm', count: 300, text: '300 K too much', missed: 0 });
    expect(got()[1]).toMatchObject({ kind: 'verdict', count: 1 });
  });

  it('about many things are few: eight go out, 32 wait for their turn, and what was left out is counted', async () => {
    open({ 'messages.program': keeper() });
    for (let i = 1; i <= 300; i += 1) say({ kind: 'trouble', code: `t${i}`, text: 'x' });
    // What is urgent has a pace of its own.
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'warm' });
    await until(() => got().length === 9);
    expect(got().map(({ kind }) => kind)).toEqual(['alarm', ...Array<string>(8).fill('trouble')]);
    expect(got()[0]?.['missed']).toBe(301 - 32);
    expect(got()[1]?.['missed']).toBe(0);
    // One more after 30 s of the bench, the one that has waited longest.
    const before = got().at(-1)?.['code'];
    for (let i = 0; i < 20 * 30; i += 1) simulation.tick();
    await until(() => got().length === 10);
    expect(before).toBe('t277');
    expect(got().at(-1)?.['code']).toBe('t278');
  });

  it('of a program that hangs: it is killed with its children, said once, and the next message goes out', async () => {
    const once = path('once');
    open({
      'messages.timeoutS': 1,
      'messages.program': program(
        `[ -e '${once}' ] && exec cat >> '${path('got')}'`,
        `touch '${once}'`,
        `sleep 60 & echo $! > '${path('child')}'`,
        'wait',
      ),
    });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'first' });
    say({ kind: 'alarm', alarm: 'low', ends: false, text: 'second' });
    await until(() => got().length === 1);
    expect(got()[0]?.['code']).toBe('low');
    await until(() => notes.length === 2);
    expect(notes).toEqual([
      'messages.program was ended: it took longer than messages.timeoutS (1 s)',
      'messages.program works again',
    ]);
    expect(await isGone('child')).toBe(true);
  });

  it('of trips do not wait for a program that hangs with something else, which still comes once', async () => {
    const once = path('once');
    open({
      'messages.timeoutS': 60,
      'messages.program': program(
        `[ -e '${once}' ] || { touch '${once}'; until [ -e '${path('free')}' ]; do sleep 0.05; done; }`,
        `cat >> '${path('got')}'`,
      ),
    });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'warm' });
    await until(() => existsSync(once));
    say({ kind: 'trip', latch: { trip: 1, fault: 'lid' } as never });
    await until(() => got().length === 1);
    expect(got()[0]?.['code']).toBe('E402');
    writeFileSync(path('free'), '');
    await until(() => got().length === 2);
    expect(got()[1]).toMatchObject({ code: 'high', missed: 0 });
    expect(notes).toEqual([]);
  });

  it('of a program that fails are in the record, and never a message of their own', async () => {
    open({ 'messages.program': program(`cat >> '${path('got')}'`, 'exit 3') });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'first' });
    await until(() => notes.length === 1);
    expect(notes).toEqual(['messages.program failed: exit code 3']);
    say({ kind: 'trouble', code: 'messages', text: notes[0] ?? '' });
    front.tick();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(got()).toHaveLength(1);
  });

  it('of a program that is gone when it is needed end no tick', async () => {
    open({ 'messages.program': path('missing') });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'first' });
    await until(() => notes.length === 1);
    expect(notes[0]).toMatch(/^messages\.program could not be started: .*ENOENT/);
  });

  it('of a program whose file is being written end no tick', async () => {
    const file = keeper();
    open({ 'messages.program': file });
    const writing = openSync(file, 'r+');
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'first' });
    await until(() => notes.length === 1);
    closeSync(writing);
    expect(notes[0]).toMatch(/^messages\.program could not be started: .*ETXTBSY/);
    // And the next one goes out.
    say({ kind: 'alarm', alarm: 'low', ends: false, text: 'second' });
    await until(() => got().length === 1);
    expect(got()[0]?.['code']).toBe('low');
  });

  it('leave nothing behind that the program has started', async () => {
    open({ 'messages.program': program(`cat >> '${path('got')}'`, `sleep 60 & echo $! > '${path('child')}'`) });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'first' });
    await until(() => existsSync(path('child')) && readFileSync(path('child'), 'utf8').endsWith('\n'));
    expect(await isGone('child')).toBe(true);
  });

  it('are not read by every program, which is its own business', async () => {
    open({ 'messages.program': program('exit 0') });
    say({ kind: 'trouble', code: 'long', text: 'x'.repeat(1e6) });
    for (let i = 0; i < 40; i += 1) {
      front.tick();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(notes).toEqual([]);
  });

  it('that hang when the controller ends are ended with it', async () => {
    open({ 'messages.program': program(`echo $$ > '${path('child')}'`, 'sleep 60') });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'first' });
    await until(() => existsSync(path('child')) && readFileSync(path('child'), 'utf8').endsWith('\n'));
    await front.close();
    expect(await isGone('child')).toBe(true);
  }, 10_000);

  it('that wait when the controller ends still go out', async () => {
    open({ 'messages.program': keeper() });
    say({ kind: 'trip', latch: { trip: 1, fault: 'lid' } as never });
    await front.close();
    expect(got().map(({ kind }) => kind)).toEqual(['trip']);
  });

  it('come to a program that knows nothing of the controller’s environment', async () => {
    process.env['REMIXD_SECRET_FOR_TEST'] = 'x';
    open({ 'messages.program': program(`env > '${path('env')}'`) });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'first' });
    await until(() => existsSync(path('env')) && readFileSync(path('env'), 'utf8').includes('PATH='));
    delete process.env['REMIXD_SECRET_FOR_TEST'];
    expect(readFileSync(path('env'), 'utf8')).not.toContain('REMIXD');
  });

  it('go by each way at its own pace: one that cannot be reached holds up no other', async () => {
    // Nothing listens on port 9 of this computer.
    open({ 'messages.program': keeper(), 'messages.ntfyUrl': 'http://127.0.0.1:9/bench' });
    for (const alarm of ['high', 'low', 'rate'] as const) say({ kind: 'alarm', alarm, ends: false, text: alarm });
    await until(() => got().length === 3 && notes.length > 0);
    expect(notes).toEqual([expect.stringMatching(/^messages\.ntfyUrl cannot be reached: .*ECONNREFUSED/)]);
    expect(new Set(got().map(({ id }) => id)).size).toBe(3);
  });

  it('that are not urgent wait in quiet hours, and go out when the controller ends', async () => {
    // The clock of these tests shows 08:00.
    const quiet = { 'messages.quietFrom': '07:00', 'messages.quietTo': '09:00' };
    open({ 'messages.program': keeper(), ...quiet });
    say({ kind: 'trouble', code: 'link', text: 'no broker' });
    say({ kind: 'trouble', code: 'film', text: 'not kept' });
    say({ kind: 'alarm', alarm: 'high', ends: false, text: 'warm' });
    await until(() => got().length === 1);
    expect(got()[0]?.['kind']).toBe('alarm');
    await new Promise((resolve) => setTimeout(resolve, 50));
    front.tick();
    expect(got()).toHaveLength(1);
    await front.close();
    expect(got()[1]).toMatchObject({ kind: 'summary', title: '2 messages were held back' });
    expect(got()[1]?.['text']).toBe('Trouble: no broker\nTrouble: not kept');
  });
});
