import { describe, expect, it } from 'vitest';
import type { EventBody } from '../../src/params/events.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { SIGHTS } from '../../src/params/verdict.ts';
import { LightWatch } from '../../src/runtime/light-watch.ts';
import { atSeconds, instant, ratio } from '../../src/units.ts';

const NOTHING = {
  scan: null,
  filmC: null,
  byModel: false,
  gate: { high: false, lastRiseUs: instant(-1), lastFallUs: instant(-1) },
  wanted: null,
};

/** A light that counts what it is told, before a converter that never answers. */
function watched() {
  const sets: number[] = [];
  const events: EventBody[] = [];
  const watch = new LightWatch(
    { set: (level) => void sets.push(level) },
    defaultSettings(),
    (body) => void events.push(body),
    atSeconds(0),
  );
  const play = (fromS: number, toS: number, level: number): void => {
    for (let t = fromS; t < toS; t += 0.05) watch.set(ratio(level), NOTHING, atSeconds(t));
  };
  return { sets, events, watch, play };
}

describe('the light and its watch', () => {
  it('begin dark, and set the light anew at every tick', () => {
    const { sets, play, watch } = watched();
    expect(sets).toEqual([0]);
    play(0.05, 1.01, 0.4);
    expect(sets).toHaveLength(21);
    expect(new Set(sets.slice(1))).toEqual(new Set([0.4]));
    expect(watch.level).toBe(0.4);
    play(1.05, 2.01, 0);
    expect(new Set(sets.slice(21))).toEqual(new Set([0]));
  });

  it('tell each change of the verdict or of its reason once, with the reason in words', () => {
    const { events, play, watch } = watched();
    play(0.05, 60, 1);
    play(60, 90, 0);
    const verdicts = events.filter((event) => event.kind === 'verdict');
    expect(verdicts.map(({ from, to, sight }) => [from, to, sight])).toEqual([
      ['DARK', 'CANNOT_SEE', 'unreadable'],
      ['CANNOT_SEE', 'DARK', null],
    ]);
    expect(verdicts[0]).toMatchObject({ text: SIGHTS.unreadable, segregated: null });
    expect(events.filter((event) => event.kind === 'cause').map(({ from, to }) => [from, to])).toEqual([
      ['unknown', 'sensor'],
    ]);
    expect(watch.view.cause.name).toBe('sensor');
    expect(watch.view.since).toBeCloseTo(atSeconds(60), -5);
  });
});
