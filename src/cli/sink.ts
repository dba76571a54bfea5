/** Where an export is written: into a file that was not there, or to the standard output at its reader’s pace. */
import { closeSync, rmSync, writeSync } from 'node:fs';
import { openNew } from '../files/taken.ts';

export interface Sink {
  /** Resolves to false when the reader has closed the pipe; rejects with a file error. */
  write(text: string): Promise<boolean>;
  close(): void;
  /** The export failed: takes back the file that it made, so that it can be started again. */
  drop(): void;
}

/** @param path the file; null = standard output. @throws Taken when there is such a file, or a file error */
export const sinkTo = (path: string | null): Sink => (path === null ? toReader() : toFile(path));

function toFile(path: string): Sink {
  const file = openNew(path);
  return {
    write: async (text) => {
      for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(file, rest));
      return true;
    },
    close: () => closeSync(file),
    drop: () => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}

/** A closed pipe (remixd export | head) is a normal end. */
const toReader = (): Sink => ({
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => {
        const gone = error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
        if (error && !gone) reject(error);
        else resolve(!gone);
      });
    }),
  close: () => {},
  drop: () => {},
});
