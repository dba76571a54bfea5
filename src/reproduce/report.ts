/** The report of `remixd reproduce`: one HTML file with the statements checked and the figures behind them. */

import { escapeHtml, heatmap, type Line, mapColumns, type Plot, plot, Stretch, typeset } from '../charts/plot.ts';
import { PAGE_STYLE } from '../charts/style.ts';
import { Ageing, emissions, spectrumAt } from '../twin/optics.ts';
import { sampleOf } from '../twin/samples.ts';
import { type Experiment, nearestSnapshot, type Series, type Snapshot } from './experiment.ts';
import type { Compared } from './judgement.ts';
import { recordsTable } from './records-table.ts';
import { indexAt } from './series.ts';
import type { Statement } from './statement.ts';

export interface ReportData {
  readonly version: string;
  readonly seed: number;
  readonly ok: boolean;
  readonly statements: readonly Statement[];
  readonly records: readonly Compared[];
  /** By recipe name, in the order to show. A figure whose experiment is missing is left out. */
  readonly experiments: ReadonlyMap<string, Experiment>;
}

/** What a figure may change of the usual size, half a row; `extra` are lines besides its own. */
type Panel = Partial<Pick<Plot, 'width' | 'height' | 'marks' | 'besideMap'>> & { readonly extra?: readonly Line[] };
type Look = Pick<Line, 'label' | 'tone' | 'style'>;

const HALF = { width: 563, height: 250 };
const WIDE = { width: 1142 };
const SMALL = { width: 370, height: 230 };

const NM = { label: 'wavelength (nm)', from: 450, to: 750 };
/** Top of every map’s colour scale: a film all segregated gives about 1.5, its band being narrower. */
const SPECTRAL = { label: 'PL (fresh film = 1)', from: 0, to: 1.5 };
const DARK_V = 0.002;

/** The last control tick of the recipe’s last step; one tick later the light is off. */
const endOf = ({ series: { t } }: Experiment): number => t.at(-2) ?? 0;
const fromStart = (e: Experiment, toS = endOf(e), unit: 's' | 'min' = 's'): Stretch =>
  new Stretch(0, Math.min(toS, endOf(e)), 0, 'start', unit);

// --- against time

interface Kind {
  readonly y: Plot['y'];
  readonly lines: readonly (Look & {
    readonly read: (s: Series, i: number) => number;
  })[];
}

const TEMPERATURE: Kind = {
  y: { label: 'temperature (°C)', from: 23, to: 27 },
  lines: [
    { label: 'thermocouple', tone: 'c1', style: 'thin', read: ({ tcC }, i) => tcC[i]! },
    { label: 'infrared', tone: 'c2', style: 'thin', read: ({ irC }, i) => irC[i]! },
    { label: 'film (truth)', tone: 'c0', read: ({ filmC }, i) => filmC[i]! },
  ],
};
const SEGREGATION: Kind = {
  y: { label: 'share', from: 0, to: 0.25 },
  lines: [
    { label: 'green share (diodes)', tone: 'c2', style: 'thin', read: greenOverBoth },
    { label: 'segregated (truth)', tone: 'c0', read: ({ segregated }, i) => segregated[i]! },
  ],
};
const RIPPLE: Kind = {
  y: { label: 'PL, integrated (fresh = 1)' },
  lines: [
    { label: 'all PL (truth)', tone: 'c1', read: ({ totalPl }, i) => totalPl[i]! },
    { label: 'mixed phase (truth)', tone: 'c0', style: 'dashed', read: ({ mixedPl }, i) => mixedPl[i]! },
  ],
};
const BRIGHTNESS: Kind = { ...RIPPLE, y: { ...RIPPLE.y, from: 0, to: 1.1 } };
const CURRENT: Kind = {
  y: { label: 'current (mA)', from: 0, to: 450 },
  lines: [{ label: 'heater current', tone: 'c1', style: 'steps', read: ({ heaterA }, i) => 1000 * heaterA[i]! }],
};

/** Light through the green filter over green + red, dark level taken off: segregation as the photodiodes see it. */
function greenOverBoth({ light, greenV, redV }: Series, i: number): number {
  const green = Math.max(0, greenV[i]! - DARK_V);
  const both = green + Math.max(0, redV[i]! - DARK_V);
  return light[i]! > 0 && both > 0.02 ? green / both : Number.NaN;
}

function timePlot(kind: Kind, { series }: Experiment, s: Stretch, title: string, panel: Panel = {}): string {
  const first = indexAt(series, s.fromS);
  const t = series.t.subarray(first, indexAt(series, s.toS) + 1);
  const x = t.map((at) => s.at(at));
  const lines = kind.lines.map(({ read, ...line }) => ({ ...line, x, y: t.map((_, n) => read(series, first + n)) }));
  return plot({ ...HALF, ...panel, title, x: s.axis, y: kind.y, lines: [...lines, ...(panel.extra ?? [])] });
}

// --- spectra

/** Spectral density over the highest point of the fresh film’s spectrum at 23.8 °C in full light. */
function spectralValues(e: Experiment, { bands }: Snapshot, wavelengths: readonly number[]): number[] {
  const { mixed } = sampleOf(e.sample);
  const unit = spectrumAt([{ ...mixed, brightness: 1 }], mixed.peakNm);
  return wavelengths.map((nm) => spectrumAt(bands, nm) / unit);
}

const EVERY_NM = Array.from({ length: NM.to - NM.from + 1 }, (_, i) => NM.from + i);
const MAP_ROWS_NM = Array.from({ length: (NM.to - NM.from) / 2 }, (_, i) => NM.from + 2 * i + 1);

const spectrum = (e: Experiment, shot: Snapshot, look: Look): Line => ({
  ...look,
  x: EVERY_NM,
  y: spectralValues(e, shot, EVERY_NM),
});

/** Spectra from early to late, named by their own time: a snapshot seldom falls on the one wanted. */
function spectra(e: Experiment, shots: readonly Snapshot[], s: Stretch): Line[] {
  const once = shots.filter((shot, n) => shots.findIndex(({ t }) => t === shot.t) === n);
  const name = ({ t }: Snapshot): string => `${Number(s.at(t).toFixed(1))} ${s.unit}`.replace('-', '−');
  const tone = (n: number): string => `q${Math.round((6 * n) / Math.max(1, once.length - 1))}`;
  return once.map((shot, n) => spectrum(e, shot, { label: name(shot), tone: tone(n), style: 'thin' }));
}

const nearTo = (e: Experiment, zeroS: number, times: readonly number[]): Snapshot[] =>
  e.snapshots.length > 0 ? times.map((t) => nearestSnapshot(e, zeroS + t)) : [];

/** What a flash of full light at `t` would show of a film that lies in the dark; for samples that do not age. */
function flashAt({ series, sample }: Experiment, t: number): Snapshot {
  const kind = sampleOf(sample);
  const i = indexAt(series, t);
  return { t, bands: emissions(kind, { segregated: series.segregated[i]! }, new Ageing(kind), series.filmC[i]!, 1) };
}

const spectrumPlot = (title: string, lines: readonly Line[], panel: Panel = {}): string =>
  plot({ ...HALF, ...panel, title, x: NM, y: { ...SPECTRAL, to: 1.05 }, lines });

/** The spectrum against time: the snapshot nearest to each pixel column, blank where the light is off. */
function spectralMap(e: Experiment, s: Stretch, title: string, panel: Panel = {}): string {
  const { snapshots, series } = e;
  const count = mapColumns(panel.width ?? HALF.width);
  let at = 0;
  let drawn: { at: number; values: number[] } | null = null;
  const columns = Array.from({ length: count }, (_, n) => {
    const t = s.fromS + ((n + 0.5) / count) * (s.toS - s.fromS);
    while (at + 1 < snapshots.length && Math.abs(snapshots[at + 1]!.t - t) <= Math.abs(snapshots[at]!.t - t)) at += 1;
    const shot = snapshots[at];
    if (!shot || series.light[indexAt(series, t)] === 0) return null;
    if (drawn?.at !== at) drawn = { at, values: spectralValues(e, shot, MAP_ROWS_NM) };
    return drawn.values;
  });
  return heatmap({ ...HALF, ...panel, title, x: s.axis, y: NM, columns, scale: SPECTRAL });
}

// --- the figures

type Figure = (e: Experiment) => string;

function block(e: Experiment, heading: string, text: string, ...parts: readonly string[]): string {
  const trips = e.trips.map(({ code, name, atS }) => `${code} ${name} at ${atS ?? '?'} s`).join(', ');
  const warning = trips && `<p class="bad">✗ TRIPPED: ${escapeHtml(trips)}. This experiment proves nothing.</p>\n`;
  const made = `Simulated: recipe ${e.recipe}, ${e.sample}, ${1000 * e.currentA} mA, trace ${e.traceHash.slice(0, 16)}.`;
  const intro = `<h3>${escapeHtml(heading)}</h3>\n<p>${escapeHtml(text)} <small>${escapeHtml(made)}</small></p>\n`;
  return `<section>${intro}${warning}<div class="row">\n${parts.join('')}</div></section>\n`;
}

const heatingCurve: Figure = (e) => {
  const on = { at: 0, label: 'on' };
  const off = { at: 600, label: 'off' };
  // What the paper’s text states: seconds of current, and the temperature then.
  const [x, y] = [Float64Array.of(0, 4, 10, 300, 600), Float64Array.of(24, 31, 32, 35, 37)];
  const extra: Line[] = [{ label: 'the paper', tone: 'c3', x, y, style: 'points' }];
  const all = new Stretch(0, endOf(e), 10, 'current on');
  const heating = new Stretch(5, 40, 10, 'current on');
  const cooling = new Stretch(605, 640, 610, 'current off');
  return block(
    e,
    'Heating curve at 400 mA (Fig. 1b)',
    'The film as the twin has it, and what the two thermometers read of it. Points: values stated in the paper’s text.',
    timePlot(TEMPERATURE, e, all, 'Ten minutes of current, then none', { ...WIDE, marks: [on, off], extra }),
    timePlot(TEMPERATURE, e, heating, 'The first 30 s of heating', { marks: [on], extra }),
    timePlot(TEMPERATURE, e, cooling, 'The first 30 s of cooling', { marks: [{ at: 0, label: 'off' }] }),
  );
};

/** Spectra during segregation in light and remixing in the dark, at a steady temperature. */
const steady =
  (heading: string, litS: number, darkS: number, lit: readonly number[], dark: readonly number[]): Figure =>
  (e) => {
    const inLight = new Stretch(litS, darkS, litS, 'light on');
    const inDark = new Stretch(litS, endOf(e), darkS, 'light off', 'min');
    const flashes = dark.map((minutes) => flashAt(e, darkS + minutes * 60));
    return block(
      e,
      heading,
      'Left: in light. Right: in the dark; the spectra are what a flash of light would show, from the state of the film.',
      spectrumPlot('Segregation in light', spectra(e, nearTo(e, litS, lit), inLight)),
      spectrumPlot('Remixing in the dark', spectra(e, flashes, inDark)),
      timePlot(SEGREGATION, e, inLight, 'Segregated fraction in light'),
      timePlot(SEGREGATION, e, inDark, 'Segregated fraction, then in the dark'),
    );
  };

/** Sudden heating or cooling at `at` while lit: all the time in light, and the seconds around the change. */
const sudden =
  (heading: string, at: number, change: string): Figure =>
  (e) => {
    const [fresh] = e.snapshots;
    const all = new Stretch(Math.max(0, (fresh?.t ?? 0) - 5), endOf(e), 0, 'start');
    const close = new Stretch(at - 5, at + 20, at, change);
    const panel = { marks: [{ at: 0, label: change }], besideMap: true };
    const shots = [...e.snapshots.filter(({ t }) => t < at).slice(-1), ...nearTo(e, at, [1, 2, 3, 4, 6, 8])];
    const first = fresh ? [spectrum(e, fresh, { label: 'fresh film', tone: 'c3', style: 'dashed' })] : [];
    return block(
      e,
      heading,
      'All the time in light first, then the seconds around the change. Maps are blank while the light is off.',
      spectralMap(e, all, 'Spectrum against time', { ...WIDE, marks: [{ at, label: change }] }),
      spectralMap(e, close, 'Spectrum against time around the change', panel),
      spectrumPlot(`Spectra, time since ${change}`, [...first, ...spectra(e, shots, close)]),
      timePlot(TEMPERATURE, e, close, 'Temperature around the change', panel),
      timePlot(SEGREGATION, e, close, 'Segregated fraction around the change'),
    );
  };

const lastSpectrum = (e: Experiment, look: Look): Line[] =>
  e.snapshots.slice(-1).map((shot) => spectrum(e, shot, look));

const pattern =
  (label: string): Figure =>
  (e) =>
    block(
      e,
      `Current pattern: ${label}`,
      `${e.title}. The blip at 0 s is the end of the heater’s proof test at arming.`,
      timePlot(CURRENT, e, fromStart(e, 20), 'Current, first 20 s', SMALL),
      timePlot(TEMPERATURE, e, fromStart(e, 60), 'Temperature, first 60 s', SMALL),
      timePlot(SEGREGATION, e, fromStart(e), 'Segregated fraction', SMALL),
      spectrumPlot(`Spectrum after ${endOf(e).toFixed(0)} s`, lastSpectrum(e, { label, tone: 'c0' }), SMALL),
      spectralMap(e, fromStart(e), 'Spectrum against time', { ...SMALL, width: 756 }),
    );

const hour: Figure = (e) => {
  const all = fromStart(e, endOf(e), 'min');
  const midS = Math.floor(endOf(e) / 2);
  const ripple = new Stretch(midS, midS + 30, midS, `t = ${midS} s`);
  return block(
    e,
    'An hour at 0.5/5 s (Fig. 3c, d)',
    'PL stays but for a ripple at the heating period. Over the hour a line is the band between lowest and highest value.',
    spectralMap(e, all, 'Spectrum against time', WIDE),
    timePlot(BRIGHTNESS, e, all, 'PL against time'),
    timePlot(SEGREGATION, e, all, 'Segregated fraction'),
    timePlot(RIPPLE, e, ripple, 'PL ripple, 30 s (the axis does not start at 0)'),
    timePlot(TEMPERATURE, e, ripple, 'Temperature, the same 30 s'),
  );
};

const constantCurrent: Figure = (e) =>
  block(
    e,
    'Constant current for comparison (inset of Fig. 3d)',
    'The mixed phase decays: by segregation first, then by thermal quenching.',
    timePlot(BRIGHTNESS, e, fromStart(e), 'PL against time'),
    spectralMap(e, fromStart(e), 'Spectrum against time'),
  );

const PATTERNS = Object.entries({
  none: 'no current',
  dc: 'DC',
  '0p1-1': '0.1/1 s',
  '0p5-5': '0.5/5 s',
  '1-10': '1/10 s',
  '2-10': '2/10 s',
  '5-10': '5/10 s',
});
const ROOM_TEMPERATURE = steady(
  'Room temperature (Fig. 1c)',
  0,
  600,
  [0, 15, 60, 120, 200, 300, 599],
  [0, 15, 30, 60, 90, 120, 150],
);
const AT_35C = steady('About 35 °C (Fig. 1d)', 300, 390, [0, 5, 10, 15, 30, 60, 90], [0, 2, 5, 10, 15, 20, 25]);

function figures(experiments: ReportData['experiments']): string {
  const draw = (key: string, figure: Figure): string => [experiments.get(key) ?? []].flat().map(figure).join('');
  const last = PATTERNS.flatMap(([name, label], n) => {
    const e = experiments.get(`pattern-${name}`);
    return e ? lastSpectrum(e, { label, tone: `c${n}`, style: n % 2 ? 'dashed' : 'thin' }) : [];
  });
  const parts = {
    'Figure 1: steady temperatures': [
      draw('heating-curve', heatingCurve),
      draw('room-temperature', ROOM_TEMPERATURE),
      draw('static-35c', AT_35C),
    ],
    'Figure 2: sudden changes of temperature': [
      draw('heat-remix', sudden('Sudden heating while lit (Fig. 2a–c)', 300, 'current on')),
      draw('cool-remix', sudden('Sudden cooling while lit (Fig. 2d–f)', 390, 'current off')),
    ],
    'Figure 3: current patterns': [
      last.length > 0 ? spectrumPlot('All patterns, the last spectrum of each (Fig. 3b)', last, WIDE) : '',
      ...PATTERNS.map(([name, label]) => draw(`pattern-${name}`, pattern(label))),
      draw('hour', hour),
      draw('dc-ten-minutes', constantCurrent),
    ],
  };
  const part = ([title, drawn]: [string, string[]]): string =>
    drawn.some(Boolean) ? `<h2>${title}</h2>\n${drawn.join('')}` : '';
  return Object.entries(parts).map(part).join('');
}

// --- the page

const number = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))) : value > 0 ? 'never' : 'no value';
/** `presets`: figures that were read back from the preset, marked by an asterisk. */
const values = (of: Readonly<Record<string, number>>, presets: readonly string[] = []): string =>
  Object.entries(of)
    .map(([name, value]) => escapeHtml(`${name}${presets.includes(name) ? '*' : ''} = ${number(value)}`))
    .join('<br>') || '–';

const statementRow = ({ id, paper, got, tolerance, instrument, ok, presets }: Statement): string =>
  `<tr${ok ? '' : ' class="bad"'}><th scope="row">${escapeHtml(id)}</th><td>${typeset(paper)}</td><td>${values(got, presets)}</td>` +
  `<td>${typeset(tolerance).replaceAll('; ', '<br>')}</td><td>${values(instrument)}</td><td>${ok ? 'met' : '<b>✗ NOT MET</b>'}</td></tr>`;

export function renderReport({ version, seed, ok, statements, records, experiments }: ReportData): string {
  const failed = statements.filter((s) => !s.ok).map(({ id }) => escapeHtml(id));
  const count = `${statements.length - failed.length} of ${statements.length} statements met`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>remixd reproduce: SIMULATED, seed ${seed}</title><style>${PAGE_STYLE}${WIDE_TABLE}</style></head><body><main>
<h1>The papers, reproduced on the twin</h1>
<p class="simulated"><strong>SIMULATED.</strong> Nothing here was measured. Every figure is a simulation by the physics twin through the
real drivers, safety kernel and control. “Truth” is the state of the twin; thermometers and photodiodes are what the instruments read of it.</p>
<p>remixd ${escapeHtml(version)} · seed ${seed} · figures after Feng et al., Adv. Mater. 2023, doi 10.1002/adma.202308032</p>
<h2>Summary</h2>
<p class="verdict${ok ? '' : ' bad'}">${ok ? '' : '✗ NOT REPRODUCED: '}${count}${failed.length > 0 ? `; not met: ${failed.join(', ')}` : ''}.</p>
<div class="scroll"><table><caption>Obtained: truth of the twin; figures with an asterisk were given to the preset and are only read back. Instrument: what the sensors saw of it, judged where a tolerance is given.</caption>
<thead><tr><th scope="col">Id<th scope="col">The paper says<th scope="col">Obtained<th scope="col">Tolerance<th scope="col">Instrument<th scope="col">Result</tr></thead>
<tbody>${statements.map(statementRow).join('\n')}</tbody></table></div>
<p>PL and spectra are normalised to the fresh film at 23.8 °C in full light. All maps have one colour scale; between two spectra a map shows
the nearer one. The green share is green / (green + red) of the photodiodes. Curves are drawn from values every control tick.</p>
${recordsTable(records)}
${figures(experiments)}</main></body></html>
`;
}

/** Eight columns that need the width of the page. */
const WIDE_TABLE = `
table{table-layout:fixed;min-width:900px}th:first-child{width:56px;overflow-wrap:normal}th:nth-child(2){width:25%}th:last-child{width:8%}
@media print{@page{size:A4 landscape}}`;
