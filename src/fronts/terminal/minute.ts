/** The last minute for the live view: one entry a simulated or real second. */
import type { Snapshot } from '../../params/snapshot.ts';
import type { Subscriber } from '../../params/subscriber.ts';
import { inSeconds, type Micros } from '../../units.ts';

const LENGTH = 60;

export class Minute implements Subscriber {
  readonly heater: boolean[] = [];
  readonly filmC: (number | null)[] = [];
  readonly red: (number | null)[] = [];
  /** Heated time in all at each of those seconds, while armed. */
  private heated: { at: Micros; us: Micros }[] = [];
  private second = -1;

  snapshot({ at, thermocouple, photodiodes, light, kernel, gate }: Snapshot): void {
    const second = Math.floor(inSeconds(at));
    if (second !== this.second) {
      this.second = second;
      push(this.heater, false);
      push(this.filmC, thermocouple.value?.celsius ?? null);
      // In the dark there is no PL, and its zero would flatten the line.
      push(this.red, light > 0 ? (photodiodes.value?.red ?? null) : null);
    }
    if (kernel.name !== 'armed') this.heated = [];
    else if (this.heated.length === 0 || at - (this.heated.at(-1)?.at ?? 0) >= 1e6) {
      push(this.heated, { at, us: gate.heatedUs });
    }
    if (gate.high && kernel.name === 'armed') this.heater[this.heater.length - 1] = true;
  }

  /** Share of the last minute, or of the time since arming, that the gate kept the heater on; null while not armed. */
  achieved(): number | null {
    const first = this.heated[0];
    const last = this.heated.at(-1);
    return first && last && last.at > first.at ? (last.us - first.us) / (last.at - first.at) : null;
  }
}

function push<T>(list: T[], value: T): void {
  list.push(value);
  if (list.length > LENGTH) list.shift();
}

const BARS = '▁▂▃▄▅▆▇█';

/** A line of block characters between the lowest and highest value (at least `span` apart); a gap where there is none. */
export function sparkline(values: readonly (number | null)[], span: number): string {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return '';
  const low = Math.min(...known);
  const range = Math.max(span, Math.max(...known) - low);
  return values
    .map((value) => (value === null ? ' ' : (BARS[Math.min(7, Math.floor(((value - low) / range) * 8))] ?? ' ')))
    .join('');
}

export const strip = (values: readonly boolean[]): string => values.map((on) => (on ? '█' : '▁')).join('');
