/** The light path before a scanner whose light, film and room the test writes. */
import { describe, expect, it } from 'vitest';
import { LightPath } from '../../../src/control/light/path.ts';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import { alarms, at, end, FULL_V, type Phase, play, type Shown, TICK_S } from '../../support/light-scene.ts';

const words = (shown: readonly Shown[]): string[] =>
  shown.map(({ verdict, sight }) => `${verdict} ${sight}`).filter((one, i, all) => one !== all[i - 1]);

describe('the light path', () => {
  it('verifies a mixed film within 30 s of pulses, and stays with that', () => {
    const shown = play({ forS: 300 });
    expect(words(shown)).toEqual(['CANNOT_SEE not-anchored', 'MIXED null']);
    expect(shown.find(({ verdict }) => verdict === 'MIXED')?.t).toBeLessThan(30);
    expect(end(shown)).toMatchObject({ anchored: true, segregated: expect.any(Number), darkV: expect.any(Number) });
    expect(end(shown).darkV).toBeCloseTo(0.002, 3);
  });

  it.each([4, 5, 7.3])(
    'looks at the last 0.4 s before a pulse every %d s, and at no other part of the rest',
    (periodS) => {
      // Segregated while it heats and in the first 0.3 s after, which no measurement may see, and at the very end of the rest.
      const share = (t: number, { high, sinceRise, untilRise }: Phase): number => {
        if (t < 60) return 0;
        if (untilRise <= 0.4 + 1e-6 || sinceRise < 1e-6) return 0.006;
        return high || sinceRise < 0.75 ? 0.3 : 0;
      };
      const shown = play({ forS: 120, periodS, share });
      const late = shown.filter(({ t }) => t > 80);
      // The mixed level takes a part of a small rise before its contrast tells it apart.
      for (const { segregated } of late) expect(Math.abs((segregated ?? 0) - 0.006)).toBeLessThan(0.0018);
      expect(alarms(shown)).toEqual([]);
      // One cycle a pulse.
      expect(Math.abs(end(shown).cycle - 120 / periodS)).toBeLessThanOrEqual(2);
    },
  );

  it.each([5, 4.1, 3.75, 7.3, 2.5, 1.5])(
    'places its dark frames every %d s in a pulse or mid rest, and loses no cold reading',
    (periodS) => {
      const shown = play({ forS: 200, periodS });
      const frames = shown.filter(({ dark, t }) => dark && t > 2 * periodS);
      expect(frames.length).toBeGreaterThan(20);
      expect(frames.length * TICK_S).toBeLessThan(0.015 * 200);
      for (const { t, phase } of frames) {
        const { high, sinceRise, untilRise } = phase;
        expect(high || sinceRise - 0.5 > 1.1, `${t} ${sinceRise}`).toBe(true);
        // It ends a tick later, before the cold part begins.
        expect(untilRise, `${t}`).toBeGreaterThan(0.4 + TICK_S);
      }
    },
  );

  it.each([
    ['darkFrames off', { 'pl.darkFrames': 'off' }],
    ['a light that is switched by hand', { 'light.drive': 'none' }],
  ] as const)('takes no light away with %s', (_what, settings) => {
    expect(play({ forS: 60, settings }).filter(({ dark }) => dark)).toEqual([]);
  });

  it('raises no alarm for a lamp that is switched on and off, whenever that is', () => {
    for (let phase = 0; phase < 5; phase += 0.15) {
      const [on, off] = [60 + phase, 100 + phase];
      const shown = play({ forS: 150, roomV: (t) => (t >= on && t < off ? 0.1 : 0.002) });
      expect(
        alarms(shown).map(({ t }) => t),
        `lamp from ${on} to ${off} s`,
      ).toEqual([]);
      expect(end(shown).verdict, `lamp from ${on} to ${off} s`).toBe('MIXED');
    }
  });

  it('knows a film that was segregated before by its first cycles, where the leak was commissioned', () => {
    // Pulses that take nothing of it away would verify it as a leak.
    const first = (settings: Partial<Settings>): Shown | undefined =>
      alarms(play({ forS: 30, share: () => 0.03, settings }))[0];
    expect(first({})).toBeUndefined();
    expect(first({ 'pl.leakMost': 0.007 })?.t).toBeLessThan(11);
    // A mixed film is mixed by either.
    expect(end(play({ forS: 60, settings: { 'pl.leakMost': 0.007 } })).verdict).toBe('MIXED');
  });

  it('is not misled by a lamp that swells and fades, whose frames tell green first', () => {
    // Red was dark last while the lamp was bright: its level is 0.5 V too high for many seconds.
    for (let from = 100; from < 107; from += 0.9) {
      const roomV = (t: number): number => 0.002 + 0.5 * Math.max(0, Math.min(1, (t - from) / 10, (from + 19 - t) / 9));
      const shown = play({ forS: 220, periodS: 6.9, roomV });
      const seen = shown.filter(({ t, segregated }) => t > from && segregated !== null);
      for (const { t, segregated, error } of seen)
        expect(segregated ?? 1, `lamp from ${from} s, at ${t} s`).toBeLessThan(Math.max(5e-4, 3 * (error ?? 0)));
      const unseen = shown.filter(({ t, verdict }) => t > from + 19 && verdict === 'CANNOT_SEE');
      expect(unseen.length * TICK_S, `lamp from ${from} s`).toBeLessThan(25);
      expect(alarms(shown)).toEqual([]);
      expect(end(shown).verdict).toBe('MIXED');
    }
  });

  it('sees a film that segregates although a lamp was switched on', () => {
    const share = (t: number): number => (t < 80 ? 0 : Math.min(0.4, 0.01 * (t - 80)));
    const shown = play({ forS: 130, share, roomV: (t) => (t >= 79 ? 0.1 : 0.002) });
    expect(alarms(shown)[0]?.t).toBeLessThan(96);
    expect(end(shown)).toMatchObject({ verdict: 'SEGREGATED' });
    expect(end(shown).segregated).toBeCloseTo(0.4, 1);
  });

  it.each([
    ['saturated', { seen: (t: number, c: string, v: number) => (t > 60 && c === 'red' ? FULL_V : v) }],
    ['unreadable', { silent: (t: number) => t > 60 }],
    ['no-excitation', { seen: (t: number, c: string, v: number) => (t > 60 && c === 'reference' ? 0.004 : v) }],
    ['little-light', { seen: (t: number, c: string, v: number) => (t > 60 && c !== 'reference' ? 0.004 : v) }],
  ] as const)('says %s within a few seconds, and never MIXED from then on', (sight, more) => {
    const shown = play({ forS: 120, ...more });
    expect(shown.find(({ t }) => t >= 60)?.verdict).toBe('MIXED');
    expect(shown.find((one) => one.sight === sight)?.t).toBeLessThan(66);
    const late = shown.filter(({ t }) => t > 66);
    expect(words(late)).toEqual([`CANNOT_SEE ${sight}`]);
    expect(late.every(({ segregated, error }) => segregated === null && error === null)).toBe(true);
  });

  it('does not go on calling a film mixed of which one channel is not read any more', () => {
    const shown = play({ forS: 120, missing: (t, channel) => t > 60 && channel === 'red' });
    expect(shown.find(({ t }) => t >= 60)?.verdict).toBe('MIXED');
    expect(shown.filter(({ t, verdict }) => t > 78 && verdict === 'MIXED')).toEqual([]);
    expect(words(shown).at(-1)).toBe('CANNOT_SEE unreadable');
  });

  it('says that no photodiode sees a film that shifts to red', () => {
    const shown = play({ forS: 60, settings: { 'pl.risingBand': 'red' } });
    expect(words(shown).at(-1)).toBe('CANNOT_SEE no-band');
    expect(shown.some(({ verdict }) => verdict === 'MIXED')).toBe(false);
  });

  it('says that the green photodiode does not answer', () => {
    const shown = play({ forS: 60, seen: (_t, c, v) => (c === 'green' ? 0.002 : v) });
    expect(words(shown).at(-1)).toBe('CANNOT_SEE no-signal');
    expect(shown.some(({ verdict }) => verdict === 'MIXED')).toBe(false);
  });

  it('forgets what it has read when the light changes, whenever that is', () => {
    for (let phase = 0; phase < 5; phase += 0.15) {
      const then = 60 + phase;
      const shown = play({ forS: 90, light: (t) => (t < then ? 1 : 0.3) });
      expect(
        alarms(shown).map(({ t }) => t),
        `light changed at ${then} s`,
      ).toEqual([]);
      const first = shown.find(({ t }) => t >= then);
      expect(first).toMatchObject({ verdict: 'CANNOT_SEE', segregated: null, anchored: false });
      expect(end(shown).verdict, `light changed at ${then} s`).toBe('MIXED');
    }
  });

  it('is dark while the light is off, and sees again one cycle after it comes on', () => {
    const shown = play({ forS: 120, light: (t) => (t >= 60 && t < 80 ? 0 : 1) });
    expect(words(shown.filter(({ t }) => t > 60 && t < 80))).toEqual(['DARK null']);
    expect(words(shown.filter(({ t }) => t >= 80))).toEqual(['CANNOT_SEE not-anchored', 'MIXED null']);
    expect(shown.find(({ t, verdict }) => t >= 80 && verdict === 'MIXED')?.t).toBeLessThan(90.1);
  });

  it.each([
    ['no pulses', { announced: false, come: false }],
    ['pulses too fast for a cold film', { periodS: 1, onS: 0.2 }],
  ])('goes by cycles of 5 s where there are %s, and calls nothing mixed', (_what, more) => {
    const shown = play({ forS: 120, ...more });
    const changes = shown.filter(({ cycle }, i) => cycle !== (shown[i - 1]?.cycle ?? 0)).map(({ t }) => t);
    expect(changes.length).toBeGreaterThanOrEqual(22);
    for (const [i, t] of changes.entries()) if (i > 0) expect(t - (changes[i - 1] ?? 0)).toBeCloseTo(5, 0);
    expect(shown.some(({ verdict }) => verdict === 'MIXED')).toBe(false);
    expect(words(shown).at(-1)).toBe('CANNOT_SEE weak-pulses');
  });

  it('raises the alarm without any pulse, too', () => {
    const share = (t: number): number => (t < 60 ? 0 : 0.005 * (t - 60));
    const shown = play({ forS: 90, announced: false, come: false, share });
    expect(alarms(shown)[0]?.t).toBeLessThan(72);
    expect(end(shown).segregated).toBeGreaterThan(0.1);
  });

  it('has verified nothing of the next film when a run begins', () => {
    const path = new LightPath(defaultSettings(), at(0));
    path.start();
    expect(path.view).toMatchObject({ verdict: 'DARK', anchored: false, segregated: null });
  });

  // The name is that of the room, and nothing in the room changes.
  it('calls light of 3 % little, and not the room’s', () => {
    const shown = play({ forS: 200, light: (t) => (t < 60 ? 1 : 0.03) });
    expect(words(shown.filter(({ t }) => t > 100)).filter((one) => one.includes('room-light'))).toEqual([]);
  });

  // Announced pulses that are held back close no cycle, so a recovery is not seen.
  it('goes by cycles of 5 s where announced pulses do not come', () => {
    expect(end(play({ forS: 120, come: false })).cycle).toBeGreaterThan(15);
  });
});
