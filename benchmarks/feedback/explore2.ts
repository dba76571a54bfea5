import { pulseForSwing } from '../../src/control/swing.ts';
import { drawBench } from '../../src/rig/population.ts';
import { Plant } from './plant.ts';

const G = { 1: [0.1, [22, 25.5]], 2: [0.2, [20, 27]], 3: [0.3, [18, 30]] } as any;
const S = [1.35, 1.5, 1.65, 1.8, 2, 2.2, 2.4, 2.7],
  T = [2.5, 2.8, 3.1, 3.5, 3.9, 4.3, 4.8, 5.4, 6, 7, 8, 10];
const D = [0.3, 0.34, 0.38, 0.42, 0.46, 0.5];
for (const a of process.argv.slice(2)) {
  const [g, i] = a.split(':').map(Number) as [number, number];
  const [spread, room] = G[g];
  const bench = drawBench({ seed: 1_000_003 + i, spread, room, plants: 'paper' });
  const poles = new Plant(bench, 0.02).poles();
  console.log(a, 'room', bench.room?.celsius, JSON.stringify(bench.film), JSON.stringify(poles));
  console.log('T        ' + T.map((t) => String(t).padStart(5)).join(''));
  const row = (name: string, f: (t: number) => number) =>
    console.log(
      name.padEnd(9) +
        T.map((t) => {
          const on = f(t);
          if (on >= 0.55 * t - 1e-3) return '    -';
          const p = new Plant(bench, 0.02);
          let at = 0;
          for (let x = 0; x < 3600; x += t) {
            p.step(on, true);
            p.step(t - on, false);
            if (p.peak > 0.3) {
              at = x;
              break;
            }
            if (x < 3000) {
              if (p.peak > 0.02 && !at) at = x;
              p.peak = 0;
            }
          }
          return (at ? 'x' + Math.round(at) : Math.log10(p.peak).toFixed(1)).padStart(5);
        }).join(''),
    );
  for (const s of S) row('S' + s, (t) => pulseForSwing(poles, s, t, 0.55 * t));
  for (const d of D) row('d' + d, (t) => d * t);
}
