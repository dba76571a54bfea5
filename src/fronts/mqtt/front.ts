/** Connects a running controller with MQTT: the desk that commands come to, and the broker of the simulated bench. */
import { randomBytes } from 'node:crypto';
import { startTuning } from '../../desk/tuning.ts';
import { credentialFiles } from '../../files/credentials.ts';
import { type KeptFile, KeptWriter } from '../../files/kept.ts';
import { version } from '../../files/run-folder.ts';
import { type Answer, topics } from '../../params/remote.ts';
import type { Settings } from '../../params/settings.ts';
import type { Rig } from '../../rig/rig.ts';
import type { HistorySession } from '../../store/session.ts';
import { type Micros, seconds } from '../../units.ts';
import { type Broker, openBroker } from './broker.ts';
import { CommandGate } from './command-gate.ts';
import { BIRTH_TOPIC, discovery, discoveryTopic } from './discovery.ts';
import { Link } from './link.ts';
import { type Desk, Remote } from './remote.ts';
import { Sender } from './sender.ts';

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

/** What a session needs to know of its run. */
export interface RemoteOptions {
  readonly rig: Rig;
  readonly settings: Settings;
  readonly kept: KeptFile<Answer>;
  /** The history, which is sent on. */
  readonly past: HistorySession;
  readonly desk: Desk;
}

export async function openRemote(options: RemoteOptions): Promise<RemoteSession> {
  const { rig, settings, kept, past, desk } = options;
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
    // The revision of a dropped trial stands for settings that are gone.
    tuning: startTuning(settings, kept.confirmed, dropped ? Math.max(kept.rev, dropped.rev) + 1 : kept.rev),
    boot: past.store.boot,
    stopOnLinkLoss: settings['remote.onLinkLoss'] === 'stop',
    ...(settings['mqtt.homeAssistant'] && {
      discovery: {
        topic: discoveryTopic(device),
        payload: discovery({
          device,
          version: version(),
          simulated,
          topics: names,
          tune: settings['mqtt.homeAssistantTune'],
        }),
      },
    }),
    keep: (now) => keeper.write(now),
  });
  if (dropped) remote.keepSoon();
  const link = new Link({
    url,
    clientId: device,
    // The broker of the simulated bench knows 3.1.1 only.
    version: broker ? 4 : 5,
    topics: names,
    also: settings['mqtt.homeAssistant'] ? [BIRTH_TOPIC] : [],
    files: credentialFiles(settings),
    onMessage: (topic, payload, retain, reply) => remote.message(topic, payload, retain, reply),
    onUp: () => remote.up(),
    onDown: (why) => remote.down(why),
    onTrouble: (what) => desk.note('command', 'link-trouble', what),
    chance: () => Math.random(),
  });
  remote.use(link);
  link.open();
  const sender = new Sender(past.store, link, names);
  let sendAt: Micros = 0;
  return {
    words: `MQTT ${url}, topics ${names.root}/#${past.words === null ? '' : `; ${past.words}`}`,
    tick: () => {
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
