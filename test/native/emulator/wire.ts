/** The frames between the preloaded library and the emulator; shim.c says the same in C. */
import type { Socket } from 'node:net';

export const OP = {
  open: 1,
  read: 2,
  write: 3,
  watch: 4,
  i2cAddress: 5,
  i2c: 6,
  spi: 7,
  chipInfo: 8,
  lineInfo: 9,
  lineRequest: 10,
  lineGet: 11,
  lineConfig: 12,
} as const;

export interface Ask {
  readonly op: number;
  /** CLOCK_MONOTONIC in µs, taken when the program made the call. */
  readonly at: number;
  readonly body: Buffer;
}

const HEAD = 16;

/** Cuts a stream of bytes into frames. */
export class Frames {
  private rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer, each: (ask: Ask) => void): void {
    let bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    while (bytes.length >= HEAD) {
      const length = bytes.readUInt32LE(0);
      if (bytes.length < HEAD + length) break;
      each({
        op: bytes.readUInt32LE(4),
        at: bytes.readUInt32LE(8) + bytes.readUInt32LE(12) * 2 ** 32,
        body: bytes.subarray(HEAD, HEAD + length),
      });
      bytes = bytes.subarray(HEAD + length);
    }
    this.rest = bytes;
  }
}

const EMPTY = Buffer.alloc(0);

/** Answers one frame; `result` below 0 is an errno. */
export function answer(socket: Socket, result: number, body: Buffer = EMPTY): void {
  const frame = Buffer.allocUnsafe(8 + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame.writeInt32LE(result, 4);
  body.copy(frame, 8);
  socket.write(frame);
}

/** What the kernel would say no with. */
export class Refusal extends Error {
  constructor(readonly errno: number) {
    super(`errno ${errno}`);
  }
}

export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  ENOTTY: 25,
  ETIMEDOUT: 110,
  EREMOTEIO: 121,
} as const;

/** Text up to the first NUL. */
export const text = (body: Buffer): string => {
  const end = body.indexOf(0);
  return body.toString('latin1', 0, end < 0 ? body.length : end);
};

/** Text in a field of `length` bytes, NUL-terminated. */
export function field(value: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.write(value.slice(0, length - 1), 'latin1');
  return bytes;
}
