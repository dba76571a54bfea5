/** What can be asked of the emulator, and done to it, from its standard input. */
import type { Reading, Sensor } from '../../../src/hal/ports.ts';
import { INJECTIONS, type Injection, isInjectionName } from '../../../src/hal/sim/injection.ts';
import type { Settings } from '../../../src/params/settings.ts';
import type { Micros } from '../../../src/units.ts';
import type { LiveBench } from './bench.ts';
import type { Board } from './board.ts';
import type { I2cAdapter, SpiController } from './bus.ts';
import type { LineChange } from './lines.ts';
import type { BenchServer } from './server.ts';

export interface Context {
  readonly settings: Settings;
  readonly live: LiveBench;
  readonly board: Board;
  readonly i2c: I2cAdapter;
  readonly spi: SpiController;
  readonly server: BenchServer;
  readonly timeline: LineChange[];
  now(): Micros;
}

export type Command =
  | { readonly cmd: 'state' | 'timeline' | 'quit' }
  | { readonly cmd: 'release'; readonly mode: 'keeps' | 'input' }
  | { readonly cmd: 'contact'; readonly which: 'estop' | 'lid'; readonly closed: boolean }
  | { readonly cmd: 'inject'; readonly name: string }
  | { readonly cmd: 'hang'; readonly every: number; readonly ms: number }
  | {
      readonly cmd: 'errno';
      readonly bus: 'i2c' | 'spi';
      readonly address?: number;
      readonly errno: number;
      readonly count: number;
      /** address: when a program sets the address of its I2C file, as a kernel driver's claim shows. */
      readonly at?: 'address' | 'transfer';
    }
  | { readonly cmd: 'freeze'; readonly on: boolean }
  /** Writes to a sysfs attribute of a line fail with `errno`; 0 takes it back. */
  | { readonly cmd: 'refuse'; readonly line: number; readonly attribute: string; readonly errno: number }
  /** Bytes as the simulated ports give them, to compare with. */
  | { readonly cmd: 'i2c'; readonly address: number; readonly command: number; readonly length: number }
  | { readonly cmd: 'spi'; readonly device: 'thermocouple' | 'photodiodes'; readonly tx: readonly number[] }
  /** A reading through the simulated ports. */
  | { readonly cmd: 'read'; readonly device: 'thermocouple' | 'infrared' | 'power' | 'photodiodes' };

/** Does one command. @returns the object to answer with. @throws Error for a command that makes no sense */
export function carryOut(c: Context, command: Command): unknown {
  switch (command.cmd) {
    case 'state':
      return state(c);
    case 'timeline':
      // Two processes' changes may have been looked at in another order than they happened.
      return {
        timeline: c.timeline
          .splice(0)
          .sort((a, b) => a.at - b.at)
          .map(({ at, offset, level, cause }) => ({ at, line: offset, level, cause })),
      };
    case 'release':
      c.board.setRelease(command.mode);
      return { ok: true };
    case 'contact': {
      const at = c.now();
      c.live.advance(at);
      c.live.bench[command.which].isClosed = command.closed;
      const line = command.which === 'estop' ? 'gpio.estopLine' : 'gpio.lidLine';
      c.board.main.settle(c.settings[line], at, 'outside');
      return { ok: true, at };
    }
    case 'inject': {
      if (!isInjectionName(command.name)) throw new Error(`no injection ${command.name}`);
      const at = c.now();
      c.live.advance(at);
      const injection: Injection = INJECTIONS[command.name];
      injection.inject?.(c.live.bench);
      for (const line of ['gpio.estopLine', 'gpio.lidLine'] as const)
        c.board.main.settle(c.settings[line], at, 'outside');
      return { ok: true, at };
    }
    case 'hang':
      c.i2c.hang = { every: command.every, ms: command.ms };
      return { ok: true };
    case 'errno': {
      const { address, errno, count: left, at = 'transfer' } = command;
      const { faults } = command.bus === 'i2c' ? c.i2c : c.spi;
      // One order at a time: count 0 takes it back.
      faults.length = 0;
      faults.push({ address, errno, left, at });
      return { ok: true };
    }
    case 'freeze':
      c.live.freeze(command.on);
      return { ok: true };
    case 'refuse':
      c.board.refused.set(`${command.line} ${command.attribute}`, command.errno);
      return { ok: true };
    case 'i2c': {
      c.live.advance(c.now());
      const into = new Uint8Array(command.length);
      let answered = false;
      c.live.bench.i2c.readBlock(command.address, command.command, into, (error) => {
        answered = error === null;
      });
      return { ok: answered, bytes: [...into] };
    }
    case 'spi': {
      c.live.advance(c.now());
      const rx = new Uint8Array(command.tx.length);
      c.live.bench.spi(command.device).transfer(Uint8Array.from(command.tx), rx, () => {});
      return { ok: true, bytes: [...rx] };
    }
    case 'read': {
      c.live.advance(c.now());
      const sensor: Sensor<unknown> = c.live.drivers[command.device];
      let reading: Reading<unknown> | null = null;
      sensor.read(c.live.bench.now, (answer) => {
        reading = answer;
      });
      return { reading };
    }
    case 'quit':
      setImmediate(() => process.exit(0));
      return { ok: true };
  }
}

function state({ settings, live, board, i2c, spi, server, now }: Context): unknown {
  const at = now();
  live.advance(at);
  const { bench } = live;
  const level = (line: number) => board.main.line(line).level;
  return {
    now: at,
    heater: level(settings['gpio.heaterLine']),
    enable: level(settings['gpio.enableLine']),
    light: level(settings['gpio.lightLine']),
    pumpClosed: bench.pump.closed,
    flowingA: bench.heaterA,
    lastHeatUs: bench.lastHeatUs,
    energyJ: bench.energyJ,
    filmC: bench.twin.filmC,
    exported: board.exported(),
    held: board.held(),
    open: server.open(),
    transfers: { i2c: i2c.transfers, spi: spi.transfers },
  };
}
