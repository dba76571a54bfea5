/**
 * A disk whose power can be cut. It listens to the file system calls under one folder and knows what was synced: at a cut
 * everything synced is there, and of what was only written any part may be, in sectors of 512 bytes.
 */
import { Buffer } from 'node:buffer';
import fs, { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { vi } from 'vitest';

interface Change {
  readonly at: number;
  /** Null cuts the file off here. */
  readonly bytes: Buffer | null;
}
interface File {
  durable: Buffer;
  pending: Change[];
}

const SECTOR = 512;

export class CutDisk {
  private readonly files = new Map<string, File>();
  private readonly open = new Map<number, string>();
  operations = 0;
  /** Called after each operation. */
  watch: () => void = () => {};

  constructor(folder: string) {
    const real = { ...fs };
    const inside = (path: unknown): path is string => String(path).startsWith(`${folder}/`);
    const done = (): void => {
      this.operations += 1;
      this.watch();
    };
    vi.spyOn(fs, 'openSync').mockImplementation((path, flags, mode) => {
      const fd = real.openSync(path, flags, mode);
      if (!inside(path)) return fd;
      this.open.set(fd, path);
      if (!this.files.has(path)) this.files.set(path, { durable: Buffer.alloc(0), pending: [] });
      return fd;
    });
    vi.spyOn(fs, 'closeSync').mockImplementation((fd) => {
      this.open.delete(fd);
      real.closeSync(fd);
    });
    vi.spyOn(fs, 'writeSync').mockImplementation(((
      fd: number,
      bytes: Uint8Array,
      from: number,
      n: number,
      at: number,
    ) => {
      const written = real.writeSync(fd, bytes, from, n, at);
      this.file(fd)?.pending.push({ at, bytes: Buffer.from(bytes.subarray(from, from + n)) });
      done();
      return written;
    }) as typeof fs.writeSync);
    vi.spyOn(fs, 'ftruncateSync').mockImplementation((fd, length) => {
      real.ftruncateSync(fd, length);
      this.file(fd)?.pending.push({ at: length ?? 0, bytes: null });
      done();
    });
    vi.spyOn(fs, 'fsyncSync').mockImplementation((fd) => {
      real.fsyncSync(fd);
      const file = this.file(fd);
      if (file) {
        file.durable = file.pending.reduce(applied, file.durable);
        file.pending = [];
      }
      done();
    });
    vi.spyOn(fs, 'unlinkSync').mockImplementation((path) => {
      real.unlinkSync(path);
      this.files.delete(String(path));
    });
  }

  private file(fd: number): File | undefined {
    return this.files.get(this.open.get(fd) ?? '');
  }

  /** What is on the disk if the power goes now, in a folder of its own. */
  cut(into: string, random: () => number): void {
    mkdirSync(into, { recursive: true });
    for (const [path, { durable, pending }] of this.files) {
      const kept = random();
      const survived = pending.flatMap((change) => torn(change, kept, random));
      writeFileSync(join(into, basename(path)), survived.reduce(applied, durable));
    }
  }

  end(): void {
    vi.restoreAllMocks();
  }
}

/** The sectors of a change that reached the disk. */
function torn({ at, bytes }: Change, kept: number, random: () => number): Change[] {
  if (bytes === null) return random() < kept ? [{ at, bytes }] : [];
  const found: Change[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR - ((at + from) % SECTOR));
    if (random() < kept) found.push({ at: at + from, bytes: bytes.subarray(from, to) });
    from = to;
  }
  return found;
}

function applied(content: Buffer, { at, bytes }: Change): Buffer {
  if (bytes === null) return Buffer.concat([content.subarray(0, at), Buffer.alloc(Math.max(0, at - content.length))]);
  const grown = Buffer.alloc(Math.max(content.length, at + bytes.length));
  content.copy(grown);
  bytes.copy(grown, at);
  return grown;
}
