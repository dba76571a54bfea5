/** Calendar work of a running controller: what is done by the clock of the wall, and never by the clock of the heater. */
import type { Desk } from '../../desk/desk.ts';
import type { Origin } from '../../params/commands.ts';
import { ConfigError, type Problem } from '../../params/problem.ts';
import type { Settings } from '../../params/settings.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import type { Instant } from '../../units.ts';
import type { Front, FrontClock } from '../front.ts';
import { calendarProblems, type Job, Scheduler } from './scheduler.ts';

/** Work on files that the calendar only starts. */
export interface Chores {
  /** Writes the summaries of days that are over; ends early when the signal is aborted. */
  readonly daily: (closing: AbortSignal) => Promise<void>;
  /** Removes old run folders; resolves with what was done and what could not be, in words. */
  readonly retention: (wallMs: number) => Promise<{ readonly done: string; readonly failed: string | null }>;
}

export interface CalendarOptions {
  readonly settings: Settings;
  readonly chores: Chores;
  /** Monotonic time of this computer: a simulated bench may be faster than the calendar. */
  readonly computerUs: () => Instant;
}

const ORIGIN: Origin = { via: 'calendar', by: 'the calendar', proven: true, roles: ['run'] };
const KEYS = ['schedule.start', 'schedule.stop', 'schedule.daily', 'schedule.retention'] as const;

/** Everything that is wrong with the calendar of these settings: patterns, time zone, recipe. */
export function scheduleProblems(settings: Settings, recipes: readonly string[]): Problem[] {
  const patterns = KEYS.map((key) => ({ key, pattern: settings[key] }));
  const problems = calendarProblems(patterns, settings['schedule.timezone']);
  const recipe = settings['schedule.recipe'];
  if (settings['schedule.start'] === 'none' || recipes.includes(recipe)) return problems;
  const remedy = 'Give one of the recipes of this device.';
  return [
    ...problems,
    { code: 'RECIPE_UNKNOWN', path: 'schedule.recipe', got: recipe, allowed: recipes.join(' | '), remedy },
  ];
}

/** Plans the jobs of the settings. Throws `ConfigError` for a pattern, a time zone or a recipe that cannot be. */
export function openCalendar(desk: Desk, _snapshots: Snapshots, clock: FrontClock, options: CalendarOptions): Front {
  const { settings, chores } = options;
  const problems = scheduleProblems(settings, desk.recipes);
  if (problems.length > 0) throw new ConfigError(problems);
  const closing = new AbortController();
  const under = { daily: Promise.resolve(), retention: Promise.resolve() };
  const start = (): void => {
    // What would be refused to a person is refused here, and written down by the desk.
    const order = { recipe: settings['schedule.recipe'], duration_s: settings['schedule.durationS'] };
    void desk.submit('arm', order, ORIGIN);
  };
  const stop = (): void => {
    void desk.submit('stop', {}, ORIGIN);
  };
  const retire = async (): Promise<void> => {
    const { done, failed } = await chores.retention((clock.wallS() ?? 0) * 1000);
    if (failed !== null) desk.note('trouble', 'retention', failed);
    desk.note('note', 'retention', done);
  };
  const jobs: readonly Job[] = [
    { key: 'schedule.start', pattern: settings['schedule.start'], missed: 'leave-out', work: start },
    { key: 'schedule.stop', pattern: settings['schedule.stop'], missed: 'make-up', work: stop },
    {
      key: 'schedule.daily',
      pattern: settings['schedule.daily'],
      // The summary of days that were missed is part of the next one.
      missed: 'leave-out',
      work: () => (under.daily = chores.daily(closing.signal)),
    },
    {
      key: 'schedule.retention',
      pattern: settings['schedule.retention'],
      missed: 'leave-out',
      work: () => (under.retention = retire()),
    },
  ];
  const scheduler = new Scheduler({
    jobs,
    timezone: settings['schedule.timezone'],
    wallS: () => clock.wallS(),
    now: options.computerUs,
    note: (code, text) => desk.note('note', code, text),
  });
  return {
    get words() {
      return scheduler.words;
    },
    tick: () => scheduler.tick(),
    close: async () => {
      scheduler.close();
      closing.abort();
      await Promise.allSettled([under.daily, under.retention]);
    },
  };
}
