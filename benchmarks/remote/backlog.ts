/** A day without a link: its records wait on the disk, and are then sent over a real broker to a consumer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../src/store/store.ts';
import { Prng } from '../../src/twin/prng.ts';
import { instant } from '../../src/units.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { Consumer } from './consumer.ts';
import { Device, until } from './device.ts';
import type { Campaign } from './figures.ts';
import { Records } from './records.ts';

const DAY_S = 86_400;
const EVENTS = 300;
const DUMPS = 3;
/** Below what the store’s queue holds. */
const TOGETHER = 2000;
const MOST_MS = 600_000;

export async function backlog(campaign: Campaign): Promise<void> {
  const { seed, print, atEnd } = campaign;
  const folder = mkdtempSync(join(tmpdir(), 'remixd-backlog-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  const t0 = performance.now();
  let monoUs = instant(0);
  const store = await openStore({
    folder,
    maxBytes: 500e6,
    maxAgeS: 10 * DAY_S,
    now: () => ({ monoUs, wallMs: 1_700_000_000_000 + monoUs / 1000, clock: 'synced' }),
  });
  atEnd(() => store.close());
  let appended = 0;
  for (const record of new Records(new Prng(seed, 92)).span(DAY_S, EVENTS, DUMPS)) {
    monoUs = record.monoUs ?? monoUs;
    store.append(record);
    appended += 1;
    if (appended % TOGETHER === 0) await store.flush();
  }
  await store.flush();
  const { newestSeq, bytes, dropped } = store.stats();
  const writtenS = (performance.now() - t0) / 1000;
  const n = newestSeq ?? 0;
  print({ name: 'day-written', value: n / writtenS, unit: 'records / s', lost: appended - n + dropped, n });
  print({ name: 'day-on-disk', value: bytes / 1e6, unit: 'MB', n });
  // As this project sets its broker up; then as mosquitto comes, where acknowledgements wait for each other.
  await drained(store, 'day-sent', false, campaign);
  await drained(afresh(store), 'day-sent-to-mosquitto-as-it-comes', true, campaign);
}

/** The same records, not yet sent. */
function afresh(store: Store): Store {
  let at = 0;
  const moveCursor = (seq: number): void => {
    at = seq;
  };
  return Object.assign(Object.create(store) as Store, { cursor: () => at, moveCursor });
}

async function drained(store: Store, name: string, nagle: boolean, { print, atEnd }: Campaign): Promise<void> {
  const broker = await Mosquitto.start({ nagle });
  atEnd(() => broker.close());
  const device = new Device({ url: broker.url, store });
  atEnd(() => device.link.close());
  const consumer = new Consumer(broker.url, [device.names.tele, device.names.evt]);
  atEnd(() => consumer.close());
  await until(() => consumer.client.connected);
  await device.online();
  const n = store.stats().newestSeq ?? 0;
  const t0 = performance.now();
  await device.drained(MOST_MS);
  const s = (performance.now() - t0) / 1000;
  const { tally } = consumer;
  const missing = (): number[] => tally.missing(store.stats().stream ?? '', n);
  await until(() => tally.count >= n, 30_000).catch(() => {});
  const more = { lost: missing().length, duplicated: tally.repeated, n };
  print({ name: `${name}-time`, value: s, unit: 's', ...more });
  print({ name: `${name}-rate`, value: n / s, unit: 'records / s', ...more });
  print({ name: `${name}-out-of-order`, value: tally.disorder, unit: 'records', ...more });
}
