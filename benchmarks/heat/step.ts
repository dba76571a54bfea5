/** How a setpoint step is taken: overshoot, settling against the fastest that the plant allows, and the error that stays. */

import { orderFrom } from '../../src/control/order.ts';
import { zieglerNichols } from '../../src/control/relay.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import { assembleSimulation } from '../../src/rig/assemble.ts';
import { relayOn } from '../../src/rig/autotune.ts';
import { sizing } from '../../src/rig/excitation.ts';
import { Guide } from '../../src/rig/guide.ts';
import type { Substrate } from '../../src/twin/substrate.ts';
import { inSeconds, millis } from '../../src/units.ts';
import type { Converter } from './bench.ts';
import { commissionedSettings } from './known.ts';
import { type Line, quantile, share, spread } from './line.ts';
import { rigOf, watchFilm } from './watch.ts';

export const LAWS = ['model', 'pid', 'pid-before', 'thermostat', 'relay-zn'] as const;
export type Law = (typeof LAWS)[number];

export interface StepTask {
  readonly bench: BenchFile;
  readonly converter: Converter;
  readonly reference: boolean;
  readonly law: Law;
  /** Setpoint, °C; null = 55 % of the plant’s full rise. */
  readonly setpointC: number | null;
}

export interface StepResult {
  readonly refused: boolean;
  readonly trip: string | null;
  readonly overshootK: number;
  /** Settling time over the fastest possible; null = it never settled. */
  readonly ratio: number | null;
  readonly errorK: number;
}

const LASTS_S = 600;
const WINDOW_US = millis(500);
/** Means are taken so often, and over at most this, s. */
const EVERY_S = 0.1;
const LONGEST_S = 4;
const LONGEST_ON_S = 5;
const BAND_K = 0.3;
const DUTY_MAX = 0.95;
const SETPOINT_MAX = 40;

/**
 * Film temperature as a mean over the window of time-proportioning that is in force, centred: what ripple leaves. A pulse
 * with its rest is one window.
 */
class WindowMeans {
  private readonly at: number[] = [0];
  private readonly area: number[] = [0];
  private readonly period: number[] = [0];

  take(filmC: number, atS: number, periodS: number): void {
    const before = this.at.length - 1;
    this.area.push(this.area[before]! + filmC * (atS - this.at[before]!));
    this.at.push(atS);
    this.period.push(periodS);
  }

  /** One mean every `EVERY_S`, up to `untilS`. */
  all(untilS: number): number[] {
    let i = 0;
    const means: number[] = [];
    for (let t = 0; t < untilS - LONGEST_S; t += EVERY_S) {
      while (i < this.at.length - 1 && this.at[i]! < t) i += 1;
      const half = Math.min(Math.max(t, EVERY_S), Math.max(EVERY_S, this.period[i]!) / 2);
      means.push((this.areaAt(t + half) - this.areaAt(t - half)) / (Math.min(t, half) + half));
    }
    return means;
  }

  private areaAt(t: number): number {
    if (t <= 0) return 0;
    let [low, high] = [0, this.at.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.at[middle]! <= t) low = middle;
      else high = middle;
    }
    const share = (t - this.at[low]!) / Math.max(1e-9, this.at[high]! - this.at[low]!);
    return this.area[low]! + share * (this.area[high]! - this.area[low]!);
  }
}

/**
 * Time until the film comes within the band of `endC` as fast as its duty limit allows, s: full heat for the longest pulse,
 * then the largest mean duty.
 */
function fastestS(substrate: Substrate, supplyV: number, endC: number): number {
  const dtS = 0.005;
  let t = 0;
  while (substrate.filmC < endC - BAND_K && t < LASTS_S) {
    // Heat goes with the square of the current: a mean duty without its ripple, as the means of windows see it.
    const share = t < LONGEST_ON_S ? 1 : Math.sqrt(DUTY_MAX);
    substrate.step(dtS, share * substrate.currentA(supplyV));
    t += dtS;
  }
  return t;
}

const BEFORE: Partial<Settings> = { 'heater.commissioned': false, 'pid.tuning': 'manual' };

/** The controller before there was an observer: thermocouple alone, fixed gains, a duty of at most 0.6. */
const THERMOCOUPLE_ALONE: readonly Law[] = ['pid-before', 'thermostat', 'relay-zn'];
const MODES = { 'pid-before': 'pid', 'relay-zn': 'pid', thermostat: 'bangbang', model: 'model', pid: 'pid' } as const;

/** Settings of a law on its bench; null where its own experiment gave nothing. */
async function settingsFor(known: Settings, law: Law, bench: BenchFile): Promise<Settings | null> {
  if (!THERMOCOUPLE_ALONE.includes(law)) return { ...known, 'gate.dutyMax': DUTY_MAX };
  const before = { ...known, ...BEFORE };
  return law === 'relay-zn' ? tunedByRelay(before, bench) : before;
}

/** The gains of Ziegler and Nichols from the limit of stability that a relay on the thermocouple shows. */
async function tunedByRelay(settings: Settings, bench: BenchFile): Promise<Settings | null> {
  const rig = assembleSimulation({ settings, bench, recipe: sizing() });
  const guide = new Guide(rig, async (tick, over) => {
    while (!over()) tick();
  });
  const found = await relayOn(guide, { settings, setpointC: null, say: () => {} });
  if (found.kind !== 'good') return null;
  const { gainPerK, integralS, derivativeS } = zieglerNichols(orderFrom(settings).tuning, found.relayed.ultimate);
  return { ...settings, 'pid.gainPerK': gainPerK, 'pid.integralS': integralS, 'pid.derivativeS': derivativeS };
}

export async function takeStep({ bench, converter, reference, law, setpointC }: StepTask): Promise<StepResult> {
  const none = { overshootK: 0, ratio: null, errorK: 0 };
  const known = await commissionedSettings(bench, converter, reference);
  if (!known) return { refused: true, trip: null, ...none };
  const settings = await settingsFor(known, law, bench);
  if (!settings) return { refused: true, trip: null, ...none };
  const step = { mode: MODES[law], forS: LASTS_S, setpointC: 30 } as const;
  const plant = rigOf(settings, bench, step).bench;
  const { substrate } = plant.twin;
  const roomC = substrate.filmC;
  const full = rigOf(settings, bench, step).bench;
  for (let t = 0; t < 8000; t += 1) full.twin.substrate.step(1, full.twin.substrate.currentA(full.supplyV));
  const askedC = setpointC ?? Math.min(SETPOINT_MAX, roomC + 0.55 * (full.twin.filmC - roomC));
  const endC = Math.round(100 * askedC) / 100;

  const film = new WindowMeans();
  const rig = rigOf(settings, bench, { ...step, setpointC: endC });
  watchFilm(rig, (filmC, atS) => film.take(filmC, atS, inSeconds(rig.feed.latest.wanted?.periodUs ?? WINDOW_US)));
  if (!rig.arm()) return { refused: true, trip: null, ...none };
  rig.run(LASTS_S);
  const [trip] = rig.trips();
  if (trip) return { refused: false, trip: `${trip.code} ${trip.name} at ${trip.atS}`, ...none };
  const means = film.all(LASTS_S);
  const last = means.slice(-60 / EVERY_S);
  const finalC = last.reduce((a, b) => a + b, 0) / last.length;
  const outside = means.findLastIndex((c) => Math.abs(c - finalC) > BAND_K);
  const settled = outside < means.length - 60 / EVERY_S;
  const fastest = fastestS(substrate, plant.supplyV, finalC);
  return {
    refused: false,
    trip: null,
    overshootK: Math.max(0, ...means.map((c) => c - finalC)),
    ratio: settled ? ((outside + 1) * EVERY_S) / fastest : null,
    errorK: Math.abs(finalC - endC),
  };
}

/** The figures of one law over its benches; `suffix` names the step. */
export function stepLines(results: readonly StepResult[], law: Law, reference: boolean, suffix: string): Line[] {
  const good = results.filter(({ refused, trip }) => !refused && trip === null);
  const bound = (value: number): number | null => (law === 'model' ? value : null);
  const mark = `${suffix}${law === 'model' ? '' : `:${law}`}`;
  const errors = good.map(({ errorK }) => errorK);
  const steady = `steady-error${reference ? '' : '-noref'}`;
  const [half, most] = reference ? [0.15, 0.3] : [0.25, 0.5];
  const lines = [
    spread(`${steady}-p50${mark}`, errors, 0.5, '°C', bound(half)),
    spread(`${steady}-p95${mark}`, errors, 0.95, '°C', bound(most)),
  ];
  if (!reference) return lines;
  const over = good.map(({ overshootK }) => overshootK);
  const ratios = good.map(({ ratio }) => ratio ?? Number.POSITIVE_INFINITY);
  const never = good.filter(({ ratio }) => ratio === null).length;
  const tripped = results.filter(({ trip }) => trip !== null).length;
  return [
    spread(`overshoot-p50${mark}`, over, 0.5, '°C', bound(0.1)),
    spread(`overshoot-p95${mark}`, over, 0.95, '°C', bound(0.25)),
    ...(Number.isFinite(quantile(ratios, 0.95))
      ? [
          spread(`settling-ratio-p50${mark}`, ratios, 0.5, '1', bound(1.3)),
          spread(`settling-ratio-p95${mark}`, ratios, 0.95, '1', bound(1.5)),
        ]
      : []),
    share(`never-settled${mark}`, never, good.length, bound(0)),
    share(`step-refused${mark}`, results.filter(({ refused }) => refused).length, results.length, null),
    share(`step-trips${mark}`, tripped, results.length, bound(0)),
    ...lines,
  ];
}
