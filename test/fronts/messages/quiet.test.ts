import { describe, expect, it } from 'vitest';
import { quietHours } from '../../../src/fronts/messages/quiet.ts';

const at = (utc: string): number => Date.parse(utc) / 1000;

describe('quiet hours', () => {
  it('over midnight begin with their first minute and end before their last', () => {
    const isQuiet = quietHours('22:00', '07:00', 'UTC');
    expect(isQuiet(at('2026-11-20T21:59:59Z'))).toBe(false);
    expect(isQuiet(at('2026-11-20T22:00:00Z'))).toBe(true);
    expect(isQuiet(at('2026-11-21T00:00:00Z'))).toBe(true);
    expect(isQuiet(at('2026-11-21T06:59:59Z'))).toBe(true);
    expect(isQuiet(at('2026-11-21T07:00:00Z'))).toBe(false);
  });

  it('within a day are the minutes between', () => {
    const isQuiet = quietHours('12:30', '13:00', 'UTC');
    expect(isQuiet(at('2026-11-20T12:29:59Z'))).toBe(false);
    expect(isQuiet(at('2026-11-20T12:30:00Z'))).toBe(true);
    expect(isQuiet(at('2026-11-20T12:59:59Z'))).toBe(true);
    expect(isQuiet(at('2026-11-20T13:00:00Z'))).toBe(false);
  });

  it('follow the clock on the wall in summer and in winter', () => {
    const isQuiet = quietHours('22:00', '07:00', 'Europe/Berlin');
    expect(isQuiet(at('2026-07-01T20:00:00Z'))).toBe(true);
    expect(isQuiet(at('2026-07-01T05:00:00Z'))).toBe(false);
    expect(isQuiet(at('2026-12-01T20:59:59Z'))).toBe(false);
    expect(isQuiet(at('2026-12-01T21:00:00Z'))).toBe(true);
    expect(isQuiet(at('2026-12-01T06:00:00Z'))).toBe(false);
  });

  it('that summer time skips are not there, and the wall clock goes on right', () => {
    // On 29 March 2026 at 01:00 UTC the clock goes from 02:00 to 03:00.
    const skipped = quietHours('02:15', '02:45', 'Europe/Berlin');
    for (let minute = 0; minute < 180; minute += 1)
      expect(skipped(at('2026-03-29T00:00:00Z') + 60 * minute)).toBe(false);
    const over = quietHours('02:15', '03:15', 'Europe/Berlin');
    expect(over(at('2026-03-29T00:59:59Z'))).toBe(false);
    expect(over(at('2026-03-29T01:00:00Z'))).toBe(true);
    expect(over(at('2026-03-29T01:15:00Z'))).toBe(false);
  });

  it('that come twice in autumn are quiet twice', () => {
    // On 25 October 2026 at 01:00 UTC the clock goes from 03:00 back to 02:00.
    const isQuiet = quietHours('02:15', '02:45', 'Europe/Berlin');
    const quiet = Array.from({ length: 180 }, (_, minute) => isQuiet(at('2026-10-24T23:30:00Z') + 60 * minute));
    expect(quiet.filter(Boolean)).toHaveLength(60);
    expect(quiet.indexOf(true)).toBe(45);
    expect(quiet.lastIndexOf(true)).toBe(45 + 60 + 29);
  });

  it('are none without a clock, and none without times', () => {
    expect(quietHours('00:00', '23:59', 'UTC')(null)).toBe(false);
    expect(quietHours('none', 'none', 'UTC')(at('2026-11-20T03:00:00Z'))).toBe(false);
  });

  it('of zones with half hours and before 1970 are right, too', () => {
    const isQuiet = quietHours('22:00', '07:00', 'Asia/Kolkata');
    expect(isQuiet(at('2026-11-20T16:29:00Z'))).toBe(false);
    expect(isQuiet(at('2026-11-20T16:30:00Z'))).toBe(true);
    expect(quietHours('22:00', '07:00', 'UTC')(at('1969-12-31T23:00:00Z'))).toBe(true);
  });
});
