/** A link that is half-open: connections stand and no byte passes, while records come. */
import { Prng } from '../../src/twin/prng.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { BadLine } from './bad-line.ts';
import { Consumer } from './consumer.ts';
import { Device, pause, until } from './device.ts';
import type { Campaign } from './figures.ts';
import { Records } from './records.ts';

const FEED_MS = 100;

export async function halfOpen({ long, seed, print, atEnd }: Campaign): Promise<void> {
  const stallS = long ? 600 : 25;
  const broker = await Mosquitto.start();
  atEnd(() => broker.close());
  const line = await BadLine.open(broker.port);
  atEnd(() => line.close());
  const chance = new Prng(seed, 93);
  const device = new Device({ url: line.url, chance: () => chance.uniform() });
  atEnd(() => device.close());
  await device.online();
  const consumer = new Consumer(broker.url, [device.names.tele, device.names.evt]);
  atEnd(() => consumer.close());
  await until(() => consumer.client.connected);
  const records = new Records(new Prng(seed, 104));
  const feed = setInterval(() => {
    device.store.append(records.next('sample'));
    void device.sender.drain();
  }, FEED_MS);
  atEnd(() => clearInterval(feed));
  await pause(2000);
  line.stalled = true;
  const stalledAt = performance.now();
  let noticedS = Number.NaN;
  while (performance.now() - stalledAt < stallS * 1000) {
    if (Number.isNaN(noticedS) && device.downs.length > 0) noticedS = (performance.now() - stalledAt) / 1000;
    await pause(20);
  }
  const tries = line.count - 1;
  line.stalled = false;
  const freeAt = performance.now();
  await until(() => device.link.up, 120_000);
  const backS = (performance.now() - freeAt) / 1000;
  await pause(2000);
  clearInterval(feed);
  await device.drained();
  const n = device.store.stats().newestSeq ?? 0;
  const { tally } = consumer;
  await until(() => tally.count >= n).catch(() => {});
  const lost = tally.missing(device.store.stats().stream ?? '', n).length;
  const more = { lost, duplicated: tally.repeated, n };
  print({ name: 'half-open-noticed', value: noticedS, unit: `s, of ${stallS}`, ...more });
  print({ name: 'half-open-tries', value: tries, unit: 'connections meanwhile', ...more });
  print({ name: 'half-open-back', value: backS, unit: 's after the line was well', ...more });
  print({ name: 'half-open-out-of-order', value: tally.disorder, unit: 'records', ...more });
}
