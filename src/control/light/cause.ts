/**
 * Names the cause of what the light of the film does, once a heating cycle.
 *
 * Everything is held against the level of the film while it was verified as mixed; that level follows what goes on over a quarter
 * of an hour, and stands still while the film is not verified. ln red = excitation − α·ΔT + ln(1 − s) + the rest. Excitation is
 * what the reference shows, α is learnt from the pulses, s comes from two bands. What rises in green is segregation where pulses
 * take a part of it away; the rest is a step of the optics, or a film that gets brighter or darker.
 */
import type { CauseName, CauseView, Part } from '../../params/cause.ts';
import { PART_NAMES } from '../../params/cause.ts';
import { LIGHT_CHANNEL_NAMES, type LightChannelName } from '../../params/channels.ts';
import type { Sight } from '../../params/verdict.ts';
import type { Instant } from '../../units.ts';
import { Broken } from './broken.ts';
import type { Look } from './look.ts';
import { PulseTest } from './pulse-test.ts';
import { Quench } from './quench.ts';
import { type Change, NO_CHANGE, RampOrStep } from './ramp-or-step.ts';
import type { Cycle, Share } from './share.ts';

/** The level of the mixed film follows with this time constant, s. */
const FOLLOW_S = 900;
/** A film with more than this is not the one that the level is of. */
const MIXED_BELOW = 0.005;
/** What is worth a name, % of the light, and so many standard errors. */
const WORTH = 2;
const SURE = 3;
/** Noise of the light from cycle to cycle, %. */
const NOISE = 0.15;
/** Share of the red light that may be missing in the broadband, or the other way round, before one band has changed alone. */
const ONE_BAND = 0.02;
/** Evidence for a change of the rest, and what is left of it after each cycle. */
const CHANGED = 12;
const KEPT = 0.985;
/** Less than this is no change any more, %. */
const OVER = 0.5;
/** Two parts that take each other away to this share contradict each other. */
const CANCELS = 0.35;
/** A name holds for so many cycles before it is said. */
const CYCLES = 2;

interface Level {
  /** Natural logarithms of each channel, V. */
  readonly ln: Record<LightChannelName, number>;
  filmC: number;
  darkV: number;
  cycles: number;
  at: Instant;
}

interface Named {
  readonly name: CauseName;
  readonly confidence: number;
}
type Parts = Record<Part, number>;
const UNKNOWN: Named = { name: 'unknown', confidence: 0 };

export class CauseFinder {
  private level: Level | null = null;
  private readonly quench = new Quench();
  private readonly broken = new Broken();
  private readonly test: PulseTest;
  private readonly alone = new RampOrStep();
  private firstC = Number.NaN;
  /** What the rest changed by when it changed most, and how likely that was. */
  private shape = { l: 0, step: false };
  private candidate: Named = UNKNOWN;
  private held = 0;
  private now: CauseView;

  /** @param k K of the light path: green signal of the segregated film over red signal of the mixed one */
  constructor(k: number, now: Instant) {
    this.test = new PulseTest(k);
    this.now = {
      name: 'unknown',
      since: now,
      confidence: 0,
      parts: null,
      levelAt: null,
      lasting: 0,
      oneBand: 0,
    };
  }

  get view(): CauseView {
    return this.now;
  }

  /** One look at the film, `spanS` after the one before. */
  take(look: Look, now: Instant): void {
    const isBroken = this.broken.take(look, this.level?.ln ?? null);
    const { cycle, share, blind } = look;
    let parts: Parts | null = null;
    let named = UNKNOWN;
    let change = NO_CHANGE;
    if (cycle && !isBroken && isLit(cycle)) {
      change = this.follow(cycle);
      parts = this.level && this.partsOf(this.level, look, cycle);
      if (share) this.test.take(cycle, share, this.greenShare(cycle));
      if (share?.anchored && share.s < MIXED_BELOW && !this.test.rises) this.verified(cycle, look, now);
    }
    if (isBroken) named = { name: 'sensor', confidence: 1 };
    else if (blind !== null) named = this.unseen(blind, cycle, parts);
    else if (cycle && share) named = this.seen(cycle, share, parts, change);
    this.say(named, parts, change, now);
  }

  /** The mixed band with the excitation and the temperature taken out; learns what a pulse takes of the light. */
  private follow(cycle: Cycle): Change {
    const { cold, after } = cycle;
    if (after && after.red > 0 && after.reference > 0 && !this.test.rises) {
      const lost = Math.log(cold.red / cold.reference) - Math.log(after.red / after.reference);
      this.quench.learn(lost, after.filmC - cold.filmC);
    }
    if (!Number.isFinite(cold.filmC)) return NO_CHANGE;
    if (Number.isNaN(this.firstC)) this.firstC = cold.filmC;
    return this.alone.take(Math.log(cold.red / cold.reference) + this.quench.perK * (cold.filmC - this.firstC));
  }

  /** Share that green alone shows as segregated: green over the light that a mixed film would have now. */
  private greenShare({ cold }: Cycle): number | null {
    const { level } = this;
    if (!level) return null;
    const { ln, filmC } = level;
    const warm = Number.isFinite(cold.filmC) ? this.quench.perK * (cold.filmC - filmC) : 0;
    const red = Math.exp(ln.red - ln.reference - warm) * cold.reference;
    return cold.green / red - Math.exp(ln.green - ln.red);
  }

  private partsOf(level: Level, { share, darkV }: Look, { cold }: Cycle): Parts {
    const { ln } = level;
    const warmer = Number.isFinite(cold.filmC) ? cold.filmC - level.filmC : 0;
    const excitation = Math.log(cold.reference) - ln.reference;
    const quenching = -this.quench.perK * warmer;
    const s = Math.min(0.99, Math.max(0, share?.s ?? 0));
    const segregation = this.test.rises && !this.test.isRed ? Math.log(1 - s) : 0;
    const rest = Math.log(cold.red) - ln.red - excitation - quenching - segregation;
    const roomLight = (darkV.green - level.darkV) / Math.exp(ln.red);
    return {
      excitation: percent(excitation),
      quenching: percent(quenching),
      roomLight: 100 * roomLight,
      segregation: percent(segregation),
      rest: percent(rest),
    };
  }

  /** The film is mixed: its level follows. */
  private verified({ cold, spanS }: Cycle, { darkV }: Look, now: Instant): void {
    const lnOf = (name: LightChannelName): number => Math.log(Math.max(cold[name], LEAST_V));
    this.level ??= {
      ln: { green: lnOf('green'), red: lnOf('red'), broadband: lnOf('broadband'), reference: lnOf('reference') },
      filmC: cold.filmC,
      darkV: darkV.green,
      cycles: 0,
      at: now,
    };
    const { level } = this;
    level.cycles += 1;
    const share = Math.max(1 / level.cycles, -Math.expm1(-spanS / FOLLOW_S));
    for (const name of LIGHT_CHANNEL_NAMES) level.ln[name] += share * (lnOf(name) - level.ln[name]);
    if (Number.isFinite(cold.filmC)) level.filmC += share * (cold.filmC - level.filmC);
    level.darkV += share * (darkV.green - level.darkV);
    level.at = now;
  }

  /** What the two bands do not show. */
  private unseen(blind: Sight, cycle: Cycle | null, parts: Parts | null): Named {
    if (blind === 'room-light') return { name: 'room-light', confidence: 0.9 };
    if (!cycle || !this.level) return UNKNOWN;
    const { ln } = this.level;
    const { cold } = cycle;
    const part = (name: LightChannelName): number => cold[name] / Math.exp(ln[name]);
    if (part('reference') < DIM) return { name: 'excitation', confidence: 0.9 };
    if (part('red') < DIM && part('broadband') < DIM) return { name: 'optics', confidence: 0.7 };
    return parts ? this.largest(parts, cycle, NO_CHANGE) : UNKNOWN;
  }

  private seen(cycle: Cycle, share: Share, parts: Parts | null, change: Change): Named {
    if (!share.alive && cycle.restlessV === 0 && this.level) return { name: 'sensor', confidence: 0.9 };
    const { test } = this;
    if (test.rises) {
      if (test.isRed) return { name: 'optics', confidence: 0.8 };
      return test.named();
    }
    if (!parts) return UNKNOWN;
    return this.largest(parts, cycle, change);
  }

  private largest(parts: Parts, { cold }: Cycle, change: Change): Named {
    const level = this.level;
    if (!level) return UNKNOWN;
    this.remember(parts.rest, change);
    const warmer = Number.isFinite(cold.filmC) ? cold.filmC - level.filmC : 0;
    const errors: Parts = {
      excitation: NOISE,
      quenching: 100 * this.quench.error * Math.abs(warmer),
      roomLight: NOISE,
      segregation: 0,
      rest: Math.hypot(NOISE, 100 * this.quench.error * warmer),
    };
    const worth = PART_NAMES.filter(
      (part) => Math.abs(parts[part]) > WORTH && Math.abs(parts[part]) > SURE * errors[part],
    ).sort((a, b) => Math.abs(parts[b]) - Math.abs(parts[a]));
    const [first] = worth;
    const band = cold.red / Math.exp(level.ln.red) / (cold.broadband / Math.exp(level.ln.broadband));
    if (!first) {
      // Red is as it was; bare silicon is not.
      if (Math.abs(Math.log(band)) > 2 * ONE_BAND) return { name: 'optics', confidence: 0.6 };
      return { name: 'none', confidence: 1 };
    }
    const all = PART_NAMES.reduce((sum, part) => sum + Math.abs(parts[part]), 0);
    const confidence = Math.abs(parts[first]) / Math.max(all, 1e-9);
    const { excitation, rest } = parts;
    // The reference has changed, and the film has not followed: the reference’s own way is what changed.
    const cancels = Math.abs(excitation + rest) < CANCELS * Math.min(Math.abs(excitation), Math.abs(rest));
    if (cancels && (first === 'excitation' || first === 'rest')) return { name: 'optics', confidence: 0.6 };
    if (first === 'excitation' || first === 'quenching') return { name: first, confidence };
    if (first === 'roomLight') return { name: 'room-light', confidence };
    if (this.shape.step || Math.abs(Math.log(band)) > Math.max(ONE_BAND, Math.abs(rest) / 200))
      return { name: 'optics', confidence };
    return { name: rest > 0 ? 'brightening' : 'slow-loss', confidence };
  }

  /** Whether the rest came as a step: by the time at which that was clearest. */
  private remember(rest: number, { ramp, step, rises }: Change): void {
    const l = Math.max(ramp, step);
    this.shape.l *= KEPT;
    if (Math.abs(rest) < OVER) this.shape = { l: 0, step: false };
    if (l > CHANGED && l > this.shape.l && rises === rest > 0) this.shape = { l, step: step > ramp };
  }

  private say(named: Named, parts: Parts | null, change: Change, now: Instant): void {
    this.held = named.name === this.candidate.name ? this.held + 1 : 1;
    this.candidate = named;
    const before = this.now;
    const isSaid = named.name === before.name || this.held >= CYCLES;
    const falls = change.rises ? 0 : Math.max(0, Math.min(change.ramp, change.ramp - change.step));
    this.now = {
      name: isSaid ? named.name : before.name,
      since: isSaid && named.name !== before.name ? now : before.since,
      confidence: isSaid ? named.confidence : before.confidence,
      parts,
      levelAt: this.level?.at ?? null,
      lasting: this.test.lasting,
      oneBand: falls,
    };
  }
}

/** A channel without light has no logarithm, V. */
const LEAST_V = 1e-6;
/** With less than this of its level a channel is dark. */
const DIM = 0.5;
const percent = (ln: number): number => 100 * Math.expm1(ln);
const isLit = ({ cold }: Cycle): boolean => cold.red > 0 && cold.reference > 0 && cold.broadband > 0;
