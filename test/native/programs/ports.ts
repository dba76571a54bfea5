/**
 * A process that holds ports of the real bench, on the unmodified native modules, and does with them what it reads from
 * its standard input: one JSON request a line, one JSON answer a line.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Ads1115 } from '../../../src/hal/drivers/ads1115.ts';
import { As7341 } from '../../../src/hal/drivers/as7341.ts';
import { Ina219 } from '../../../src/hal/drivers/ina219.ts';
import { Ina226 } from '../../../src/hal/drivers/ina226.ts';
import { Max31855 } from '../../../src/hal/drivers/max31855.ts';
import { Max31856 } from '../../../src/hal/drivers/max31856.ts';
import { Mcp3208 } from '../../../src/hal/drivers/mcp3208.ts';
import { Mlx90614 } from '../../../src/hal/drivers/mlx90614.ts';
import { HalOpenError } from '../../../src/hal/linux/errors.ts';
import {
  findGpioChip,
  type LinuxInput,
  type LinuxLight,
  type LinuxPump,
  type LinuxSensorPower,
  openInput,
  openLight,
  openPump,
  openSensorPower,
} from '../../../src/hal/linux/gpio.ts';
import { type LinuxI2c, type LinuxI2cOptions, openI2c } from '../../../src/hal/linux/i2c.ts';
import { type LinuxSpi, type LinuxSpiOptions, openSpi } from '../../../src/hal/linux/spi.ts';
import type { HalError, Reading, Sensor } from '../../../src/hal/ports.ts';
import { instant, millis, ratio } from '../../../src/units.ts';

export type DriverName = 'max31855' | 'max31856' | 'mlx90614' | 'ads1115' | 'as7341' | 'mcp3208' | 'ina226' | 'ina219';

export type Request =
  | { readonly do: 'findGpioChip'; readonly wanted: string }
  | { readonly do: 'openInput' | 'openPump' | 'openLight' | 'openSensorPower'; readonly line: number }
  | ({ readonly do: 'openI2c'; readonly powered?: boolean } & LinuxI2cOptions)
  | ({ readonly do: 'openSpi' } & LinuxSpiOptions)
  | { readonly do: 'closed' }
  | { readonly do: 'toggle'; readonly times: number }
  | { readonly do: 'light'; readonly level: number }
  | { readonly do: 'readBlock'; readonly address: number; readonly command: number; readonly length: number }
  | { readonly do: 'write'; readonly address: number; readonly bytes: readonly number[] }
  | { readonly do: 'transfer'; readonly tx: readonly number[] }
  | { readonly do: 'read'; readonly driver: DriverName }
  | { readonly do: 'load'; readonly attempts: number; readonly everyMs: number }
  | { readonly do: 'time'; readonly times: number }
  | { readonly do: 'counts' | 'close' };

export interface Transferred {
  readonly error: HalError | null;
  readonly bytes: readonly number[];
}

/** What a load of many reads did to the process. Times in ms. */
export interface Load {
  readonly kinds: Readonly<Record<string, number>>;
  readonly details: Readonly<Record<string, number>>;
  readonly spiOk: number;
  readonly worstTimerMs: number;
  readonly worstFileMs: number;
  readonly worstAnswerMs: number;
}

export interface Counts {
  /** Sockets, which all virtual files are. */
  readonly sockets: number;
  readonly reopened: number;
  readonly powerCycles: number;
  readonly errors: Readonly<Record<string, number>>;
}

const held: {
  i2c?: LinuxI2c;
  spi?: LinuxSpi;
  input?: LinuxInput;
  pump?: LinuxPump;
  light?: LinuxLight;
  power?: LinuxSensorPower;
} = {};
const drivers = new Map<DriverName, Sensor<unknown>>();

function need<K extends keyof typeof held>(name: K): NonNullable<(typeof held)[K]> {
  const port = held[name];
  if (!port) throw new Error(`${name} is not open`);
  return port as NonNullable<(typeof held)[K]>;
}

/** The light channels on the first four inputs of a converter. */
const INPUTS = { green: 0, red: 1, broadband: 2, reference: 3 };
const DRIVERS: Record<DriverName, () => Sensor<unknown>> = {
  max31855: () => new Max31855(need('spi')),
  max31856: () => new Max31856(need('spi')),
  mcp3208: () => new Mcp3208(need('spi'), { inputs: INPUTS }),
  mlx90614: () => new Mlx90614(need('i2c')),
  ads1115: () => new Ads1115(need('i2c'), { inputs: INPUTS }),
  as7341: () => new As7341(need('i2c'), { inputs: INPUTS, everyUs: millis(50) }),
  ina226: () => new Ina226(need('i2c')),
  ina219: () => new Ina219(need('i2c')),
};

const nowUs = () => instant(Number(process.hrtime.bigint() / 1000n));

function read(name: DriverName): Promise<Reading<unknown>> {
  const driver = drivers.get(name) ?? DRIVERS[name]();
  drivers.set(name, driver);
  return new Promise((resolve) => driver.read(nowUs(), resolve));
}

function readBlock(address: number, command: number, length: number): Promise<Transferred> {
  const into = new Uint8Array(length);
  return new Promise((resolve) => {
    need('i2c').readBlock(address, command, into, (error) => resolve({ error, bytes: [...into] }));
  });
}

function transfer(tx: readonly number[]): Promise<Transferred> {
  const rx = new Uint8Array(tx.length);
  return new Promise((resolve) => {
    need('spi').transfer(Uint8Array.from(tx), rx, (error) => resolve({ error, bytes: [...rx] }));
  });
}

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Reads a block every `everyMs` while a timer, file reads and SPI transfers show how the process fares. */
async function load(attempts: number, everyMs: number): Promise<Load> {
  const kinds: Record<string, number> = {};
  const details: Record<string, number> = {};
  let spiOk = 0;
  let worstTimerMs = 0;
  let worstFileMs = 0;
  let worstAnswerMs = 0;
  let going = true;
  const timer = (async () => {
    while (going) {
      const start = performance.now();
      await later(10);
      worstTimerMs = Math.max(worstTimerMs, performance.now() - start - 10);
    }
  })();
  const files = (async () => {
    while (going) {
      const start = performance.now();
      await readFile('/proc/self/stat');
      worstFileMs = Math.max(worstFileMs, performance.now() - start);
      if ((await transfer([0, 0, 0, 0])).error === null) spiOk += 1;
      await later(10);
    }
  })();
  const answers: Promise<void>[] = [];
  for (let i = 0; i < attempts; i += 1) {
    const start = performance.now();
    answers.push(
      readBlock([0x5a, 0x40][i % 2]!, [0x07, 0x02][i % 2]!, [3, 2][i % 2]!).then(({ error }) => {
        worstAnswerMs = Math.max(worstAnswerMs, performance.now() - start);
        const kind = error?.kind ?? 'ok';
        kinds[kind] = (kinds[kind] ?? 0) + 1;
        if (error) details[error.detail] = (details[error.detail] ?? 0) + 1;
      }),
    );
    await later(everyMs);
  }
  await Promise.all(answers);
  going = false;
  await Promise.all([timer, files]);
  return { kinds, details, spiOk, worstTimerMs, worstFileMs, worstAnswerMs };
}

/** Mean time of each operation, µs. */
async function time(times: number): Promise<Record<string, number>> {
  const result: Record<string, number> = {};
  const measure = async (name: string, act: () => unknown) => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < times; i += 1) await act();
    result[name] = Number(process.hrtime.bigint() - start) / 1e3 / times;
  };
  await measure('i2c readBlock', () => readBlock(0x5a, 7, 3));
  await measure('spi transfer', () => transfer([0, 0, 0, 0]));
  await measure('gpio writeSync', () => need('pump').toggle());
  await measure('gpio readSync', () => need('input').closed());
  return result;
}

function counts(): Counts {
  const sockets = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  });
  return {
    sockets: sockets.length,
    reopened: held.i2c?.reopened ?? 0,
    powerCycles: held.i2c?.powerCycles ?? 0,
    errors: { input: held.input?.errors ?? 0, pump: held.pump?.errors ?? 0, light: held.light?.errors ?? 0 },
  };
}

async function carryOut(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'findGpioChip':
      return findGpioChip(request.wanted);
    case 'openInput':
      held.input = await openInput(request.line);
      return {};
    case 'openPump':
      held.pump = await openPump(request.line);
      return {};
    case 'openLight':
      held.light = await openLight(request.line);
      return {};
    case 'openSensorPower':
      held.power = await openSensorPower(request.line);
      return {};
    case 'openI2c':
      held.i2c = await openI2c(request.powered ? { ...request, powerCycle: () => need('power').cycle() } : request);
      return {};
    case 'openSpi':
      held.spi = await openSpi(request);
      return {};
    case 'closed':
      return { closed: need('input').closed() };
    case 'toggle':
      for (let i = 0; i < request.times; i += 1) need('pump').toggle();
      return {};
    case 'light':
      need('light').set(ratio(request.level));
      return {};
    case 'readBlock':
      return readBlock(request.address, request.command, request.length);
    case 'write':
      return new Promise((resolve) => {
        need('i2c').write(request.address, Uint8Array.from(request.bytes), (error) => resolve({ error, bytes: [] }));
      });
    case 'transfer':
      return transfer(request.tx);
    case 'read':
      return { reading: await read(request.driver) };
    case 'load':
      return load(request.attempts, request.everyMs);
    case 'time':
      return time(request.times);
    case 'counts':
      return counts();
    case 'close':
      for (const port of Object.values(held)) port.close();
      return {};
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  carryOut(JSON.parse(line) as Request).then(
    (answer) => console.log(JSON.stringify(answer)),
    (error: unknown) => {
      const refused =
        error instanceof HalOpenError
          ? { code: error.code, path: error.path, cause: error.cause, remedy: error.remedy }
          : { code: 'THROWN', path: '', cause: String(error), remedy: '' };
      console.log(JSON.stringify({ refused }));
    },
  );
});
