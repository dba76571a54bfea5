/**
 * A run cycle by cycle. A cycle goes from one rising edge of the heat to the next one; without a pulse pattern it is 5 s long,
 * as the light path’s own. Each gives averages over all of it, which is what ISOS asks of cycled stress (Khenkin et al. 2020,
 * Nature Energy 5, 35, Table 5, option 6).
 */
import type { RunJson } from '../params/run-json.ts';
import { DarkLevels } from './dark.ts';
import type { RowView } from './walk.ts';

/** Length of a cycle without pulses, s. */
const STILL_S = 5;
/** Edges that follow each other faster are one cycle, s. */
const LEAST_S = 0.9;
/** A pattern whose pulses do not come is none after so many periods. */
const LATE = 2;
/** Readings of one cycle at the most; a longer one is cut in two. */
const MOST_READINGS = 50_000;
/** A reading below this share of the highest of its cycle is a dark frame, in which the light is off for about 0.1 s. */
const DARK_FRAME = 0.5;

/** One cycle; times in s since the recipe started, what was not recorded is NaN. */
export interface Cycle {
  readonly fromS: number;
  readonly toS: number;
  /** Mean film temperature, °C. */
  readonly filmC: number;
  /** Swing of the film, peak to peak, K. */
  readonly swingK: number;
  /** For how long the gate was high, s; NaN after missing rows, as long as no edge tells. */
  readonly heatedS: number;
  /** Mean of the mixed emission; only of a cycle that was lit from end to end. */
  readonly pl: number;
  /** Means of the photodiodes in the light, dark frames left out, V. */
  readonly greenV: number;
  readonly redV: number;
  readonly referenceV: number;
}

/** Which light stands for the film. */
export type PlBasis = 'red over reference' | 'red';

const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;

/** Mean of the readings that are no dark frame. */
function litMean(list: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const one of list) most = Math.max(most, one);
  return mean(list.filter((one) => one >= DARK_FRAME * most));
}

const UNLIT = { greenV: Number.NaN, redV: Number.NaN, referenceV: Number.NaN };

export class CycleCounter {
  private readonly closed: (Cycle & { pl: number })[] = [];
  private readonly dark: DarkLevels;
  private fromS: number | null = null;
  private riseS: number | null = null;
  private heatedS = 0;
  /** After missing rows nobody knows whether the gate is high until its next edge; known of now, and of all of the cycle. */
  private isGateKnown = true;
  private isHeatKnown = true;
  private film: number[] = [];
  private green: number[] = [];
  private red: number[] = [];
  private reference: number[] = [];
  private isLit = true;
  private swingK = Number.NaN;
  private seenReference = false;

  /** @param gapS rows that are farther apart than this have one missing between them, s */
  constructor(facts: RunJson, gapS: number) {
    this.dark = new DarkLevels(facts, gapS);
  }

  /** All cycles so far. Their emission goes by the dark level of the whole run: what is learnt late holds for the first ones, too. */
  get cycles(): readonly Cycle[] {
    // In place: days of short cycles twice would be more memory than the page server has.
    for (const cycle of this.closed) cycle.pl = this.plOf(cycle);
    return this.closed;
  }

  /** Red over reference where any reference was recorded. */
  get basis(): PlBasis {
    return this.seenReference ? 'red over reference' : 'red';
  }

  /** A row outside of the run: only the light of the room is learnt from it. */
  rest(row: RowView): void {
    this.dark.look(row);
  }

  /** A row of the run, `timeS` after the recipe started. */
  row(row: RowView, timeS: number): void {
    this.fromS ??= timeS;
    const periodS = row.number('pulse_period_s');
    const longestS = Number.isNaN(periodS) ? STILL_S : LATE * periodS;
    if (timeS - this.fromS >= longestS || this.film.length >= MOST_READINGS) this.close(timeS);
    const isDark = this.dark.look(row);
    this.isLit &&= !isDark;
    const film = row.number('film_c');
    this.film.push(Number.isNaN(film) ? row.number('tc_c') : film);
    const [red, reference] = [row.number('pl_red_v'), row.number('pl_reference_v')];
    const green = row.number('pl_green_v');
    if (!Number.isNaN(green)) this.green.push(green);
    if (!Number.isNaN(red)) this.red.push(red);
    if (!Number.isNaN(reference)) this.reference.push(reference);
    this.swingK = row.number('swing_k');
  }

  /** An edge of the gate, s since the recipe started. */
  edge(isRising: boolean, timeS: number): void {
    if (!isRising) {
      // Before the first row no cycle has begun.
      if (this.riseS !== null && this.fromS !== null) this.heatedS += timeS - Math.max(this.riseS, this.fromS);
      this.riseS = null;
      this.isGateKnown = true;
      return;
    }
    this.isGateKnown = true;
    if (this.fromS !== null && timeS - this.fromS >= LEAST_S) this.close(timeS);
    this.riseS = timeS;
  }

  /** A gap in the record: what was begun before it is no whole cycle. */
  gap(): void {
    this.isGateKnown = false;
    this.begin(null);
    this.riseS = null;
  }

  private close(toS: number): void {
    const { fromS, riseS } = this;
    if (fromS === null) return;
    const stillOn = riseS === null ? 0 : toS - Math.max(riseS, fromS);
    const known = this.film.filter((one) => !Number.isNaN(one));
    this.seenReference ||= this.reference.length > 0;
    const light = this.isLit ? this.lightOf() : UNLIT;
    this.closed.push({
      fromS,
      toS,
      filmC: mean(known),
      swingK: this.swingK,
      heatedS: this.isHeatKnown ? this.heatedS + stillOn : Number.NaN,
      ...light,
      pl: Number.NaN,
    });
    this.begin(toS);
  }

  private plOf({ redV, referenceV }: Pick<Cycle, 'redV' | 'referenceV'>): number {
    const red = redV - this.dark.redV;
    if (!this.seenReference) return red;
    const reference = referenceV - this.dark.referenceV;
    return reference > 0 ? red / reference : Number.NaN;
  }

  private lightOf(): Pick<Cycle, 'greenV' | 'redV' | 'referenceV'> {
    const redV = litMean(this.red);
    return { greenV: this.greenMean(redV), redV, referenceV: litMean(this.reference) };
  }

  /** Green of a mixed film is no higher than its noise in the dark: red says when the light was off. */
  private greenMean(redV: number): number {
    const isLit = (volts: number): boolean => volts >= DARK_FRAME * redV;
    if (this.green.length !== this.red.length) return mean(this.green);
    return mean(this.green.filter((_, i) => isLit(this.red[i] ?? Number.NaN)));
  }

  private begin(fromS: number | null): void {
    this.fromS = fromS;
    this.heatedS = 0;
    this.isHeatKnown = this.isGateKnown;
    this.film = [];
    this.green = [];
    this.red = [];
    this.reference = [];
    this.isLit = true;
  }
}
