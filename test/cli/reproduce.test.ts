/** What `remixd reproduce` gives to machines and writes to files, through the built program. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

const BIN = join(PACKAGE_ROOT, 'bin', 'remixd.js');

it('reproduce gives the judgement by records as JSON and in both files, and does not fail for what they tell wrongly', () => {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-reproduce-'));
  const args = ['reproduce', '--json', '--out', join(folder, 'report')];
  const { status, stdout } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8', cwd: folder });
  expect(status).toBe(0);
  const { ok, records, statements } = JSON.parse(stdout);
  expect([ok, statements.length, records.length]).toEqual([true, 34, 30]);
  const [best] = records.filter(({ id }: { id: string }) => id === 'R14');
  expect(best).toMatchObject({ word: 'holds', truthHolds: true, differ: [] });
  expect(best.figures[0]).toMatchObject({ name: '0.5/5', allowed: '0.5/5 <= 0.02', word: 'holds', why: null });
  expect(best.figures[0].limit).toBeGreaterThan(best.truth['0.5/5']);
  const [leak] = records.filter(({ id }: { id: string }) => id === 'RS10');
  expect(leak).toMatchObject({ word: 'does not hold', truthHolds: true, differ: ['leakSegregated'] });
  expect(readFileSync(join(folder, 'report', 'statements.json'), 'utf8')).toBe(stdout);
  const html = readFileSync(join(folder, 'report', 'report.html'), 'utf8');
  expect(html).toContain('<h2>By the records alone</h2>');
  expect(html.indexOf('By the records alone')).toBeLessThan(html.indexOf('<h2>Figure 1'));
}, 120_000);
