/**
 * What one holder of lines set, as the preloaded library writes it into shared memory: a count of 8 bytes, padded to 64,
 * then records of 24 bytes (instant in µs, bits, mask) in a ring.
 */
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { ERRNO, Refusal } from './wire.ts';

const HEAD = 64;
const RECORD = 24;
const RECORDS = 65_536;

export interface LineOrder {
  readonly at: number;
  readonly bits: bigint;
  readonly mask: bigint;
}

export class LineLog {
  private readonly fd: number;
  private readonly count = Buffer.alloc(8);
  private readonly record = Buffer.alloc(RECORD);
  private taken = 0n;

  /** Opens the file and takes its name away: it lives on as long as one of the two sides has it. */
  constructor(path: string) {
    try {
      this.fd = openSync(path, 'r');
    } catch {
      throw new Refusal(ERRNO.EIO);
    }
    rmSync(path, { force: true });
  }

  /** Everything that was set since the last call, oldest first. */
  drain(each: (order: LineOrder) => void): void {
    readSync(this.fd, this.count, 0, 8, 0);
    const count = this.count.readBigUInt64LE(0);
    if (count - this.taken > BigInt(RECORDS)) throw new Error('lines were set faster than they were looked at');
    for (; this.taken < count; this.taken += 1n) {
      const at = HEAD + RECORD * Number(this.taken % BigInt(RECORDS));
      readSync(this.fd, this.record, 0, RECORD, at);
      each({
        at: Number(this.record.readBigUInt64LE(0)),
        bits: this.record.readBigUInt64LE(8),
        mask: this.record.readBigUInt64LE(16),
      });
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}
