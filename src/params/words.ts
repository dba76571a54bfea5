/** What a schema found wrong, in the words of this product: a library’s own English never reaches a person. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  nonoptional: 'a value',
};

const comma = (values: readonly unknown[]): string => values.map(String).join(' | ');

/** What would have been allowed at the place of this issue. */
export function allowedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'too_small':
      return sized(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return sized(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'no other fields';
    case 'invalid_value':
      return comma(issue.values);
    case 'invalid_key':
      return 'a shorter name';
    case 'invalid_union':
      return 'one of the documented forms';
    // Formats and rules of our own carry our own words.
    default:
      return issue.message;
  }
}

function sized(origin: string, how: string, bound: number | bigint): string {
  switch (origin) {
    case 'string':
      return `${how} ${bound} characters`;
    case 'array':
    case 'set':
      return `${how} ${bound} entries`;
    case 'object':
      return `${how} ${bound} fields`;
    default:
      return `${how} ${bound}`;
  }
}
