/** Figures of merit: of a run that was simulated, beside its truth; and of rows whose figures are known beforehand. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../src/files/csv.ts';
import { RUN_FIGURE_NAMES } from '../../src/params/run-figures.ts';
import { namedRun, type RunStudy, runsIn, studyRun } from '../../src/runs/figures.ts';
import { openRun } from '../../src/runs/record.ts';
import { PULSE, recipeOf } from '../support/bench.ts';
import { edge, simulated, type Written, writeRun } from '../support/recorded.ts';

const base = mkdtempSync(join(tmpdir(), 'remixd-figures-'));
let folders = 0;
const study = async (name: string): Promise<RunStudy> => {
  const { record, run } = await namedRun(name);
  return studyRun(record, run);
};
const written = (what: Written): Promise<RunStudy> => {
  folders += 1;
  return study(writeRun(join(base, `hand-${folders}`), what));
};

const SETTINGS = { 'journal.rowMs': 100, 'heater.currentA': 0.4 };
const at = (timeS: number, more: object = {}) => ({
  ...{ mono_s: timeS + 6, time_s: timeS, run: 1, state: 'armed', mode: 'pulse', light: 1, verdict: 'MIXED' },
  ...{ film_c: 25, pl_red_v: 1, pl_reference_v: 2, heater_a: 0, supply_v: 6, ...more },
});
const rowsUntil = (endS: number, of: (timeS: number) => object = () => ({})) =>
  Array.from({ length: Math.round(10 * endS) + 1 }, (_, i) => at(i / 10, of(i / 10)));

describe('figures of a simulated run', () => {
  const folder = join(base, 'pulses');
  let pulses: RunStudy;
  beforeAll(async () => {
    simulated(folder, recipeOf(PULSE(60)), [], 2);
    pulses = await study(`${folder}:1`);
  });

  it('has every figure of the table, a number or a reason', () => {
    expect(Object.keys(pulses.figures.values)).toEqual(RUN_FIGURE_NAMES);
    for (const { value, why } of Object.values(pulses.figures.values))
      expect(value === null ? why : Number.isFinite(value)).toBeTruthy();
  });

  it('agrees with the edges and rows themselves', () => {
    const events = readCsv(readFileSync(join(folder, 'events.csv'), 'utf8'));
    const of = (name: string) => events.columns.indexOf(name);
    const edges = events.rows
      .filter((row) => row[of('kind')] === 'edge' && row[of('run')] === '1' && row[of('time_s')] !== null)
      .map((row) => ({ on: row[of('code')] === 'on', s: Number(row[of('achieved_us')]) / 1e6 }));
    // The first edge after the start of the recipe ends the proof test.
    const own = edges.slice(edges.findIndex(({ on }) => on));
    let heatedS = 0;
    for (let i = 1; i < own.length; i += 2) heatedS += (own[i]?.s ?? 0) - (own[i - 1]?.s ?? 0);
    const { values, pattern, verdicts } = pulses.figures;
    expect(values.pulses.value).toBe(own.filter(({ on }) => on).length);
    expect(values.dutyAchieved.value).toBeCloseTo(heatedS / (values.durationS.value ?? 0), 9);
    expect(values.durationS.value).toBeCloseTo(60, 0);
    // 0.4 A and 6 V, as far as the power meter of this bench agrees.
    expect((values.chargeC.value ?? 0) / (0.4 * heatedS)).toBeCloseTo(1, 1);
    expect((values.energyJ.value ?? 0) / (2.4 * heatedS)).toBeCloseTo(1, 1);
    expect(pattern).toBe('0.5/5');
    expect(verdicts.MIXED.share + verdicts.CANNOT_SEE.share).toBeCloseTo(1, 6);
    expect(pulses.cycles.length).toBeGreaterThanOrEqual(11);
  });

  it('of the second run of the record are its own', async () => {
    const second = await study(`${folder}:2`);
    expect(second.figures.run).toBe(2);
    expect(second.figures.values.durationS.value).toBeCloseTo(60, 0);
    expect(second.figures.values.trips.value).toBe(0);
    // Its clock shows the run before until its own recipe starts, and the proof test has pulses of its own.
    expect(second.figures.values.pulses.value).toBe(pulses.figures.values.pulses.value);
    expect(second.figures.values.dutyAchieved.value).toBeCloseTo(pulses.figures.values.dutyAchieved.value ?? 0, 2);
    expect(await runsIn(await openRun(folder))).toEqual([1, 2]);
  });

  it('sees a film that segregates: an alarm, T80, an estimate with its error, and the truth apart', async () => {
    const lost = await study(simulated(join(base, 'lost'), recipeOf({ light: 1, mode: 'off', forS: 120 })));
    const { values, lastVerdict, firstAlarm, segregatedEstimate, SIMULATED_truth } = lost.figures;
    expect(lastVerdict).toBe('SEGREGATED');
    expect(firstAlarm?.what).toBe('SEGREGATING');
    expect(values.firstAlarmS.value).toBe(firstAlarm?.atS);
    expect(values.t80S.value).toBeGreaterThan(values.t95S.value ?? Number.POSITIVE_INFINITY);
    expect(segregatedEstimate?.largest.error).toBeGreaterThan(0);
    // The estimate is of the light, the truth of the twin: near each other, never the same number.
    expect(Math.abs((segregatedEstimate?.largest.share ?? 0) - (SIMULATED_truth?.largestSegregated ?? 1))).toBeLessThan(
      0.1,
    );
    expect(segregatedEstimate?.largest.share).not.toBe(SIMULATED_truth?.largestSegregated);
  });
});

describe('figures of rows that are known', () => {
  it('count time from row to row, and nothing across a gap', async () => {
    // Rows at 10 Hz; from 10 s to 20 s there are none.
    const rows = rowsUntil(30, (s) => ({ verdict: s < 5 ? 'CANNOT_SEE' : 'MIXED' })).filter(
      ({ time_s }) => time_s <= 10 || time_s >= 20,
    );
    const { figures } = await written({ facts: { settings: SETTINGS }, rows });
    expect(figures.values.durationS.value).toBeCloseTo(30, 9);
    expect(figures.values.recordedS.value).toBeCloseTo(20, 9);
    expect(figures.verdicts.CANNOT_SEE.s).toBeCloseTo(5, 9);
    expect(figures.verdicts.MIXED.s).toBeCloseTo(15, 9);
    expect(figures.verdicts.MIXED.share).toBeCloseTo(0.75, 9);
  });

  it('count a step back in time as a gap, and take a cell that is no number for an empty one', async () => {
    const facts = { settings: SETTINGS };
    const swapped = [...rowsUntil(30)];
    [swapped[50], swapped[250]] = [swapped[250] ?? at(0), swapped[50] ?? at(0)];
    const { figures } = await written({ facts, rows: swapped });
    expect(figures.values.recordedS.value).toBeCloseTo(30, 9);
    expect(figures.damaged).toBe(2);
    // The clock of the recipe alone goes back.
    const back = await written({
      facts,
      rows: rowsUntil(30).map((row, n) => (n === 200 ? { ...row, time_s: 5 } : row)),
    });
    expect(back.figures.values.recordedS.value).toBeCloseTo(29.8, 9);
    const folder = writeRun(join(base, 'infinite'), { facts, rows: rowsUntil(30) });
    const path = join(folder, 'data.csv');
    const lines = readFileSync(path, 'utf8').split('\n');
    const film =
      lines
        .find((line) => line.startsWith('mono_s'))
        ?.split(',')
        .indexOf('film_c') ?? 0;
    for (const wrong of ['Infinity', 'x', '']) {
      const cells = lines[150]?.split(',') ?? [];
      cells[film] = wrong;
      writeFileSync(path, [...lines.slice(0, 150), cells.join(','), ...lines.slice(151)].join('\n'));
      const { values, temperature } = (await study(folder)).figures;
      expect(values.meanFilmC.value).toBeCloseTo(25, 9);
      expect(temperature).toBe('film_c');
    }
  });

  it('name the column that is missing', async () => {
    const without = async (gone: string) => {
      folders += 1;
      const folder = writeRun(join(base, `hand-${folders}`), { facts: { settings: SETTINGS }, rows: rowsUntil(3) });
      const path = join(folder, 'data.csv');
      writeFileSync(path, readFileSync(path, 'utf8').replace(`,${gone},`, `,old_${gone},`));
      return (await study(folder)).figures.values;
    };
    expect((await without('time_s')).durationS.why).toBe('data.csv has no column time_s');
    expect((await without('state')).dutyAchieved.why).toBe('data.csv has no column state');
    const dark = await without('light');
    expect(dark.litS.why).toBe('data.csv has no column light');
    expect(dark.durationS.value).toBeCloseTo(3, 9);
  });

  it('take a second without a row for slow writing, and more for a gap', async () => {
    const rows = [at(0), at(1), at(2.001)];
    const { figures } = await written({ facts: { settings: SETTINGS }, rows });
    expect(figures.values.recordedS.value).toBeCloseTo(1, 9);
    // Rows that are 2 s apart by their own setting have no gap.
    const slow = await written({ facts: { settings: { 'journal.rowMs': 2000 } }, rows: [at(0), at(2), at(4)] });
    expect(slow.figures.values.recordedS.value).toBeCloseTo(4, 9);
  });

  it('leave out dark frames and dark levels, and take the ratio where there is a reference', async () => {
    const edges = [0.1, 5.1, 10.1, 15.1, 20.1].flatMap((s) => [edge(s, true, 6), edge(s + 0.5, false, 6)]);
    const dark = [1, 2, 3, 4, 5].map((n) =>
      at(n / 10, { time_s: null, mono_s: n / 10, state: 'safe', light: 0, pl_red_v: 0.1, pl_reference_v: 0.2 }),
    );
    const light = (s: number) => {
      const isFrame = Math.abs((s % 5) - 2) < 0.06;
      return { pulse_on_s: 0.5, pulse_period_s: 5, pl_red_v: isFrame ? 0.1 : 1.1, pl_reference_v: isFrame ? 0.2 : 2.2 };
    };
    const facts = { settings: SETTINGS };
    const both = await written({ facts, rows: [...dark, ...rowsUntil(21, light)], events: edges });
    expect(both.figures.basis).toBe('red over reference');
    expect(both.figures.values.initialPl.value).toBeCloseTo(0.5, 9);
    const red = await written({
      facts,
      rows: [...dark, ...rowsUntil(21, (s) => ({ ...light(s), pl_reference_v: null }))],
      events: edges,
    });
    expect(red.figures.basis).toBe('red');
    expect(red.figures.values.initialPl.value).toBeCloseTo(1, 9);
    const set = await written({
      facts: { settings: { ...SETTINGS, 'photodiodes.redDarkV': 0.1, 'photodiodes.referenceDarkV': 0.2 } },
      rows: rowsUntil(21, light),
      events: edges,
    });
    expect(set.figures.values.initialPl.value).toBeCloseTo(0.5, 9);
  });

  it('learn the dark only from readings that cannot be of the light before, also after a gap', async () => {
    // The light is off for 1 s of every 20 s; `heldS` of it the readings are still those of the light.
    const blinking = (heldS: number) => (s: number) => {
      const offS = (s % 20) - 19;
      const isHeld = offS < heldS - 0.05;
      return {
        light: offS > -0.05 ? 0 : 1,
        pl_red_v: offS > -0.05 && !isHeld ? 0.1 : 1.1,
        pl_reference_v: null,
      };
    };
    const of = async (heldS: number, isThere = (_s: number): boolean => true): Promise<number[]> => {
      const rows = rowsUntil(80, blinking(heldS)).filter(({ time_s }) => isThere(time_s));
      const { cycles } = await written({ facts: { settings: SETTINGS }, rows });
      return cycles.map(({ pl }) => pl).filter(Number.isFinite);
    };
    // Also of the cycles before the light was off for the first time.
    for (const heldS of [0, 0.2, 0.3]) for (const pl of await of(heldS)) expect(pl).toBeCloseTo(1, 9);
    // Held for longer than any converter does it, the light counts as the dark.
    for (const pl of await of(0.6)) expect(pl).not.toBeCloseTo(1, 1);
    // Rows are missing: the light may have gone out just before the first one after them.
    for (const pl of await of(0.7, (s) => s < 19.25 || s > 39.45)) expect(pl).not.toBeCloseTo(1, 1);
    for (const pl of await of(0.4, (s) => s < 19.25 || (s > 39.25 && s < 59) || s > 79.95))
      expect(pl).toBeCloseTo(1, 9);
  });

  it.each(['ads1115', 'mcp3208'])('find no loss in light that blinks, with the %s', async (chip) => {
    const step = { light: 1, lightOnS: 19, lightPeriodS: 20, mode: 'pulse', onS: 0.5, periodS: 5, forS: 120 } as const;
    const set = [`hal.photodiodes=${chip}`, 'film.policy=tell'];
    const { figures } = await study(simulated(join(base, `blink-${chip}`), recipeOf(step), set));
    expect(figures.SIMULATED_truth?.largestSegregated).toBeLessThan(0.001);
    expect(figures.values.t95S.why).toMatch(/^not reached/);
    // Red over reference of this bench in steady light.
    expect(figures.values.initialPl.value).toBeCloseTo(1.08, 2);
  });

  it('of the emission need a cycle that is lit from end to end', async () => {
    const { cycles } = await written({
      facts: { settings: SETTINGS },
      rows: rowsUntil(21, (s) => (s < 7 ? { light: 0, pl_red_v: 0, pl_reference_v: 0 } : {})),
    });
    expect(cycles.map(({ pl }) => Number.isFinite(pl))).toEqual([false, false, true, true]);
  });

  describe('of the heat', () => {
    const facts = { settings: SETTINGS };
    const isIn = (s: number, pulses: readonly (readonly [number, number])[]): boolean =>
      pulses.some(([on, off]) => s > on && s < off);
    const heated = (endS: number, pulses: readonly (readonly [number, number])[]) =>
      rowsUntil(endS, (s) => ({ heater_a: isIn(s, pulses) ? 0.4 : 0.0002 }));
    const edgesOf = (pulses: readonly (readonly [number, number])[]) =>
      pulses.flatMap(([on, off]) => [edge(on, true, 6), edge(off, false, 6)]);
    const isGone = (s: number): boolean => s > 20.01 && s < 40.01;

    it('count a pulse that is still on with the last row', async () => {
      const rows = heated(30, [[1, 31]]);
      const { figures } = await written({ facts, rows, events: [edge(1, true, 6)] });
      expect(figures.values.dutyAchieved.value).toBeCloseTo(29 / 30, 9);
      expect(figures.values.chargeC.value).toBeCloseTo(0.4 * 29, 9);
      expect(figures.values.energyJ.value).toBeCloseTo(0.4 * 29 * 6, 9);
      // Its fall comes after the last row: of the time in between no row tells.
      const ended = await written({ facts, rows, events: edgesOf([[1, 30.4]]) });
      expect(ended.figures.values.dutyAchieved.value).toBeCloseTo(29 / 30, 9);
      const before = await written({ facts, rows, events: edgesOf([[1, 29.95]]) });
      expect(before.figures.values.dutyAchieved.value).toBeCloseTo(28.95 / 30, 9);
    });

    it('bridge no pulse over missing rows and edges, and are a share of what was recorded', async () => {
      // 0.5 s in 5 s; the record stops within a pulse and goes on within another.
      const pulses = Array.from({ length: 12 }, (_, n) => [5 * n + 4.8, 5 * n + 5.3] as const);
      const rows = heated(60, pulses).filter(({ time_s }) => !isGone(time_s));
      const events = edgesOf(pulses).filter(({ timeS }) => !isGone(timeS ?? 0));
      const { figures, cycles } = await written({ facts, rows, events });
      expect(figures.values.durationS.value).toBeCloseTo(60, 9);
      expect(figures.values.recordedS.value).toBeCloseTo(20 + 60 - 40.1, 9);
      // 4.8 to 15.3 s are three pulses, then 0.2 s up to the gap; 0.2 s after it and 44.8 to 55.3 s, and 0.2 s at the end.
      expect(figures.values.dutyAchieved.value).toBeCloseTo((3 * 0.5 + 0.2 + 0.2 + 3 * 0.5 + 0.2) / 39.9, 9);
      for (const { heatedS, fromS, toS } of cycles) {
        expect(toS - fromS).toBeLessThanOrEqual(5.1);
        expect(Number.isNaN(heatedS) || heatedS <= 0.51).toBe(true);
      }
    });

    it('take nothing from edges whose rows are missing', async () => {
      const pulses = [
        [1, 2],
        [25, 26],
        [30, 31],
        [50, 51],
      ] as const;
      const rows = heated(60, pulses).filter(({ time_s }) => !isGone(time_s));
      const { figures, cycles } = await written({ facts, rows, events: edgesOf(pulses) });
      expect(figures.values.dutyAchieved.value).toBeCloseTo(2 / 39.9, 9);
      for (const { fromS, toS } of cycles) expect(toS <= 20.01 || fromS >= 40).toBe(true);
    });

    it('count heat without pulses on both sides of a gap', async () => {
      const rows = heated(60, [[1, 50]]).filter(({ time_s }) => !isGone(time_s));
      const { figures } = await written({ facts, rows, events: edgesOf([[1, 50]]) });
      expect(figures.values.dutyAchieved.value).toBeCloseTo((19 + 9.9) / 39.9, 9);
      // The gate was low when the rows went on, whatever comes later.
      const off = heated(60, [[1, 21]]).filter(({ time_s }) => !isGone(time_s));
      const lost = await written({ facts, rows: off, events: edgesOf([[1, 50]]) });
      expect(lost.figures.values.dutyAchieved.value).toBeCloseTo(19 / 39.9, 9);
    });

    it('leave out a pulse whose fall is not recorded', async () => {
      const pulses = [
        [1, 2],
        [6, 7],
      ] as const;
      const events = edgesOf(pulses).filter(({ timeS }) => timeS !== 2);
      const { figures } = await written({ facts, rows: heated(10, pulses), events });
      expect(figures.values.dutyAchieved.value).toBeCloseTo(1 / 10, 9);
    });
  });

  it('charge is unknown where no row fell into a pulse, and zero where there was none', async () => {
    const rows = rowsUntil(6);
    const facts = { settings: SETTINGS };
    const missed = await written({ facts, rows, events: [edge(1, true, 6), edge(1.04, false, 6)] });
    expect(missed.figures.values.chargeC).toEqual({ value: null, why: 'no row fell into a pulse' });
    expect((await written({ facts, rows })).figures.values.chargeC.value).toBe(0);
    const hit = await written({
      facts,
      rows: rowsUntil(6, (s) => ({ heater_a: s > 0.95 && s < 1.45 ? 0.4 : 0.0002 })),
      events: [edge(1, true, 6), edge(1.5, false, 6)],
    });
    expect(hit.figures.values.chargeC.value).toBeCloseTo(0.2, 9);
    expect(hit.figures.values.energyJ.value).toBeCloseTo(1.2, 9);
  });

  it('count trips and the first alarm, and say what is not known without events', async () => {
    const told = (timeS: number, kind: 'state' | 'alarm', code: string) => ({
      monoS: timeS + 6,
      timeS,
      run: 1,
      kind,
      code,
      text: 'x',
    });
    const events = [told(2, 'alarm', 'film-hot'), told(3, 'state', 'tripped'), told(4, 'alarm', 'other')];
    const { figures } = await written({ facts: { settings: SETTINGS }, rows: rowsUntil(6), events });
    expect(figures.values.trips.value).toBe(1);
    expect(figures.firstAlarm).toEqual({ atS: 2, what: 'film-hot' });
    const folder = writeRun(join(base, 'without'), { facts: {}, rows: rowsUntil(6) });
    rmSync(join(folder, 'events.csv'));
    const { values } = (await study(folder)).figures;
    for (const name of ['trips', 'pulses', 'dutyAchieved', 'chargeC', 'firstAlarmS'] as const)
      expect(values[name]).toEqual({ value: null, why: 'events.csv is missing' });
  });

  it('of a record in which nothing was armed are null, and say so', async () => {
    const rows = [1, 2, 3].map((s) => ({ mono_s: s, state: 'safe', light: 0 }));
    const { figures, cycles } = await written({ facts: {}, rows });
    expect(figures.values.durationS).toEqual({ value: null, why: 'the recipe never started' });
    expect(figures.lastVerdict).toBeNull();
    expect(cycles).toEqual([]);
  });
});
