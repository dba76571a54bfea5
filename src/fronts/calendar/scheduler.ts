/**
 * Calendar work by node-cron: never control, never timing of heat. Jobs run while the clock of this computer is set from a
 * time server, and only then; a clock that was set anew starts them anew, so nothing fires because time jumped. A job never
 * runs beside itself. What a missed execution means is the job’s own: carried out once and at once, or skipped. It is
 * missed when its time passes while this program hangs or sleeps, while the clock is not set, or because the clock jumps.
 */
import { createTask, type ScheduledTask, validateDetailed } from 'node-cron';
import type { Problem } from '../../params/problem.ts';
import { after, type Instant, instant, seconds, secondsOf, since } from '../../units.ts';
import { isFixed, Zone } from './summer-time.ts';

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
  /** Monotonic time of this computer: a simulated bench may be faster than the calendar. */
  readonly now: () => Instant;
  readonly note: (code: string, text: string) => void;
}

/** Wall and monotonic time may part by this much before the jobs are planned anew, s. */
const STEP_S = 2;
const LOOK_US = seconds(1);
/** A clock that is not set this long after the start is told: until then a time server may just not have answered yet. */
const UNSET_US = seconds(60);
/** An execution that comes this much late has been missed, ms. */
const LATE_MS = 60_000;

interface Plan {
  readonly job: Job;
  task: ScheduledTask | null;
  /** When the job is due next, ms since 1970; kept while nothing is planned, to see then whether it was missed. */
  dueMs: number | null;
  busy: boolean;
  /** The pattern by a clock without summer time, for work at a fixed time of the day. */
  readonly fixed: ScheduledTask | null;
  /** Done already the first time that the local clock showed it, ms since 1970. */
  doneMs: number | null;
}

export class Scheduler {
  private readonly plans: readonly Plan[];
  /** Wall time minus monotonic time when the jobs were planned last, s. */
  private offsetS: number | null = null;
  private isPlanned = false;
  private lookAt = instant(0);
  private readonly startedAt: Instant;
  private readonly zone: Zone;
  private wallBefore: number | null = null;
  /** The clock has been set, or it was said that it is not. */
  private toldUnset = false;

  /** The patterns and the time zone must have been checked with `calendarProblems`. */
  constructor(private readonly parts: SchedulerParts) {
    this.startedAt = parts.now();
    const jobs = parts.jobs.filter(({ pattern }) => pattern !== 'none');
    this.zone = new Zone(parts.timezone);
    this.plans = jobs.map((job) => ({
      job,
      task: null,
      dueMs: null,
      busy: false,
      fixed: fixedTask(job),
      doneMs: null,
    }));
  }

  /** One line for a person while planned work waits for a clock; else null. */
  get words(): string | null {
    return this.plans.length > 0 && !this.isPlanned
      ? 'the calendar waits: the clock of this computer is not set'
      : null;
  }

  /** After each control tick: looks every few seconds whether the clock is set, and whether it was set anew. */
  tick(): void {
    const { now, wallS, note, timezone } = this.parts;
    if (now() < this.lookAt) return;
    this.lookAt = after(now(), LOOK_US);
    const wall = wallS();
    this.tellUnset(wall);
    const isSetAnew = this.isStepped(wall);
    if (isSetAnew) this.stop();
    else if (wall !== null && this.wallBefore !== null) this.summerTime(this.wallBefore * 1000, wall * 1000);
    this.wallBefore = wall;
    if (wall === null || this.isPlanned) return;
    // The same clock as before is no news: the time server was only away for a while.
    if (isSetAnew) note('schedule', `the clock is set: ${this.plans.length} calendar jobs are planned (${timezone})`);
    this.isPlanned = true;
    this.offsetS = wall - secondsOf(now());
    for (const plan of this.plans) this.start(plan, wall * 1000);
  }

  close(): void {
    this.stop();
  }

  /** Does what the local clock has skipped, and what it shows for the first time of two. */
  private summerTime(fromMs: number, toMs: number): void {
    const skipped = this.zone.skipped(fromMs, toMs);
    for (const plan of this.plans) {
      if (plan.fixed === null || plan.task === null) continue;
      if (skipped.some((at) => plan.fixed?.match(new Date(at)))) void this.run(plan, toMs);
      const firstMs = plan.dueMs === null ? null : this.zone.firstOf(plan.dueMs);
      if (firstMs === null || firstMs === plan.dueMs || firstMs > toMs || firstMs <= fromMs) continue;
      plan.doneMs = plan.dueMs;
      void this.run(plan, firstMs);
    }
  }

  private stop(): void {
    for (const plan of this.plans) {
      void plan.task?.destroy();
      plan.task = null;
    }
    this.isPlanned = false;
  }

  /** Says once that the planned work waits for a clock. */
  private tellUnset(wall: number | null): void {
    const { now, note } = this.parts;
    if (this.toldUnset || this.plans.length === 0) return;
    if (wall === null && since(now(), this.startedAt) < UNSET_US) return;
    this.toldUnset = true;
    if (wall !== null) return;
    note(
      'schedule-waiting',
      'the clock of this computer is not set from a time server; nothing planned starts until it is, or until schedule.clock says that it is right',
    );
  }

  /** The clock is not set, or is another one than when the jobs were planned. */
  private isStepped(wall: number | null): boolean {
    if (wall === null || this.offsetS === null) return true;
    return Math.abs(wall - secondsOf(this.parts.now()) - this.offsetS) > STEP_S;
  }

  private start(plan: Plan, wallMs: number): void {
    const { key, pattern } = plan.job;
    const task = createTask(pattern, ({ date }) => this.run(plan, date.getTime()), {
      name: key,
      timezone: this.parts.timezone,
      missedExecutionTolerance: LATE_MS,
      suppressMissedWarning: true,
      unref: true,
      logger: SILENT,
    });
    // Of many that were missed together, one is carried out: its run moves the due time beyond the others.
    task.on('execution:missed', ({ date }) => {
      if (plan.dueMs !== null && plan.dueMs <= date.getTime()) this.miss(plan, date.getTime());
    });
    void task.start();
    plan.task = task;
    if (plan.dueMs !== null && plan.dueMs <= wallMs) this.miss(plan, plan.dueMs);
    else plan.dueMs = nextOf(task);
  }

  private miss(plan: Plan, dueMs: number): void {
    const { key, missed } = plan.job;
    const means = missed === 'make-up' ? 'carried out now' : 'skipped';
    this.parts.note('schedule-missed', `${key} of ${new Date(dueMs).toISOString()}: ${means}`);
    if (missed === 'make-up') void this.run(plan, dueMs);
    else plan.dueMs = nextOf(plan.task);
  }

  private async run(plan: Plan, dueMs: number): Promise<void> {
    const { key, work, missed } = plan.job;
    const { wallS, note } = this.parts;
    plan.dueMs = nextOf(plan.task);
    if (plan.doneMs !== null && Math.abs(plan.doneMs - dueMs) < LATE_MS) return;
    // The clock jumped since it was planned: this may be any time of any day.
    if (missed === 'leave-out' && this.isStepped(wallS())) {
      note('schedule-missed', `${key}: skipped, the clock was set meanwhile`);
      return;
    }
    if (plan.busy) {
      note('schedule-overlap', `${key}: the one before still runs`);
      return;
    }
    plan.busy = true;
    try {
      await work(dueMs);
    } catch (error) {
      note('schedule-failed', `${key}: ${(error as Error).message}`);
    } finally {
      plan.busy = false;
    }
  }
}

/** The pattern of work at a fixed time, by local time taken for UTC; never started. */
const fixedTask = ({ pattern, key }: Job): ScheduledTask | null =>
  isFixed(pattern) ? createTask(pattern, () => {}, { name: key, timezone: 'UTC', unref: true, logger: SILENT }) : null;

const nextOf = (task: ScheduledTask | null): number | null => task?.getNextRun()?.getTime() ?? null;
const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with cron patterns and a time zone; empty when the jobs can be planned. */
export function calendarProblems(
  patterns: readonly { readonly key: string; readonly pattern: string }[],
  timezone: string,
): Problem[] {
  const problems = patterns
    .filter(({ pattern }) => pattern !== 'none')
    .filter(({ pattern }) => validateDetailed(pattern).errors.length > 0)
    .map(({ key, pattern }) => ({
      code: 'CONFIG_VALUE',
      path: key,
      got: pattern,
      allowed: 'minute hour day month weekday, or none',
      remedy: 'Each field is a number in its range, a list, a range, a step or *: for example 30 6 * * 1-5.',
    }));
  if (isTimeZone(timezone)) return problems;
  const remedy = 'Use UTC, or a name such as Europe/Berlin.';
  return [
    ...problems,
    { code: 'CONFIG_VALUE', path: 'schedule.timezone', got: timezone, allowed: 'a time zone', remedy },
  ];
}
