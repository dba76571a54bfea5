import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission, type Admitted, type Incoming, type Now, REMEMBERED } from '../../../src/fronts/mqtt/admission.ts';
import { commandRow, MQTT_COMMANDS } from '../../../src/params/commands.ts';
import { MOST_BYTES } from '../../../src/params/mqtt.ts';
import { atSeconds } from '../../../src/units.ts';
import { FakeBench } from '../../support/desk.ts';

const at = (s: number, wallS: number | null = null): Now => ({ mono: atSeconds(s), wallS });
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

function admission(): Admission {
  let count = 0;
  return new Admission({ heatTurns: 0 }, () => {
    count += 1;
    return count.toString(16).padStart(16, '0');
  });
}

let serial = 0;
const fields = (more: Record<string, unknown> = {}): Record<string, unknown> => {
  serial += 1;
  return { id: `id-${serial}`, client: 'tester', ...more };
};
const message = (name: string, payload: unknown, retain = false): Incoming => ({
  name,
  payload: bytes(payload),
  retain,
});
const order = (a: Admission, more: Record<string, unknown> = {}): Record<string, unknown> =>
  fields({ nonce: a.nonce, duration_s: 60, ...more });
/** The code of a refusal; 0 when the command is handed on. */
const code = ({ answer, command }: Admitted): number => {
  expect(answer === null).toBe(command !== null);
  return answer?.code ?? 0;
};

describe('a command that could add heat', () => {
  it('is handed on with the nonce of the present state, and not with the one before', () => {
    const a = admission();
    const first = order(a);
    const admitted = a.admit(message('arm', first), at(1));
    expect(admitted.command).toMatchObject({ called: { name: 'arm' }, args: { duration_s: 60 } });
    a.renew();
    expect(code(a.admit(message('arm', { ...first, id: 'other' }), at(2)))).toBe(410);
  });

  it('is done once: a repeat of its id gets the answer of the first, also after a restart', () => {
    const a = admission();
    const first = order(a);
    const { key } = a.admit(message('arm', first), at(1));
    a.remember(key, { id: String(first['id']), code: 202, text: 'Arming.' });
    const again = a.admit(message('arm', first), at(2));
    expect(again).toMatchObject({ answer: { code: 202, text: 'Arming.' }, client: 'tester', repeated: true });
    const reborn = new Admission({ heatTurns: 0 }, () => String(first['nonce']), a.answers());
    expect(reborn.admit(message('arm', first), at(3))).toMatchObject({ repeated: true, command: null });
  });

  it('is refused when it is retained, late or from the future', () => {
    const a = admission();
    expect(code(a.admit(message('arm', order(a), true), at(1)))).toBe(409);
    expect(code(a.admit(message('arm', order(a, { ts: 1000, ttl_s: 10 })), at(2, 1016)))).toBe(408);
    expect(code(a.admit(message('arm', order(a, { ts: 1000 })), at(3, 990)))).toBe(408);
    // On time, both sides of the boundary.
    expect(code(a.admit(message('arm', order(a, { ts: 1000, ttl_s: 10 })), at(6, 1015)))).toBe(0);
  });

  it('by its former name asks for what that name asked for', () => {
    const a = admission();
    const run = (more: object) => a.admit(message('run/start', order(a, more as never)), at(serial));
    expect(code(run({}))).toBe(422);
    expect(run({ recipe: 'hour' }).command).toMatchObject({ called: { name: 'arm' }, args: { recipe: 'hour' } });
    expect(a.admit(message('trip/reset', fields({ trip: 3 })), at(serial)).command).toMatchObject({
      called: { name: 'acknowledge' },
      args: { trip: 3 },
    });
  });
});

describe('stop and its former names', () => {
  const stops = MQTT_COMMANDS.filter(({ name }) => commandRow(name).heat === 'removes').map(({ alias }) => alias.name);
  it.each(stops)('%s is handed on from any message whatever, at any rate', (name) => {
    const a = admission();
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
    for (const retain of [false, true]) {
      for (const payload of payloads) {
        expect(a.admit({ name, payload, retain }, at(0))).toMatchObject({
          command: { called: { name: 'stop' }, args: {} },
          answer: null,
        });
      }
    }
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
    ['{"id":"x2","client":"tester","ts":1e999}', 422],
  ])('%j is refused and does nothing', (payload, expected) => {
    expect(code(admission().admit(message('ping', payload), at(1)))).toBe(expected);
  });

  it.each([{ id: 'x1', client: 'tester', extra: 1 }, '{"id":"x3","client":"tester","__proto__":{"nonce":"y"}}'])(
    '%j is refused at the desk, which knows the arguments',
    (payload) => {
      const { command, origin } = admission().admit(message('ping', payload), at(1));
      expect(new FakeBench().desk.submit('ping', command?.args, origin)).toMatchObject({ code: 422 });
    },
  );

  it('for a command that does not exist is refused by its name', () => {
    expect(code(admission().admit(message('no-such', fields()), at(1)))).toBe(404);
  });

  it('may be 16 KiB long and no longer', () => {
    const padded = (length: number): Uint8Array => {
      const text = JSON.stringify({ id: 'long', client: 'tester' });
      return bytes(text + ' '.repeat(length - text.length));
    };
    const judge = (length: number) =>
      code(admission().admit({ name: 'ping', payload: padded(length), retain: false }, at(1)));
    expect(judge(MOST_BYTES)).toBe(0);
    expect(judge(MOST_BYTES + 1)).toBe(413);
  });

  it('beyond 20 at once and 10 a second is refused, and a stop is not', () => {
    const a = admission();
    const codes = Array.from({ length: 25 }, () => code(a.admit(message('ping', fields()), at(1))));
    expect(codes.filter((one) => one === 0)).toHaveLength(20);
    expect(codes.at(-1)).toBe(429);
    expect(a.admit(message('stop', fields()), at(1)).command?.called.name).toBe('stop');
    expect(code(a.admit(message('ping', fields()), at(1.1)))).toBe(0);
  });

  it('is remembered as one of the last 256', () => {
    const a = admission();
    for (let i = 0; i < REMEMBERED + 10; i += 1) {
      const { key } = a.admit(message('ping', { id: `n${i}`, client: 'c' }), at(i));
      a.remember(key, { id: `n${i}`, code: 200, text: 'pong' });
    }
    expect(a.answers()).toHaveLength(REMEMBERED);
    expect(a.answers()[0]?.[0]).toBe('says c/n10');
  });

  it('that waits for its answer is told so, and after a restart counts as what was expected', () => {
    const a = admission();
    const { key } = a.admit(message('confirm', { id: 'k', client: 'c', rev: 1 }), at(1));
    a.await(key, { id: 'k', code: 409, text: 'The trial is being kept.' }, { id: 'k', code: 202, text: 'Kept.' });
    const again = { id: 'k', client: 'c', rev: 1 };
    expect(a.admit(message('confirm', again), at(2)).answer).toMatchObject({ code: 409 });
    expect(a.answers()).toEqual([['says c/k', { id: 'k', code: 202, text: 'Kept.' }]]);
    a.remember(key, { id: 'k', code: 503, text: 'Not kept.' });
    expect(a.answers()).toEqual([['says c/k', { id: 'k', code: 503, text: 'Not kept.' }]]);
  });

  it('of any bytes on any topic never asks for heat, and never fails', () => {
    const name = fc.oneof(fc.constantFrom(...MQTT_COMMANDS.map(({ alias }) => alias.name)), fc.string());
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
    const bench = new FakeBench();
    fc.assert(
      fc.property(name, payload, fc.boolean(), (word, body, retain) => {
        // The nonce 1 is not among those that are tried.
        const { command, origin } = admission().admit({ name: word, payload: body, retain }, at(1));
        if (command) bench.desk.submit(command.called.name, command.args, origin);
        expect(bench.asked.some((what) => what.startsWith('arm'))).toBe(false);
        expect(bench.revision).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the rate of clients', () => {
  const ask = (a: Admission, sender: string | null, s: number) =>
    code(a.admit({ ...message('ping', fields({ client: sender ?? 'me' })), sender }, at(s)));

  it('is one for each proven client: one that floods does not lock another out', () => {
    const a = admission();
    const flood = Array.from({ length: 100 }, () => ask(a, 'eve', 1));
    expect(flood.filter((answer) => answer === 429)).toHaveLength(80);
    expect(ask(a, 'ann', 1)).toBe(0);
    for (const sender of ['ann', null]) expect(ask(a, sender, 1)).toBe(0);
  });

  it('is one for all whose name is only claimed', () => {
    const a = admission();
    for (let n = 0; n < 20; n += 1) a.admit(message('ping', fields({ client: `c${n}` })), at(1));
    expect(code(a.admit(message('ping', fields({ client: 'another' })), at(1)))).toBe(429);
  });

  it('names the budget that is used up', () => {
    const a = admission();
    const text = (sender: string | null): string | undefined =>
      a.admit({ ...message('ping', fields({ client: sender ?? 'me' })), sender }, at(1)).answer?.text;
    for (let n = 0; n < 20; n += 1) expect(text('eve')).toBeUndefined();
    expect(text('eve')).toBe('More than 10 commands a second from eve.');
    for (let n = 0; n < 20; n += 1) expect(text(null)).toBeUndefined();
    expect(text(null)).toBe('More than 10 commands a second from the clients without a budget of their own.');
    for (let n = 0; n < 40; n += 1) expect(text(`c-${n}`)).toBeUndefined();
    expect(text('ann')).toBe('More than 40 commands a second from all clients together.');
  });

  it('is bounded for all together, and in its memory: invented names gain nothing', () => {
    const a = admission();
    const codes = Array.from({ length: 5000 }, (_, n) => ask(a, `name-${n}`, 1));
    expect(codes.filter((answer) => answer === 0)).toHaveLength(80);
    const { named } = (a as unknown as { buckets: { named: Map<string, unknown> } }).buckets;
    expect(named.size).toBeLessThanOrEqual(65);
    expect(ask(a, 'ann', 60)).toBe(0);
  });
});

describe('what is remembered of an answer', () => {
  it('is short, whatever was asked: many are kept, in memory and in a file that the next start reads', () => {
    const admission = new Admission({ heatTurns: 0 }, () => '0123456789abcdef');
    const errors = Array.from({ length: 126 }, (_, i) => ({
      path: `k${i}`,
      got: 'x'.repeat(60),
      allowed: 'y'.repeat(60),
    }));
    for (let i = 0; i < 256; i += 1) {
      const data = { rev: 7, page: 'z'.repeat(10_000) };
      admission.remember(`ann:${i}`, { id: `${i}`, code: 422, text: 't'.repeat(5000), errors, data });
    }
    expect(JSON.stringify(admission.answers()).length).toBeLessThan(400_000);
    expect(admission.answers().at(-1)?.[1]).toMatchObject({ id: '255', code: 422, data: { rev: 7 } });
  });
});
