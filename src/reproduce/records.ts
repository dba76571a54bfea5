/**
 * A run by its records alone: thermometers, power meter, photodiodes, the observer and the words of the light path. Nothing of
 * the simulated film is in here, so that what is concluded from it could be concluded from a run on hardware.
 */
import type { Snapshot } from '../params/snapshot.ts';
import type { VerdictView } from '../params/verdict.ts';
import { maxOf, meanOf, minOf } from './series.ts';

/** One column per quantity, one entry per control tick; NaN where there was no reading. */
export interface Readings {
  /** Seconds since the recipe started. */
  readonly t: Float64Array;
  readonly tcC: Float64Array;
  readonly irC: Float64Array;
  /** Film temperature by the observer, °C, and its standard error, K. */
  readonly filmC: Float64Array;
  readonly filmErrorK: Float64Array;
  /** Heater power by the power meter, W. */
  readonly watts: Float64Array;
  /** Photodiodes, V. */
  readonly greenV: Float64Array;
  readonly redV: Float64Array;
  readonly broadbandV: Float64Array;
  readonly referenceV: Float64Array;
}

/** What the light path began to say at `t`; shares 0..1. */
export interface Sighting extends Pick<VerdictView, 'verdict' | 'sight' | 'segregated' | 'error' | 'anchored'> {
  readonly t: number;
  /** A cycle was measured; else a look within one, or no measurement. */
  readonly isCycle: boolean;
}

export interface Records {
  readonly readings: Readings;
  readonly sightings: readonly Sighting[];
  /** Setting pl.segregatedRatio: green signal of a segregated film over the red one of a mixed film. */
  readonly ratio: number;
}

/** Keeps the records of a run of `n` ticks. */
export class RecordKeeper {
  readonly readings: Readings;
  private readonly sightings: Sighting[] = [];
  private shown: VerdictView | null = null;

  constructor(
    n: number,
    private readonly ratio: number,
  ) {
    const column = (): Float64Array => new Float64Array(n).fill(Number.NaN);
    this.readings = {
      t: column(),
      tcC: column(),
      irC: column(),
      filmC: column(),
      filmErrorK: column(),
      watts: column(),
      greenV: column(),
      redV: column(),
      broadbandV: column(),
      referenceV: column(),
    };
  }

  get records(): Records {
    const { readings, sightings, ratio } = this;
    return { readings, sightings, ratio };
  }

  /** The snapshot of tick `i`, `t` seconds after the start. */
  take(i: number, t: number, { thermocouple, infrared, power, photodiodes, film, sight }: Snapshot): void {
    const { readings: r } = this;
    r.t[i] = t;
    r.tcC[i] = thermocouple.value?.celsius ?? Number.NaN;
    r.irC[i] = infrared.value?.objectC ?? Number.NaN;
    r.filmC[i] = film?.celsius ?? Number.NaN;
    r.filmErrorK[i] = film?.errorK ?? Number.NaN;
    r.watts[i] = power.value ? power.value.amps * power.value.volts : Number.NaN;
    const light = photodiodes.value;
    r.greenV[i] = light?.green ?? Number.NaN;
    r.redV[i] = light?.red ?? Number.NaN;
    r.broadbandV[i] = light?.broadband ?? Number.NaN;
    r.referenceV[i] = light?.reference ?? Number.NaN;
    if (sight !== this.shown) this.say(t, sight);
  }

  private say(t: number, now: VerdictView): void {
    const { shown } = this;
    this.shown = now;
    const { verdict, sight, segregated, error, anchored, cycle } = now;
    const isCycle = cycle !== (shown?.cycle ?? cycle);
    if (!isCycle && shown?.verdict === verdict && shown.sight === sight && shown.segregated === segregated) return;
    this.sightings.push({ t, verdict, sight, segregated, error, anchored, isCycle });
  }
}

// --- the light path

/** So many standard errors are detected with 95 % (L. A. Currie, Anal. Chem. 40 (1968) 586). */
export const DETECTED = 3.29;

/** Detection limit of single measurements: 3.29 of their standard errors, by the median; null without any. */
export function detectionLimit(errors: readonly number[]): number | null {
  const sorted = [...errors].sort((a, b) => a - b);
  return sorted.length > 0 ? DETECTED * sorted[Math.floor(sorted.length / 2)]! : null;
}

/** Detection limit of a run: of all cycles in the light that gave a share. */
export const limitOf = ({ sightings }: Records): number | null =>
  detectionLimit(sightings.flatMap(({ isCycle, error }) => (isCycle && error !== null ? [error] : [])));

/** A measured cycle that says something of the film. */
export interface Told {
  /** When it was concluded, s. */
  readonly t: number;
  /** Segregated share above the mixed level that the light path goes by. */
  readonly share: number;
  /** The same if that level, where it was not verified, were segregated film itself: no filter lets less than nothing through. */
  readonly most: number;
  readonly error: number;
}

/** The stretch that a cycle without pulses is measured over begins so long before it is concluded, s: 2 s, and 1.5 s of waiting. */
export const STRETCH_S = 3.5;

/**
 * Cycles concluded after `fromS` and not after `toS` that can be relied on. CANNOT_SEE counts only where nothing but the
 * verification was missing and came later in the run: the level is then the verified one.
 */
export function toldIn(records: Records, fromS: number, toS: number): Told[] {
  const verifiedAt = lastVerified(records);
  const leak = firstRatio(records);
  return records.sightings.flatMap(({ t, verdict, sight, segregated, error, isCycle, anchored }) => {
    if (!isCycle || t <= fromS || t > toS || segregated === null || error === null) return [];
    const willBe = t <= verifiedAt;
    if (verdict === 'DARK' || (verdict === 'CANNOT_SEE' && !(willBe && isUnverified(sight)))) return [];
    const most = anchored || willBe ? segregated : withoutLeak(segregated, leak, records.ratio);
    return [{ t, share: segregated, most, error }];
  });
}

/** Why not all of a stretch of time was seen: the words of the light path; null = all of it was. */
export function unseenIn(records: Records, fromS: number, toS: number): string | null {
  const verifiedAt = lastVerified(records);
  const said = records.sightings.findLast(({ t }) => t <= fromS);
  const list = [...(said ? [said] : []), ...records.sightings.filter(({ t }) => t > fromS && t < toS)];
  const bad = list.findLast(
    ({ t, verdict, sight }) =>
      verdict === 'DARK' || (verdict === 'CANNOT_SEE' && !(t <= verifiedAt && isUnverified(sight))),
  );
  if (list.length === 0) return 'nothing recorded';
  return bad ? [bad.verdict, ...(bad.sight ? [bad.sight] : [])].join(', ') : null;
}

const isUnverified = (sight: Sighting['sight']): boolean => sight === 'not-anchored' || sight === 'weak-pulses';

const lastVerified = ({ sightings }: Records): number =>
  sightings.findLast(({ anchored }) => anchored)?.t ?? Number.NEGATIVE_INFINITY;

/** Green over red of the first measured cycle: the mixed level is never above it. */
function firstRatio({ readings, sightings }: Records): number {
  const first = sightings.find(({ segregated }) => segregated !== null);
  if (!first) return Number.NaN;
  const [from, to] = [first.t - STRETCH_S, first.t];
  return Math.max(0, meanOf(readings, 'greenV', from, to) / meanOf(readings, 'redV', from, to));
}

/**
 * The share if all light in the green band came from segregated film. s = D/(D + K), so D = K·s/(1 − s); the leak is added to D.
 * @param ratio K
 */
export function withoutLeak(share: number, leak: number, ratio: number): number {
  const d = (ratio * share) / (1 - share) + leak;
  return d / (d + ratio);
}

// --- thermometers, power, brightness

/** Mean swing of the film in a period of heat: highest less lowest of each period, K, and the standard error of the mean. */
export function swingOf(
  series: { readonly t: Float64Array; readonly filmC: Float64Array },
  periodS: number,
  fromS: number,
  toS: number,
): { readonly meanK: number; readonly errorK: number } {
  const swings: number[] = [];
  for (let k = Math.ceil(fromS / periodS); (k + 1) * periodS <= toS; k += 1) {
    const [from, to] = [k * periodS, (k + 1) * periodS];
    swings.push(maxOf(series, 'filmC', from, to) - minOf(series, 'filmC', from, to));
  }
  const mean = swings.reduce((sum, one) => sum + one, 0) / swings.length;
  const variance = swings.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, swings.length - 1);
  return { meanK: mean, errorK: Math.sqrt(variance / swings.length) };
}

/** Swing of one thermometer, K: its readings averaged by their place in the period, highest less lowest, and its standard error. */
export function foldedSwing(
  { t, irC }: Readings,
  periodS: number,
  fromS: number,
  toS: number,
): { readonly meanK: number; readonly errorK: number } {
  const tickS = (t[1] ?? 1) - (t[0] ?? 0);
  const places = Math.round(periodS / tickS);
  const sums = new Float64Array(places);
  const squares = new Float64Array(places);
  const counts = new Float64Array(places);
  irC.forEach((celsius, i) => {
    if (t[i]! < fromS || t[i]! >= toS || Number.isNaN(celsius)) return;
    const place = i % places;
    sums[place]! += celsius;
    squares[place]! += celsius * celsius;
    counts[place]! += 1;
  });
  let [low, high, variance] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  sums.forEach((sum, place) => {
    const n = counts[place]!;
    if (n === 0) return;
    low = Math.min(low, sum / n);
    high = Math.max(high, sum / n);
    variance = Math.max(variance, Math.max(0, squares[place]! / n - (sum / n) ** 2) / n);
  });
  return { meanK: high - low, errorK: Math.sqrt(2 * variance) };
}
