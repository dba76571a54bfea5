/** Each cause before a film, an excitation, a room and a converter that the test writes, one cycle after the other. */
import { describe, expect, it } from 'vitest';
import { CauseFinder } from '../../../src/control/light/cause.ts';
import type { Look } from '../../../src/control/light/look.ts';
import type { Stretch } from '../../../src/control/light/readings.ts';
import { type Cycle, TwoBands } from '../../../src/control/light/share.ts';
import { type CauseView, causeRow, causeText } from '../../../src/params/cause.ts';
import { eachChannel } from '../../../src/params/channels.ts';
import type { Sight } from '../../../src/params/verdict.ts';
import { Prng } from '../../../src/twin/prng.ts';
import { instant, ratio, volts } from '../../../src/units.ts';

const K = 0.45;
const LEAK_MOST = 0.04;
const PERIOD_S = 4;
const QUIET = 160;
const PULSE_K = 1.2;

/** What the bench does in the n-th cycle after the onset; left out: as before it. */
interface World {
  readonly excitation?: (n: number) => number;
  readonly brightness?: (n: number) => number;
  readonly redGain?: (n: number) => number;
  readonly warmerK?: (n: number) => number;
  readonly lampV?: (n: number) => number;
  /** Segregated share of the cold film, and right after the pulse and in the middle of the rest as parts of it. */
  readonly share?: (n: number) => number;
  readonly after?: number;
  readonly middle?: number;
  readonly leak?: (n: number) => number;
  readonly noise?: (n: number) => number;
  readonly blind?: (n: number) => Sight | null;
  /** The converter gives what it gave in the cycle before. */
  readonly frozen?: boolean;
  /** No pulse comes that would remix. */
  readonly still?: boolean;
  readonly quenchPerK?: number;
}

const noise = new Prng(7, 1);

function stretchOf(world: World, n: number, share: number, warmerK: number): Stretch {
  const of = (what: ((n: number) => number) | undefined, before: number): number => (n < 0 || !what ? before : what(n));
  const excitation = of(world.excitation, 1);
  const level = excitation * of(world.brightness, 1) * Math.exp(-(world.quenchPerK ?? 0.015) * warmerK);
  const red = 2 * level * (1 - share) * of(world.redGain, 1);
  const green = 2 * level * (of(world.leak, 0.006) * (1 - share) + K * share);
  const size = of(world.noise, 1) / Math.SQRT2;
  const noisy = (v: number): number => v + size * (2e-4 + 1e-3 * v) * noise.normal();
  return {
    green: noisy(green),
    red: noisy(red),
    broadband: noisy(2.2 * level * (1 - 0.5 * share)),
    reference: noisy(2 * excitation),
    n: 2,
    filmC: 24 + warmerK,
    saturated: false,
  };
}

function play(world: World, cycles = 75): { view: CauseView; views: CauseView[] } {
  const finder = new CauseFinder(K, instant(0));
  const bands = new TwoBands(K, LEAK_MOST);
  const views: CauseView[] = [];
  let before: Cycle | null = null;
  for (let i = 0; i < QUIET + cycles; i += 1) {
    const n = i - QUIET;
    const shareAt = (t: number): number => (t < 0 ? 0 : (world.share?.(t) ?? 0));
    const share = shareAt(n);
    const warmerK = n < 0 ? 0 : (world.warmerK?.(n) ?? 0);
    const lampV = n < 0 ? 0 : (world.lampV?.(n) ?? 0);
    const fresh: Cycle = {
      cold: stretchOf(world, n, share, warmerK),
      after: stretchOf(world, n, shareAt(n - 0.7) * (world.after ?? 1), warmerK + PULSE_K),
      middle: stretchOf(world, n, shareAt(n - 0.35) * (world.middle ?? 1), warmerK + PULSE_K / 3),
      remixes: !world.still,
      spanS: PERIOD_S,
      greenDarkErrorV: 2e-4,
      redDarkErrorV: 2e-4,
      darkAt: instant(i * PERIOD_S * 1e6),
      restlessV: 0,
    };
    const cycle: Cycle = world.frozen && n >= 0 && before ? before : fresh;
    before = cycle;
    const now = instant(i * PERIOD_S * 1e6);
    const blind = n < 0 ? null : (world.blind?.(n) ?? null);
    const look: Look = {
      cycle,
      blind,
      share: blind === null ? bands.take(cycle) : null,
      darkV: eachChannel(() => volts(0.002 + lampV)),
      darkAt: eachChannel(() => now),
      light: ratio(1),
    };
    finder.take(look, now);
    views.push(finder.view);
  }
  return { view: finder.view, views };
}

const step = (to: number) => () => to;
const ramp =
  (to: number, cycles: number, from = 1) =>
  (n: number) =>
    from + (to - from) * Math.min(1, (n + 1) / cycles);

describe('the cause', () => {
  it('is none while nothing happens, and says against what', () => {
    const { view, views } = play({});
    expect(view).toMatchObject({ name: 'none', confidence: 1, lasting: 0 });
    expect(view.levelAt).toBe(instant((QUIET + 74) * PERIOD_S * 1e6));
    for (const part of Object.values(view.parts ?? {})) expect(Math.abs(part)).toBeLessThan(0.5);
    expect(new Set(views.map(({ name }) => name))).toEqual(new Set(['unknown', 'none']));
  });

  it.each([
    ['excitation', 'a lamp that steps', { excitation: step(1.06) }],
    ['excitation', 'a lamp that fades', { excitation: ramp(0.93, 60) }],
    ['room-light', 'a lamp in the room', { lampV: step(0.12) }],
    ['quenching', 'a film that warms', { warmerK: ramp(4, 30, 0) }],
    ['quenching', 'a film that cools', { warmerK: ramp(-3, 30, 0) }],
    ['brightening', 'a film that gets brighter', { brightness: ramp(1.12, 70) }],
    ['slow-loss', 'a film that fades', { brightness: ramp(0.9, 70) }],
    ['optics', 'a fibre that slips', { brightness: step(0.93) }],
    ['optics', 'an amplifier of one band', { redGain: step(1.08) }],
    ['optics', 'a filter that slips', { leak: step(0.03) }],
    ['segregation', 'a film that pulses remix', { share: ramp(0.08, 40, 0), after: 0.6, middle: 0.7 }],
    ['segregation', 'one that has more right after the pulse', { share: ramp(0.03, 40, 0), after: 1.4, middle: 1.1 }],
    ['segregation', 'one that nearly all is', { share: ramp(0.9, 20, 0), after: 0.5, middle: 0.7 }],
    ['iodine-loss', 'green that pulses leave', { share: ramp(0.08, 40, 0) }],
    ['sensor', 'a saturated photodiode', { blind: (): Sight => 'saturated' }],
    ['sensor', 'a converter that is gone', { blind: (): Sight => 'unreadable' }],
    ['sensor', 'a frozen converter', { frozen: true }],
    ['sensor', 'a noisy converter', { noise: step(12) }],
    ['sensor', 'a red channel that is lost', { redGain: step(0.001) }],
  ] as const)('is %s for %s', (name, _what, world) => {
    const { view } = play(world);
    expect(view.name).toBe(name);
    expect(view.confidence).toBeGreaterThan(0.4);
  });

  it('gives each part its size, in % of the light', () => {
    const both = play({ excitation: step(1.06), warmerK: ramp(4, 30, 0), quenchPerK: 0.01 }).view;
    expect(both.parts?.excitation).toBeGreaterThan(4);
    expect(both.parts?.excitation).toBeLessThan(6.5);
    expect(both.parts?.quenching).toBeGreaterThan(-4.6);
    expect(both.parts?.quenching).toBeLessThan(-3);
    expect(Math.abs(both.parts?.rest ?? 9)).toBeLessThan(0.7);
  });

  it('learns how much the film loses per kelvin from its pulses', () => {
    const [little, much] = [0.006, 0.026].map((quenchPerK) => play({ warmerK: ramp(5, 10, 0), quenchPerK }, 20).view);
    expect(little?.parts?.quenching).toBeCloseTo(-3, 0);
    expect(much?.parts?.quenching).toBeCloseTo(-12.2, 0);
  });

  it('is not the film where the reference alone has changed', () => {
    const { view } = play({ excitation: step(1.1), brightness: step(1 / 1.1) });
    expect(view.name).toBe('optics');
  });

  it('keeps what heat does not take away apart from what segregates', () => {
    expect(play({ share: ramp(0.06, 40, 0) }).view.lasting).toBeCloseTo(0.06, 1);
    expect(play({ share: ramp(0.06, 40, 0), after: 0.6, middle: 0.7 }).view.lasting).toBe(0);
  });

  it('is segregation of no great confidence, and at once, where no pulse tells', () => {
    const { views } = play({ share: ramp(0.2, 40, 0), still: true }, 5);
    expect(views.at(-1)?.name).toBe('segregation');
    expect(views.at(-1)?.confidence).toBeLessThan(0.6);
  });

  it.each([
    ['a filter that slips', { leak: step(0.03) }],
    ['iodine that is lost within half a minute', { share: ramp(0.1, 8, 0) }],
  ] as const)('is at no time segregation for %s', (_what, world) => {
    expect(play(world).views.map(({ name }) => name)).not.toContain('segregation');
  });

  it('is segregation within ten cycles of a rise that pulses answer to', () => {
    const { views } = play({ share: ramp(0.1, 40, 0), after: 0.6, middle: 0.7 }, 12);
    expect(views.at(-1)?.name).toBe('segregation');
  });

  it('needs no green: the mixed band alone warns of a loss that creeps, and not of one that jumps', () => {
    const most = (world: World): number => Math.max(...play(world).views.map(({ oneBand }) => oneBand));
    expect(most({ brightness: ramp(0.9, 70) })).toBeGreaterThan(30);
    expect(most({ brightness: step(0.97) })).toBeLessThan(30);
    expect(most({ brightness: ramp(1.1, 70) })).toBeLessThan(30);
    expect(most({})).toBeLessThan(12);
  });

  it('is written for people with its parts', () => {
    const { view } = play({ excitation: step(1.06) });
    expect(causeText(view)).toMatch(/^excitation \(\d+ %\) · excitation \+[56]\.\d %/);
    expect(causeRow('iodine-loss').heals).toBe(false);
  });
});
