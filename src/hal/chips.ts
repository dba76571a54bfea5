/**
 * Every chip that remixd can read, one row each: what is specific to it, its driver and its model. Settings, wiring,
 * doctor, interlocks and the simulated bench read these rows, so a new chip is its driver, its model and a row here.
 *
 * The one file of hal that `params` may import (through it the settings know their choices): all that it imports is
 * pure. Everything else about a chip, down to the meaning of its bits, stays in driver and model.
 */
import { assert, type Celsius, type Instant, type Span, type Volts } from '../units.ts';
import { ADS1115_ADDRESS, Ads1115 } from './drivers/ads1115.ts';
import { AS7341_ADDRESS, AS7341_GAINS, As7341, type As7341Gain } from './drivers/as7341.ts';
import { INA219_ADDRESS, Ina219 } from './drivers/ina219.ts';
import { INA226_ADDRESS, Ina226 } from './drivers/ina226.ts';
import type { LightInputs } from './drivers/light-scan.ts';
import { Max31855 } from './drivers/max31855.ts';
import { type MainsHz, Max31856 } from './drivers/max31856.ts';
import { Mcp3208 } from './drivers/mcp3208.ts';
import { MCP4725_ADDRESS, Mcp4725 } from './drivers/mcp4725.ts';
import { MLX90614_ADDRESS, Mlx90614 } from './drivers/mlx90614.ts';
import type { I2cPort, LightDac, PlainI2cPort, Sensor, SensorName, SensorSamples, SpiPort } from './ports.ts';
import { Ads1115Chip } from './sim/chips/ads1115.ts';
import { As7341Chip } from './sim/chips/as7341.ts';
import type { Analogues, I2cChip, LightDacAnalogue, LightDacModel, Models, SpiChip } from './sim/chips/chip.ts';
import { Ina219Chip } from './sim/chips/ina219.ts';
import { Ina226Chip } from './sim/chips/ina226.ts';
import { Max31855Chip } from './sim/chips/max31855.ts';
import { Max31856Chip } from './sim/chips/max31856.ts';
import { Mcp3208Chip } from './sim/chips/mcp3208.ts';
import { Mcp4725Chip } from './sim/chips/mcp4725.ts';
import { Mlx90614Chip } from './sim/chips/mlx90614.ts';

/** What the settings say about the circuit around the chips; drivers and models take from it what they need. */
export interface Circuit {
  /** Shunt of the current monitor, Ω. */
  readonly shuntOhm: number;
  /** A thermocouple converter with a FAULT pin pulls it above this; −2048..2047.9375 °C. */
  readonly faultAboveC: Celsius;
  /** What the filter of a thermocouple converter suppresses, and what an integrating light sensor averages out. */
  readonly mains: MainsHz;
  /** Whether the infrared thermometer's packet error code is checked. */
  readonly checkPec: boolean;
  /** Which input of the photodiode converter each light channel is wired to. */
  readonly inputs: LightInputs;
  /** What ends the range of the photodiode converter: its supply, or the voltage at its reference pin, V. */
  readonly lightSupplyV: Volts;
  /** How often the photodiode converter is read, µs. */
  readonly lightEveryUs: Span;
  /** Gain of a light sensor that has its own amplifiers. */
  readonly lightGain: As7341Gain;
}

interface ChipFacts {
  /** The maker's name for it. */
  readonly label: string;
  /** Datasheet and the places in it that the facts of the row come from. */
  readonly source: string;
  /** What somebody who chooses should know, as a sentence; may be empty. */
  readonly choice: string;
  /** What the wiring plan adds to the name; may be empty. */
  readonly wiring: string;
}

export interface SpiFacts extends ChipFacts {
  readonly bus: 'spi';
  /** Modes that the chip understands; the first is used. */
  readonly modes: readonly [0 | 1, ...(0 | 1 | 2 | 3)[]];
  /** Fastest clock, Hz. */
  readonly mostHz: number;
  /** The chip's own names of its pins, in the wiring plan. MOSI null = the chip takes no orders. */
  readonly pins: { readonly MOSI: string | null; readonly MISO: string; readonly SCLK: string; readonly CS: string };
}

export interface I2cFacts extends ChipFacts {
  readonly bus: 'i2c';
  /** 7-bit address as the chip comes. */
  readonly address: number;
  /** Whether it can be given no other. */
  readonly isAddressFixed: boolean;
  /** Slowest and fastest clock, Hz. */
  readonly leastHz: number;
  readonly mostHz: number;
  /** The clock at which it should run, Hz; null = any within the range. */
  readonly wantedHz: number | null;
  /** Slower than this is within the range but has the named danger; null = there is none. */
  readonly slow: { readonly hz: number; readonly danger: string } | null;
  /** Bytes that one reading moves over the bus, addresses included (a test counts them). */
  readonly bytes: number;
}

/** What every chip of a sensor must say beyond that. */
interface OwnFacts {
  /** Resolution of the temperature, K. */
  readonly thermocouple: { readonly stepK: number };
  readonly infrared: { readonly stepK: number };
  readonly power: {
    /** Largest voltage over the shunt that can be told from more, V. */
    readonly fullScaleV: number;
    /** Largest offset of the shunt measurement, V: over a small shunt it looks like a current. */
    readonly offsetV: number;
    /** Where the shunt lies in the power path: a chip without an input for the supply measures that at its shunt. */
    readonly shunt: 'before the switches' | 'last';
  };
  readonly photodiodes: {
    /** Whether photodiodes are wired to it; else it has its own. */
    readonly hasInputs: boolean;
    /** What a reading brings: one channel in turn, all of them at once, or light that was gathered over several readings. */
    readonly brings: 'one in turn' | 'all at once' | 'gathered';
  };
}

export type Facts<S extends SensorName> = (SpiFacts | I2cFacts) & OwnFacts[S];

type SpiRow<S extends SensorName> = SpiFacts &
  OwnFacts[S] & {
    readonly driver: (spi: SpiPort, circuit: Circuit) => Sensor<SensorSamples[S]>;
    readonly model: (world: Analogues[S], circuit: Circuit) => SpiChip & Models[S];
  };
type I2cRow<S extends SensorName> = I2cFacts &
  OwnFacts[S] & {
    readonly driver: (i2c: I2cPort, address: number, circuit: Circuit) => Sensor<SensorSamples[S]>;
    readonly model: (world: Analogues[S], address: number, circuit: Circuit) => I2cChip & Models[S];
  };
export type ChipRow<S extends SensorName> = SpiRow<S> | I2cRow<S>;
type ChipTable = { readonly [S in SensorName]: Readonly<Record<string, ChipRow<S>>> };

/** By sensor and by the name in the settings. The first chip of a sensor is the default. */
export const CHIPS = {
  thermocouple: {
    max31856: {
      label: 'MAX31856',
      source: '19-7534: "Serial interface", pin description, table 2 (resolution)',
      choice: 'The MAX31856 resolves 0.0078 °C.',
      wiring: 'type K',
      bus: 'spi',
      modes: [1, 3],
      mostHz: 5_000_000,
      pins: { MOSI: 'SDI', MISO: 'SDO', SCLK: 'SCK', CS: 'CS' },
      stepK: 1 / 128,
      driver: (spi, { faultAboveC, mains }) => new Max31856(spi, { highFaultC: faultAboveC, mains }),
      model: (world) => new Max31856Chip(world),
    },
    max31855: {
      label: 'MAX31855',
      source: '19-5793: "Serial-interface timing characteristics", pin description, table 4 (resolution)',
      choice: 'The 0.25 °C steps of a MAX31855 cannot show the 0.5 °C swing of a 0.1/1 s pattern.',
      wiring: 'type K',
      bus: 'spi',
      modes: [0],
      mostHz: 5_000_000,
      pins: { MOSI: null, MISO: 'SO', SCLK: 'SCK', CS: 'CS' },
      stepK: 0.25,
      driver: (spi) => new Max31855(spi),
      model: (world) => new Max31855Chip(world),
    },
  },
  infrared: {
    mlx90614: {
      label: 'MLX90614',
      source: '3901090614 rev 013: section 8.4 (SMBus clock and time-out), section 8.7 (resolution)',
      choice: '',
      wiring: '',
      bus: 'i2c',
      address: MLX90614_ADDRESS,
      isAddressFixed: false,
      leastHz: 10_000,
      mostHz: 100_000,
      wantedHz: 50_000,
      // Half a period of a slower clock comes too near to the 45 µs after which the chip resets its interface.
      slow: { hz: 11_000, danger: 'a clock high for 45 µs resets the MLX90614' },
      bytes: 12,
      stepK: 0.02,
      driver: (i2c, address, { checkPec }) => new Mlx90614(i2c, { address, pecCheck: checkPec }),
      model: (world, address) => new Mlx90614Chip(world, { address }),
    },
  },
  power: {
    ina226: {
      label: 'INA226',
      source: 'SBOS547B: section 7.6.2 (shunt range), section 6.5 (shunt offset), bus timing (SCL frequency)',
      choice: '',
      wiring: 'VBUS behind the fuse',
      bus: 'i2c',
      address: INA226_ADDRESS,
      isAddressFixed: false,
      leastHz: 1_000,
      mostHz: 400_000,
      wantedHz: null,
      slow: null,
      bytes: 10,
      fullScaleV: 0.08192,
      offsetV: 10e-6,
      shunt: 'last',
      driver: (i2c, address, { shuntOhm }) => new Ina226(i2c, { address, shuntOhm }),
      model: (world, address, { shuntOhm }) => new Ina226Chip(world, { address, shuntOhm }),
    },
    ina219: {
      label: 'INA219',
      source:
        'SBOS448G: section 8.6.3.1 (shunt range), section 7.5 (shunt offset, PGA ÷8), pin functions (supply measured at ' +
        'IN−), bus timing (SCL frequency)',
      choice: '',
      wiring: 'before the switches',
      bus: 'i2c',
      address: INA219_ADDRESS,
      isAddressFixed: false,
      leastHz: 1_000,
      mostHz: 400_000,
      wantedHz: null,
      slow: null,
      bytes: 10,
      fullScaleV: 0.32,
      offsetV: 200e-6,
      shunt: 'before the switches',
      driver: (i2c, address, { shuntOhm }) => new Ina219(i2c, { address, shuntOhm }),
      model: (world, address, { shuntOhm }) => new Ina219Chip(world, { address, shuntOhm }),
    },
  },
  photodiodes: {
    ads1115: {
      label: 'ADS1115',
      source: 'SBAS444: I2C timing requirements (SCL frequency), table 7-1 note (inputs end at VDD)',
      choice: '',
      wiring: '',
      bus: 'i2c',
      address: ADS1115_ADDRESS,
      isAddressFixed: false,
      leastHz: 10_000,
      mostHz: 400_000,
      wantedHz: null,
      slow: null,
      bytes: 14,
      hasInputs: true,
      brings: 'one in turn',
      driver: (i2c, address, { inputs, lightSupplyV, lightEveryUs }) =>
        new Ads1115(i2c, { address, inputs, supplyV: lightSupplyV, everyUs: lightEveryUs }),
      model: (world, address, { lightSupplyV }) => new Ads1115Chip(world, { address, supplyV: lightSupplyV }),
    },
    mcp3208: {
      label: 'MCP3208',
      source: 'DS21298E: electrical characteristics (clock at 2.7 V), table 3-1 (pins), section 6.1 (modes)',
      choice: '',
      wiring: 'VREF to VDD',
      bus: 'spi',
      modes: [0, 3],
      mostHz: 1_000_000,
      pins: { MOSI: 'DIN', MISO: 'DOUT', SCLK: 'CLK', CS: 'CS' },
      hasInputs: true,
      brings: 'all at once',
      driver: (spi, { inputs, lightSupplyV }) => new Mcp3208(spi, { inputs, referenceV: lightSupplyV }),
      model: (world, { lightSupplyV }) => new Mcp3208Chip(world, { referenceV: lightSupplyV }),
    },
    as7341: {
      label: 'AS7341',
      source:
        'DS000504: I2C timing (SCL frequency), section 9.1 (its one address), electrical characteristics (supply), ' +
        'section 10.2 (saturation)',
      choice:
        'An AS7341 has filters and amplifiers of its own and needs i2c.photodiodeAddress 57, photodiodes.gain, and a ' +
        'pl.segregatedRatio of its own.',
      wiring: 'on a board with its own 1.8 V',
      bus: 'i2c',
      address: AS7341_ADDRESS,
      isAddressFixed: true,
      leastHz: 1_000,
      mostHz: 400_000,
      wantedHz: null,
      slow: null,
      bytes: 40,
      hasInputs: false,
      brings: 'gathered',
      driver: (i2c, address, { inputs, lightSupplyV, lightEveryUs, lightGain, mains }) =>
        new As7341(i2c, { address, inputs, fullV: lightSupplyV, everyUs: lightEveryUs, gain: lightGain, mains }),
      model: (world, address, { inputs, lightSupplyV }) =>
        new As7341Chip(world, { address, inputs, fullV: lightSupplyV }),
    },
  },
} as const satisfies ChipTable;

/** The gains of a light sensor that has its own amplifiers. */
export const LIGHT_GAINS: readonly As7341Gain[] = AS7341_GAINS;

/** The converter that drives the excitation light where a line does not. */
export interface LightDacRow extends I2cFacts {
  /** The highest of its addresses; `address` is the lowest. */
  readonly lastAddress: number;
  readonly driver: (i2c: PlainI2cPort, address: number, now: () => Instant) => LightDac;
  /** As a bench has it that was set up: dark after power-up. */
  readonly model: (world: LightDacAnalogue, address: number) => LightDacModel;
}

export const LIGHT_DAC: LightDacRow = {
  label: 'MCP4725',
  source: 'DS22039D: I2C serial timing (SCL frequency), device addressing, "Write commands" (fast mode)',
  choice: '',
  wiring: 'VOUT to the light driver’s analogue input',
  bus: 'i2c',
  address: MCP4725_ADDRESS,
  isAddressFixed: false,
  lastAddress: 0x67,
  leastHz: 1_000,
  mostHz: 400_000,
  wantedHz: null,
  slow: null,
  bytes: 3,
  driver: (i2c, address, now) => new Mcp4725(i2c, { address, now }),
  model: (world, address) => new Mcp4725Chip(world, { address, powerUpCode: 0 }),
};

export type ChipName<S extends SensorName> = Extract<keyof (typeof CHIPS)[S], string>;
/** The buses that the chips of a sensor use. */
export type BusOf<S extends SensorName> = {
  [N in ChipName<S>]: (typeof CHIPS)[S][N] extends { readonly bus: infer B extends 'spi' | 'i2c' } ? B : never;
}[ChipName<S>];
export type { SensorName };

const TABLE: ChipTable = CHIPS;

/** The names of a sensor’s chips, the default first. */
export const chipNames = <S extends SensorName>(sensor: S): readonly ChipName<S>[] =>
  Object.keys(CHIPS[sensor]) as ChipName<S>[];

/** The row of a chip. @throws AssertionError for a name that the sensor does not have */
export function chipRow<S extends SensorName>(sensor: S, name: string): ChipRow<S> {
  const row = TABLE[sensor][name];
  assert(row !== undefined, `${name} is not a chip of the sensor ${sensor}`);
  return row;
}
