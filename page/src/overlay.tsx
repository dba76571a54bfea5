/** Several recorded runs over the time since each one’s recipe began, one colour and one dash a run. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { RunColumns } from '../../src/params/page-records.ts';
import { css, useTheme, useWidth } from './look.ts';
import { clock } from './words.ts';

export interface Overlaid {
  readonly name: string;
  readonly series: RunColumns;
}

/** Colours that differ in lightness, too; each with a dash of its own. */
const LOOKS: readonly (readonly [string, readonly number[]])[] = [
  ['--tc', []],
  ['--film', [8, 4]],
  ['--green', [2, 3]],
  ['--ir', [10, 3, 2, 3]],
  ['--warn', [5, 2]],
  ['--reference', [1, 2]],
];
const PANELS = [
  { title: 'Film temperature', unit: '°C', column: 'film_c', factor: 1, digits: 2 },
  { title: 'Light of the mixed film', unit: 'V', column: 'pl_red_v', factor: 1, digits: 3 },
  { title: 'Light of the segregated phase', unit: 'mV', column: 'pl_green_v', factor: 1000, digits: 1 },
  { title: 'Segregated share, estimated from the light', unit: '%', column: 'segregated', factor: 100, digits: 2 },
] as const;

/** One time axis for all: where a run has no stretch there is no value, and nothing is drawn across. */
function joinedData(runs: readonly Overlaid[], column: string, factor: number): uPlot.AlignedData {
  const of = ({ series }: Overlaid, side: 'min' | 'max'): uPlot.AlignedData => [
    [...series.t],
    (series.columns[column]?.[side] ?? []).map((value) => (value === null ? null : value * factor)),
  ];
  return uPlot.join(
    runs.flatMap((run) => [of(run, 'min'), of(run, 'max')]),
    runs.flatMap(() => [[2], [2]]),
  );
}

function Panel({
  runs,
  panel,
  width,
}: {
  readonly runs: readonly Overlaid[];
  readonly panel: (typeof PANELS)[number];
  readonly width: number;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  useLayoutEffect(() => {
    if (!place.current) return;
    const axis = { stroke: css('--muted'), grid: { stroke: css('--line'), width: 1 }, font: '12px system-ui' };
    const series: uPlot.Series[] = [{ label: 'time', value: (_, t) => (t === null ? '–' : clock(t)) }];
    const bands: uPlot.Band[] = [];
    runs.forEach(({ name }, i) => {
      const [colour, dash] = LOOKS[i % LOOKS.length] ?? ['--tc', []];
      const look = { stroke: css(colour), width: 1.5, dash: [...dash], points: { show: false }, spanGaps: false };
      const value = (_: uPlot, v: number | null): string =>
        v === null ? '–' : `${v.toFixed(panel.digits)} ${panel.unit}`;
      series.push({ ...look, label: `${String.fromCharCode(65 + i)} least`, value, class: 'hidden' });
      series.push({ ...look, label: `${String.fromCharCode(65 + i)} ${name}`, value });
      bands.push({ series: [2 * i + 2, 2 * i + 1], fill: `color-mix(in srgb, ${css(colour)} 22%, transparent)` });
    });
    const plot = new uPlot(
      {
        width,
        height: 180,
        series,
        bands,
        scales: { x: { time: false } },
        cursor: { sync: { key: 'runs' }, drag: { x: true, y: false } },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map(clock), space: 80 },
          { ...axis, size: 52 },
        ],
      },
      joinedData(runs, panel.column, panel.factor),
      place.current,
    );
    return () => plot.destroy();
  }, [runs, panel, width, theme]);
  return (
    <figure class="panel">
      <figcaption>
        {panel.title} <span class="unit">{panel.unit}</span>
      </figcaption>
      <div ref={place} role="img" aria-label={`${panel.title} of ${runs.length} runs over the time since each began`} />
    </figure>
  );
}

export function Overlay({ runs }: { readonly runs: readonly Overlaid[] }): JSX.Element {
  const { place, width } = useWidth();
  return (
    <div ref={place} class="charts">
      {width > 0 && PANELS.map((panel) => <Panel key={panel.column} {...{ runs, panel, width }} />)}
    </div>
  );
}
