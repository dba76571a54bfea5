/** The chart’s data: asked for once as a whole, then only what is new. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type ChartData, joinedCharts } from '../../src/params/chart.ts';
import { look } from './api.ts';

/** Rows of a chart; more than a phone has pixels. */
const POINTS = 500;
const LEAST_MS = 500;

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
        latest.current = latest.current === null ? got.data : joinedCharts(latest.current, got.data, spanS);
        if (latest.current === null) return next();
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
