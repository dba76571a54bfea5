/** Hostile messages through admission and desk alone, as fast as it goes: requests for heat, memory, time a message. */
import { Admission } from '../../src/fronts/mqtt/admission.ts';
import { commandRow } from '../../src/params/commands.ts';
import { addressee } from '../../src/params/mqtt.ts';
import { Prng } from '../../src/twin/prng.ts';
import { after, instant, millis, secondsOf } from '../../src/units.ts';
import { FakeBench } from '../../test/support/desk.ts';
import { type Campaign, heapMb } from './figures.ts';
import { Enemy, type Message } from './hostile.ts';

/** Between two messages, so that the limit of ten a second hides none of the other checks. */
const STEP_US = millis(100);
const START_S = 1e9;

export async function hostileAdmission({ long, seed, print }: Campaign): Promise<void> {
  const count = long ? 1_000_000 : 100_000;
  let serial = 0x1000;
  const admission = new Admission({ heatTurns: 0 }, () => {
    serial += 1;
    return serial.toString(16).padStart(16, '0');
  });
  const bench = new FakeBench();
  bench.forgets = true;
  bench.feed.subscribe({
    event: () => {
      bench.events.length = 0;
      bench.notes.length = 0;
    },
  });
  let mono = instant(0);
  const wallS = (): number => START_S + secondsOf(mono);
  let heat = 0;
  /** True when it asks for heat. */
  const submit = ({ below, payload, retain }: Message): boolean => {
    mono = after(mono, STEP_US);
    bench.set({ at: mono });
    const { command, origin, key, id } = admission.admit(
      { ...addressee(below), payload, retain },
      { mono, wallS: wallS() },
    );
    if (!command) return false;
    const { revision } = bench;
    const before = bench.asked.length;
    const outcome = bench.desk.submit(command.called.name, command.args, origin);
    const isTaken = 'code' in outcome && outcome.code < 400;
    if ('code' in outcome) admission.remember(key, { id, ...outcome });
    if (isTaken && commandRow(command.called.name).heat === 'adds') admission.renew();
    const asked = bench.asked.slice(before).some((what) => what.startsWith('arm')) || bench.revision !== revision;
    bench.asked.length = 0;
    return asked;
  };

  // What an enemy can record: commands that were obeyed.
  const recorded = Array.from({ length: 50 }, (_, i) => {
    const below = i % 2 ? 'arm' : 'arm/by/ann';
    const order = { id: `v${i}`, client: 'ann', nonce: admission.nonce, duration_s: 60, ts: wallS(), ttl_s: 3600 };
    const text = JSON.stringify(order);
    if (!submit({ below, payload: new TextEncoder().encode(text), retain: false })) throw new Error('not obeyed');
    return { below, text };
  });
  const enemy = new Enemy(new Prng(seed, 90), { nonce: () => admission.nonce, wallS, recorded });
  const run = (n: number): void => {
    for (let i = 0; i < n; i += 1) if (submit(enemy.next())) heat += 1;
  };
  run(count / 10);
  const before = heapMb();
  const t0 = performance.now();
  run(count);
  const us = ((performance.now() - t0) * 1000) / count;
  print({ name: 'hostile-at-admission-that-ask-for-heat', value: heat, unit: 'requests', n: count + count / 10 });
  print({ name: 'hostile-at-admission-memory', value: heapMb() - before, unit: 'MB more after them', n: count });
  print({ name: 'hostile-at-admission-time', value: us, unit: 'µs a message, made and judged', n: count });
}
