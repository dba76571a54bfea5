/** Whatever a running controller says is what the reference page says of it. */
import { expect, it } from 'vitest';
import { Desk } from '../../../src/desk/desk.ts';
import { startTuning } from '../../../src/desk/tuning.ts';
import { aboutOf } from '../../../src/files/about.ts';
import { loadRecipe, recipeNames } from '../../../src/files/recipes.ts';
import { Admission } from '../../../src/fronts/mqtt/admission.ts';
import type { Link } from '../../../src/fronts/mqtt/link.ts';
import { Sender } from '../../../src/fronts/mqtt/sender.ts';
import { Session } from '../../../src/fronts/mqtt/session.ts';
import { PAYLOADS, topics } from '../../../src/params/mqtt.ts';
import { pageOf } from '../../../src/params/pages.ts';
import { History } from '../../../src/store/history.ts';
import { memoryStore } from '../../../src/store/store.ts';
import { rig } from '../../support/bench.ts';

const NAMES = topics('bench');
/** Nothing of these may be said. */
const SECRETS = {
  'messages.ntfyUrl': 'https://ntfy.example/topic-4f7c1d',
  'messages.webhookUrl': 'https://hook.example/?key=4f7c1d',
  'messages.mailTo': 'ann-4f7c1d@lab.example',
};

it('everything that a controller says on its topics, from its start to a trip, is as its schema has it', async () => {
  const { simulation, events, rows } = rig(loadRecipe('hold-mixed'), {
    settings: { 'remote.arm': 'remote', ...SECRETS },
    injections: [{ name: 'tc-open', atS: 90 }],
  });
  const { feed, controls } = simulation;
  const store = memoryStore({
    maxBytes: 50e6,
    maxAgeS: 1e8,
    now: () => ({ monoUs: simulation.now(), wallMs: null, clock: 'none' }),
  });
  const desk = new Desk({
    controls,
    snapshots: feed,
    emit: (event) => feed.emit(event, simulation.now()),
    tuning: startTuning(feed.latest.settings),
    recipe: loadRecipe('hold-mixed'),
    recipes: recipeNames(),
    loadRecipe,
    keep: async () => {},
    asks: {
      history: async ({ after_seq: afterSeq, limit, part = 1 }) => {
        const records = await store.read({ afterSeq, limit });
        const { stream, newestSeq } = store.stats();
        return { stream, newest: newestSeq, ...pageOf(records, part) };
      },
      runs: async () => [],
      doctor: async () => [],
      whatIf: () => null,
    },
  });
  const said: [topic: string, payload: string][] = [];
  const link = {
    up: true,
    roomFor: () => Infinity,
    publish: (topic: string, payload: string, _options: unknown, done?: (sent: boolean) => void) => {
      said.push([topic, payload]);
      done?.(true);
    },
  };
  const admission = new Admission({ heatTurns: 0 }, () => '0123456789abcdef');
  const session = new Session({
    desk,
    admission,
    topics: NAMES,
    boot: store.boot,
    now: () => ({ mono: simulation.now(), wallS: null }),
    about: aboutOf(feed.latest.settings, true),
    newest: () => ({ stream: 's', seq: 1 }),
    stopOnLinkLoss: false,
  });
  feed.subscribe(session);
  session.use(link as unknown as Link);
  session.up();
  let serial = 0;
  const ask = (verb: string, fields: object = {}): void => {
    serial += 1;
    const payload = { id: `p${serial}`, nonce: admission.nonce, ...fields };
    session.message(NAMES.commandBy(verb, 'ann'), new TextEncoder().encode(JSON.stringify(payload)), false);
  };
  const pass = (seconds: number): void => {
    for (let ticks = 0; ticks < 20 * seconds; ticks += 1) {
      simulation.tick();
      desk.tick();
      session.tick();
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
  expect(feed.latest.kernel.name).toBe('tripped');
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
  expect(of('cfg').some((text) => text.includes('"pulse.onMs":'))).toBe(true);
  expect(said.filter(([, text]) => text.includes('4f7c1d'))).toEqual([]);
});
