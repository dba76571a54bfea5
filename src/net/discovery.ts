/**
 * How the bench shows itself to Home Assistant: one retained message for the whole device (device-based MQTT discovery),
 * with read-only sensors and one button, Stop. There is no switch for heat, and nothing that starts a run.
 */
import type { Topics } from '../params/remote.ts';

export interface DiscoveryOptions {
  readonly device: string;
  readonly version: string;
  readonly simulated: boolean;
  readonly topics: Topics;
}

/** Who Home Assistant is to the broker: the only name below which it may send commands. */
const CLIENT = 'homeassistant';
/** Where Home Assistant says that it has started; discovery is sent again then. */
export const BIRTH_TOPIC = 'homeassistant/status';
export const discoveryTopic = (device: string): string => `homeassistant/device/remixd_${device}/config`;

type Component = Readonly<Record<string, unknown>>;

const SAFETY_STATES = ['boot', 'safe', 'test-enable', 'test-gate', 'prove', 'armed', 'tripped', 'lockout'];

/** The payload of the discovery topic. Every component has a unique id, and shares state, availability and device. */
export function discovery({ device, version, simulated, topics }: DiscoveryOptions): Record<string, unknown> {
  const sensor = (key: string, name: string, unit: string, more: Component = {}): [string, Component] => [
    key,
    {
      platform: 'sensor',
      unique_id: `remixd_${device}_${key}`,
      name,
      value_template: `{{ value_json.${key} }}`,
      state_class: 'measurement',
      unit_of_measurement: unit,
      ...more,
    },
  ];
  const celsius = { device_class: 'temperature', suggested_display_precision: 2 };
  const components = Object.fromEntries([
    sensor('tc_c', 'Thermocouple', '°C', celsius),
    sensor('ir_c', 'Infrared', '°C', celsius),
    sensor('heater_a', 'Heater current', 'A', { device_class: 'current', suggested_display_precision: 3 }),
    sensor('supply_v', 'Heater supply', 'V', { device_class: 'voltage', suggested_display_precision: 2 }),
    sensor('achieved', 'Heater duty', '%', { value_template: '{{ (value_json.achieved * 100) | round(1) }}' }),
    sensor('pl_red_v', 'Photoluminescence, red', 'V', { device_class: 'voltage', suggested_display_precision: 3 }),
    sensor('pl_green_v', 'Photoluminescence, green', 'V', { device_class: 'voltage', suggested_display_precision: 3 }),
    [
      'state',
      {
        platform: 'sensor',
        unique_id: `remixd_${device}_state`,
        name: 'Safety state',
        device_class: 'enum',
        options: SAFETY_STATES,
        value_template: '{{ value_json.state }}',
      },
    ],
    [
      'trip',
      {
        platform: 'binary_sensor',
        unique_id: `remixd_${device}_trip`,
        name: 'Tripped',
        device_class: 'problem',
        value_template: "{{ 'OFF' if value_json.trip is none else 'ON' }}",
      },
    ],
    [
      'stop',
      {
        platform: 'button',
        unique_id: `remixd_${device}_stop`,
        name: 'Stop',
        command_topic: topics.commandBy('stop', CLIENT),
        payload_press: JSON.stringify({ id: CLIENT, client: CLIENT }),
        qos: 1,
      },
    ],
  ] as [string, Component][]);
  return {
    device: {
      identifiers: [`remixd_${device}`],
      name: simulated ? `remixd ${device} (SIMULATED)` : `remixd ${device}`,
      manufacturer: 'remixd',
      model: 'perovskite emitter stabiliser',
      sw_version: version,
    },
    origin: { name: 'remixd', sw_version: version },
    availability_topic: topics.avail,
    state_topic: topics.state,
    qos: 1,
    components,
  };
}
