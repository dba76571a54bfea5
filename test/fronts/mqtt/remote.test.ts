/** The bench as an MQTT client sees it, over a real broker on the loopback address. */
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTuning } from '../../../src/desk/tuning.ts';
import { type Broker, openBroker } from '../../../src/fronts/mqtt/broker.ts';
import { CommandGate } from '../../../src/fronts/mqtt/command-gate.ts';
import { Link } from '../../../src/fronts/mqtt/link.ts';
import { type Kept, Remote } from '../../../src/fronts/mqtt/remote.ts';
import { topics } from '../../../src/params/remote.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import { FakeDesk } from '../../support/desk.ts';

const NAMES = topics('bench');
const FILES = { ca: null, cert: null, key: null, password: null };

let broker: Broker;
let desk: FakeDesk;
let remote: Remote;
let link: Link;
let person: MqttClient;
let kept: Kept[];
let diskFails = false;
let slow: Promise<void> = Promise.resolve();
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
  const gate = new CommandGate({ mayArm: true, mayTune: true }, () => {
    serial += 1;
    return serial.toString(16).padStart(16, '0');
  });
  desk = new FakeDesk();
  kept = [];
  diskFails = false;
  slow = Promise.resolve();
  remote = new Remote({
    desk,
    gate,
    topics: NAMES,
    tuning: startTuning(defaultSettings()),
    boot: 'boot-1',
    keep: async (now) => {
      await slow;
      if (diskFails) throw new Error('no disk');
      kept.push(now);
    },
    stopOnLinkLoss: true,
  });
  link = new Link({
    url: broker.url,
    clientId: 'bench',
    topics: NAMES,
    files: FILES,
    onMessage: (topic, payload, retain, reply) => remote.message(topic, payload, retain, reply),
    onUp: () => remote.up(),
    onDown: (why) => remote.down(why),
    chance: () => 0.5,
  });
  remote.use(link);
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
    expect(desk.asked).toEqual([]);
  });

  it('starts a run with the nonce of its state, once, and never with an old one', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const { nonce } = state();
    expect((await command('run/start', { nonce, recipe: 'hour', duration_s: 60 })).code).toBe(202);
    expect((await command('arm', { nonce, duration_s: 60 })).code).toBe(410);
    expect(desk.asked).toEqual(['start hour 60']);
    await until(() => state()['nonce'] !== nonce);
    expect(desk.notes.at(-1)).toContain('refused arm 410');
  });

  it('stops for anybody and anything', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    person.publish(NAMES.command('stop'), 'whatever');
    await until(() => desk.asked.length === 1);
    person.publish(NAMES.command('disarm'), '', { retain: false });
    await until(() => desk.asked.length === 2);
    expect(desk.asked).toEqual(['stop', 'stop']);
  });

  it('tries settings, keeps them when they are confirmed, and goes back when they are not, or at a trip', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const set = (patch: object) => command('cfg/set', { nonce: state()['nonce'], base_rev: remote.tuning.rev, patch });
    expect((await set({ 'pulse.onMs': 400 })).data).toEqual({ rev: 1 });
    expect(desk.settings['pulse.onMs']).toBe(400);
    expect((await command('cfg/confirm', { rev: 1 })).code).toBe(202);
    expect(kept.at(-1)?.confirmed).toEqual({ 'pulse.onMs': 400 });

    await until(() => state()['rev'] === remote.tuning.rev);
    await set({ 'pulse.onMs': 300 });
    desk.mono = 119e6;
    remote.tick();
    expect(desk.settings['pulse.onMs']).toBe(300);
    desk.mono = 121e6;
    remote.tick();
    expect(desk.settings['pulse.onMs']).toBe(400);
    expect(desk.notes.at(-1)).toContain('its time is over');

    await until(() => state()['rev'] === remote.tuning.rev);
    await set({ 'pulse.onMs': 200 });
    desk.tripped = 3;
    remote.tick();
    expect(desk.settings['pulse.onMs']).toBe(400);
    expect(desk.notes.at(-1)).toContain('the bench tripped');
    desk.mono += 1.1e6;
    remote.tick();
    await until(() => last(NAMES.trip)?.includes('"trip":3') === true);
  });

  it('sends live values for as long as it was asked to, at that rate', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    await command('live', { rate_hz: 5, for_s: 2 });
    for (let i = 0; i < 80; i += 1) {
      desk.mono += 50_000;
      remote.tick();
    }
    await command('ping');
    const count = heard.get(NAMES.live)?.length ?? 0;
    expect(count).toBeGreaterThanOrEqual(10);
    expect(count).toBeLessThanOrEqual(12);
  });

  it('stops a run when the link is lost, where the local setting says so, and finds the broker again', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    desk.driven = true;
    const port = Number(new URL(broker.url).port);
    await broker.close();
    await until(() => desk.asked.includes('stop'));
    expect(desk.notes.at(-1)).toContain('link-lost');
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
    await until(() => desk.asked.length === 1);
    expect(desk.notes.at(-1)).toBe('command arm arming (ann): the configured recipe, for 60 s');
    await until(() => last(NAMES.answer('ann'))?.includes('"id":"w1"') === true);
    // Bob writes below his own name and signs as Ann: refused, and the answer is Bob’s.
    person.publish(NAMES.commandBy('arm', 'bob'), order('w2', 'ann'));
    await until(() => last(NAMES.answer('bob'))?.includes('"code":403') === true);
    expect(desk.notes.at(-1)).toContain('(bob)');
    await command('stop');
    expect(desk.notes.at(-1)).toBe('command stop heater was off (says me)');
    // And a stop is a stop, whatever name is on it.
    person.publish(`${NAMES.root}/cmd/stop/by/NOBODY`, '?');
    await until(() => desk.asked.filter((what) => what === 'stop').length === 2);
    expect(desk.asked).toEqual(['start null 60', 'stop', 'stop']);
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
    await until(() => desk.asked.length === 1);
    expect(desk.asked).toEqual(['start null 60']);
  });

  it('reads from its history, and says so when that cannot be read', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    expect(state()['history']).toEqual({ stream: 's', seq: 2 });
    const answer = await command('history', { after_seq: 7, limit: 50 });
    expect(answer).toMatchObject({ code: 200, data: { stream: 's', newest: 2, records: [{ seq: 1 }, { seq: 2 }] } });
    expect(desk.asked).toEqual(['history 7 50 1']);
    desk.page = new Error('no disk');
    expect(await command('history', { after_seq: 0 })).toMatchObject({ code: 503 });
    expect(await command('history', { after_seq: 0, limit: 401 })).toMatchObject({ code: 422 });
  });

  it('answers where an MQTT 5 message wishes only below that client’s own topic, with its mark', () => {
    const sent: [string, { mark?: Buffer | null }][] = [];
    remote.use({
      up: true,
      publish: (topic: string, _text: string, options: { mark?: Buffer | null }) => sent.push([topic, options]),
    } as unknown as Link);
    const mark = Buffer.from('m');
    const ask = (topic: string | null) => {
      serial += 1;
      remote.message(NAMES.commandBy('ping', 'ann'), bytes({ id: `r${serial}` }), false, { topic, mark });
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
    remote.message(NAMES.command('arm'), new Uint8Array(), true);
    expect(desk.notes).toEqual([]);
    remote.message(NAMES.command('arm'), new Uint8Array(), false);
    expect(desk.notes).toHaveLength(1);
  });

  it('gives way to the bench: a key there ends a trial, the next one turns, and who comes from afar must know of it', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const set = (patch: object, base_rev = remote.tuning.rev) =>
      command('cfg/set', { nonce: state()['nonce'], base_rev, patch });
    const less = (now: Settings): Settings => ({ ...now, 'pulse.onMs': now['pulse.onMs'] - 50 });
    await set({ 'pulse.onMs': 600, 'pulse.periodMs': 6000 });
    remote.turn(less);
    expect(remote.tuning.trial).toBeNull();
    expect(desk.settings).toMatchObject({ 'pulse.onMs': 500, 'pulse.periodMs': 5000 });
    expect(desk.notes.at(-1)).toContain('settings were changed at the bench');
    remote.turn(less);
    expect(desk.settings).toMatchObject({ 'pulse.onMs': 450, 'pulse.periodMs': 5000 });
    await until(() => kept.at(-1)?.rev === remote.tuning.rev);
    await until(() => state()['rev'] === remote.tuning.rev);
    expect((await set({ 'pulse.onMs': 400 }, 1)).code).toBe(409);
    await set({ 'pulse.periodMs': 6000 });
    expect(desk.settings).toMatchObject({ 'pulse.onMs': 450, 'pulse.periodMs': 6000 });
    await command('cfg/revert');
    expect(desk.settings).toMatchObject({ 'pulse.onMs': 450, 'pulse.periodMs': 5000 });
    // A key that means nothing ends nothing.
    await until(() => state()['rev'] === remote.tuning.rev);
    await set({ 'pulse.onMs': 400 });
    remote.turn(() => null);
    expect(remote.tuning.trial).not.toBeNull();
  });

  it('watches the light of a trial, and ends it at the onset of segregation', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    await command('cfg/set', { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 } });
    expect(desk.guarded).toEqual([true]);
    desk.plAlarm = true;
    remote.tick();
    expect(desk.settings['pulse.onMs']).toBe(500);
    expect(desk.guarded).toEqual([true, false]);
    expect(desk.notes.at(-1)).toContain('trial 1 of says me (pulse.onMs) went back: the photoluminescence shows');
  });

  it('says that settings are kept only when they are, and names the values', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    const set = { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 } };
    await command('cfg/set', set);
    expect(desk.notes.at(-1)).toBe('command cfg/set on trial for 120 s as revision 1 (says me): pulse.onMs = 300');
    expect(kept.at(-1)?.trial).toEqual({ rev: 1, by: 'says me', patch: 'pulse.onMs = 300' });
    diskFails = true;
    expect(await command('cfg/confirm', { rev: 1 })).toMatchObject({ code: 503, text: 'not kept: no disk' });
    expect(remote.tuning.trial?.rev).toBe(1);
    diskFails = false;
    expect(await command('cfg/confirm', { rev: 1 })).toMatchObject({ code: 202, data: { rev: 2 } });
    expect(kept.at(-1)).toMatchObject({ confirmed: { 'pulse.onMs': 300 }, trial: null });
    expect(desk.notes.at(-1)).toBe('command cfg/confirm kept (says me): pulse.onMs = 300');
  });

  describe('with a slow disk under a confirmation', () => {
    let done: () => void;
    let confirmed: Promise<{ code: number }>;
    beforeEach(async () => {
      link.open();
      await until(() => last(NAMES.state) !== undefined);
      await command('cfg/set', { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 }, confirm_s: 60 });
      slow = new Promise((resolve) => {
        done = resolve;
      });
      confirmed = command('cfg/confirm', { rev: 1, id: 'keep' });
      await command('ping');
    });
    const repeat = () => command('cfg/confirm', { rev: 1, id: 'keep' });

    it('waits for it a little beyond the trial’s time, and answers when it is kept', async () => {
      expect((await repeat()).code).toBe(409);
      desk.mono = 69e6;
      remote.tick();
      expect(desk.settings['pulse.onMs']).toBe(300);
      done();
      await until(() => remote.tuning.trial === null);
      expect(remote.tuning).toMatchObject({ rev: 2, trial: null, confirmed: { 'pulse.onMs': 300 } });
      expect(await repeat()).toMatchObject({ code: 202, data: { rev: 2 } });
      expect(kept.at(-1)?.answers).toContainEqual(['says me/keep', expect.objectContaining({ code: 202 })]);
    });

    it('does not wait for ever: a disk that hangs has kept nothing', async () => {
      desk.mono = 71e6;
      remote.tick();
      expect([desk.settings['pulse.onMs'], remote.tuning.trial]).toEqual([500, null]);
      done();
      expect((await confirmed).code).toBe(409);
      expect(remote.tuning.confirmed).toEqual({});
      // What is written last has the last word.
      await until(() => kept.length >= 2);
      expect(kept.at(-1)).toMatchObject({ confirmed: {}, trial: null });
    });

    it.each([
      ['a trip', () => (desk.tripped = 1)],
      ['the light of the film', () => (desk.plAlarm = true)],
    ])('gives way to %s at once', async (_, happens) => {
      happens();
      remote.tick();
      expect(desk.settings['pulse.onMs']).toBe(500);
      done();
      expect((await confirmed).code).toBe(409);
    });

    it('gives way to a revert and to the bench at once', async () => {
      expect((await command('cfg/revert')).code).toBe(202);
      expect(desk.settings['pulse.onMs']).toBe(500);
      done();
      expect((await confirmed).code).toBe(409);
      expect(await repeat()).toMatchObject({ code: 409 });
    });

    it('is not overtaken by what else has to be kept', async () => {
      command('arm', { nonce: state()['nonce'], duration_s: 60 }).catch(() => {});
      await command('ping');
      done();
      expect((await confirmed).code).toBe(202);
      await until(() => kept.length >= 2);
      expect(kept.at(-1)).toMatchObject({ confirmed: { 'pulse.onMs': 300 }, trial: null });
    });
  });

  it('writes every refusal down, and of a flood one a second with the number of the others', () => {
    link.open();
    const arm = (): void => remote.message(NAMES.command('arm'), bytes({ id: 'x', client: 'me' }), false);
    for (let i = 0; i < 500; i += 1) arm();
    expect(desk.notes).toHaveLength(20);
    desk.mono += 1e6;
    arm();
    expect(desk.notes).toHaveLength(21);
    expect(desk.notes.at(-1)).toContain('480 more like it before');
    // Neither a refusal nor a stop is worth a write to the card.
    expect(kept).toEqual([]);
  });

  it('drops an order that only waits, too, when the link is lost and the local setting says so', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    desk.ordered = true;
    remote.down('cut');
    expect(desk.asked).toEqual(['stop']);
    expect(desk.notes.at(-1)).toContain('the run ends');
  });

  it('answers a repeat with what came of it, not with what was promised', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    desk.start = () => false;
    const order = { id: 'o1', nonce: state()['nonce'], duration_s: 60 };
    expect((await command('arm', order)).code).toBe(409);
    expect((await command('arm', order)).code).toBe(409);
  });

  it('obeys an empty retained message on the topic of a stop, and counts stops of nothing instead of writing each', () => {
    remote.message(NAMES.command('stop'), new Uint8Array(), true);
    for (let i = 0; i < 100; i += 1) remote.message(`${NAMES.root}/cmd/stop/by/x/by/y`, bytes({}), false);
    expect(desk.asked).toHaveLength(101);
    expect(desk.notes).toHaveLength(20);
    desk.driven = true;
    remote.message(NAMES.command('stop'), bytes({}), false);
    expect(desk.notes.at(-1)).toBe('command stop heater off (unnamed)');
  });

  it('ends a trial whose link is gone when its time is over, and the record shows who, what and why', async () => {
    link.open();
    await until(() => last(NAMES.state) !== undefined);
    await command('cfg/set', { nonce: state()['nonce'], base_rev: 0, patch: { 'pulse.onMs': 300 }, confirm_s: 60 });
    await link.close();
    remote.down('cut');
    desk.mono = 59e6;
    remote.tick();
    expect(desk.settings['pulse.onMs']).toBe(300);
    desk.mono = 60e6;
    remote.tick();
    expect(desk.settings['pulse.onMs']).toBe(500);
    expect(desk.notes).toEqual([
      'command cfg/set on trial for 60 s as revision 1 (says me): pulse.onMs = 300',
      'command link-lost cut',
      'command trial-ended trial 1 of says me (pulse.onMs) went back: its time is over',
    ]);
    await until(() => kept.at(-1)?.trial === null);
    expect(kept.at(-1)?.confirmed).toEqual({});
  });
});
