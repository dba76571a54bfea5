/** What the desk makes of commands, whoever asks: who may, when, with which values. */
import { describe, expect, it } from 'vitest';
import { Later, type Outcome } from '../../src/desk/desk.ts';
import type { Answer } from '../../src/params/answers.ts';
import { argumentsFor, COMMAND_NAMES, commandRow, isCommandName, ROLES } from '../../src/params/commands.ts';
import { SETTING_KEYS, type Settings, settingRow } from '../../src/params/settings.ts';
import type { Snapshot } from '../../src/params/snapshot.ts';
import type { SafetyState } from '../../src/params/states.ts';
import { instant, ratio } from '../../src/units.ts';
import { recipeOf } from '../support/bench.ts';
import { AT_BENCH, FakeBench, REMOTE } from '../support/desk.ts';

const now = (outcome: Outcome): Answer => {
  if (outcome instanceof Later) throw new Error('an answer that comes later');
  return outcome;
};
const trip = (number: number) => ({ kind: 'tripped', trip: number, fault: 'estop' }) as const;
const lockout = (number: number) => ({ kind: 'lockout', trip: number, fault: 'leak-current' }) as const;

describe('the table of commands', () => {
  it.each(COMMAND_NAMES)('%s says who may use it, what it does and what it takes', (name) => {
    const row = commandRow(name);
    expect(ROLES).toContain(row.role);
    expect(row.label).toMatch(/^[A-Z]/);
    expect(row.why).toMatch(/^[A-Z].*\.$/);
    expect(argumentsFor(name, true).safeParse({ no: 'such' }).success).toBe(false);
  });

  it('has each name once, on every way', () => {
    const names = COMMAND_NAMES.flatMap((name) => (commandRow(name).aliases.mqtt ?? []).map((alias) => alias.name));
    expect(new Set(names).size).toBe(names.length);
    const keys = COMMAND_NAMES.map((name) => commandRow(name).aliases.key).filter((key) => key !== undefined);
    expect(new Set(keys).size).toBe(keys.length);
    // A former name of one command is never the name of another.
    for (const name of COMMAND_NAMES) {
      const [, ...former] = commandRow(name).aliases.mqtt ?? [];
      for (const { name: old, deprecated } of former) expect([deprecated, isCommandName(old)]).toEqual([true, false]);
    }
  });

  it('has two words for the way out of a trip and of a lockout', () => {
    expect(commandRow('acknowledge').aliases.key).toBe('k');
    expect(commandRow('reset')).toMatchObject({ where: 'bench', aliases: { key: 'r' } });
    expect(commandRow('reset').aliases.mqtt).toBeUndefined();
  });
});

describe('an order to arm', () => {
  it('is taken in safe, from the bench without a time and over MQTT with one', () => {
    const bench = new FakeBench();
    expect(now(bench.desk.submit('arm', {}, AT_BENCH))).toMatchObject({ code: 202 });
    const remote = new FakeBench();
    expect(now(remote.desk.submit('arm', {}, REMOTE))).toMatchObject({ code: 422, errors: [{ path: 'duration_s' }] });
    expect(now(remote.desk.submit('arm', { duration_s: 60, recipe: 'hour' }, REMOTE))).toMatchObject({ code: 202 });
    expect([bench.asked, remote.asked]).toEqual([['arm hold-mixed'], ['arm hour']]);
    expect(remote.notes.at(-1)).toBe('command arm Arming: hour, for 60 s. (ann)');
  });

  it('is refused in any state but safe, while tripped, locked out, and beside another order', () => {
    const cases: [SafetyState, Parameters<FakeBench['state']>[1], number][] = [
      ['armed', null, 409],
      ['boot', null, 409],
      ['tripped', trip(3), 423],
      ['lockout', lockout(3), 423],
    ];
    for (const [state, latch, code] of cases) {
      const bench = new FakeBench();
      bench.state(state, latch);
      expect(now(bench.desk.submit('arm', { duration_s: 60 }, REMOTE)).code).toBe(code);
      expect(bench.asked).toEqual([]);
    }
    const bench = new FakeBench();
    bench.desk.submit('arm', {}, AT_BENCH);
    expect(now(bench.desk.submit('arm', {}, AT_BENCH))).toMatchObject({ code: 409 });
    expect(bench.asked).toHaveLength(1);
  });

  it('is refused for a recipe that is not there, a time beyond four hours, a role that only looks, and where runs are started locally', () => {
    const bench = new FakeBench();
    const code = (args: object, origin = REMOTE) => now(bench.desk.submit('arm', args, origin)).code;
    expect(code({ duration_s: 60, recipe: '../etc' })).toBe(422);
    expect(code({ duration_s: 60, recipe: 'other' })).toBe(404);
    expect(code({ duration_s: 14_401 })).toBe(422);
    expect(code({ duration_s: 60 }, { ...REMOTE, roles: ['see', 'tune'] })).toBe(403);
    expect(now(new FakeBench({ 'remote.arm': 'local' }).desk.submit('arm', { duration_s: 60 }, REMOTE)).code).toBe(403);
    expect(bench.asked).toEqual([]);
    expect(code({ duration_s: 14_400 })).toBe(202);
  });

  it('for a recipe of more than four hours is refused unless the local file allows it, and ends after its own duration', () => {
    const fiveHours = recipeOf({ light: 0, mode: 'off', forS: 18_000 });
    const benchWith = (longestS?: number) =>
      new FakeBench(longestS === undefined ? {} : { 'recipe.longestS': longestS }, { loadRecipe: () => fiveHours });
    const arm = (bench: FakeBench, durationS = 14_400, origin = REMOTE) =>
      now(bench.desk.submit('arm', { duration_s: durationS, recipe: 'hour' }, origin));
    for (const bench of [benchWith(), benchWith(17_999)]) {
      expect(arm(bench)).toMatchObject({ code: 422, text: expect.stringContaining('recipe.longestS') });
      expect(arm(bench, 14_400, AT_BENCH)).toMatchObject({ code: 422 });
      expect(bench.asked).toEqual([]);
    }
    expect(arm(benchWith(18_000))).toMatchObject({ code: 202 });
    // What a local file allows for recipes does not lengthen an order over MQTT.
    expect(arm(benchWith(604_800), 14_401)).toMatchObject({ code: 422 });
  });

  it('never follows a limit of length that was to come over MQTT, or by a key', () => {
    const bench = new FakeBench();
    const patch = { 'recipe.longestS': 604_800 };
    for (const [name, args, origin] of [
      ['try', { base_rev: 0, patch }, REMOTE],
      ['set', { patch }, AT_BENCH],
    ] as const) {
      expect(now(bench.desk.submit(name, args, origin))).toMatchObject({
        code: 422,
        errors: [{ path: 'recipe.longestS', allowed: 'a change in the local file only' }],
      });
    }
    expect(bench.desk.snapshot.settings['recipe.longestS']).toBe(14_400);
  });

  it('that the loop does not take is not promised', () => {
    const bench = new FakeBench();
    bench.takes = false;
    expect(now(bench.desk.submit('arm', {}, AT_BENCH))).toMatchObject({ code: 409 });
    expect(bench.notes.at(-1)).toContain('refused arm 409');
  });
});

describe('a stop', () => {
  it.each(['boot', 'safe', 'prove', 'armed', 'tripped', 'lockout'] as const)('is obeyed in state %s', (state) => {
    const bench = new FakeBench();
    bench.state(state);
    for (const args of [{}, null, 'x', { deep: [[[[[[[[]]]]]]]] }, { more: 'fields' }]) {
      expect(now(bench.desk.submit('stop', args, REMOTE)).code).toBe(200);
    }
    expect(bench.asked).toEqual(Array(5).fill('stop'));
  });

  it('is obeyed from anybody, also from somebody who may only look, and while the controller ends', () => {
    const bench = new FakeBench();
    bench.desk.end();
    expect(now(bench.desk.submit('stop', {}, { ...REMOTE, roles: ['see'] })).code).toBe(200);
    expect(bench.asked).toEqual(['stop']);
  });
});

describe('the end of the controller', () => {
  it('takes no order any more, and still answers questions', () => {
    const bench = new FakeBench();
    bench.desk.end();
    for (const [name, args] of [
      ['arm', { duration_s: 60 }],
      ['try', { base_rev: 0, patch: { 'pulse.onMs': 400 } }],
    ] as const)
      expect(now(bench.desk.submit(name, args, REMOTE))).toMatchObject({
        code: 503,
        text: 'The controller is ending.',
      });
    expect(bench.asked).toEqual([]);
    expect(now(bench.desk.submit('ping', {}, REMOTE)).code).toBe(200);
  });
});

describe('somebody who comes another way', () => {
  it('stands at the bench only where that is known', () => {
    const web = { ...AT_BENCH, via: 'web' } as never;
    expect(now(new FakeBench().desk.submit('arm', {}, web)).code).toBe(422);
    expect(now(new FakeBench().desk.submit('set', { patch: { 'pulse.onMs': 400 } }, web)).code).toBe(403);
  });
});

describe('the way out of a latch', () => {
  const latched = (latch: ReturnType<typeof trip> | ReturnType<typeof lockout>, ageS = 60): FakeBench => {
    const bench = new FakeBench();
    bench.set({}, { name: latch.kind, latch, since: instant(1000e6 - ageS * 1e6), calmSince: instant(0) });
    return bench;
  };
  const acknowledge = (bench: FakeBench, number = 3): Answer =>
    now(bench.desk.submit('acknowledge', { trip: number }, REMOTE));

  it('of a trip names its number, with the fault gone, after 10 s, with the budget drained', () => {
    expect(acknowledge(latched(trip(3)))).toMatchObject({ code: 202 });
    expect(acknowledge(latched(trip(3)), 4)).toMatchObject({ code: 409, text: 'Trip 3 is latched, not 4.' });
    expect(acknowledge(latched(trip(3), 4))).toMatchObject({ code: 409, text: expect.stringMatching(/wait 6 s more/) });
    const present = latched(trip(3));
    present.set({ faults: ['estop'] }, { calmSince: null });
    expect(acknowledge(present)).toMatchObject({ code: 409, text: 'The fault is still present: estop.' });
    const full = latched(trip(3));
    full.set({ drained: false });
    expect(acknowledge(full)).toMatchObject({ code: 409, text: expect.stringMatching(/budget/) });
    expect(acknowledge(new FakeBench())).toMatchObject({ code: 409, text: 'Nothing is tripped.' });
  });

  it('of a lockout is a reset, and at the bench only', () => {
    const bench = latched(lockout(3));
    expect(acknowledge(bench)).toMatchObject({ code: 423 });
    expect(now(bench.desk.submit('reset', {}, REMOTE))).toMatchObject({ code: 403 });
    expect(bench.asked).toEqual([]);
    expect(now(bench.desk.submit('reset', {}, AT_BENCH))).toMatchObject({ code: 202 });
    expect(bench.asked).toEqual(['reset']);
    expect(now(latched(trip(1)).desk.submit('reset', {}, AT_BENCH))).toMatchObject({ code: 409 });
    const flowing = latched(lockout(3));
    flowing.set({ quiet: false });
    expect(now(flowing.desk.submit('reset', {}, AT_BENCH))).toMatchObject({
      code: 409,
      text: expect.stringMatching(/Current flows/),
    });
  });
});

describe('settings on trial', () => {
  const tried = (bench: FakeBench, patch: unknown, more: object = {}): Answer =>
    now(bench.desk.submit('try', { base_rev: 0, patch, ...more }, REMOTE));

  it('are tried for the time asked for, 120 s by itself', () => {
    const bench = new FakeBench();
    expect(tried(bench, { 'pulse.onMs': 400 })).toMatchObject({ code: 202, data: { rev: 1 } });
    expect(bench.settings['pulse.onMs']).toBe(400);
    bench.seconds = 119;
    bench.desk.tick();
    expect(bench.settings['pulse.onMs']).toBe(400);
    bench.seconds = 120;
    bench.desk.tick();
    expect(bench.settings['pulse.onMs']).toBe(500);
  });

  it('are refused with every error at once: path, what was given, what is allowed', () => {
    const answer = tried(new FakeBench(), {
      'pulse.onMs': 9999,
      'pulse.onMss': 1,
      'limits.tripC': 44,
      'pid.gainPerK': '1',
    });
    expect(answer.code).toBe(422);
    const paths = ['limits.tripC', 'pid.gainPerK', 'pulse.onMs', 'pulse.onMss'];
    expect(answer.errors?.map(({ path }) => path).sort()).toEqual(paths);
    expect(answer.errors?.find(({ path }) => path === 'pulse.onMs')?.allowed).toContain('5000');
    expect(answer.errors?.find(({ path }) => path === 'pulse.onMss')?.allowed).toContain('pulse.onMs');
    const together = tried(new FakeBench(), { 'pulse.onMs': 3000, 'pulse.periodMs': 5000 });
    expect(together.errors?.[0]?.allowed).toContain('0.55');
  });

  it('are not tried while a trip is latched: the trial would end at once', () => {
    const bench = new FakeBench();
    bench.state('tripped', trip(1));
    expect(now(bench.desk.submit('try', { base_rev: 0, patch: { 'pulse.onMs': 400 } }, REMOTE)).code).toBe(423);
    expect(bench.desk.tuning.rev).toBe(0);
  });

  it('that name another recipe change what the next run plays', () => {
    const bench = new FakeBench();
    bench.desk.submit('try', { base_rev: 0, patch: { 'run.recipe': 'hour' } }, REMOTE);
    bench.desk.submit('arm', {}, AT_BENCH);
    expect(bench.asked).toEqual(['arm hour']);
  });

  it('name a recipe that the device has', () => {
    expect(tried(new FakeBench(), { 'run.recipe': 'no-such' })).toMatchObject({
      code: 422,
      errors: [{ path: 'run.recipe', got: '"no-such"' }],
    });
    expect(tried(new FakeBench(), { 'run.recipe': 'hour' })).toMatchObject({ code: 202 });
  });

  it('never touch a local setting: each one marked bench or restart is refused', () => {
    for (const key of SETTING_KEYS) {
      const row = settingRow(key);
      const { code } = tried(new FakeBench(), { [key]: row.default });
      const local = row.applies === 'bench' || row.applies === 'restart';
      expect([key, code]).toEqual([key, local ? 422 : 202]);
    }
  });

  it('are refused from another revision, beside another trial, where the file says so, and idle ones during a run', () => {
    const bench = new FakeBench();
    expect(tried(bench, { 'pulse.onMs': 400 }, { base_rev: 1 }).code).toBe(409);
    tried(bench, { 'pulse.onMs': 300 });
    expect(tried(bench, { 'pulse.onMs': 400 }, { base_rev: 1 }).code).toBe(409);
    expect(tried(new FakeBench({ 'remote.tune': 'local' }), { 'pulse.onMs': 400 }).code).toBe(403);
    const armed = new FakeBench();
    armed.state('armed');
    expect(tried(armed, { 'pid.windowMs': 1000 }).code).toBe(422);
    expect(tried(new FakeBench(), { 'pid.windowMs': 1000 }).code).toBe(202);
  });

  it('are kept by a confirmation of that very trial, in time', async () => {
    const bench = new FakeBench();
    expect(now(bench.desk.submit('confirm', { rev: 1 }, REMOTE)).code).toBe(409);
    tried(bench, { 'pulse.onMs': 300 }, { confirm_s: 100 });
    expect(now(bench.desk.submit('confirm', { rev: 2 }, REMOTE)).code).toBe(409);
    bench.seconds = 100;
    expect(now(bench.desk.submit('confirm', { rev: 1 }, REMOTE)).code).toBe(408);
    bench.seconds = 99;
    const later = bench.desk.submit('confirm', { rev: 1 }, REMOTE) as Later;
    expect(await later.final).toMatchObject({ code: 202, data: { rev: 2 } });
    expect(bench.desk.tuning.confirmed).toEqual({ 'pulse.onMs': 300 });
    expect(now(bench.desk.submit('revert', {}, REMOTE)).code).toBe(409);
  });

  it('cannot be kept while the film is out of sight, where it was seen as they began', async () => {
    const see = (bench: FakeBench, verdict: 'MIXED' | 'CANNOT_SEE'): void =>
      bench.set({ sight: { ...bench.desk.snapshot.sight, verdict } });
    const bench = new FakeBench();
    see(bench, 'MIXED');
    tried(bench, { 'pulse.onMs': 300 });
    see(bench, 'CANNOT_SEE');
    expect(now(bench.desk.submit('confirm', { rev: 1 }, REMOTE))).toMatchObject({
      code: 409,
      text: expect.stringContaining('cannot be seen'),
    });
    expect(bench.desk.tuning.trial?.rev).toBe(1);
    see(bench, 'MIXED');
    expect(await (bench.desk.submit('confirm', { rev: 1 }, REMOTE) as Later).final).toMatchObject({ code: 202 });
    const blind = new FakeBench();
    see(blind, 'CANNOT_SEE');
    tried(blind, { 'pulse.onMs': 300 });
    expect(await (blind.desk.submit('confirm', { rev: 1 }, REMOTE) as Later).final).toMatchObject({ code: 202 });
  });

  it('can be checked and looked at beforehand without changing anything', () => {
    const bench = new FakeBench();
    const ask = (name: string, patch: object) => now(bench.desk.submit(name, { patch }, { ...REMOTE, roles: ['see'] }));
    expect(ask('check', { 'pulse.onMs': 400 })).toMatchObject({ code: 200 });
    expect(ask('check', { 'pulse.onMs': 9999 })).toMatchObject({ code: 422 });
    expect(ask('what-if', { 'control.mode': 'off' })).toMatchObject({
      code: 200,
      data: { now: { mode: 'pulse' }, changed: { mode: 'off' } },
    });
    expect([bench.revision, bench.notes.filter((note) => note.startsWith('tuning'))]).toEqual([0, []]);
  });
});

describe('one change of a setting is one event with author, old and new value', () => {
  const told = (bench: FakeBench) => bench.events.filter(({ kind }) => kind === 'tuning');

  it('by a key, over MQTT, and when it goes back', () => {
    const bench = new FakeBench();
    bench.desk.submit('set', { patch: { 'pulse.onMs': 450 } }, AT_BENCH);
    bench.desk.submit('try', { base_rev: 1, patch: { 'pulse.periodMs': 6000 } }, REMOTE);
    bench.desk.submit('revert', {}, REMOTE);
    const change = (key: string, before: number, after: number) => [{ key, before, after }];
    expect(told(bench)).toMatchObject([
      { what: 'set', revision: 1, origin: AT_BENCH, changes: change('pulse.onMs', 500, 450) },
      { what: 'tried', revision: 2, origin: REMOTE, changes: change('pulse.periodMs', 5000, 6000) },
      { what: 'reverted', revision: 3, origin: REMOTE, changes: change('pulse.periodMs', 6000, 5000) },
    ]);
    expect(bench.events).toHaveLength(3);
    expect(bench.revision).toBe(3);
  });
});

describe('arguments', () => {
  it('that are too large, wide or deep are refused before anything looks at them', () => {
    const bench = new FakeBench();
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, 1]));
    const deep = JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`) as object;
    for (const patch of [wide, deep, { ['k'.repeat(100)]: 1 }, { 'run.recipe': 'x'.repeat(5000) }]) {
      expect(now(bench.desk.submit('try', { base_rev: 0, patch }, REMOTE)).code).toBe(413);
    }
  });

  it('are refused in the words of this product', () => {
    const { errors } = now(new FakeBench().desk.submit('acknowledge', { trip: 'x', extra: 1 }, REMOTE));
    expect(errors).toEqual([
      { path: 'trip', got: '"x"', allowed: 'a number' },
      { path: 'extra', got: '1', allowed: 'no other fields' },
    ]);
  });

  it('that are unknown are told one by one', () => {
    const told = now(new FakeBench().desk.submit('acknowledge', { trip: 1, more: 'x', extra: 1 }, REMOTE));
    expect(told).toEqual({
      code: 422,
      text: 'more is not a field of this command.',
      errors: [
        { path: 'more', got: '"x"', allowed: 'no other fields' },
        { path: 'extra', got: '1', allowed: 'no other fields' },
      ],
    });
  });

  it('that are missing are nothing', () => {
    const { desk } = new FakeBench();
    expect(now(desk.submit('acknowledge', {}, REMOTE)).errors).toEqual([
      { path: 'trip', got: 'nothing', allowed: 'a number' },
    ]);
    expect(now(desk.submit('arm', {}, REMOTE))).toMatchObject({
      text: 'duration_s must be a value.',
      errors: [{ path: 'duration_s', got: 'nothing' }],
    });
    expect(now(desk.submit('check', {}, REMOTE))).toMatchObject({
      code: 422,
      errors: [{ path: 'patch', got: 'nothing' }],
    });
  });

  it.each([
    ['set', AT_BENCH, {}],
    ['try', REMOTE, { base_rev: 0 }],
    ['check', REMOTE, {}],
    ['what-if', REMOTE, {}],
  ] as const)('of %s with a setting named __proto__ are refused like any other unknown one', (name, origin, more) => {
    const { desk } = new FakeBench();
    const patch: unknown = JSON.parse('{"__proto__":{"limits.tripC":90},"pulse.onMs":400}');
    const told = now(desk.submit(name, { ...more, patch }, origin));
    expect(told).toMatchObject({
      code: 422,
      errors: [{ path: 'patch.__proto__', got: '{"limits.tripC":90}', allowed: 'a setting' }],
    });
    expect(desk.tuning.rev).toBe(0);
  });

  it('named __proto__ are refused like any other unknown one', () => {
    const args: unknown = JSON.parse('{"__proto__":{"trip":1},"trip":1}');
    expect(now(new FakeBench().desk.submit('acknowledge', args, REMOTE))).toMatchObject({ code: 422 });
  });
});

describe('a check of settings', () => {
  it('answers what the trial would: 423 on a tripped bench, 409 beside another trial', () => {
    const bench = new FakeBench();
    const patch = { 'pulse.onMs': 400 };
    const both = () =>
      [
        now(bench.desk.submit('check', { patch }, REMOTE)),
        now(bench.desk.submit('try', { base_rev: 0, patch }, REMOTE)),
      ].map(({ code }) => code);
    bench.state('tripped', trip(3));
    expect(both()).toEqual([423, 423]);
    bench.state('safe');
    expect(both()).toEqual([200, 202]);
    expect(both()).toEqual([409, 409]);
  });
});

describe('a search for a pattern', () => {
  const KNOWN = {
    film: { celsius: 24 } as unknown as Snapshot['film'],
    reach: { nowC: 40, endC: 42, endS: 600 } as unknown as Snapshot['reach'],
  };
  /** Armed on settings, commissioned, lit: a search can begin. */
  function ready(settings: Partial<Settings> = {}): FakeBench {
    const all = { 'heater.commissioned': true, 'remote.tune': 'remote' as const, ...settings };
    const bench = new FakeBench(all);
    bench.state('armed');
    bench.set({ ...KNOWN, light: bench.settings['light.level'] });
    return bench;
  }
  const find = (bench: FakeBench, origin = REMOTE): Answer => now(bench.desk.submit('find', {}, origin));

  it('begins on an armed bench that follows the settings in the light, and is written down', () => {
    for (const origin of [REMOTE, AT_BENCH]) {
      const bench = ready();
      expect(find(bench, origin)).toEqual({ code: 202, text: 'The search begins in the dark.' });
      expect(bench.desk.search).toEqual({ by: origin.by, state: 'asked' });
      expect(bench.notes.at(-1)).toMatch(/^command find The search begins in the dark\./);
    }
  });

  const LATCHED = { latch: trip(3), name: 'tripped' } as const;
  it.each<[string, (bench: FakeBench) => void, number, RegExp, Partial<Settings>?]>([
    ['is not armed', (bench) => bench.state('safe'), 409, /SAFE/],
    ['pauses', (bench) => bench.state('paused'), 409, /PAUSED/],
    ['is tested', (bench) => bench.state('prove'), 409, /TESTING/],
    ['has tripped', (bench) => bench.set({}, LATCHED), 423, /latched/],
    ['is locked out', (bench) => bench.state('lockout', lockout(2)), 423, /latched/],
    [
      'plays a recipe with steps',
      (bench) => bench.set({ progress: { step: null, number: 1, of: 3, leftS: 9 } }),
      409,
      /steps/,
    ],
    ['was not commissioned', () => {}, 409, /remixd commission/, { 'heater.commissioned': false }],
    ['has no sensor that shows the film', (bench) => bench.set({ film: null }), 409, /no sensor/],
    ['has no thermal model', (bench) => bench.set({ reach: null }), 409, /remixd commission/],
    ['does not switch the light', () => {}, 409, /light\.drive/, { 'light.drive': 'none' }],
    ['is dark', () => {}, 409, /light\.level/, { 'light.level': 0 }],
    ['has a light of the recipe', (bench) => bench.set({ light: ratio(0.5) }), 409, /of its own/],
    [
      'has a trial',
      (bench) => void bench.desk.submit('try', { base_rev: 0, patch: { 'pulse.onMs': 600 } }, REMOTE),
      409,
      /Trial 1 of ann/,
    ],
    ['searches already', (bench) => void find(bench), 409, /already/],
    ['is tuned at the bench only', () => {}, 403, /remote\.tune/, { 'remote.tune': 'local' }],
  ])('is refused while the bench %s', (_, change, code, text, settings = {}) => {
    const bench = ready(settings);
    change(bench);
    const before = bench.desk.search;
    expect(find(bench)).toMatchObject({ code, text: expect.stringMatching(text) });
    expect(bench.desk.search).toBe(before);
  });

  it('is for those who may tune', () => {
    expect(find(ready(), { ...REMOTE, roles: ['see', 'run'] }).code).toBe(403);
    expect(find(ready({ 'remote.tune': 'local' }), AT_BENCH).code).toBe(202);
  });

  it('keeps trials away as long as it runs, and no stop', () => {
    const bench = ready();
    const trial = (): Answer => now(bench.desk.submit('try', { base_rev: 0, patch: { 'pulse.onMs': 600 } }, REMOTE));
    find(bench);
    expect(trial()).toMatchObject({ code: 409, text: expect.stringContaining('find-stop') });
    expect(now(bench.desk.submit('stop', {}, REMOTE)).code).toBe(200);
    expect(now(bench.desk.submit('find-stop', {}, REMOTE)).code).toBe(202);
    expect(bench.desk.search).toEqual({ by: 'ann', state: 'stopped' });
    expect([trial().code, find(bench).code]).toEqual([409, 409]);
    // Whoever carries it out says when everything is back.
    bench.desk.search = null;
    expect(trial().code).toBe(202);
  });

  it('whose pattern is in force leaves trials and another search to people, and can still be taken back', () => {
    const bench = ready();
    const found = (): void => {
      bench.desk.search = { by: 'ann', state: 'found' };
    };
    found();
    expect(find(bench).code).toBe(202);
    found();
    expect(now(bench.desk.submit('try', { base_rev: 0, patch: { 'pulse.onMs': 600 } }, REMOTE)).code).toBe(202);
    expect(now(bench.desk.submit('find-stop', {}, REMOTE))).toMatchObject({ code: 409 });
    bench.desk.submit('revert', {}, REMOTE);
    expect(now(bench.desk.submit('find-stop', {}, REMOTE)).code).toBe(202);
  });

  it('that does not run cannot be stopped', () => {
    expect(now(ready().desk.submit('find-stop', {}, REMOTE))).toMatchObject({ code: 409 });
  });
});
