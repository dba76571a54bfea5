/** One SPI device through spi-device, asynchronously, one transfer at a time. */
import type { Device } from 'spi-device';
import { assert } from '../../units.ts';
import type { Done, SpiPort } from '../ports.ts';
import { halErrorFrom, openError } from './errors.ts';
import { loadSpi } from './modules.ts';
import { Transfers } from './transfers.ts';

export interface LinuxSpiOptions {
  /** N and M of /dev/spidevN.M. */
  readonly bus: number;
  readonly select: number;
  /** Clock polarity and phase, 0..3. */
  readonly mode: 0 | 1 | 2 | 3;
  readonly clockHz: number;
  /** From the start of a transfer to its `timeout`, ms; default 50, a control tick. */
  readonly deadlineMs?: number;
}

/**
 * Opens the device and sets its mode.
 * @throws HalOpenError MODULE_MISSING, MODULE_UNBUILT, SPI_MISSING, SPI_PERMISSION, SPI_BUSY, SPI_REFUSED or SPI_FAILED
 */
export async function openSpi(options: LinuxSpiOptions): Promise<LinuxSpi> {
  const spi = await loadSpi();
  const { bus, select, mode, clockHz } = options;
  try {
    const device = await new Promise<Device>((resolve, reject) => {
      const opened = spi.open(bus, select, { mode, maxSpeedHz: clockHz }, (error) => {
        // The callback always comes later than the return value.
        if (error) reject(error);
        else resolve(opened);
      });
    });
    return new LinuxSpi(options, device);
  } catch (error) {
    throw openError(error, 'SPI', 'spi.bus', `/dev/spidev${bus}.${select}`);
  }
}

export class LinuxSpi implements SpiPort {
  private readonly name: string;
  private readonly device: Device;
  private readonly clockHz: number;
  private readonly transfers: Transfers;
  /** The module's own buffers: an overdue transfer must not write to the caller's bytes. */
  private tx = Buffer.alloc(0);
  private rx = Buffer.alloc(0);
  private closed = false;
  private released = false;

  /** For `openSpi`; `device` is open. */
  constructor(options: LinuxSpiOptions, device: Device) {
    this.name = `spidev${options.bus}.${options.select}`;
    this.device = device;
    this.clockHz = options.clockHz;
    this.transfers = new Transfers(this.name, options.deadlineMs ?? 50, () => {
      this.tx = Buffer.alloc(0);
      this.rx = Buffer.alloc(0);
    });
  }

  transfer(tx: Uint8Array, rx: Uint8Array, done: Done): void {
    const { length } = tx;
    assert(length > 0 && rx.length === length, 'SPI: as many bytes are received as are sent, and at least one');
    this.transfers.push(
      'transfer',
      (end) => {
        if (this.tx.length < length) {
          this.tx = Buffer.alloc(length);
          this.rx = Buffer.alloc(length);
        }
        this.tx.set(tx);
        const message = [
          { byteLength: length, sendBuffer: this.tx, receiveBuffer: this.rx, speedHz: this.clockHz },
        ] as const;
        this.device.transfer(message, (error) => {
          end(error ? halErrorFrom(error, this.name, 'transfer') : null, () => {
            for (let i = 0; i < length; i += 1) rx[i] = this.rx[i]!;
          });
          if (this.closed && this.transfers.idle) this.release();
        });
      },
      done,
    );
  }

  /** Ends the port; a transfer that hangs keeps the device open until it comes back. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const idle = this.transfers.idle;
    this.transfers.close();
    if (idle) this.release();
  }

  private release(): void {
    if (this.released) return;
    this.released = true;
    this.device.closeSync();
  }
}
