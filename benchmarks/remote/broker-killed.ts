/**
 * Telemetry over a broker that is ended and started again while records come. Ended in order (SIGTERM) it keeps its
 * sessions; killed (SIGKILL) it loses what it had acknowledged and not delivered, which no QoS can save: only a consumer
 * that asks the device for what it misses has everything in the end.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/store.ts';
import { Prng } from '../../src/twin/prng.ts';
import { instant } from '../../src/units.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { Consumer } from './consumer.ts';
import { Device, pause, personAt, until } from './device.ts';
import type { Campaign } from './figures.ts';
import { Records } from './records.ts';
import { repair } from './repair.ts';

const FEED_MS = 50;
const FEED = 10;
/** As chance of the back-off: a fiftieth of what it would be; after so many kills it would stand at a minute. */
const SHORT = -0.48;

export async function brokerKilled(campaign: Campaign): Promise<void> {
  await ended('SIGTERM', campaign);
  await ended('SIGKILL', campaign);
}

async function ended(signal: 'SIGTERM' | 'SIGKILL', { long, seed, print, atEnd }: Campaign): Promise<void> {
  const count = long ? 100 : 5;
  const chance = new Prng(seed, signal === 'SIGTERM' ? 100 : 101);
  const folder = mkdtempSync(join(tmpdir(), 'remixd-history-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const broker = await Mosquitto.start({ persistent: true });
  atEnd(() => broker.close());
  const begun = performance.now();
  const store = await openStore({
    folder,
    maxBytes: 500e6,
    maxAgeS: 1e6,
    commitMs: 200,
    now: () => ({ monoUs: instant((performance.now() - begun) * 1000), wallMs: Date.now(), clock: 'synced' }),
  });
  const device = new Device({ url: broker.url, store, chance: () => SHORT });
  atEnd(() => device.close());
  await device.online();
  const consumer = new Consumer(broker.url, [device.names.tele, device.names.evt]);
  atEnd(() => consumer.close());
  const { tally } = consumer;
  const connected = (): boolean => device.link.up && consumer.client.connected;
  await until(connected);
  const records = new Records(new Prng(seed, 103));
  let appended = 0;
  const feed = setInterval(() => {
    for (let i = 0; i < FEED; i += 1) {
      appended += 1;
      store.append(records.next(appended % 50 === 0 ? 'event' : 'sample'));
    }
    void device.sender.drain();
  }, FEED_MS);
  atEnd(() => clearInterval(feed));
  for (let kill = 0; kill < count; kill += 1) {
    await pause(300 + 400 * chance.uniform());
    // Every other time the consumer is away as well, and the broker keeps for it what the device thinks is delivered.
    const isAway = kill % 2 === 0;
    if (isAway) {
      consumer.leave();
      await pause(300);
    }
    await broker.end(signal);
    await broker.start();
    if (isAway) consumer.comeBack();
    await until(connected, 90_000);
  }
  clearInterval(feed);
  await store.flush();
  await device.drained();
  const total = store.stats().newestSeq ?? 0;
  const stream = store.stats().stream ?? '';
  // What is still under way comes within a second of the last that came.
  for (let before = -1; before !== tally.count; ) {
    before = tally.count;
    await pause(1000);
  }
  const lost = tally.missing(stream, total).length;
  const more = { lost, duplicated: tally.repeated, n: total };
  const how = signal === 'SIGTERM' ? 'an-ended' : 'a-killed';
  print({
    name: `telemetry-lost-by-${how}-broker-before-repair`,
    value: lost,
    unit: `records, ${count} times`,
    ...more,
  });
  print({ name: `telemetry-repeated-over-${how}-broker`, value: tally.repeated, unit: 'records', ...more });
  print({ name: `telemetry-out-of-order-over-${how}-broker`, value: tally.disorder, unit: 'records', ...more });
  const person = await personAt(broker.url, device.names, 'collector');
  atEnd(() => person.close());
  const questions = await repair(tally, person, stream, total);
  const after = tally.missing(stream, total).length;
  print({ name: `telemetry-lost-by-${how}-broker`, value: after, unit: 'records after repair', ...more, lost: after });
  print({ name: `repair-questions-after-${how}-broker`, value: questions, unit: 'questions', ...more, lost: after });
}
