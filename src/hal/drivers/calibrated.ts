/**
 * What commissioning found, applied to a driver's readings: offsets, the emissivity of the measured spot, dark levels.
 * A sensor that needs no correction is handed back as it is. Absent readings and the chip's raw code pass unchanged.
 */
import { celsius, type Volts, volts } from '../../units.ts';
import type { InfraredSample, LightChannel, PhotodiodeSample, Sensor, ThermocoupleSample } from '../ports.ts';

/** The factory setting of the emissivity in an MLX90614 (datasheet 3901090614, table 5, cell 0x24). */
export const FACTORY_EMISSIVITY = 0.95;

const corrected = <T>(sensor: Sensor<T>, correct: (value: T) => T): Sensor<T> => ({
  device: sensor.device,
  intervalUs: sensor.intervalUs,
  read: (now, done) =>
    sensor.read(now, (reading) => done(reading.ok ? { ...reading, value: correct(reading.value) } : reading)),
});

/** @param offsetK added to the couple's temperature, K */
export const calibratedThermocouple = (
  sensor: Sensor<ThermocoupleSample>,
  offsetK: number,
): Sensor<ThermocoupleSample> =>
  offsetK === 0 ? sensor : corrected(sensor, (v) => ({ ...v, celsius: celsius(v.celsius + offsetK) }));

/**
 * T = Ta + (T' − Ta)·0.95/ε + offset: the radiation balance, linear for the few kelvin between spot and sensor.
 * @param emissivity of the spot, 0.1..1
 * @param offsetK added after it, K
 */
export const calibratedInfrared = (
  sensor: Sensor<InfraredSample>,
  emissivity: number,
  offsetK: number,
): Sensor<InfraredSample> =>
  emissivity === FACTORY_EMISSIVITY && offsetK === 0
    ? sensor
    : corrected(sensor, (v) => ({
        ...v,
        objectC: celsius(v.ambientC + ((v.objectC - v.ambientC) * FACTORY_EMISSIVITY) / emissivity + offsetK),
      }));

/** The voltages with no light on the photodiodes, V. */
export type DarkLevels = Readonly<Record<LightChannel, Volts>>;

/** Subtracts the dark levels; the converter's full scale stays what it is. */
export function calibratedPhotodiodes(sensor: Sensor<PhotodiodeSample>, dark: DarkLevels): Sensor<PhotodiodeSample> {
  const channels = Object.keys(dark) as LightChannel[];
  if (channels.every((channel) => dark[channel] === 0)) return sensor;
  return corrected(sensor, (v) => {
    const light: Record<keyof PhotodiodeSample, Volts> = { ...v };
    for (const channel of channels) light[channel] = volts(v[channel] - dark[channel]);
    return light;
  });
}
