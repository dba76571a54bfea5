import { describe, expect, it } from 'vitest';
import { isFixed, Zone } from '../../../src/fronts/calendar/summer-time.ts';

const at = (iso: string): number => Date.parse(iso);
const HOUR = 3_600_000;

describe('a time zone', () => {
  it.each([
    ['Europe/Berlin', '2027-01-01T00:00Z', 1],
    ['Europe/Berlin', '2027-07-01T00:00Z', 2],
    ['America/St_Johns', '2027-01-01T00:00Z', -3.5],
    ['Asia/Kathmandu', '2027-01-01T00:00Z', 5.75],
    ['UTC', '2027-01-01T00:00Z', 0],
  ])('%s at %s is %d h ahead', (zone, iso, hours) => {
    expect(new Zone(zone).offset(at(iso))).toBe(hours * HOUR);
  });

  it('finds the first of two instants at which the local clock shows the same', () => {
    const berlin = new Zone('Europe/Berlin');
    expect(berlin.firstOf(at('2027-10-31T01:30Z'))).toBe(at('2027-10-31T00:30Z'));
    expect(berlin.firstOf(at('2027-10-31T00:30Z'))).toBe(at('2027-10-31T00:30Z'));
    expect(berlin.firstOf(at('2027-10-31T02:00Z'))).toBe(at('2027-10-31T02:00Z'));
    // Half an hour, and in April.
    const lordHowe = new Zone('Australia/Lord_Howe');
    expect(lordHowe.firstOf(at('2027-04-03T15:15Z'))).toBe(at('2027-04-03T14:45Z'));
  });

  it('finds the minutes that the local clock skips, and none on any other day', () => {
    const berlin = new Zone('Europe/Berlin');
    const skipped = berlin.skipped(at('2027-03-28T00:59:58Z'), at('2027-03-28T01:00:03Z'));
    expect([skipped.length, new Date(skipped[0] ?? 0).toISOString()]).toEqual([60, '2027-03-28T02:00:00.000Z']);
    expect(berlin.skipped(at('2027-03-28T01:00:03Z'), at('2027-03-28T01:00:08Z'))).toEqual([]);
    expect(berlin.skipped(at('2027-10-31T00:59:58Z'), at('2027-10-31T01:00:03Z'))).toEqual([]);
    expect(new Zone('UTC').skipped(0, 5000)).toEqual([]);
  });

  it('moves only work at a fixed time of the day', () => {
    expect(['30 2 * * *', '0,30 2-4 * * 1'].map(isFixed)).toEqual([true, true]);
    expect(['* 2 * * *', '*/5 * * * *', '30 */2 * * *', '0 * * * *'].map(isFixed)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
