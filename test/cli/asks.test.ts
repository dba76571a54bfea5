import { describe, expect, it } from 'vitest';
import { type RunOptions, standingAsks } from '../../src/cli/run.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Loop } from '../../src/runtime/loop.ts';
import type { Ask, KernelState } from '../../src/safety/kernel.ts';

/** A controller in a state that the test sets, which writes down what it is asked. */
function bench(simulated = false) {
  const asked: Ask[] = [];
  const at = { us: 0 };
  const kernel = { name: 'boot', latch: null, calmSince: 0 } as unknown as {
    -readonly [K in keyof KernelState]: KernelState[K];
  };
  const loop = { simulated, kernel, ask: (ask: Ask) => asked.push(ask) > 0 } as unknown as Loop;
  return { asked, at, kernel, rig: { now: () => at.us, loop } };
}
const options = (changes: Partial<RunOptions> = {}) => ({
  acknowledge: null,
  reset: false,
  arm: false,
  loaded: loadConfig({}),
  ...changes,
});
const lockout = (trip: number) => ({ kind: 'lockout', trip, fault: 'leak-current' }) as const;
const trip = (number: number) => ({ kind: 'tripped', trip: number, fault: 'estop' }) as const;

describe('orders given on the command line', () => {
  it('a reset means the lockout that was there at the start, and never one that comes after', () => {
    const { asked, at, kernel, rig } = bench();
    const ask = standingAsks(rig, options({ reset: true }));
    ask();
    Object.assign(kernel, { name: 'lockout', latch: lockout(1) });
    ask();
    expect(asked).toEqual([{ kind: 'reset' }]);
    Object.assign(kernel, { name: 'armed', latch: null });
    ask();
    at.us = 10e6;
    Object.assign(kernel, { name: 'lockout', latch: lockout(2) });
    for (let i = 0; i < 100; i += 1) ask();
    expect(asked).toEqual([{ kind: 'reset' }]);
  });

  it('a reset with nothing locked out at the start resets nothing later', () => {
    const { asked, kernel, rig } = bench();
    const ask = standingAsks(rig, options({ reset: true }));
    Object.assign(kernel, { name: 'safe', latch: null });
    ask();
    Object.assign(kernel, { name: 'lockout', latch: lockout(1) });
    ask();
    expect(asked).toEqual([]);
  });

  it('an acknowledgement names its trip and ends after 20 s', () => {
    const { asked, at, kernel, rig } = bench();
    const ask = standingAsks(rig, options({ acknowledge: 4 }));
    Object.assign(kernel, { name: 'tripped', latch: trip(4) });
    ask();
    at.us = 20e6;
    ask();
    expect(asked).toEqual([{ kind: 'acknowledge', trip: 4 }]);
  });

  it('--arm arms once, and not after anything was latched', () => {
    const first = bench();
    const ask = standingAsks(first.rig, options({ arm: true }));
    Object.assign(first.kernel, { name: 'safe', latch: null, calmSince: 0 });
    first.at.us = 2e6;
    ask();
    ask();
    expect(first.asked).toEqual([{ kind: 'arm' }]);

    const second = bench();
    const later = standingAsks(second.rig, options({ arm: true }));
    Object.assign(second.kernel, { name: 'tripped', latch: trip(1), calmSince: 0 });
    later();
    Object.assign(second.kernel, { name: 'safe', latch: null });
    second.at.us = 2e6;
    later();
    expect(second.asked).toEqual([]);
  });

  it('on hardware nothing is armed without --arm, whatever the settings of the simulated bench say', () => {
    for (const simulated of [true, false]) {
      const { asked, at, kernel, rig } = bench(simulated);
      const ask = standingAsks(rig, options());
      Object.assign(kernel, { name: 'safe', latch: null, calmSince: 0 });
      at.us = 2e6;
      ask();
      expect(asked).toEqual(simulated ? [{ kind: 'arm' }] : []);
    }
  });
});
