/** One connection per opened virtual file: what is asked on it, and what its end means. */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { type LiveBench, monotonicUs } from './bench.ts';
import { type Board, lineHolder } from './board.ts';
import type { I2cAdapter, SpiController } from './bus.ts';
import { LineLog } from './line-log.ts';
import type { Level, LineBank, WantedLine } from './lines.ts';
import { FLAG } from './lines.ts';
import { type Ask, answer, ERRNO, Frames, field, OP, Refusal, text } from './wire.ts';

export interface World {
  readonly board: Board;
  readonly i2c: I2cAdapter;
  readonly spi: SpiController;
  readonly live: LiveBench;
}

type Kind = 'new' | 'i2c' | 'spi' | 'chip' | 'attribute' | 'line' | 'watch';

interface Connection {
  readonly socket: Socket;
  kind: Kind;
  path: string;
  bank: LineBank | null;
  offsets: number[];
  log: LineLog | null;
}

export class BenchServer {
  readonly connections = new Set<Connection>();
  private readonly server: Server;

  constructor(private readonly world: World) {
    this.server = createServer((socket) => this.serve(socket));
  }

  listen(folder: string, ready: () => void): void {
    const path = join(folder, 'bench.sock');
    rmSync(path, { force: true });
    this.server.listen(path, ready);
  }

  /** How many virtual files of each kind are open. */
  open(): Partial<Record<Kind, number>> {
    const count: Partial<Record<Kind, number>> = {};
    for (const { kind } of this.connections) count[kind] = (count[kind] ?? 0) + 1;
    return count;
  }

  private serve(socket: Socket): void {
    const connection: Connection = { socket, kind: 'new', path: '', bank: null, offsets: [], log: null };
    const frames = new Frames();
    this.connections.add(connection);
    socket.on('data', (chunk: Buffer) => frames.push(chunk, (ask) => this.answer(connection, ask)));
    // A process that was killed in the middle of a question resets its connections; that is an end like any other.
    socket.on('error', () => {});
    socket.on('close', () => this.ended(connection));
  }

  private ended(connection: Connection): void {
    const { board } = this.world;
    this.connections.delete(connection);
    board.unwatch(connection.socket);
    if (connection.kind !== 'line') return;
    this.drainOne(connection);
    connection.log?.close();
    connection.bank?.release(connection.offsets, board.release, monotonicUs());
  }

  /** Carries out what the holders of lines have set meanwhile. */
  drain(): void {
    for (const connection of this.connections) this.drainOne(connection);
  }

  private drainOne({ log, bank, offsets }: Connection): void {
    log?.drain(({ at, bits, mask }) => {
      offsets.forEach((offset, i) => {
        if ((mask >> BigInt(i)) & 1n) bank?.drive(offset, Number((bits >> BigInt(i)) & 1n) as Level, at, 'set');
      });
    });
  }

  private answer(connection: Connection, ask: Ask): void {
    const { socket } = connection;
    this.drain();
    try {
      const { result = 0, body, later = false } = this.carryOut(connection, ask);
      if (!later) answer(socket, result, body);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer(socket, -error.errno);
    }
  }

  private carryOut(c: Connection, { op, at, body }: Ask): { result?: number; body?: Buffer; later?: true } {
    const { board, i2c, spi, live } = this.world;
    const reply = (result: number, bytes?: Buffer) => answer(c.socket, result, bytes);
    switch (op) {
      case OP.open:
        this.openDevice(c, text(body.subarray(4)));
        return {};
      case OP.read:
        return { body: Buffer.from(board.read(c.path)) };
      case OP.write:
        board.write(c.path, body.toString('latin1'), at);
        return {};
      case OP.watch:
        c.kind = 'watch';
        board.watch(c.socket, text(body));
        return {};
      case OP.i2cAddress:
        i2c.setAddress(body.readUInt32LE(0));
        return {};
      case OP.i2c:
        live.advance(at);
        i2c.transfer(body, reply);
        return { later: true };
      case OP.spi:
        live.advance(at);
        spi.transfer(c.path, body, reply);
        return { later: true };
      case OP.chipInfo: {
        const { name, label, lines } = board.chipAt(c.path).spec;
        const count = Buffer.alloc(4);
        count.writeUInt32LE(lines);
        return { body: Buffer.concat([field(name, 32), field(label, 32), count]) };
      }
      case OP.lineInfo:
        return { body: lineInfo(board.chipAt(c.path), body.readUInt32LE(0)) };
      case OP.lineRequest:
        this.request(c, body, at);
        return {};
      case OP.lineGet: {
        let bits = 0n;
        c.offsets.forEach((offset, i) => {
          if (c.bank?.value(offset) === 1) bits |= 1n << BigInt(i);
        });
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(bits);
        return { body: bytes };
      }
      case OP.lineConfig:
        c.bank?.configure(
          wantedLines(body, c.offsets.length).map((line, i) => ({ ...line, offset: c.offsets[i]! })),
          at,
        );
        return {};
      default:
        throw new Refusal(ERRNO.ENOTTY);
    }
  }

  private openDevice(c: Connection, path: string): void {
    const { board, i2c, spi } = this.world;
    if (path.startsWith('/dev/i2c-')) {
      i2c.opens(path);
      c.kind = 'i2c';
    } else if (path.startsWith('/dev/spidev')) {
      spi.opens(path);
      c.kind = 'spi';
    } else if (path.startsWith('/dev/gpiochip')) {
      board.chipAt(path);
      c.kind = 'chip';
    } else {
      board.openAttribute(path);
      c.kind = 'attribute';
    }
    c.path = path;
  }

  private request(c: Connection, body: Buffer, at: number): void {
    const pid = body.readUInt32LE(0);
    const wanted = wantedLines(body.subarray(136), body.readUInt32LE(4));
    const bank = this.world.board.chipAt(text(body.subarray(40, 72)));
    const log = new LineLog(text(body.subarray(72, 136)));
    try {
      bank.take(wanted, lineHolder(text(body.subarray(8, 40)), pid), at);
    } catch (error) {
      log.close();
      throw error;
    }
    c.log = log;
    c.kind = 'line';
    c.bank = bank;
    c.offsets = wanted.map(({ offset }) => offset);
  }
}

function wantedLines(body: Buffer, count: number): WantedLine[] {
  return Array.from({ length: count }, (_, i) => ({
    offset: body.readUInt32LE(i * 16),
    value: body.readUInt32LE(i * 16 + 4) === 0 ? 0 : 1,
    flags: body.readUInt32LE(i * 16 + 8),
  }));
}

function lineInfo(bank: LineBank, offset: number): Buffer {
  const line = bank.line(offset);
  const flags = Buffer.alloc(8);
  flags.writeUInt32LE((line.holder ? FLAG.used : 0) | (line.out ? FLAG.output : FLAG.input));
  return Buffer.concat([field(`GPIO${offset}`, 32), field(line.holder?.consumer ?? '', 32), flags]);
}
