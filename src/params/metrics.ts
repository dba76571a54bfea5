/**
 * What of the telemetry is a metric, one row a column: its name and type in the Prometheus text format, or why it is left
 * out. Names have the base unit at their end (https://prometheus.io/docs/practices/naming); the column’s own unit must be
 * that one, so no value is converted.
 */
import { CAUSE_NAMES } from './cause.ts';
import { MODE_NAMES } from './modes.ts';
import { SAFETY_STATES } from './states.ts';
import type { TelemetryName } from './telemetry.ts';
import { SIGHTS, VERDICT_NAMES } from './verdict.ts';

export type MetricType = 'gauge' | 'counter';

/** A number: one sample, absent where the column is empty. */
interface NumberRow {
  readonly name: string;
  readonly type: MetricType;
  /** Tells columns apart that are one metric. */
  readonly labels?: Readonly<Record<string, string>>;
  /** In place of the column’s label, where several columns are one metric. */
  readonly help?: string;
}
/** A word of several: one sample for each of them, 1 for the one that holds and 0 for the others. */
interface SetRow {
  readonly name: string;
  readonly set: string;
  readonly of: readonly string[];
}
/** A word that is `ok` or a reason: 1 or 0. */
interface OkRow {
  readonly name: string;
  readonly ok: Readonly<Record<string, string>>;
  readonly help: string;
}
/** A word of any kind: 1 with the word in a label. */
interface WordRow {
  readonly name: string;
  readonly word: string;
}
export type MetricRow = NumberRow | SetRow | OkRow | WordRow | { readonly leftOut: string };

const gauge = (name: string): NumberRow => ({ name, type: 'gauge' });
const photodiode = (channel: string): NumberRow => ({
  ...gauge('photodiode_volts'),
  labels: { channel },
  help: 'Photodiode voltage, by channel',
});
const duty = (of: string): NumberRow => ({
  ...gauge('heater_duty_ratio'),
  labels: { of },
  help: 'Duty of the heater: desired by control, permitted by safety; heater_heated_seconds_total tells what was achieved',
});
const readable = (sensor: string): OkRow => ({
  name: 'sensor_ok',
  ok: { sensor },
  help: '1 while the readings of a sensor are good, otherwise 0',
});

export const METRICS = {
  mono_s: gauge('monotonic_seconds'),
  time_s: gauge('recipe_seconds'),
  wall_utc: { leftOut: 'the scraper stamps each sample' },
  run: gauge('run_number'),
  recipe: { name: 'recipe_info', word: 'recipe' },
  step: gauge('recipe_step'),
  state: { name: 'state', set: 'state', of: SAFETY_STATES },
  mode: { name: 'mode', set: 'mode', of: MODE_NAMES },
  pulse_on_s: gauge('pulse_width_seconds'),
  pulse_period_s: gauge('pulse_period_seconds'),
  revision: gauge('settings_revision'),
  on_trial: gauge('settings_on_trial'),
  tc_c: gauge('thermocouple_celsius'),
  tc_quality: readable('thermocouple'),
  cj_c: gauge('cold_junction_celsius'),
  ir_c: gauge('infrared_celsius'),
  ir_quality: readable('infrared'),
  heater_a: gauge('heater_amperes'),
  supply_v: gauge('heater_supply_volts'),
  power_quality: readable('power'),
  pl_green_v: photodiode('green'),
  pl_red_v: photodiode('red'),
  pl_broadband_v: photodiode('broadband'),
  pl_reference_v: photodiode('reference'),
  pl_quality: readable('photodiodes'),
  verdict: { name: 'verdict', set: 'verdict', of: VERDICT_NAMES },
  verdict_why: { name: 'verdict_reason', set: 'reason', of: Object.keys(SIGHTS) },
  cause: { name: 'cause', set: 'cause', of: CAUSE_NAMES },
  segregated: gauge('segregated_ratio'),
  segregated_error: gauge('segregated_error_ratio'),
  pl_dark_v: gauge('photodiode_dark_volts'),
  light: gauge('light_ratio'),
  desired: duty('desired'),
  permitted: duty('permitted'),
  achieved: { leftOut: 'rate(remixd_heater_heated_seconds_total) is this, over any span' },
  setpoint_c: gauge('setpoint_celsius'),
  film_c: gauge('film_celsius'),
  film_error_c: gauge('film_error_celsius'),
  response: gauge('heat_response_ratio'),
  swing_expected_k: gauge('swing_expected_kelvin'),
  swing_k: gauge('swing_kelvin'),
  cycles: { name: 'thermal_cycles_total', type: 'counter' },
  saturated_s: gauge('saturated_seconds'),
  alarms: { leftOut: 'remixd_alarm has one sample for each alarm' },
  sim_true_film_c: { leftOut: 'no snapshot knows it' },
  sim_true_segregated: { leftOut: 'no snapshot knows it' },
} as const satisfies Record<TelemetryName, MetricRow>;
