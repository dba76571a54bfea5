import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkValue } from '../../src/params/check.ts';
import { patchErrors } from '../../src/params/patch.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { shown } from '../../src/params/shown.ts';
import { allowedBy } from '../../src/params/words.ts';

describe('a value as a person sees it', () => {
  it.each([
    ['a text', '"a text"'],
    [undefined, 'nothing'],
    [null, 'null'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    ['\u001b[2J\u009b2J', '"\\u001b[2J\\u009b2J"'],
    ['x'.repeat(100), `"${'x'.repeat(76)}...`],
  ])('%j is %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it('is the same in a patch and in a configuration', () => {
    for (const value of [Number.POSITIVE_INFINITY, 'x'.repeat(100)]) {
      const [error] = patchErrors(defaultSettings(), { 'pulse.onMs': value }, { driven: false, recipes: [] });
      expect(error?.got).toBe(checkValue('pulse.onMs', value)?.got);
    }
  });
});

describe('what is allowed', () => {
  it('is a value where one is required', () => {
    const { error } = z.strictObject({ a: z.unknown().optional() }).required({ a: true }).safeParse({});
    expect(error?.issues.map(allowedBy)).toEqual(['a value']);
  });
});
