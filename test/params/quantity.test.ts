import { describe, expect, it } from 'vitest';
import { parseText } from '../../src/params/check.ts';
import { numberIn } from '../../src/params/quantity.ts';

describe('a number as people type it', () => {
  it.each([
    ['ms', '500', 500],
    ['ms', '0.5s', 500],
    ['ms', '0.3 s', 300],
    ['ms', '1min', 60_000],
    ['s', '8h', 28_800],
    ['s', '250ms', 0.25],
    ['A', '400mA', 0.4],
    ['A', '0.4A', 0.4],
    ['V', '3300mV', 3.3],
    ['Ω', '15Ohm', 15],
    ['°C', '25C', 25],
    ['1', '60%', 0.6],
    ['Hz', '50kHz', 50_000],
    ['K/W', '6.4K/W', 6.4],
  ])('in %s: %s is %d', (unit, text, value) => {
    expect(numberIn(unit, text)).toBe(value);
  });

  it.each([
    ['ms', '5A'],
    ['A', '400ms'],
    ['ms', '0.5x'],
    ['ms', ''],
    ['ms', 's'],
    ['ms', 'NaN'],
    ['s', 'Infinity'],
    ['s', '1h30min'],
    ['s', '1,5'],
    ['°C', '77F'],
    ['K/W', '6K'],
    ['A', '__proto__'],
    ['A', '1constructor'],
  ])('in %s: %s is none', (unit, text) => {
    expect(numberIn(unit, text)).toBeNull();
  });

  it('is what --set and the environment read; a count takes no unit of time', () => {
    expect(parseText('pulse.onMs', '0.5s')).toBe(500);
    expect(parseText('heater.currentA', '400mA')).toBe(0.4);
    expect(parseText('sim.seed', '5s')).toBe('5s');
  });
});
