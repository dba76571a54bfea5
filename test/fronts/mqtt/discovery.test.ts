import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { begin, startTuning } from '../../../src/desk/tuning.ts';
import { CommandGate } from '../../../src/fronts/mqtt/command-gate.ts';
import { discovery, discoveryTopic } from '../../../src/fronts/mqtt/discovery.ts';
import { addressee, topics, VERBS } from '../../../src/params/remote.ts';
import { defaultSettings, SETTING_KEYS, settingRow } from '../../../src/params/settings.ts';
import { TELEMETRY_NAMES } from '../../../src/params/telemetry.ts';
import { FakeDesk } from '../../support/desk.ts';

/** What Home Assistant documents of device-based discovery and of the three platforms used here; nothing else is taken. */
const common = {
  unique_id: z.string().min(1),
  name: z.string().min(1),
  qos: z.number().int().min(0).max(2).optional(),
};
const measured = z.strictObject({
  ...common,
  platform: z.literal('sensor'),
  value_template: z.string(),
  state_class: z.enum(['measurement', 'total', 'total_increasing']),
  unit_of_measurement: z.string(),
  device_class: z.enum(['temperature', 'current', 'voltage']).optional(),
  suggested_display_precision: z.number().int().min(0).optional(),
});
const enumerated = z.strictObject({
  ...common,
  platform: z.literal('sensor'),
  value_template: z.string(),
  device_class: z.literal('enum'),
  options: z.array(z.string()).min(1),
});
const binary = z.strictObject({
  ...common,
  platform: z.literal('binary_sensor'),
  value_template: z.string(),
  device_class: z.literal('problem'),
});
const button = z.strictObject({
  ...common,
  platform: z.literal('button'),
  command_topic: z.string(),
  payload_press: z.string(),
});
const config = {
  ...common,
  entity_category: z.literal('config'),
  json_attributes_topic: z.string(),
  json_attributes_template: z.string(),
  command_topic: z.string(),
  command_template: z.string(),
};
const number = z.strictObject({
  ...config,
  platform: z.literal('number'),
  state_topic: z.string(),
  value_template: z.string(),
  min: z.number(),
  max: z.number(),
  step: z.number().min(0.001),
  mode: z.enum(['auto', 'box', 'slider']),
  unit_of_measurement: z.string().optional(),
});
const asking = z.strictObject({ ...config, platform: z.literal('button') });
const DOCUMENTED = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(z.string()).min(1),
    name: z.string(),
    manufacturer: z.string(),
    model: z.string(),
    sw_version: z.string(),
  }),
  origin: z.strictObject({ name: z.string(), sw_version: z.string() }),
  availability_topic: z.string(),
  state_topic: z.string(),
  qos: z.number(),
  components: z.record(
    z.string().regex(/^[a-z0-9_]+$/),
    z.union([measured, enumerated, binary, button, number, asking]),
  ),
});

const NAMES = topics('bench-1');
const PAYLOAD = discovery({ device: 'bench-1', version: '1.2.3', simulated: true, topics: NAMES, tune: false });
const TUNED = discovery({ device: 'bench-1', version: '1.2.3', simulated: true, topics: NAMES, tune: true });

describe('the description for Home Assistant', () => {
  it('is what its documentation allows, and nothing else', () => {
    expect(DOCUMENTED.safeParse(PAYLOAD).error?.issues ?? []).toEqual([]);
    expect(discoveryTopic('bench-1')).toMatch(/^homeassistant\/device\/[A-Za-z0-9_-]+\/config$/);
  });

  it('has components with unique ids that read what the state holds', () => {
    const { components } = DOCUMENTED.parse(PAYLOAD);
    const all = Object.values(components);
    expect(new Set(all.map(({ unique_id }) => unique_id)).size).toBe(all.length);
    const fields = all.flatMap((one) =>
      'value_template' in one ? [...one.value_template.matchAll(/value_json\.(\w+)/g)] : [],
    );
    for (const [, field] of fields) expect([...TELEMETRY_NAMES, 'trip']).toContain(field);
  });

  it('has one thing to press, which takes heat away, and nothing that adds any', () => {
    const presses = Object.values(DOCUMENTED.parse(PAYLOAD).components).filter((one) => 'command_topic' in one);
    expect(presses).toHaveLength(1);
    expect(presses[0]).toMatchObject({ platform: 'button', command_topic: NAMES.commandBy('stop', 'homeassistant') });
    expect(JSON.stringify(PAYLOAD)).not.toMatch(/cmd\/(?!stop)/);
  });

  it('presses under a name of its own, in which its message agrees', () => {
    const [press] = Object.values(DOCUMENTED.parse(PAYLOAD).components).filter((one) => 'payload_press' in one);
    expect(addressee(press?.command_topic.slice(`${NAMES.root}/cmd/`.length) ?? '')).toEqual({
      verb: 'stop',
      sender: 'homeassistant',
    });
    expect(VERBS.stop.payload.parse(JSON.parse(press?.payload_press ?? ''))).toMatchObject({ client: 'homeassistant' });
  });

  it('says that a simulated bench is one', () => {
    expect(JSON.stringify(PAYLOAD)).toContain('SIMULATED');
  });

  it('has numbers only where that is allowed, one for each live setting with its range', () => {
    expect(DOCUMENTED.safeParse(TUNED).error?.issues ?? []).toEqual([]);
    const { components } = DOCUMENTED.parse(TUNED);
    const numbers = Object.values(components).filter((one) => one.platform === 'number');
    const live = SETTING_KEYS.filter((key) => settingRow(key).applies === 'live' && settingRow(key).kind === 'number');
    expect(numbers.map(({ value_template }) => value_template)).toEqual(
      live.map((key) => `{{ value_json['values']['${key}'] }}`),
    );
    expect(JSON.stringify(TUNED)).not.toMatch(/cmd\/(?!stop|cfg\/(?:set|confirm|revert))/);
  });

  it('writes commands that the bench takes: a trial, its keeping, its end', () => {
    const { components } = DOCUMENTED.parse(TUNED);
    const gate = new CommandGate({ mayArm: false, mayTune: true }, () => 'abcdef0123456789');
    const base = startTuning(defaultSettings());
    const bench = new FakeDesk().bench();
    let made = 0;
    /** As Home Assistant fills the template in, with the attributes of the entity. */
    const send = (name: string, tuning: typeof base, value = '') => {
      const one = components[name];
      if (!one || !('command_template' in one)) throw new Error(`no ${name}`);
      made += 1;
      const filled: Record<string, string> = {
        value,
        'this.attributes.nonce': gate.nonce,
        'this.attributes.rev': String(tuning.rev),
        'this.attributes.trial': String(tuning.trial?.rev ?? 0),
        '(now().timestamp() * 1000) | int': String(made),
      };
      const text = one.command_template.replace(/{{ (.*?) }}/g, (_, what: string) => filled[what] ?? '?');
      const { verb, sender } = addressee(one.command_topic.slice(`${NAMES.root}/cmd/`.length));
      const payload = new TextEncoder().encode(text);
      const now = { mono: made * 1e6, wallS: null };
      return gate.judge({ verb, sender, payload, retain: false }, { ...bench, tuning }, ['see', 'run', 'tune'], now);
    };
    expect(send('pulse_onms', base, '400')).toMatchObject({
      answer: { code: 202 },
      by: 'homeassistant',
      request: { kind: 'try', patch: { 'pulse.onMs': 400 }, confirmS: 120 },
    });
    const trying = begin(base, { 'pulse.onMs': 400 }, 'homeassistant', 1e9);
    expect(send('keep', trying)).toMatchObject({ answer: { code: 202 }, request: { kind: 'confirm' } });
    expect(send('revert', trying)).toMatchObject({ answer: { code: 202 }, request: { kind: 'revert' } });
    expect(send('keep', base)).toMatchObject({ answer: { code: 422 } });
    expect(send('pulse_onms', base, '99999')).toMatchObject({ answer: { code: 422 } });
  });
});
