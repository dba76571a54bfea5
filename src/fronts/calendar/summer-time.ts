/**
 * Summer time as Debian’s cron has it: work at a fixed time of the day that lies in the hour that is skipped is done right
 * after it, and work in the hour that comes twice is done the first time.
 */

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Changes of the clock by law, ms: no zone of today has others. */
const CHANGES_MS = [HOUR_MS / 2, HOUR_MS, 2 * HOUR_MS];
/** A longer change is no summer time but another clock. */
const MOST_MS = 3 * HOUR_MS;

/** How far a time zone is ahead of UTC, by instant. */
export class Zone {
  private readonly format: Intl.DateTimeFormat;

  /** @throws RangeError for a time zone that does not exist */
  constructor(name: string) {
    this.format = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** How far local time is ahead of UTC at an instant, both in ms. */
  offset(atMs: number): number {
    const text = this.format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? [];
    const ahead = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS;
    return sign === '-' ? -ahead : ahead;
  }

  /** The first instant at which the local clock shows what it shows at `atMs`. */
  firstOf(atMs: number): number {
    const earlier = CHANGES_MS.map((change) => atMs - change).find(
      (at) => this.offset(at) - this.offset(atMs) === atMs - at,
    );
    return earlier ?? atMs;
  }

  /** Local minutes that the clock skipped between two instants, as if they were UTC, ms; at most three hours. */
  skipped(fromMs: number, toMs: number): number[] {
    const change = this.offset(toMs) - this.offset(fromMs);
    if (change <= 0 || change > MOST_MS) return [];
    // The change lies somewhere between: every local minute that real time did not take is one.
    const end = Math.floor((toMs + this.offset(toMs)) / MINUTE_MS) * MINUTE_MS;
    const start = end - change - (toMs - fromMs);
    const minutes: number[] = [];
    for (let at = Math.ceil(start / MINUTE_MS) * MINUTE_MS; at < end; at += MINUTE_MS) {
      const shown = this.offset(at - this.offset(fromMs)) === this.offset(fromMs);
      const shownLater = this.offset(at - this.offset(toMs)) === this.offset(toMs);
      if (!shown && !shownLater) minutes.push(at);
    }
    return minutes;
  }
}

/** Whether a pattern names minutes and hours: only such work is moved by summer time, what runs every hour is not. */
export const isFixed = (pattern: string): boolean => !/[*/]/.test(pattern.trim().split(/\s+/).slice(0, 2).join(' '));
