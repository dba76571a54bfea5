/** Connects a running controller with MQTT: the desk that commands come to, and the broker of the simulated bench. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Broker, openBroker } from '../net/broker.ts';
import { CommandGate } from '../net/command-gate.ts';
import { credentialFiles } from '../net/credentials.ts';
import { BIRTH_TOPIC, discovery, discoveryTopic } from '../net/discovery.ts';
import { Link } from '../net/link.ts';
import { type Desk, Remote } from '../net/remote.ts';
import { pageOf, Sender } from '../net/sender.ts';
import { startTuning } from '../net/trial.ts';
import { FAULTS } from '../params/faults.ts';
import { type Answer, topics } from '../params/remote.ts';
import type { Settings } from '../params/settings.ts';
import { type KeptFile, KeptWriter } from '../runtime/kept.ts';
import { loadRecipe, recipeNames } from '../runtime/recipes.ts';
import type { Rig } from '../runtime/rig.ts';
import { version } from '../runtime/run-folder.ts';
import { isDriven } from '../safety/kernel.ts';
import { type Micros, seconds } from '../units.ts';
import type { HistorySession } from './history-store.ts';

export interface RemoteSession {
  /** Where it can be watched, or why not; one line for people. */
  readonly words: string;
  /** After each control tick. */
  tick(): void;
  /** Somebody at the bench turns a setting; null = not allowed. */
  turn(change: (now: Settings) => Settings | null): void;
  close(): Promise<void>;
}

/** Nobody watches from afar; the history is kept all the same. */
const alone = (words: string, { rig, past }: RemoteOptions): RemoteSession => ({
  words,
  tick: past.tick,
  turn: (change) => {
    const next = change(rig.loop.tuned);
    if (next) rig.loop.retune(next);
  },
  close: async () => {},
});

/** What the history has gathered is sent this often. */
const SEND_US = seconds(1);

/** An arm order that was not carried out by then is void (the kernel keeps it for 10 s). */
const ORDER_US = seconds(12);

/** What a session needs to know of its run. */
export interface RemoteOptions {
  readonly rig: Rig;
  readonly settings: Settings;
  readonly kept: KeptFile<Answer>;
  /** The history, which is sent on. */
  readonly past: HistorySession;
}

export async function openRemote(options: RemoteOptions): Promise<RemoteSession> {
  const { rig, settings, kept, past } = options;
  const simulated = rig.loop.simulated;
  let url = settings['mqtt.broker'];
  let broker: Broker | null = null;
  if (url === 'none') {
    if (!simulated || !settings['sim.broker']) return alone('no MQTT (mqtt.broker = none)', options);
    broker = await openBroker(settings['sim.brokerPort']);
    if (!broker) return alone(`no MQTT: port ${settings['sim.brokerPort']} is taken (sim.brokerPort)`, options);
    url = broker.url;
  }
  const device = settings['mqtt.device'];
  const names = topics(device);
  let order: Order | null = null;
  const desk = deskOf(rig, settings, past, (durationUs) => {
    order = { durationUs, at: rig.now() };
  });
  const gate = new CommandGate(
    { mayArm: settings['remote.arm'] === 'remote', mayTune: settings['remote.tune'] === 'remote' },
    () => randomBytes(8).toString('hex'),
    kept.answers,
  );
  const keeper = new KeptWriter<Answer>(settings['runtime.stateDir']);
  const dropped = kept.trial;
  if (dropped) {
    const { rev, by, patch } = dropped;
    desk.note('command', 'trial-ended', `trial ${rev} of ${by} (${patch}) went back: a restart of the controller`);
  }
  const remote = new Remote({
    desk,
    gate,
    topics: names,
    tuning: startTuning(settings, kept.confirmed, kept.rev),
    boot: randomUUID(),
    stopOnLinkLoss: settings['remote.onLinkLoss'] === 'stop',
    ...(settings['mqtt.homeAssistant'] && {
      discovery: {
        topic: discoveryTopic(device),
        payload: discovery({ device, version: version(), simulated, topics: names }),
      },
    }),
    keep: (now) => keeper.write(now),
  });
  const link = new Link({
    url,
    clientId: device,
    topics: names,
    also: settings['mqtt.homeAssistant'] ? [BIRTH_TOPIC] : [],
    files: credentialFiles(settings),
    onMessage: (topic, payload, retain, reply) => remote.message(topic, payload, retain, reply),
    onUp: () => remote.up(),
    onDown: (why) => remote.down(why),
    chance: () => Math.random(),
  });
  remote.use(link);
  link.open();
  const sender = new Sender(past.store, link, names);
  let sendAt: Micros = 0;
  return {
    words: `MQTT ${url}, topics ${names.root}/#${past.words === null ? '' : `; ${past.words}`}`,
    tick: () => {
      const driven = isDriven(rig.loop.kernel.name);
      // A run that was started from afar ends by itself, whether anybody is still there or not.
      if (driven && order && rig.now() >= endOf(order, rig.loop.startedAt)) desk.stop();
      // The run is over, or its order was never carried out: the next run is somebody else's.
      if (!driven && order && rig.now() - order.at > ORDER_US) order = null;
      remote.tick();
      past.tick();
      if (rig.now() < sendAt) return;
      sendAt = rig.now() + SEND_US;
      void sender.drain();
    },
    turn: (change) => remote.turn(change),
    close: async () => {
      await link.close();
      await broker?.close();
    },
  };
}

/** A run that was ordered from afar. */
interface Order {
  readonly durationUs: Micros;
  readonly at: Micros;
}

/** Its time counts from its start; one that does not come to start has no more time than the proof may take. */
const endOf = ({ durationUs, at }: Order, startedAt: Micros | null): Micros =>
  startedAt !== null && startedAt >= at ? startedAt + durationUs : at + ORDER_US + durationUs;

function deskOf(rig: Rig, settings: Settings, past: HistorySession, ordered: (durationUs: Micros) => void): Desk {
  // Asked at every tick, and part of the package: the folder is read once.
  const recipes = recipeNames();
  return {
    bench: () => {
      const { name, latch } = rig.loop.kernel;
      return {
        state: name,
        driven: isDriven(name),
        trip: latch?.trip ?? null,
        lockout: latch?.kind === 'lockout',
        plAlarm: rig.loop.onset.alarm,
        recipes,
      };
    },
    values: () => {
      const row = rig.loop.row(rig.now());
      const { mono_s: _mono, state: _state, ...rest } = row;
      return { simulated: rig.loop.simulated, faults: rig.loop.faults, ...rest };
    },
    info: () => ({
      model: 'remixd',
      version: version(),
      simulated: rig.loop.simulated,
      limits: {
        trip_c: settings['limits.tripC'],
        longest_on_s: settings['gate.longestOnMs'] / 1000,
        duty_max: settings['gate.dutyMax'],
        current_a: settings['heater.currentA'],
      },
      may_arm: settings['remote.arm'] === 'remote',
      may_tune: settings['remote.tune'] === 'remote',
      recipes,
    }),
    trip: () => {
      const { latch } = rig.loop.kernel;
      if (!latch) return null;
      const { code, sentence, remedy } = FAULTS[latch.fault];
      return { trip: latch.trip, kind: latch.kind, code, fault: latch.fault, sentence, remedy };
    },
    stop: () => {
      rig.loop.ask({ kind: 'disarm' });
    },
    start: (recipe, durationS) => {
      if (recipe !== null && !rig.loop.use(loadRecipe(recipe))) return false;
      if (!rig.loop.ask({ kind: 'arm' })) return false;
      ordered(seconds(durationS));
      return true;
    },
    acknowledge: (trip) => {
      rig.loop.ask({ kind: 'acknowledge', trip });
    },
    history: async (afterSeq, limit, part) => {
      const records = await past.store.read({ afterSeq, limit });
      const { stream, newestSeq } = past.store.stats();
      return { stream, newest: newestSeq, ...pageOf(records, part) };
    },
    newest: () => {
      const { stream, newestSeq } = past.store.stats();
      return stream === null || newestSeq === null ? null : { stream, seq: newestSeq };
    },
    apply: (next) => rig.loop.retune(next),
    guardPl: (on) => rig.loop.guardPl(on),
    note: (kind, code, text) => rig.loop.note(kind, code, text),
    now: () => ({ mono: rig.now(), wallS: past.wallS() }),
  };
}
