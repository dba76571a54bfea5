import { describe, expect, it } from 'vitest';
import { ALARMS_QUIET, type AlarmState, holdAlarms, stepAlarms } from '../../src/control/alarms.ts';
import type { AlarmName } from '../../src/params/alarms.ts';
import type { Mode } from '../../src/params/modes.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import type { Sight, Verdict } from '../../src/params/verdict.ts';
import {
  after,
  type Celsius,
  type Instant,
  instant,
  micros,
  millis,
  plus,
  ratio,
  seconds,
  times,
} from '../../src/units.ts';

const TICK = millis(50);

interface Scene {
  readonly mode?: Mode;
  readonly setpointC?: number;
  readonly periodS?: number;
  /** Share of the time that the heater is on. */
  readonly duty?: number;
  /** °C at a number of seconds; null for no reading. */
  readonly film: (s: number) => number | null;
  /** What the light says at a number of seconds. */
  readonly light?: (s: number) => Verdict;
  readonly why?: Sight | null;
  readonly excitation?: number;
  readonly forS: number;
}

/** An armed run under alarms, with what came on and went off: `[s, '+high']`. */
class Run {
  state: AlarmState = ALARMS_QUIET;
  readonly heard: [number, string][] = [];
  private now = instant(7e6);
  private heatedUs = micros(0);
  private s = 0;
  private sight: { verdict: Verdict; sight: Sight | null; since: Instant } = {
    verdict: 'DARK',
    sight: null,
    since: instant(0),
  };

  constructor(private settings: Partial<Settings>) {}

  set(settings: Partial<Settings>): void {
    this.settings = { ...this.settings, ...settings };
  }

  play({
    mode = 'pulse',
    setpointC = 30,
    periodS = 5,
    duty = 0.1,
    film,
    light = () => 'DARK',
    why = null,
    excitation = 1,
    forS,
  }: Scene): this {
    const settings = { ...defaultSettings(), ...this.settings };
    const order = { mode, setpointC, periodUs: seconds(periodS) };
    for (const until = this.s + forS; this.s < until - 1e-9; this.s = Number((this.s + 0.05).toFixed(2))) {
      const { active } = this.state;
      const filmC = film(this.s) as Celsius | null;
      const verdict = light(this.s);
      if (verdict !== this.sight.verdict) this.sight = { verdict, sight: why, since: this.now };
      const { heatedUs, sight } = this;
      this.state = stepAlarms(
        this.state,
        settings,
        { filmC, order, heatedUs, light: { level: ratio(excitation), view: sight } },
        this.now,
      );
      for (const name of this.state.active) if (!active.includes(name)) this.heard.push([this.s, `+${name}`]);
      for (const name of active) if (!this.state.active.includes(name)) this.heard.push([this.s, `-${name}`]);
      this.now = after(this.now, TICK);
      this.heatedUs = plus(this.heatedUs, times(TICK, duty));
    }
    return this;
  }

  pause(): void {
    this.state = holdAlarms(this.state);
    this.now = after(this.now, seconds(8));
  }
}

const under = (name: AlarmName, more: Partial<Settings> = {}): Run =>
  new Run({ [`alarm.${name}Action`]: 'warn', ...more });
const steady = (c: number) => () => c;
/** Verdicts, each from its second on. */
const course =
  (...steps: readonly [number, Verdict][]) =>
  (s: number): Verdict =>
    steps.findLast(([from]) => s >= from)?.[1] ?? 'DARK';
const words = ({ heard }: Run): string[] => heard.map(([, word]) => word);
const timeOf = ({ heard }: Run, word: string): number => heard.find(([, one]) => one === word)?.[0] ?? Number.NaN;
/** Noise that is the same each time, peak to peak 2. */
const noise = (s: number): number => Math.sin(s * 1237.7) * Math.sin(s * 311.3 + 1);

describe('every alarm', () => {
  it('is off by default, whatever happens to the film', () => {
    const run = new Run({}).play({ film: (s) => 20 + 20 * Math.sin(s), forS: 60 });
    expect(run.state).toBe(ALARMS_QUIET);
  });

  it('that is switched off while it is on goes off', () => {
    const run = under('high').play({ film: steady(36), forS: 1 });
    run.set({ 'alarm.highAction': 'off' });
    run.play({ film: steady(36), forS: 1 });
    expect(words(run)).toEqual(['+high', '-high']);
  });

  it('concludes nothing without a reading', () => {
    const run = under('high')
      .play({ film: steady(36), forS: 1 })
      .play({ film: () => null, forS: 10 });
    expect(words(run)).toEqual(['+high']);
    expect(words(under('low').play({ film: () => null, forS: 10 }))).toEqual([]);
  });

  it('that is on stays on in a pause', () => {
    const run = under('high').play({ film: steady(36), forS: 1 });
    run.pause();
    expect(run.state.active).toEqual(['high']);
    run.play({ film: steady(36), forS: 1 });
    expect(words(run)).toEqual(['+high']);
  });
});

describe('the high alarm', () => {
  it('comes on above its limit and not at it', () => {
    expect(words(under('high').play({ film: steady(35), forS: 5 }))).toEqual([]);
    expect(words(under('high').play({ film: steady(35.01), forS: 5 }))).toEqual(['+high']);
  });

  it('is one alarm in noise at the limit, and many without a hysteresis', () => {
    const film = (s: number): number => 35 + 0.2 * noise(s);
    expect(words(under('high').play({ film, forS: 60 }))).toEqual(['+high']);
    expect(words(under('high', { 'alarm.hysteresisK': 0 }).play({ film, forS: 60 })).length).toBeGreaterThan(100);
  });

  it('goes off at its hysteresis below the limit, and comes again', () => {
    const run = under('high', { 'alarm.hysteresisK': 1 });
    run.play({ film: steady(36), forS: 1 }).play({ film: steady(34.01), forS: 1 });
    expect(words(run)).toEqual(['+high']);
    run.play({ film: steady(34), forS: 1 }).play({ film: steady(36), forS: 1 });
    expect(words(run)).toEqual(['+high', '-high', '+high']);
  });
});

describe('the low alarm', () => {
  it('comes on below its limit and not at it, and goes off at its hysteresis above', () => {
    expect(words(under('low').play({ film: steady(15), forS: 5 }))).toEqual([]);
    const run = under('low')
      .play({ film: steady(14.99), forS: 1 })
      .play({ film: steady(15.49), forS: 1 });
    expect(words(run)).toEqual(['+low']);
    expect(words(run.play({ film: steady(15.5), forS: 1 }))).toEqual(['+low', '-low']);
  });
});

describe('the deviation alarm', () => {
  const limits = { 'alarm.deviationK': 2, 'alarm.deviationS': 30 };
  const pid = { mode: 'pid' } as const;

  it('does not come on the way to the setpoint, however long that takes', () => {
    const run = under('deviation', limits).play({ ...pid, film: (s) => 20 + s / 100, forS: 600 });
    expect(words(run)).toEqual([]);
  });

  it.each([
    ['below', 27.9],
    ['above', 32.1],
  ])('comes on once the film has been %s the band for its time', (_where, c) => {
    const run = under('deviation', limits).play({ ...pid, film: steady(30), forS: 5 });
    run.play({ ...pid, film: steady(c), forS: 40 });
    expect(words(run)).toEqual(['+deviation']);
    expect(timeOf(run, '+deviation')).toBeCloseTo(35, 1);
  });

  it('does not come on for a little less, nor for a little shorter', () => {
    const less = under('deviation', limits).play({ ...pid, film: steady(30), forS: 5 });
    expect(words(less.play({ ...pid, film: steady(28), forS: 400 }))).toEqual([]);
    const shorter = under('deviation', limits).play({ ...pid, film: steady(30), forS: 5 });
    // 29 s outside, again and again, each ended by a moment inside.
    expect(words(shorter.play({ ...pid, film: (s) => (s % 30 < 29 ? 27 : 29), forS: 300 }))).toEqual([]);
  });

  it('goes off inside the band by its hysteresis', () => {
    const run = under('deviation', limits).play({ ...pid, film: steady(30), forS: 5 });
    run.play({ ...pid, film: steady(27), forS: 40 }).play({ ...pid, film: steady(28.4), forS: 10 });
    expect(words(run)).toEqual(['+deviation']);
    expect(words(run.play({ ...pid, film: steady(28.5), forS: 1 }))).toEqual(['+deviation', '-deviation']);
  });

  it('waits for a new setpoint to be reached', () => {
    const run = under('deviation', limits).play({ ...pid, film: steady(30), forS: 5 });
    run.play({ ...pid, setpointC: 36, film: steady(30), forS: 100 });
    expect(words(run)).toEqual([]);
    run.play({ ...pid, setpointC: 36, film: steady(35), forS: 1 });
    run.play({ ...pid, setpointC: 36, film: steady(30), forS: 31 });
    expect(words(run)).toEqual(['+deviation']);
    expect(words(run.play({ ...pid, setpointC: 37, film: steady(30), forS: 1 }))).toEqual(['+deviation', '-deviation']);
  });

  it('is armed anew after a pause, in which the film cooled', () => {
    const run = under('deviation', limits).play({ ...pid, film: steady(30), forS: 5 });
    run.pause();
    expect(words(run.play({ ...pid, film: steady(27), forS: 100 }))).toEqual([]);
  });

  it('knows nothing of the setpoint in a mode without one', () => {
    const run = under('deviation', limits).play({ film: steady(30), forS: 5 });
    expect(words(run.play({ film: steady(20), forS: 100 }))).toEqual([]);
  });
});

/** Cools from each pulse by `swingK` within its period. */
const sawtooth = (c: number, swingK: number, periodS: number) => (s: number) => c - swingK * ((s % periodS) / periodS);

describe('the rate alarm', () => {
  it.each([
    [4.9, []],
    [5.1, ['+rate']],
    [-4.9, []],
    [-5.1, ['+rate']],
  ])('of 5 K/min, at %d K/min: %j', (rate, expected) => {
    const run = under('rate').play({ film: (s) => 30 + (rate * s) / 60, forS: 120 });
    expect(words(run)).toEqual(expected);
    expect(run.state.heat.rateKPerMin).toBeCloseTo(rate, 6);
  });

  it.each([
    [5, 1],
    [5, 3],
    [0.5, 3],
    [7.3, 3],
    [20, 3],
    [60, 3],
  ])('is silent on a quiet film whose pulses of %d s period swing by %d K', (periodS, swingK) => {
    const run = under('rate', { 'alarm.rateKPerMin': 0.2 });
    run.play({ periodS, film: sawtooth(30, swingK, periodS), forS: 600 });
    expect(words(run)).toEqual([]);
    expect(Math.abs(run.state.heat.rateKPerMin ?? Number.NaN)).toBeLessThan(0.1);
  });

  it('comes on under the same pulses when the film drifts', () => {
    const film = (s: number): number => sawtooth(30, 3, 5)(s) + (6 * s) / 60;
    const run = under('rate').play({ film, forS: 120 });
    expect(words(run)).toEqual(['+rate']);
    // Not before its span is over.
    expect(timeOf(run, '+rate')).toBeCloseTo(60, 1);
  });

  it('takes the slope of a line, not the difference of the ends', () => {
    // A single window of 5 s that is 10 K warmer at the end of the span: the ends differ by 10 K/55 s = 10.9 K/min. The line
    // through 12 windows rises by 5.5 · 10 / 143 = 0.38 K each, 4.6 K/min.
    const run = under('rate').play({ film: (s) => (s >= 55 ? 40 : 30), forS: 60.05 });
    expect(run.state.heat.rateKPerMin).toBeCloseTo((60 / 5) * ((5.5 * 10) / 143), 6);
    expect(words(run)).toEqual([]);
  });

  it('stays on at 90 % of its limit and goes off at 70 %', () => {
    const at = (share: number): string[] => {
      let c = 30;
      const run = under('rate');
      const film = (rate: number) => () => {
        c += (rate * 0.05) / 60;
        return c;
      };
      run.play({ film: film(6), forS: 90 }).play({ film: film(5 * share), forS: 120 });
      return words(run);
    };
    expect(at(0.9)).toEqual(['+rate']);
    expect(at(0.7)).toEqual(['+rate', '-rate']);
  });

  it('measures anew after a pause', () => {
    const run = under('rate').play({ film: steady(30), forS: 90 });
    run.pause();
    run.play({ film: steady(20), forS: 120 });
    expect(words(run)).toEqual([]);
  });
});

describe('the loop-break alarm', () => {
  const pid = { mode: 'pid', setpointC: 30, duty: 0.6 } as const;

  it('comes on when heat for its time does not raise a film below the setpoint', () => {
    const run = under('loop').play({ ...pid, film: (s) => 25 + 0.2 * noise(s), forS: 80 });
    expect(words(run)).toEqual(['+loop']);
    expect(timeOf(run, '+loop')).toBeGreaterThanOrEqual(60);
    expect(timeOf(run, '+loop')).toBeLessThanOrEqual(65.1);
  });

  it('comes on while the film cools for all its heat', () => {
    const run = under('loop').play({ ...pid, film: (s) => 29 - s / 50, forS: 80 });
    expect(words(run)).toEqual(['+loop']);
  });

  it.each([
    [0.45, ['+loop']],
    [0.55, []],
  ])('at a rise of %d K a minute: %j', (rise, expected) => {
    const run = under('loop').play({ ...pid, film: (s) => 20 + (rise * s) / 60, forS: 66 });
    expect(words(run)).toEqual(expected);
  });

  it('does not come on without heat, with too little of it, or within the band below the setpoint', () => {
    expect(words(under('loop').play({ ...pid, duty: 0, film: steady(25), forS: 200 }))).toEqual([]);
    expect(words(under('loop').play({ ...pid, duty: 0.04, film: steady(25), forS: 200 }))).toEqual([]);
    expect(words(under('loop').play({ ...pid, duty: 0.06, film: steady(25), forS: 200 }))).toEqual(['+loop']);
    expect(words(under('loop').play({ ...pid, film: steady(29.5), forS: 200 }))).toEqual([]);
    expect(words(under('loop').play({ ...pid, film: steady(29.4), forS: 200 }))).toEqual(['+loop']);
    expect(words(under('loop').play({ ...pid, film: steady(33), forS: 200 }))).toEqual([]);
  });

  it('counts the time of the heat, not the time before it', () => {
    const run = under('loop').play({ ...pid, duty: 0, film: steady(25), forS: 100 });
    run.play({ ...pid, film: steady(25), forS: 55 });
    expect(words(run)).toEqual([]);
    expect(words(run.play({ ...pid, film: steady(25), forS: 20 }))).toEqual(['+loop']);
  });

  it('goes off when the film rises, and takes its time again', () => {
    const run = under('loop').play({ ...pid, film: steady(25), forS: 80 });
    run.play({ ...pid, film: steady(25.5), forS: 50 });
    expect(words(run)).toEqual(['+loop', '-loop']);
    expect(words(run.play({ ...pid, film: steady(25.5), forS: 20 }))).toEqual(['+loop', '-loop', '+loop']);
  });

  it.each([
    [0.4, ['+loop']],
    [0.6, []],
  ])('with pulses that swing the film by %d K: %j', (swingK, expected) => {
    const run = under('loop').play({ film: sawtooth(25, swingK, 5), forS: 120 });
    expect(words(run)).toEqual(expected);
  });

  it('gives pulses three periods, however long those are', () => {
    const run = under('loop', { 'alarm.loopS': 10 }).play({ periodS: 20, film: steady(25), forS: 90 });
    expect(timeOf(run, '+loop')).toBeCloseTo(60, 1);
  });

  it.each(['constant', 'off'] as const)('is silent in the mode %s, whose film may stand still', (mode) => {
    expect(words(under('loop').play({ mode, duty: mode === 'off' ? 0 : 1, film: steady(35), forS: 200 }))).toEqual([]);
  });
});

describe('the segregation alarm', () => {
  const LIGHT = course([0, 'MIXED'], [10, 'DRIFTING'], [20, 'SEGREGATING'], [40, 'DARK'], [50, 'CANNOT_SEE']);

  it('is on by default from the alarming verdict on, through dark and recovery, until the film is mixed again', () => {
    const run = new Run({}).play({ film: steady(23), light: LIGHT, forS: 60 });
    expect(words(run)).toEqual(['+segregation']);
    expect(timeOf(run, '+segregation')).toBeCloseTo(20, 6);
    run.play({ film: steady(23), light: course([60, 'SEGREGATED'], [70, 'RECOVERING'], [80, 'DRIFTING']), forS: 30 });
    expect(timeOf(run, '-segregation')).toBeCloseTo(80, 6);
  });

  it('needs no thermocouple, and is silent where it is off', () => {
    expect(words(new Run({}).play({ film: () => null, light: LIGHT, forS: 30 }))).toEqual(['+segregation']);
    const off = new Run({ 'alarm.segregationAction': 'off' });
    expect(words(off.play({ film: steady(23), light: LIGHT, forS: 30 }))).toEqual([]);
  });

  it('stays on in a pause, and goes off when it is switched off', () => {
    const run = new Run({ 'alarm.highAction': 'warn' }).play({ film: steady(23), light: LIGHT, forS: 30 });
    run.pause();
    expect(run.state.active).toEqual(['segregation']);
    run.set({ 'alarm.segregationAction': 'off' });
    run.play({ film: steady(23), light: LIGHT, forS: 1 });
    expect(words(run)).toEqual(['+segregation', '-segregation']);
  });

  it('stands beside one of the thermocouple, in the order of the table', () => {
    const run = under('high', { 'alarm.highC': 30 }).play({ film: (s) => (s < 25 ? 23 : 31), light: LIGHT, forS: 30 });
    expect(words(run)).toEqual(['+segregation', '+high']);
    expect(run.state.active).toEqual(['high', 'segregation']);
  });
});

describe('the alarm of an unseen film', () => {
  it('comes after so long without a sight in the light, and not in the dark', () => {
    const light = course([0, 'CANNOT_SEE'], [59, 'MIXED'], [70, 'CANNOT_SEE'], [100, 'DARK'], [110, 'CANNOT_SEE']);
    const run = new Run({}).play({ film: steady(23), light, forS: 200 });
    expect(words(run)).toEqual(['+unseen']);
    expect(timeOf(run, '+unseen')).toBeCloseTo(170, 6);
    run.play({ film: steady(23), light: course([200, 'DARK']), forS: 1 });
    expect(words(run)).toEqual(['+unseen', '-unseen']);
  });
});

it.each([
  ['pulses that verify nothing', { why: 'weak-pulses' }],
  ['a band that no photodiode sees', { why: 'no-band' }],
  ['3 % of light', { why: 'little-light', excitation: 0.03 }],
] as const)('the alarm of an unseen film is silent with %s', (_what, scene) => {
  const run = new Run({}).play({ film: steady(23), light: course([0, 'CANNOT_SEE']), ...scene, forS: 120 });
  expect(words(run)).toEqual([]);
});

it('a tick in which nothing changes makes nothing anew', () => {
  const run = new Run({}).play({ film: steady(23), light: course([0, 'SEGREGATED']), forS: 1 });
  const before = run.state;
  run.play({ film: steady(23), light: course([0, 'SEGREGATED']), forS: 1 });
  expect(run.state).toBe(before);
});
