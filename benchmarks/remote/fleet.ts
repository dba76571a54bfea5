/** Many devices on one broker, with the record rate of a real bench: rates, end-to-end latency, losses. */
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { Consumer, Tally } from './consumer.ts';
import { until } from './device.ts';
import { type Campaign, quantile } from './figures.ts';
import { Devices } from './fleet-processes.ts';

const CONSUMERS = 2;

/** Into a plain consumer, two of them sharing the work. */
export async function fleet({ long, seed, print, atEnd }: Campaign): Promise<void> {
  const count = long ? 1000 : 100;
  const seconds = long ? 120 : 30;
  const broker = await Mosquitto.start();
  atEnd(() => broker.close());
  const tally = new Tally();
  const latencies: number[] = [];
  let messages = 0;
  const consumers = Array.from({ length: CONSUMERS }, (_, i) => {
    const shared = ['tele', 'evt'].map((topic) => `$share/consumers/remix/1/+/${topic}`);
    const consumer = new Consumer(broker.url, shared, { clientId: `consumer-${i}`, protocolVersion: 5 }, tally);
    consumer.onNew = (records) => {
      messages += 1;
      const now = Date.now();
      for (const { wall_ms: wallMs } of records) if (wallMs !== null) latencies.push(now - wallMs);
    };
    atEnd(() => consumer.close());
    return consumer;
  });
  await until(() => consumers.every(({ client }) => client.connected));
  const devices = new Devices({ url: broker.url, count, seconds, seed });
  atEnd(() => devices.end());
  await devices.ready;
  const t0 = performance.now();
  const { streams, losses, unsent } = await devices.report;
  const s = (performance.now() - t0) / 1000;
  const n = streams.reduce((sum, [, newest]) => sum + newest, 0);
  await until(() => tally.count >= n, 20_000).catch(() => {});
  const lost = streams.reduce((sum, [stream, newest]) => sum + tally.missing(stream, newest).length, 0);
  const more = { lost, duplicated: tally.repeated, n };
  print({ name: 'fleet-devices', value: streams.length, unit: `devices for ${seconds} s`, ...more });
  print({ name: 'fleet-messages', value: messages / s, unit: 'messages / s', ...more });
  print({ name: 'fleet-records', value: tally.count / s, unit: 'records / s', ...more });
  print({ name: 'fleet-latency-p50', value: quantile(latencies, 0.5), unit: 'ms, record to consumer', ...more });
  print({ name: 'fleet-latency-p99', value: quantile(latencies, 0.99), unit: 'ms, record to consumer', ...more });
  print({ name: 'fleet-links-lost', value: losses, unit: 'times', ...more });
  print({ name: 'fleet-unsent', value: unsent, unit: 'records at the end', ...more });
}
