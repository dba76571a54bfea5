/** Whether what the photodiodes show is no light of any film: a channel that is lost, a converter that is frozen or far too noisy. */
import { LIGHT_CHANNEL_NAMES, type LightChannelName } from '../../params/channels.ts';
import type { Look } from './look.ts';
import type { Stretch } from './readings.ts';
import { type Cycle, NOISE_SHARE, NOISE_V } from './share.ts';

/** All channels of a converter that has stopped show its last code, V. */
const SAME_V = 2e-4;
/** Cycles in a row with the very same readings, and how far they may be apart after all arithmetic, V. */
const FROZEN_V = 1e-6;
const FROZEN_CYCLES = 3;
/** A channel with less than this part of its level is lost. */
const LOST = 0.1;
/** A film that is wholly segregated has this much more green than its leak, as a factor. */
const GREEN_RISES = 3;
/** So many times the noise of a sound converter, over so many cycles. */
const NOISY = 5;
const NOISY_CYCLES = 11;

/** Logarithms of what a mixed film shows. */
export type Levels = Readonly<Record<LightChannelName, number>>;

export class Broken {
  private raw: readonly number[] | null = null;
  private frozen = 0;
  /** Green over its level, in the mean. */
  private green = 1;
  private readonly past: (readonly [number, number])[] = [];
  private readonly scatter: number[] = [];

  /** One cycle; `level`: natural logarithms of each channel when the film was mixed, V; null = not known. */
  take({ cycle, blind, darkV }: Look, level: Levels | null): boolean {
    if (blind === 'saturated' || blind === 'unreadable') return true;
    if (!cycle) return false;
    const { cold } = cycle;
    const raw = LIGHT_CHANNEL_NAMES.map((name) => cold[name] + darkV[name]);
    const same = Math.max(...raw) - Math.min(...raw) < SAME_V && Math.max(...raw) > SAME_V;
    this.frozen = this.raw?.every((volts, i) => Math.abs(volts - (raw[i] ?? 0)) < FROZEN_V) ? this.frozen + 1 : 0;
    this.raw = raw;
    const noisy = this.isNoisy(cold, cycle.restlessV);
    return same || this.frozen >= FROZEN_CYCLES || noisy || (level !== null && this.isLost(cycle, level));
  }

  /** One channel has gone and the others have not. */
  private isLost({ cold, greenDarkErrorV, restlessV }: Cycle, level: Levels): boolean {
    const share = (name: LightChannelName): number => cold[name] / Math.exp(level[name]);
    const gone = (name: LightChannelName): boolean => share(name) < LOST;
    this.green += (share('green') - this.green) / GREEN_CYCLES;
    if (gone('reference')) return !gone('red');
    if (gone('red')) return !gone('broadband') && share('green') < GREEN_RISES;
    // What leaks through the green filter is little: it must be seen that it is missing.
    const error = Math.hypot(NOISE_V, greenDarkErrorV, restlessV) / Math.sqrt(GREEN_CYCLES);
    return gone('broadband') || (Math.exp(level.green) > GREEN_ERRORS * error && this.green < GREEN_LOST);
  }

  /** By how far red and reference are from the line through the two cycles before, but for what a lamp that flickers adds. */
  private isNoisy({ red, reference, n }: Stretch, restlessV: number): boolean {
    if (!(red > 0 && reference > 0)) return false;
    this.past.push([Math.log(red), Math.log(reference)]);
    if (this.past.length > 3) this.past.shift();
    const [a, b, c] = this.past;
    if (!a || !b || !c) return false;
    const sigma = (volts: number): number =>
      Math.hypot((NOISE_V / volts + NOISE_SHARE) * Math.sqrt(6 / n), (Math.sqrt(6) * restlessV) / volts);
    const off = (channel: 0 | 1, volts: number): number =>
      Math.abs(c[channel] - 2 * b[channel] + a[channel]) / sigma(volts);
    // Of the two the calmer: the film may change while its excitation does not, and the other way round.
    this.scatter.push(Math.min(off(0, red), off(1, reference)));
    if (this.scatter.length > NOISY_CYCLES) this.scatter.shift();
    const median = [...this.scatter].sort((x, y) => x - y)[NOISY_CYCLES >> 1];
    return this.scatter.length >= NOISY_CYCLES && median !== undefined && median > NOISY * HALF_NORMAL_MIN;
  }
}

/** Median of the smaller of two half-normal values. */
const HALF_NORMAL_MIN = 0.38;

/** The green level must be so many standard errors, and its channel is lost below this part of it, in the mean of some cycles. */
const GREEN_ERRORS = 5;
const GREEN_LOST = 0.3;
const GREEN_CYCLES = 8;
