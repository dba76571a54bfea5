/** A command line that commander refuses, as a problem in the form of every other one. */
import type { CommanderError } from 'commander';
import type { Problem } from '../params/problem.ts';

type Misuse = Omit<Problem, 'code'>;
const HELP = 'remixd --help lists the commands, remixd COMMAND --help their options.';

/** Commander names what it speaks of in quotes: the option, the argument or the command, in the order of its sentence. */
const MISUSES: Readonly<Record<string, (names: readonly string[], near: string | null, text: string) => Misuse>> = {
  unknownOption: ([option = ''], near) => ({
    path: option,
    got: option,
    allowed: 'an option of this command',
    remedy: near ?? HELP,
  }),
  unknownCommand: ([command = ''], near) => ({
    path: command,
    got: command,
    allowed: 'a command of remixd',
    remedy: near ?? HELP,
  }),
  invalidArgument: ([flags = '', got = ''], _, text) => {
    const path = bare(flags);
    const allowed = /Allowed choices are (.*)\./.exec(text)?.[1] ?? 'another value';
    return { path, got, allowed, remedy: `Write ${path} followed by one of these.` };
  },
  missingArgument: ([name = '']) => ({
    path: name,
    got: 'nothing',
    allowed: `a value for ${name}`,
    remedy: `Add the ${name} to the command.`,
  }),
  optionMissingArgument: ([flags = '']) => ({
    path: bare(flags),
    got: 'nothing',
    allowed: 'a value after the option',
    remedy: `Write ${flags}.`,
  }),
  missingMandatoryOptionValue: ([flags = '']) => ({
    path: bare(flags),
    got: 'nothing',
    allowed: 'this option is required',
    remedy: `Add ${flags}.`,
  }),
  excessArguments: ([command = 'remixd'], _, text) => {
    const [, expected = '0', given = 'more'] = /Expected (\d+) arguments? but got (\d+)/.exec(text) ?? [];
    const allowed = `${expected} argument${expected === '1' ? '' : 's'}`;
    return { path: command, got: given, allowed, remedy: 'Quote a value that has spaces, or remove the others.' };
  },
};

/** The flags of an option without its short form and its value: `-c, --config <FILE>` is `--config`. */
export const bare = (flags: string): string => flags.replace(/^-\w, | <.*/g, '');

/** @returns the problem behind an error of commander; its own words only for an error that is not listed above */
export function misuse({ code, message }: Pick<CommanderError, 'code' | 'message'>): Problem {
  const names = [...message.matchAll(/'([^']*)'/g)].map(([, name = '']) => name);
  const near = /Did you mean (?:one of )?(.*?)\?/.exec(message)?.[1];
  const describe = MISUSES[code.replace('commander.', '')];
  const told = describe?.(names, near ? `Did you mean ${near}?` : null, message);
  return { code: 'USAGE', ...(told ?? { path: 'remixd', got: message, allowed: 'another command', remedy: HELP }) };
}
