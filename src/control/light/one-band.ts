/**
 * Whether the mixed band alone, with reference and temperature and without any other band, loses light as a film does that un-mixes:
 * little by little, beyond what temperature, a trend and the walk of the level explain.
 *
 * y = ln(red / reference) of the cold film. Without an event y is one of a few trend filters, one for each time constant with which a
 * trend may end: films brighten under light, and that slows down as a loss would. A generalised likelihood ratio over onsets
 * compares ramps with steps: L = max over filters of (ln p + (Σ e·s/S)² / (2 Σ s²/S)) − max of ln p, where s is the signature of
 * the change, e the innovation and S its variance. Evidence is min(L of ramps, L of ramps − L of steps).
 */
import { type Instant, inSeconds, since } from '../../units.ts';
import { type Cycle, NOISE_SHARE, NOISE_V } from './share.ts';
import { type Innovation, RampSignature, type Signature, StepSignature, TrendFilter } from './trend-filter.ts';

/** Time constants of a trend, s: ions and ligands take minutes, and bleaching hours. */
const TRENDS_S = [300, 450, 700, 1200, 4000] as const;
/** Readings before the first onset that is looked for. */
const FIRST = 12;
/** Onsets are kept for so many readings: each of the newest, then every fourth; those between two readings only while they are new. */
const KEPT = 90;
const DENSE = 16;
const EACH = 4;
const BETWEEN = 6;
/** After so long without a reading the level may be anywhere: this much, ln. */
const GAP_S = 60;
const ANYWHERE = 0.05;
/** A step is one beyond this evidence and this much more than that of a ramp, once it is so many readings old. */
const STEP = { evidence: 12, more: 8, readings: 6 } as const;
/** A loss of less is none, ln: fibres and holders move the light by some tenths of a per cent. */
const LEAST_LOSS = 0.007;
/**
 * Innovations in a block, and how many blocks tell how much more they scatter than the filters expect. The expected 1 counts as some of
 * them, and the largest are left out.
 */
const BLOCK = 8;
const BLOCKS = 32;
const PRIOR_BLOCKS = 4;
const OUTLIERS = 2;
/** Innovations that are so young tell nothing of it yet. */
const YOUNG = 40;
/** The square of a single one counts as no more than this. */
const MOST_SQUARE = 9;

/** Changes by the seconds since their onset: even, and as films grow by their own kinetics, slow or fast or to an end. */
const RAMPS: readonly ((s: number) => number)[] = [
  (s) => s / 5,
  (s) => Math.expm1(0.0114 * s),
  (s) => Math.expm1(0.076 * Math.min(s, 60)),
  (s) => -Math.expm1(-s / 40),
];

interface Candidate {
  /** Value of a ramp by the seconds since its onset; null = a step. */
  readonly ramp: ((s: number) => number) | null;
  readonly onsetS: number;
  readonly isBetween: boolean;
  /** Number of the first reading that shows it. */
  readonly reading: number;
  value: number;
  /** One for each filter. */
  readonly signatures: readonly Signature[];
}

export interface Loss {
  /** Log likelihood ratio of a creeping loss to none and to a step; 0 = there is none. */
  readonly evidence: number;
  /** Light that has been lost since its onset, ln. */
  readonly size: number;
}
const NO_LOSS: Loss = { evidence: 0, size: 0 };

interface Best {
  evidence: number;
  size: number;
  candidate: Candidate | null;
}

export class OneBand {
  private filters: readonly TrendFilter[] = [];
  private candidates: Candidate[] = [];
  private readings = 0;
  private firstAt: Instant | null = null;
  private lastS = 0;
  private firstC = Number.NaN;
  private warmerK = 0;
  /** Innovations of the likeliest filter over their standard deviations: the newest, and variances of the blocks before them. */
  private readonly scatter: number[] = [];
  private readonly blocks: { readonly whole: number; readonly single: number }[] = [];

  /**
   * One cycle of a film in light, cold.
   * @param doubtV how far the room’s light may be from what was taken out, V
   */
  take({ cold, redDarkErrorV, restlessV }: Cycle, doubtV: number, now: Instant): Loss {
    const y = Math.log(cold.red / cold.reference);
    const dark2 = redDarkErrorV ** 2 + restlessV ** 2 + doubtV ** 2;
    const noise = (volts: number): number => ((NOISE_V + NOISE_SHARE * volts) ** 2 / cold.n + dark2) / volts ** 2;
    const noise2 = noise(cold.red) + noise(cold.reference);
    if (!Number.isFinite(y)) return NO_LOSS;
    if (Number.isFinite(cold.filmC)) {
      if (Number.isNaN(this.firstC)) this.firstC = cold.filmC;
      this.warmerK = cold.filmC - this.firstC;
    }
    if (this.firstAt === null) {
      this.firstAt = now;
      this.filters = TRENDS_S.map((tauS) => new TrendFilter(tauS, y, noise2));
      return NO_LOSS;
    }
    const atS = inSeconds(since(now, this.firstAt));
    const spanS = atS - this.lastS;
    this.lastS = atS;
    if (spanS > GAP_S) this.forget();
    this.readings += 1;
    if (this.readings > FIRST) this.open(atS, spanS);
    const innovations = this.filters.map((filter) => filter.take(y, noise2, this.warmerK, spanS));
    for (const candidate of this.candidates) {
      const { ramp, onsetS, reading, signatures } = candidate;
      const value = ramp?.(atS - onsetS) ?? 1;
      candidate.value = value;
      // Some hundred candidates, each cycle: no iterator, which would allocate.
      for (let i = 0; i < innovations.length; i += 1)
        signatures[i]!.take(value, this.readings - reading + 1, innovations[i]!);
    }
    this.learn(innovations);
    return this.judge();
  }

  /** The level may be anywhere; what was seen before says nothing of it. */
  private forget(): void {
    for (const filter of this.filters) filter.widen(ANYWHERE);
    this.candidates = [];
  }

  /** Onsets at the last reading, between it and this one, and a step that this one shows in part or as a whole. */
  private open(atS: number, spanS: number): void {
    const reading = this.readings;
    const add = (ramp: Candidate['ramp'], onsetS: number, isBetween: boolean): void => {
      const signatures = this.filters.map(() => (ramp ? new RampSignature() : new StepSignature()));
      this.candidates.push({ ramp, onsetS, isBetween, reading, value: 0, signatures });
    };
    for (const ramp of RAMPS) {
      add(ramp, atS - spanS, false);
      add(ramp, atS - spanS / 2, true);
    }
    add(null, atS, false);
    this.candidates = this.candidates.filter(({ reading: first, isBetween }) => {
      const age = reading - first;
      return age < (isBetween ? BETWEEN : DENSE) || (age < KEPT && !isBetween && first % EACH === 0);
    });
  }

  private judge(): Loss {
    const ramp = this.best(false);
    const step = this.best(true);
    const isOld = step.candidate !== null && this.readings - step.candidate.reading >= STEP.readings;
    if (isOld && step.evidence > Math.max(STEP.evidence, ramp.evidence + STEP.more)) this.accept(step.candidate);
    const size = -ramp.size;
    if (size < LEAST_LOSS) return NO_LOSS;
    return { evidence: Math.max(0, Math.min(ramp.evidence, ramp.evidence - step.evidence)) / this.excess, size };
  }

  private accept(step: Candidate | null): void {
    for (const [i, filter] of this.filters.entries()) {
      const signature = step?.signatures[i];
      if (signature instanceof StepSignature) filter.accept(signature);
    }
    this.candidates = [];
  }

  private best(isStep: boolean): Best {
    const most = this.likeliest;
    const best: Best = { evidence: 0, size: 0, candidate: null };
    for (const [i, { likelihood }] of this.filters.entries()) {
      const less = most - likelihood;
      for (const candidate of this.candidates) {
        if ((candidate.ramp === null) !== isStep) continue;
        const signature = candidate.signatures[i] as Signature;
        const evidence = signature.evidence - less;
        if (evidence <= best.evidence) continue;
        best.evidence = evidence;
        best.size = signature.size * candidate.value;
        best.candidate = candidate;
      }
    }
    return best;
  }

  private get likeliest(): number {
    return Math.max(...this.filters.map(({ likelihood }) => likelihood));
  }

  /** How much more the innovations scatter than they should, one by one and in blocks. What is young may be a change. */
  private learn(innovations: readonly Innovation[]): void {
    const most = this.likeliest;
    const index = this.filters.findIndex(({ likelihood }) => likelihood === most);
    const { e, variance } = innovations[index] as Innovation;
    this.scatter.push(e / Math.sqrt(variance));
    if (this.scatter.length < YOUNG + BLOCK) return;
    const block = this.scatter.splice(0, BLOCK);
    const sum = block.reduce((a, b) => a + b, 0);
    const single = block.reduce((a, b) => a + Math.min(MOST_SQUARE, b * b), 0);
    this.blocks.push({ whole: sum ** 2 / BLOCK, single: single / BLOCK });
    if (this.blocks.length > BLOCKS) this.blocks.shift();
  }

  /** Variance of the innovations over what the filters expect, 1 at the least. */
  private get excess(): number {
    const mean = (of: 'whole' | 'single'): number => {
      // A step or a lamp is in one block or two.
      const values = this.blocks
        .map((block) => block[of])
        .sort((a, b) => a - b)
        .slice(0, -OUTLIERS);
      return values.reduce((a, b) => a + b, PRIOR_BLOCKS) / (PRIOR_BLOCKS + values.length);
    };
    return Math.max(1, mean('whole'), mean('single'));
  }
}
