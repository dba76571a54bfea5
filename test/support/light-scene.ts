/** The light path before a scanner whose light, film and room a test writes. */
import type { Scan } from '../../src/control/light/input.ts';
import { LightPath } from '../../src/control/light/path.ts';
import { eachChannel, LIGHT_CHANNEL_NAMES, type LightChannelName } from '../../src/params/channels.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { type VerdictView, verdictRow } from '../../src/params/verdict.ts';
import { Prng } from '../../src/twin/prng.ts';
import { celsius, type Instant, instant, millis, ratio, type Span, volts } from '../../src/units.ts';

export const TICK_S = 0.05;
export const NOISE_V = 2e-4;
export const FULL_V = 3.3;
/** The film’s light: red where all is mixed, what leaks of it, and K of the settings. */
export const RED_V = 2;
export const LEAK = 0.004;
export const K = defaultSettings()['pl.segregatedRatio'];

/** Where in a cycle an instant lies: s after the rise, and s until the next. */
export interface Phase {
  readonly sinceRise: number;
  readonly untilRise: number;
  readonly high: boolean;
}

export interface Script {
  readonly forS: number;
  readonly periodS?: number;
  readonly onS?: number;
  /** Whether pulses are announced, and whether they come. */
  readonly announced?: boolean;
  readonly come?: boolean;
  readonly share?: (t: number, phase: Phase) => number;
  readonly roomV?: (t: number) => number;
  readonly light?: (t: number) => number;
  /** What differs from that of a sound bench, V. */
  readonly seen?: (t: number, channel: LightChannelName, v: number) => number;
  readonly silent?: (t: number) => boolean;
  /** A channel that is not converted. */
  readonly missing?: (t: number, channel: LightChannelName) => boolean;
  readonly settings?: Partial<Settings>;
  /** Of the noise. */
  readonly seed?: number;
}

export interface Shown extends VerdictView {
  readonly t: number;
  /** Whether this tick’s frame takes the light away until the next. */
  readonly dark: boolean;
  readonly phase: Phase;
}

export const at = (t: number): Instant => instant(Math.round(1e6 * t));

export function play(script: Script): Shown[] {
  const { forS, periodS = 5, onS = 0.5, announced = true, come = true } = script;
  const {
    share = () => 0,
    roomV = () => 0.002,
    light = () => 1,
    seen = (_t, _c, v) => v,
    silent = () => false,
    missing = () => false,
  } = script;
  const noise = new Prng(script.seed ?? 5, 1);
  const path = new LightPath({ ...defaultSettings(), ...script.settings }, at(0));
  const last = eachChannel(() => roomV(0));
  const takenAt = eachChannel(() => at(-1));
  const out: Shown[] = [];
  let dark = true;
  let before = 0;
  for (let i = 1; i * TICK_S <= forS; i += 1) {
    const t = Number((i * TICK_S).toFixed(3));
    const pulse = Math.floor(t / periodS + 1e-9);
    const sinceRise = t - pulse * periodS;
    const high = come && pulse > 0 && sinceRise < onS;
    const phase = { sinceRise, untilRise: periodS - sinceRise, high };
    // Converted in the light that the tick before has set.
    const channel = LIGHT_CHANNEL_NAMES[i % 4] ?? 'green';
    const s = share(t, phase);
    const lit = dark ? 0 : before;
    const film = {
      green: lit * RED_V * (LEAK * (1 - s) + K * s),
      red: lit * RED_V * (1 - s),
      broadband: lit * RED_V * (1 - 0.3 * s),
      reference: lit * 0.5,
    };
    if (!missing(t, channel)) {
      last[channel] = seen(t, channel, film[channel] + roomV(t) + NOISE_V * noise.normal());
      takenAt[channel] = at(t);
    }
    const scan: Scan = { ...eachChannel((name) => volts(last[name])), full: volts(FULL_V), takenAt: { ...takenAt } };
    const level = light(t);
    const rise = pulse > 0 && come ? at(pulse * periodS) : at(-100);
    const fell = high ? (pulse - 1) * periodS + onS : pulse * periodS + onS;
    const sinceFall = high || pulse === 0 ? 99 : sinceRise - onS;
    dark = path.step(
      {
        scan: silent(t) ? null : scan,
        light: ratio(level),
        filmC: celsius(24 + 1.6 * (come ? Math.exp(-sinceFall / 3.3) : 0)),
        byModel: true,
        gateHigh: high,
        lastRiseUs: rise,
        lastFallUs: come && fell > onS ? at(fell) : at(-100),
        pulses: announced ? { nextUs: at((pulse + 1) * periodS), periodUs: millis(1000 * periodS) as Span } : null,
      },
      at(t),
    );
    path.lit(level > 0 && !dark, at(t));
    before = level;
    out.push({ t, dark, phase, ...path.view });
    dark ||= level === 0;
  }
  return out;
}

export const alarms = (shown: readonly Shown[]): Shown[] => shown.filter(({ verdict }) => verdictRow(verdict).alarming);
export const end = (shown: readonly Shown[]): Shown => {
  const last = shown.at(-1);
  if (!last) throw new Error('nothing was played');
  return last;
};
