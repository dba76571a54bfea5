/** One line of a heat benchmark: a figure with its 95 % interval, from how many benches, and the bound that it should keep. */
export interface Line {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly n: number;
  /** The target; null = printed for information. */
  readonly reference: number | null;
}

const digits = (value: number): number => Number(value.toPrecision(4));

/** Percentage of `hits` in `n`, with the exact interval (Clopper and Pearson 1934). */
export function share(name: string, hits: number, n: number, reference: number | null): Line {
  const low = hits === 0 ? 0 : rootOf((p) => tail(n, p, hits) - 0.025, LEAST_P, 1 - LEAST_P);
  const high = hits === n ? 1 : rootOf((p) => 0.025 - (1 - tail(n, p, hits + 1)), LEAST_P, 1 - LEAST_P);
  return {
    name,
    value: digits((100 * hits) / Math.max(1, n)),
    unit: '%',
    low: digits(100 * low),
    high: digits(100 * high),
    n,
    reference,
  };
}

/** Probabilities of 0 and 1 have no logarithm. */
const LEAST_P = 1e-12;

/** Probability of at least `k` hits in `n` at probability `p`. */
function tail(n: number, p: number, k: number): number {
  let sum = 0;
  let log = n * Math.log1p(-p);
  for (let i = 0; i <= n; i += 1) {
    if (i >= k) sum += Math.exp(log);
    log += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return Math.min(1, sum);
}

/** Events per `perHours` in `hours`, with the exact interval of a Poisson count. */
export function rate(name: string, events: number, hours: number, perHours: number, reference: number): Line {
  const scale = perHours / Math.max(1e-9, hours);
  const most = (count: number): number => 10 + 4 * count;
  const low = events === 0 ? 0 : rootOf((mean) => 1 - below(events, mean) - 0.025, 0, most(events));
  const high = rootOf((mean) => 0.025 - below(events + 1, mean), 0, most(events + 1));
  const unit = `per ${perHours} h`;
  return { name, value: events * scale, unit, low: low * scale, high: high * scale, n: Math.round(hours), reference };
}

/** Probability of fewer than `k` events at a mean. */
function below(k: number, mean: number): number {
  let [term, sum] = [Math.exp(-mean), 0];
  for (let i = 0; i < k; i += 1) {
    sum += term;
    term *= mean / (i + 1);
  }
  return sum;
}

/** Difference of two shares on the same benches, in points, with its 95 % interval from the pairs that differ (McNemar). */
export function paired(name: string, pairs: readonly (readonly [boolean, boolean])[], reference: number): Line {
  const n = Math.max(1, pairs.length);
  const better = pairs.filter(([one, other]) => one && !other).length;
  const worse = pairs.filter(([one, other]) => !one && other).length;
  const points = (100 * (better - worse)) / n;
  const half = (196 / n) * Math.sqrt(Math.max(0, better + worse - (better - worse) ** 2 / n));
  const [value, low, high] = [points, points - half, points + half].map(digits) as [number, number, number];
  return { name, value, unit: 'points', low, high, n: pairs.length, reference };
}

/** Where a rising function is zero between two ends. */
function rootOf(f: (x: number) => number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (f(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Quantile `q` of values, by linear interpolation; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const list = sorted(values);
  const at = q * (list.length - 1);
  const low = list[Math.floor(at)] ?? Number.NaN;
  const high = list[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** A quantile with its distribution-free interval: order statistics n·q ± 1.96·√(n·q·(1−q)). */
export function spread(
  name: string,
  values: readonly number[],
  q: number,
  unit: string,
  reference: number | null,
): Line {
  const n = values.length;
  const half = (1.96 * Math.sqrt(n * q * (1 - q))) / Math.max(1, n - 1);
  return {
    name,
    value: digits(quantile(values, q)),
    unit,
    low: digits(quantile(values, Math.max(0, q - half))),
    high: digits(quantile(values, Math.min(1, q + half))),
    n,
    reference,
  };
}

/** Of the same line for both converters the one further from its reference; without one, the larger. */
export function worse(a: Line, b: Line): Line {
  const distance = ({ name, value, reference }: Line): number => {
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    return name.startsWith('cover-') ? Math.abs(value - (reference ?? 95)) : value;
  };
  return distance(b) > distance(a) ? b : a;
}
