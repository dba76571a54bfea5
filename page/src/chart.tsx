/** Measurements under one time axis: temperature, light, and a strip of heater and verdict, with the marks of what happened. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartData } from '../../src/params/chart.ts';
import type { PageEvent } from '../../src/params/page.ts';
import type { Verdict } from '../../src/params/verdict.ts';
import { css, useTheme, useWidth } from './look.ts';
import { VERDICT_LOOKS, verdictWord } from './verdicts.ts';

/** Something that happened, drawn as a line through all panels. */
export interface Mark {
  readonly t: number;
  readonly kind: 'trip' | 'tuning' | 'verdict';
  readonly text: string;
}

/** Marks of the events that people look for in a chart. */
export function marksOf(events: readonly PageEvent[]): Mark[] {
  return events.flatMap(({ kind, code, text, mono_s: t }): Mark[] => {
    if (kind === 'state' && (code === 'tripped' || code === 'lockout')) return [{ t, kind: 'trip', text }];
    if (kind === 'tuning') return [{ t, kind: 'tuning', text }];
    return kind === 'verdict' ? [{ t, kind: 'verdict', text }] : [];
  });
}

interface Line {
  readonly column: string;
  readonly label: string;
  readonly colour: string;
  readonly dash?: readonly number[];
  readonly band?: true;
  readonly factor?: number;
}
interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly height: number;
  readonly digits: number;
  readonly lines: readonly Line[];
}

const PANELS: readonly Panel[] = [
  {
    title: 'Temperature',
    unit: '°C',
    height: 190,
    digits: 2,
    lines: [
      { column: 'film_c', label: 'film', colour: '--film', band: true },
      { column: 'tc_c', label: 'thermocouple', colour: '--tc', dash: [6, 3] },
      { column: 'ir_c', label: 'infrared', colour: '--ir', dash: [2, 3] },
      { column: 'setpoint_c', label: 'setpoint', colour: '--text', dash: [10, 4] },
    ],
  },
  {
    title: 'Light of the mixed film and reference',
    unit: 'V',
    height: 140,
    digits: 3,
    lines: [
      { column: 'pl_red_v', label: 'mixed band', colour: '--red', band: true },
      { column: 'pl_reference_v', label: 'reference', colour: '--reference', dash: [6, 3] },
    ],
  },
  {
    title: 'Light of the segregated phase',
    unit: 'mV',
    height: 140,
    digits: 1,
    lines: [
      { column: 'pl_green_v', label: 'segregated band', colour: '--green', band: true, factor: 1000 },
      { column: 'pl_dark_v', label: 'dark', colour: '--reference', dash: [2, 3], factor: 1000 },
    ],
  },
];

/** Draws the marks over a panel: each kind has a dash and a sign of its own, so that colour is not needed. */
const SIGNS: Readonly<
  Record<Mark['kind'], { readonly sign: string; readonly colour: string; readonly dash: readonly number[] }>
> = {
  trip: { sign: '✖', colour: '--bad', dash: [] },
  tuning: { sign: '◆', colour: '--accent', dash: [4, 4] },
  verdict: { sign: '▲', colour: '--warn', dash: [1, 3] },
};

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const [from = 0, to = 0] = [plot.scales['x']?.min, plot.scales['x']?.max];
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui`;
  ctx.textAlign = 'center';
  for (const { t, kind } of marks) {
    if (t < from || t > to) continue;
    const { sign, colour, dash } = SIGNS[kind];
    const x = plot.valToPos(t, 'x', true);
    ctx.strokeStyle = css(colour);
    ctx.fillStyle = css(colour);
    ctx.setLineDash(dash.map((n) => n * devicePixelRatio));
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(sign, x, bbox.top + 10 * devicePixelRatio);
  }
  ctx.restore();
}

/** Columns of a panel as uPlot takes them: the time, then for each line its mean, and low and high where it has a band. */
function columnsOf(data: ChartData, lines: readonly Line[]): uPlot.AlignedData {
  const pick = (from: ChartData['mean'], { column, factor = 1 }: Line): (number | null)[] =>
    (from[data.columns.indexOf(column)] ?? []).map((value) => (value === null ? null : value * factor));
  const columns = lines.flatMap((line) => [
    pick(data.mean, line),
    ...(line.band ? [pick(data.low, line), pick(data.high, line)] : []),
  ]);
  return [[...data.t], ...columns];
}

/** What the legend says: under the cursor, and without one the newest value. */
function valueText(plot: uPlot, value: number | null, series: number, { digits, unit }: Panel): string {
  const shown = plot.cursor.idx === null || plot.cursor.idx === undefined ? plot.data[series]?.at(-1) : value;
  return typeof shown === 'number' ? `${shown.toFixed(digits)} ${unit}` : '–';
}

function optionsOf(
  panel: Panel,
  width: number,
  label: (t: number) => string,
  marks: () => readonly Mark[],
): uPlot.Options {
  const series: uPlot.Series[] = [{ label: 'time', value: (_, t) => (t === null ? 'now' : label(t)) }];
  const bands: uPlot.Band[] = [];
  for (const { label: name, colour, dash, band } of panel.lines) {
    const stroke = css(colour);
    series.push({
      label: name,
      stroke,
      width: 1.5,
      ...(dash && { dash: [...dash] }),
      points: { show: false },
      value: (plot, value, at) => valueText(plot, value, at, panel),
    });
    if (!band) continue;
    const at = series.length;
    for (const side of ['low', 'high'])
      series.push({ label: `${name} ${side}`, stroke: 'transparent', points: { show: false }, class: 'hidden' });
    bands.push({ series: [at + 1, at], fill: `color-mix(in srgb, ${stroke} 28%, transparent)` });
  }
  const axis = { stroke: css('--muted'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line') } };
  return {
    width,
    height: panel.height,
    series,
    bands,
    cursor: { sync: { key: 'time' }, drag: { x: false, y: false } },
    legend: { live: true },
    scales: { x: { time: false } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(label), space: 90, size: 28, font: '12px system-ui' },
      { ...axis, size: 52, font: '12px system-ui' },
    ],
    hooks: { draw: [(plot) => drawMarks(plot, marks())] },
  };
}

function Plot({
  panel,
  data,
  width,
  label,
  marks,
  from,
  to,
}: {
  readonly panel: Panel;
  readonly data: ChartData;
  readonly width: number;
  readonly label: (t: number) => string;
  readonly marks: readonly Mark[];
  readonly from: number;
  readonly to: number;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef({ label, marks });
  now.current = { label, marks };
  const theme = useTheme();
  useLayoutEffect(() => {
    if (!place.current) return;
    const options = optionsOf(
      panel,
      width,
      (t) => now.current.label(t),
      () => now.current.marks,
    );
    const made = new uPlot(options, columnsOf(data, panel.lines), place.current);
    plot.current = made;
    return () => made.destroy();
  }, [panel, theme]);
  useEffect(() => plot.current?.setSize({ width, height: panel.height }), [width, panel]);
  useEffect(() => {
    plot.current?.setData(columnsOf(data, panel.lines), false);
    plot.current?.setScale('x', { min: from, max: to });
  }, [data, from, to, panel]);
  const last = (column: string): string => {
    const values = data.mean[data.columns.indexOf(column)] ?? [];
    const value = values.at(-1);
    return value === null || value === undefined ? 'no value' : value.toPrecision(4);
  };
  const words = panel.lines.map((line) => `${line.label} ${last(line.column)}`).join(', ');
  return (
    <figure class="panel">
      <figcaption>
        {panel.title} <span class="unit">{panel.unit}</span>
      </figcaption>
      <div ref={place} role="img" aria-label={`${panel.title} over time. Now: ${words}.`} />
    </figure>
  );
}

/** Heater and verdict over time: bands of their own, under the same axis. */
const STRIP = { height: 62, left: 52, right: 8 };

function Strip({
  data,
  width,
  from,
  to,
}: {
  readonly data: ChartData;
  readonly width: number;
  readonly from: number;
  readonly to: number;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const ctx = canvas.current?.getContext('2d');
    if (!ctx || !canvas.current) return;
    const k = devicePixelRatio;
    canvas.current.width = width * k;
    canvas.current.height = STRIP.height * k;
    ctx.scale(k, k);
    const x = (t: number): number => STRIP.left + ((t - from) / (to - from)) * (width - STRIP.left - STRIP.right);
    ctx.font = '11px system-ui';
    ctx.fillStyle = css('--muted');
    ctx.fillText('heater', 2, 16);
    ctx.fillText('verdict', 2, 46);
    ctx.fillStyle = css('--line');
    ctx.fillRect(STRIP.left, 20, width - STRIP.left - STRIP.right, 1);
    ctx.fillStyle = css('--heat');
    for (const [rise, fall] of data.heat) {
      const left = Math.max(x(rise), STRIP.left);
      if (fall > from) ctx.fillRect(left, 4, Math.max(1, x(fall) - left), 16);
    }
    for (let i = 0; i < data.t.length; ) {
      const name = data.verdict[i] ?? null;
      let end = i + 1;
      while (end < data.t.length && data.verdict[end] === name) end += 1;
      const [left, right] = [Math.max(STRIP.left, x(data.t[i] ?? 0)), x(data.t[end] ?? data.t[data.t.length - 1] ?? 0)];
      if (name !== null && right > STRIP.left) band(ctx, name, left, Math.max(1, right - left));
      i = end;
    }
  }, [data, width, from, to, theme]);
  return (
    <canvas
      ref={canvas}
      class="strip"
      role="img"
      aria-label="Heater pulses and verdict over time; the table of events lists both."
    />
  );
}

function band(ctx: CanvasRenderingContext2D, name: Verdict, left: number, width: number): void {
  const { colour, hatch } = VERDICT_LOOKS[name];
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, 32, width, 20);
  ctx.clip();
  ctx.fillStyle = css(colour);
  ctx.fillRect(left, 32, width, 20);
  if (hatch > 0) {
    ctx.strokeStyle = css('--card');
    ctx.lineWidth = 1;
    for (let x = left - 20; x < left + width; x += hatch) {
      ctx.beginPath();
      ctx.moveTo(x, 52);
      ctx.lineTo(x + 20, 32);
      ctx.stroke();
    }
  }
  const words = verdictWord(name);
  if (ctx.measureText(words).width + 8 < width) {
    const room = ctx.measureText(words).width + 6;
    ctx.fillStyle = css('--card');
    ctx.fillRect(left + 2, 34, room, 16);
    ctx.fillStyle = css('--text');
    ctx.fillText(words, left + 5, 46);
  }
  ctx.restore();
}

/** A chart never shows less than this, s. */
const LEAST_SHOWN_S = 30;

/** @param spanS shown, back from the newest measurement; `label`: a time on the axis in words */
export function TimeChart({
  data,
  spanS,
  marks,
  label,
}: {
  readonly data: ChartData;
  readonly spanS: number;
  readonly marks: readonly Mark[];
  readonly label: (t: number) => string;
}): JSX.Element {
  const { place, width } = useWidth();
  const to = data.t.at(-1) ?? 0;
  // A young chart fills its width.
  const from = Math.max(to - spanS, Math.min(data.t[0] ?? 0, to - LEAST_SHOWN_S));
  return (
    <div ref={place} class="charts">
      {width > 0 && (
        <>
          {PANELS.map((panel) => (
            <Plot key={panel.title} {...{ panel, data, width, label, marks, from, to }} />
          ))}
          <Strip {...{ data, width, from, to }} />
          <p class="hint">
            ✖ trip · ◆ settings changed · ▲ verdict changed. A shaded band reaches from the least to the largest value;
            narrow dips of the light are dark frames.
          </p>
        </>
      )}
    </div>
  );
}
