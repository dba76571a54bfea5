/** The figures of a report, each with the numbers that it draws. */
import { type Bands, bandKey, bandsContent, bandsFigure, bandsHeight } from '../../charts/bands.ts';
import { contentOf, keyOf, type Line, type Mark, type Plot, plot } from '../../charts/plot.ts';
import { svgFile } from '../../charts/svg-file.ts';
import { csvLine } from '../../files/csv.ts';
import { VERDICT_NAMES, VERDICTS } from '../../params/verdict.ts';
import type { Cycle } from '../cycles.ts';
import type { ReportRun } from './run.ts';

/** A figure: in the page, as a drawing of its own, and its numbers. */
export interface Drawing {
  /** Name of its files, and its place in the page. */
  readonly id: string;
  readonly title: string;
  readonly html: string;
  readonly svg: string;
  readonly csv: string;
}

const WIDTH = 690;
const HEIGHT = 270;
/** Lines of several runs differ by their style, too: a print may be grey. */
const STYLES = [undefined, 'dashed', 'dotted', 'dashdot', 'long', 'thin'] as const satisfies (
  | Line['style']
  | undefined
)[];
/** More marks than this hide the curve. */
const MOST_MARKS = 12;

/** Seconds, minutes or hours, whichever reads well. */
export interface TimeUnit {
  readonly name: 's' | 'min' | 'h';
  readonly s: number;
}
export function unitOf(seconds: number): TimeUnit {
  if (seconds > 3 * 3600) return { name: 'h', s: 3600 };
  return seconds > 600 ? { name: 'min', s: 60 } : { name: 's', s: 1 };
}

interface Scene {
  readonly runs: readonly ReportRun[];
  readonly unit: TimeUnit;
  readonly x: Plot['x'];
  readonly marks: readonly Mark[];
}

/** Points of a line, and its name in the file of numbers. */
interface Curve {
  readonly label: string;
  readonly column: string;
  readonly t: readonly number[];
  readonly y: readonly number[];
  readonly tone: string;
  readonly style?: Line['style'];
}

const fileName = (label: string): string => label.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '');

/** The numbers of curves, one row a point. */
const csvOf = (curves: readonly Curve[], unit: string): string =>
  csvLine(['line', 'time_s', unit]) +
  curves.map(({ column, t, y }) => t.map((at, i) => csvLine([column, at, y[i]])).join('')).join('');

interface Kind {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly y: Plot['y'];
  /** Column of the numbers. */
  readonly unit: string;
}

function drawn(kind: Kind, curves: readonly Curve[], { unit, x, marks }: Scene): Drawing {
  const lines = curves.map(
    ({ label, t, y, tone, style }): Line => ({ label, tone, x: t.map((s) => s / unit.s), y, ...(style && { style }) }),
  );
  const picture: Plot = { ...kind, width: WIDTH, height: HEIGHT, x, lines, marks };
  const svg = svgFile({ ...picture, content: contentOf(picture), key: keyOf(picture) });
  return { id: kind.id, title: kind.title, html: plot(picture), svg, csv: csvOf(curves, kind.unit) };
}

/** The lowest and the highest value of each stretch, one after the other: the line fills what lies between. */
function between({ series }: ReportRun, name: keyof ReportRun['series']['columns']): Pick<Curve, 't' | 'y'> {
  const { min, max } = series.columns[name];
  const t = [...series.t].flatMap((at) => [at, at]);
  return { t, y: [...min].flatMap((low, i) => [low, max[i] ?? Number.NaN]) };
}

const ofCycles = ({ study }: ReportRun, of: (cycle: Cycle) => number): Pick<Curve, 't' | 'y'> => ({
  t: study.cycles.map(({ fromS, toS }) => (fromS + toS) / 2),
  y: study.cycles.map(of),
});

const isThere = ({ y }: Pick<Curve, 'y'>): boolean => y.some(Number.isFinite);

function temperature(scene: Scene): Drawing {
  const kind = { id: 'temperature', title: 'Temperature', y: { label: 'temperature (°C)' }, unit: 'celsius' };
  const [only] = scene.runs;
  if (only && scene.runs.length === 1) {
    const note = 'Over long times a line is the band between the lowest and the highest value.';
    const lines = (
      [
        ['tc_c', 'thermocouple', 'c1', 'thin'],
        ['ir_c', 'infrared', 'c2', 'dotted'],
        ['film_c', 'film, estimate of the observer', 'c0', undefined],
        ['setpoint_c', 'setpoint', 'c3', 'dashed'],
        ['sim_true_film_c', 'SIMULATED truth of the film', 'c4', 'dashdot'],
      ] as const
    ).map(([name, label, tone, style]) => ({ label, column: name, tone, style, ...between(only, name) }));
    return drawn({ ...kind, note }, lines.filter(isThere), scene);
  }
  const curves = scene.runs.map((run, n) => {
    const film = between(run, 'film_c');
    return { ...styled(run, n), ...(isThere(film) ? film : between(run, 'tc_c')) };
  });
  return drawn({ ...kind, note: 'Estimate of the film; thermocouple where there is none.' }, curves, scene);
}

const styled = ({ label }: ReportRun, n: number): Pick<Curve, 'label' | 'column' | 'tone' | 'style'> => ({
  label,
  column: fileName(label),
  tone: `c${n}`,
  style: STYLES[n % STYLES.length],
});

/** One line a run, of its cycles. */
const overCycles = (scene: Scene, of: (cycle: Cycle, run: ReportRun) => number): Curve[] =>
  scene.runs.map((run, n) => ({ ...styled(run, n), ...ofCycles(run, (cycle) => of(cycle, run)) }));

function heat(scene: Scene): Drawing {
  const duty = overCycles(scene, ({ heatedS, fromS, toS }) => heatedS / (toS - fromS));
  const [only] = scene.runs;
  const asked = only && scene.runs.length === 1 ? [askedDuty(only)].filter(isThere) : [];
  const curves = duty.map(
    (one): Curve => ({ ...one, label: asked.length > 0 ? 'achieved' : one.label, style: one.style ?? 'steps' }),
  );
  return drawn(
    {
      id: 'heat',
      title: 'Heat',
      note: 'Share of each cycle in which the gate was high, by its edges; asked for: t/T of the pattern in force.',
      y: { label: 'duty (1)', from: 0, to: 0.2 },
      unit: 'duty',
    },
    [...curves, ...asked],
    scene,
  );
}

function askedDuty({ series }: ReportRun): Curve {
  const { pulse_on_s: on, pulse_period_s: period } = series.columns;
  const y = [...on.max].map((onS, i) => onS / (period.max[i] ?? Number.NaN));
  return { label: 'asked for (t/T)', column: 'asked', tone: 'c1', style: 'dashed', t: [...series.t], y };
}

function light(scene: Scene): Drawing {
  const note = 'Averages over each cycle that was lit from end to end, dark frames left out.';
  const [only] = scene.runs;
  if (only && scene.runs.length === 1) {
    const curves = (
      [
        ['greenV', 'green (505 nm band)', 'c2', 'dashed'],
        ['redV', 'red (626 nm band)', 'c1', undefined],
        ['referenceV', 'reference (excitation)', 'c6', 'dotted'],
      ] as const
    ).map(([name, label, tone, style]) => ({ label, column: name, tone, style, ...ofCycles(only, (c) => c[name]) }));
    const kind = {
      id: 'light',
      title: 'Photoluminescence',
      note,
      y: { label: 'photodiodes (V)', from: 0 },
      unit: 'volt',
    };
    return drawn(kind, curves.filter(isThere), scene);
  }
  const curves = overCycles(scene, ({ pl }, { study }) => pl / (study.figures.values.initialPl.value ?? Number.NaN));
  return drawn(
    {
      id: 'light',
      title: 'Mixed emission over its initial value',
      note: `${note} Red over reference where there is one, else red.`,
      y: { label: 'mixed emission (initial = 1)' },
      unit: 'relative',
    },
    curves,
    scene,
  );
}

const swing = (scene: Scene): Drawing =>
  drawn(
    {
      id: 'swing',
      title: 'Swing of the film',
      note: 'Peak to peak in each cycle, as both sensors show it (swing_k).',
      y: { label: 'swing (K)', from: 0 },
      unit: 'kelvin',
    },
    overCycles(scene, ({ swingK }) => swingK),
    scene,
  );

function verdicts({ runs, unit, x }: Scene): Drawing {
  const picture: Bands = {
    title: 'Verdict on the film',
    note: 'What the light says of the film; a measurement of its emission, not of the film itself.',
    width: WIDTH,
    x,
    kinds: VERDICT_NAMES.map((name) => VERDICTS[name].label),
    rows: runs.map(({ label, study }) => ({
      label,
      bands: study.verdicts.map(({ what, fromS, toS }) => ({
        from: fromS / unit.s,
        to: toS / unit.s,
        kind: VERDICT_NAMES.indexOf(what),
      })),
    })),
  };
  const id = 'verdict';
  const content = bandsContent(picture, id);
  const svg = svgFile({ ...picture, height: bandsHeight(picture), content, key: bandKey(picture, id) });
  const rows = runs.flatMap(({ label, study }) =>
    study.verdicts.map(({ what, fromS, toS }) => csvLine([fileName(label), fromS, toS, what])),
  );
  const csv = csvLine(['line', 'from_s', 'to_s', 'verdict']) + rows.join('');
  return { id, title: picture.title, html: bandsFigure(picture, id), svg, csv };
}

/** What happened in a run that a reader should see in its curves: numbers that the list below names. */
export const markedOf = ({ study }: ReportRun): readonly { readonly atS: number; readonly what: string }[] =>
  study.marks.slice(0, MOST_MARKS);

/** All figures of one run, or the same figures of several runs over each other. */
export function drawings(runs: readonly ReportRun[]): Drawing[] {
  const longest = Math.max(...runs.map(({ study }) => study.figures.values.durationS.value ?? 0), 1);
  const unit = unitOf(longest);
  const [only] = runs;
  const marks =
    only && runs.length === 1 ? markedOf(only).map(({ atS }, n) => ({ at: atS / unit.s, label: `${n + 1}` })) : [];
  const x = { label: `time since the recipe started (${unit.name})`, from: 0, to: longest / unit.s };
  const scene: Scene = { runs, unit, x, marks };
  return [temperature, heat, light, verdicts, swing].map((draw) => draw(scene));
}
