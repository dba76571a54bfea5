/**
 * An I2C bus through i2c-bus, asynchronously: with synchronous calls a sensor that stretches the clock for a second
 * stops the control loop for a second. Recovery goes up a ladder: the same transfer once more; a new bus object and once
 * more; the error, so that the reading is absent and the heater goes off; and after several of those in a row the
 * sensors' supply is switched off and on, where a spare line does that.
 *
 * A new bus object matters: i2c-bus keeps the file of an address even when setting that address failed, and every later
 * transfer through that file fails.
 */
import type { Bus } from 'i2c-bus';
import { assert } from '../../units.ts';
import type { Done, HalError, PlainI2cPort } from '../ports.ts';
import { halErrorFrom, openError, portError } from './errors.ts';
import { loadI2c } from './modules.ts';
import { type End, Transfers } from './transfers.ts';

export interface LinuxI2cOptions {
  /** N of /dev/i2c-N. */
  readonly bus: number;
  /** 7-bit addresses that will be used: each one's file is opened at the start, one after the other. */
  readonly addresses: readonly number[];
  /** From the start of a transfer to its `timeout`, ms; default 50, a control tick. */
  readonly deadlineMs?: number;
  /** Power-cycles the sensors. Transfers fail until it has ended. */
  readonly powerCycle?: () => Promise<void>;
  /** Time without a successful transfer after which the sensors are power-cycled, ms; default 2,000. */
  readonly powerCycleAfterMs?: number;
}

/** SMBus allows no more in one block. */
const LONGEST_BLOCK = 32;
/** With a new bus object after the second; a chip that does not acknowledge is asked twice. */
const MOST_TRIES = 3;

type Answer = (error: unknown, bytes: number) => void;
/** One call of the module. */
type Call = (bus: Bus, answer: Answer) => void;

/**
 * Opens the bus and the file of each address; no byte goes over the wires.
 * @throws HalOpenError MODULE_MISSING, MODULE_UNBUILT, I2C_MISSING, I2C_PERMISSION, I2C_BUSY (a kernel driver is bound
 *   to the address), I2C_REFUSED or I2C_FAILED
 */
export async function openI2c(options: LinuxI2cOptions): Promise<LinuxI2c> {
  const i2c = await loadI2c();
  const open = () => i2c.openSync(options.bus);
  const bus = open();
  try {
    for (const address of options.addresses) await touch(bus, address);
  } catch (error) {
    bus.closeSync();
    throw openError(error, 'I2C', 'i2c.bus', `/dev/i2c-${options.bus}`);
  }
  return new LinuxI2c(options, open, bus);
}

/** Opens the file of an address and sets it: a read of no bytes does nothing else. */
const touch = (bus: Bus, address: number): Promise<void> =>
  new Promise((resolve, reject) => {
    bus.i2cRead(address, 0, Buffer.alloc(0), (error) => (error ? reject(error) : resolve()));
  });

export class LinuxI2c implements PlainI2cPort {
  /** Bus objects opened after the first one. */
  reopened = 0;
  /** Times that the sensors' supply was switched. */
  powerCycles = 0;
  private readonly device: string;
  private readonly open: () => Bus;
  private readonly powerCycle: (() => Promise<void>) | undefined;
  private readonly transfers: Transfers;
  /** Null = the adapter is gone. */
  private bus: Bus | null;
  /** The module reads and writes these and not the caller's: after its deadline a transfer may still touch them. */
  private rx = Buffer.alloc(LONGEST_BLOCK);
  private tx = Buffer.alloc(LONGEST_BLOCK);
  private readonly cycleAfterMs: number;
  /** When the first of the consecutive failures ended. */
  private failingSince: number | null = null;
  private cycling = false;
  private closed = false;
  private released = false;

  /** For `openI2c`; `bus` is open, `open` makes another one. */
  constructor(options: LinuxI2cOptions, open: () => Bus, bus: Bus) {
    this.device = `i2c-${options.bus}`;
    this.open = open;
    this.bus = bus;
    this.powerCycle = options.powerCycle;
    this.cycleAfterMs = options.powerCycleAfterMs ?? 2_000;
    this.transfers = new Transfers(this.device, options.deadlineMs ?? 50, () => this.recovered());
  }

  readBlock(address: number, command: number, into: Uint8Array, done: Done): void {
    const { length } = into;
    assert(length >= 1 && length <= LONGEST_BLOCK, 'I2C: a block has 1 to 32 bytes');
    const call: Call = (bus, answer) => bus.readI2cBlock(address, command, length, this.rx, answer);
    this.push('readBlock', address, length, call, done, () => this.copyTo(into));
  }

  read(address: number, into: Uint8Array, done: Done): void {
    const { length } = into;
    assert(length >= 1 && length <= LONGEST_BLOCK, 'I2C: a block has 1 to 32 bytes');
    const call: Call = (bus, answer) => bus.i2cRead(address, length, this.rx, answer);
    this.push('read', address, length, call, done, () => this.copyTo(into));
  }

  private copyTo(into: Uint8Array): void {
    for (let i = 0; i < into.length; i += 1) into[i] = this.rx[i]!;
  }

  write(address: number, bytes: Uint8Array, done: Done): void {
    const { length } = bytes;
    const call: Call = (bus, answer) => {
      if (this.tx.length < length) this.tx = Buffer.alloc(length);
      this.tx.set(bytes);
      bus.i2cWrite(address, length, this.tx, answer);
    };
    this.push('write', address, length, call, done);
  }

  /** Ends the port; a transfer that hangs keeps its file open until it comes back. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const idle = this.transfers.idle;
    this.transfers.close();
    if (idle) this.release();
  }

  private push(op: string, address: number, length: number, call: Call, done: Done, commit?: () => void): void {
    const device = `${this.device} 0x${address.toString(16)}`;
    if (this.cycling) {
      done(portError('timeout', device, op, 'power-cycle'));
      return;
    }
    const count: Done = (error) => {
      this.count(error);
      done(error);
    };
    this.transfers.push(op, (end, overdue) => this.try(1, { device, op, length, call, end, overdue, commit }), count);
  }

  private try(nth: number, job: Try): void {
    const { device, op, length, call, end, overdue, commit } = job;
    const answer: Answer = (error, bytes) => {
      const why = error
        ? halErrorFrom(error, device, op)
        : bytes === length
          ? null
          : portError('bus', device, op, 'short transfer');
      if (why === null || overdue()) {
        this.end(end, why, commit);
        return;
      }
      const wanted = why.transient && nth < (why.kind === 'nak' ? 2 : MOST_TRIES) && !this.closed;
      // A missing acknowledge is not a fault of the bus object; an address that could not be set is.
      const spoilt = why.kind !== 'nak' && (nth >= 2 || !why.transient);
      if ((spoilt || isFromSetAddress(error)) && !this.closed) this.reopen();
      if (wanted) this.try(nth + 1, job);
      else this.end(end, why);
    };
    if (this.bus === null) this.reopen();
    if (this.bus === null) {
      this.end(end, portError('nodevice', device, op, 'the bus no longer exists'));
      return;
    }
    try {
      call(this.bus, answer);
    } catch (error) {
      // Only for an argument that the module rejects.
      this.end(end, portError('unsupported', device, op, error instanceof Error ? error.message : String(error)));
    }
  }

  private end(end: End, error: HalError | null, commit?: () => void): void {
    end(error, commit);
    if (this.closed && this.transfers.idle) this.release();
  }

  private release(): void {
    if (this.released) return;
    this.released = true;
    this.bus?.closeSync();
  }

  /** A hung transfer has ended: its buffers and its bus object are not used again. */
  private recovered(): void {
    this.rx = Buffer.alloc(LONGEST_BLOCK);
    this.tx = Buffer.alloc(LONGEST_BLOCK);
    if (!this.closed) this.reopen();
  }

  /** Opens a new bus object. If the adapter is gone there is none; each later transfer tries again. */
  private reopen(): void {
    const old = this.bus;
    this.bus = null;
    try {
      old?.closeSync();
    } catch {
      // The old object is not used again in any case.
    }
    try {
      this.bus = this.open();
      this.reopened += 1;
    } catch {
      // The next transfer reports the missing bus.
    }
  }

  private count(error: HalError | null): void {
    if (error === null) {
      this.failingSince = null;
      return;
    }
    const now = performance.now();
    this.failingSince ??= now;
    if (!this.powerCycle || this.cycling || this.closed || now - this.failingSince < this.cycleAfterMs) return;
    this.failingSince = null;
    this.cycling = true;
    this.powerCycles += 1;
    const ended = () => {
      this.cycling = false;
    };
    this.powerCycle().then(ended, ended);
  }
}

/** i2c-bus reports the name of the failed call. */
const isFromSetAddress = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && error.syscall === 'setAddr';

interface Try {
  readonly device: string;
  readonly op: string;
  readonly length: number;
  readonly call: Call;
  readonly end: End;
  readonly overdue: () => boolean;
  readonly commit: (() => void) | undefined;
}
