/** Files of recorded runs, as they lie on the disk: read in pieces, one after the other for all who ask together. */
import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileCause } from '../files/errno.ts';
import { openPlain, readPlain } from '../files/plain-file.ts';
import { FILES } from '../files/run-folder.ts';
import { toldFacts } from '../params/run-json.ts';
import { begin, Refused } from './answer.ts';
import { Turns } from './turns.ts';

const TYPES: Readonly<Record<string, string>> = {
  [FILES.run]: 'application/json; charset=utf-8',
  [FILES.data]: 'text/csv; charset=utf-8',
  [FILES.events]: 'text/csv; charset=utf-8',
  'notes.json': 'application/json; charset=utf-8',
};
const PIECE_BYTES = 65_536;

type Headers = Readonly<Record<string, string>>;

export class Downloads {
  /** A slow client holds up nobody: it is a piece that waits for its turn, and not a file. */
  private readonly turns = new Turns();

  /** @throws Refused where the folder has no such file, or something else in its place */
  async send(response: ServerResponse, folder: string, name: string, asked: string): Promise<void> {
    const type = TYPES[asked];
    if (type === undefined) throw missing(asked);
    const headers = {
      'content-type': type,
      'cache-control': 'no-store',
      'content-disposition': `attachment; filename="${name}-${asked}"`,
    };
    const path = join(folder, asked);
    try {
      await (asked === FILES.run ? this.sendFacts(response, headers, path) : this.sendWhole(response, headers, path));
    } catch (error) {
      if (response.headersSent) throw error;
      throw refusalOf(error, asked);
    }
  }

  private async sendFacts(response: ServerResponse, headers: Headers, path: string): Promise<void> {
    const text = toldFacts(await this.turns.take(() => readPlain(path)));
    if (text === null) throw new Refused(422, 'run.json of this record is not JSON.');
    begin(response, 200, { ...headers, 'content-length': String(Buffer.byteLength(text)) });
    response.end(text);
  }

  private async sendWhole(response: ServerResponse, headers: Headers, path: string): Promise<void> {
    const { file, bytes } = await this.turns.take(() => openPlain(path));
    try {
      begin(response, 200, { ...headers, 'content-length': String(bytes) });
      await pipeline(this.pieces(file, bytes), response);
    } catch {
      // Somebody who went away, or a disk that failed: the length shows that something is missing.
      response.destroy();
    } finally {
      await file.close();
    }
  }

  /** A record that goes on grows while it is sent: as much of it as there was. */
  private async *pieces(file: FileHandle, bytes: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes; ) {
      const most = Math.min(PIECE_BYTES, bytes - at);
      const { bytesRead, buffer } = await this.turns.take(() => file.read(Buffer.allocUnsafe(most), 0, most, at));
      if (bytesRead === 0) throw new Error('the file has become shorter');
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

const missing = (asked: string): Refused => new Refused(404, `The record has no file ${asked.slice(0, 40)}.`);

function refusalOf(error: unknown, asked: string): Refused {
  if (error instanceof Refused) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return missing(asked);
  return new Refused(422, `${asked} of this record cannot be read: ${fileCause(error)}.`);
}
