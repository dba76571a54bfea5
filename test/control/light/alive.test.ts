import { expect, it } from 'vitest';
import { Alive } from '../../../src/control/light/alive.ts';
import { Prng } from '../../../src/twin/prng.ts';

const chance = new Prng(5, 1);
/** Cycles until `is` is answered, at most 200. */
function cycles(alive: Alive, signal: number, errorV: number, is: boolean): number {
  for (let n = 1; n <= 200; n += 1) {
    if (alive.take(signal + errorV * chance.normal(), errorV) === is) return n;
  }
  return 201;
}

it('a channel that answers to the light is alive, at once in a quiet room and after a while under a lamp', () => {
  expect(cycles(new Alive(), 0.008, 4e-4, true)).toBeLessThan(3);
  expect(cycles(new Alive(), 0.008, 4e-3, true)).toBeLessThan(60);
});

it('a channel without a signal never is', () => {
  for (let i = 0; i < 20; i += 1) expect(cycles(new Alive(), 0, 4e-4, true)).toBe(201);
});

it('one that was seen in a quiet room stays alive under a lamp', () => {
  const alive = new Alive();
  for (let i = 0; i < 10; i += 1) alive.take(0.008, 4e-4);
  expect(cycles(alive, 0.008, 4e-3, false)).toBe(201);
});

it('one that is unplugged is found at once in a quiet room, and within some cycles under a lamp', () => {
  const quiet = new Alive();
  for (let i = 0; i < 50; i += 1) quiet.take(0.008, 4e-4);
  expect(cycles(quiet, 0, 4e-4, false)).toBeLessThan(3);
  const lamp = new Alive();
  for (let i = 0; i < 10; i += 1) lamp.take(0.008, 4e-4);
  for (let i = 0; i < 10; i += 1) lamp.take(0.008, 3e-3);
  expect(cycles(lamp, 0, 3e-3, false)).toBeLessThan(12);
});
