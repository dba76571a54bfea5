/** A recorded run that cannot be used. */
const KINDS = {
  RUN_NOT_FOUND: 'List the recorded runs with remixd runs, or name a folder with run.json and data.csv.',
  RUN_DAMAGED: 'Copy the folder again from where it was recorded; what can be read of it is in data.csv.',
  RUN_AMBIGUOUS: 'Write FOLDER:N for one run of a record; remixd runs lists them.',
  NOTES_DAMAGED: 'Correct notes.json in the folder of the run, or move it away and describe the run again.',
  NOTES_BUSY: 'Try again in a moment; where no such process changes it, remove this file.',
  REPLAY_IMPOSSIBLE: 'Record another run as the cause says; remixd report and export need nothing of it.',
  EXPORT_UNAVAILABLE: 'Install the optional packages (npm ci), or choose csv, origin or json.',
  EXPORT_IMPOSSIBLE: 'Choose csv, origin or parquet.',
} as const;

export type RunProblem = keyof typeof KINDS;

export class RunError extends Error {
  override name = 'RunError';
  readonly remedy: string;

  /** @param path the run as it was named; @param why what is wrong with it, a sentence without its full stop */
  constructor(
    readonly code: RunProblem,
    readonly path: string,
    readonly why: string,
  ) {
    super(`${path}: ${why}`);
    this.remedy = KINDS[code];
  }
}
