/**
 * Calendar work by node-cron: never control, never timing of heat. Jobs run while the clock of this computer is set from a
 * time server, and only then; a clock that was set anew starts them anew, so nothing fires because time jumped. A job never
 * runs beside itself. What a missed execution means is the job’s own: made up for at once, or left out.
 */
import { createTask, type ScheduledTask, type TaskContext, validateDetailed } from 'node-cron';
import { SECOND } from '../units.ts';
import { ConfigError } from './config.ts';

export interface Job {
  /** The setting that says when. */
  readonly key: string;
  /** Five cron fields, or none. */
  readonly pattern: string;
  /** What an execution that was missed means. */
  readonly missed: 'make-up' | 'leave-out';
  /** `due`: when it should have run, ms since 1970. A rejection is noted. */
  readonly work: (due: number) => Promise<void> | void;
}

export interface SchedulerParts {
  readonly jobs: readonly Job[];
  readonly timezone: string;
  /** s since 1970 while the clock is set from a time server, else null. */
  readonly wallS: () => number | null;
  /** Monotonic time, µs. */
  readonly now: () => number;
  readonly note: (code: string, text: string) => void;
}

/** Wall and monotonic time may part by this much before the jobs are planned anew, s. */
const STEP_S = 2;
const LOOK_US = 5 * SECOND;
/** An execution that comes this much late has been missed, ms. */
const LATE_MS = 60_000;

export class Scheduler {
  private tasks: ScheduledTask[] = [];
  /** Wall time minus monotonic time when the jobs were planned, s. */
  private offsetS: number | null = null;
  private lookAt = 0;

  /** Throws `ConfigError` with every pattern or time zone that cannot be. */
  constructor(private readonly parts: SchedulerParts) {
    const problems = parts.jobs
      .filter(({ pattern }) => pattern !== 'none')
      .flatMap(({ key, pattern }) =>
        validateDetailed(pattern).errors.map(({ message }) => ({
          code: 'CONFIG_VALUE',
          path: key,
          got: pattern,
          allowed: 'minute hour day month weekday, or none',
          remedy: message,
        })),
      );
    if (!isTimeZone(parts.timezone)) {
      const remedy = 'Use UTC, or a name such as Europe/Berlin.';
      problems.push({
        code: 'CONFIG_VALUE',
        path: 'schedule.timezone',
        got: parts.timezone,
        allowed: 'a time zone',
        remedy,
      });
    }
    if (problems.length > 0) throw new ConfigError(problems);
  }

  /** After each control tick: looks every few seconds whether the clock is set, and whether it was set anew. */
  tick(): void {
    const { now, wallS, note } = this.parts;
    if (now() < this.lookAt) return;
    this.lookAt = now() + LOOK_US;
    const wall = wallS();
    const offsetS = wall === null ? null : wall - now() / SECOND;
    if (offsetS === null || (this.offsetS !== null && Math.abs(offsetS - this.offsetS) > STEP_S)) this.stop();
    if (offsetS === null || this.offsetS !== null) return;
    this.offsetS = offsetS;
    this.tasks = this.parts.jobs.flatMap((job) => (job.pattern === 'none' ? [] : [this.plan(job)]));
    note('schedule', `the clock is set: ${this.tasks.length} calendar jobs are planned (${this.parts.timezone})`);
  }

  close(): void {
    this.stop();
  }

  private stop(): void {
    for (const task of this.tasks) void task.destroy();
    this.tasks = [];
    this.offsetS = null;
  }

  private plan(job: Job): ScheduledTask {
    const { key, pattern, missed } = job;
    const { note, timezone } = this.parts;
    const task = createTask(pattern, (context) => this.run(job, context), {
      name: key,
      timezone,
      noOverlap: true,
      missedExecutionTolerance: LATE_MS,
      suppressMissedWarning: true,
      unref: true,
      logger: SILENT,
    });
    task.on('execution:missed', (context) => {
      note(
        'schedule-missed',
        `${key} of ${context.dateLocalIso}: ${missed === 'make-up' ? 'made up for' : 'left out'}`,
      );
      if (missed === 'make-up') void this.run(job, context);
    });
    task.on('execution:overlap', () => note('schedule-overlap', `${key}: the one before still runs`));
    void task.start();
    return task;
  }

  private async run({ key, work, missed }: Job, { date }: TaskContext): Promise<void> {
    const { wallS, now, note } = this.parts;
    const wall = wallS();
    const stepped = wall === null || this.offsetS === null || Math.abs(wall - now() / SECOND - this.offsetS) > STEP_S;
    // The clock jumped since it was planned: this may be any time of any day.
    if (stepped && missed === 'leave-out') {
      note('schedule-missed', `${key}: left out, the clock was set meanwhile`);
      return;
    }
    try {
      await work(date.getTime());
    } catch (error) {
      note('schedule-failed', `${key}: ${(error as Error).message}`);
    }
  }
}

const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
