/** User alarms through the whole stack, on the simulated bench. */
import { describe, expect, it } from 'vitest';
import { simulate, summary } from '../../src/cli/simulate.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Recent } from '../../src/fronts/terminal/recent.ts';
import { statusLine } from '../../src/fronts/terminal/words.ts';
import { type AlarmName, alarmRow } from '../../src/params/alarms.ts';
import type { Recipe } from '../../src/params/recipe.ts';
import type { Settings } from '../../src/params/settings.ts';
import { PULSE, type Rig, recipeOf, rig } from '../support/bench.ts';

const PID = recipeOf({ light: 1, mode: 'pid', setpointC: 30, forS: 600 });
const PULSES = recipeOf(PULSE(600));

function armed(recipe: Recipe, settings: Partial<Settings>): Rig {
  const it = rig(recipe, { settings });
  expect(it.simulation.arm()).toBe(true);
  return it;
}
const heard = ({ events }: Rig, by: 'thermocouple' | 'light' = 'thermocouple'): string[] =>
  events
    .filter(({ kind, code }) => kind.startsWith('alarm') && alarmRow(code as AlarmName)?.by === by)
    .map(({ kind, code }) => `${kind} ${code}`);

describe('an alarm that stops', () => {
  it('ends the run in order: heater off, safe, no trip, and everything says why', () => {
    const it = armed(PULSES, { 'alarm.highAction': 'stop', 'alarm.highC': 24.5 });
    const { simulation, events } = it;
    while (simulation.feed.latest.driven) simulation.tick();
    const { kernel, endedBy, alarms, gate, finished } = simulation.feed.latest;
    expect(kernel).toMatchObject({ name: 'safe', latch: null });
    expect(finished).toBe(false);
    expect(simulation.trips()).toEqual([]);
    simulation.tick();
    expect(simulation.heaterA()).toBe(0);
    expect(alarms).toEqual([]);
    expect(endedBy?.alarm).toBe('high');
    expect(endedBy?.text).toMatch(/^The film is above 24\.5 °C \(film at 24\.[5-9]\d °C\)\.$/);
    // One tick from the alarm to the end.
    const on = events.find(({ kind }) => kind === 'alarm');
    expect(on?.text).toContain('It ends the run.');
    const safe = events.findLast(({ kind }) => kind === 'state');
    expect(safe?.text).toBe('armed -> safe');
    expect((safe?.monoS ?? 0) - (on?.monoS ?? 0)).toBeCloseTo(0.05, 6);
    expect(heard(it)).toEqual(['alarm high', 'alarm-off high']);
    expect(events.find(({ code }) => code === 'alarm-stop')?.text).toMatch(/^The alarm high ended the run: The film/);
    simulation.run(30);
    // Nothing begins again by itself.
    expect(simulation.feed.latest.kernel.name).toBe('safe');
    expect(simulation.feed.latest.gate.heatedUs).toBe(gate.heatedUs);
    expect(statusLine({ snapshot: simulation.feed.latest, recent: new Recent(), trouble: null })).toContain(
      'The alarm high ended the run: The film is above 24.5 °C',
    );
    // The next run begins with a clean sheet.
    simulation.controls.retune({ ...simulation.feed.latest.settings, 'alarm.highAction': 'off' }, 1);
    expect(simulation.arm()).toBe(true);
    expect(simulation.feed.latest.endedBy).toBeNull();
  });

  it('gives way to a safety fault of the same tick: a trip is a trip', () => {
    const it = armed(PULSES, {});
    const { simulation } = it;
    simulation.run(30);
    simulation.bench.lid.isClosed = false;
    simulation.controls.retune(
      { ...simulation.feed.latest.settings, 'alarm.highAction': 'stop', 'alarm.highC': 10 },
      1,
    );
    simulation.run(1);
    const { kernel, endedBy } = simulation.feed.latest;
    expect(kernel.name).toBe('tripped');
    expect(endedBy).toBeNull();
  });
});

describe('an alarm that warns', () => {
  it('does not end the run, and is in every row while it is on', () => {
    const it = armed(PULSES, { 'alarm.highAction': 'warn', 'alarm.highC': 24.5, 'alarm.hysteresisK': 5 });
    it.simulation.run(60);
    const { kernel, alarms, endedBy } = it.simulation.feed.latest;
    expect(kernel.name).toBe('armed');
    expect(alarms).toEqual(['high']);
    expect(endedBy).toBeNull();
    expect(heard(it)).toEqual(['alarm high']);
    expect(it.rows.at(-1)?.alarms).toBe('high');
    expect(it.rows[0]?.alarms).toBeNull();
    expect(statusLine({ snapshot: it.simulation.feed.latest, recent: new Recent(), trouble: null })).toContain(
      'alarm high: The film is above 24.5 °C',
    );
    // The stop of a person ends the alarm with the run.
    it.simulation.controls.ask({ kind: 'stop' });
    it.simulation.run(1);
    expect(it.simulation.feed.latest).toMatchObject({ alarms: [], endedBy: null });
    expect(heard(it)).toEqual(['alarm high', 'alarm-off high']);
  });

  it('changes nothing of the run: the same trace as without', () => {
    const digest = (settings: Partial<Settings>): string => {
      const { simulation } = armed(PID, settings);
      simulation.run(60);
      return simulation.digest();
    };
    const all = { 'alarm.highAction': 'warn', 'alarm.lowAction': 'warn', 'alarm.deviationAction': 'warn' } as const;
    expect(digest({ ...all, 'alarm.rateAction': 'warn', 'alarm.loopAction': 'warn', 'alarm.lowC': 45 })).toBe(
      digest({}),
    );
  });
});

const EVERY = {
  'alarm.highAction': 'warn',
  'alarm.lowAction': 'warn',
  'alarm.deviationAction': 'warn',
  'alarm.rateAction': 'warn',
  'alarm.loopAction': 'warn',
} as const;

describe('a good run', () => {
  it.each([
    ['pulses of 0.5 s every 5 s', PULSES],
    ['pulses of 2 s every 20 s', recipeOf(PULSE(600, 2, 20))],
    ['pid', PID],
    ['bang-bang', recipeOf({ light: 1, mode: 'bangbang', setpointC: 30, forS: 600 })],
  ])('of %s raises no alarm at the default limits, on 8 benches', (_name, recipe) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const it = armed(recipe, { ...EVERY, 'sim.seed': seed });
      it.simulation.run(300);
      expect(heard(it)).toEqual([]);
    }
  });
});

describe('a heater that loses its grip on the film', () => {
  /** Electrically whole, and a twentieth of its heat arrives: no electrical interlock can see it. */
  const detached = (it: Rig): void => {
    it.simulation.bench.twin.substrate.gain = 0.05;
  };

  it('is a loop break, which ends a pid run within loopS and two windows of the time the film has cooled', () => {
    const it = armed(PID, { 'alarm.loopAction': 'stop', 'heater.commissioned': false });
    it.simulation.run(120);
    detached(it);
    it.simulation.run(100);
    expect(heard(it)).toEqual(['alarm loop', 'alarm-off loop']);
    expect(it.simulation.feed.latest).toMatchObject({ kernel: { name: 'safe' }, endedBy: { alarm: 'loop' } });
    const at = it.events.find(({ kind, code }) => kind === 'alarm' && code === 'loop')?.timeS ?? Number.NaN;
    expect(at).toBeGreaterThan(180);
    expect(at).toBeLessThan(195);
    expect(it.simulation.trips()).toEqual([]);
  });

  it('is a loop break under pulses, too', () => {
    const it = armed(PULSES, { 'alarm.loopAction': 'warn', 'heater.commissioned': false });
    it.simulation.run(120);
    it.simulation.bench.twin.substrate.gain = 0.2;
    it.simulation.run(70);
    expect(heard(it)).toEqual(['alarm loop']);
  });
});

describe('a draught', () => {
  it('of 8 K raises deviation and rate in a pid run that was quiet before', () => {
    const it = armed(PID, { ...EVERY, 'alarm.loopAction': 'off' });
    it.simulation.run(120);
    expect(heard(it)).toEqual([]);
    it.simulation.bench.twin.substrate.roomC -= 8;
    it.simulation.run(90);
    expect(heard(it)).toEqual(['alarm rate', 'alarm deviation', 'alarm-off rate']);
  });
});

describe('a film that un-mixes under constant current', () => {
  const DC = recipeOf({ light: 1, mode: 'constant', forS: 300 });

  it('raises the segregation alarm without anybody asking for it, and the run goes on', () => {
    const it = armed(DC, {});
    it.simulation.run(120);
    expect(heard(it, 'light')).toEqual(['alarm segregation']);
    const { kernel, alarms } = it.simulation.feed.latest;
    expect([kernel.name, alarms]).toEqual(['armed', ['segregation']]);
    expect(it.events.find(({ kind }) => kind === 'alarm')?.text).toMatch(
      /The light shows that the film un-mixes \(SEGREGATING · \d+\.\d\d ± \d\.\d\d % segregated/,
    );
  });

  it('ends the run where that alarm stops', () => {
    const it = armed(DC, { 'alarm.segregationAction': 'stop' });
    it.simulation.run(120);
    expect(it.simulation.feed.latest).toMatchObject({ kernel: { name: 'safe' }, endedBy: { alarm: 'segregation' } });
    expect(it.simulation.trips()).toEqual([]);
  });
});

it('a lit film that cannot be seen raises its alarm after a minute, not in the dark', () => {
  const recipe = recipeOf({ ...PULSE(100), light: 0 }, PULSE(300));
  const it = rig(recipe, { injections: [{ name: 'photodiode-saturated', atS: 0 }] });
  expect(it.simulation.arm()).toBe(true);
  it.simulation.run(155);
  expect(heard(it, 'light')).toEqual([]);
  it.simulation.run(10);
  expect(heard(it, 'light')).toEqual(['alarm unseen']);
});

describe('remixd simulate', () => {
  const heat = { mode: null, setpointC: null, swingK: null, periodS: null, commission: false, policy: 'tell' } as const;
  const options = { ...heat, recipe: null, light: null, inject: [], out: null, json: true };

  it('lists the alarms that occurred and the one that ended the run', async () => {
    const loaded = loadConfig({
      set: ['alarm.highAction=stop', 'alarm.highC=24.5', 'alarm.lowAction=warn', 'alarm.lowC=40'],
      env: {},
    });
    const result = await simulate({ ...options, loaded, pattern: '0.5/5', seconds: 120 });
    expect(result).toMatchObject({ endedBy: 'high', state: 'safe', trips: [] });
    expect(result.alarms.map(({ name, action }) => [name, action])).toEqual([
      ['low', 'warn'],
      ['high', 'stop'],
    ]);
    expect(summary(result)).toMatch(/! alarm high at \d+\.\d\d s: The film is above 24\.5 °C .*It ended the run\./);
  });
});
