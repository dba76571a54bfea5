/**
 * What commissioning found, applied to a driver's readings: offsets, the emissivity of the measured spot, dark levels.
 * A sensor that needs no correction is handed back as it is. Absent readings and the chip's raw code pass unchanged.
 */
import { type Celsius, celsius, type Volts, volts, ZERO_CELSIUS_K } from '../../units.ts';
import type { InfraredSample, LightChannel, PhotodiodeSample, Sensor, ThermocoupleSample } from '../ports.ts';

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
 * The temperature of a surface of emissivity ε behind a reading T' that was computed for ε', both in view of surroundings
 * at Ta: T⁴ = Ta⁴ + (T'⁴ − Ta⁴)·ε'/ε (Stefan–Boltzmann law with the reflected share 1 − ε; datasheet 3901090614, section
 * 8.7). A straight line would be off by 1.55 K for a spot of 0.3 at 45 °C.
 * @returns °C; −273.15 where the reading is too far below the surroundings for any surface
 */
export function trueSurfaceC(shown: Celsius, ambientC: Celsius, from: number, to: number): Celsius {
  const ambient = (ambientC + ZERO_CELSIUS_K) ** 4;
  const excess = (shown + ZERO_CELSIUS_K) ** 4 - ambient;
  return celsius(Math.max(0, ambient + (excess * from) / to) ** 0.25 - ZERO_CELSIUS_K);
}

/**
 * From the emissivity that the chip computed with, which comes with each reading, to that of the spot.
 * @param emissivity of the spot, 0.1..1
 * @param offsetK added after it, K
 */
export const calibratedInfrared = (
  sensor: Sensor<InfraredSample>,
  emissivity: number,
  offsetK: number,
): Sensor<InfraredSample> =>
  corrected(sensor, (v) => {
    const { objectC, ambientC, raw, filterLagUs } = v;
    const spotC = v.emissivity === emissivity ? objectC : trueSurfaceC(objectC, ambientC, v.emissivity, emissivity);
    return { objectC: celsius(spotC + offsetK), ambientC, raw, emissivity: v.emissivity, filterLagUs };
  });

/** The voltages with no light on the photodiodes, V. */
export type DarkLevels = Readonly<Record<LightChannel, Volts>>;

/**
 * Subtracts the dark levels, from the full scale too: it then is the lowest voltage at which a channel saturates. Left as
 * it was, a channel with a dark level of 3 % of it would never be seen to saturate.
 */
export function calibratedPhotodiodes(sensor: Sensor<PhotodiodeSample>, dark: DarkLevels): Sensor<PhotodiodeSample> {
  const channels = Object.keys(dark) as LightChannel[];
  if (channels.every((channel) => dark[channel] === 0)) return sensor;
  const darkest = Math.max(...Object.values(dark));
  return corrected(sensor, (v) => {
    const light: { -readonly [K in keyof PhotodiodeSample]: PhotodiodeSample[K] } = { ...v };
    for (const channel of channels) light[channel] = volts(v[channel] - dark[channel]);
    light.full = volts(v.full - darkest);
    return light;
  });
}
