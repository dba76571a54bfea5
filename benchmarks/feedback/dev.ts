import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pulseForSwing } from '../../src/control/swing.ts';
import { drawBench } from '../../src/rig/population.ts';
import { quantile } from '../heat/line.ts';
import { GRID } from '../heat/oracle.ts';
import { drive } from './course.ts';
import { Plant } from './plant.ts';

const GROUPS = [
  [0.1, [22, 25.5]],
  [0.2, [20, 27]],
  [0.3, [18, 30]],
] as const;
const n = Number(process.argv[2] ?? 10),
  seed = Number(process.argv[3] ?? 1),
  verbose = process.argv[4] ?? '';
const cacheFile = `/tmp/adapt-x/base-${seed}.json`;
const cache = existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, 'utf8')) : {};
for (const [spread, room] of GROUPS) {
  const rows: any[] = [];
  for (let i = 0; i < n; i++) {
    const bench = drawBench({ seed: (seed * 1_000_003 + i) >>> 0, spread, room, plants: 'paper' });
    const hold = (onS: number, periodS: number) => {
      const p = new Plant(bench, 0.02);
      for (let t = 0; t < 3600; t += periodS) {
        p.step(onS, true);
        p.step(periodS - onS, false);
        if (p.peak > 0.02) return false;
      }
      return true;
    };
    const key = `${spread}-${i}`;
    cache[key] ??= {
      oracle: !!GRID.find((g) => hold(g.onS, g.periodS)),
      fixed: hold(0.5, 5),
      swing: hold(pulseForSwing(new Plant(bench, 0.02).poles(), 2.1, 4, 2), 4),
    };
    const r = { ...cache[key], i, c: drive({ bench, forS: 3600, seed: i + seed * 7919 }) };
    rows.push(r);
    if (
      verbose === 'all' ||
      verbose === `${spread}:${i}` ||
      (verbose === 'bad' && r.oracle && (!r.c.held || r.c.lit < 0.98)) ||
      (verbose === 'exp' && r.c.exposed > 0.01)
    ) {
      console.log(
        `== ${spread}:${i} room ${bench.room?.celsius} oracle ${r.oracle} swing ${r.swing} held ${r.c.held} exposed ${(100 * r.c.exposed).toFixed(2)} lit ${r.c.lit.toFixed(3)}`,
      );
      console.log(r.c.words.join('\n'));
    }
  }
  const pc = (f: (r: any) => boolean) => ((100 * rows.filter(f).length) / n).toFixed(0);
  const o = rows.filter((r) => r.oracle),
    startOk = rows.filter((r) => r.swing);
  const s = rows.map((r) => r.c.searchS ?? 3600);
  console.log(
    `${spread} fixed ${pc((r) => r.fixed)} swing ${pc((r) => r.swing)} oracle ${pc((r) => r.oracle)} | held ${pc((r) => r.c.held)} after ${pc((r) => r.c.heldAfter)} heldLit ${pc((r) => r.c.held && r.c.lit >= 0.98)} afterLit ${pc((r) => r.c.heldAfter && r.c.lit >= 0.98)} | exposed% p50 ${quantile(
      rows.map((r) => 100 * r.c.exposed),
      0.5,
    ).toFixed(2)} p99 ${quantile(
      rows.map((r) => 100 * r.c.exposed),
      0.99,
    ).toFixed(
      2,
    )} | oracle benches: lit min ${Math.min(...o.map((r) => r.c.lit)).toFixed(3)} <.98: ${o.filter((r) => r.c.lit < 0.98).length} | search ${quantile(s, 0.5).toFixed(0)}/${quantile(s, 0.95).toFixed(0)} | adapt/100h all ${((100 * rows.reduce((a, r) => a + r.c.adaptations, 0)) / n).toFixed(0)} startok ${((100 * startOk.reduce((a, r) => a + r.c.adaptations, 0)) / startOk.length).toFixed(0)} | duty ${(rows.reduce((a, r) => a + r.c.duty, 0) / n).toFixed(2)}`,
  );
}
writeFileSync(cacheFile, JSON.stringify(cache));
