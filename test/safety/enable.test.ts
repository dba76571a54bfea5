import { describe, expect, it } from 'vitest';
import { EnablePump, enableNeeded } from '../../src/safety/enable.ts';
import { atSeconds, type Instant, instant, millis, seconds } from '../../src/units.ts';

const LONG = { onUs: millis(500), periodUs: seconds(5), startUs: atSeconds(10) };
const SHORT = { onUs: millis(100), periodUs: seconds(1), startUs: atSeconds(10) };
const at = (pattern: typeof LONG | null, lastFallS: number, nowS: number): boolean =>
  enableNeeded(pattern, atSeconds(lastFallS), atSeconds(nowS));

describe('ENABLE', () => {
  it.each([
    [9.749, false, 'waits for the first pulse'],
    [9.75, true, 'closes 250 ms before it'],
    [10.2, true, 'stays closed in it'],
    [10.799, true, 'and for 300 ms after it, for the leak to show'],
    [10.8, false, 'then opens'],
    [14.749, false, 'for the whole rest'],
    [14.75, true, 'and closes again for the next'],
  ])('at %d s is needed: %s (%s)', (nowS, needed) => {
    expect(at(LONG, nowS > 10.5 ? 10.5 : 0, nowS)).toBe(needed);
  });

  it('stays closed where the rests are no longer than a second, and in constant current', () => {
    for (let s = 10; s < 12; s += 0.05) expect(at(SHORT, 0, s)).toBe(true);
    const constant = { onUs: seconds(1), periodUs: seconds(1), startUs: atSeconds(10) };
    for (let s = 10; s < 12; s += 0.05) expect(at(constant, 0, s)).toBe(true);
  });

  it('opens 300 ms after the last pulse when nothing is wanted any more', () => {
    expect([at(null, 10, 10.299), at(null, 10, 10.3)]).toEqual([true, false]);
  });
});

describe('the pump of ENABLE', () => {
  const HOLD = millis(90);
  const make = () => {
    let edges = 0;
    const toggle = (): void => {
      edges += 1;
    };
    const pump = new EnablePump({ toggle }, HOLD, instant(0));
    return { pump, edges: () => edges };
  };
  const ms = (n: number): Instant => instant(n * 1000);

  it('gives no edge unless it is ordered to', () => {
    const { pump, edges } = make();
    pump.edge(ms(50));
    pump.order(true, ms(100));
    pump.edge(ms(100));
    pump.order(false, ms(150));
    pump.edge(ms(150));
    expect(edges()).toBe(1);
  });

  it('counts the switch as closed from the second edge inside the hold time on', () => {
    const { pump } = make();
    pump.order(true, ms(100));
    pump.edge(ms(100));
    expect(pump.closedUntil).toBeLessThan(0);
    pump.edge(ms(191));
    expect(pump.closedUntil).toBeLessThan(0);
    pump.edge(ms(241));
    expect(pump.closedUntil).toBe(ms(331));
  });

  it('takes a tick that was later than the hold time for a new beginning', () => {
    const { pump } = make();
    pump.order(true, ms(100));
    pump.edge(ms(100));
    pump.noteLateness(ms(190));
    expect(pump.since).toBe(ms(100));
    pump.noteLateness(ms(191));
    expect(pump.since).toBe(ms(191));
  });
});
