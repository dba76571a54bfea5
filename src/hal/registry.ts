/** From the named settings to the ports and drivers. One line a chip; adding one touches nothing else. */
import type { Settings } from '../params/settings.ts';
import type { SampleName } from '../twin/samples.ts';
import { celsius, type Micros, millis, ratio, seconds, volts } from '../units.ts';
import { Ads1115 } from './drivers/ads1115.ts';
import { calibratedInfrared, calibratedPhotodiodes, calibratedThermocouple } from './drivers/calibrated.ts';
import { Ina219 } from './drivers/ina219.ts';
import { Ina226 } from './drivers/ina226.ts';
import { Max31855 } from './drivers/max31855.ts';
import { Max31856 } from './drivers/max31856.ts';
import { Mcp3208 } from './drivers/mcp3208.ts';
import { Mlx90614 } from './drivers/mlx90614.ts';
import { HalOpenError } from './linux/errors.ts';
import { openGate } from './linux/gate.ts';
import { findGpioChip, openInput, openLight, openPump, openSensorPower } from './linux/gpio.ts';
import { openI2c } from './linux/i2c.ts';
import { openSpi } from './linux/spi.ts';
import type {
  GateLimits,
  Hal,
  I2cPort,
  PhotodiodeSample,
  PowerSample,
  Sensor,
  SpiPort,
  ThermocoupleSample,
} from './ports.ts';
import { SimBench, type SimBenchOptions } from './sim/bench.ts';

export { HalOpenError };

const THERMOCOUPLES: Record<Settings['hal.thermocouple'], (spi: SpiPort, s: Settings) => Sensor<ThermocoupleSample>> = {
  // The chip’s own threshold pulls its FAULT pin, which can cut ENABLE without any software: a kelvin above our trip.
  max31856: (spi, s) => new Max31856(spi, { highFaultC: celsius(s['limits.tripC'] + 1) }),
  max31855: (spi) => new Max31855(spi),
};
const CURRENT_SENSES: Record<Settings['hal.currentSense'], (i2c: I2cPort, s: Settings) => Sensor<PowerSample>> = {
  ina226: (i2c, s) => new Ina226(i2c, { address: s['i2c.currentAddress'], shuntOhm: s['heater.shuntOhm'] }),
  ina219: (i2c, s) => new Ina219(i2c, { address: s['i2c.currentAddress'], shuntOhm: s['heater.shuntOhm'] }),
};
const PHOTODIODES: Record<
  Settings['hal.photodiodes'],
  (i2c: I2cPort, spi: SpiPort, s: Settings) => Sensor<PhotodiodeSample>
> = {
  ads1115: (i2c, _, s) => new Ads1115(i2c, { address: s['i2c.photodiodeAddress'] }),
  mcp3208: (_, spi) => new Mcp3208(spi),
};

interface Buses {
  readonly thermocouple: SpiPort;
  readonly photodiode: SpiPort;
  readonly i2c: I2cPort;
}

/** The drivers that the settings name, on these buses, with what commissioning found. */
function sensors(s: Settings, buses: Buses): Pick<Hal, 'thermocouple' | 'infrared' | 'power' | 'photodiodes'> {
  const infrared = new Mlx90614(buses.i2c, { address: s['i2c.infraredAddress'], pecCheck: s['infrared.checkPec'] });
  return {
    thermocouple: calibratedThermocouple(
      THERMOCOUPLES[s['hal.thermocouple']](buses.thermocouple, s),
      s['sensors.thermocoupleOffsetK'],
    ),
    infrared: calibratedInfrared(infrared, s['sensors.infraredEmissivity'], s['sensors.infraredOffsetK']),
    power: CURRENT_SENSES[s['hal.currentSense']](buses.i2c, s),
    photodiodes: calibratedPhotodiodes(PHOTODIODES[s['hal.photodiodes']](buses.i2c, buses.photodiode, s), {
      green: volts(s['photodiodes.greenDarkV']),
      red: volts(s['photodiodes.redDarkV']),
      broadband: volts(s['photodiodes.broadbandDarkV']),
      reference: volts(s['photodiodes.referenceDarkV']),
    }),
  };
}

/** The executor's own limits, from the local bench file. */
export function gateLimits(s: Settings): GateLimits {
  return {
    longestOnUs: millis(s['gate.longestOnMs']),
    leastOffUs: millis(s['gate.leastOffMs']),
    longestLeaseUs: millis(s['gate.leaseMs']),
    dutyMax: ratio(s['gate.dutyMax']),
    dutyWindowUs: seconds(s['gate.dutyWindowS']),
    constantUs: seconds(s['gate.constantS']),
    heaterLine: s['gpio.heaterLine'],
    enableLine: s['gpio.enableLine'],
  };
}

/** The text of the executor’s own limits file (gate/line.h reads it): one fact a line, from the same settings. */
export function gateLimitsFile(s: Settings): string {
  const { longestOnUs, leastOffUs, longestLeaseUs, dutyMax, dutyWindowUs, constantUs, heaterLine, enableLine } =
    gateLimits(s);
  const facts: readonly (readonly [string, string | number])[] = [
    ['chip', s['gpio.chip']],
    ['heater-line', heaterLine],
    ['enable-line', enableLine],
    ['longest-on-us', longestOnUs],
    ['least-off-us', leastOffUs],
    ['longest-lease-us', longestLeaseUs],
    ['duty-max-ppm', Math.round(dutyMax * 1e6)],
    ['duty-window-us', dutyWindowUs],
    ['constant-us', constantUs],
  ];
  const head = '# The limits of remixd-gate, written by "remixd config gate". Restart the gate after a change.\n';
  return head + facts.map(([key, value]) => `${key} ${value}\n`).join('');
}

/** The simulated bench that the settings describe. The sample’s name must have been checked. */
export function simBench(s: Settings, more: Pick<SimBenchOptions, 'pin' | 'startUs'> = {}): SimBench {
  return new SimBench({
    ...more,
    sample: s['sim.sample'] as SampleName,
    seed: s['sim.seed'],
    ambientC: s['sim.ambientC'],
    noise: s['sim.noise'],
    plantMismatch: s['sim.plantMismatch'],
    thermocoupleContact: s['sim.thermocoupleContact'],
    thermocoupleLagS: s['sim.thermocoupleLagS'],
    infraredLagS: s['sim.infraredLagS'],
    emissivity: s['sim.emissivity'],
    thermocouple: s['hal.thermocouple'],
    currentSense: s['hal.currentSense'],
    photodiodes: s['hal.photodiodes'],
    heaterA: s['heater.currentA'],
    supplyScale: s['sim.supplyScale'],
    pumpHoldUs: millis(s['enable.holdMs']),
    efuse: s['sim.efuse'],
    gateLimits: gateLimits(s),
    addresses: {
      infrared: s['i2c.infraredAddress'],
      current: s['i2c.currentAddress'],
      photodiode: s['i2c.photodiodeAddress'],
    },
  });
}

/** Real drivers on the simulated buses. A new call is a controller that was started anew on the same bench. */
export function simHal(s: Settings, bench: SimBench): Hal {
  return {
    kind: 'sim',
    simulated: true,
    ...sensors(s, { thermocouple: bench.thermocoupleSpi, photodiode: bench.photodiodeSpi, i2c: bench.i2c }),
    gate: bench.gate,
    pump: bench.pump,
    estop: bench.estop,
    lid: bench.lid,
    light: bench.light,
  };
}

/** What a real bench was opened with; `close` drives every output low and hangs up on the gate. */
export interface LinuxHal extends Hal {
  close(): Promise<void>;
}

interface Closable {
  close(): void | Promise<void>;
}

/** Closes in order; one that cannot be closed does not keep the others open. The first failure is thrown at the end. */
async function closeAll(open: Closable[]): Promise<void> {
  const failures: unknown[] = [];
  for (let thing = open.shift(); thing; thing = open.shift()) {
    try {
      await thing.close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** Notes what was opened, to close it in the same order. */
type Keep = <T extends Closable>(thing: T) => T;

/**
 * Opens the real bench that the settings describe, outputs low. `now` reads CLOCK_MONOTONIC in µs.
 * @throws HalOpenError for the first thing that is missing; what was opened before it is closed again
 */
export async function linuxHal(s: Settings, now: () => Micros): Promise<LinuxHal> {
  const open: Closable[] = [];
  const keep: Keep = (thing) => {
    open.push(thing);
    return thing;
  };
  // The gate first: hanging up turns the heater off.
  const close = (): Promise<void> => closeAll(open);
  try {
    const gate = keep(await openGate({ path: s['gate.socket'], now }));
    const { base } = findGpioChip(s['gpio.chip']);
    const pump = keep(await openPump(base + s['gpio.enableLine']));
    const estop = keep(await openInput(base + s['gpio.estopLine']));
    const lid = keep(await openInput(base + s['gpio.lidLine']));
    const light = s['light.drive'] === 'none' ? { set: () => {} } : keep(await openLight(base + s['gpio.lightLine']));
    const power = s['gpio.sensorPowerLine'];
    const supply = power === 0 ? null : keep(await openSensorPower(base + power));
    const buses = await linuxBuses(s, keep, supply?.cycle.bind(supply));
    return { kind: 'linux', simulated: false, ...sensors(s, buses), gate, pump, estop, lid, light, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The sensors of a real bench and nothing that could drive anything; for looking at them outside of a run. */
export async function linuxSensors(s: Settings): Promise<ReturnType<typeof sensors> & Closable> {
  const open: Closable[] = [];
  const close = (): Promise<void> => closeAll(open);
  try {
    const buses = await linuxBuses(s, (thing) => {
      open.push(thing);
      return thing;
    });
    return { ...sensors(s, buses), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** SPI and I2C alone: all that reading the sensors needs. */
async function linuxBuses(s: Settings, keep: Keep, powerCycle?: () => Promise<void>): Promise<Buses> {
  const spi = async (select: number, mode: 0 | 1): Promise<SpiPort> =>
    keep(await openSpi({ bus: s['spi.bus'], select, mode, clockHz: s['spi.clockHz'] }));
  // A MAX31856 needs mode 1 or 3, the other two mode 0.
  const thermocouple = await spi(s['spi.thermocoupleSelect'], s['hal.thermocouple'] === 'max31856' ? 1 : 0);
  const photodiode = s['hal.photodiodes'] === 'mcp3208' ? await spi(s['spi.photodiodeSelect'], 0) : thermocouple;
  const addresses = [s['i2c.infraredAddress'], s['i2c.currentAddress']];
  if (s['hal.photodiodes'] === 'ads1115') addresses.push(s['i2c.photodiodeAddress']);
  const i2c = keep(await openI2c({ bus: s['i2c.bus'], addresses, ...(powerCycle && { powerCycle }) }));
  return { thermocouple, photodiode, i2c };
}
