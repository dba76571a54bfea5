import { describe, expect, it } from 'vitest';
import { DarkLevels } from '../../../src/control/light/dark.ts';
import { LIGHT_CHANNEL_NAMES } from '../../../src/params/channels.ts';
import { Prng } from '../../../src/twin/prng.ts';
import { after, type Instant, instant, millis, seconds, since } from '../../../src/units.ts';

const TICK = millis(50);
const noise = new Prng(3, 1);

/** A scanner of four channels plays `forS` with frames where they are wanted; `roomV` at an instant; `filmV` is seen in the light. */
function play(
  dark: DarkLevels,
  forS: number,
  roomV: (at: Instant) => number,
  from = instant(0),
  filmV: number | null = null,
  urgent: (at: Instant) => boolean = () => false,
): Instant[] {
  const frames: Instant[] = [];
  let isDark = false;
  for (let now = from; since(now, from) < seconds(forS); now = after(now, TICK)) {
    const channel = LIGHT_CHANNEL_NAMES[Math.round(now / TICK) % 4] ?? 'green';
    // What the tick before started was converted in its own light.
    dark.saw(channel, now);
    if (isDark) dark.take(channel, now, roomV(now) + 2e-4 * noise.normal());
    else if (channel === 'green' && filmV !== null) dark.lit(now, filmV + roomV(now));
    isDark = dark.wantsFrame(now, TICK, urgent(now));
    if (isDark) frames.push(now);
  }
  return frames;
}

describe('dark frames', () => {
  it('take no more than 2 % of the light, and find every channel', () => {
    const dark = new DarkLevels();
    const frames = play(dark, 120, () => 0.02);
    expect(frames.length * 0.05).toBeLessThanOrEqual(0.02 * 120);
    expect(frames.length).toBeGreaterThan(30);
    for (const name of LIGHT_CHANNEL_NAMES) expect(dark.volts[name]).toBeCloseTo(0.02, 3);
  });

  it('measure every channel also where a restless room wants the green one all the time', () => {
    const dark = new DarkLevels();
    const frames = play(
      dark,
      300,
      () => 0.02,
      instant(0),
      null,
      (at) => at % 2e6 < 0.2e6,
    );
    for (const name of LIGHT_CHANNEL_NAMES) {
      expect(dark.measuredAt(name), name).toBeGreaterThan(190e6);
      expect(dark.volts[name]).toBeCloseTo(0.02, 3);
    }
    expect(frames.length * 0.05).toBeLessThan(0.035 * 300);
  });

  it('know nothing before the first', () => {
    const dark = new DarkLevels();
    expect(dark.isKnown).toBe(false);
    expect(dark.errorV('green')).toBeGreaterThan(1e-3);
  });

  it('take a lamp that is switched on at once, and say when', () => {
    const dark = new DarkLevels();
    play(dark, 60, () => 0.002);
    const before = dark.jumpedAt;
    play(dark, 9, () => 0.1, instant(60e6));
    expect(dark.volts.green).toBeCloseTo(0.1, 2);
    expect(dark.jumpedAt).toBeGreaterThan(before);
    // It may flicker; that is only known after a while.
    expect(dark.errorV('green')).toBeGreaterThan(2e-3);
    play(dark, 400, () => 0.1, instant(69e6));
    expect(dark.errorV('green')).toBeLessThan(1e-3);
    expect(dark.isRestless).toBe(false);
  });

  it('know from neighbouring readings in the light what of a slow flicker is left beside a frame', () => {
    const flicker = (at: Instant): number => 0.1 + 0.02 * Math.sin((2 * Math.PI * at) / 15e6);
    const [alone, beside] = [new DarkLevels(), new DarkLevels()];
    play(alone, 120, flicker);
    play(beside, 120, flicker, instant(0), 0.01);
    expect(alone.isRestless && beside.isRestless).toBe(true);
    expect(alone.errorV('green')).toBeGreaterThan(5e-3);
    // Its steepest change within 0.35 s is 2.9 mV, on average over its phases 2.1 mV.
    expect(beside.errorV('green')).toBeGreaterThan(1e-3);
    expect(beside.errorV('green')).toBeLessThan(3.5e-3);
  });

  it('believe a room that begins to get lighter, also where it was quiet for long', () => {
    const dark = new DarkLevels();
    play(dark, 300, () => 0.002);
    const dawn = (at: Instant): number => 0.002 + Math.max(0, (at - 300e6) / 1e6) * 3e-4;
    play(dark, 20, dawn, instant(300e6));
    // 6 mV in 20 s: the level may lag by what it gains between two frames.
    expect(Math.abs(dark.at('green', instant(320e6)) - 0.008)).toBeLessThan(1.5e-3);
  });

  it('forget a lamp that was switched off with its flicker', () => {
    const dark = new DarkLevels();
    let turns = 0;
    play(dark, 200, () => 0.3 + 0.05 * Math.sin(++turns));
    expect(dark.isRestless).toBe(true);
    play(dark, 60, () => 0.001, instant(200e6));
    expect(dark.isRestless).toBe(false);
    expect(dark.errorV('green')).toBeLessThan(1e-3);
  });

  it('are less sure of a light that goes on changing', () => {
    const dark = new DarkLevels();
    play(dark, 60, (at) => 0.002 + at * 1e-9 * 5);
    expect(dark.errorV('green')).toBeGreaterThan(2e-3);
  });
});
