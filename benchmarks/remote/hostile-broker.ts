/** Hostile messages through a broker to a whole device: a stop must be answered meanwhile, and the tick must go on. */
import mqtt from 'mqtt';
import { Prng } from '../../src/twin/prng.ts';
import { Mosquitto } from '../../test/support/mosquitto.ts';
import { Device, pause, personAt } from './device.ts';
import { type Campaign, heapMb, quantile } from './figures.ts';
import { Enemy } from './hostile.ts';

const TICK_MS = 50;
const STOP_MS = 200;
const BURST = 100;

export async function hostileBroker({ long, seed, print, atEnd }: Campaign): Promise<void> {
  const count = long ? 1_000_000 : 25_000;
  const broker = await Mosquitto.start();
  atEnd(() => broker.close());
  const device = new Device({ url: broker.url, wallS: () => Date.now() / 1000 });
  atEnd(() => device.close());
  await device.online();
  const friend = await personAt(broker.url, device.names);
  atEnd(() => friend.close());
  const recorded: { below: string; text: string }[] = [];
  for (let i = 0; i < 8; i += 1) {
    const command = {
      id: `v${i}`,
      client: 'ann',
      nonce: device.admission.nonce,
      duration_s: 60,
      ts: Date.now() / 1000,
    };
    const text = JSON.stringify(command);
    device.message(device.names.command('arm'), new TextEncoder().encode(text), false);
    recorded.push({ below: 'arm', text });
  }
  if (device.asked.length !== recorded.length) throw new Error('the recorded commands were not obeyed');
  device.asked.length = 0;
  const enemy = new Enemy(new Prng(seed, 91), {
    nonce: () => device.admission.nonce,
    wallS: () => Date.now() / 1000,
    recorded,
  });
  const line = mqtt.connect(broker.url, { protocolVersion: 5, reconnectPeriod: 200 });
  line.on('error', () => {});
  atEnd(() => line.end(true));
  await new Promise((resolve) => line.once('connect', resolve));

  const periods: number[] = [];
  let before = performance.now();
  const ticks = setInterval(() => {
    const now = performance.now();
    periods.push(now - before);
    before = now;
    device.tick();
  }, TICK_MS);
  const answers: number[] = [];
  let asked = 0;
  const asking = setInterval(() => {
    const t0 = performance.now();
    asked += 1;
    friend.ask('stop').then(
      () => answers.push(performance.now() - t0),
      () => {},
    );
  }, STOP_MS);
  let sent = 0;
  let heap = Number.NaN;
  const t0 = performance.now();
  while (sent < count) {
    for (let i = 0; i < BURST; i += 1) {
      const { below, payload, retain } = enemy.next();
      if (/[+#\0]/.test(below)) continue;
      line.publish(`${device.names.root}/cmd/${below}`, Buffer.from(payload), { retain });
      sent += 1;
    }
    if (Number.isNaN(heap) && sent > count / 10) heap = heapMb();
    await pause(10);
    while (line.stream.writableNeedDrain) await pause(1);
  }
  const seconds = (performance.now() - t0) / 1000;
  clearInterval(asking);
  await pause(1000);
  clearInterval(ticks);
  const { heardCount } = device;
  const heat = device.asked.filter((what) => what !== 'stop').length;
  const stops = device.asked.length - heat;
  const lost = asked - answers.length;
  print({ name: 'hostile-over-a-broker-that-ask-for-heat', value: heat, unit: 'requests', n: sent });
  print({ name: 'hostile-over-a-broker-memory', value: heapMb() - heap, unit: 'MB more after them', n: sent });
  print({ name: 'hostile-over-a-broker-rate', value: sent / seconds, unit: 'messages / s', n: sent });
  print({ name: 'hostile-over-a-broker-delivered', value: heardCount, unit: 'messages', n: sent });
  print({ name: 'hostile-over-a-broker-events', value: device.noted, unit: 'events of the record', n: sent });
  const stop = { unit: 'ms', lost, duplicated: stops - asked, n: asked };
  print({ name: 'stop-answered-in-a-flood-p99', value: quantile(answers, 0.99), ...stop });
  print({ name: 'stop-answered-in-a-flood-worst', value: quantile(answers, 1), ...stop });
  print({
    name: 'tick-period-in-a-flood-p99',
    value: quantile(periods, 0.99),
    unit: `ms, ${TICK_MS} due`,
    n: periods.length,
  });
  print({
    name: 'tick-period-in-a-flood-worst',
    value: quantile(periods, 1),
    unit: `ms, ${TICK_MS} due`,
    n: periods.length,
  });
}
