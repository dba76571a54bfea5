/** The connection to a broker, where brokers and messages are not as they should be. */
import { createServer, type Server } from 'node:net';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, openBroker } from '../../../src/fronts/mqtt/broker.ts';
import { Link, type LinkOptions } from '../../../src/fronts/mqtt/link.ts';
import { topics } from '../../../src/params/mqtt.ts';

const NAMES = topics('bench');
let ends: (() => unknown)[];
let troubles: string[];

beforeEach(() => {
  [ends, troubles] = [[], []];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

function linkTo(url: string, more: Partial<LinkOptions> = {}): Link {
  const link = new Link({
    url,
    clientId: 'bench',
    topics: NAMES,
    credentials: {},
    onMessage: () => {},
    onUp: () => {},
    onDown: () => {},
    onTrouble: (what) => troubles.push(what),
    chance: () => 0,
    ...more,
  });
  ends.push(() => link.close());
  link.open();
  return link;
}
const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in time: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('a link', () => {
  it('tries MQTT 3.1.1 with a broker that hangs up on MQTT 5 without a word', async () => {
    const levels: number[] = [];
    const server: Server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        // The level stands behind the name of the protocol (MQTT 5, 3.1.2.2).
        levels.push(data[data.indexOf('MQTT') + 4] ?? 0);
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    linkTo(`mqtt://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
    await until(() => levels.length >= 4);
    expect(levels.slice(0, 4)).toEqual([5, 5, 4, 4]);
  });

  it('counts an address that cannot be as a failed connection, and tries again', async () => {
    let tries = 0;
    const link = linkTo('mqtt://127.0.0.1:99999', {
      chance: () => {
        tries += 1;
        return 0;
      },
    });
    await until(() => tries >= 2);
    expect(link.up).toBe(false);
    expect(troubles.join()).toContain('no connection: ');
  });

  it('outlives a message that cannot be dealt with, and says so once', async () => {
    const broker: Broker = (await openBroker(0))!;
    ends.push(() => broker.close());
    let count = 0;
    const link = linkTo(broker.url, {
      version: 4,
      onMessage: () => {
        count += 1;
        throw new Error('a bug');
      },
    });
    await until(() => link.up);
    const other = mqtt.connect(broker.url, { protocolVersion: 4, reconnectPeriod: 0 });
    ends.push(() => other.end(true));
    for (const name of ['a', 'b', 'c']) other.publish(`${NAMES.root}/cmd/ping/by/${name}`, 'x');
    await until(() => count === 3);
    expect(link.up).toBe(true);
    expect(troubles).toEqual([`a message on ${NAMES.root}/cmd/… could not be dealt with: a bug`]);
  });

  it('hears itself on a broker that delivers, and finds nothing wrong', async () => {
    const broker: Broker = (await openBroker(0))!;
    ends.push(() => broker.close());
    const link = linkTo(broker.url, { version: 4 });
    await until(() => link.up);
    await new Promise((resolve) => setTimeout(resolve, 6000));
    expect([link.up, troubles]).toEqual([true, []]);
  });
});
