/** The bench as an MQTT client sees it, over a real broker on the loopback address. */
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Admission } from '../../../src/fronts/mqtt/admission.ts';
import { type Broker, openBroker } from '../../../src/fronts/mqtt/broker.ts';
import { Link } from '../../../src/fronts/mqtt/link.ts';
import { Session, type SessionParts } from '../../../src/fronts/mqtt/session.ts';
import { topics } from '../../../src/params/mqtt.ts';
import { AT_BENCH, FakeBench } from '../../support/desk.ts';

const NAMES = topics('bench');

let broker: Broker;
let bench: FakeBench;
let admission: Admission;
let session: Session;
let link: Link;
let person: MqttClient;
const heard = new Map<string, string[]>();

const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in time: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const last = (topic: string): string | undefined => heard.get(topic)?.at(-1);
const state = (): Record<string, unknown> => JSON.parse(last(NAMES.state) ?? '{}') as Record<string, unknown>;
/** What follows a control tick. */
function tick(): void {
  bench.desk.tick();
  session.tick();
}
let serial = 0;
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** Sends a command and waits for its answer. */
async function command(verb: string, fields: object = {}): Promise<{ code: number; data?: unknown }> {
  serial += 1;
  const id = `c${serial}`;
  const mark = (fields as { id?: string }).id ?? id;
  const before = (heard.get(NAMES.answer('me')) ?? []).length;
  person.publish(`${NAMES.root}/cmd/${verb}`, JSON.stringify({ id, client: 'me', ...fields }), { qos: 1 });
  const answer = () =>
    (heard.get(NAMES.answer('me')) ?? []).slice(before).find((text) => text.includes(`"id":"${mark}"`));
  await until(() => answer() !== undefined);
  return JSON.parse(answer() ?? '') as { code: number };
}

function connect(): void {
  bench = new FakeBench({ 'remote.onLinkLoss': 'stop' });
  admission = new Admission(bench.desk, () => {
    serial += 1;
    return serial.toString(16).padStart(16, '0');
  });
  session = new Session({
    desk: bench.desk,
    admission,
    topics: NAMES,
    boot: 'boot-1',
    now: () => ({ mono: bench.feed.latest.at, wallS: null }),
    about: { model: 'test' },
    newest: () => ({ stream: 's', seq: 2 }),
    stopOnLinkLoss: true,
  });
  bench.forgets = true;
  bench.feed.subscribe(session);
  link = new Link({
    url: broker.url,
    clientId: 'bench',
    topics: NAMES,
    credentials: {},
    onMessage: (topic, payload, retain, reply) => session.message(topic, payload, retain, reply),
    onUp: () => session.up(),
    onDown: (why) => session.down(why),
    chance: () => 0.5,
  });
  session.use(link);
}

beforeEach(async () => {
  broker = (await openBroker(0)) ?? (await openBroker(0))!;
  heard.clear();
  connect();
  person = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
  person.on('message', (topic, payload) => heard.set(topic, [...(heard.get(topic) ?? []), payload.toString()]));
  await new Promise<void>((resolve) => person.once('connect', () => resolve()));
  await new Promise<void>((resolve) => person.subscribe('remix/#', { qos: 1 }, () => resolve()));
});
afterEach(async () => {
  await link.close();
  person.end(true);
  await broker.close();
});

describe('a bench on MQTT', () => {
  it('says that it is there, what it is and how it is, retained', async () => {
    link.open();
    await until(() => last(NAMES.avail) === 'online' && last(NAMES.state) !== undefined);
    expect(JSON.parse(last(NAMES.info) ?? '')).toEqual({ boot: 'boot-1', model: 'test' });
    expect(state()).toMatchObject({ state: 'safe', trip: null, rev: 0, tc_c: 25, ir_c: null, clock: 'unsynced' });
    expect(last(NAMES.trip)).toBe('null');
    const late = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
    const seen: string[] = [];
    late.on('message', (topic, _payload, { retain }) => seen.push(`${topic} ${retain}`));
    late.subscribe(`${NAMES.root}/#`);
    await until(() => seen.length >= 5);
    expect(seen.sort()).toEqual(
      [NAMES.avail, NAMES.cfg, NAMES.info, NAMES.state, NAMES.trip].map((topic) => `${topic} true`).sort(),
    );
    late.end(true);
  });

  it('is offline after good-bye and after a death, and corrects a stranger who says so while it lives', async () => {
    link.open();
    await until(() => last(NAMES.avail) === 'online');
    person.publish(NAMES.avail, 'offline', { retain: true });
    await until(() => heard.get(NAMES.avail)?.join(' ') === 'online offline online');
    await link.close();
    await until(() => last(NAMES.avail) === 'offline');
  });

  it('ignores a command that was retained before it came, and one that is published retained', async () => {
    const order = JSON.stringify({ id: 'r1', client: 'me', nonce: '0'.repeat(16), duration_s: 60 });
    await new Promise<void>((resolve) =>
      person.publish(NAMES.command('arm'), order, { qos: 1, retain: true }, () => resolve()),
    );
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    await command('ping');
    expect(bench.asked).toEqual([]);
  });

  it('never starts a run with a nonce from before a stop, whoever pressed it', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    for (const stop of [() => command('stop', {}), () => bench.desk.submit('stop', {}, AT_BENCH)]) {
      const { nonce } = state();
      await stop();
      expect((await command('arm', { nonce, duration_s: 60 })).code).toBe(410);
      session.last();
      await until(() => state()['nonce'] !== nonce);
    }
    expect(bench.asked).not.toContain('arm');
    expect((await command('arm', { nonce: state()['nonce'], duration_s: 60 })).code).toBe(202);
  });

  it('starts a run with the nonce of its state, once, and never with an old one', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const { nonce } = state();
    expect((await command('run/start', { nonce, recipe: 'hour', duration_s: 60 })).code).toBe(202);
    expect((await command('arm', { nonce, duration_s: 60 })).code).toBe(410);
    expect(bench.asked).toEqual(['arm hour']);
    await until(() => state()['nonce'] !== nonce);
    expect(bench.notes.at(-1)).toContain('refused arm 410');
  });

  it('stops for anybody and anything', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    person.publish(NAMES.command('stop'), 'whatever');
    await until(() => bench.asked.length === 1);
    person.publish(NAMES.command('disarm'), '', { retain: false });
    await until(() => bench.asked.length === 2);
    expect(bench.asked).toEqual(['stop', 'stop']);
  });

  it('tries settings, keeps them when they are confirmed, and goes back when they are not, or at a trip', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const set = (patch: object) =>
      command('cfg/set', { nonce: state()['nonce'], base_rev: bench.desk.tuning.rev, patch });
    expect((await set({ 'pulse.onMs': 400 })).data).toEqual({ rev: 1 });
    expect(bench.settings['pulse.onMs']).toBe(400);
    expect((await command('cfg/confirm', { rev: 1 })).code).toBe(202);
    expect(bench.kept.at(-1)?.confirmed).toEqual({ 'pulse.onMs': 400 });

    await until(() => state()['rev'] === bench.desk.tuning.rev);
    await set({ 'pulse.onMs': 300 });
    bench.seconds = 119;
    tick();
    expect(bench.settings['pulse.onMs']).toBe(300);
    bench.seconds = 121;
    tick();
    expect(bench.settings['pulse.onMs']).toBe(400);
    expect(bench.notes.at(-1)).toContain('its time is over');

    await until(() => state()['rev'] === bench.desk.tuning.rev);
    await set({ 'pulse.onMs': 200 });
    bench.state('tripped', { kind: 'tripped', trip: 3, fault: 'estop' });
    tick();
    expect(bench.settings['pulse.onMs']).toBe(400);
    expect(bench.notes.at(-1)).toContain('the bench tripped');
    bench.seconds += 1.1;
    tick();
    await until(() => last(NAMES.trip)?.includes('"trip":3') === true);
  });

  it('sends live values for as long as it was asked to, at that rate', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    await command('live', { rate_hz: 5, for_s: 2 });
    for (let i = 0; i < 80; i += 1) {
      bench.seconds += 0.05;
      tick();
    }
    await command('ping');
    const count = heard.get(NAMES.live)?.length ?? 0;
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThanOrEqual(12);
  });

  it('stops a run when the link is lost, where the local setting says so, and finds the broker again', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    bench.set({ driven: true });
    const port = Number(new URL(broker.url).port);
    await broker.close();
    await until(() => bench.asked.includes('stop'));
    expect(bench.notes.join('\n')).toContain('note link-lost');
    const nonce = state()['nonce'];
    broker = (await openBroker(port))!;
    await until(() => link.up);
    const again = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
    again.on('message', (topic, payload) => heard.set(topic, [...(heard.get(topic) ?? []), payload.toString()]));
    again.subscribe(NAMES.state);
    await until(() => state()['nonce'] !== nonce);
    again.end(true);
  });

  it('writes down who asked as the broker vouches for it, and a name that is only claimed as a claim', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const order = (id: string, client?: string) =>
      JSON.stringify({ id, ...(client && { client }), nonce: state()['nonce'], duration_s: 60 });
    person.publish(NAMES.commandBy('arm', 'ann'), order('w1'));
    await until(() => bench.asked.length === 1);
    expect(bench.notes.at(-1)).toBe('command arm Arming: the configured recipe, for 60 s. (ann)');
    await until(() => last(NAMES.answer('ann'))?.includes('"id":"w1"') === true);
    // Bob writes below his own name and signs as Ann: refused, and the answer is Bob’s.
    person.publish(NAMES.commandBy('arm', 'bob'), order('w2', 'ann'));
    await until(() => last(NAMES.answer('bob'))?.includes('"code":403') === true);
    expect(bench.notes.at(-1)).toContain('(bob)');
    await command('stop');
    expect(bench.notes.at(-1)).toBe('command stop The heater was off. (says me)');
    // And a stop is a stop, whatever name is on it.
    person.publish(`${NAMES.root}/cmd/stop/by/NOBODY`, '?');
    await until(() => bench.asked.filter((what) => what === 'stop').length === 2);
    expect(bench.asked).toEqual(['arm hold-mixed', 'stop', 'stop']);
  });

  it('keeps ids apart by sender: nobody uses up an id of somebody else, or hears their answer', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const ping = JSON.stringify({ id: 'same' });
    person.publish(NAMES.commandBy('ping', 'bob'), ping);
    await until(() => last(NAMES.answer('bob')) !== undefined);
    person.publish(
      NAMES.commandBy('arm', 'ann'),
      JSON.stringify({ id: 'same', nonce: state()['nonce'], duration_s: 60 }),
    );
    await until(() => bench.asked.length === 1);
    expect(bench.asked).toEqual(['arm hold-mixed']);
  });

  it('reads from its history, and says so when that cannot be read', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    expect(state()['history']).toEqual({ stream: 's', seq: 2 });
    const answer = await command('history', { after_seq: 7, limit: 50 });
    expect(answer).toMatchObject({ code: 200, data: { stream: 's', newest: 2, records: [{ seq: 1 }, { seq: 2 }] } });
    expect(bench.asked).toEqual(['history 7 50 1']);
    bench.page = new Error('no disk');
    expect(await command('history', { after_seq: 0 })).toMatchObject({ code: 503 });
    expect(await command('history', { after_seq: 0, limit: 401 })).toMatchObject({ code: 422 });
  });

  it('answers a question whose answer is longer than the broker accepts, and what it did in any case', () => {
    const sent: [string, string][] = [];
    session.use({
      up: true,
      roomFor: () => 200,
      publish: (topic: string, text: string) => sent.push([topic, text]),
    } as unknown as Link);
    const ask = (verb: string) => {
      serial += 1;
      session.message(NAMES.commandBy(verb, 'ann'), bytes({ id: `r${serial}` }), false);
      const [, text = '{}'] = sent.filter(([topic]) => topic.includes('/rsp/')).at(-1) ?? [];
      return JSON.parse(text) as object;
    };
    expect(ask('get')).toMatchObject({ id: `r${serial}`, code: 413, text: expect.stringContaining('max_packet_size') });
    expect(ask('stop')).toMatchObject({ code: 200 });
  });

  it('removes what Home Assistant has seen of it once that is switched off', () => {
    const sent: [string, string, object][] = [];
    const link = {
      up: true,
      roomFor: () => Infinity,
      publish: (topic: string, text: string, how: object, done?: (sent: boolean) => void) => {
        sent.push([topic, text, how]);
        done?.(isTaken);
      },
    };
    let isTaken = false;
    /** A start of the program, with what the one before has kept. */
    const start = (payload: object | null, described: boolean): Session => {
      const parts = (session as unknown as { parts: SessionParts }).parts;
      const one = new Session({
        ...parts,
        described,
        discovery: { topic: 'homeassistant/x', payload: payload as null },
      });
      one.use(link as unknown as Link);
      return one;
    };
    const connect = (one: Session): [string, string, object][] => {
      sent.length = 0;
      one.up();
      return sent.filter(([topic]) => topic === 'homeassistant/x');
    };
    const removal = [['homeassistant/x', '', { qos: 1, retain: true, quiet: true }]];
    const shown = start({ a: 1 }, false);
    expect(connect(shown)).toEqual([['homeassistant/x', '{"a":1}', { qos: 1, retain: true }]]);
    expect(shown.described).toBe(true);
    const off = start(null, shown.described);
    expect(connect(off)).toEqual(removal);
    // It was not acknowledged.
    expect(off.described).toBe(true);
    isTaken = true;
    expect(connect(off)).toEqual(removal);
    expect(off.described).toBe(false);
    expect(connect(off)).toEqual([]);
    // A bench that never had one says nothing about it.
    expect(connect(start(null, false))).toEqual([]);
  });

  it('leaves the last state behind, however soon it came after another', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    bench.state('armed');
    tick();
    bench.state('safe');
    // Within the second of the rate limit.
    session.tick();
    session.last();
    await link.close();
    await until(() => last(NAMES.avail) === 'offline');
    expect(state()['state']).toBe('safe');
  });

  it('answers where an MQTT 5 message wishes only below that client’s own topic, with its mark', () => {
    const sent: [string, { mark?: Buffer | null }][] = [];
    session.use({
      up: true,
      roomFor: () => Infinity,
      publish: (topic: string, _text: string, options: { mark?: Buffer | null }) => sent.push([topic, options]),
    } as unknown as Link);
    const mark = Buffer.from('m');
    const ask = (topic: string | null) => {
      serial += 1;
      session.message(NAMES.commandBy('ping', 'ann'), bytes({ id: `r${serial}` }), false, { topic, mark });
    };
    const answered = () => sent.filter(([topic]) => topic.includes('/rsp/')).at(-1);
    ask(`${NAMES.answer('ann')}/42`);
    expect(answered()).toEqual([`${NAMES.answer('ann')}/42`, { qos: 1, mark }]);
    for (const stranger of [NAMES.answer('bob'), NAMES.cfg, `${NAMES.answer('ann')}/#`, 'homeassistant/status', null]) {
      ask(stranger);
      expect(answered()?.[0]).toBe(NAMES.answer('ann'));
    }
  });

  it('takes the clearing of a retained command for what it is', () => {
    link.open();
    session.message(NAMES.command('arm'), new Uint8Array(), true);
    expect(bench.notes).toEqual([]);
    session.message(NAMES.command('arm'), new Uint8Array(), false);
    expect(bench.notes).toHaveLength(1);
  });

  it('gives way to the bench: a key there ends a trial, the next one turns, and who comes over MQTT must know of it', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const { desk } = bench;
    const set = (patch: object, base_rev = desk.tuning.rev) =>
      command('try', { nonce: state()['nonce'], base_rev, patch });
    const press = (): void => {
      desk.submit('set', { patch: { 'pulse.onMs': bench.settings['pulse.onMs'] - 50 } }, AT_BENCH);
    };
    await set({ 'pulse.onMs': 600, 'pulse.periodMs': 6000 });
    press();
    expect(desk.tuning.trial).toBeNull();
    expect(bench.settings).toMatchObject({ 'pulse.onMs': 500, 'pulse.periodMs': 5000 });
    expect(bench.notes.at(-1)).toContain('settings were changed at the bench');
    press();
    expect(bench.settings).toMatchObject({ 'pulse.onMs': 450, 'pulse.periodMs': 5000 });
    await until(() => bench.kept.at(-1)?.rev === desk.tuning.rev);
    bench.seconds += 1;
    tick();
    await until(() => state()['rev'] === desk.tuning.rev);
    expect((await set({ 'pulse.onMs': 400 }, 1)).code).toBe(409);
    await set({ 'pulse.periodMs': 6000 });
    expect(bench.settings).toMatchObject({ 'pulse.onMs': 450, 'pulse.periodMs': 6000 });
    await command('revert');
    expect(bench.settings).toMatchObject({ 'pulse.onMs': 450, 'pulse.periodMs': 5000 });
    // A key that means nothing ends nothing.
    await until(() => state()['rev'] === desk.tuning.rev);
    await set({ 'pulse.onMs': 400 });
    expect(desk.submit('set', { patch: { 'pulse.onMs': 99_999 } }, AT_BENCH)).toMatchObject({ code: 422 });
    expect(desk.tuning.trial).not.toBeNull();
  });

  it('watches the light of a trial, and ends it at the onset of segregation', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    await command('cfg/set', { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 } });
    bench.segregate();
    tick();
    expect(bench.settings['pulse.onMs']).toBe(500);
    expect(bench.notes.at(-1)).toContain('tuning reverted revision 2: pulse.onMs 300 -> 500');
    expect(bench.notes.at(-1)).toContain('trial 1 of says me: the photoluminescence shows');
  });

  it('says that settings are kept only when they are, and names the values', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const set = { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 } };
    await command('cfg/set', set);
    expect(bench.notes.at(-1)).toBe('tuning tried revision 1: pulse.onMs 500 -> 300 (says me; for 120 s)');
    await until(() => bench.kept.length > 0);
    expect(bench.kept.at(-1)?.trial).toEqual({ rev: 1, by: 'says me', patch: { 'pulse.onMs': 300 } });
    bench.disk = () => Promise.reject(new Error('no disk'));
    expect(await command('cfg/confirm', { rev: 1 })).toMatchObject({ code: 503, text: 'Not kept: no disk' });
    expect(bench.desk.tuning.trial?.rev).toBe(1);
    bench.disk = async () => {};
    expect(await command('cfg/confirm', { rev: 1 })).toMatchObject({ code: 202, data: { rev: 2 } });
    expect(bench.kept.at(-1)).toMatchObject({ confirmed: { 'pulse.onMs': 300 }, trial: null });
    expect(bench.notes.at(-1)).toBe('tuning confirmed revision 2: pulse.onMs 500 -> 300 (says me; kept)');
  });

  describe('with a slow disk under a confirmation', () => {
    let done: () => void;
    let confirmed: Promise<{ code: number }>;
    beforeEach(async () => {
      link.open();
      await until(() => last(NAMES.state) !== undefined);
      await command('cfg/set', { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 }, confirm_s: 60 });
      const slow = new Promise<void>((resolve) => {
        done = resolve;
      });
      bench.disk = () => slow;
      confirmed = command('cfg/confirm', { rev: 1, id: 'keep' });
      await command('ping');
    });
    const repeat = () => command('cfg/confirm', { rev: 1, id: 'keep' });

    it('waits for it a little beyond the trial’s time, and answers when it is kept', async () => {
      expect((await repeat()).code).toBe(409);
      bench.seconds = 69;
      tick();
      expect(bench.settings['pulse.onMs']).toBe(300);
      done();
      await until(() => bench.desk.tuning.trial === null);
      expect(bench.desk.tuning).toMatchObject({ rev: 2, trial: null, confirmed: { 'pulse.onMs': 300 } });
      expect(await repeat()).toMatchObject({ code: 202, data: { rev: 2 } });
      expect(admission.answers()).toContainEqual(['says me/keep', expect.objectContaining({ code: 202 })]);
    });

    it('does not wait for ever: a disk that hangs has kept nothing', async () => {
      bench.seconds = 71;
      tick();
      expect([bench.settings['pulse.onMs'], bench.desk.tuning.trial]).toEqual([500, null]);
      done();
      expect((await confirmed).code).toBe(409);
      expect(bench.desk.tuning.confirmed).toEqual({});
      // What is written last has the last word.
      await until(() => bench.kept.length >= 2);
      expect(bench.kept.at(-1)).toMatchObject({ confirmed: {}, trial: null });
    });

    it.each([
      ['a trip', () => bench.state('tripped', { kind: 'tripped', trip: 1, fault: 'estop' })],
      ['the light of the film', () => bench.segregate()],
    ])('gives way to %s at once', async (_, happens) => {
      happens();
      tick();
      expect(bench.settings['pulse.onMs']).toBe(500);
      done();
      expect((await confirmed).code).toBe(409);
    });

    it('gives way to a revert and to the bench at once', async () => {
      expect((await command('cfg/revert')).code).toBe(202);
      expect(bench.settings['pulse.onMs']).toBe(500);
      done();
      expect((await confirmed).code).toBe(409);
      expect(await repeat()).toMatchObject({ code: 409 });
    });

    it('is not overtaken by what else has to be kept', async () => {
      command('arm', { nonce: state()['nonce'], duration_s: 60 }).catch(() => {});
      await command('ping');
      done();
      expect((await confirmed).code).toBe(202);
      await until(() => bench.kept.length >= 2);
      expect(bench.kept.at(-1)).toMatchObject({ confirmed: { 'pulse.onMs': 300 }, trial: null });
    });
  });

  it('writes every refusal down, and of a flood one a second with the number of the others', () => {
    link.open();
    const arm = (): void => session.message(NAMES.command('arm'), bytes({ id: 'x', client: 'me' }), false);
    for (let i = 0; i < 500; i += 1) arm();
    expect(bench.notes).toHaveLength(20);
    bench.seconds += 1;
    arm();
    expect(bench.notes).toHaveLength(21);
    expect(bench.notes.at(-1)).toContain('480 more like it before');
    // Neither a refusal nor a stop is worth a write to the card.
    expect(bench.kept).toEqual([]);
  });

  it('drops an order that only waits, too, when the link is lost and the local setting says so', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    bench.set({ ordered: true });
    session.down('cut');
    expect(bench.asked).toEqual(['stop']);
    expect(bench.notes.join('\n')).toContain('the run ends');
  });

  it('answers a repeat with what came of it, not with what was promised', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    bench.takes = false;
    const order = { id: 'o1', nonce: state()['nonce'], duration_s: 60 };
    expect((await command('arm', order)).code).toBe(409);
    expect((await command('arm', order)).code).toBe(409);
  });

  it('obeys an empty retained message on the topic of a stop, and counts stops of nothing instead of writing each', () => {
    session.message(NAMES.command('stop'), new Uint8Array(), true);
    for (let i = 0; i < 100; i += 1) session.message(`${NAMES.root}/cmd/stop/by/x/by/y`, bytes({}), false);
    expect(bench.asked).toHaveLength(101);
    expect(bench.notes).toHaveLength(20);
    bench.set({ driven: true });
    session.message(NAMES.command('stop'), bytes({}), false);
    expect(bench.notes.at(-1)).toBe('command stop Heater off. (unnamed)');
  });

  it('ends a trial whose link is gone when its time is over, and the record shows who, what and why', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    await command('cfg/set', { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 }, confirm_s: 60 });
    await link.close();
    session.down('cut');
    bench.seconds = 59;
    tick();
    expect(bench.settings['pulse.onMs']).toBe(300);
    bench.seconds = 60;
    tick();
    expect(bench.settings['pulse.onMs']).toBe(500);
    expect(bench.notes).toEqual([
      'tuning tried revision 1: pulse.onMs 500 -> 300 (says me; for 60 s)',
      'note link-lost cut',
      expect.stringMatching(/^command stop /),
      'tuning reverted revision 2: pulse.onMs 300 -> 500 (the controller; trial 1 of says me: its time is over)',
    ]);
    await until(() => bench.kept.at(-1)?.trial === null);
    expect(bench.kept.at(-1)?.confirmed).toEqual({});
  });
});
