import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { calendarProblems, type Job, Scheduler } from '../../../src/fronts/calendar/scheduler.ts';
import { instant } from '../../../src/units.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2027, 2, 27, 12);
const STOP = { key: 'schedule.stop', pattern: '0 18 * * *', missed: 'make-up' } as const;
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
    // Monotonic time knows of no jump of the wall clock, and of no sleep.
    now: () => instant((Date.now() - START - jumpMs) * 1000),
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
/** Somebody sets the clock, or the computer sleeps: then only the wall clock goes on, and no timer. */
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
    const waiting =
      'schedule-waiting the clock of this computer is not set from a time server; nothing planned starts until it is, or until schedule.clock says that it is right';
    expect([at, notes]).toEqual([[], [waiting]]);
    synced = true;
    await pass(1.5 * HOUR);
    expect(at).toEqual(['2027-03-27T15:00:00.000Z']);
    expect(notes).toEqual([waiting, 'schedule the clock is set: 1 calendar jobs are planned (UTC)']);
  });

  it('says that it waits only after a minute without a clock, and only where something is planned', async () => {
    synced = false;
    plan({});
    await pass(55_000);
    expect(notes).toEqual([]);
    await pass(15_000);
    expect(notes).toHaveLength(1);
    plan({ pattern: 'none' });
    await pass(HOUR);
    expect(notes).toHaveLength(1);
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
      jump(1.5 * HOUR);
      await pass(2 * HOUR);
      expect(work).toHaveBeenCalledTimes(times);
      expect(notes.filter((note) => note.startsWith('schedule-missed'))).toHaveLength(1);
    },
  );

  it.each([10, 30, 120, 7200])(
    'makes up once for a stop over which the clock is set forward by %d s',
    async (bySeconds) => {
      const due: string[] = [];
      plan({ ...STOP, work: (ms) => void due.push(new Date(ms).toISOString()) });
      await pass(6 * HOUR - 10_000);
      jump(bySeconds * 1000);
      await pass(3 * HOUR);
      expect(due).toEqual(['2027-03-27T18:00:00.000Z']);
      expect(notes.filter((note) => note.startsWith('schedule-missed'))).toEqual([
        'schedule-missed schedule.stop of 2027-03-27T18:00:00.000Z: carried out now',
      ]);
    },
  );

  it('does a stop once when the clock is set right by a few seconds, whenever that is', async () => {
    const times: number[] = [];
    for (let beforeMs = 10_000; beforeMs > 0; beforeMs -= 800) {
      vi.setSystemTime(START);
      jumpMs = 0;
      const work = vi.fn();
      plan({ ...STOP, work });
      await pass(6 * HOUR - beforeMs);
      jump(3000);
      await pass(60_000);
      times.push(work.mock.calls.length);
      scheduler?.close();
    }
    expect(new Set(times)).toEqual(new Set([1]));
  });

  it('makes up for a stop that fell into a time without a time server, and leaves a start out', async () => {
    for (const [job, times] of [
      [STOP, 1],
      [{ ...STOP, key: 'schedule.start', missed: 'leave-out' }, 0],
    ] as const) {
      [notes, synced] = [[], true];
      vi.setSystemTime(START);
      const work = vi.fn();
      plan({ ...job, work });
      await pass(6 * HOUR - 30_000);
      synced = false;
      await pass(60_000);
      expect(work).not.toHaveBeenCalled();
      synced = true;
      await pass(HOUR);
      expect(work).toHaveBeenCalledTimes(times);
      expect(notes).toEqual([
        'schedule the clock is set: 1 calendar jobs are planned (UTC)',
        `schedule-missed ${job.key} of 2027-03-27T18:00:00.000Z: ${times === 1 ? 'carried out now' : 'skipped'}`,
      ]);
      scheduler?.close();
    }
  });

  it('never starts because time jumped, by however much', async () => {
    const work = vi.fn();
    plan({ work, pattern: '0 18 * * *' });
    for (const bySeconds of [10, 30, 120, 7200]) {
      await pass(6 * HOUR - 10_000);
      jump(bySeconds * 1000);
      await pass(60_000);
      expect(work).not.toHaveBeenCalled();
      jump(START + HOUR - Date.now());
      await pass(10_000);
      jump(START - Date.now());
    }
  });

  it('makes up once for many that were missed together', async () => {
    const work = vi.fn();
    plan({ ...STOP, pattern: '*/5 * * * *', work });
    await pass(10_000);
    vi.setSystemTime(Date.now() + HOUR);
    // No tick: the loop hangs.
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(notes.filter((note) => note.startsWith('schedule-missed'))).toHaveLength(1);
    expect(work.mock.calls.map(([due]) => new Date(due).toISOString())).toEqual([
      '2027-03-27T12:05:00.000Z',
      '2027-03-27T13:05:00.000Z',
    ]);
  });

  it('does right after it what lies in the hour that summer time takes, and the first time what lies in the one it gives', async () => {
    const at: string[] = [];
    plan({ pattern: '30 2 * * *', work: (due) => void at.push(new Date(due).toISOString()) }, 'Europe/Berlin');
    await pass(3 * 24 * HOUR);
    expect(at.map((iso) => iso.slice(0, 19))).toEqual([
      '2027-03-28T01:00:00',
      '2027-03-29T00:30:00',
      '2027-03-30T00:30:00',
    ]);
    jump(Date.UTC(2027, 9, 30, 12) - Date.now());
    await pass(2 * 24 * HOUR);
    expect(at.slice(3)).toEqual(['2027-10-31T00:30:00.000Z', '2027-11-01T01:30:00.000Z']);
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
    const problems = (pattern: string, timezone = 'UTC') =>
      calendarProblems([{ key: 'schedule.start', pattern }], timezone).map(({ path }) => path);
    expect(problems('61 * * * *')).toEqual(['schedule.start']);
    expect(problems('61 25 * * *', 'Mars/Base')).toEqual(['schedule.start', 'schedule.timezone']);
    expect(problems('none')).toEqual([]);
    expect(problems('30 6 * * 1-5', 'Europe/Berlin')).toEqual([]);
  });
});
