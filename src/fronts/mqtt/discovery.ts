/**
 * How the bench shows itself to Home Assistant: one retained message for the whole device (device-based MQTT discovery),
 * with read-only sensors and one button, Stop. There is no switch for heat, and nothing that starts a run. Where a local
 * setting allows it the live settings are numbers to write: each write is a trial that goes back by itself, with a button
 * to keep it.
 */

import { CAUSE_NAMES } from '../../params/cause.ts';
import type { CommandName } from '../../params/commands.ts';
import { mqttName, type Topics } from '../../params/mqtt.ts';
import { type NumberRow, SETTING_KEYS, type SettingKey, settingRow } from '../../params/settings.ts';
import { SAFETY_STATES } from '../../params/states.ts';
import { VERDICT_NAMES, verdictRow } from '../../params/verdict.ts';

export interface DiscoveryOptions {
  readonly device: string;
  readonly version: string;
  readonly simulated: boolean;
  readonly topics: Topics;
  /** Whether live settings can be tried from Home Assistant. */
  readonly tune: boolean;
}

/** Who Home Assistant is to the broker: the only name below which it may send commands. */
const CLIENT = 'homeassistant';
/** Where Home Assistant says that it has started; discovery is sent again then. */
export const BIRTH_TOPIC = 'homeassistant/status';
export const discoveryTopic = (device: string): string => `homeassistant/device/remixd_${device}/config`;

type Component = Readonly<Record<string, unknown>>;

/** The payload of the discovery topic. Every component has a unique id, and shares state, availability and device. */
export function discovery({ device, version, simulated, topics, tune }: DiscoveryOptions): Record<string, unknown> {
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
    ...film(device),
    ['why', why(device)],
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
    ...userAlarms(device),
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
    ...(tune ? tuning(device, topics) : []),
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

/** The user alarms that are on; one that ended a run is shown until the next run begins. */
const userAlarms = (device: string): [string, Component][] => [
  [
    'alarms',
    {
      platform: 'sensor',
      unique_id: `remixd_${device}_alarms`,
      name: 'User alarms',
      value_template: "{{ value_json.alarms or value_json.ended_by or 'none' }}",
    },
  ],
  [
    'alarm',
    {
      platform: 'binary_sensor',
      unique_id: `remixd_${device}_alarm`,
      name: 'User alarm',
      device_class: 'problem',
      value_template: "{{ 'ON' if value_json.alarms or value_json.ended_by else 'OFF' }}",
    },
  ],
];

/** What the light says of the film; a state of its own, and a problem while it un-mixes. */
const film = (device: string): [string, Component][] => [
  [
    'verdict',
    {
      platform: 'sensor',
      unique_id: `remixd_${device}_verdict`,
      name: 'Film',
      device_class: 'enum',
      options: VERDICT_NAMES,
      value_template: '{{ value_json.verdict }}',
    },
  ],
  [
    'cause',
    {
      platform: 'sensor',
      unique_id: `remixd_${device}_cause`,
      name: 'Cause',
      device_class: 'enum',
      options: CAUSE_NAMES,
      value_template: '{{ value_json.cause }}',
    },
  ],
  [
    'segregating',
    {
      platform: 'binary_sensor',
      unique_id: `remixd_${device}_segregating`,
      name: 'Film segregates',
      device_class: 'problem',
      value_template: `{{ 'ON' if value_json.verdict in ${JSON.stringify(VERDICT_NAMES.filter((name) => verdictRow(name).alarming)).replaceAll('"', "'")} else 'OFF' }}`,
    },
  ],
  [
    'segregated',
    {
      platform: 'sensor',
      unique_id: `remixd_${device}_segregated`,
      name: 'Segregated by light',
      unit_of_measurement: '%',
      state_class: 'measurement',
      value_template: '{{ None if value_json.segregated is none else (value_json.segregated * 100) | round(2) }}',
    },
  ],
];

/** Why the heater is off, with the remedy; Home Assistant refuses a state of more than 255 characters. */
const why = (device: string): Component => ({
  platform: 'sensor',
  unique_id: `remixd_${device}_why`,
  name: 'Reason and remedy',
  value_template: "{{ (value_json.why or 'none')[:255] }}",
});

/** Numbers of the live settings, and what ends or keeps the trial that writing one begins. */
function tuning(device: string, topics: Topics): [string, Component][] {
  // A command needs the nonce and the revision of the present state: they are kept as attributes of the entity.
  const shared = (key: string, name: string): Component => ({
    unique_id: `remixd_${device}_${key}`,
    name,
    entity_category: 'config',
    qos: 1,
    json_attributes_topic: topics.state,
    json_attributes_template: ATTRIBUTES,
  });
  const numbers = LIVE.map(([setting, row]): [string, Component] => {
    const key = setting.replace('.', '_').toLowerCase();
    return [
      key,
      {
        ...shared(key, row.label),
        platform: 'number',
        state_topic: topics.cfg,
        value_template: `{{ value_json['values']['${setting}'] }}`,
        command_topic: topics.commandBy(mqttName('try'), CLIENT),
        command_template: command(
          `"nonce":"{{ this.attributes.nonce }}","base_rev":{{ this.attributes.rev }},"patch":{"${setting}":{{ value }}}`,
        ),
        min: row.min,
        max: row.max,
        step: row.step,
        mode: 'box',
        ...(row.unit !== '1' && { unit_of_measurement: row.unit }),
      },
    ];
  });
  const button = (key: string, name: string, verb: CommandName, fields: string): [string, Component] => [
    key,
    {
      ...shared(key, name),
      platform: 'button',
      command_topic: topics.commandBy(mqttName(verb), CLIENT),
      command_template: command(fields),
    },
  ];
  return [
    ...numbers,
    button('keep', 'Keep what is on trial', 'confirm', '"rev":{{ this.attributes.trial }}'),
    button('revert', 'End the trial', 'revert', ''),
  ];
}

const LIVE = SETTING_KEYS.map((key) => [key, settingRow(key)] as const).filter(
  (pair): pair is readonly [SettingKey, NumberRow] => pair[1].kind === 'number' && pair[1].applies === 'live',
);
/** Of the whole state only what a command needs: attributes are recorded with every change. */
const ATTRIBUTES =
  "{{ {'nonce': value_json.nonce, 'rev': value_json.rev, 'trial': value_json.trial.rev if value_json.trial else 0} | to_json }}";
/** A command’s text with an id of its own; a message that is sent twice is obeyed once. */
const command = (fields: string): string =>
  `{"id":"ha-{{ (now().timestamp() * 1000) | int }}","client":"${CLIENT}"${fields === '' ? '' : ','}${fields}}`;
