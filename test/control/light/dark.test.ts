import { describe, expect, it } from 'vitest';
import { DarkLevels } from '../../../src/control/light/dark.ts';
import { LIGHT_CHANNEL_NAMES } from '../../../src/params/channels.ts';
import { Prng } from '../../../src/twin/prng.ts';
import { after, type Instant, instant, millis, seconds, since } from '../../../src/units.ts';

const TICK = millis(50);
const noise = new Prng(3, 1);

/** A scanner of four channels plays `forS` with frames where they are wanted; `roomV` at an instant. */
function play(dark: DarkLevels, forS: number, roomV: (at: Instant) => number, from = instant(0)): Instant[] {
  const frames: Instant[] = [];
  let isDark = false;
  for (let now = from; since(now, from) < seconds(forS); now = after(now, TICK)) {
    const channel = LIGHT_CHANNEL_NAMES[Math.round(now / TICK) % 4] ?? 'green';
    // What the tick before started was converted in its own light.
    dark.saw(channel, now);
    if (isDark) dark.take(channel, now, roomV(now) + 2e-4 * noise.normal());
    isDark = dark.wantsFrame(now, TICK, false);
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

  it('are less sure of a light that goes on changing', () => {
    const dark = new DarkLevels();
    play(dark, 60, (at) => 0.002 + at * 1e-9 * 5);
    expect(dark.errorV('green')).toBeGreaterThan(2e-3);
  });
});
