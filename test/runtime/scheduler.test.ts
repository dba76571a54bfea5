import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/runtime/config.ts';
import { type Job, Scheduler } from '../../src/runtime/scheduler.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2027, 2, 27, 12);
let notes: string[];
let synced: boolean;
let jumpMs: number;
let scheduler: Scheduler | null;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  [notes, synced, jumpMs, scheduler] = [[], true, 0, null];
});
afterEach(() => {
  scheduler?.close();
  vi.useRealTimers();
});

function plan(job: Partial<Job>, timezone = 'UTC'): Scheduler {
  const full: Job = { key: 'schedule.start', pattern: '0 * * * *', missed: 'leave-out', work: () => {}, ...job };
  scheduler = new Scheduler({
    jobs: [full],
    timezone,
    wallS: () => (synced ? Date.now() / 1000 : null),
    // Monotonic time knows of no jump of the wall clock.
    now: () => (Date.now() - START - jumpMs) * 1000,
    note: (code, text) => notes.push(`${code} ${text}`),
  });
  return scheduler;
}

/** Lets time pass, with a tick every second. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 1000) {
    await vi.advanceTimersByTimeAsync(Math.min(1000, left));
    scheduler?.tick();
  }
}
/** Somebody sets the clock. */
function jump(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
  jumpMs += ms;
}

describe('calendar work', () => {
  it('waits until the clock is set from a time server', async () => {
    const at: string[] = [];
    synced = false;
    plan({ work: (due) => void at.push(new Date(due).toISOString()) });
    await pass(2 * HOUR);
    expect([at, notes]).toEqual([[], []]);
    synced = true;
    await pass(1.5 * HOUR);
    expect(at).toEqual(['2027-03-27T15:00:00.000Z']);
    expect(notes).toEqual(['schedule the clock is set: 1 calendar jobs are planned (UTC)']);
  });

  it('is planned anew when the clock is set, and nothing fires because time jumped', async () => {
    const at: string[] = [];
    plan({ work: () => void at.push(new Date().toISOString()) });
    await pass(10_000);
    jump(20 * 365 * 24 * HOUR + 0.5 * HOUR);
    await pass(60_000);
    expect(at).toEqual([]);
    expect(notes.filter((note) => note.startsWith('schedule the clock is set'))).toHaveLength(2);
    await pass(0.5 * HOUR);
    expect(at).toEqual(['2047-03-22T13:00:00.000Z']);
    jump(-HOUR / 2);
    await pass(HOUR);
    expect(at.slice(1)).toEqual(['2047-03-22T13:00:00.000Z']);
  });

  it('stops when the time server is gone from it', async () => {
    const work = vi.fn();
    plan({ work });
    await pass(HOUR + 10_000);
    expect(work).toHaveBeenCalledTimes(1);
    synced = false;
    await pass(3 * HOUR);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('never runs beside itself, and says so', async () => {
    let done = (): void => {};
    const work = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          done = resolve;
        }),
    );
    plan({ work });
    await pass(2 * HOUR + 10_000);
    expect(work).toHaveBeenCalledTimes(1);
    expect(notes.at(-1)).toBe('schedule-overlap schedule.start: the one before still runs');
    done();
    await pass(HOUR);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it.each([
    ['leave-out', 0],
    ['make-up', 1],
  ] as const)(
    'that was missed because the computer slept is treated as the job wants it: %s',
    async (missed, times) => {
      const work = vi.fn();
      plan({ work, missed, pattern: '0 13 * * *' });
      await pass(10_000);
      // A sleep: neither clock of the process ran, and timers come late.
      vi.setSystemTime(Date.now() + 1.5 * HOUR);
      await vi.advanceTimersByTimeAsync(2 * HOUR);
      expect(work).toHaveBeenCalledTimes(times);
      expect(notes.filter((note) => note.startsWith('schedule-missed'))).toHaveLength(1);
    },
  );

  it('leaves out what lies in the hour that summer time takes, and does once what lies in the one it gives', async () => {
    const at: string[] = [];
    plan({ pattern: '30 2 * * *', work: (due) => void at.push(new Date(due).toISOString()) }, 'Europe/Berlin');
    await pass(3 * 24 * HOUR);
    expect(at).toEqual(['2027-03-29T00:30:00.000Z', '2027-03-30T00:30:00.000Z']);
    jump(Date.UTC(2027, 9, 30, 12) - Date.now());
    await pass(2 * 24 * HOUR);
    expect(at.slice(2)).toEqual(['2027-10-31T01:30:00.000Z', '2027-11-01T01:30:00.000Z']);
  });

  it('that fails is noted, and the next one comes all the same', async () => {
    plan({
      work: () => {
        throw new Error('no disk');
      },
    });
    await pass(2 * HOUR + 10_000);
    expect(notes.filter((note) => note === 'schedule-failed schedule.start: no disk')).toHaveLength(2);
  });

  it('names every pattern and time zone that cannot be', () => {
    expect(() => plan({ pattern: '61 * * * *' }, 'Mars/Base')).toThrow(ConfigError);
    try {
      plan({ pattern: '61 25 * * *' }, 'Mars/Base');
    } catch (error) {
      const { problems } = error as ConfigError;
      expect(problems.map(({ path }) => path)).toEqual(['schedule.start', 'schedule.start', 'schedule.timezone']);
    }
    expect(() => plan({ pattern: 'none' })).not.toThrow();
  });
});
