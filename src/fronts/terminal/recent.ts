/** The last minutes for the live view, one entry a simulated or real second, and how they are drawn. */
import type { Snapshot } from '../../params/snapshot.ts';
import type { Subscriber } from '../../params/subscriber.ts';
import { type Instant, LONG_AGO, minus, SECOND, type Span, secondsOf, since } from '../../units.ts';

/** As much as the widest screen shows, s. */
const MOST_S = 240;
/** The duty is told over the last so many, s. */
const DUTY_S = 60;

export class Recent implements Subscriber {
  readonly heater: boolean[] = [];
  readonly filmC: (number | null)[] = [];
  readonly red: (number | null)[] = [];
  /** Segregated share of the film by its light, 0..1 but for noise; null where it cannot be seen. */
  readonly segregated: (number | null)[] = [];
  /** Heated time in all at each of those seconds, while armed. */
  private heated: { at: Instant; us: Span }[] = [];
  private second = -1;

  snapshot({ at, thermocouple, photodiodes, light, kernel, gate, sight }: Snapshot): void {
    const second = Math.floor(secondsOf(at));
    if (second !== this.second) {
      this.second = second;
      push(this.heater, false, MOST_S);
      push(this.filmC, thermocouple.value?.celsius ?? null, MOST_S);
      push(this.segregated, sight.segregated, MOST_S);
      // In the dark there is no PL, and its zero would flatten the line.
      push(this.red, light > 0 ? (photodiodes.value?.red ?? null) : null, MOST_S);
    }
    if (kernel.name !== 'armed') this.heated = [];
    else if (since(at, this.heated.at(-1)?.at ?? LONG_AGO) >= SECOND) {
      push(this.heated, { at, us: gate.heatedUs }, DUTY_S);
    }
    if (gate.high && kernel.name === 'armed') this.heater[this.heater.length - 1] = true;
  }

  /** Share of the last minute, or of the time since arming, that the gate kept the heater on; null while not armed. */
  achieved(): number | null {
    const first = this.heated[0];
    const last = this.heated.at(-1);
    return first && last && last.at > first.at ? minus(last.us, first.us) / since(last.at, first.at) : null;
  }
}

function push<T>(list: T[], value: T, most: number): void {
  list.push(value);
  if (list.length > most) list.shift();
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

/** A line and the scale at its end take so many characters at the least. */
const SCALE = 26;
const LEAST_BARS = 10;

/** How many seconds fit into so many characters, with the scale beside them. */
const barsIn = (columns: number): number => Math.max(LEAST_BARS, Math.min(MOST_S, columns - SCALE));

interface Chart {
  /** In `columns` characters, the scale included. */
  readonly columns: number;
  /** The line is at least so high, in the unit of the values: noise alone should look flat. */
  readonly span: number;
  readonly decimals: number;
  readonly unit: string;
}

/** The newest values as a line, with lowest and highest and the time that is shown; empty where nothing was measured. */
export function chart(values: readonly (number | null)[], { columns, span, decimals, unit }: Chart): string {
  const shown = values.slice(-barsIn(columns));
  const known = shown.filter((value): value is number => value !== null);
  if (known.length === 0) return '';
  const [low, high] = [Math.min(...known).toFixed(decimals), Math.max(...known).toFixed(decimals)];
  return `${sparkline(shown, span)} ${low}..${high} ${unit}, ${shown.length} s`;
}

/** The newest seconds of the heater, and how many they are; empty where there are none. */
export function heaterChart(values: readonly boolean[], columns: number): string {
  const shown = values.slice(-barsIn(columns));
  return shown.length === 0 ? '' : `${strip(shown)} on or off, ${shown.length} s`;
}
