import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { discovery, discoveryTopic } from '../../src/net/discovery.ts';
import { addressee, topics, VERBS } from '../../src/params/remote.ts';
import { TELEMETRY_NAMES } from '../../src/params/telemetry.ts';

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
  components: z.record(z.string().regex(/^[a-z0-9_]+$/), z.union([measured, enumerated, binary, button])),
});

const NAMES = topics('bench-1');
const PAYLOAD = discovery({ device: 'bench-1', version: '1.2.3', simulated: true, topics: NAMES });

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
});
