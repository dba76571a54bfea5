/** What the table of chips (hal/chips) says to the settings: their choices, their usual addresses, and advice. */
import { type ChipName, type Circuit, chipNames, chipRow, LIGHT_GAINS, type SensorName } from '../../hal/chips.ts';

/** The chips of a sensor, the first by default. */
export const chipChoices = <S extends SensorName>(
  sensor: S,
): { readonly choices: readonly ChipName<S>[]; readonly default: ChipName<S> } => {
  const choices = chipNames(sensor);
  return { choices, default: choices[0] as ChipName<S> };
};

/** The reason for the sensor, then what each of its chips says to somebody who chooses one. */
export const chipAdvice = (sensor: SensorName, why: string): string =>
  [why, ...chipNames(sensor).map((name) => chipRow(sensor, name).choice)].filter((part) => part !== '').join(' ');

/** Lower and higher addresses are reserved (I2C specification UM10204, table 3). */
const ADDRESSES = { min: 0x08, max: 0x77, step: 1 } as const;

/** The range of a sensor’s I2C address, by default that of its first chip on I2C. */
export function chipAddress(sensor: SensorName) {
  const usual = chipNames(sensor).flatMap((name) => {
    const row = chipRow(sensor, name);
    return row.bus === 'i2c' ? [row.address] : [];
  });
  const address = usual[0] ?? ADDRESSES.min;
  return { ...ADDRESSES, default: address, why: `${address} = 0x${address.toString(16).toUpperCase()}.` };
}

/** The gains of a light sensor that has its own amplifiers. */
export const gainChoices = (): { readonly choices: readonly `${Circuit['lightGain']}`[] } => ({
  choices: LIGHT_GAINS.map((gain) => `${gain}` as const),
});
