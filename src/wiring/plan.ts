/** What is connected to which pin, from the settings. Table, JSON and drawing are projections of this list. */
import { LIGHT_CHANNELS } from '../params/channels.ts';
import {
  allFitted,
  chipOf,
  type Fitted,
  i2cBuses,
  i2cChips,
  lightDac,
  onSpi,
  SENSORS,
  type SpiFacts,
} from '../params/sensors.ts';
import type { Settings } from '../params/settings.ts';
import { type BusLine, i2cLines, type SpiRole, selectLine, spiLines } from './buses.ts';
import { inUse, LINE_KEYS, type LineKey, type PinConflict, pinConflicts } from './conflicts.ts';
import { pinName, pinOf } from './header.ts';
import { type PowerStep, powerPath } from './power.ts';

export type WireKind = 'heater' | 'enable' | 'contact' | 'light' | 'i2c' | 'spi' | 'supply';

export interface Wire {
  /** Physical pin 1 to 40; null where an overlay of config.txt decides. */
  readonly pin: number | null;
  /** GPIO17, 3V3, or the bus when the pin is not known. */
  readonly name: string;
  readonly signal: string;
  /** The setting that names the line; null for buses and supplies. */
  readonly key: LineKey | null;
  /** The signal in a word or two, for the drawing. */
  readonly short: string;
  readonly to: string;
  readonly note: string;
  readonly kind: WireKind;
}

/** One chip on a bus, with the pins that go to it. */
export interface Device {
  readonly title: string;
  readonly part: string;
  readonly bus: string;
  readonly pins: string;
}

export interface Plan {
  readonly wires: readonly Wire[];
  readonly devices: readonly Device[];
  readonly conflicts: readonly PinConflict[];
  /** From supply to ground. */
  readonly power: readonly PowerStep[];
}

interface LineText {
  readonly kind: WireKind;
  readonly signal: string;
  readonly short: string;
  readonly to: string;
  readonly note: string;
}
const LINES: Record<LineKey, LineText> = {
  'gpio.heaterLine': {
    kind: 'heater',
    signal: 'heater pulse',
    short: 'heater',
    to: 'MOSFET driver',
    note: 'owned by remixd-gate; 10 kΩ to ground at the MOSFET',
  },
  'gpio.enableLine': {
    kind: 'enable',
    signal: 'ENABLE edges',
    short: 'ENABLE',
    to: 'charge pump',
    note: 'through a capacitor: a constant level opens the switch',
  },
  'gpio.estopLine': {
    kind: 'contact',
    signal: 'E-stop read-back',
    short: 'E-stop',
    to: 'second contact to 3V3',
    note: '1 kΩ in series, 10 kΩ to ground; high = closed',
  },
  'gpio.lidLine': {
    kind: 'contact',
    signal: 'lid read-back',
    short: 'lid',
    to: 'second contact to 3V3',
    note: '1 kΩ in series, 10 kΩ to ground; high = closed',
  },
  'gpio.lightLine': {
    kind: 'light',
    signal: 'excitation light',
    short: 'light',
    to: 'light driver, input',
    note: 'on or off; 10 kΩ to ground at the driver',
  },
  'gpio.sensorPowerLine': {
    kind: 'supply',
    signal: 'sensor supply',
    short: 'sensors on',
    to: 'load switch of the sensors',
    note: 'taken away for a moment when the bus hangs',
  },
};

const hex = (address: number): string => `0x${address.toString(16).toUpperCase()}`;

function lineWire(settings: Settings, key: LineKey): Wire {
  const line = settings[key];
  return { pin: pinOf(line), name: `GPIO${line}`, key, ...LINES[key] };
}

const busWire = (bus: string, kind: WireKind, { line, role }: BusLine, to: string, note: string): Wire => ({
  pin: pinOf(line),
  name: `GPIO${line}`,
  signal: `${bus} ${role}`,
  key: null,
  short: role,
  to,
  note,
  kind,
});

const unknown = (bus: string, kind: WireKind, to: string): Wire => ({
  pin: null,
  name: bus,
  signal: bus,
  key: null,
  short: bus,
  to,
  note: 'pins as its overlay in config.txt says',
  kind,
});

function i2cWires(settings: Settings, number: number): Wire[] {
  const lines = i2cLines(number);
  const bus = `I2C ${number}`;
  const on = i2cChips(settings).filter((one) => one.on === number);
  const chips = on.map(({ chip }) => chip.label).join(', ');
  if (lines === null) return [unknown(bus, 'i2c', chips)];
  const pullUp = (role: string): string => `${role === 'SDA' ? 'data' : 'clock'}; pull-up of 1.8 kΩ is on the board`;
  return lines.map((line) => busWire(bus, 'i2c', line, chips, pullUp(line.role)));
}

/** The chips’ own names of the pin on a shared line; a chip that has none is left out. */
const pinsOn = (chips: readonly Fitted<SpiFacts>[], role: SpiRole): string =>
  chips.flatMap(({ chip }) => (chip.pins[role] === null ? [] : [`${chip.label} ${chip.pins[role]}`])).join(', ');

function spiWires(settings: Settings, bus: string, chips: readonly Fitted<SpiFacts>[]): Wire[] {
  const lines = spiLines(settings);
  if (lines === null) return [unknown(bus, 'spi', chips.map(({ chip }) => chip.label).join(', '))];
  const shared = lines.map((line) => {
    const to = pinsOn(chips, line.role);
    if (to === '') return busWire(bus, 'spi', line, 'not connected', 'no chip of the bus takes orders');
    return busWire(bus, 'spi', line, to, 'shared by all chips of the bus');
  });
  const selects = chips.map(({ chip, at }) => {
    const line = selectLine(settings, at);
    const to = `${chip.label} ${chip.pins.CS}`;
    if (line === null) return unknown(`${bus} CE${at}`, 'spi', to);
    return busWire(bus, 'spi', line, to, '10 kΩ to 3V3 keeps it quiet at start');
  });
  return [...shared, ...selects];
}

const supply = (pin: number, signal: string, to: string, note: string): Wire => ({
  pin,
  name: pinName(pin),
  signal,
  key: null,
  short: signal,
  to,
  note,
  kind: 'supply',
});

const pinList = (wires: readonly Wire[]): string => {
  const known = wires.flatMap(({ pin, short }) => (pin === null ? [] : [`${short} ${pin}`]));
  return known.length === 0 ? 'pins: see config.txt' : `pins ${known.join(' · ')}`;
};

/** What the plan adds to the name of a sensor’s chip: for photodiodes that are wired to it, which. */
function about(settings: Settings, { sensor, chip }: Fitted): string {
  if (sensor === 'photodiodes' && chipOf(settings, sensor).hasInputs)
    return `${chip.label}: ${channelsByInput().join(', ')}`;
  return chip.wiring === '' ? chip.label : `${chip.label}, ${chip.wiring}`;
}

/** The labels of the light channels, from input 0 of the converter on. */
const channelsByInput = (): readonly string[] =>
  Object.values(LIGHT_CHANNELS)
    .toSorted((a, b) => a.input - b.input)
    .map(({ label }) => label);

/** The whole plan. Wires come in the order in which they matter: heater first, supplies last. */
export function wiringPlan(settings: Settings): Plan {
  const spi = `SPI ${settings['spi.bus']}`;
  const i2c = new Map(i2cBuses(settings).map((bus) => [bus, i2cWires(settings, bus)]));
  const spiBus = spiWires(settings, spi, onSpi(settings));
  const devices = allFitted(settings).map((one): Device => {
    const named = { title: SENSORS[one.sensor].title, part: about(settings, one) };
    if (one.chip.bus === 'i2c') {
      const { wantedHz } = one.chip;
      const clock = wantedHz === null ? '' : `, ${wantedHz / 1000} kHz`;
      return {
        ...named,
        bus: `I2C ${one.on}, address ${hex(one.at)}${clock}`,
        pins: pinList(i2c.get(one.on) ?? []),
      };
    }
    const own = `CE${one.at}`;
    const wires = spiBus.filter(({ short }) => !short.startsWith('CE') || short === own);
    return { ...named, bus: `${spi}, select ${one.at}`, pins: pinList(wires) };
  });
  const dac = lightDac(settings);
  if (dac) {
    const bus = `I2C ${dac.on}, address ${hex(dac.at)}`;
    const part = `${dac.chip.label}, ${dac.chip.wiring}`;
    devices.push({ title: 'Excitation light', part, bus, pins: pinList(i2c.get(dac.on) ?? []) });
  }
  const switched = settings['gpio.sensorPowerLine'] !== 0;
  return {
    wires: [
      ...LINE_KEYS.filter((key) => inUse(settings, key)).map((key) => lineWire(settings, key)),
      ...[...i2c.values()].flat(),
      ...spiBus,
      supply(
        1,
        'sensors’ supply',
        switched ? 'load switch of the sensors' : 'all sensors',
        'never 5 V on a sensor or a line',
      ),
      supply(6, 'sensors’ ground', 'all sensors', 'at one point with the heater’s ground'),
      supply(17, 'contacts’ supply', 'contacts of E-stop and lid', 'read-back only; the heater’s current is elsewhere'),
    ],
    devices,
    conflicts: pinConflicts(settings),
    power: powerPath(settings),
  };
}
