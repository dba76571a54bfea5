/** Whatever a running controller says is what the reference page says of it. */
import { expect, it } from 'vitest';
import { openDesk } from '../../../src/desk/desk.ts';
import { startTuning } from '../../../src/desk/tuning.ts';
import { loadRecipe } from '../../../src/files/recipes.ts';
import { CommandGate } from '../../../src/fronts/mqtt/command-gate.ts';
import type { Link } from '../../../src/fronts/mqtt/link.ts';
import { Remote } from '../../../src/fronts/mqtt/remote.ts';
import { Sender } from '../../../src/fronts/mqtt/sender.ts';
import { PAYLOADS, topics, type Verb } from '../../../src/params/remote.ts';
import { History } from '../../../src/store/history.ts';
import type { HistorySession } from '../../../src/store/session.ts';
import { memoryStore } from '../../../src/store/store.ts';
import { rig } from '../../support/bench.ts';

const NAMES = topics('bench');

it('everything that a controller says on its topics, from its start to a trip, is as its schema has it', async () => {
  const { simulation, events, rows } = rig(loadRecipe('hold-mixed'), { injections: [{ name: 'tc-open', atS: 90 }] });
  const { loop } = simulation;
  const store = memoryStore({
    maxBytes: 50e6,
    maxAgeS: 1e8,
    now: () => ({ monoUs: simulation.now(), wallMs: null, clock: 'none' }),
  });
  const past = { store, wallS: () => null } as unknown as HistorySession;
  const recipe = loadRecipe('hold-mixed');
  const { desk, tick } = openDesk({ rig: simulation, settings: loop.tuned, past, recipe });
  const said: [topic: string, payload: string][] = [];
  const link = {
    up: true,
    publish: (topic: string, payload: string, _options: unknown, done?: (sent: boolean) => void) => {
      said.push([topic, payload]);
      done?.(true);
    },
  };
  const gate = new CommandGate({ mayArm: true, mayTune: true }, () => '0123456789abcdef');
  const tuning = startTuning(loop.tuned);
  const remote = new Remote({
    desk,
    gate,
    topics: NAMES,
    tuning,
    boot: store.boot,
    keep: async () => {},
    stopOnLinkLoss: false,
  });
  remote.use(link as unknown as Link);
  remote.up();
  let serial = 0;
  const ask = (verb: Verb, fields: object = {}): void => {
    serial += 1;
    const payload = { id: `p${serial}`, nonce: gate.nonce, ...fields };
    remote.message(NAMES.commandBy(verb, 'ann'), new TextEncoder().encode(JSON.stringify(payload)), false);
  };
  const pass = (seconds: number): void => {
    for (let ticks = 0; ticks < 20 * seconds; ticks += 1) {
      simulation.tick();
      tick();
      remote.tick();
    }
  };
  pass(5);
  ask('arm', { duration_s: 3600 });
  pass(20);
  ask('live', { rate_hz: 5, for_s: 10 });
  ask('get');
  ask('cfg/set', { base_rev: 0, patch: { 'pulse.onMs': 400 } });
  ask('cfg/set', { base_rev: 9, patch: { 'limits.tripC': 1, nonsense: true } });
  ask('history', { after_seq: 0 });
  pass(120);
  expect(loop.kernel.name).toBe('tripped');
  // The history of this run, as it is sent: samples, summaries, events, and the long record of the trip in parts.
  const history = new History(store);
  for (const row of rows) history.row(row);
  for (const event of events) history.event(event);
  await store.flush();
  await new Sender(store, link, NAMES).drain();
  const of = (name: string): string[] =>
    said.filter(([topic]) => topic.slice(NAMES.root.length + 1).split('/')[0] === name).map(([, text]) => text);
  expect(new Set(of('avail'))).toEqual(new Set(['online']));
  for (const [name, schema] of Object.entries(PAYLOADS)) {
    const texts = of(name);
    expect(texts.length, name).toBeGreaterThan(0);
    for (const text of texts)
      expect(schema.safeParse(JSON.parse(text)).error?.issues ?? [], `${name} ${text.slice(0, 300)}`).toEqual([]);
  }
  expect(of('trip').some((text) => text.includes('E101') || text.includes('tc-open'))).toBe(true);
  expect(of('tele').some((text) => text.includes('"parts":'))).toBe(true);
});
