import { describe, expect, it } from 'vitest';
import { CHIPS } from '../../src/hal/chips.ts';
import { LIGHT_CHANNELS } from '../../src/params/channels.ts';
import { checkTogether } from '../../src/params/check.ts';
import {
  allFitted,
  chipOf,
  fitted,
  i2cChips,
  lightDac,
  onI2c,
  onSpi,
  SENSOR_NAMES,
  SENSORS,
} from '../../src/params/sensors.ts';
import { defaultSettings, SETTINGS, type Settings } from '../../src/params/settings.ts';

const settings = (more: Partial<Settings> = {}): Settings => ({ ...defaultSettings(), ...more });
const problems = (more: Partial<Settings>) => checkTogether(settings(more)).map(({ path, allowed }) => [path, allowed]);

describe('the chips of the settings', () => {
  it.each(SENSOR_NAMES)('of the %s are the rows of its table, the first by default', (sensor) => {
    const row = SETTINGS[SENSORS[sensor].chip];
    expect(row.choices).toEqual(Object.keys(CHIPS[sensor]));
    expect(row.default).toBe(row.choices[0]);
  });

  it('are found with their place on the bus', () => {
    const s = settings({ 'hal.photodiodes': 'mcp3208', 'spi.photodiodeSelect': 2, 'i2c.currentAddress': 0x45 });
    expect(allFitted(s).map(({ sensor, chip, at }) => `${sensor} ${chip.label} ${chip.bus} ${at}`)).toEqual([
      'thermocouple MAX31856 spi 0',
      'infrared MLX90614 i2c 90',
      'power INA226 i2c 69',
      'photodiodes MCP3208 spi 2',
    ]);
    expect(onSpi(s).map(({ key }) => key)).toEqual(['spi.thermocoupleSelect', 'spi.photodiodeSelect']);
    expect(onI2c(s).map(({ key }) => key)).toEqual(['i2c.infraredAddress', 'i2c.currentAddress']);
  });

  it('carry the resolution that the interlocks go by', () => {
    expect(chipOf(settings(), 'thermocouple').stepK).toBe(1 / 128);
    expect(chipOf(settings({ 'hal.thermocouple': 'max31855' }), 'thermocouple').stepK).toBe(0.25);
    expect(chipOf(settings(), 'infrared').stepK).toBe(0.02);
  });

  it('have a bus address within the range of the settings', () => {
    for (const sensor of SENSOR_NAMES) {
      const { chip, at } = fitted(settings(), sensor);
      if (chip.bus === 'i2c') expect(at, sensor).toBe(chip.address);
    }
  });
});

describe('the places of the chips', () => {
  it('are refused when two chips share an I2C address', () => {
    expect(problems({ 'i2c.photodiodeAddress': 0x40 })).toEqual([
      ['i2c.photodiodeAddress', 'another address than i2c.currentAddress'],
    ]);
    expect(problems({ 'i2c.photodiodeAddress': 0x40, 'hal.photodiodes': 'mcp3208' })).toEqual([]);
  });

  it('hold for the converter of the light, too, where it is fitted', () => {
    const dac = { 'light.drive': 'dac', 'i2c.lightAddress': 0x61 } as const;
    expect(lightDac(settings())).toBeNull();
    expect(lightDac(settings(dac))).toMatchObject({ at: 0x61, on: 1, key: 'i2c.lightAddress' });
    expect(i2cChips(settings(dac)).map(({ chip }) => chip.label)).toEqual(['MLX90614', 'INA226', 'ADS1115', 'MCP4725']);
    expect(i2cChips(settings()).map(({ sensor }) => sensor)).not.toContain('light');
    expect(problems({ ...dac, 'i2c.photodiodeAddress': 0x61 })).toEqual([
      ['i2c.lightAddress', 'another address than i2c.photodiodeAddress'],
    ]);
    expect(problems({ ...dac, 'i2c.currentBus': 3, 'i2c.currentAddress': 0x61 })).toEqual([]);
    expect(problems({ 'i2c.lightAddress': 0x61, 'i2c.photodiodeAddress': 0x61 })).toEqual([]);
  });

  it('are refused when a chip has one address and is said to have another', () => {
    const as7341 = { 'hal.photodiodes': 'as7341' } as const;
    expect(problems(as7341)).toEqual([['i2c.photodiodeAddress', '57 (0x39), the only address of the AS7341']]);
    expect(problems({ ...as7341, 'i2c.photodiodeAddress': 0x38 })).toHaveLength(1);
    expect(problems({ ...as7341, 'i2c.photodiodeAddress': 0x39 })).toEqual([]);
    expect(problems({ 'i2c.photodiodeAddress': 0x39 })).toEqual([]);
  });

  it('are refused when two chips share a chip select', () => {
    expect(problems({ 'spi.photodiodeSelect': 0 })).toEqual([]);
    expect(problems({ 'spi.photodiodeSelect': 0, 'hal.photodiodes': 'mcp3208' })).toHaveLength(1);
  });
});

describe('the shunt', () => {
  it('is refused where a current outside the envelope would lie beyond the range of the monitor', () => {
    // 81.92 mV over 0.4 A, 15 % of tolerance and 10 % of margin.
    expect(problems({ 'heater.shuntOhm': 0.1618 })).toEqual([]);
    expect(problems({ 'heater.shuntOhm': 0.1619 })).toEqual([
      ['heater.shuntOhm', expect.stringContaining('at most 0.1618 Ω')],
    ]);
    expect(problems({ 'heater.shuntOhm': 0.2 })).toHaveLength(1);
    expect(problems({ 'heater.shuntOhm': 0.6324, 'hal.currentSense': 'ina219' })).toEqual([]);
    expect(problems({ 'heater.shuntOhm': 0.6325, 'hal.currentSense': 'ina219' })).toHaveLength(1);
  });

  it('is refused where the offset of the monitor would look like a leakage current', () => {
    expect(problems({ 'heater.shuntOhm': 0.001 })).toEqual([]);
    expect(problems({ 'heater.shuntOhm': 0.002, 'limits.leakA': 0.005 })).toEqual([
      ['heater.shuntOhm', expect.stringContaining('at least 0.0040 Ω')],
    ]);
    expect(problems({ 'heater.shuntOhm': 0.02, 'hal.currentSense': 'ina219' })).toEqual([]);
    expect(problems({ 'heater.shuntOhm': 0.0199, 'hal.currentSense': 'ina219' })).toHaveLength(1);
  });
});

describe('the light channels', () => {
  it('each have an input, a dark level and a column of their own', () => {
    const rows = Object.values(LIGHT_CHANNELS);
    for (const of of ['input', 'darkLevel', 'column'] as const)
      expect(new Set(rows.map((row) => row[of])).size).toBe(rows.length);
  });
});
