/** Every recorded quantity, declared once: the columns of data.csv, its header rows and the reference page. */
export interface TelemetryRow {
  readonly unit: string;
  readonly label: string;
  /** Decimals written to a file. */
  readonly decimals: number;
}

const row = (unit: string, decimals: number, label: string): TelemetryRow => ({ unit, decimals, label });

export const TELEMETRY = {
  mono_s: row('s', 3, 'Monotonic time'),
  time_s: row('s', 3, 'Time since the recipe started; empty before'),
  state: row('', 0, 'Safety state'),
  mode: row('', 0, 'Control mode'),
  tc_c: row('°C', 3, 'Thermocouple temperature'),
  tc_quality: row('', 0, 'ok, or why the thermocouple reading is absent'),
  cj_c: row('°C', 3, 'Cold junction of the thermocouple converter'),
  ir_c: row('°C', 3, 'Infrared temperature'),
  ir_quality: row('', 0, 'ok, or why the infrared reading is absent'),
  heater_a: row('A', 4, 'Heater current'),
  supply_v: row('V', 3, 'Heater supply voltage'),
  power_quality: row('', 0, 'ok, or why current and voltage are absent'),
  pl_green_v: row('V', 5, 'Photodiode behind the 505 nm band-pass'),
  pl_red_v: row('V', 5, 'Photodiode behind the 626 nm band-pass'),
  pl_broadband_v: row('V', 5, 'Photodiode without filter'),
  pl_reference_v: row('V', 5, 'Excitation reference photodiode'),
  pl_quality: row('', 0, 'ok, or why the photodiode readings are absent or not used'),
  light: row('1', 3, 'Excitation light asked for'),
  desired: row('1', 4, 'Duty that control wants'),
  permitted: row('1', 4, 'Duty that safety permits'),
  achieved: row('1', 4, 'Duty that the gate achieved since the row before, from its edges'),
  setpoint_c: row('°C', 2, 'Setpoint, in the temperature modes'),
} as const satisfies Record<string, TelemetryRow>;

export type TelemetryName = keyof typeof TELEMETRY;
export const TELEMETRY_NAMES = Object.keys(TELEMETRY) as TelemetryName[];
