/**
 * The sensors of a bench, one row each: which settings say what chip is fitted and where it is connected. Facts of a
 * chip are looked up here, by the settings and never by the chip’s name.
 */
import {
  type BusOf,
  chipRow,
  type Facts,
  type I2cFacts,
  LIGHT_DAC,
  type SensorName,
  type SpiFacts,
} from '../hal/chips.ts';
import { assert } from '../units.ts';
import type { SettingKey, Settings } from './settings.ts';

export type { I2cFacts, SensorName, SpiFacts } from '../hal/chips.ts';

/** The settings whose value is of type `T`. */
type KeyOf<T> = { [K in SettingKey]: Settings[K] extends T ? K : never }[SettingKey];
type NumberKey = { [K in SettingKey]: number extends Settings[K] ? K : never }[SettingKey];

interface SensorRow {
  /** In the wiring plan. */
  readonly title: string;
  /** The setting that names the chip. */
  readonly chip: KeyOf<string>;
  /** By bus, the setting of the I2C address or of the SPI chip select. */
  readonly place: { readonly i2c?: NumberKey; readonly spi?: NumberKey };
}

export const SENSORS = {
  thermocouple: { title: 'Thermocouple', chip: 'hal.thermocouple', place: { spi: 'spi.thermocoupleSelect' } },
  infrared: { title: 'Infrared thermometer', chip: 'hal.infrared', place: { i2c: 'i2c.infraredAddress' } },
  power: { title: 'Current and voltage', chip: 'hal.currentSense', place: { i2c: 'i2c.currentAddress' } },
  photodiodes: {
    title: 'Photodiodes',
    chip: 'hal.photodiodes',
    place: { i2c: 'i2c.photodiodeAddress', spi: 'spi.photodiodeSelect' },
  },
  // A chip on a bus for which its sensor has no setting does not compile here.
} as const satisfies { readonly [S in SensorName]: SensorRow & { readonly place: Record<BusOf<S>, NumberKey> } };

export const SENSOR_NAMES = Object.keys(SENSORS) as SensorName[];

/** The facts of the chip that the settings name for a sensor. */
export const chipOf = <S extends SensorName>(settings: Settings, sensor: S): Facts<S> =>
  chipRow(sensor, settings[SENSORS[sensor].chip]);

/** A chip that the settings name, and where it is connected. */
export interface Fitted<F extends SpiFacts | I2cFacts = SpiFacts | I2cFacts> {
  readonly sensor: SensorName;
  readonly chip: F;
  /** Its I2C address or its SPI chip select, and the setting that says so. */
  readonly at: number;
  readonly key: NumberKey;
  /** The number of its bus: N of /dev/i2c-N or /dev/spidevN. */
  readonly on: number;
}

/** The I2C bus of a sensor: all are on one, but the current monitor may have its own. */
export function i2cBusOf(settings: Settings, sensor: SensorName): number {
  const own = settings['i2c.currentBus'];
  return sensor === 'power' && own >= 0 ? own : settings['i2c.bus'];
}

/** The I2C buses of the fitted chips, each once, the one that most share first. */
export const i2cBuses = (settings: Settings): readonly number[] => [
  ...new Set(
    [...onI2c(settings)]
      .sort((a, b) => Number(a.sensor === 'power') - Number(b.sensor === 'power'))
      .map(({ on }) => on),
  ),
];

/** The chip that the settings name for a sensor, and where it is connected. */
export function fitted(settings: Settings, sensor: SensorName): Fitted {
  const chip = chipOf(settings, sensor);
  const place: SensorRow['place'] = SENSORS[sensor].place;
  const key = place[chip.bus];
  assert(key !== undefined, `the sensor ${sensor} has no setting for its place on ${chip.bus}`);
  const on = chip.bus === 'spi' ? settings['spi.bus'] : i2cBusOf(settings, sensor);
  return { sensor, chip, at: settings[key], key, on };
}

const isOnSpi = (one: Fitted): one is Fitted<SpiFacts> => one.chip.bus === 'spi';
const isOnI2c = (one: Fitted): one is Fitted<I2cFacts> => one.chip.bus === 'i2c';

/** Every fitted chip, in the order of the sensors; then those on SPI and on I2C. */
export const allFitted = (settings: Settings): readonly Fitted[] => SENSOR_NAMES.map((name) => fitted(settings, name));
export const onSpi = (settings: Settings): readonly Fitted<SpiFacts>[] => allFitted(settings).filter(isOnSpi);
export const onI2c = (settings: Settings): readonly Fitted<I2cFacts>[] => allFitted(settings).filter(isOnI2c);

/** A chip on an I2C bus, whether a sensor’s or the converter that drives the light. */
export type OnI2c = Omit<Fitted<I2cFacts>, 'sensor'> & { readonly sensor: SensorName | 'light' };

/** The converter that drives the light, on the bus of the sensors; null where none does. */
export const lightDac = (settings: Settings): OnI2c | null =>
  settings['light.drive'] === 'dac'
    ? {
        sensor: 'light',
        chip: LIGHT_DAC,
        at: settings['i2c.lightAddress'],
        key: 'i2c.lightAddress',
        on: settings['i2c.bus'],
      }
    : null;

/** Everything on I2C. */
export function i2cChips(settings: Settings): readonly OnI2c[] {
  const dac = lightDac(settings);
  return dac ? [...onI2c(settings), dac] : onI2c(settings);
}
