/** The chart’s data: asked for once as a whole, then only what is new. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChartData } from '../../src/web/chart.ts';
import { look } from './api.ts';

/** Rows of a chart; more than a phone has pixels. */
const POINTS = 500;
const LEAST_MS = 500;

/** The rows so far with newer ones: the first new row replaces the one at its place, and what is too old goes. */
export function joined(before: ChartData, next: ChartData, spanS: number): ChartData {
  const first = next.t[0];
  if (first === undefined) return before;
  const newest = next.t.at(-1) ?? first;
  const rowS = spanS / POINTS;
  const end = before.t.findIndex((t) => t > first - rowS / 2);
  const kept = end < 0 ? before.t.length : end;
  const start = Math.max(
    0,
    before.t.findIndex((t) => t >= newest - spanS),
  );
  const join = <T>(a: readonly T[], b: readonly T[]): T[] => [...a.slice(start, kept), ...b];
  const all = (a: readonly (readonly (number | null)[])[], b: typeof a) =>
    a.map((column, i) => join(column, b[i] ?? []));
  const heat = new Map([...before.heat, ...next.heat].map((span) => [span[0], span]));
  return {
    columns: before.columns,
    t: join(before.t, next.t),
    low: all(before.low, next.low),
    mean: all(before.mean, next.mean),
    high: all(before.high, next.high),
    verdict: join(before.verdict, next.verdict),
    heat: [...heat.values()].filter(([, to]) => to >= newest - spanS).sort((a, b) => a[0] - b[0]),
  };
}

/** Measurements of the last `spanS` seconds, kept up to date; `boot`: a restarted controller begins anew. */
export function useChart(spanS: number, boot: string): ChartData | null {
  const [data, setData] = useState<ChartData | null>(null);
  const latest = useRef<ChartData | null>(null);
  useEffect(() => {
    let isCurrent = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    latest.current = null;
    setData(null);
    const next = async (): Promise<void> => {
      const last = latest.current?.t.at(-1);
      const got = document.hidden
        ? null
        : await look<ChartData>(
            `/chart?span_s=${spanS}&points=${POINTS}${last === undefined ? '' : `&after_s=${last}`}`,
          );
      if (!isCurrent) return;
      if (got && 'data' in got) {
        latest.current = latest.current === null ? got.data : joined(latest.current, got.data, spanS);
        setData(latest.current);
      }
      timer = setTimeout(() => void next(), Math.max(LEAST_MS, (1000 * spanS) / POINTS));
    };
    void next();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [spanS, boot]);
  return data;
}
