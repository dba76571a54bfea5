/** MQTT: state, telemetry and commands over a broker; the simulated bench brings one of its own. */
import { randomBytes } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import type { Desk } from '../../desk/desk.ts';
import type { LinkTrouble } from '../../params/link-trouble.ts';
import { brokerUrl, type Topics, topics } from '../../params/mqtt.ts';
import { bytesFor, MOST_BYTES_SENT } from '../../params/pages.ts';
import type { Settings } from '../../params/settings.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import { after, instant, seconds } from '../../units.ts';
import type { Front, FrontClock } from '../front.ts';
import { Admission, type Given } from './admission.ts';
import { type Broker, openBroker } from './broker.ts';
import { BIRTH_TOPIC, discovery, discoveryTopic } from './discovery.ts';
import { Link } from './link.ts';
import { type Outbox, Sender } from './sender.ts';
import { Session, type SessionParts } from './session.ts';

/** What the history has gathered is sent this often. */
const SEND_US = seconds(1);
/** Answers go below the name of the client that asked; it has at most this many letters. */
const LONGEST_NAME = 'x'.repeat(32);

/** What survives a restart. */
export interface KeptLink {
  readonly answers: Given;
  /** The broker may hold a description of this device for Home Assistant. */
  readonly described: boolean;
}

export interface MqttOptions {
  readonly settings: Settings;
  readonly version: string;
  /** Model, versions, limits: what does not change while the program runs. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly credentials: IClientOptions;
  /** The history, which is sent on. */
  readonly outbox: Outbox;
  readonly boot: string;
  readonly newest: () => { readonly stream: string; readonly seq: number } | null;
  /** From before the start. */
  readonly kept: KeptLink;
  /** Is called about once a second with what does not work, or null. */
  readonly told: (trouble: LinkTrouble | null) => void;
}

/** The front, and its part of what survives a restart; the latter null where there is no broker. */
export interface MqttFront extends Front {
  readonly words: string;
  readonly kept: () => KeptLink;
  /** What does not work between this device and its broker; null while all is well, and where there is no broker. */
  readonly trouble: () => LinkTrouble | null;
  /** Bytes of records that fit into one answer. */
  readonly mostBytes: () => number;
}

export async function openMqtt(
  desk: Desk,
  snapshots: Snapshots,
  clock: FrontClock,
  options: MqttOptions,
): Promise<MqttFront> {
  const { settings, outbox } = options;
  const { simulated } = snapshots.latest;
  const idle = (words: string): MqttFront => ({
    words,
    kept: () => options.kept,
    trouble: () => null,
    mostBytes: () => MOST_BYTES_SENT,
    tick: () => {},
    close: async () => {},
  });
  let url = brokerUrl(settings['mqtt.broker']);
  let broker: Broker | null = null;
  if (settings['mqtt.broker'] === 'none') {
    if (!simulated || !settings['sim.broker']) return idle('no MQTT (mqtt.broker = none)');
    broker = await openBroker(settings['sim.brokerPort']);
    if (!broker) return idle(`no MQTT: port ${settings['sim.brokerPort']} is taken (sim.brokerPort)`);
    url = broker.url;
  }
  const device = settings['mqtt.device'];
  const names = topics(device);
  const admission = new Admission(desk, () => randomBytes(8).toString('hex'), options.kept.answers);
  const session = new Session({
    desk,
    admission,
    topics: names,
    boot: options.boot,
    now: () => ({ mono: clock.mono(), wallS: clock.wallS() }),
    about: options.about,
    newest: options.newest,
    stopOnLinkLoss: settings['remote.onLinkLoss'] === 'stop',
    discovery: shownAs(options, simulated, names),
    described: options.kept.described,
  });
  snapshots.subscribe(session);
  const link = new Link({
    url,
    clientId: device,
    // The broker of the simulated bench knows 3.1.1 only.
    version: broker ? 4 : 5,
    topics: names,
    also: settings['mqtt.homeAssistant'] ? [BIRTH_TOPIC] : [],
    credentials: options.credentials,
    onMessage: (topic, payload, retain, reply) => session.message(topic, payload, retain, reply),
    onUp: () => session.up(),
    onDown: (why) => session.down(why),
    onTrouble: (what) => desk.note('trouble', 'link', what),
    chance: () => Math.random(),
  });
  session.use(link);
  link.open();
  const sender = new Sender(outbox, link, names);
  let sendAt = instant(0);
  return {
    words: `MQTT ${url}, topics ${names.root}/#`,
    kept: () => ({ answers: admission.answers(), described: session.described }),
    tick: () => {
      session.tick();
      if (clock.mono() < sendAt) return;
      sendAt = after(clock.mono(), SEND_US);
      options.told(link.trouble);
      void sender.drain();
    },
    trouble: () => link.trouble,
    mostBytes: () => bytesFor(link.roomFor(names.answer(LONGEST_NAME))),
    close: async () => {
      session.last();
      await link.close();
      await broker?.close();
    },
  };
}

/** How Home Assistant sees this device; null where that is off. */
function shownAs({ settings, version }: MqttOptions, simulated: boolean, names: Topics): SessionParts['discovery'] {
  const device = settings['mqtt.device'];
  const tune = settings['mqtt.homeAssistantTune'];
  return {
    topic: discoveryTopic(device),
    payload: settings['mqtt.homeAssistant'] ? discovery({ device, version, simulated, topics: names, tune }) : null,
  };
}
