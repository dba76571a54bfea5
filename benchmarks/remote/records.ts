/** Records as a real bench makes them: taken from a simulated run, repeated with changing numbers. */
import { loadRecipe } from '../../src/files/recipes.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { History } from '../../src/store/history.ts';
import { type Body, JsonText, type Kind, type NewRecord } from '../../src/store/record.ts';
import type { Prng } from '../../src/twin/prng.ts';
import { seconds } from '../../src/units.ts';

/** How long the bench heats before it is broken, so that there is a dump of a full minute. */
const RUN_S = 70;
export const PERIOD_S = 5;

export class Records {
  private readonly bodies: Readonly<Record<'sample' | 'period' | 'event' | 'dump', readonly NewRecord['body'][]>>;
  private readonly counts = { sample: 0, period: 0, event: 0, dump: 0 };

  constructor(private readonly chance: Prng) {
    const made: NewRecord[] = [];
    const journal = new History({ failing: false, append: (record) => made.push(record) });
    const simulation = assembleSimulation({
      settings: defaultSettings(),
      recipe: loadRecipe('hold-mixed'),
      journals: [journal],
      injections: [{ name: 'mosfet-stuck-on', atS: RUN_S - 10 }],
    });
    if (!simulation.arm()) throw new Error('the controller did not arm');
    simulation.run(RUN_S);
    const of = (kind: Kind): NewRecord['body'][] => made.filter((one) => one.kind === kind).map(({ body }) => body);
    this.bodies = { sample: of('sample'), period: of('period'), event: of('event'), dump: of('dump') };
    if (Object.values(this.bodies).some((list) => list.length === 0)) throw new Error('the run made too few records');
  }

  /** The next record of a kind, with numbers of its own. */
  next(kind: 'sample' | 'period' | 'event' | 'dump', more: Omit<NewRecord, 'kind' | 'body'> = {}): NewRecord {
    const list = this.bodies[kind];
    const body = list[this.counts[kind] % list.length]!;
    this.counts[kind] += 1;
    return { kind, body: body instanceof JsonText ? body : this.varied(body), ...more };
  }

  /** What a bench writes in a span: a sample a second, a period every five, events and dumps evenly between them. */
  *span(spanS: number, events: number, dumps: number): Generator<NewRecord> {
    for (let s = 1; s <= spanS; s += 1) {
      const monoUs = seconds(s);
      yield this.next('sample', { monoUs });
      if (s % PERIOD_S === 0) yield this.next('period', { monoUs });
      if (isDue(s, spanS, events)) yield this.next('event', { monoUs });
      if (isDue(s, spanS, dumps)) yield this.next('dump', { monoUs });
    }
  }

  /** The last digits of every broken number differ, the length stays. */
  private varied(body: Body): Body {
    const entries = Object.entries(body).map(([key, value]) => {
      if (typeof value !== 'number' || Number.isInteger(value)) return [key, value] as const;
      const decimals = String(value).split('.')[1]?.length ?? 0;
      return [key, Number((value + (this.chance.uniform() - 0.5) * 10 ** (1 - decimals)).toFixed(decimals))] as const;
    });
    return Object.fromEntries(entries);
  }
}

/** Whether the next of `n` evenly spread ones falls into this second. */
const isDue = (s: number, spanS: number, n: number): boolean =>
  Math.floor((s * n) / spanS) > Math.floor(((s - 1) * n) / spanS);
