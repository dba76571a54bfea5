/**
 * Dark frames: for one tick now and then the excitation is off, so that what the photodiodes then show is the room’s light and the
 * amplifiers’ own level. A scanner converts one channel a tick, so a frame is placed where the channel whose level is oldest
 * comes next. The green channel carries the smallest signal and comes every other time.
 */
import { eachChannel, LIGHT_CHANNEL_NAMES, type LightChannelName } from '../../params/channels.ts';
import { before, clamp, type Instant, LONG_AGO, millis, type Span, seconds, since } from '../../units.ts';
import type { Look } from './look.ts';

/** Frames are at least so far apart, so that less than 1.3 % of the light is missing at ticks of 50 ms. */
const APART = seconds(3.9);
/** A channel’s level is measured anew at least this often, if frames allow it. */
const OLD = seconds(40);
const OVERDUE = seconds(80);
/** In little light, where the dark level is most of what is seen, they cost next to nothing. */
const APART_DIM = seconds(0.4);
/** Share of a new frame that is believed: most of it where frames in a row are off to one side, little in a room that is quiet. */
const SHARE = { most: 0.5, least: 0.1, rises: 1.5, falls: 0.9 } as const;
/** How fast the trend is learnt, from frames that are at least so far apart, and how far it reaches. */
const TREND_SHARE = 0.25;
const ONE_WAY = 0.7;
const TREND_FROM = seconds(2);
const TREND_TO = seconds(8);
/** The trend is at most so many times the newest step. */
const TREND_MOST = 3;
/** So many standard errors are another room light and no noise, and so many may be. */
const JUMP = 4;
const DOUBT = 2.5;
/** A photodiode amplifier has settled after this. */
export const SETTLE: Span = millis(10);
/** Noise of a conversion at the least, V: what a 12-bit converter at 3.3 V rounds. */
const LEAST_NOISE_V = 2.5e-4;
/** Steps from frame to frame of more than this are a light that flickers or changes, V, and how fast that is learnt. */
const RESTLESS_V = 6e-4;
const RESTLESS_SHARE = { rises: 0.4, falls: 0.12 } as const;
/** Flicker of a lamp before it was measured, as a share of its light. */
const FLICKER = 0.1;
/** What of such a light is left at the most when the frame is next to the reading: twice the mains in 50 ms or 200 ms is nearly
 * whole periods. How much it is, neighbouring readings of the green channel tell; a frame lies so far from the cold film. */
const PAIRED = 0.5;
const LAG = seconds(0.35);
const NEIGHBOURS = seconds(0.3);
const NEIGHBOURS_SHARE = 0.1;
/** A level that nobody measured: what was commissioned, give or take, V. */
const UNKNOWN_V = 0.003;

/** Conversions of one channel that are further apart belong to no scan. */
const SLOWEST_SCAN = seconds(1);
/** A room’s light that has changed by less since a channel was dark is as good as none, V. */
const MOVED_V = 5e-3;
/** What is measured anew after the room’s light has changed, beside green. */
const STALE_IN_TURN = ['red', 'reference', 'broadband'] as const satisfies readonly LightChannelName[];

interface Level {
  volts: number;
  /** Mean square of single frames about it, V². */
  noise2: number;
  /** Its trend, V/µs: dusk goes on between the frames. */
  slope: number;
  /** A frame that is at least `TREND_FROM` older than the newest, V, and the one that will follow it; `LONG_AGO` = none. */
  olderV: number;
  olderAt: Instant;
  nextV: number;
  nextAt: Instant;
  /** Means of the steps between frames and of their sizes, V. */
  drift: number;
  rough: number;
  /** The newest frame, and how far it is from the one before, V. */
  raw: number;
  step: number;
  /** Mean square of the smaller of two steps in a row, V²: a switch is one step, flicker and dusk are many. */
  restless2: number;
  /** Frames that it stands on. */
  n: number;
  /** Share of a new frame that is believed, and how far the last was from what was expected, V. */
  share: number;
  off: number;
  at: Instant;
  /** What green showed in the dark by then, V. */
  greenV: number;
}

export class DarkLevels {
  readonly volts: Record<LightChannelName, number> = eachChannel(() => 0);
  private readonly levels = eachChannel(
    (): Level => ({
      volts: 0,
      noise2: 0,
      slope: 0,
      olderV: 0,
      olderAt: LONG_AGO,
      nextV: 0,
      nextAt: LONG_AGO,
      drift: 0,
      rough: 0,
      raw: 0,
      step: 0,
      restless2: 0,
      n: 0,
      share: SHARE.most,
      off: 0,
      at: LONG_AGO,
      greenV: 0,
    }),
  );
  /** The last two conversions of each channel tell when the next comes. */
  private readonly last = eachChannel(() => LONG_AGO);
  private readonly gap = eachChannel(() => millis(50));
  private newest = LONG_AGO;
  /** When the room’s light was last seen to have changed. */
  jumpedAt = LONG_AGO;
  private frameAt = LONG_AGO;
  private framed: LightChannelName = 'green';
  private greenTurn = true;
  /** When a frame of the channel was last asked for. */
  private readonly askedAt = eachChannel(() => LONG_AGO);
  /** Last green reading in the light, and mean square of what the room’s light changes from there to a frame beside it, V². */
  private litAt = LONG_AGO;
  private litV = 0;
  private movedV = Number.POSITIVE_INFINITY;
  private beside2 = Number.POSITIVE_INFINITY;

  /** Whether the rising band’s level was ever measured. */
  get isKnown(): boolean {
    return this.levels.green.n > 0;
  }

  /** Standard error of a channel’s level, V. */
  errorV(name: LightChannelName): number {
    const level = this.levels[name];
    const { n, noise2, restless2, share } = level;
    if (n === 0) return UNKNOWN_V;
    const most2 = PAIRED ** 2 * restless2;
    // In a quiet room it is the film that moves.
    const left2 = isRestless(level) && Number.isFinite(this.beside2) ? this.beside2 : Math.min(most2, this.beside2);
    const noise = Math.max(noise2, LEAST_NOISE_V ** 2) * Math.max(1 / n, share);
    return Math.sqrt(noise + left2 + this.movedSince(name) ** 2);
  }

  /** Whether a frame for the channel could ever come: one that is not converted must not keep the others waiting. */
  private converts(name: LightChannelName): boolean {
    return this.newest - this.last[name] < SLOWEST_SCAN;
  }

  /** By how much green saw the room’s light change since the channel was dark, V; 0 for what may be flicker. */
  private movedSince(name: LightChannelName): number {
    const { restless2, volts } = this.levels.green;
    const moved = name === 'green' ? 0 : Math.abs(volts - this.levels[name].greenV);
    return moved > MOVED_V && moved > DOUBT * Math.sqrt(2 * restless2) ? moved : 0;
  }

  /** By how much the room’s light may differ from the green level some seconds away from the frame, V. */
  get restlessV(): number {
    const { green } = this.levels;
    return isRestless(green) ? Math.sqrt(2 * green.restless2) : 0;
  }

  /** Whether the room’s light flickers or goes on changing, so that only a frame beside the reading tells it. */
  get isRestless(): boolean {
    return isRestless(this.levels.green);
  }

  /** Whether the room’s light is another one than some seconds ago, as far as the channels have been dark since. */
  get isMoving(): boolean {
    return this.isRestless || this.left() !== null;
  }

  /** Whether the room’s light has changed since the levels of both bands and of the broadband were measured. */
  get isStale(): boolean {
    return this.stale() !== null;
  }

  private stale(): LightChannelName | null {
    return STALE_IN_TURN.find((name) => this.levels[name].at < this.jumpedAt && this.converts(name)) ?? null;
  }

  /** A channel that was dark before green saw the room’s light change, be it ever so slowly, by more than flicker does. */
  private left(): LightChannelName | null {
    let left: LightChannelName | null = null;
    for (const name of STALE_IN_TURN) {
      if (this.movedSince(name) === 0 || !this.converts(name)) continue;
      if (left === null || this.askedAt[name] < this.askedAt[left]) left = name;
    }
    return left;
  }

  /** A channel’s level at an instant, V. */
  at(name: LightChannelName, when: Instant): number {
    const { volts, slope, at, olderV, olderAt } = this.levels[name];
    const span = since(when, at);
    if (span >= 0) return volts + slope * Math.min(span, TREND_TO);
    // What lies before the newest frame is on the line to an older one: two that are close together tell no slope.
    const back = olderAt === LONG_AGO ? 0 : (volts - olderV) / since(at, olderAt);
    return volts + back * Math.max(span, -TREND_TO);
  }

  /** When the channel’s level was last measured. */
  measuredAt(name: LightChannelName): Instant {
    return this.levels[name].at;
  }

  /** The levels and when each was measured, as they are now. */
  get look(): Pick<Look, 'darkV' | 'darkAt'> {
    return { darkV: { ...this.volts }, darkAt: eachChannel((name) => this.levels[name].at) };
  }

  /** A conversion of any kind: only its rhythm counts. */
  saw(name: LightChannelName, at: Instant): void {
    const gap = since(at, this.last[name]);
    if (gap < SLOWEST_SCAN) this.gap[name] = gap;
    this.last[name] = at;
    if (at > this.newest) this.newest = at;
  }

  /** A conversion of the green channel in the light, V: what neighbours differ by, the room’s light has changed meanwhile. */
  lit(at: Instant, volts: number): void {
    const gap = since(at, this.litAt);
    if (gap < NEIGHBOURS) {
      // The smaller of two changes in a row: a switch is one, flicker and dusk are many.
      const moved = (Math.abs(volts - this.litV) * LAG) / gap;
      const moved2 = Math.min(moved, this.movedV) ** 2;
      this.movedV = moved;
      this.beside2 = Number.isFinite(this.beside2) ? this.beside2 + NEIGHBOURS_SHARE * (moved2 - this.beside2) : moved2;
    }
    this.litAt = at;
    this.litV = volts;
  }

  /** A conversion without excitation, V. */
  take(name: LightChannelName, at: Instant, volts: number): void {
    const level = this.levels[name];
    const spanUs = level.n === 0 ? 0 : since(at, level.at);
    const expected = level.volts + level.slope * spanUs;
    const off = volts - expected;
    const step = Math.abs(volts - level.raw);
    const variance = Math.max(level.noise2, LEAST_NOISE_V ** 2) * (1 + level.share) + 2 * level.restless2;
    const rest2 = Math.min(step, level.step) ** 2 - level.restless2;
    if (level.n > 0) level.restless2 += RESTLESS_SHARE[rest2 > 0 ? 'rises' : 'falls'] * rest2;
    const jumps = level.n > 0 && Math.abs(off) > JUMP * Math.sqrt(variance);
    if (jumps) {
      this.jumpedAt = at;
      // A lamp that was just switched on may flicker; nobody knows before some frames were seen.
      level.restless2 = (FLICKER * Math.max(0, volts)) ** 2;
    }
    if (level.n === 0 || jumps) level.n = 1;
    else {
      level.n += 1;
      // What flicker moves is no noise of the reading; it is known apart.
      if (!isRestless(level)) level.noise2 += 0.1 * (Math.min(off * off, variance) - level.noise2);
    }
    if (Math.abs(off) > DOUBT * Math.sqrt(variance)) level.share = SHARE.most;
    else {
      const oneSide = off * level.off > 0 && off * off > level.noise2;
      level.share = clamp(level.share * (oneSide ? SHARE.rises : SHARE.falls), SHARE.least, SHARE.most);
    }
    level.off = off;
    level.volts = expected + (level.n === 1 || isRestless(level) ? 1 : Math.max(level.share, 1 / level.n)) * off;
    if (spanUs > TREND_FROM) {
      const change = jumps ? 0 : volts - level.raw;
      level.drift += TREND_SHARE * (change - level.drift);
      level.rough += TREND_SHARE * (Math.abs(change) - level.rough);
      // Steps that all go one way are dusk; those of flicker go both ways.
      const oneWay = clamp((Math.abs(level.drift) / Math.max(level.rough, 1e-9) - ONE_WAY) / (1 - ONE_WAY), 0, 1);
      // A lamp that has faded does not go on fading.
      const most = TREND_MOST * Math.abs(change);
      level.slope = (oneWay * clamp(level.drift, -most, most)) / spanUs;
    }
    if (level.n === 1) level.slope = 0;
    // A switch is one step, and the next one is no second.
    level.step = jumps ? 0 : step;
    level.raw = volts;
    level.at = at;
    mark(level);
    level.greenV = this.levels.green.volts;
    this.volts[name] = level.volts;
  }

  /**
   * Whether the light should be off until the next tick.
   * @param urgent the level of the green channel is wanted at once
   * @param dim there is little light
   */
  wantsFrame(now: Instant, tickUs: Span, urgent: boolean, dim = false): boolean {
    const stale = this.stale();
    const left = this.left();
    const oldest = left ?? this.oldest;
    // Urgent frames are mostly green’s: the others must not wait for ever.
    const overdue = left !== null || this.levels[oldest].at < before(now, OVERDUE);
    if (!urgent && stale === null && since(now, this.frameAt) < (dim || overdue ? APART_DIM : APART)) return false;
    const isTurn = !this.greenTurn && this.levels[oldest].at < before(now, OLD);
    // In a room that changes urgent frames follow each other: every other one is that of a channel that was left behind.
    const isLeft = left !== null && this.framed === 'green';
    const name = isLeft ? left : urgent ? 'green' : (stale ?? (isTurn || overdue ? oldest : 'green'));
    const next = this.last[name] + this.gap[name];
    // The conversion that the next tick starts must be this channel’s.
    if (Math.abs(next - (now + tickUs)) > tickUs / 2) return false;
    this.frameAt = now;
    this.framed = name;
    this.askedAt[name] = now;
    if (!urgent) this.greenTurn = !this.greenTurn;
    return true;
  }

  /** The channel whose level was measured longest ago. */
  private get oldest(): LightChannelName {
    let oldest: LightChannelName = 'green';
    for (const name of LIGHT_CHANNEL_NAMES) {
      if (this.levels[name].at < this.levels[oldest].at && this.converts(name)) oldest = name;
    }
    return oldest;
  }
}

/** Keeps the frame that what lies before the newest is interpolated from. After a jump there is none. */
function mark(level: Level): void {
  const { volts, at, nextV, nextAt, n } = level;
  const isFirst = n === 1;
  if (!isFirst && since(at, nextAt) < TREND_FROM) return;
  level.olderV = nextV;
  level.olderAt = isFirst ? LONG_AGO : nextAt;
  level.nextV = volts;
  level.nextAt = at;
}

const isRestless = ({ restless2 }: Level): boolean => restless2 > RESTLESS_V ** 2;
