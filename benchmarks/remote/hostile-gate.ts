/** Hostile messages through the gate alone, as fast as it goes: requests for heat, memory, time a message. */
import { startTuning } from '../../src/desk/tuning.ts';
import { type Bench, CommandGate, type Verdict } from '../../src/fronts/mqtt/command-gate.ts';
import { addressee } from '../../src/params/remote.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { Prng } from '../../src/twin/prng.ts';
import { FakeDesk } from '../../test/support/desk.ts';
import { type Campaign, heapMb } from './figures.ts';
import { Enemy, type Message } from './hostile.ts';

const BENCH: Bench = { ...new FakeDesk().bench(), tuning: startTuning(defaultSettings()) };
/** Between two messages, so that the limit of ten a second hides none of the other checks. */
const STEP_US = 100_000;
const START_S = 1e9;

export async function hostileGate({ long, seed, print }: Campaign): Promise<void> {
  const count = long ? 1_000_000 : 100_000;
  let serial = 0x1000;
  const gate = new CommandGate({ mayArm: true, mayTune: true }, () => {
    serial += 1;
    return serial.toString(16).padStart(16, '0');
  });
  let mono = 0;
  const wallS = (): number => START_S + mono / 1e6;
  const judge = ({ below, payload, retain }: Message): Verdict => {
    mono += STEP_US;
    return gate.judge({ ...addressee(below), payload, retain }, BENCH, ['see', 'run', 'tune'], {
      mono,
      wallS: wallS(),
    });
  };
  const adds = ({ request }: Verdict): boolean => request?.kind === 'start' || request?.kind === 'try';

  // What an enemy can record: commands that were obeyed.
  const recorded = Array.from({ length: 50 }, (_, i) => {
    const below = i % 2 ? 'arm' : 'arm/by/ann';
    const order = { id: `v${i}`, client: 'ann', nonce: gate.nonce, duration_s: 60, ts: wallS(), ttl_s: 3600 };
    const text = JSON.stringify(order);
    if (!adds(judge({ below, payload: new TextEncoder().encode(text), retain: false }))) throw new Error('not obeyed');
    return { below, text };
  });
  const enemy = new Enemy(new Prng(seed, 90), { nonce: () => gate.nonce, wallS, recorded });
  let heat = 0;
  const run = (n: number): void => {
    for (let i = 0; i < n; i += 1) if (adds(judge(enemy.next()))) heat += 1;
  };
  run(count / 10);
  const before = heapMb();
  const t0 = performance.now();
  run(count);
  const us = ((performance.now() - t0) * 1000) / count;
  print({ name: 'hostile-at-the-gate-that-ask-for-heat', value: heat, unit: 'requests', n: count + count / 10 });
  print({ name: 'hostile-at-the-gate-memory', value: heapMb() - before, unit: 'MB more after them', n: count });
  print({ name: 'hostile-at-the-gate-time', value: us, unit: 'µs a message, made and judged', n: count });
}
