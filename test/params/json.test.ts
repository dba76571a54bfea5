import { describe, expect, it } from 'vitest';
import { parseJson } from '../../src/params/json.ts';

describe('JSON that a person wrote', () => {
  it.each(['{}', '[]', ' [1, -2.5e3, "a\\u00e9\\n", true, null, {"b": [[], {}]}]\n', '"x"', '0', '\ufeff{"a": 1}'])(
    'is parsed: %j',
    (text) => {
      expect(parseJson(text)).toEqual({ value: JSON.parse(text.replace('\ufeff', '')) });
    },
  );

  it.each([
    ['', 'line 1, column 1: the text ends too early'],
    ['{"a": 1', 'line 1, column 8: the text ends too early'],
    ['{"a": 1,\n}', 'line 2, column 1: unexpected }'],
    ['[1,\n 2,\n]', 'line 3, column 1: unexpected ]'],
    ['{\n  a: 1\n}', 'line 2, column 3: unexpected a'],
    ['{\n  "a" 1\n}', 'line 2, column 7: unexpected 1'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: unexpected "'],
    ["{'a': 1}", "line 1, column 2: unexpected '"],
    ['{"a": True}', 'line 1, column 7: unexpected True'],
    ['{"a": 010}', 'line 1, column 7: unexpected 010'],
    ['{"a": .5}', 'line 1, column 7: unexpected .5'],
    ['{"a": 1}}', 'line 1, column 9: unexpected }'],
    ['[1}', 'line 1, column 3: unexpected }'],
    ['{"a": }', 'line 1, column 7: unexpected }'],
    ['{"a": 1} // done', 'line 1, column 10: unexpected /'],
    ['{"a": "open\n}', 'line 1, column 7: unexpected "'],
    ['[,1]', 'line 1, column 2: unexpected ,'],
    ['{"a": {}, "b"}', 'line 1, column 14: unexpected }'],
  ])('with an error names the place: %j', (text, error) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(parseJson(text)).toEqual({ error });
  });
});
