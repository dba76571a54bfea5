/** The picture of a dry run: temperature and setpoint, heat, and light over one time axis, as an SVG of its own. */

import { ticks } from '../charts/plot.ts';
import type { Bucket } from '../rig/curve.ts';
import type { DryRun } from '../rig/dry-run.ts';
import { drawing, label, stroke } from '../wiring/svg.ts';

const WIDTH = 1000;
const LEFT = 64;
const RIGHT = WIDTH - 20;
/** Top and bottom of the three strips, px. */
const FILM = { top: 64, bottom: 334 } as const;
const HEAT = { top: 362, bottom: 412 } as const;
const LIGHT = { top: 440, bottom: 470 } as const;
const HEIGHT = 530;
const INK = '#1c2430';
const GRID = '#dfe3e8';
const COLOURS = { film: '#b3261e', band: '#f1c4bf', setpoint: '#1f5fa8', heat: '#d9822b', light: '#8a6fc2' } as const;

interface Strip {
  readonly top: number;
  readonly bottom: number;
}

/** A step change that is closer to the one before has no number, px. */
const ROOM_FOR_NUMBER = 18;
/** More step changes than this would hide the curve. */
const MOST_MARKS = 60;

const tenth = (value: number): number => Math.round(10 * value) / 10;
const px = (value: number): string => String(tenth(value));

/** Seconds, minutes or hours, whichever reads well. */
const unitOf = (seconds: number): { readonly name: string; readonly s: number } =>
  seconds > 3 * 3600 ? { name: 'h', s: 3600 } : seconds > 300 ? { name: 'min', s: 60 } : { name: 's', s: 1 };

/** A bucket and where it lies, s. */
interface Placed {
  readonly fromS: number;
  readonly toS: number;
  readonly bucket: Readonly<Bucket>;
}

function placed({ curve, tickS }: DryRun): Placed[] {
  let at = 0;
  return curve.map((bucket) => {
    const fromS = at * tickS;
    at += bucket.ticks;
    return { fromS, toS: at * tickS, bucket };
  });
}

/** A line that is lifted where there is no value. */
function path(points: readonly (readonly [number, number] | null)[], colour: string, dash = ''): string {
  let d = '';
  let pen = 'M';
  for (const point of points) {
    if (point) d += `${pen}${px(point[0])} ${px(point[1])}`;
    pen = point ? 'L' : 'M';
  }
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return d === '' ? '' : `<path d="${d}" fill="none" stroke="${colour}" stroke-width="1.6"${dashes}/>`;
}

/** The picture as text of an SVG file. */
export function recipePicture(title: string, run: DryRun): string {
  const all = placed(run);
  const endS = Math.max(run.tickS, run.seconds);
  const x = (t: number): number => tenth(LEFT + (Math.min(t, endS) / endS) * (RIGHT - LEFT));
  const body = [
    label(LEFT, 26, title.length > 90 ? `${title.slice(0, 89)}…` : title, { size: 16, weight: 600 }),
    label(LEFT, 46, 'Dry run on the SIMULATED bench: film (range of each stretch and mean), setpoint (dashed)', {
      size: 12,
    }),
    ...timeAxis(endS, x),
    ...stepMarks(run, x),
    ...filmStrip(all, x),
    ...bars(HEAT, 'duty', COLOURS.heat, all, x, ({ sumDuty, ticks: n }) => [sumDuty / n, sumDuty / n]),
    ...bars(LIGHT, 'light', COLOURS.light, all, x, ({ brightest, sumLight, ticks: n }) => [brightest, sumLight / n]),
  ];
  return drawing(WIDTH, HEIGHT, title, body);
}

function timeAxis(endS: number, x: (t: number) => number): string[] {
  const unit = unitOf(endS);
  const marks = ticks(0, endS / unit.s, 10).flatMap(({ value, label: text }) => [
    stroke([x(value * unit.s), FILM.top], [x(value * unit.s), LIGHT.bottom], GRID),
    label(x(value * unit.s), LIGHT.bottom + 20, text, { size: 12, anchor: 'middle' }),
  ]);
  const name = label((LEFT + RIGHT) / 2, HEIGHT - 16, `time since the start of the recipe (${unit.name})`, {
    size: 12,
    anchor: 'middle',
  });
  return [...marks, name];
}

function stepMarks({ steps }: DryRun, x: (t: number) => number): string[] {
  if (steps.length < 2 || steps.length > MOST_MARKS) return [];
  let free = Number.NEGATIVE_INFINITY;
  return steps.flatMap(({ fromS, number }) => {
    const at = x(fromS);
    const line = stroke([at, FILM.top - 4], [at, LIGHT.bottom], '#aab2bd');
    if (at < free) return [line];
    free = at + ROOM_FOR_NUMBER;
    return [line, label(at + 3, FILM.top + 6, String(number), { size: 11, fill: '#5b6675' })];
  });
}

function filmStrip(all: readonly Placed[], x: (t: number) => number): string[] {
  const known = all.flatMap(({ bucket: { setpointC, lowC, highC } }) =>
    Number.isNaN(setpointC) ? [lowC, highC] : [lowC, highC, setpointC],
  );
  const low = Math.floor(known.reduce((a, b) => Math.min(a, b), 100) - 0.5);
  const high = Math.ceil(known.reduce((a, b) => Math.max(a, b), 0) + 0.5);
  const y = (c: number): number => tenth(FILM.bottom - ((c - low) / (high - low)) * (FILM.bottom - FILM.top));
  const middle = ({ fromS, toS }: Placed): number => x((fromS + toS) / 2);
  const upper = all.map((one) => `${px(middle(one))} ${px(y(one.bucket.highC))}`);
  const lower = all.map((one) => `${px(middle(one))} ${px(y(one.bucket.lowC))}`).reverse();
  const setpoints = all.map(({ fromS, toS, bucket: { setpointC } }) =>
    Number.isNaN(setpointC) ? null : ([x((fromS + toS) / 2), y(setpointC)] as const),
  );
  return [
    ...ticks(low, high, 8).flatMap(({ value, label: text }) => [
      stroke([LEFT, y(value)], [RIGHT, y(value)], GRID),
      label(LEFT - 8, y(value) + 4, text, { size: 12, anchor: 'end' }),
    ]),
    label(LEFT - 8, FILM.top - 8, '°C', { size: 12, anchor: 'end' }),
    all.length > 0 ? `<path d="M${[...upper, ...lower].join('L')}Z" fill="${COLOURS.band}"/>` : '',
    path(
      all.map((one) => [middle(one), y(one.bucket.sumC / one.bucket.ticks)] as const),
      COLOURS.film,
    ),
    path(setpoints, COLOURS.setpoint, '6 4'),
    stroke([LEFT, FILM.top], [LEFT, FILM.bottom], INK),
    stroke([LEFT, FILM.bottom], [RIGHT, FILM.bottom], INK),
  ];
}

/** A strip of bars 0..1: the largest value pale, the mean on it. */
function bars(
  strip: Strip,
  name: string,
  colour: string,
  all: readonly Placed[],
  x: (t: number) => number,
  of: (bucket: Readonly<Bucket>) => readonly [number, number],
): string[] {
  const height = strip.bottom - strip.top;
  const area = (which: 0 | 1, opacity: number): string => {
    const d = all.map((one) => {
      const value = Math.max(0, Math.min(1, of(one.bucket)[which]));
      return `L${px(x(one.fromS))} ${px(strip.bottom - value * height)}H${px(x(one.toS))}`;
    });
    const from = `M${px(LEFT)} ${px(strip.bottom)}`;
    const last = all.at(-1);
    const close = `L${px(last ? x(last.toS) : LEFT)} ${px(strip.bottom)}Z`;
    return `<path d="${from}${d.join('')}${close}" fill="${colour}" fill-opacity="${opacity}"/>`;
  };
  return [
    area(0, 0.35),
    area(1, 1),
    stroke([LEFT, strip.bottom], [RIGHT, strip.bottom], INK),
    label(LEFT - 8, strip.bottom, '0', { size: 11, anchor: 'end' }),
    label(LEFT - 8, strip.top + 8, '1', { size: 11, anchor: 'end' }),
    label(LEFT + 4, strip.top - 4, name, { size: 12 }),
  ];
}
