import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { realPace, simulatedPace } from '../../src/rig/pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets `ms` pass while a pace waits; returns the ticks taken. */
async function ticksIn(pace: ReturnType<typeof realPace>, ms: number): Promise<number> {
  const end = performance.now() + ms;
  let ticks = 0;
  while (performance.now() < end) {
    const waiting = pace.wait();
    await vi.advanceTimersToNextTimerAsync();
    await waiting;
    while (pace.take()) ticks += 1;
  }
  return ticks;
}

describe('real time', () => {
  it('has a tick every 50 ms on a fixed grid', async () => {
    expect(await ticksIn(realPace(50), 1000)).toBeGreaterThanOrEqual(20);
    expect(await ticksIn(realPace(50), 1000)).toBeLessThanOrEqual(21);
  });

  it('leaves out what it slept through: one tick after a pause, never a burst', async () => {
    const pace = realPace(50);
    await ticksIn(pace, 200);
    vi.advanceTimersByTime(5000);
    const waiting = pace.wait();
    await vi.advanceTimersToNextTimerAsync();
    await waiting;
    expect(pace.take()).toBe(true);
    expect(pace.take()).toBe(false);
    expect(await ticksIn(pace, 500)).toBeLessThanOrEqual(11);
  });

  it('takes no tick before it is due', async () => {
    const pace = realPace(50);
    expect(pace.take()).toBe(false);
  });
});

describe('the simulated bench’s time', () => {
  it('runs at its speed', async () => {
    expect(await ticksIn(simulatedPace(50, 10), 1000)).toBeGreaterThanOrEqual(195);
    expect(await ticksIn(simulatedPace(50, 10), 1000)).toBeLessThanOrEqual(205);
  });

  it('makes up for no more than half a second after a suspended computer', async () => {
    const pace = simulatedPace(50, 1);
    await ticksIn(pace, 200);
    vi.advanceTimersByTime(3_600_000);
    const waiting = pace.wait();
    await vi.advanceTimersToNextTimerAsync();
    await waiting;
    let ticks = 0;
    while (pace.take()) ticks += 1;
    expect(ticks).toBeLessThanOrEqual(10);
  });
});
