import { describe, expect, it } from 'vitest';
import { PULSE, recipeOf, rig } from '../support/bench.ts';

const trace = (seed: number, seconds = 120, more: Parameters<typeof rig>[1] = {}): string => {
  const { simulation } = rig(recipeOf(PULSE(600)), { ...more, settings: { 'sim.seed': seed, ...more?.settings } });
  simulation.arm();
  simulation.run(seconds);
  return simulation.digest();
};

describe('the whole simulation', () => {
  it('gives the same bytes for the same seed', () => {
    expect(trace(7)).toBe(trace(7));
  });

  it('gives other bytes for another seed, another length, another setting and a fault', () => {
    const all = [
      trace(7),
      trace(8),
      trace(7, 121),
      trace(7, 120, { settings: { 'pulse.onMs': 501, 'sim.ambientC': 23.9 } }),
      trace(7, 120, { injections: [{ name: 'photodiode-saturated', atS: 60 }] }),
      trace(7, 120, { settings: { 'hal.thermocouple': 'max31855' } }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('does not depend on whether anybody keeps the record', () => {
    const { simulation, rows } = rig(recipeOf(PULSE(600)), { settings: { 'journal.rowMs': 50 } });
    simulation.arm();
    simulation.run(60);
    const other = rig(recipeOf(PULSE(600)), { settings: { 'journal.rowMs': 60000 } });
    other.simulation.arm();
    other.simulation.run(60);
    expect(rows.length).toBeGreaterThan(other.rows.length);
    expect(simulation.digest()).toBe(other.simulation.digest());
  });
});
