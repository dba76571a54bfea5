import { describe, expect, it } from 'vitest';
import { type Order, orderFrom } from '../../src/control/order.ts';
import { outOfReach, type Reachable, recipeOutOfReach } from '../../src/control/reach.ts';
import type { Recipe } from '../../src/params/recipe.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { celsius, seconds } from '../../src/units.ts';

const POLES = { fastK: 9, slowK: 6, fastTauS: 2.5, slowTauS: 400 };
const FILM = { levelC: celsius(24), fastK: 0, slowK: 0, poles: POLES } as NonNullable<Reachable['film']>;
const BENCH: Reachable = { film: FILM, commissioned: true, gate: { dutyMax: 0.6, longestOnUs: seconds(5.5) } };
const order = (change: Partial<Order>): Order => ({ ...orderFrom(defaultSettings()), ...change });

describe('what is out of reach', () => {
  it('is a setpoint above what the allowed duty reaches in time, with what it does reach', () => {
    // 0.588 of 9 K at once, of 15 K in the end; 15 % of the rise is left to the doubt of a quick commissioning.
    expect(outOfReach(order({ mode: 'pid', setpointC: celsius(33) }), BENCH, 3600)).toBeNull();
    const text = outOfReach(order({ mode: 'pid', setpointC: celsius(35) }), BENCH, 3600);
    expect(text).toContain('29.29 °C now, 32.82 °C after 3600 s');
    expect(outOfReach(order({ mode: 'model', setpointC: celsius(33) }), BENCH, 30)).toContain('out of reach');
    expect(
      outOfReach(
        order({ mode: 'bangbang', setpointC: celsius(35) }),
        { ...BENCH, gate: { ...BENCH.gate, dutyMax: 0.95 } },
        3600,
      ),
    ).toBeNull();
  });

  it('is a swing that the longest pulse does not make', () => {
    const swing = { mode: 'swing', periodUs: seconds(2) } as const;
    expect(outOfReach(order({ ...swing, swingK: 1 }), BENCH, 60)).toBeNull();
    expect(outOfReach(order({ ...swing, swingK: 5 }), BENCH, 60)).toMatch(/at most \d\.\d+ K/);
  });

  it('is every mode that runs on the model, where there is none', () => {
    const stranger = { ...BENCH, commissioned: false };
    expect(outOfReach(order({ mode: 'swing' }), stranger, 60)).toContain('remixd commission');
    expect(outOfReach(order({ mode: 'model' }), stranger, 60)).toContain('remixd commission');
    for (const mode of ['off', 'pulse', 'constant', 'pid', 'bangbang'] as const) {
      expect(outOfReach(order({ mode, setpointC: celsius(39) }), stranger, 60)).toBeNull();
    }
  });

  it('is not judged before a sensor was read', () => {
    expect(outOfReach(order({ mode: 'pid', setpointC: celsius(39) }), { ...BENCH, film: null }, 60)).toBeNull();
  });

  it('is said of the first step of a recipe that cannot be done by its end', () => {
    const step = (setpointC: number, forS: number) => ({ mode: 'pid', light: 0, setpointC, forS }) as const;
    const recipe = (...steps: ReturnType<typeof step>[]): Recipe => ({
      name: 'r',
      title: 'r',
      followSettings: false,
      light: null,
      steps,
    });
    const settings = order({});
    expect(recipeOutOfReach(recipe(step(28, 60), step(31.5, 3600)), settings, BENCH)).toBeNull();
    expect(recipeOutOfReach(recipe(step(28, 60), step(31.5, 5)), settings, BENCH)).toContain('Step 2');
    const follows = { ...recipe(), followSettings: true };
    expect(recipeOutOfReach(follows, order({ mode: 'pid', setpointC: celsius(39) }), BENCH)).toContain('39 °C');
  });
});
