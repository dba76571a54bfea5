/** Tries the way to a broker once, as a device would go it, under another name: nothing is disturbed that is connected. */
import { randomBytes } from 'node:crypto';
import mqtt, { type IClientOptions } from 'mqtt';
import { type LinkTrouble, linkTrouble, troubleOf } from '../params/link-trouble.ts';
import { topics } from '../params/mqtt.ts';

const CONNECT_MS = 5000;
/** A ping of one’s own comes back within milliseconds. */
const ECHO_MS = 2000;

/**
 * Connects, subscribes to the device’s own ping and sends one; takes at most 12 s.
 * @param credentials certificates, user and password of the device
 * @returns what does not work, or null when commands would be heard
 */
export async function tryBroker(url: string, device: string, credentials: IClientOptions): Promise<LinkTrouble | null> {
  let trouble = linkTrouble('LINK_SILENT');
  for (const protocolVersion of [5, 4] as const) {
    const link = mqtt.connect(url, {
      ...credentials,
      clientId: `${device}-doctor-${randomBytes(4).toString('hex')}`,
      protocolVersion,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_MS,
    });
    try {
      const up = await new Promise<boolean>((resolve) => {
        link.once('connect', () => resolve(true));
        link.once('close', () => resolve(false));
        link.on('error', (error) => {
          trouble = troubleOf(error);
        });
      });
      if (up) return await heard(link, topics(device).commandBy('ping', device));
      // Only a broker that says nothing may not know MQTT 5.
      if (trouble.code !== 'LINK_SILENT') return trouble;
    } finally {
      link.end(true);
    }
  }
  return trouble;
}

async function heard(link: mqtt.MqttClient, ping: string): Promise<LinkTrouble | null> {
  const denied = (error: Error): LinkTrouble => linkTrouble('LINK_TOPIC_DENIED', `${ping}: ${error.message}`);
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(linkTrouble('LINK_DEAF', `${ping} did not come back`)), ECHO_MS);
    const done = (found: LinkTrouble | null): void => {
      clearTimeout(late);
      resolve(found);
    };
    link.once('message', () => done(null));
    link.once('close', () => done(linkTrouble('LINK_LOST')));
    link.subscribe(ping, { qos: 1, rh: 2 }, (error) => {
      if (error) done(denied(error));
      else link.publish(ping, 'is it heard', { qos: 1 }, (refused) => refused && done(denied(refused)));
    });
  });
}
