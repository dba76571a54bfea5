/** A report says what the record says and no more, in one file that needs nothing else. */
import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bandsContent } from '../../src/charts/bands.ts';
import { VERDICT_NAMES } from '../../src/params/verdict.ts';
import { namedRun } from '../../src/runs/figures.ts';
import { writeNotes } from '../../src/runs/notes.ts';
import { type Drawing, drawings, unitOf } from '../../src/runs/report/drawings.ts';
import { methodsOf } from '../../src/runs/report/methods.ts';
import { reportPage } from '../../src/runs/report/page.ts';
import { type ReportRun, reportRun } from '../../src/runs/report/run.ts';
import { PULSE, recipeOf } from '../support/bench.ts';
import { simulated, writeRun } from '../support/recorded.ts';

const base = mkdtempSync(join(tmpdir(), 'remixd-report-'));
const HOSTILE = `<script>alert("1")</script> & 'x'`;
let held: ReportRun;
let lost: ReportRun;
let pages: { one: string; two: string };
let figures: { one: Drawing[]; two: Drawing[] };

beforeAll(async () => {
  const folder = simulated(join(base, 'held'), recipeOf(PULSE(60)), [`run.sample=${HOSTILE}`]);
  await writeNotes(folder, { isos: { protocol: 'ISOS-LC-1I', wavelengthNm: 405 } }, '2026-11-20T08:00:00Z');
  held = await reportRun(await namedRun(folder), 0);
  lost = await reportRun(
    await namedRun(simulated(join(base, 'lost'), recipeOf({ light: 1, mode: 'off', forS: 60 }))),
    1,
  );
  figures = { one: drawings([held]), two: drawings([held, lost]) };
  pages = { one: reportPage([held], figures.one), two: reportPage([held, lost], figures.two) };
});

describe('the report of recorded runs', () => {
  it('is one file without script, network or unescaped words of the record', () => {
    for (const page of Object.values(pages)) {
      expect(page).not.toMatch(/<script|<link|@import|url\(['"]?http|src=/);
      expect(page).not.toContain(HOSTILE);
      expect(page).toContain('&lt;script&gt;');
      expect(page).toContain('@page{size:A4');
    }
  });

  it('links every entry of its contents to a place that is there', () => {
    const ids = [...pages.two.matchAll(/<a href="#(\w+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThanOrEqual(8);
    for (const id of ids) expect(pages.two).toContain(`id="${id}"`);
  });

  it('says SIMULATED, calls a segregated share an estimate with its error, and truth by its name', () => {
    expect(pages.one).toContain('<strong>SIMULATED.</strong>');
    expect(pages.one).toMatch(/Largest ESTIMATE of the segregated share.*? ± /);
    expect(pages.one).toContain('SIMULATED truth: largest segregated share');
    // Nowhere else is a share of the film printed.
    expect(pages.one.match(/segregated share/gi)).toHaveLength(2);
  });

  it('writes the methods from the record, with what its authors said and what nobody recorded', () => {
    const words = methodsOf(held);
    for (const part of ['t/T = 0.5/5 s', '0.4 A', 'protocol: ISOS-LC-1I', 'wavelength: 405 nm', 'red over reference'])
      expect(words).toContain(part);
    expect(words).toContain(`commit ${held.record.facts.versions.commit}`);
    expect(words).toMatch(/Not recorded: light source, .*humidity/);
    expect(words).toContain('operator: not recorded');
  });

  it('guesses nothing of a record that says nothing', async () => {
    const folder = writeRun(join(base, 'bare'), {
      facts: {},
      rows: [{ mono_s: 1, time_s: 0, run: 1, state: 'armed' }],
    });
    const bare = await reportRun(await namedRun(folder), 0);
    const words = methodsOf(bare);
    expect(words).toContain('Whether hardware or the simulated bench was recorded is not known.');
    expect(words).not.toMatch(/undefined|null|NaN/);
    const page = reportPage([bare], drawings([bare]));
    expect(page).toContain('SIMULATED');
    expect(page).not.toMatch(/undefined|NaN/);
  });

  it('says first what is missing and damaged, and makes a sentence of what is not known', async () => {
    const folder = writeRun(join(base, 'rests'), {
      facts: { continues: 'before', settings: {} },
      rows: [{ mono_s: 1 }, { mono_s: 2 }],
    });
    appendFileSync(join(folder, 'data.csv'), 'cut');
    const rests = await reportRun(await namedRun(folder), 0);
    const page = reportPage([rests], drawings([rests]));
    const list = page.slice(page.indexOf('The record is not whole.'), page.indexOf('Contents'));
    expect(list).toContain('The folder before of the same record is missing.');
    expect(list).toContain('1 row or event is damaged and left out.');
    const words = methodsOf(rests);
    expect(words).toContain('For how long it was lit is not known: the recipe never started;');
    expect(words).toContain('1 row or event is damaged and left out.');
    expect(pages.one).not.toContain('not whole');
  });

  it('draws each figure as a file of its own that holds its style and its key', () => {
    for (const { id, svg } of [...figures.one, ...figures.two]) {
      expect(svg, id).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
      expect(svg, id).not.toMatch(/var\(|undefined|NaN/);
      expect(svg, id).toContain('<style>');
    }
    const temperature = figures.two.find(({ id }) => id === 'temperature')?.svg ?? '';
    expect(temperature).toContain('B: ');
    expect(figures.two.map(({ id }) => id)).toEqual(['temperature', 'heat', 'light', 'verdict', 'swing']);
  });

  it('tells several runs apart by the style of their lines, not by colour alone', () => {
    const svg = figures.two.find(({ id }) => id === 'light')?.svg ?? '';
    expect(svg).toContain('class="line c0"');
    expect(svg).toContain('class="line c1 dashed"');
  });

  it('tells verdicts apart by pattern and word', () => {
    const svg = figures.two.find(({ id }) => id === 'verdict')?.svg ?? '';
    const used = new Set([...svg.matchAll(/fill="url\(#verdict-(\d)\)"/g)].map(([, kind]) => kind));
    expect(used.size).toBeGreaterThanOrEqual(3);
    for (const word of ['Mixed', 'Segregating', 'Cannot see']) expect(svg).toContain(word);
    const tiles = [
      ...bandsContent({ title: '', width: 100, x: { label: '', from: 0, to: 1 }, kinds: [], rows: [] }, 'k').matchAll(
        /<pattern id="k-\d"[^>]*>(.*?)<\/pattern>/g,
      ),
    ].map(([, tile]) => tile);
    expect(new Set(tiles).size).toBe(VERDICT_NAMES.length);
  });

  it('gives the numbers of each figure', () => {
    const csv = figures.one.find(({ id }) => id === 'swing')?.csv.split('\n') ?? [];
    expect(csv[0]).toBe('line,time_s,kelvin');
    const { cycles } = held.study;
    expect(csv).toHaveLength(cycles.length + 2);
    expect(Number(csv[2]?.split(',')[2])).toBeCloseTo(cycles[1]?.swingK ?? Number.NaN, 9);
  });

  it('has a line of its own for the truth of the simulation only where there is one', () => {
    const legend = (run: ReportRun): string => drawings([run])[0]?.html ?? '';
    expect(legend(held)).toContain('SIMULATED truth of the film');
    const none = new Float64Array(held.series.t.length).fill(Number.NaN);
    const columns = { ...held.series.columns, sim_true_film_c: { min: none, max: none } };
    expect(legend({ ...held, series: { ...held.series, columns } })).not.toContain('SIMULATED truth');
  });

  it('counts time in a unit that reads well', () => {
    expect([600, 601, 10_800, 10_801].map((s) => unitOf(s).name)).toEqual(['s', 'min', 'min', 'h']);
  });
});
