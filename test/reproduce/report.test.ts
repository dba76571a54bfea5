import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { colourOf, decimate, heatmap, mapColumns, plot, pngUri, ticks } from '../../src/charts/plot.ts';
import type { Experiment, Series } from '../../src/reproduce/experiment.ts';
import { type ReportData, renderReport } from '../../src/reproduce/report.ts';
import { atMost, near, type Statement, statement } from '../../src/reproduce/statement.ts';
import type { Simulation } from '../../src/rig/simulation.ts';

const TICK_S = 0.5;

/** A film that segregates while lit (light from `litS` to `darkS`), with gaps in the thermometers. */
function experiment(recipe: string, seconds: number, litS = 0, darkS = seconds): Experiment {
  const n = Math.round(seconds / TICK_S) + 1;
  const column = (value: (t: number) => number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => value(i * TICK_S));
  const lit = (t: number): boolean => t >= litS && t < darkS;
  const segregated = (t: number): number => (t < litS ? 0 : 0.9 * (1 - Math.exp(-(t - litS) / 50)));
  const series: Series = {
    t: column((t) => t),
    filmC: column((t) => 24 + Math.sin(t)),
    segregated: column(segregated),
    recoverable: column(segregated),
    mixedPl: column((t) => (lit(t) ? 1 - segregated(t) : 0)),
    totalPl: column((t) => (lit(t) ? 1 : 0)),
    heaterA: column((t) => (t % 5 < 1 ? 0.4 : 0)),
    light: column((t) => (lit(t) ? 1 : 0)),
    excitation: column(() => 1),
    tcC: column((t) => (t % 7 < 3 ? Number.NaN : 24)),
    irC: column(() => Number.NaN),
    greenV: column((t) => segregated(t)),
    redV: column((t) => 1 - segregated(t)),
  };
  const times = [0, 0.5, 1, 3, 10, 20, 40].map((t) => litS + t).filter(lit);
  return {
    recipe,
    title: `title of ${recipe} <b>&"`,
    sample: 'feng-2023',
    currentA: 0.4,
    series,
    // The report draws what is known of the film; what the records say of it is judged before.
    records: {} as Experiment['records'],
    snapshots: times.map((t) => ({
      t,
      bands: [
        { peakNm: 626, fwhmNm: 37.4, brightness: 1 - segregated(t) },
        { peakNm: 505, fwhmNm: 18.4, brightness: 0.8 * segregated(t) },
      ],
    })),
    trips: [],
    traceHash: '0123456789abcdef0123456789abcdef',
    // The report reads what was recorded, never the simulation.
    simulation: {} as Simulation,
  };
}

const ALL = [
  experiment('heating-curve', 700, 0, 0),
  experiment('room-temperature', 900, 0, 600),
  experiment('static-35c', 500, 300, 390),
  experiment('heat-remix', 420),
  experiment('cool-remix', 510, 300),
  ...['none', 'dc', '0p1-1', '0p5-5', '1-10', '2-10', '5-10'].map((name) => experiment(`pattern-${name}`, 180)),
  experiment('hour', 3600),
  experiment('dc-ten-minutes', 600),
];
const STATEMENTS: readonly Statement[] = [
  statement('P1', 'room <script>alert(1)</script> & "more" -> 24', [near('filmC', 23.8, 23.5, 0.5)], {
    tcC: Number.NaN,
  }),
  statement('P2', 'never', [atMost('mixedAfterS', Number.POSITIVE_INFINITY, 4.5)]),
  statement('S10', 'third', [atMost('nothing', 0.5, 1)]),
];
const report = (experiments: readonly Experiment[], statements = STATEMENTS): string => {
  const data: ReportData = {
    version: '1.2.3-<x>',
    seed: 4711,
    ok: statements.every(({ ok }) => ok),
    statements,
    records: [],
    experiments: new Map(experiments.map((e) => [e.recipe, e])),
  };
  return renderReport(data);
};
const FULL = report(ALL);

/** Text of a PNG’s header and its pixels: the decoded rows must have the size that the header gives. */
function decode(uri: string): { width: number; height: number; rows: Buffer } {
  const file = Buffer.from(uri.replace('data:image/png;base64,', ''), 'base64');
  expect(file.subarray(1, 4).toString('latin1')).toBe('PNG');
  expect(file.subarray(12, 16).toString('latin1')).toBe('IHDR');
  const data: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    const length = file.readUInt32BE(at);
    if (file.subarray(at + 4, at + 8).toString('latin1') === 'IDAT') data.push(file.subarray(at + 8, at + 8 + length));
  }
  return { width: file.readUInt32BE(16), height: file.readUInt32BE(20), rows: inflateSync(Buffer.concat(data)) };
}

describe('the report', () => {
  it('says that it is simulated, with seed, version and every statement', () => {
    expect(FULL).toContain('SIMULATED');
    expect(FULL).toContain('seed 4711');
    expect(FULL).toContain('1.2.3-&lt;x&gt;');
    for (const { id } of STATEMENTS) expect(FULL).toContain(`<th scope="row">${id}</th>`);
    expect(FULL).toContain('2 of 3 statements met');
  });

  it('marks failing statements in words', () => {
    expect(FULL.match(/✗ NOT MET/g)).toHaveLength(1);
    expect(FULL).toMatch(/<tr class="bad"><th scope="row">P2<.*mixedAfterS = never.*NOT MET/);
    expect(FULL).toContain('NOT REPRODUCED');
    expect(FULL).toContain('not met: P2');
    const good = report(
      [],
      STATEMENTS.filter(({ ok }) => ok),
    );
    expect(good).not.toMatch(/NOT MET|NOT REPRODUCED/);
    expect(good).toContain('2 of 2 statements met');
  });

  it('escapes text', () => {
    expect(FULL).not.toContain('<script');
    expect(FULL).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot; → 24');
    expect(FULL).toContain('title of pattern-dc &lt;b&gt;&amp;&quot;');
  });

  it('is self-contained and not large', () => {
    expect(FULL).not.toMatch(/https?:\/\/|@import|<link|url\(/);
    for (const [, target] of FULL.matchAll(/(?:href|src)="([^"]*)"/g))
      expect(target).toMatch(/^data:image\/png;base64,/);
    expect(FULL.length).toBeLessThan(4e6);
  });

  it('has no number that is none in any attribute', () => {
    const attributes = [...FULL.matchAll(/ [\w-]+="([^"]*)"/g)].map(([, value]) => value ?? '');
    expect(attributes.length).toBeGreaterThan(500);
    expect(attributes.filter((value) => !value.startsWith('data:') && /NaN|undefined|Infinity/.test(value))).toEqual(
      [],
    );
    expect(FULL).toContain('tcC = no value');
  });

  it('has a decodable map for every experiment in light', () => {
    const images = [...FULL.matchAll(/href="(data:image\/png;base64,[^"]+)"/g)].map(([, uri]) => decode(uri ?? ''));
    const maps = images.filter(({ width }) => width > 1);
    expect(maps).toHaveLength(2 + 2 + 7 + 1 + 1);
    for (const { width, height, rows } of images) expect(rows).toHaveLength((width + 1) * height);
    for (const { height } of maps) expect(height).toBe(150);
    expect(maps.map(({ width }) => width)).toContain(mapColumns(1142));
  });

  it('draws all parts of the three figures, and leaves out what is missing', () => {
    for (const n of [1, 2, 3]) expect(FULL).toContain(`<h2>Figure ${n}`);
    expect(FULL.match(/<section>/g)).toHaveLength(ALL.length);
    expect(report([])).not.toContain('<h2>Figure');
    for (const one of ALL) expect(report([one]).match(/<section>/g)).toHaveLength(1);
    expect(report([{ ...ALL[3]!, snapshots: [] }])).toContain('no data');
  });

  it('says when an experiment tripped', () => {
    const tripped = { ...ALL[4]!, trips: [{ code: 'E107', name: 'tc-response', atS: 8.5 }] };
    expect(FULL).not.toContain('TRIPPED');
    expect(report([tripped])).toContain('TRIPPED: E107 tc-response at 8.5 s');
  });

  it('leaves maps blank while the light is off', () => {
    const dark = experiment('heat-remix', 420, 0, 300);
    const uri = /href="(data:image\/png;base64,[^"]+)"/.exec(report([dark]))?.[1] ?? '';
    const { width, rows } = decode(uri);
    const first = [...rows.subarray(1, width + 1)];
    const litShare = first.filter((entry) => entry > 0).length / width;
    expect(litShare).toBeCloseTo(300 / 420, 1);
    expect(first[0]).toBeGreaterThan(0);
    expect(first.at(-1)).toBe(0);
  });
});

describe('plot helpers', () => {
  it('ticks go in steps of 1, 2 or 5 and have no float noise', () => {
    expect(ticks(0, 1, 5).map(({ label }) => label)).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
    expect(ticks(-5, 20, 5).map(({ label }) => label)).toEqual(['−5', '0', '5', '10', '15', '20']);
    expect(ticks(0, 3599.95, 8).map(({ label }) => label)).toEqual([
      '0',
      '500',
      '1000',
      '1500',
      '2000',
      '2500',
      '3000',
      '3500',
    ]);
    expect(ticks(0.96, 0.985, 5).map(({ label }) => label)).toEqual([
      '0.960',
      '0.965',
      '0.970',
      '0.975',
      '0.980',
      '0.985',
    ]);
    expect(ticks(1, 1, 5)).toEqual([]);
    expect(ticks(0, Number.POSITIVE_INFINITY, 5)).toEqual([]);
  });

  it('decimation keeps spikes and gaps', () => {
    const x = Array.from({ length: 10_000 }, (_, i) => i);
    const spiky = x.map((i) => (i === 4321 ? 9 : i === 7777 ? -9 : 0));
    const kept = decimate(x, spiky, 0, 9999, 100);
    expect(kept).toContain(4321);
    expect(kept).toContain(7777);
    expect(kept.length).toBeLessThanOrEqual(210);
    const gappy = x.map((i) => (i > 4000 && i < 6000 ? Number.NaN : 1));
    expect(decimate(x, gappy, 0, 9999, 100).filter((i) => i === -1)).toHaveLength(1);
  });

  it('draws an empty plot and an empty map', () => {
    const x = { label: 't (s)', from: 0, to: 1 };
    const box = { title: 'empty', x, width: 200, height: 150 };
    const lines = [{ label: 'none', tone: 'c0', x: [0, 1], y: [Number.NaN, Number.NaN] }];
    expect(plot({ ...box, y: { label: 'y' }, lines })).toContain('no data');
    const map = heatmap({ ...box, y: x, columns: [], scale: { label: 's', to: 1 } });
    expect(map).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('the palette only grows lighter', () => {
    const light = Array.from({ length: 101 }, (_, i) => {
      const [r, g, b] = colourOf(i / 100);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
    light.slice(1).forEach((value, i) => {
      expect(value).toBeGreaterThan(light[i]!);
    });
  });

  it('writes a PNG of the size asked for', () => {
    const { width, height, rows } = decode(pngUri(3, 2, (column, row) => column + 10 * row));
    expect([width, height]).toEqual([3, 2]);
    expect([...rows]).toEqual([0, 0, 1, 2, 0, 10, 11, 12]);
  });
});
