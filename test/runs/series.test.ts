/** A picture of a long run keeps its pulses and its gaps. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../src/runs/record.ts';
import { seriesOf } from '../../src/runs/series.ts';
import { writeRun } from '../support/recorded.ts';

const base = mkdtempSync(join(tmpdir(), 'remixd-series-'));
let folders = 0;
async function recorded(rows: readonly object[]) {
  folders += 1;
  return openRun(writeRun(join(base, `${folders}`), { facts: { settings: { 'journal.rowMs': 100 } }, rows }));
}
const row = (s: number, more: object = {}) => ({ mono_s: s + 6, time_s: s, run: 1, state: 'armed', tc_c: 25, ...more });
const seconds = (from: number, to: number, of: (s: number) => object = () => ({})) =>
  Array.from({ length: Math.round(10 * (to - from)) }, (_, i) => row(from + i / 10, of(from + i / 10)));
const finite = (list: Float64Array): number[] => [...list].filter((one) => !Number.isNaN(one));

describe('columns of a run for a picture', () => {
  it('keep the one row that is different, however long the run is', async () => {
    const record = await recorded(seconds(0, 2000, (s) => (Math.abs(s - 1234.5) < 0.01 ? { tc_c: 40 } : {})));
    const { t, columns, binS } = await seriesOf(record, 1, ['tc_c'], { most: 100 });
    expect(t.length).toBeLessThanOrEqual(100);
    expect(t.length).toBeGreaterThan(40);
    expect(binS).toBeGreaterThan(10);
    expect(Math.max(...columns.tc_c.max)).toBe(40);
    expect(Math.min(...columns.tc_c.min)).toBe(25);
    expect(columns.tc_c.max.filter((one) => one === 40)).toHaveLength(1);
    expect([...t]).toEqual([...t].sort((a, b) => a - b));
  });

  it('have an entry without a value where rows are missing, wide or narrow', async () => {
    // At many places, so that stretches that become one lie on both sides of some gap.
    for (const gapS of [7, 31, 63.9, 96, 100, 128])
      for (const most of [4000, 20]) {
        const record = await recorded([...seconds(0, gapS), ...seconds(gapS + 3, 200)]);
        const { t, columns } = await seriesOf(record, 1, ['tc_c'], { most });
        const holes = [...columns.tc_c.max].flatMap((one, i) => (Number.isNaN(one) ? [t[i] ?? 0] : []));
        expect(holes, `${gapS} s, ${most}`).toHaveLength(1);
      }
    const { columns } = await seriesOf(await recorded(seconds(0, 200)), 1, ['tc_c'], { most: 20 });
    expect(finite(columns.tc_c.max)).toHaveLength(columns.tc_c.max.length);
  });

  it('do not take the last value for a reading that is absent', async () => {
    const record = await recorded(seconds(0, 10, (s) => (s >= 4 && s < 6 ? { tc_c: null } : {})));
    const { t, columns } = await seriesOf(record, 1, ['tc_c'], { most: 1000 });
    for (const [i, at] of t.entries()) expect(Number.isNaN(columns.tc_c.min[i])).toBe(at >= 4 && at < 5.99);
  });

  it('are of the recipe of this run alone, and of the time that is asked for', async () => {
    const rows = [
      row(0, { state: 'safe', time_s: null, run: null }),
      row(90, { state: 'test-enable', tc_c: 99 }),
      ...seconds(0, 10),
      row(10, { state: 'safe', tc_c: 99 }),
      row(11, { run: 2, tc_c: 99 }),
    ];
    const all = await seriesOf(await recorded(rows), 1, ['tc_c']);
    expect(Math.max(...finite(all.columns.tc_c.max))).toBe(25);
    const part = await seriesOf(await recorded(rows), 1, ['tc_c'], { fromS: 2, toS: 3 });
    expect(Math.min(...part.t)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...part.t)).toBeLessThanOrEqual(3);
  });
});
