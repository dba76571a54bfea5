import { expect, it } from 'vitest';
import { MidTickLight } from '../../../src/hal/drivers/mid-tick-light.ts';
import { ratio } from '../../../src/units.ts';

it('the light changes after it was asked to, in order, and not at all after it was closed', () => {
  const set: number[] = [];
  const later: (() => void)[] = [];
  const light = new MidTickLight({ set: (level) => void set.push(level) }, (act) => void later.push(act));
  light.set(ratio(1));
  light.set(ratio(0));
  expect(set).toEqual([]);
  for (const act of later.splice(0)) act();
  expect(set).toEqual([1, 0]);
  light.set(ratio(1));
  light.close();
  for (const act of later.splice(0)) act();
  expect(set).toEqual([1, 0]);
});
