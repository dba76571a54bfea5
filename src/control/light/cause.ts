/**
 * Names the cause of what the light of the film does, once a heating cycle.
 *
 * Everything is held against the level of the film while it was verified as mixed: ln red = excitation − α·ΔT + ln(1 − s) + the
 * rest. Excitation is what the reference shows, α is learnt from the pulses, s comes from two bands. What rises in green is
 * segregation where pulses take a part of it away; the rest is a step of the optics, or a film that gets brighter or darker.
 */
import { type CauseView, PART_NAMES, type Part } from '../../params/cause.ts';
import type { Instant } from '../../units.ts';
import { Broken, type Levels } from './broken.ts';
import { Followed } from './followed.ts';
import type { Look } from './look.ts';
import { OneBand } from './one-band.ts';
import { type Named, PulseTest } from './pulse-test.ts';
import { Quench } from './quench.ts';
import { type Change, NO_CHANGE, RampOrStep, stepOf } from './ramp-or-step.ts';
import { RoomShift } from './room-shift.ts';
import type { Cycle, Share } from './share.ts';

/** A film with more than this is not the one that the level is of. */
const MIXED_BELOW = 0.005;
/** What is worth a name, % of the light, and so many standard errors. Light sources move by more than films do. */
const WORTH: Readonly<Record<Part, number>> = {
  excitation: 2.5,
  quenching: 2,
  roomLight: 2,
  segregation: 2,
  rest: 2.5,
};
const SURE = 3;
/** Noise of the light from cycle to cycle, %. */
const NOISE = 0.15;
/** Red against bare silicon: a change that is one band’s alone, ln. */
const ONE_BAND = 0.02;
/** A step that makes up this part of the rest is its cause. */
const STEP_PART = 0.5;
/** Less than this is no change any more: of the light, ln, of temperature, K, and of room light, V. */
const OVER = 0.004;
const OVER_K = 0.3;
const OVER_V = 0.004;
/** What a temperature or a lamp must change to hold its level. */
const HELD_K = 0.6;
const HELD_V = 0.015;
/** The mixed band gets broader in the warmth, and its filter loses up to this, 1/K. */
const RED_NARROWS = 0.01;
/** Standard error of what was taken out for a lamp, as a share: lamps flicker. */
const DOUBT = 0.15;
/** What has begun so lately counts twice as much as what lasts, s. */
const LATELY_S = 400;
/** Evidence for a change from which on a level stands still. */
const HOLDS = 30;
/** Two parts that take each other away but for this share contradict each other. */
const CANCELS = 0.2;
/** By then the film has settled under its light, s; what it does before that holds no level. */
const SETTLED_S = 600;
/** A name holds for so many cycles before it is said. */
const CYCLES = 2;
/** With less than this of its level a channel is dark. */
const DIM = 0.5;

type Parts = Record<Part, number>;
const UNKNOWN: Named = { name: 'unknown', confidence: 0 };

/** Logarithms of one cycle, with temperature and excitation taken out of the bands. */
interface Seen {
  readonly red: number;
  readonly broadband: number;
  readonly reference: number;
  readonly filmC: number;
  /** Green over red. */
  readonly rho: number;
  readonly darkV: number;
}

export class CauseFinder {
  private readonly red = new Followed(OVER, true);
  private readonly broadband = new Followed(OVER, true);
  private readonly reference = new Followed(OVER);
  private readonly filmC = new Followed(OVER_K);
  private readonly darkV = new Followed(OVER_V);
  private readonly rho = new Followed(0);
  private readonly redQuench = new Quench(RED_NARROWS);
  private readonly broadbandQuench = new Quench();
  private readonly room = new RoomShift();
  private readonly broken = new Broken();
  private readonly test: PulseTest;
  private readonly oneBand = new OneBand();
  private readonly filmChange = new RampOrStep();
  private readonly sourceChange = new RampOrStep();
  private firstC = Number.NaN;
  private verifiedAt: Instant | null = null;
  /** Largest step since the rest was none, %. */
  private step = 0;
  private readonly lasts: Parts = { excitation: 0, quenching: 0, roomLight: 0, segregation: 0, rest: 0 };
  private candidate: Named = UNKNOWN;
  private held = 0;
  /** How long the film was verified as mixed in this run, s. */
  private mixedS = 0;
  private now: CauseView;

  /** @param k K of the light path: green signal of the segregated film over red signal of the mixed one */
  constructor(k: number, now: Instant) {
    this.test = new PulseTest(k);
    this.now = { name: 'unknown', since: now, confidence: 0, parts: null, levelAt: null, lasting: 0, oneBand: 0 };
  }

  get view(): CauseView {
    return this.now;
  }

  /** One look at the film. */
  take(shown: Look, now: Instant): void {
    const look = this.room.takeOut(shown);
    const levels = this.levels(look.cycle?.cold.filmC ?? Number.NaN);
    const isBroken = this.broken.take(look, levels);
    const { cycle, share, blind } = look;
    let parts: Parts | null = null;
    let named = UNKNOWN;
    let change = NO_CHANGE;
    let oneBand = 0;
    // A look between pulses is at a film that is not cold.
    const isCold = cycle !== null && cycle.spanS > 0;
    if (isCold && !isBroken && isLit(cycle)) {
      const seen = this.seen(cycle, look);
      // What the room adds is known: else a lamp would be a change of the film.
      const isClear = blind === null && !this.room.isShaky;
      if (isClear) change = this.filmChange.take(seen.red);
      else this.filmChange.miss();
      const source = isClear ? this.sourceChange.take(seen.reference) : NO_CHANGE;
      if (!isClear) this.sourceChange.miss();
      if (blind === null) oneBand = this.oneBand.take(cycle, DOUBT * this.room.shiftV, now).evidence;
      if (levels) parts = this.partsOf(seen, share);
      if (parts) this.age(parts, cycle.spanS);
      if (parts && isClear) this.remember(parts.rest, change);
      if (share) this.test.take(cycle, share, levels && this.greenRise(cycle, levels), this.redFall(seen));
      if (isClear && share?.anchored && share.s < MIXED_BELOW && !this.test.rises) {
        this.mixedS += cycle.spanS;
        const isSettled = this.mixedS >= SETTLED_S;
        this.verified(seen, cycle.spanS, {
          film: isSettled && holds(change),
          source: isSettled && holds(source),
        });
        this.verifiedAt = now;
      } else {
        this.red.pass(cycle.spanS);
        this.broadband.pass(cycle.spanS);
      }
      if (share || parts) named = this.test.rises ? this.rising() : this.largest(seen, parts, cycle);
    }
    if (isBroken) named = { name: 'sensor', confidence: 1 };
    else if (cycle && !isCold) return;
    else if (blind !== null) named = this.unseen(look, levels, parts, named);
    this.say(named, parts, oneBand, now);
  }

  /** What a mixed film at this temperature would show, natural logarithms of V; null = not known. */
  private levels(filmC: number): Levels | null {
    if (!this.red.isKnown) return null;
    const warm = (Number.isFinite(filmC) ? filmC : this.filmC.level) - this.firstC;
    const reference = this.reference.level;
    const red = this.red.level + reference - (Number.isFinite(warm) ? this.redQuench.perK * warm : 0);
    const broadband = this.broadband.level + reference - (Number.isFinite(warm) ? this.broadbandQuench.perK * warm : 0);
    return { red, broadband, reference, green: red + Math.log(Math.max(this.rho.level, LEAST_RHO)) };
  }

  /** Takes excitation and temperature out; learns what a pulse takes of the light. */
  private seen({ cold, after }: Cycle, { darkV }: Look): Seen {
    const light = (name: 'red' | 'broadband', of: typeof cold): number => Math.log(of[name] / of.reference);
    if (after && isLit({ cold: after }) && !this.test.rises && !this.room.isShaky) {
      const warmer = after.filmC - cold.filmC;
      this.redQuench.learn(light('red', cold) - light('red', after), warmer);
      this.broadbandQuench.learn(light('broadband', cold) - light('broadband', after), warmer);
    }
    if (Number.isNaN(this.firstC)) this.firstC = cold.filmC;
    const warm = Number.isFinite(cold.filmC) ? cold.filmC - this.firstC : 0;
    return {
      red: light('red', cold) + this.redQuench.perK * warm,
      broadband: light('broadband', cold) + this.broadbandQuench.perK * warm,
      reference: Math.log(cold.reference),
      filmC: cold.filmC,
      rho: cold.green / cold.red,
      darkV: darkV.green,
    };
  }

  /** By how much green has risen over the red light that a mixed film would have now. */
  private greenRise({ cold }: Cycle, levels: Levels): number {
    const red = Math.exp(levels.red - levels.reference) * cold.reference;
    return cold.green / red - this.rho.level;
  }

  /** What of ρ a loss of red alone makes, where green stays as it is. */
  private redFall(seen: Seen): number {
    return this.rho.isKnown ? this.rho.level * Math.expm1(-this.red.off(seen.red)) : 0;
  }

  private partsOf(seen: Seen, share: Share | null): Parts {
    const s = Math.min(0.99, Math.max(0, share?.s ?? 0));
    const segregation = this.test.rises && !this.test.isRed ? Math.log(1 - s) : 0;
    return {
      excitation: percent(this.reference.off(seen.reference)),
      quenching: percent(-this.redQuench.perK * this.filmC.off(seen.filmC)),
      roomLight: (100 * this.darkV.off(seen.darkV)) / Math.exp(this.red.level + this.reference.level),
      segregation: percent(segregation),
      rest: percent(this.red.off(seen.red) - segregation),
    };
  }

  /** The film is mixed: its level follows. */
  private verified(seen: Seen, spanS: number, changes: { readonly film: boolean; readonly source: boolean }): void {
    this.red.take(seen.red, spanS, changes.film);
    this.broadband.take(seen.broadband, spanS, changes.film);
    this.reference.take(seen.reference, spanS, changes.source);
    this.filmC.take(seen.filmC, spanS, Math.abs(this.filmC.off(seen.filmC)) > HELD_K);
    this.darkV.take(seen.darkV, spanS, Math.abs(this.darkV.off(seen.darkV)) > HELD_V);
    this.rho.take(seen.rho, spanS, false);
  }

  /** What the two bands do not show; `otherwise`: what the mixed band alone says. */
  private unseen({ blind, cycle }: Look, levels: Levels | null, parts: Parts | null, otherwise: Named): Named {
    // What was seen to rise before goes on rising while nobody sees it.
    if (this.test.rises && otherwise !== UNKNOWN) return otherwise;
    if (blind === 'room-light') {
      const { roomLight = 0, ...others } = parts ?? {};
      const most = Math.max(...Object.values(others).map(Math.abs), 0);
      const isRoom = otherwise.name === 'none' || otherwise.name === 'unknown' || 2 * Math.abs(roomLight) > most;
      return isRoom ? { name: 'room-light', confidence: 0.5 } : otherwise;
    }
    if (!cycle || !levels) return UNKNOWN;
    const part = (name: 'red' | 'broadband' | 'reference'): number => cycle.cold[name] / Math.exp(levels[name]);
    if (part('reference') < DIM) return { name: 'excitation', confidence: 0.9 };
    if (part('red') < DIM && part('broadband') < DIM) return { name: 'optics', confidence: 0.7 };
    return otherwise;
  }

  private rising(): Named {
    return this.test.isRed ? { name: 'optics', confidence: 0.8 } : this.test.named();
  }

  private largest(seen: Seen, parts: Parts | null, { cold, restlessV }: Cycle): Named {
    if (!parts) return UNKNOWN;
    const warmer = this.filmC.off(seen.filmC);
    const warmth = 100 * this.redQuench.error * Math.abs(warmer);
    const flicker = (100 * restlessV) / cold.red;
    const noise = Math.hypot(NOISE, flicker, (100 * DOUBT * this.room.shiftV) / cold.red);
    const errors: Parts = {
      excitation: noise,
      quenching: warmth,
      roomLight: NOISE,
      segregation: 0,
      rest: Math.hypot(noise, warmth),
    };
    const [first] = PART_NAMES.filter(
      (part) => Math.abs(parts[part]) > WORTH[part] && Math.abs(parts[part]) > SURE * errors[part],
    ).sort((a, b) => this.weight(b, parts) - this.weight(a, parts));
    const band = Math.abs(this.red.off(seen.red) - this.broadband.off(seen.broadband));
    if (!first) {
      // Red is as it was, and bare silicon is not.
      return band > 1.5 * ONE_BAND ? { name: 'optics', confidence: 0.6 } : { name: 'none', confidence: 1 };
    }
    const { excitation, rest } = parts;
    const isStep = this.step * Math.sign(rest) > STEP_PART * Math.abs(rest);
    const all = PART_NAMES.reduce((sum, part) => sum + Math.abs(parts[part]), 0);
    const confidence = Math.abs(parts[first]) / all;
    // The reference has changed, and the film has not followed: what changed is the reference’s own way.
    const cancels = Math.abs(excitation + rest) < CANCELS * Math.min(Math.abs(excitation), Math.abs(rest));
    if (cancels && isStep && (first === 'excitation' || first === 'rest')) return { name: 'optics', confidence: 0.6 };
    if (first === 'excitation' || first === 'quenching') return { name: first, confidence };
    if (first === 'roomLight') return { name: 'room-light', confidence };
    if (isStep || band > Math.max(ONE_BAND, Math.abs(rest) / 200)) return { name: 'optics', confidence };
    return { name: rest > 0 ? 'brightening' : 'slow-loss', confidence };
  }

  /** Size of a part; what has begun lately counts more than what has lasted. */
  private weight(part: Part, parts: Parts): number {
    return Math.abs(parts[part]) * (this.lasts[part] < LATELY_S ? 2 : 1);
  }

  /** How long each part has been worth a name. */
  private age(parts: Parts, spanS: number): void {
    for (const part of PART_NAMES) {
      const isWorth = Math.abs(parts[part]) > WORTH[part];
      this.lasts[part] = isWorth ? this.lasts[part] + spanS : Math.max(0, this.lasts[part] - spanS);
    }
  }

  private remember(rest: number, change: Change): void {
    const step = percent(stepOf(change));
    if (Math.abs(rest) < 100 * OVER) this.step = 0;
    if (Math.abs(step) > Math.abs(this.step)) this.step = step;
  }

  private say(named: Named, parts: Parts | null, oneBand: number, now: Instant): void {
    this.held = named.name === this.candidate.name ? this.held + 1 : 1;
    this.candidate = named;
    const before = this.now;
    const isSaid = named.name === before.name || this.held >= CYCLES || named.atOnce === true;
    this.now = {
      name: isSaid ? named.name : before.name,
      since: isSaid && named.name !== before.name ? now : before.since,
      confidence: isSaid ? named.confidence : before.confidence,
      parts,
      levelAt: this.verifiedAt,
      lasting: this.test.lasting,
      oneBand,
    };
  }
}

/** A film without any leak has no logarithm of it. */
const LEAST_RHO = 1e-6;
const percent = (ln: number): number => 100 * Math.expm1(ln);
const holds = ({ ramp, step }: Change): boolean => Math.max(ramp, step) > HOLDS;
const isLit = ({ cold }: Pick<Cycle, 'cold'>): boolean => cold.red > 0 && cold.reference > 0 && cold.broadband > 0;
