/** From the named settings to the ports and drivers. One line a chip; adding one touches nothing else. */
import type { Settings } from '../params/settings.ts';
import type { SampleName } from '../twin/samples.ts';
import { millis, ratio, seconds } from '../units.ts';
import { Ads1115 } from './drivers/ads1115.ts';
import { Ina219 } from './drivers/ina219.ts';
import { Ina226 } from './drivers/ina226.ts';
import { Max31855 } from './drivers/max31855.ts';
import { Max31856 } from './drivers/max31856.ts';
import { Mcp3208 } from './drivers/mcp3208.ts';
import { Mlx90614 } from './drivers/mlx90614.ts';
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
import { SimBench } from './sim/bench.ts';

const THERMOCOUPLES: Record<Settings['hal.thermocouple'], (spi: SpiPort) => Sensor<ThermocoupleSample>> = {
  max31856: (spi) => new Max31856(spi),
  max31855: (spi) => new Max31855(spi),
};
const CURRENT_SENSES: Record<Settings['hal.currentSense'], (i2c: I2cPort) => Sensor<PowerSample>> = {
  ina226: (i2c) => new Ina226(i2c),
  ina219: (i2c) => new Ina219(i2c),
};
const PHOTODIODES: Record<Settings['hal.photodiodes'], (i2c: I2cPort, spi: SpiPort) => Sensor<PhotodiodeSample>> = {
  ads1115: (i2c) => new Ads1115(i2c),
  mcp3208: (_, spi) => new Mcp3208(spi),
};

/** The executor's own limits, from the local bench file. */
export function gateLimits(s: Settings): GateLimits {
  return {
    longestOnUs: millis(s['gate.longestOnMs']),
    leastOffUs: millis(s['gate.leastOffMs']),
    longestLeaseUs: millis(s['gate.leaseMs']),
    dutyMax: ratio(s['gate.dutyMax']),
    dutyWindowUs: seconds(s['gate.dutyWindowS']),
    constantUs: seconds(s['gate.constantS']),
  };
}

/** The simulated bench that the settings describe. The sample’s name must have been checked. */
export function simBench(s: Settings): SimBench {
  return new SimBench({
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
  });
}

/** Real drivers on the simulated buses. A new call is a controller that was started anew on the same bench. */
export function simHal(s: Settings, bench: SimBench): Hal {
  return {
    kind: 'sim',
    simulated: true,
    thermocouple: THERMOCOUPLES[s['hal.thermocouple']](bench.thermocoupleSpi),
    infrared: new Mlx90614(bench.i2c),
    power: CURRENT_SENSES[s['hal.currentSense']](bench.i2c),
    photodiodes: PHOTODIODES[s['hal.photodiodes']](bench.i2c, bench.photodiodeSpi),
    gate: bench.gate,
    pump: bench.pump,
    estop: bench.estop,
    lid: bench.lid,
    light: bench.light,
  };
}
