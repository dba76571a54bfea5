/** Ramps, soaks, time-outs and flashes through the whole stack, judged by what was recorded and by the film itself. */
import { describe, expect, it } from 'vitest';
import { loadRecipe } from '../../src/files/recipes.ts';
import { recipeSeconds } from '../../src/params/recipe.ts';
import type { Row } from '../../src/params/telemetry.ts';
import { recipeOf, rig, type Step } from '../support/bench.ts';

const PID = (setpointC: number, rest: Partial<Exclude<Step, { repeat: number }>>): Step =>
  ({ light: 0, mode: 'pid', setpointC, ...rest }) as Step;

interface Played {
  readonly rows: readonly Row[];
  readonly told: readonly string[];
  readonly faults: readonly string[];
  readonly state: string;
  readonly heaterA: number;
  readonly light: number;
}

function play(...steps: Step[]): Played {
  const recipe = recipeOf(...steps);
  const { simulation, rows, events } = rig(recipe);
  expect(simulation.arm()).toBe(true);
  simulation.run(recipeSeconds(recipe.steps) + 5);
  const { latest } = simulation.feed;
  return {
    rows: rows.filter((row) => Number(row.time_s ?? -1) >= 0 && row.step !== null),
    told: events.filter(({ code }) => code === 'recipe-timeout').map(({ kind, text }) => `${kind}: ${text}`),
    // The heat budget of a hard run drains after its end; it only keeps the next run waiting.
    faults: events.filter(({ kind, code }) => kind === 'fault' && !code.startsWith('E127')).map(({ code }) => code),
    state: latest.kernel.name,
    heaterA: simulation.heaterA(),
    light: latest.light,
  };
}
const ofStep = ({ rows }: Played, step: number): readonly Row[] => rows.filter((row) => row.step === step);
const number = (row: Row | undefined, name: keyof Row): number => Number(row?.[name]);

describe('a ramp and a soak on the bench', () => {
  const played = play(
    PID(27, { rampKPerMin: 3, until: { rampDone: true, atMostS: 200 } }),
    PID(27, { until: { soakS: 60, bandK: 0.7, atMostS: 300 } }),
    PID(29, { rampKPerMin: 3, until: { soakS: 60, bandK: 0.7, atMostS: 300 } }),
  );

  it('move the recorded setpoint from the film’s temperature at the rate, and then from setpoint to setpoint', () => {
    const ramp = ofStep(played, 1);
    const startC = number(ramp[0], 'setpoint_c');
    expect(Math.abs(startC - number(ramp[0], 'sim_true_film_c'))).toBeLessThan(0.2);
    for (const row of ramp) {
      const expected = startC + (3 / 60) * (number(row, 'time_s') - number(ramp[0], 'time_s'));
      expect(Math.abs(number(row, 'setpoint_c') - Math.min(27, expected))).toBeLessThan(0.03);
    }
    const second = ofStep(played, 3);
    expect(number(second[0], 'setpoint_c')).toBeCloseTo(27, 1);
    const atS = (s: number) => second.find((row) => number(row, 'time_s') >= number(second[0], 'time_s') + s);
    expect(number(atS(20), 'setpoint_c')).toBeCloseTo(28, 1);
    expect(number(atS(45), 'setpoint_c')).toBe(29);
  });

  it('end when the film has been in the band for as long as was asked, counted from the records', () => {
    const rowS = 0.1;
    const inBand = (step: number, targetC: number): number =>
      ofStep(played, step).filter(
        (row) => Math.abs(number(row, 'tc_c') - targetC) <= 0.7 && number(row, 'setpoint_c') === targetC,
      ).length * rowS;
    expect(Math.abs(inBand(2, 27) - 60)).toBeLessThan(1);
    expect(Math.abs(inBand(3, 29) - 60)).toBeLessThan(1);
    // 2 K at 3 K/min before it.
    expect(ofStep(played, 3).length * rowS).toBeGreaterThan(40 + 59);
  });

  it('come to their end without a fault and without a time-out', () => {
    expect(played).toMatchObject({ told: [], faults: [], state: 'safe', heaterA: 0, light: 0 });
  });
});

describe('a soak that cannot be', () => {
  const soak = (onTimeout?: 'go-on'): Step =>
    PID(30, { light: 1, until: { soakS: 58, bandK: 0.5, atMostS: 60, ...(onTimeout && { onTimeout }) } });

  it('ends the run at its time-out with heat and light off, and says why', () => {
    const played = play(soak(), { light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: 30 });
    expect(played).toMatchObject({ faults: [], state: 'safe', heaterA: 0, light: 0 });
    expect(played.told).toEqual([
      'trouble: Step 1 has waited 60 s in vain for 58 s within 0.5 K of 30 °C; the run ends.',
    ]);
    expect(ofStep(played, 2)).toEqual([]);
    expect(number(ofStep(played, 1).at(-1), 'time_s')).toBeCloseTo(60, 0);
  });

  it('is followed by the next step where the step says so', () => {
    const played = play(soak('go-on'), { light: 1, mode: 'pulse', onS: 0.5, periodS: 5, forS: 30 });
    expect(played.told).toMatchObject([expect.stringMatching(/^note: .*the next step follows/)]);
    expect(ofStep(played, 2).length).toBeGreaterThan(250);
  });
});

describe('flashes on the bench', () => {
  it('light the film for their time in every period, and raise no fault', () => {
    const flashes: Step = { light: 1, lightOnS: 0.5, lightPeriodS: 10, mode: 'off', forS: 60 };
    const played = play({ light: 0, mode: 'off', forS: 3.2 }, flashes);
    const rows = ofStep(played, 2);
    const startS = number(rows[0], 'time_s');
    for (const row of rows) {
      const phaseS = (number(row, 'time_s') - startS) % 10;
      // A row lies up to a tick beside the change.
      if (Math.min(Math.abs(phaseS - 0.5), phaseS, 10 - phaseS) > 0.06) {
        expect([phaseS, row.light]).toEqual([phaseS, phaseS < 0.5 ? 1 : 0]);
      }
    }
    expect(rows.filter(({ light }) => Number(light) > 0).length).toBeGreaterThanOrEqual(6 * 5 - 6);
    expect(played.faults).toEqual([]);
  });

  it('disturb dark recovery far less than they show of it', () => {
    const { steps } = loadRecipe('dark-recovery-room');
    const share = (steps[1]?.lightOnS ?? 1) / (steps[1]?.lightPeriodS ?? 1);
    expect(share).toBeLessThan(0.001);
  });
});
