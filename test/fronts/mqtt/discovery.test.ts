import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Later, Outcome } from '../../../src/desk/desk.ts';
import { Admission } from '../../../src/fronts/mqtt/admission.ts';
import { discovery, discoveryTopic } from '../../../src/fronts/mqtt/discovery.ts';
import { addressee, payloadOf, topics } from '../../../src/params/mqtt.ts';
import { SETTING_KEYS, settingRow } from '../../../src/params/settings.ts';
import { TELEMETRY_NAMES } from '../../../src/params/telemetry.ts';
import { atSeconds } from '../../../src/units.ts';
import { FakeBench } from '../../support/desk.ts';

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
const spoken = z.strictObject({ ...common, platform: z.literal('sensor'), value_template: z.string() });
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
    z.union([measured, enumerated, spoken, binary, button, number, asking]),
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
    for (const [, field] of fields) expect([...TELEMETRY_NAMES, 'why', 'trip', 'ended_by']).toContain(field);
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
      name: 'stop',
      sender: 'homeassistant',
    });
    const stop = payloadOf({ name: 'stop', alias: { name: 'stop' } });
    expect(stop.parse(JSON.parse(press?.payload_press ?? ''))).toMatchObject({ client: 'homeassistant' });
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
    expect(JSON.stringify(TUNED)).not.toMatch(/cmd\/(?!stop|try|confirm|revert)/);
  });

  it('writes commands that the bench takes: a trial, its keeping, its end', async () => {
    const { components } = DOCUMENTED.parse(TUNED);
    const admission = new Admission({ heatTurns: 0 }, () => 'abcdef0123456789');
    const bench = new FakeBench({ 'remote.arm': 'local' });
    let made = 0;
    /** As Home Assistant fills the template in, with the attributes of the entity. */
    const send = (name: string, value = ''): Outcome | null => {
      const one = components[name];
      if (!one || !('command_template' in one)) throw new Error(`no ${name}`);
      made += 1;
      const { rev, trial } = bench.desk.tuning;
      const filled: Record<string, string> = {
        value,
        'this.attributes.nonce': admission.nonce,
        'this.attributes.rev': String(rev),
        'this.attributes.trial': String(trial?.rev ?? 0),
        '(now().timestamp() * 1000) | int': String(made),
      };
      const text = one.command_template.replace(/{{ (.*?) }}/g, (_, what: string) => filled[what] ?? '?');
      const { name: called, sender } = addressee(one.command_topic.slice(`${NAMES.root}/cmd/`.length));
      const payload = new TextEncoder().encode(text);
      const now = { mono: atSeconds(made), wallS: null };
      const { command, origin } = admission.admit({ name: called, sender, payload, retain: false }, now);
      expect(origin).toMatchObject({ by: 'homeassistant', proven: true });
      return command && bench.desk.submit(command.called.name, command.args, origin);
    };
    expect(send('keep')).toMatchObject({ code: 422 });
    expect(send('pulse_onms', '99999')).toMatchObject({ code: 422 });
    expect(send('pulse_onms', '400')).toMatchObject({ code: 202 });
    expect(bench.desk.tuning.trial).toMatchObject({ patch: { 'pulse.onMs': 400 }, by: 'homeassistant' });
    expect(send('revert')).toMatchObject({ code: 202 });
    send('pulse_onms', '400');
    expect(await (send('keep') as Later).final).toMatchObject({ code: 202 });
    expect(bench.desk.tuning).toMatchObject({ trial: null, confirmed: { 'pulse.onMs': 400 } });
  });
});
