/**
 * The light path: from single conversions to a verdict on the film, once a heating cycle.
 *
 * The gate’s own edges say when the film is cold: the last 0.4 s before a pulse (a random phase costs six times the noise). This
 * is the product’s one definition of cold. Where there are no pulses of at least 1.5 s period, or none has come for two periods, the last
 * seconds count. Dark frames lie inside the pulses, where nothing is measured, or in the middle of the rest.
 */
import { LIGHT_CHANNEL_NAMES, type LightChannelName } from '../../params/channels.ts';
import { COMPILED } from '../../params/limits.ts';
import type { Settings } from '../../params/settings.ts';
import { type Sight, type VerdictView, verdictRow } from '../../params/verdict.ts';
import {
  after,
  before,
  earlier,
  type Instant,
  inSeconds,
  LONG_AGO,
  later,
  millis,
  type Ratio,
  type Span,
  seconds,
  since,
  times,
} from '../../units.ts';
import { DarkLevels, SETTLE } from './dark.ts';
import { DimMean } from './dim.ts';
import { Excitation, LITTLE_LIGHT } from './excitation.ts';
import type { LightInput } from './input.ts';
import type { Look } from './look.ts';
import { Readings, type Stretch } from './readings.ts';
import { type Cycle, TwoBands } from './share.ts';
import { Judge, type Judgement, NEVER_SEEN, NOTHING_SEEN, sightOf, UNSEEN } from './verdict.ts';
import { Walk } from './walk.ts';

/** The film is cold in the last part of the rest. */
const COLD = millis(400);
/** After a pulse remixing goes on for as long as the film remembers its shock; then the film is looked at until here. */
const AFTER_FROM = millis(300);
const AFTER_TO = millis(1100);
/** Pulses that follow each other faster have no cold film between them. */
const LEAST_PERIOD = seconds(COMPILED.leastCycleS);
/** The end of a pulse of this length is looked at, too. */
const LONG_PULSE = seconds(1);
/** Without pulses a cycle is this long, and it is averaged over this much of it. */
const CYCLE = seconds(5);
const STILL = seconds(2);
/** How often the film is looked at between pulses. */
const GLANCE = seconds(0.8);
/** So much warmer is the film after a pulse that can remix it, K, by the observer and by a slow thermocouple. */
const REMIXES_K = { byModel: 0.5, behind: 0.3 } as const;
/** Less red light than this says nothing, V. */
const LEAST_RED_V = 0.01;
/** A converter without a reading for this long is not there. */
const SILENT = seconds(2);
/** Room light that moves by this part of the red light is not told from the film’s, nor is a level that is known no better. */
const MOVING = 0.002;
const UNKNOWN = 0.01;
/** A look between pulses counts when it is more than so many standard errors. */
const NO_NOISE = 4;
/** A sudden rise waits at most so long for the room’s light to be measured. */
const WAIT = seconds(1.5);
/** So long the verdict waits for all dark levels after the room’s light has changed. */
const STALE_MOST = seconds(15);
/** By then pulses that remix have verified the mixed level. */
const ANCHORED_BY = seconds(30);
/** A dark frame ends before the cold part of the rest begins. */
const COLD_AND_FRAME = millis(550);

export class LightPath {
  private readonly readings = new Readings();
  private readonly dark = new DarkLevels();
  private two: TwoBands;
  private walk = new Walk();
  private readonly dim = new DimMean();
  private excitation = new Excitation();
  private judge = new Judge();
  private readonly seenAt: Record<LightChannelName, Instant>;
  /** Excitation asked for, 0..1. */
  light: Ratio = 0;
  private isDark = true;
  private onAt = LONG_AGO;
  private offAt = LONG_AGO;
  /** When the light came on that was asked for; frames do not count. */
  private litAt = LONG_AGO;
  private readAt = LONG_AGO;
  private binAt = LONG_AGO;
  private lookedAt = LONG_AGO;
  private riseAt = LONG_AGO;
  private fallAt = LONG_AGO;
  /** From when to when the film was looked at after the pulse; null = not yet. */
  private afterPulse: { readonly from: Instant; readonly to: Instant } | null = null;
  private wantsAfter = false;
  /** A cycle that shows a sudden change, or with `spanS` 0 a look within one, until the room’s light was measured after it. */
  private waiting: {
    readonly from: Instant;
    readonly to: Instant;
    readonly until: Instant;
    readonly spanS: number;
  } | null = null;
  /** Cycles in a row that the room’s light has spoilt. */
  private lost = 0;
  private remixesK: number = REMIXES_K.byModel;
  private cycle = 0;
  /** Largest share that was seen between the pulses of this cycle. */
  private glanced = Number.NEGATIVE_INFINITY;
  private concludedAt = LONG_AGO;
  private now: VerdictView;
  /** The newest look at the film that was concluded; each is another object. */
  concluded: Look | null = null;

  constructor(
    private readonly settings: Settings,
    now: Instant,
  ) {
    this.two = new TwoBands(settings['pl.segregatedRatio'], settings['pl.leakMost']);
    this.seenAt = { green: LONG_AGO, red: LONG_AGO, broadband: LONG_AGO, reference: LONG_AGO };
    this.now = { ...NEVER_SEEN, since: now };
  }

  get view(): VerdictView {
    return this.now;
  }

  /** One tick. Returns whether the excitation should be off until the next one, for a dark frame. */
  step(input: LightInput, now: Instant): boolean {
    this.collect(input, now);
    if (input.light !== this.light) this.relit(input.light, now);
    if (input.light <= 0) return false;
    this.look(input, now);
    return this.frame(input, now);
  }

  /** The light really goes on or off: a frame, or what was asked. */
  lit(on: boolean, now: Instant): void {
    if (on !== this.isDark) return;
    this.isDark = !on;
    if (on) this.onAt = now;
    else this.offAt = now;
  }

  private relit(light: Ratio, now: Instant): void {
    this.light = light;
    this.readings.clear();
    this.dim.clear();
    this.two.relit();
    this.afterPulse = null;
    this.wantsAfter = false;
    this.waiting = null;
    this.glanced = Number.NEGATIVE_INFINITY;
    this.litAt = now;
    this.binAt = now;
    this.lookedAt = now;
    this.say(light > 0 ? UNSEEN : { verdict: 'DARK', sight: null }, now);
  }

  /** A run begins, perhaps with another film: its mixed level must be verified again. */
  start(): void {
    this.two = new TwoBands(this.settings['pl.segregatedRatio'], this.settings['pl.leakMost']);
    this.walk = new Walk();
    this.judge = new Judge();
    this.waiting = null;
    this.afterPulse = null;
    this.glanced = Number.NEGATIVE_INFINITY;
    this.lost = 0;
    this.excitation = new Excitation();
  }

  private collect({ scan, filmC, byModel }: LightInput, now: Instant): void {
    this.remixesK = REMIXES_K[byModel ? 'byModel' : 'behind'];
    if (!scan) return;
    this.readAt = now;
    for (const name of LIGHT_CHANNEL_NAMES) {
      const at = scan.takenAt[name];
      if (at <= this.seenAt[name]) continue;
      this.seenAt[name] = at;
      this.dark.saw(name, at);
      const lit = this.wasLit(at);
      if (lit === null) continue;
      const saturated = scan[name] > COMPILED.saturatedShare * scan.full;
      if (lit && name === 'green') this.dark.lit(at, scan[name]);
      if (lit) this.readings.take(name, at, scan[name], filmC ?? Number.NaN, saturated);
      else if (this.ours && !saturated) this.dark.take(name, at, scan[name]);
    }
  }

  /** Whether the light was on at `at`, at most a tick or two ago; null = it was just changing. */
  private wasLit(at: Instant): boolean | null {
    const { isDark, onAt, offAt } = this;
    const last = isDark ? offAt : onAt;
    const other = isDark ? onAt : offAt;
    if (at > after(last, SETTLE)) return !isDark;
    return at <= last && at > after(other, SETTLE) ? isDark : null;
  }

  /** Whether the excitation is switched by this controller. */
  private get ours(): boolean {
    return this.settings['light.drive'] !== 'none';
  }

  private look(input: LightInput, now: Instant): void {
    const { lastRiseUs, lastFallUs } = input;
    if (this.waiting) this.settleWaiting(now);
    if (this.wantsAfter && lastFallUs > this.riseAt && now >= after(lastFallUs, AFTER_TO)) {
      this.afterPulse = { from: after(lastFallUs, AFTER_FROM), to: after(lastFallUs, AFTER_TO) };
      this.wantsAfter = false;
    }
    if (lastFallUs > this.fallAt) {
      this.fallAt = lastFallUs;
      // Long heating may segregate the film before the cooling that remixes it.
      if (since(lastFallUs, this.riseAt) >= LONG_PULSE) this.glance(before(lastFallUs, COLD), now);
    }
    if (lastRiseUs > this.riseAt) {
      const periodUs = since(lastRiseUs, this.riseAt);
      this.riseAt = lastRiseUs;
      if (periodUs >= LEAST_PERIOD && lastRiseUs > after(this.litAt, COLD))
        this.close(this.coldFrom(lastRiseUs), lastRiseUs, now);
      this.wantsAfter = periodUs >= LEAST_PERIOD;
    }
    const { pulses } = input;
    // Pulses that are announced and do not come are none.
    const last = later(this.riseAt, this.litAt);
    if (!pulses || pulses.periodUs < LEAST_PERIOD || since(now, last) > 2 * pulses.periodUs + CYCLE) {
      if (since(now, this.binAt) >= CYCLE) this.close(before(now, STILL), now, now);
      // A film without pulses may be lost within one of these cycles. Once that is said, looks would only take its light.
      else if (!pulses && !verdictRow(this.now.verdict).alarming && since(now, this.lookedAt) >= GLANCE)
        this.glance(before(now, COLD), now);
      return;
    }
    // Between pulses the film is only glanced at: what it will be when it is coldest is still to come.
    const resting = !input.gateHigh && since(now, lastFallUs) > AFTER_FROM + COLD;
    if (resting && since(now, this.lookedAt) >= GLANCE) this.glance(before(now, COLD), now);
  }

  private mean(from: Instant, to: Instant): Stretch | null {
    const middle = after(from, times(since(to, from), 1 / 2));
    return this.readings.mean(from, to, { ...this.dark.volts, green: this.dark.at('green', middle) });
  }

  /** A cycle comes to its end: the film was cold from `from` to `to`. */
  private close(from: Instant, to: Instant, now: Instant): void {
    const spanS = inSeconds(since(now, this.binAt));
    this.binAt = now;
    this.lookedAt = now;
    const cycle = this.cycleOf(from, to, spanS);
    const doubtful = cycle && (this.dark.isRestless || this.two.isSudden(cycle));
    if (doubtful && this.hasFrames && this.dark.measuredAt('green') < to) {
      this.waiting = { from, to, spanS, until: after(now, WAIT) };
    } else this.conclude(cycle, now);
  }

  /** Where the cold part of a rest begins that ends at `riseUs`; in little light as much of the rest counts as there is. */
  private coldFrom(riseUs: Instant): Instant {
    const shortest = before(riseUs, COLD);
    return this.light < LITTLE_LIGHT ? earlier(shortest, later(after(this.fallAt, AFTER_TO), this.litAt)) : shortest;
  }

  /** A look before the cycle is over, from `from` until now: only a rise to an alarm is told of it. */
  private glance(from: Instant, now: Instant): void {
    this.lookedAt = now;
    const cycle = this.cycleOf(from, now, 0);
    if (this.blindness(cycle, now) !== null) this.conclude(cycle, now);
    else if (
      cycle &&
      !this.waiting &&
      (this.dark.isKnown || !this.hasFrames) &&
      !this.dark.isStale &&
      !this.dark.isRestless
    ) {
      if (this.hasFrames && this.two.isSudden(cycle))
        this.waiting = { from, to: now, spanS: 0, until: after(now, WAIT) };
      else this.tellGlance(cycle, now);
    }
  }

  private tellGlance(cycle: Cycle, now: Instant): void {
    const glance = this.two.glance(cycle);
    // Only what is no noise: the largest of several looks is always more than their mean.
    if (glance.s > NO_NOISE * glance.error) this.glanced = Math.max(this.glanced, glance.s);
    const judged = this.judge.glance(glance);
    if (judged) this.say(judged, now, { ...glance, anchored: this.now.anchored });
  }

  /** What was sudden is concluded once the room’s light was measured after it. */
  private settleWaiting(now: Instant): void {
    const { waiting } = this;
    if (!waiting || (this.dark.measuredAt('green') < waiting.to && now < waiting.until)) return;
    const { from, to, spanS } = waiting;
    this.waiting = null;
    // The room’s light changed meanwhile: nobody knows what of it was in these readings.
    if (this.dark.jumpedAt > from) {
      this.lost += 1;
      if (this.lost >= LOST_MOST) this.say(this.judge.take({ ...NOTHING_SEEN, sight: 'room-light' }), now);
      return;
    }
    const cycle = this.cycleOf(from, to, spanS);
    if (spanS > 0) this.conclude(cycle, now);
    else if (cycle) this.tellGlance(cycle, now);
  }

  private cycleOf(from: Instant, to: Instant, spanS: number): Cycle | null {
    const cold = this.mean(from, to);
    if (!cold) return null;
    const { dark } = this;
    const pulse = this.afterPulse;
    // Both stretches need one and the same dark level.
    const afterPulse = pulse && pulse.from > dark.jumpedAt ? this.mean(pulse.from, pulse.to) : null;
    return {
      cold,
      after: afterPulse,
      middle: afterPulse && pulse && pulse.to < from ? this.mean(pulse.to, from) : null,
      remixes: afterPulse !== null && afterPulse.filmC - cold.filmC > this.remixesK,
      spanS,
      greenDarkErrorV: dark.errorV('green'),
      redDarkErrorV: dark.errorV('red'),
      darkAt: this.hasFrames ? dark.measuredAt('green') : to,
      restlessV: dark.restlessV,
    };
  }

  private conclude(cycle: Cycle | null, now: Instant): void {
    this.afterPulse = null;
    if (!cycle) this.lost += 1;
    const blind = this.blindness(cycle, now);
    const isSettling = this.dark.isStale && since(now, this.dark.jumpedAt) < STALE_MOST;
    if (isSettling && (blind === null || !CERTAIN.includes(blind))) return;
    if (blind !== null) this.say(this.judge.take({ ...NOTHING_SEEN, sight: blind }), now);
    const share = blind !== null || !cycle ? null : this.two.take(cycle);
    this.concluded = { cycle, blind, share, ...this.dark.look, light: this.light };
    if (!share || !cycle) return;
    this.lost = 0;
    const { error, g, anchored } = share;
    // What a look has shown while the room’s light changed was the room’s.
    const s = this.dark.jumpedAt > this.concludedAt ? share.s : Math.max(share.s, this.glanced);
    this.concludedAt = now;
    this.glanced = Number.NEGATIVE_INFINITY;
    const walks = this.walk.take(cycle.cold, cycle.remixes ? cycle.after : null, s, anchored);
    const isWeak = !anchored && !cycle.remixes && since(now, this.litAt) > ANCHORED_BY;
    const sight = walks ? 'red-moves' : isWeak ? 'weak-pulses' : sightOf(share);
    this.cycle += 1;
    const believed = share.unbelievable ? null : s;
    const judged =
      believed !== null && this.light < LITTLE_LIGHT ? this.dim.take({ s, error }) : { s: believed, error };
    const vague = this.dark.isMoving ? 'room-light' : 'little-light';
    this.say(this.judge.take({ ...judged, g, anchored, sight, vague }), now, { s: believed, error, anchored });
  }

  private blindness(cycle: Cycle | null, now: Instant): Sight | null {
    if (this.settings['pl.risingBand'] !== 'green') return 'no-band';
    if (since(now, this.readAt) > SILENT) return 'unreadable';
    // A channel has no reading; what was said of the film is soon no longer so.
    if (!cycle) return this.lost >= LOST_MOST ? 'unreadable' : null;
    if (cycle.cold.saturated) return 'saturated';
    if (!this.excitation.isThere(cycle.cold.reference, this.light)) return 'no-excitation';
    if (cycle.cold.red + cycle.cold.green < LEAST_RED_V) return 'little-light';
    const { isRestless } = this.dark;
    if (cycle.greenDarkErrorV <= (isRestless ? MOVING : UNKNOWN) * cycle.cold.red) return null;
    return isRestless ? 'room-light' : 'little-light';
  }

  private get hasFrames(): boolean {
    return this.ours && this.settings['pl.darkFrames'] !== 'off';
  }

  private frame({ gateHigh, lastFallUs, pulses }: LightInput, now: Instant): boolean {
    if (!this.hasFrames) return false;
    const tickUs: Span = millis(this.settings['loop.tickMs']);
    const urgent = this.waiting !== null;
    const quiet =
      gateHigh ||
      (now > after(lastFallUs, AFTER_TO) && (pulses === null || now < before(pulses.nextUs, COLD_AND_FRAME)));
    return (urgent || quiet) && this.dark.wantsFrame(now, tickUs, urgent, this.light < LITTLE_LIGHT);
  }

  private say(
    { verdict, sight }: Judgement,
    now: Instant,
    seen: { s: number | null; error: number; anchored: boolean } | null = null,
  ): void {
    const { now: before } = this;
    const same = before.verdict === verdict && before.sight === sight;
    if (same && !seen && before.segregated === null) return;
    this.now = {
      verdict,
      since: before.verdict === verdict ? before.since : now,
      sight,
      segregated: seen?.s ?? null,
      error: seen ? seen.error : null,
      cycle: this.cycle,
      anchored: seen?.anchored ?? false,
      leak: seen?.anchored ? this.two.leak : null,
      darkV: this.dark.isKnown ? this.dark.volts.green : null,
    };
  }
}

/** What is wrong whatever the dark levels are. */
const CERTAIN: readonly Sight[] = ['no-band', 'unreadable', 'saturated'];
/** So many spoilt cycles are blindness. */
const LOST_MOST = 3;
