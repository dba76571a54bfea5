/** Numbers and times as people read them. */
import { decimals } from '../../src/params/decimals.ts';

/** A number with its unit, or a dash where there is none. */
export const number = (value: unknown, digits: number, unit = ''): string =>
  typeof value === 'number' ? `${decimals(value, digits)}${unit === '' ? '' : ` ${unit}`}` : '–';

export const percent = (value: unknown, digits = 1): string =>
  typeof value === 'number' ? `${decimals(100 * value, digits)} %` : '–';

/** h:mm:ss, or m:ss below an hour. */
export function clock(seconds: number | null | undefined): string {
  if (typeof seconds !== 'number') return '–';
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** How long something has been so: `12 s`, `3 min`, `2 h`. */
export function age(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** Local date and time of s since 1970. */
export const dateText = (wallS: number): string =>
  new Date(1000 * wallS).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });
