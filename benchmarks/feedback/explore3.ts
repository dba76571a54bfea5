import { drawBench } from '../../src/rig/population.ts';
import { GRID } from '../heat/oracle.ts';
import { patternRise } from '../../src/model/thermal.ts';
import { drive } from './course.ts';
import { Plant } from './plant.ts';
const GROUPS = [[0.1,[22,25.5]],[0.2,[20,27]],[0.3,[18,30]]] as const;
const n=Number(process.argv[2]??10), seed=Number(process.argv[3]??1);
for (const [spread, room] of GROUPS) for(let i=0;i<n;i++){ const bench=drawBench({seed:(seed*1_000_003+i)>>>0,spread,room,plants:'paper'});
  const c=drive({bench,forS:3600,seed:i+seed*7919}); if(c.held&&c.lit>=.98) continue;
  const peak=(onS:number,periodS:number)=>{const p=new Plant(bench,.02); let m=0; for(let t=0;t<3600;t+=periodS){p.step(onS,true);p.step(periodS-onS,false); if(p.peak>.02) return 1;} return p.peak;};
  const ok=GRID.map(g=>({g,p:peak(g.onS,g.periodS)})).filter(x=>x.p<1).sort((a,b)=>a.p-b.p); if(!ok.length) continue;
  const po=new Plant(bench,.02).poles();
  console.log(`${spread}:${i} room ${bench.room?.celsius} rate ${(po.fastK/po.fastTauS).toFixed(2)} tau ${po.fastTauS} held ${c.held} lit ${c.lit.toFixed(2)} holds ${ok.length}: `+ok.slice(0,5).map(({g,p})=>`${g.onS}/${g.periodS} (${patternRise(po,g.onS,g.periodS).swingK.toFixed(1)}K d${(g.onS/g.periodS).toFixed(2)}) ${p.toExponential(0)}`).join('; '));
}
