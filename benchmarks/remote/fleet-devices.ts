/**
 * A process that holds many devices: each a real link, remote side and sender over a history in memory that grows as that
 * of a bench does. Told by one argument (JSON), it says in the end what it has recorded.
 */
import { Prng } from '../../src/twin/prng.ts';
import { Device, pause } from './device.ts';
import { PERIOD_S, Records } from './records.ts';

export interface FleetOrder {
  readonly url: string;
  readonly first: number;
  readonly count: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface FleetReport {
  /** Streams and their newest record. */
  readonly streams: readonly (readonly [stream: string, newest: number])[];
  readonly losses: number;
  readonly unsent: number;
}

/** Devices come one after the other, not all at once. */
const JOIN_MS = 5;
const DRAIN_MS = 30_000;

const { url, first, count, seconds, seed } = JSON.parse(process.argv[2] ?? '{}') as FleetOrder;
const chance = new Prng(seed, 95 + first);
const records = new Records(chance);
const devices: Device[] = [];
const timers: NodeJS.Timeout[] = [];
for (let i = 0; i < count; i += 1) {
  const device = new Device({ url, name: `bench-${first + i}`, chance: () => chance.uniform() });
  devices.push(device);
  device.link.open();
  await pause(JOIN_MS);
}
process.stdout.write('ready\n');
for (const device of devices) {
  let s = 0;
  const second = (): void => {
    s += 1;
    device.store.append(records.next('sample'));
    if (s % PERIOD_S === 0) device.store.append(records.next('period'));
    device.tick();
    void device.sender.drain();
  };
  // Every device has a second of its own.
  timers.push(setTimeout(() => timers.push(setInterval(second, 1000)), 1000 * chance.uniform()));
}
await pause(1000 * seconds);
for (const timer of timers) clearInterval(timer);
const unsent = (device: Device): number => (device.store.stats().newestSeq ?? 0) - device.store.cursor();
const end = performance.now() + DRAIN_MS;
while (performance.now() < end && devices.some((device) => unsent(device) > 0)) {
  for (const device of devices) void device.sender.drain();
  await pause(100);
}
const report: FleetReport = {
  streams: devices.map(({ store }) => [store.stats().stream ?? '', store.stats().newestSeq ?? 0]),
  losses: devices.reduce((sum, { downs }) => sum + downs.length, 0),
  unsent: devices.reduce((sum, device) => sum + unsent(device), 0),
};
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit());
