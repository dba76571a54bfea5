/** Whether identification tells the truth: how often it lies in the stated 95 % interval, and how far off values are. */
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Commissioned } from '../../src/rig/commissioned.ts';
import { truthOf } from './bench.ts';
import { type Line, share, spread } from './line.ts';

/** What one bench and one variant gave: truth over found, whether it lay inside, and how wide the interval was. */
export interface Judged {
  readonly refused: boolean;
  readonly tripped: boolean;
  readonly peakC: number;
  readonly inside: Readonly<Record<Quantity, boolean>> | null;
  readonly errorPercent: Readonly<Record<Quantity, number>> | null;
  readonly widthPercent: Readonly<Record<Quantity, number>> | null;
}

const QUANTITIES = {
  'fast-gain': { key: 'heater.fastKPerW', truth: 'fastKPerW' },
  'total-gain': { key: 'heater.gainKPerW', truth: 'gainKPerW' },
  'fast-tau': { key: 'heater.fastTauS', truth: 'fastTauS' },
  'slow-tau': { key: 'heater.slowTauS', truth: 'slowTauS' },
  'tc-lag': { key: 'sensors.thermocoupleLagS', truth: 'thermocoupleLagS' },
} as const;
export type Quantity = keyof typeof QUANTITIES;
const NAMES = Object.keys(QUANTITIES) as Quantity[];

export function judge(bench: BenchFile, done: Commissioned): Judged {
  const { outcome, peakC } = done;
  const calibration = outcome.kind === 'good' ? outcome.calibration : null;
  if (!calibration) {
    const none = { inside: null, errorPercent: null, widthPercent: null };
    return { refused: outcome.kind === 'refused', tripped: outcome.kind === 'tripped', peakC, ...none };
  }
  const truth = truthOf(bench);
  const each = <T>(of: (low: number, high: number, value: number, true_: number) => T): Record<Quantity, T> =>
    Object.fromEntries(
      NAMES.map((name) => {
        const { key, truth: field } = QUANTITIES[name];
        const [low, high] = calibration.intervals?.[key] ?? [Number.NaN, Number.NaN];
        return [name, of(low, high, Math.sqrt(low * high), truth[field])];
      }),
    ) as Record<Quantity, T>;
  return {
    refused: false,
    tripped: false,
    peakC,
    inside: each((low, high, _value, true_) => true_ >= low && true_ <= high),
    errorPercent: each((_low, _high, value, true_) => 100 * Math.abs(value / true_ - 1)),
    widthPercent: each((low, high, value) => (100 * (high - low)) / value),
  };
}

const COVER = 95;
/** Which variant a quantity is asked of: short heat shows what is fast, long heat what is slow. */
const SHOWN_BY = {
  'fast-gain': 'quick',
  'total-gain': 'thorough',
  'fast-tau': 'quick',
  'slow-tau': 'thorough',
  'tc-lag': 'quick',
} as const satisfies Record<Quantity, Variant>;
const ERRORS = { 'fast-gain': [2.5, 6], 'total-gain': [2, 8] } as const;

export type Variant = 'quick' | 'thorough';

/** All lines of one variant; a quantity that the other variant is asked for carries the variant in its name. */
export function identLines(list: readonly Judged[], variant: Variant): Line[] {
  const lines: Line[] = [];
  const good = list.filter(({ inside }) => inside !== null);
  const of = (name: Quantity, from: 'errorPercent' | 'widthPercent'): number[] =>
    good.map((one) => one[from]?.[name] ?? Number.NaN);
  for (const name of NAMES) {
    const asked = SHOWN_BY[name] === variant;
    const mark = asked ? '' : `-${variant}`;
    const inside = good.filter((one) => one.inside?.[name]).length;
    lines.push(share(`cover-${name}${mark}`, inside, good.length, asked ? COVER : null));
    lines.push(spread(`width-${name}-p50${mark}`, of(name, 'widthPercent'), 0.5, '%', null));
    if (name !== 'fast-gain' && name !== 'total-gain') continue;
    const bound = asked ? ERRORS[name] : [null, null];
    lines.push(spread(`${name}-error-p50${mark}`, of(name, 'errorPercent'), 0.5, '%', bound[0]));
    lines.push(spread(`${name}-error-p95${mark}`, of(name, 'errorPercent'), 0.95, '%', bound[1]));
  }
  const mark = variant === 'quick' ? '' : `-${variant}`;
  lines.push(share(`ident-refused${mark}`, list.filter(({ refused }) => refused).length, list.length, 10));
  lines.push(share(`commission-trips${mark}`, list.filter(({ tripped }) => tripped).length, list.length, 0));
  lines.push(
    spread(
      `commission-peak${mark}`,
      list.map(({ peakC }) => peakC),
      1,
      '°C',
      40,
    ),
  );
  return lines;
}
