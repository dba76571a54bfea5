/**
 * The controller's end of the gate: orders out, events in, over a Unix socket. Nothing here waits: an order that cannot
 * be sent is dropped, and without orders the gate turns the heater off when its lease ends.
 */
import { createConnection, type Socket } from 'node:net';
import type { Instant, Span } from '../../units.ts';
import type { GateEvent, GatePattern, GatePort } from '../ports.ts';
import { HalOpenError } from './errors.ts';
import { GATE_PROTOCOL, type Hello, offLine, parseGateLine, playLine } from './gate-line.ts';

/** Bytes that may wait in the socket; more means that the gate is not reading. */
const BACKLOG = 4096;
/** Events that may wait for the next tick. */
const MAX_EVENTS = 4096;
const LONGEST_LINE = 300;
/** Between two attempts to connect: at the start, when the gate may be starting too, and later. */
const FIRST_AGAIN_MS = 100;
const AGAIN_MS = 1000;

export interface LinuxGateOptions {
  readonly path: string;
  /** CLOCK_MONOTONIC in µs, the gate's own clock. */
  readonly now: () => Instant;
  /** How long the first greeting may take, default 2,000 ms. */
  readonly timeoutMs?: number;
}

/**
 * Connects to the gate and waits for its greeting.
 * @throws HalOpenError GATE_UNREACHABLE, GATE_SILENT or GATE_VERSION
 */
export async function openGate(options: LinuxGateOptions): Promise<LinuxGate> {
  const gate = new LinuxGate(options);
  try {
    await gate.greeted(options.timeoutMs ?? 2000);
  } catch (error) {
    gate.close();
    throw error;
  }
  return gate;
}

export class LinuxGate implements GatePort {
  /** The gate's greeting; null before the first one. */
  hello: Hello | null = null;
  private readonly options: LinuxGateOptions;
  private socket: Socket | null = null;
  private events: GateEvent[] = [];
  private sent = 0;
  private heard = 0;
  private partial = '';
  private again: NodeJS.Timeout | null = null;
  private closing = false;
  /** Why there is no connection; null while there is one. */
  private cause: string | null = null;
  private onGreeting: ((problem: HalOpenError | null) => void) | null = null;

  constructor(options: LinuxGateOptions) {
    this.options = options;
    this.connect();
  }

  /** Resolves at the first greeting; tries to connect until then. */
  greeted(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.onGreeting = null;
        reject(this.absence(timeoutMs));
      }, timeoutMs);
      this.onGreeting = (problem) => {
        clearTimeout(late);
        if (problem) reject(problem);
        else resolve();
      };
    });
  }

  private absence(timeoutMs: number): HalOpenError {
    const { path } = this.options;
    if (this.cause !== null) {
      return new HalOpenError(
        'GATE_UNREACHABLE',
        'gate.socket',
        `${path}: ${this.cause}`,
        'Start the gate (sudo systemctl start remixd-gate) and check gate.socket; remixd doctor checks its permissions.',
      );
    }
    return new HalOpenError(
      'GATE_SILENT',
      'gate.socket',
      `the gate at ${path} accepted the connection but did not answer for ${timeoutMs} ms`,
      'Restart the gate: sudo systemctl restart remixd-gate.',
    );
  }

  play(pattern: GatePattern, leaseUs: Span): void {
    this.send(playLine(this.sent + 1, pattern, leaseUs));
  }

  off(): void {
    this.send(offLine(this.sent + 1));
  }

  drain(): readonly GateEvent[] {
    const drained = this.events;
    if (drained.length > 0) this.events = [];
    return drained;
  }

  /** Disconnects, which turns the heater off. */
  close(): void {
    this.closing = true;
    if (this.again) clearTimeout(this.again);
    this.socket?.destroy();
  }

  private connect(): void {
    const socket = createConnection(this.options.path);
    this.socket = socket;
    this.sent = 0;
    this.heard = 0;
    this.partial = '';
    let cause = 'the gate closed the connection; it serves one controller at a time';
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      this.cause = null;
    });
    socket.on('data', (text: string) => this.take(text));
    socket.on('error', (error) => {
      cause = error.message;
    });
    socket.on('close', () => this.closed(cause));
  }

  private closed(cause: string): void {
    if (this.socket === null) return;
    this.socket = null;
    if (this.closing) return;
    this.cause = cause;
    if (this.hello) this.note({ kind: 'closed', at: this.options.now() });
    // Reconnects to a restarted gate. The fault from losing the old one stays latched in the kernel.
    this.again = setTimeout(() => this.connect(), this.hello ? AGAIN_MS : FIRST_AGAIN_MS);
    this.again.unref();
  }

  private send(line: string): void {
    const socket = this.socket;
    if (!socket || socket.destroyed || socket.connecting) return;
    if (socket.writableLength > BACKLOG) {
      socket.destroy();
      return;
    }
    this.sent += 1;
    socket.write(line, 'latin1');
  }

  private take(text: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    for (const line of lines) {
      if (!this.read(line)) {
        // An invalid line: disconnect, which turns the heater off.
        this.socket?.destroy();
        return;
      }
    }
    if (this.partial.length > LONGEST_LINE) this.socket?.destroy();
  }

  private read(text: string): boolean {
    const line = parseGateLine(text);
    if (line === null || line.sequence !== this.heard + 1) return false;
    this.heard = line.sequence;
    if ('event' in line) return this.note(line.event);
    if ('order' in line) {
      const { bucket, at, order } = line;
      return this.note({ kind: 'alive', bucket, pending: this.sent - order, at });
    }
    const { hello } = line;
    if (hello.version !== GATE_PROTOCOL) {
      this.onGreeting?.(
        new HalOpenError(
          'GATE_VERSION',
          'gate.socket',
          `the gate uses protocol version ${hello.version}, this controller version ${GATE_PROTOCOL}`,
          'Install the gate and the controller from the same release.',
        ),
      );
      this.onGreeting = null;
      return false;
    }
    this.hello = hello;
    this.onGreeting?.(null);
    this.onGreeting = null;
    return this.note({ kind: 'hello', limits: hello.limits, scheduling: hello.scheduling, at: this.options.now() });
  }

  private note(event: GateEvent): boolean {
    if (this.events.length >= MAX_EVENTS) return false;
    this.events.push(event);
    return true;
  }
}
