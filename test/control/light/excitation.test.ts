import { expect, it } from 'vitest';
import { Excitation } from '../../../src/control/light/excitation.ts';
import { ratio } from '../../../src/units.ts';

it('a reference that has shown light and shows a tenth of it sees none, whatever a lamp adds', () => {
  const excitation = new Excitation();
  expect(excitation.isThere(0.019, ratio(1))).toBe(false);
  for (let i = 0; i < 100; i += 1) expect(excitation.isThere(2, ratio(1))).toBe(true);
  expect(excitation.isThere(0.15, ratio(1))).toBe(false);
  expect(excitation.isThere(0.25, ratio(1))).toBe(true);
});

it('less light may show as much less', () => {
  const excitation = new Excitation();
  for (let i = 0; i < 100; i += 1) excitation.isThere(2, ratio(1));
  expect(excitation.isThere(0.04, ratio(0.02))).toBe(true);
  expect(excitation.isThere(0.003, ratio(0.02))).toBe(false);
  expect(new Excitation().isThere(0.004, ratio(0.02))).toBe(true);
});
