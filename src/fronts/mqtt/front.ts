/** MQTT: state, telemetry and commands over a broker; the simulated bench brings one of its own. */
import { randomBytes } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import type { Desk } from '../../desk/desk.ts';
import { topics } from '../../params/mqtt.ts';
import type { Settings } from '../../params/settings.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import { type Micros, seconds } from '../../units.ts';
import type { Front, FrontClock } from '../front.ts';
import { Admission, type Given } from './admission.ts';
import { type Broker, openBroker } from './broker.ts';
import { BIRTH_TOPIC, discovery, discoveryTopic } from './discovery.ts';
import { Link } from './link.ts';
import { type Outbox, Sender } from './sender.ts';
import { Session } from './session.ts';

/** What the history has gathered is sent this often. */
const SEND_US = seconds(1);

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
  /** Answers that were given before the start. */
  readonly given: Given;
}

/** The front, and its part of what survives a restart; the latter null where there is no broker. */
export interface MqttFront extends Front {
  readonly words: string;
  readonly answers: () => Given;
}

export async function openMqtt(
  desk: Desk,
  snapshots: Snapshots,
  clock: FrontClock,
  options: MqttOptions,
): Promise<MqttFront> {
  const { settings, version, outbox } = options;
  const { simulated } = snapshots.latest;
  const idle = (words: string): MqttFront => ({
    words,
    answers: () => options.given,
    tick: () => {},
    close: async () => {},
  });
  let url = settings['mqtt.broker'];
  let broker: Broker | null = null;
  if (url === 'none') {
    if (!simulated || !settings['sim.broker']) return idle('no MQTT (mqtt.broker = none)');
    broker = await openBroker(settings['sim.brokerPort']);
    if (!broker) return idle(`no MQTT: port ${settings['sim.brokerPort']} is taken (sim.brokerPort)`);
    url = broker.url;
  }
  const device = settings['mqtt.device'];
  const names = topics(device);
  const admission = new Admission(() => randomBytes(8).toString('hex'), options.given);
  const session = new Session({
    desk,
    admission,
    topics: names,
    boot: options.boot,
    now: () => ({ mono: clock.mono(), wallS: clock.wallS() }),
    about: options.about,
    newest: options.newest,
    stopOnLinkLoss: settings['remote.onLinkLoss'] === 'stop',
    ...(settings['mqtt.homeAssistant'] && {
      discovery: {
        topic: discoveryTopic(device),
        payload: discovery({ device, version, simulated, topics: names, tune: settings['mqtt.homeAssistantTune'] }),
      },
    }),
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
  let sendAt: Micros = 0;
  return {
    words: `MQTT ${url}, topics ${names.root}/#`,
    answers: () => admission.answers(),
    tick: () => {
      session.tick();
      if (clock.mono() < sendAt) return;
      sendAt = clock.mono() + SEND_US;
      void sender.drain();
    },
    close: async () => {
      await link.close();
      await broker?.close();
    },
  };
}
