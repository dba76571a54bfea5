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
  const low = hits === 0 ? 0 : solveBeta((p) => tail(n, p, hits) - 0.025);
  const high = hits === n ? 1 : solveBeta((p) => 0.025 - (1 - tail(n, p, hits + 1)));
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

/** Where a rising function of a probability is zero. */
function solveBeta(f: (p: number) => number): number {
  let [low, high] = [1e-12, 1 - 1e-12];
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
