/** Lines that two things would use. A heater line that is also a clock would heat at every transfer. */
import { i2cBuses } from '../params/sensors.ts';
import type { SettingKey, Settings } from '../params/settings.ts';
import { allSelects, i2cLines, spiLines } from './buses.ts';
import { pinOf } from './header.ts';

export interface PinConflict {
  readonly line: number;
  readonly key: SettingKey;
  /** True when it cannot work, false when it depends on config.txt. */
  readonly severe: boolean;
  readonly text: string;
  readonly remedy: string;
}

export const LINE_KEYS = [
  'gpio.heaterLine',
  'gpio.enableLine',
  'gpio.estopLine',
  'gpio.lidLine',
  'gpio.lightLine',
  'gpio.sensorPowerLine',
] as const satisfies readonly SettingKey[];
export type LineKey = (typeof LINE_KEYS)[number];

/** False for a line that the settings leave unconnected. */
export function inUse(settings: Settings, key: LineKey): boolean {
  if (key === 'gpio.sensorPowerLine') return settings[key] !== 0;
  return key !== 'gpio.lightLine' || settings['light.drive'] === 'line';
}

/** The serial port idles high, and the console writes to it while the computer starts. */
const SERIAL: Record<number, string> = { 14: 'TXD', 15: 'RXD' };
const SOFT_I2C: Record<number, string> = { 23: 'SDA', 24: 'SCL' };
const REMEDY = 'Move one of them: remixd wire shows the free pins.';

/** Every conflict of the settings’ lines with each other and with the buses, in the order of the settings. */
export function pinConflicts(settings: Settings): PinConflict[] {
  const bus = new Map<number, string>();
  for (const one of i2cBuses(settings))
    for (const { line, role } of i2cLines(one) ?? []) bus.set(line, `I2C ${one} ${role}`);
  for (const { line, role } of [...(spiLines(settings) ?? []), ...allSelects(settings)])
    bus.set(line, `SPI ${settings['spi.bus']} ${role}`);
  const used = LINE_KEYS.filter((key) => inUse(settings, key));
  return used.flatMap((key, at): PinConflict[] => {
    const line = settings[key];
    const where = `GPIO${line} (pin ${pinOf(line)}) is ${key}`;
    const found: PinConflict[] = [];
    const owner = bus.get(line);
    if (owner !== undefined)
      found.push({ line, key, severe: true, text: `${where} and also ${owner}`, remedy: REMEDY });
    for (const other of used.slice(0, at))
      if (settings[other] === line)
        found.push({ line, key, severe: true, text: `${where} and also ${other}`, remedy: REMEDY });
    if (SERIAL[line])
      found.push({
        line,
        key,
        severe: key === 'gpio.heaterLine' || key === 'gpio.enableLine',
        text: `${where} and also ${SERIAL[line]} of the serial port, which idles high`,
        remedy: 'Move the line, or switch the serial port off (enable_uart=0 and no console in cmdline.txt).',
      });
    if (i2cBuses(settings).some((one) => i2cLines(one) === null) && SOFT_I2C[line])
      found.push({
        line,
        key,
        severe: false,
        text: `${where} and also ${SOFT_I2C[line]} of an i2c-gpio overlay without pins of its own`,
        remedy: 'Name other pins there with i2c_gpio_sda and i2c_gpio_scl, or move the line.',
      });
    return found;
  });
}
