/** Quiet hours: when people sleep, by the clock on their wall. */
import { Zone } from '../calendar/summer-time.ts';

const MINUTE_MS = 60_000;
const DAY_MIN = 24 * 60;

/** Minutes since midnight of HH:MM. */
const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/**
 * Whether it is quiet at a wall time (s since 1970; null = not known, then it never is), in a time zone. `from` is the first
 * quiet minute and `to` the first that is not; both are HH:MM of the local clock, so an hour that summer time skips is not
 * there, and one that comes twice is quiet twice. `none` = never quiet.
 * @throws RangeError for a time zone that does not exist
 */
export function quietHours(from: string, to: string, timezone: string): (wallS: number | null) => boolean {
  if (from === 'none' || to === 'none') return () => false;
  const zone = new Zone(timezone);
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const isQuietAt = (minute: number): boolean =>
    begin < end ? minute >= begin && minute < end : minute >= begin || minute < end;
  // The tick asks twenty times a second, and the answer changes with the minute.
  let asked = Number.NaN;
  let answer = false;
  return (wallS) => {
    if (wallS === null) return false;
    const minute = Math.floor((wallS * 1000) / MINUTE_MS);
    if (minute !== asked) {
      asked = minute;
      const localMin = minute + zone.offset(minute * MINUTE_MS) / MINUTE_MS;
      answer = isQuietAt(((localMin % DAY_MIN) + DAY_MIN) % DAY_MIN);
    }
    return answer;
  };
}
