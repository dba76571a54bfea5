/** Reads each sensor once and checks that the value is plausible, outside of any run. Nothing is driven. */
import type { HalError, Reading, Sensor, Sensors } from '../hal/ports.ts';
import { LIGHT_CHANNEL_NAMES } from '../params/channels.ts';
import type { Clock } from '../runtime/clock.ts';
import { inSeconds } from '../units.ts';

/** One sensor’s answer in words, or why there is none. */
export type SensorAnswer =
  | { readonly name: string; readonly ok: true; readonly text: string }
  | { readonly name: string; readonly ok: false; readonly why: HalError };

/** A chip that has just been configured needs up to this long for its first conversions. */
const PATIENCE_MS = 2000;
/** The controller’s own reading rate; at a slower rate a converter that scans its channels rejects them as too old. */
const LEAST_PAUSE_MS = 50;

/** Plausible temperatures in a room, with the heater off. */
const ROOM = { least: 5, most: 45 };
const IDLE_A = 0.02;

export async function checkSensors(sensors: Sensors, clock: Clock): Promise<readonly SensorAnswer[]> {
  const { thermocouple, infrared, power, photodiodes } = sensors;
  return [
    await check(
      'thermocouple',
      thermocouple,
      clock,
      (v) =>
        within(v.celsius, ROOM) ??
        within(v.coldJunctionC, { least: -20, most: 85 }) ?? {
          text: `${v.celsius.toFixed(2)} °C, cold junction ${v.coldJunctionC.toFixed(2)} °C`,
        },
    ),
    await check(
      'infrared',
      infrared,
      clock,
      (v) =>
        within(v.objectC, ROOM) ??
        within(v.ambientC, ROOM) ?? {
          text:
            `${v.objectC.toFixed(2)} °C, sensor case ${v.ambientC.toFixed(2)} °C, ` +
            `set to emissivity ${v.emissivity.toFixed(2)}, filter ${inSeconds(v.filterLagUs).toFixed(2)} s`,
        },
    ),
    await check('power', power, clock, (v) =>
      Math.abs(v.amps) > IDLE_A
        ? { odd: `${v.amps.toFixed(3)} A although the heater is off` }
        : { text: `${v.volts.toFixed(2)} V, ${(1000 * v.amps).toFixed(1)} mA` },
    ),
    await check('photodiodes', photodiodes, clock, (v) =>
      LIGHT_CHANNEL_NAMES.some((name) => v[name] >= 0.98 * v.full)
        ? { odd: 'a channel is saturated' }
        : { text: LIGHT_CHANNEL_NAMES.map((name) => `${name} ${v[name].toFixed(3)} V`).join(', ') },
    ),
  ];
}

type Judged = { readonly text: string } | { readonly odd: string };

const within = (celsius: number, { least, most }: typeof ROOM): Judged | null =>
  celsius >= least && celsius <= most ? null : { odd: `${celsius.toFixed(1)} °C, expected ${least} to ${most} °C` };

async function check<T>(
  name: string,
  sensor: Sensor<T>,
  clock: Clock,
  judge: (value: T) => Judged,
): Promise<SensorAnswer> {
  let last: HalError | null = null;
  const pauseMs = Math.max(LEAST_PAUSE_MS, sensor.intervalUs / 1000);
  for (let waited = 0; waited < PATIENCE_MS; waited += pauseMs) {
    const reading = await new Promise<Reading<T>>((resolve) => sensor.read(clock.now(), resolve));
    if (reading.ok) {
      const judged = judge(reading.value);
      if ('text' in judged) return { name, ok: true, text: judged.text };
      return { name, ok: false, why: implausible(sensor.device, judged.odd) };
    }
    last = reading.why;
    if (!last.transient) break;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return { name, ok: false, why: last ?? implausible(sensor.device, 'no reading') };
}

const implausible = (device: string, detail: string): HalError => ({
  kind: 'implausible',
  device,
  op: 'read',
  errno: null,
  transient: false,
  detail,
});
