/** From the named settings to the ports and drivers; the chips themselves are rows of hal/chips. */
import type { BenchFile } from '../params/bench-file.ts';
import { eachChannel, LIGHT_CHANNELS } from '../params/channels.ts';
import { fitted, i2cBuses, i2cBusOf, i2cChips, lightDac, onSpi, SENSORS } from '../params/sensors.ts';
import type { Settings } from '../params/settings.ts';
import type { TwinParts } from '../twin/delivered.ts';
import type { SampleName } from '../twin/samples.ts';
import { after, assert, celsius, type Instant, millis, ratio, seconds, volts } from '../units.ts';
import { type Circuit, chipRow, LIGHT_DAC } from './chips.ts';
import { calibratedInfrared, calibratedPhotodiodes, calibratedThermocouple } from './drivers/calibrated.ts';
import { MidTickLight } from './drivers/mid-tick-light.ts';
import { HalOpenError } from './linux/errors.ts';
import { openGate } from './linux/gate.ts';
import { findGpioChip, gpioAccess, openInput, openLight, openPump, openSensorPower } from './linux/gpio.ts';
import { openI2c } from './linux/i2c.ts';
import { type OpenLightDac, openLightDac } from './linux/light-dac.ts';
import { openLines } from './linux/lines.ts';
import { openSpi } from './linux/spi.ts';
import type {
  GateLimits,
  Hal,
  I2cPort,
  LightPort,
  PlainI2cPort,
  Sensor,
  SensorName,
  SensorSamples,
  Sensors,
  SpiPort,
} from './ports.ts';
import { type Fitting, SimBench, type SimBenchOptions } from './sim/bench.ts';
import type { RoomCycle } from './sim/course.ts';

export { HalOpenError };

const circuitOf = (s: Settings): Circuit => ({
  shuntOhm: s['heater.shuntOhm'],
  // The chip’s FAULT pin can cut ENABLE without any software: a kelvin above our own trip.
  faultAboveC: celsius(s['limits.tripC'] + 1),
  mains: s['thermocouple.mainsHz'] === '50' ? 50 : 60,
  checkPec: s['infrared.checkPec'],
  inputs: eachChannel((name) => LIGHT_CHANNELS[name].input),
  lightSupplyV: volts(s['photodiodes.supplyV']),
  lightEveryUs: millis(s['loop.tickMs']),
  lightGain: Number(s['photodiodes.gain']) as Circuit['lightGain'],
});

interface Buses {
  /** The device of a sensor whose chip is on SPI. */
  spi(sensor: SensorName): SpiPort;
  /** The bus of a sensor whose chip is on I2C. */
  i2cOf(sensor: SensorName): I2cPort;
}

/** The driver of the chip that the settings name, where they say it is. */
function driverOf<S extends SensorName>(s: Settings, buses: Buses, sensor: S): Sensor<SensorSamples[S]> {
  const row = chipRow(sensor, s[SENSORS[sensor].chip]);
  if (row.bus === 'spi') return row.driver(buses.spi(sensor), circuitOf(s));
  return row.driver(buses.i2cOf(sensor), fitted(s, sensor).at, circuitOf(s));
}

/** The drivers that the settings name, on these buses, with what commissioning found. */
const sensors = (s: Settings, buses: Buses): Sensors => ({
  thermocouple: calibratedThermocouple(driverOf(s, buses, 'thermocouple'), s['sensors.thermocoupleOffsetK']),
  infrared: calibratedInfrared(
    driverOf(s, buses, 'infrared'),
    s['sensors.infraredEmissivity'],
    s['sensors.infraredOffsetK'],
  ),
  power: driverOf(s, buses, 'power'),
  photodiodes: calibratedPhotodiodes(
    driverOf(s, buses, 'photodiodes'),
    eachChannel((name) => volts(s[LIGHT_CHANNELS[name].darkLevel])),
  ),
});

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

/** The text of the executor’s own limits file (gate/limits.h reads it): one fact a line, from the same settings. */
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

/** The model of the chip that the settings name, where they say it is. */
function fitting<S extends SensorName>(s: Settings, sensor: S): Fitting<S> {
  const row = chipRow(sensor, s[SENSORS[sensor].chip]);
  const circuit = circuitOf(s);
  if (row.bus === 'spi') return { bus: 'spi', model: (world) => row.model(world, circuit) };
  return { bus: 'i2c', model: (world) => row.model(world, fitted(s, sensor).at, circuit) };
}

/** What of a bench file is no setting, as the twin takes it. */
function twinParts({
  substrate,
  heater,
  film,
  emission,
  ions,
  ligands,
  photoloss,
  leadLeak,
  optics,
  thermocouple,
  infrared,
  electrical,
}: BenchFile): TwinParts {
  return {
    substrate: {
      ...substrate,
      resistanceOhm: heater?.resistanceOhm,
      resistancePerK: heater?.resistancePerK,
      seriesOhm: heater?.seriesOhm,
    },
    film,
    emission,
    slow: { ions, brightening: ligands && brightened(ligands), photoloss, leadLeak },
    optics,
    sensors: {
      ...electrical,
      thermocoupleNoiseK: thermocouple?.noiseK,
      thermocoupleOffsetK: thermocouple?.offsetK,
      thermocoupleDriftKPerH: thermocouple?.driftKPerH,
      infraredNoiseK: infrared?.noiseK,
      infraredOffsetK: infrared?.offsetK,
    },
  };
}

/** The twin counts brightening from one quantum yield to another; a bench file says by how much. */
const brightened = ({ gain, ...rates }: NonNullable<BenchFile['ligands']>) => ({
  ...rates,
  ...(gain !== undefined && { plqyFrom: 1, plqyTo: 1 + gain }),
});

/** How the room of a bench file swings by itself. */
function roomCycle({ room }: BenchFile): RoomCycle | undefined {
  return room?.swingK ? { swingK: room.swingK, periodS: room.periodS ?? 86_400 } : undefined;
}

/**
 * The simulated bench that the settings describe. The sample’s name must have been checked.
 * @param file what the bench file of the settings says; null where they name none
 */
export function simBench(
  s: Settings,
  file: BenchFile | null,
  more: Pick<SimBenchOptions, 'pin' | 'startUs'> = {},
): SimBench {
  assert(file !== null || s['sim.bench'] === 'none', 'the bench file of the settings was not read');
  return new SimBench({
    ...more,
    ...(file && { parts: twinParts(file), changes: file.changes ?? [], roomCycle: roomCycle(file) }),
    sample: s['sim.sample'] as SampleName,
    seed: s['sim.seed'],
    ambientC: s['sim.ambientC'],
    noise: s['sim.noise'],
    plantMismatch: s['sim.plantMismatch'],
    thermocoupleContact: s['sim.thermocoupleContact'],
    thermocoupleLagS: s['sim.thermocoupleLagS'],
    infraredLagS: s['sim.infraredLagS'],
    emissivity: ratio(s['sim.emissivity']),
    chips: {
      thermocouple: fitting(s, 'thermocouple'),
      infrared: fitting(s, 'infrared'),
      power: fitting(s, 'power'),
      photodiodes: fitting(s, 'photodiodes'),
    },
    inputs: circuitOf(s).inputs,
    lightDac: lightDac(s) ? (world) => LIGHT_DAC.model(world, s['i2c.lightAddress']) : undefined,
    ownCurrentBus: i2cBusOf(s, 'power') !== s['i2c.bus'],
    busTimes: s['sim.busTimes'],
    spiHz: Math.min(s['spi.clockHz'], ...onSpi(s).map(({ chip }) => chip.mostHz)),
    i2cHz: Math.min(...i2cChips(s).map(({ chip }) => chip.wantedHz ?? chip.mostHz)),
    heaterA: s['heater.currentA'],
    supplyScale: s['sim.supplyScale'],
    pumpHoldUs: millis(s['enable.holdMs']),
    efuse: s['sim.efuse'],
    gateLimits: gateLimits(s),
  });
}

/** When within a tick the light changes: a conversion that the tick started has ended, and the amplifiers settle before the next. */
const LIGHT_CHANGES = 0.6;
const SETTLES_MS = 10;
const lateInTick = ({ 'loop.tickMs': tickMs }: Settings): number =>
  Math.min(LIGHT_CHANGES * tickMs, tickMs - SETTLES_MS);

/** What switches the light of a simulated bench. Where transfers take their time, so does the light. */
function simLight(s: Settings, bench: SimBench): LightPort {
  const port = lightDac(s) ? LIGHT_DAC.driver(bench.i2c, s['i2c.lightAddress'], () => bench.now) : bench.light;
  if (!s['sim.busTimes']) return port;
  return new MidTickLight(port, (act) => bench.schedule(after(bench.now, millis(lateInTick(s))), act));
}

/** Real drivers on the simulated buses. A new call is a controller that was started anew on the same bench. */
export function simHal(s: Settings, bench: SimBench): Hal {
  return {
    kind: 'sim',
    simulated: true,
    ...sensors(s, bench),
    gate: bench.gate,
    pump: bench.pump,
    estop: bench.estop,
    lid: bench.lid,
    light: simLight(s, bench),
  };
}

/** What a real bench was opened with; `close` drives every output low and hangs up on the gate. */
export interface LinuxHal extends Hal {
  /** Calls back with a sentence for people when the lines are lost or silent, which opens both contacts. */
  watch(onTrouble: (text: string) => void): void;
  close(): Promise<void>;
}

/** The controller’s own lines, opened low, by one of the two ways. */
interface Lines extends Pick<LinuxHal, 'pump' | 'estop' | 'lid' | 'light' | 'watch'> {
  /** Takes the sensors’ supply away for a moment; undefined = it is not switched. */
  readonly cycle: (() => Promise<void>) | undefined;
}

const NO_LIGHT: Hal['light'] = { set: () => {} };

/** Through onoff and /sys/class/gpio. */
async function sysfsLines(s: Settings, keep: Keep): Promise<Lines> {
  const { base } = findGpioChip(s['gpio.chip']);
  const pump = keep(await openPump(base + s['gpio.enableLine']));
  const estop = keep(await openInput(base + s['gpio.estopLine']));
  const lid = keep(await openInput(base + s['gpio.lidLine']));
  const light = s['light.drive'] === 'line' ? keep(await openLight(base + s['gpio.lightLine'])) : NO_LIGHT;
  const power = s['gpio.sensorPowerLine'];
  const supply = power === 0 ? null : keep(await openSensorPower(base + power));
  return { pump, estop, lid, light, watch: () => {}, cycle: supply?.cycle.bind(supply) };
}

/** Through the program remixd-lines and /dev/gpiochip*. */
async function chardevLines(s: Settings, keep: Keep, now: () => Instant): Promise<Lines> {
  const lit = s['light.drive'] === 'line';
  const power = s['gpio.sensorPowerLine'] || null;
  const lines = keep(
    await openLines({
      chip: s['gpio.chip'],
      enable: s['gpio.enableLine'],
      estop: s['gpio.estopLine'],
      lid: s['gpio.lidLine'],
      light: lit ? s['gpio.lightLine'] : null,
      power,
      now,
    }),
  );
  const { pump, estop, lid } = lines;
  const cycle = power === null ? undefined : lines.cyclePower.bind(lines);
  return { pump, estop, lid, light: lit ? lines.light : NO_LIGHT, watch: lines.watch.bind(lines), cycle };
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
export async function linuxHal(s: Settings, now: () => Instant): Promise<LinuxHal> {
  const open: Closable[] = [];
  const keep: Keep = (thing) => {
    open.push(thing);
    return thing;
  };
  // The gate first: hanging up turns the heater off. The buses last: what drives the light is on one.
  const last: Closable[] = [];
  const keepLast: Keep = (thing) => {
    last.push(thing);
    return thing;
  };
  let light: MidTickLight | null = null;
  const close = (): Promise<void> => {
    light?.close();
    return closeAll([...open.splice(0), ...last.splice(0)]);
  };
  try {
    const gate = keep(await openGate({ path: s['gate.socket'], now }));
    const way = await gpioAccess(s['gpio.access']);
    const { cycle, ...lines } = await (way === 'sysfs' ? sysfsLines(s, keep) : chardevLines(s, keep, now));
    const buses = await linuxBuses(s, keepLast, cycle);
    const dac = lightDac(s) ? keep(await openDac(s, buses.plain(s['i2c.bus']), now)) : null;
    light = new MidTickLight(dac ?? lines.light, (act) => void setTimeout(act, lateInTick(s)));
    const watch: LinuxHal['watch'] = (onTrouble) => {
      lines.watch(onTrouble);
      dac?.watch(onTrouble);
    };
    return { kind: 'linux', simulated: false, ...sensors(s, buses), gate, ...lines, light, watch, close };
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

interface LinuxBuses extends Buses {
  plain(bus: number): PlainI2cPort;
}

/** The converter of the light, dark from here on. */
function openDac(s: Settings, i2c: PlainI2cPort, now: () => Instant): Promise<OpenLightDac> {
  const address = s['i2c.lightAddress'];
  const dac = LIGHT_DAC.driver(i2c, address, now);
  return openLightDac(dac, { label: LIGHT_DAC.label, address, bus: s['i2c.bus'] });
}

/** SPI and I2C alone: all that reading the sensors needs. */
async function linuxBuses(s: Settings, keep: Keep, powerCycle?: () => Promise<void>): Promise<LinuxBuses> {
  const ports = new Map<SensorName, SpiPort>();
  for (const { sensor, chip, at } of onSpi(s)) {
    const clockHz = Math.min(s['spi.clockHz'], chip.mostHz);
    ports.set(sensor, keep(await openSpi({ bus: s['spi.bus'], select: at, mode: chip.modes[0], clockHz })));
  }
  const i2c = new Map<number, PlainI2cPort>();
  for (const bus of i2cBuses(s)) {
    const addresses = i2cChips(s).flatMap(({ at, on }) => (on === bus ? [at] : []));
    i2c.set(bus, keep(await openI2c({ bus, addresses, ...(powerCycle && { powerCycle }) })));
  }
  const plain = (bus: number): PlainI2cPort => {
    const port = i2c.get(bus);
    assert(port, `I2C bus ${bus} was not opened`);
    return port;
  };
  const i2cOf = (sensor: SensorName): I2cPort => plain(i2cBusOf(s, sensor));
  const spi = (sensor: SensorName): SpiPort => {
    const port = ports.get(sensor);
    assert(port, `the ${sensor} chip is not on SPI`);
    return port;
  };
  return { spi, i2cOf, plain };
}
