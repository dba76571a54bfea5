import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { begin, startTuning } from '../../../src/desk/tuning.ts';
import {
  type Bench,
  CommandGate,
  type Incoming,
  type Now,
  type Policy,
  REMEMBERED,
} from '../../../src/fronts/mqtt/command-gate.ts';
import { MOST_BYTES, type Role, VERB_NAMES, VERBS, type Verb } from '../../../src/params/remote.ts';
import { defaultSettings, SETTING_KEYS, settingRow } from '../../../src/params/settings.ts';
import { FakeDesk } from '../../support/desk.ts';

const ALL: readonly Role[] = ['see', 'run', 'tune'];
const SAFE: Bench = {
  ...new FakeDesk().bench(),
  tuning: startTuning(defaultSettings()),
  recipes: ['hold-mixed', 'hour'],
};
const at = (s: number, wallS: number | null = null): Now => ({ mono: s * 1e6, wallS });
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function gate(policy: Partial<Policy> = {}): CommandGate {
  let count = 0;
  const nonce = (): string => {
    count += 1;
    return count.toString(16).padStart(16, '0');
  };
  return new CommandGate({ mayArm: true, mayTune: true, ...policy }, nonce);
}

let serial = 0;
const fields = (more: Record<string, unknown> = {}): Record<string, unknown> => {
  serial += 1;
  return { id: `id-${serial}`, client: 'tester', ...more };
};
const message = (verb: string, payload: unknown, retain = false): Incoming => ({
  verb,
  payload: bytes(payload),
  retain,
});
const started = (g: CommandGate, more: Record<string, unknown> = {}): Record<string, unknown> =>
  fields({ nonce: g.nonce, duration_s: 60, ...more });

describe('a command that could add heat', () => {
  it('is taken with the nonce of the present state, and that nonce is then void', () => {
    const g = gate();
    const order = started(g);
    const first = g.judge(message('arm', order), SAFE, ALL, at(1));
    expect(first).toMatchObject({ answer: { code: 202 }, request: { kind: 'start', recipe: null, durationS: 60 } });
    const replayed = g.judge(message('arm', { ...order, id: 'other' }), SAFE, ALL, at(2));
    expect(replayed).toMatchObject({ answer: { code: 410 }, request: null });
  });

  it('is void when it was queued for an earlier connection', () => {
    const g = gate();
    const order = started(g);
    g.connected();
    expect(g.judge(message('arm', order), SAFE, ALL, at(1))).toMatchObject({ answer: { code: 410 }, request: null });
  });

  it('is done once: a repeat of its id gets the same answer and does nothing', () => {
    const g = gate();
    const order = started(g);
    const first = g.judge(message('arm', order), SAFE, ALL, at(1));
    const again = g.judge(message('arm', order), SAFE, ALL, at(2));
    expect(again).toMatchObject({ answer: first.answer, client: 'tester', request: null, repeated: true });
    // Also after a restart, from the answers that were persisted.
    const reborn = new CommandGate({ mayArm: true, mayTune: true }, () => String(order['nonce']), g.answers());
    expect(reborn.judge(message('arm', order), SAFE, ALL, at(3))).toMatchObject({ repeated: true, request: null });
  });

  it('is refused when it is retained, late, from the future, of the wrong role, or not allowed here', () => {
    const g = gate();
    const code = (verdict: { answer: { code: number }; request: unknown }): number => {
      expect(verdict.request).toBeNull();
      return verdict.answer.code;
    };
    expect(code(g.judge(message('arm', started(g), true), SAFE, ALL, at(1)))).toBe(409);
    expect(code(g.judge(message('arm', started(g, { ts: 1000, ttl_s: 10 })), SAFE, ALL, at(2, 1016)))).toBe(408);
    expect(code(g.judge(message('arm', started(g, { ts: 1000 })), SAFE, ALL, at(3, 990)))).toBe(408);
    expect(code(g.judge(message('arm', started(g)), SAFE, ['see', 'tune'], at(4)))).toBe(403);
    const local = gate({ mayArm: false });
    expect(code(local.judge(message('arm', started(local)), SAFE, ALL, at(5)))).toBe(403);
    // On time, both sides of the boundary.
    expect(g.judge(message('arm', started(g, { ts: 1000, ttl_s: 10 })), SAFE, ALL, at(6, 1015)).answer.code).toBe(202);
  });

  it('is refused in any state but safe, while tripped and while locked out', () => {
    const g = gate();
    const cases: [Partial<Bench>, number][] = [
      [{ state: 'armed', driven: true }, 409],
      [{ state: 'boot' }, 409],
      [{ state: 'tripped', trip: 3 }, 423],
      [{ state: 'lockout', trip: 3, lockout: true }, 423],
    ];
    for (const [bench, code] of cases) {
      expect(g.judge(message('arm', started(g)), { ...SAFE, ...bench }, ALL, at(1))).toMatchObject({
        answer: { code },
        request: null,
      });
    }
  });

  it('names a recipe of this device and a time of at most four hours', () => {
    const g = gate();
    const order = (more: Record<string, unknown>) => g.judge(message('run/start', started(g, more)), SAFE, ALL, at(1));
    expect(order({ recipe: '../etc' }).answer.code).toBe(422);
    expect(order({ recipe: 'other' })).toMatchObject({ answer: { code: 404 }, request: null });
    expect(order({ recipe: 'hour', duration_s: 14_401 }).answer.code).toBe(422);
    expect(order({ recipe: 'hour', duration_s: 14_400 })).toMatchObject({ request: { kind: 'start', recipe: 'hour' } });
  });
});

describe('stop and disarm', () => {
  const STOPS = VERB_NAMES.filter((verb) => VERBS[verb].heat === 'removes');
  it.each(STOPS)('%s is obeyed from any message whatever, in any state, at any rate', (verb) => {
    const g = gate();
    const payloads: Uint8Array[] = [
      bytes(''),
      bytes('not json'),
      bytes('{"id": 1e999}'),
      bytes('[]'),
      Uint8Array.of(0xff, 0xfe),
      new Uint8Array(MOST_BYTES * 4),
      bytes({ id: 'same', nonce: 'old', ts: 0, extra: { deep: [[[[[[[]]]]]]] } }),
      bytes({ id: 'same' }),
    ];
    for (const state of ['boot', 'safe', 'prove', 'armed', 'tripped', 'lockout']) {
      for (const retain of [false, true]) {
        for (const payload of payloads) {
          const verdict = g.judge({ verb, payload, retain }, { ...SAFE, state, driven: state === 'armed' }, ALL, at(0));
          expect(verdict).toMatchObject({ answer: { code: 200 }, request: { kind: 'stop' } });
        }
      }
    }
  });

  it('needs somebody who may run, and is no command for one who only looks', () => {
    expect(gate().judge(message('stop', fields()), SAFE, ['see'], at(1))).toMatchObject({
      answer: { code: 403 },
      request: null,
    });
  });
});

describe('settings on trial', () => {
  const set = (g: CommandGate, patch: unknown, more: Record<string, unknown> = {}, bench: Bench = SAFE) =>
    g.judge(message('cfg/set', fields({ nonce: g.nonce, base_rev: 0, patch, ...more })), bench, ALL, at(1));

  it('are tried for the time asked for, 120 s by itself', () => {
    const g = gate();
    expect(set(g, { 'pulse.onMs': 400 })).toMatchObject({
      answer: { code: 202 },
      request: { kind: 'try', patch: { 'pulse.onMs': 400 }, confirmS: 120, by: 'says tester' },
    });
  });

  it('are refused with every error at once: path, what was given, what is allowed', () => {
    const g = gate();
    const { answer, request } = set(g, {
      'pulse.onMs': 9999,
      'pulse.onMss': 1,
      'limits.tripC': 44,
      'pid.gainPerK': '1',
    });
    expect(request).toBeNull();
    expect(answer.code).toBe(422);
    expect(answer.errors?.map(({ path }) => path).sort()).toEqual([
      'limits.tripC',
      'pid.gainPerK',
      'pulse.onMs',
      'pulse.onMss',
    ]);
    expect(answer.errors?.find(({ path }) => path === 'pulse.onMs')?.allowed).toContain('5000');
    expect(answer.errors?.find(({ path }) => path === 'pulse.onMss')?.allowed).toContain('pulse.onMs');
    expect(set(g, { 'pulse.onMs': 3000, 'pulse.periodMs': 5000 }).answer.errors?.[0]?.allowed).toContain('0.55');
  });

  it('name a recipe that the device has', () => {
    const refused = set(gate(), { 'run.recipe': 'no-such' });
    expect(refused).toMatchObject({ answer: { code: 422, errors: [{ path: 'run.recipe', got: '"no-such"' }] } });
    expect(set(gate(), { 'run.recipe': 'hour' })).toMatchObject({ answer: { code: 202 } });
  });

  it('never touch a local setting: each one marked bench or restart is refused', () => {
    const g = gate();
    for (const key of SETTING_KEYS) {
      const row = settingRow(key);
      const verdict = g.judge(
        message('cfg/set', fields({ nonce: g.nonce, base_rev: 0, patch: { [key]: row.default } })),
        SAFE,
        ALL,
        at(serial * 10),
      );
      const local = row.applies === 'bench' || row.applies === 'restart';
      expect([key, verdict.request === null]).toEqual([key, local]);
    }
  });

  it('are refused from another revision, beside another trial, and idle ones during a run', () => {
    const g = gate();
    expect(set(g, { 'pulse.onMs': 400 }, { base_rev: 1 }).answer.code).toBe(409);
    const trying = { ...SAFE, tuning: begin(SAFE.tuning, { 'pulse.onMs': 300 }, 'other', 9e9) };
    expect(set(g, { 'pulse.onMs': 400 }, { base_rev: 1 }, trying).answer.code).toBe(409);
    expect(set(g, { 'pid.windowMs': 1000 }, {}, { ...SAFE, driven: true, state: 'armed' }).answer.code).toBe(422);
    expect(set(g, { 'pid.windowMs': 1000 }).request).not.toBeNull();
  });

  it('are kept by a confirmation of that very trial, in time', () => {
    const g = gate();
    const trying = { ...SAFE, tuning: begin(SAFE.tuning, { 'pulse.onMs': 300 }, 'tester', 100e6) };
    const confirm = (rev: number, s: number) => g.judge(message('cfg/confirm', fields({ rev })), trying, ALL, at(s));
    expect(confirm(2, 50).answer.code).toBe(409);
    expect(confirm(1, 100).answer.code).toBe(408);
    expect(confirm(1, 99)).toMatchObject({ request: { kind: 'confirm' } });
    expect(g.judge(message('cfg/confirm', fields({ rev: 1 })), SAFE, ALL, at(99)).answer.code).toBe(409);
    expect(g.judge(message('cfg/revert', fields()), trying, ALL, at(99))).toMatchObject({
      request: { kind: 'revert' },
    });
  });
});

describe('a message', () => {
  it.each([
    ['', 400],
    ['{', 400],
    ['null', 400],
    ['"stop"', 400],
    ['[1]', 400],
    [{ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } }, 400],
    [{ client: 'tester' }, 422],
    [{ id: 'x' }, 422],
    [{ id: 'x y', client: 'tester' }, 422],
    [{ id: 'x', client: 'Tester' }, 422],
    [{ id: 'x1', client: 'tester', extra: 1 }, 422],
    ['{"id":"x2","client":"tester","ts":1e999}', 422],
    ['{"id":"x3","client":"tester","__proto__":{"nonce":"y"}}', 422],
  ])('%j is refused and does nothing', (payload, code) => {
    const verdict = gate().judge(message('ping', payload), SAFE, ALL, at(1));
    expect(verdict).toMatchObject({ answer: { code }, request: null });
  });

  it('may be 16 KiB long and no longer', () => {
    const padded = (length: number): Uint8Array => {
      const text = JSON.stringify({ id: 'long', client: 'tester' });
      return bytes(text + ' '.repeat(length - text.length));
    };
    const judge = (length: number) =>
      gate().judge({ verb: 'ping', payload: padded(length), retain: false }, SAFE, ALL, at(1)).answer.code;
    expect(judge(MOST_BYTES)).toBe(200);
    expect(judge(MOST_BYTES + 1)).toBe(413);
  });

  it('beyond 20 at once and 10 a second is refused, and a stop is not', () => {
    const g = gate();
    const codes = Array.from({ length: 25 }, () => g.judge(message('ping', fields()), SAFE, ALL, at(1)).answer.code);
    expect(codes.filter((code) => code === 200)).toHaveLength(20);
    expect(codes.at(-1)).toBe(429);
    expect(g.judge(message('stop', fields()), SAFE, ALL, at(1)).request).toEqual({ kind: 'stop' });
    expect(g.judge(message('ping', fields()), SAFE, ALL, at(1.1)).answer.code).toBe(200);
  });

  it('is remembered as one of the last 256', () => {
    const g = gate();
    for (let i = 0; i < REMEMBERED + 10; i++) g.judge(message('ping', { id: `n${i}`, client: 'c' }), SAFE, ALL, at(i));
    expect(g.answers()).toHaveLength(REMEMBERED);
    expect(g.answers()[0]?.[0]).toBe('says c/n10');
  });

  it('of any bytes on any topic never asks for heat, and never fails', () => {
    const verb = fc.oneof(fc.constantFrom(...VERB_NAMES), fc.string());
    const json = fc.record(
      {
        id: fc.oneof(fc.string(), fc.constant('x')),
        client: fc.oneof(fc.string(), fc.constant('c')),
        nonce: fc.oneof(fc.string(), fc.constant('0000000000000000')),
        ts: fc.oneof(fc.double(), fc.string()),
        duration_s: fc.oneof(fc.double(), fc.integer()),
        patch: fc.anything(),
        base_rev: fc.integer(),
        rev: fc.integer(),
        trip: fc.integer(),
      },
      { requiredKeys: [] },
    );
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      json.map((value) => bytes(JSON.stringify(value) ?? '')),
    );
    fc.assert(
      fc.property(verb, payload, fc.boolean(), (word, body, retain) => {
        // The nonce 1 is not among those that are tried.
        const verdict = gate().judge({ verb: word, payload: body, retain }, SAFE, ALL, at(1));
        expect(['start', 'try']).not.toContain(verdict.request?.kind);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(VERB_NAMES)('%s says who may use it and has a payload of its own', (name: Verb) => {
    expect(VERBS[name].label).not.toBe('');
    expect(ALL).toContain(VERBS[name].role);
  });
});
