/** The light path in rooms whose light swells, fades, and swings, with films that are mixed and films that are not. */
import { describe, expect, it } from 'vitest';
import { alarms, end, type Phase, play, type Script, TICK_S } from '../../support/light-scene.ts';

const SEEDS = Array.from({ length: 12 }, (_, i) => i + 1);
/** A room whose light swings once by `volts` from second `from` on, within `spanS`. */
const swing =
  (volts: number, from: number, spanS: number) =>
  (t: number): number =>
    0.002 + (t < from || t > from + spanS ? 0 : volts * (0.5 - 0.5 * Math.cos((2 * Math.PI * (t - from)) / spanS)));
/** A film with the share `s` that its pulses take a part of, and that comes again in the rest. */
const segregated =
  (s: number) =>
  (_t: number, { high, sinceRise }: Phase): number =>
    high ? 0.8 * s : s * (0.7 + 0.3 * Math.min(1, sinceRise / 4));
const unseenS = (script: Script): number =>
  play(script).filter(({ t, verdict }) => t > 40 && verdict === 'CANNOT_SEE').length * TICK_S;

describe('a mixed film', () => {
  it.each([
    ['15 % of light in a quiet room', () => 0.002, true],
    [
      '15 % of light under a lamp that flickers',
      (t: number) => 0.052 + 0.005 * Math.sin(2 * Math.PI * 99.7 * t),
      false,
    ],
  ])('in %s raises no alarm, with any noise', (_what, roomV, isSeen) => {
    for (const seed of SEEDS) {
      const shown = play({ forS: 120, light: () => 0.15, roomV, seed });
      expect(alarms(shown), `seed ${seed}`).toEqual([]);
      if (isSeen) expect(end(shown).verdict, `seed ${seed}`).toBe('MIXED');
    }
  });

  it('raises no alarm when the light falls to 3 %', () => {
    for (const seed of SEEDS.slice(0, 6))
      expect(alarms(play({ forS: 160, light: (t) => (t < 60 ? 1 : 0.03), seed })), `seed ${seed}`).toEqual([]);
  });

  it('is seen again soon after a lamp has faded for two minutes', () => {
    const fade = (volts: number) => (t: number) => 0.002 + volts * Math.max(0, Math.min(1, (220 - t) / 120));
    for (const volts of [0.5, 1]) expect(unseenS({ forS: 300, roomV: fade(volts) }), `${volts} V`).toBeLessThan(60);
  });
});

describe('a film that is segregated', () => {
  it.each([5, 6.9])('by 3 or 5 % is never called mixed in a room that swings, with pulses every %d s', (periodS) => {
    for (const s of [0.03, 0.05])
      for (const volts of [0.1, 0.5])
        for (const spanS of [20, 60, 180])
          for (const from of [30, 100.9]) {
            const shown = play({ forS: 260, periodS, share: segregated(s), roomV: swing(volts, from, spanS) });
            const wrong = shown.filter(({ verdict }) => verdict === 'MIXED');
            expect(wrong.length, `${s}, ${volts} V, ${spanS} s from ${from} s`).toBe(0);
          }
  });

  it('is called so within 30 s of 2 %, also while a lamp comes on little by little', () => {
    const lamp = (t: number): number => 0.002 + 0.5 * Math.max(0, Math.min(1, (t - 100) / 5));
    for (const periodS of [1.5, 5]) {
      const shown = play({ forS: 200, periodS, onS: 0.4, share: (t) => Math.max(0, 0.0015 * (t - 100)), roomV: lamp });
      // 2 % are there at 113.3 s.
      expect(alarms(shown)[0]?.t, `every ${periodS} s`).toBeLessThan(144);
    }
  });
});

it('a channel that is not converted any more keeps no other one from its dark frames', () => {
  const missing = (t: number, channel: string): boolean => t > 90 && channel === 'broadband';
  const roomV = (t: number): number => (t < 95 ? 0.002 : 0.1);
  const shown = play({ forS: 200, missing, roomV });
  const frames = (from: number, to: number): number => shown.filter(({ t, dark }) => t > from && t < to && dark).length;
  expect(frames(140, 200)).toBeGreaterThan(10);
});

describe('constant current', () => {
  it('costs a film that segregates no more light than any other', () => {
    const darkOf = (script: Script): number => {
      const shown = play({ ...script, forS: 140, announced: false, come: false });
      const late = shown.filter(({ t }) => t > 60);
      return late.filter(({ dark }) => dark).length / late.length;
    };
    expect(darkOf({ forS: 0, share: (t) => Math.max(0, Math.min(0.6, 0.001 * (t - 55))) })).toBeLessThan(0.03);
    expect(darkOf({ forS: 0, share: (t) => Math.max(0, Math.min(0.6, 0.01 * (t - 55))) })).toBeLessThan(0.03);
  });
});
