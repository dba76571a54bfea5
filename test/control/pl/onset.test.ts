import { describe, expect, it } from 'vitest';
import { guard, ONSET_IDLE, type OnsetState, release, stepOnset } from '../../../src/control/pl/onset.ts';
import type { Wanted } from '../../../src/control/wanted.ts';
import { Prng } from '../../../src/twin/prng.ts';
import { after, atSeconds, instant, millis, seconds, secondsOf } from '../../../src/units.ts';

const PULSE: Wanted = { onUs: millis(500), periodUs: seconds(5), startUs: instant(0) };

/** Plays `cycles` of 5 s at 20 ticks a second; `green(s)` is the green photodiode, V. */
function play(
  state: OnsetState,
  fromS: number,
  cycles: number,
  green: (s: number) => number,
  {
    wanted = PULSE,
    light = 1,
    reference = 2,
    red = 2,
    full = 3.3,
  }: { wanted?: Wanted; light?: number; reference?: number; red?: number; full?: number } = {},
): OnsetState {
  let now = atSeconds(fromS);
  let next = state;
  for (; now < (fromS + 5 * cycles) * 1e6; now = after(now, millis(50))) {
    const pl = { green: green(secondsOf(now)), red, reference, full };
    next = stepOnset(next, 'green', { pl, light, wanted }, now);
  }
  return next;
}
const noise = new Prng(1, 7);
const calm = (): number => 0.002 + 0.0002 * noise.normal();

describe('the photoluminescence of a trial', () => {
  it('raises no alarm while nothing changes, however long', () => {
    const before = play(ONSET_IDLE, 0, 12, calm);
    expect(play(guard(before), 60, 2000, calm)).toMatchObject({ alarm: false });
  });

  it('raises the alarm within two cycles of a clear rise, and not without a guard', () => {
    const before = play(ONSET_IDLE, 0, 12, calm);
    const risen = (s: number): number => (s < 100 ? calm() : 0.03);
    expect(play(guard(before), 60, 8, risen).alarm).toBe(false);
    expect(play(guard(before), 60, 10.1, risen).alarm).toBe(true);
    expect(play(before, 60, 40, risen)).toMatchObject({ alarm: false, g: 0 });
    expect(release(play(guard(before), 60, 10.1, risen))).toMatchObject({ alarm: false, guarding: false });
  });

  it('is not deceived by a level that follows: a slow rise raises the alarm, too', () => {
    const before = play(ONSET_IDLE, 0, 12, calm);
    expect(play(guard(before), 60, 120, (s) => calm() + (s - 60) * 5e-5).alarm).toBe(true);
  });

  it('is compared with nothing when less light comes from the lamp itself', () => {
    const before = play(ONSET_IDLE, 0, 12, () => 0.05);
    const dimmed = play(guard(before), 60, 40, () => 0.025, { reference: 1, red: 1 });
    expect(dimmed.alarm).toBe(false);
  });

  it('is read at the end of the rest, where the film is cold: what the pulse does to it counts nothing', () => {
    const flashing = (s: number): number => (s % 5 < 3 ? 1 : calm());
    const before = play(ONSET_IDLE, 0, 12, calm);
    expect(play(guard(before), 60, 40, flashing)).toMatchObject({ alarm: false });
  });

  it('tells nothing in the dark or without a reference, and starts anew after it', () => {
    const before = play(ONSET_IDLE, 0, 12, calm);
    expect(play(guard(before), 60, 20, () => 1, { reference: 0.001 })).toMatchObject({ alarm: false, g: 0 });
    const dark = play(before, 60, 2, () => 1, { light: 0 });
    expect(dark.levels).toEqual([]);
    expect(play(guard(dark), 70, 20, () => 1)).toMatchObject({ alarm: false });
  });

  it.each(['green', 'red', 'reference'] as const)('learns nothing and raises no alarm where %s is at its end', (of) => {
    const before = play(ONSET_IDLE, 0, 12, calm);
    // One reading of the cold ones in each cycle is saturated; the band itself has risen far enough for an alarm.
    const railed = (s: number): boolean => s > 62 && s % 5 > 4.7 && s % 5 < 4.8;
    let next = guard(before);
    for (let now = atSeconds(60); now < 260e6; now = after(now, millis(50))) {
      const pl = { green: 0.03, red: 2, reference: 2, full: 3.3 };
      if (railed(secondsOf(now))) pl[of] = 3.27;
      next = stepOnset(next, 'green', { pl, light: 1, wanted: PULSE }, now);
    }
    expect(next.levels.slice(0, before.levels.length)).toEqual(before.levels);
    expect(next.levels.length).toBeLessThanOrEqual(before.levels.length + 1);
    expect(next).toMatchObject({ alarm: false, g: 0 });
    expect(play(next, 260, 3, () => 0.03).alarm).toBe(true);
  });

  it('has cycles of 5 s where there are no pulses', () => {
    const before = play(ONSET_IDLE, 0, 4, calm, { wanted: null });
    expect(before.levels).toHaveLength(3);
    const dc: Wanted = { onUs: seconds(1), periodUs: seconds(1), startUs: instant(0) };
    expect(play(guard(before), 20, 4, () => 0.1, { wanted: dc }).alarm).toBe(true);
  });

  it('is compared with nothing from another light, brighter or dimmer, nor with a level from before the dark', () => {
    const before = play(ONSET_IDLE, 0, 12, calm);
    for (const light of [0.3, 2]) {
      const changed = play(guard(before), 60, 40, () => 0.01, { light });
      expect(changed).toMatchObject({ alarm: false, guarding: true });
      expect(play(changed, 260, 10, () => 0.05, { light }).alarm).toBe(true);
    }
    const segregated = guard(play(ONSET_IDLE, 0, 12, () => 0.5));
    const dark = play(segregated, 60, 2, calm, { light: 0 });
    expect(play(dark, 70, 20, (s) => (s < 90 ? calm() : 0.05)).alarm).toBe(true);
  });

  it('survives a reading that is no number', () => {
    const before = play(ONSET_IDLE, 0, 12, calm);
    const broken = play(guard(before), 60, 2, () => Number.NaN);
    expect(play(broken, 70, 10, () => 0.05).alarm).toBe(true);
  });
});
