import { describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { pinConflicts } from '../../src/wiring/conflicts.ts';
import { HEADER, pinName, pinOf } from '../../src/wiring/header.ts';
import { wiringPlan } from '../../src/wiring/plan.ts';
import { wiringSheet } from '../../src/wiring/sheet.ts';
import { wiringTable } from '../../src/wiring/table.ts';

const settings = (more: Partial<Settings> = {}): Settings => ({ ...defaultSettings(), 'hal.kind': 'linux', ...more });

describe('the header', () => {
  it('has 40 pins: 28 lines once each, two of 3.3 V, two of 5 V and eight grounds', () => {
    expect(HEADER).toHaveLength(40);
    const lines = HEADER.filter((use) => typeof use === 'number');
    expect([...lines].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 28 }, (_, i) => i));
    const count = (name: string): number => HEADER.filter((use) => use === name).length;
    expect([count('3V3'), count('5V'), count('GND')]).toEqual([2, 2, 8]);
  });

  it('knows the pins that every guide names', () => {
    for (const [line, pin] of [
      [2, 3],
      [3, 5],
      [14, 8],
      [17, 11],
      [27, 13],
      [22, 15],
      [10, 19],
      [9, 21],
      [11, 23],
      [8, 24],
      [7, 26],
      [21, 40],
    ])
      expect([line, pinOf(line ?? -1)]).toEqual([line, pin]);
    expect([pinName(1), pinName(2), pinName(6), pinName(11), pinName(39)]).toEqual([
      '3V3',
      '5V',
      'GND',
      'GPIO17',
      'GND',
    ]);
  });
});

describe('pin conflicts', () => {
  const of = (more: Partial<Settings>) => pinConflicts(settings(more)).map(({ key, severe }) => `${key} ${severe}`);

  it('has none with the default wiring', () => {
    expect(of({})).toEqual([]);
  });

  it('refuses lines of the SPI and I2C bus', () => {
    for (const line of [9, 10, 11]) expect(of({ 'gpio.heaterLine': line })).toEqual(['gpio.heaterLine true']);
    for (const line of [2, 3, 7, 8])
      expect(of({ 'gpio.sensorPowerLine': line })).toEqual(['gpio.sensorPowerLine true']);
    expect(of({ 'spi.bus': 1 })).toEqual(['gpio.heaterLine true']);
  });

  it('refuses the serial port’s lines for the heater, and warns for others', () => {
    expect(of({ 'gpio.heaterLine': 14 })).toEqual(['gpio.heaterLine true']);
    expect(of({ 'gpio.lightLine': 15 })).toEqual(['gpio.lightLine false']);
  });

  it('warns that a software bus takes lines 23 and 24 unless it is told', () => {
    expect(of({ 'i2c.bus': 3 })).toEqual(['gpio.lidLine false', 'gpio.lightLine false']);
  });

  it('refuses one line for two things, and forgets one that is not connected', () => {
    expect(of({ 'gpio.lidLine': 22 })).toEqual(['gpio.lidLine true']);
    expect(of({ 'gpio.lightLine': 17, 'light.drive': 'none' })).toEqual([]);
  });
});

describe('the plan', () => {
  it('follows the settings', () => {
    const pins = (more: Partial<Settings>) =>
      wiringPlan(settings(more)).wires.map(({ pin, signal }) => `${pin} ${signal}`);
    expect(pins({})).toContain('11 heater pulse');
    expect(pins({})).not.toContain('26 SPI 0 CE1');
    expect(pins({ 'hal.photodiodes': 'mcp3208' })).toContain('26 SPI 0 CE1');
    expect(pins({ 'light.drive': 'none' })).not.toContain('18 excitation light');
    expect(pins({ 'gpio.sensorPowerLine': 25 })).toContain('22 sensor supply');
    expect(pins({ 'i2c.bus': 3 })).toContain('null I2C 3');
  });

  it('names the pins as the chips do, at the addresses and selects of the settings', () => {
    const plan = (more: Partial<Settings>) => wiringPlan(settings(more));
    const spi = (more: Partial<Settings>) =>
      plan(more)
        .wires.filter(({ kind }) => kind === 'spi')
        .map(({ short, to }) => `${short}: ${to}`);
    expect(spi({ 'hal.photodiodes': 'mcp3208' })).toEqual([
      'MOSI: MAX31856 SDI, MCP3208 DIN',
      'MISO: MAX31856 SDO, MCP3208 DOUT',
      'SCLK: MAX31856 SCK, MCP3208 CLK',
      'CE0: MAX31856 CS',
      'CE1: MCP3208 CS',
    ]);
    expect(spi({ 'hal.thermocouple': 'max31855' })).toContain('MOSI: not connected');
    const devices = plan({ 'i2c.infraredAddress': 0x5b, 'hal.currentSense': 'ina219' }).devices;
    expect(devices.map(({ part, bus }) => `${part} @ ${bus}`)).toEqual([
      'MAX31856, type K @ SPI 0, select 0',
      'MLX90614 @ I2C 1, address 0x5B, 50 kHz',
      'INA219, before the switches @ I2C 1, address 0x40',
      'ADS1115: green, red, broadband, reference @ I2C 1, address 0x48',
    ]);
  });

  it('wires no photodiode to a sensor that has its own', () => {
    const { devices } = wiringPlan(settings({ 'hal.photodiodes': 'as7341', 'i2c.photodiodeAddress': 0x39 }));
    expect(devices.map(({ part, bus }) => `${part} @ ${bus}`)).toContain(
      'AS7341, on a board with its own 1.8 V @ I2C 1, address 0x39',
    );
  });

  it('has the converter of the light on the bus of the sensors, and then no line for it', () => {
    const { wires, devices } = wiringPlan(settings({ 'light.drive': 'dac', 'i2c.lightAddress': 0x61 }));
    expect(devices.at(-1)).toEqual({
      title: 'Excitation light',
      part: 'MCP4725, VOUT to the light driver’s analogue input',
      bus: 'I2C 1, address 0x61',
      pins: 'pins SDA 3 · SCL 5',
    });
    expect(wires.find(({ short }) => short === 'SDA')?.to).toBe('MLX90614, INA226, ADS1115, MCP4725');
    expect(wires.map(({ key }) => key)).not.toContain('gpio.lightLine');
    expect(wiringPlan(settings()).devices.map(({ title }) => title)).not.toContain('Excitation light');
  });

  it('prints a table with every wire, the power path and what is wrong', () => {
    const text = wiringTable(wiringPlan(settings({ 'gpio.heaterLine': 9 })));
    expect(text).toMatch(/REFUSED {2}GPIO9 \(pin 21\) is gpio\.heaterLine and also SPI 0 MISO\n\s+→/);
    expect(text).toMatch(/Power path:\n {4}Supply \(6 V DC\)\n {2}→ Electronic fuse/);
    expect(wiringTable(wiringPlan(settings()))).toContain('Free lines that are low at start: 12, 13, 16, 18, 19');
  });
});

describe('the power path', () => {
  const titles = (more: Partial<Settings>) => wiringPlan(settings(more)).power.map(({ title }) => title);

  it('has both switches, both contacts and the cutout in series before the heater', () => {
    expect(titles({})).toEqual([
      'Supply',
      'Electronic fuse',
      'E-stop',
      'Lid',
      'Thermal cutout',
      'ENABLE switch',
      'MOSFET',
      'ITO heater',
      'Shunt',
      'Ground',
    ]);
  });

  it('puts an INA219 before the switches, as it measures the voltage at its shunt', () => {
    expect(titles({ 'hal.currentSense': 'ina219' }).slice(0, 4)).toEqual([
      'Supply',
      'Electronic fuse',
      'Shunt',
      'E-stop',
    ]);
  });
});

interface Box {
  readonly text: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The texts of a drawing as boxes. The width is what the widest usual font needs, so the estimate is on the safe side. */
function textBoxes(svg: string): Box[] {
  const pattern =
    /<text x="([\d.]+)" y="([\d.]+)" font-size="([\d.]+)" text-anchor="(\w+)" font-weight="(\d+)"[^>]*>([^<]*)<\/text>/g;
  return [...svg.matchAll(pattern)].map(([, x = '', y = '', size = '', anchor, weight, raw = '']) => {
    const text = raw.replace(/&\w+;/g, '.');
    const width = text.length * Number(size) * (Number(weight) > 400 ? 0.655 : 0.6);
    const left = anchor === 'start' ? Number(x) : anchor === 'end' ? Number(x) - width : Number(x) - width / 2;
    return { text, x: [left, left + width], y: [Number(y) - 0.76 * Number(size), Number(y) + 0.2 * Number(size)] };
  });
}

const apart = (a: readonly [number, number], b: readonly [number, number]): boolean => a[1] <= b[0] || b[1] <= a[0];

describe('the drawing', () => {
  const CASES: readonly (readonly [string, Partial<Settings>])[] = [
    ['the default bench', {}],
    ['photodiodes on SPI and a sensor supply', { 'hal.photodiodes': 'mcp3208', 'gpio.sensorPowerLine': 25 }],
    ['a spectral sensor', { 'hal.photodiodes': 'as7341', 'i2c.photodiodeAddress': 0x39 }],
    [
      'every conflict there is',
      { 'gpio.heaterLine': 9, 'gpio.enableLine': 15, 'gpio.sensorPowerLine': 14, 'i2c.bus': 3, 'gpio.lidLine': 22 },
    ],
  ];

  it.each(CASES)('%s: no text lies on another or leaves the sheet', (_, more) => {
    const svg = wiringSheet(wiringPlan(settings(more)));
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)?.map(Number) ?? [];
    const boxes = textBoxes(svg);
    expect(boxes.length).toBeGreaterThan(60);
    const overlaps = boxes.flatMap((a, i) =>
      boxes.slice(i + 1).flatMap((b) => (apart(a.x, b.x) || apart(a.y, b.y) ? [] : [`${a.text} / ${b.text}`])),
    );
    expect(overlaps).toEqual([]);
    const outside = boxes.filter(({ x, y }) => x[0] < 0 || x[1] > (width ?? 0) || y[0] < 0 || y[1] > (height ?? 0));
    expect(outside.map(({ text }) => text)).toEqual([]);
  });

  it('is well-formed, escapes what it is given, and is the same for the same settings', () => {
    const svg = wiringSheet(wiringPlan(settings()));
    expect(svg).toBe(wiringSheet(wiringPlan(settings())));
    expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length);
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('highlights each used pin and names it', () => {
    const plan = wiringPlan(settings());
    const texts = textBoxes(wiringSheet(plan)).map(({ text }) => text);
    for (const { pin, name, signal } of plan.wires) if (pin !== null) expect(texts).toContain(`${name} · ${signal}`);
  });
});
