/** What the light says of the film, as a person sees it over MQTT and in Home Assistant. */
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/fronts/mqtt/admission.ts';
import { discovery } from '../../../src/fronts/mqtt/discovery.ts';
import type { Link } from '../../../src/fronts/mqtt/link.ts';
import { Session } from '../../../src/fronts/mqtt/session.ts';
import { topics } from '../../../src/params/mqtt.ts';
import { VERDICT_NAMES, verdictRow } from '../../../src/params/verdict.ts';
import { FakeBench } from '../../support/desk.ts';

const NAMES = topics('bench');

/** A session whose link keeps what was published as state. */
function talking() {
  const bench = new FakeBench();
  const states: Record<string, unknown>[] = [];
  const link = {
    up: true,
    roomFor: () => Number.POSITIVE_INFINITY,
    publish: (topic: string, payload: string, _options: unknown, done?: (sent: boolean) => void) => {
      if (topic === NAMES.state) states.push(JSON.parse(payload) as Record<string, unknown>);
      done?.(true);
    },
  };
  const session = new Session({
    desk: bench.desk,
    admission: new Admission({ heatTurns: 0 }, () => '0123456789abcdef'),
    topics: NAMES,
    boot: 'b',
    now: () => ({ mono: bench.feed.latest.at, wallS: null }),
    about: {},
    newest: () => ({ stream: 's', seq: 1 }),
    stopOnLinkLoss: false,
  });
  bench.feed.subscribe(session);
  session.use(link as unknown as Link);
  session.up();
  return { bench, session, states };
}

describe('the verdict on MQTT', () => {
  it('is in the state: the word, its reason, the share and its error', () => {
    const { bench, session, states } = talking();
    session.tick();
    expect(states.at(-1)).toMatchObject({
      verdict: 'DARK',
      verdict_why: null,
      segregated: null,
      segregated_error: null,
    });
    bench.segregate();
    bench.set({ sight: { ...bench.feed.latest.sight, error: 0.0004, darkV: 0.0021 } });
    bench.seconds = 5;
    session.tick();
    expect(states.at(-1)).toMatchObject({
      verdict: 'SEGREGATING',
      verdict_why: 'rising',
      segregated: 0.03,
      segregated_error: 0.0004,
      pl_dark_v: 0.0021,
    });
  });

  it('is said with the tick of its change, and not a second later', () => {
    const { bench, session, states } = talking();
    session.tick();
    const { length } = states;
    session.tick();
    expect(states).toHaveLength(length);
    bench.segregate();
    session.tick();
    expect(states).toHaveLength(length);
    const told = { from: 'MIXED', to: 'SEGREGATING', sight: 'rising', segregated: 0.03, text: 'It rises.' } as const;
    bench.feed.emit({ kind: 'verdict', ...told }, bench.feed.latest.at);
    session.tick();
    expect(states).toHaveLength(length + 1);
    expect(states.at(-1)).toMatchObject({ verdict: 'SEGREGATING' });
  });
});

describe('the verdict in Home Assistant', () => {
  const { components } = discovery({ device: 'b', version: '1', simulated: true, topics: NAMES, tune: false }) as {
    components: Record<string, Record<string, unknown>>;
  };

  it('is a state of its own with every word that it may have', () => {
    expect(components['verdict']).toMatchObject({ device_class: 'enum', options: VERDICT_NAMES });
    expect(components['verdict']?.['value_template']).toBe('{{ value_json.verdict }}');
  });

  it('is a problem for just those words that are an alarm', () => {
    const { value_template: template, device_class: kind } = components['segregating'] ?? {};
    expect(kind).toBe('problem');
    const [, list = ''] = /in \[(.*?)\]/.exec(String(template)) ?? [];
    const words = [...list.matchAll(/'(\w+)'/g)].map(([, word]) => word);
    expect(words).toEqual(VERDICT_NAMES.filter((name) => verdictRow(name).alarming));
    expect(words).toEqual(['SEGREGATING', 'SEGREGATED']);
  });

  it('has its share in per cent, and nothing where nothing is seen', () => {
    expect(components['segregated']).toMatchObject({ unit_of_measurement: '%', platform: 'sensor' });
    expect(components['segregated']?.['value_template']).toMatch(/None if value_json\.segregated is none .*100/);
  });
});
