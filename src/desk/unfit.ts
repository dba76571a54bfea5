/** What is wrong with the arguments of a command, for the one who sent them. */
import { type Answer, type FieldError, shown } from '../params/answers.ts';
import { allowedBy } from '../params/words.ts';

type Issues = Parameters<typeof allowedBy>[0][];

/** What is wrong with arguments, field by field. */
export function unfit(issues: Issues, args: unknown): Answer {
  const errors = issues.flatMap((issue): FieldError[] => {
    const { path } = issue;
    const keys = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
    return keys.map((where) => {
      const got = where.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null)?.[key], args);
      return { path: where.join('.').slice(0, 80) || '(arguments)', got: shown(got), allowed: allowedBy(issue) };
    });
  });
  const [first] = errors;
  const isUnknown = issues[0]?.code === 'unrecognized_keys';
  const text = isUnknown ? 'is not a field of this command.' : `must be ${first?.allowed}.`;
  return { code: 422, text: `${first?.path} ${text}`, errors };
}
