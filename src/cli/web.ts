/** `remixd web`: who may use the page of this device. */
import { type Command, Option } from 'commander';
import { ConfigError, type Problem } from '../params/problem.ts';
import { LEVELS } from '../params/web.ts';
import { FIRST } from '../web/open.ts';
import {
  MOST_TOKENS,
  newToken,
  readTokens,
  TokensDamaged,
  withoutToken,
  withToken,
  writeTokens,
} from '../web/tokens.ts';
import { type Common, configOption, jsonOption, load, named, setOption } from './options.ts';
import { guarded } from './output.ts';

type Level = keyof typeof LEVELS;
interface TokenFlags extends Common {
  readonly name: string;
  readonly may: Level;
}

/** Adds `web token`, `web tokens` and `web revoke`. */
export function addWeb(program: Command): void {
  const web = program.command('web').description('who may use the page and its API');
  const nameOption = new Option(
    '--name <NAME>',
    'name for the record: at most 32 lower-case letters, digits and dashes',
  );
  web
    .command('token')
    .description('make a token, or another one of the same name; it is shown once and is good at once')
    .addOption(configOption())
    .addOption(setOption())
    .addOption(jsonOption())
    .addOption(nameOption.argParser(named).default(FIRST))
    .addOption(
      new Option('--may <LEVEL>', 'see: look; run: also start, acknowledge; tune: also try settings')
        .choices(Object.keys(LEVELS))
        .default('tune'),
    )
    .action((flags: TokenFlags) => guarded(() => make(flags)));
  web
    .command('tokens')
    .description('list the tokens by name; the tokens themselves are not kept')
    .addOption(configOption())
    .addOption(setOption())
    .addOption(jsonOption())
    .action((flags: Common) => guarded(() => list(flags)));
  web
    .command('revoke')
    .description('take a token away: its pages are signed out within some seconds')
    .argument('<name>', 'name of the token', named)
    .addOption(configOption())
    .addOption(setOption())
    .action((name: string, flags: Common) => guarded(() => revoke(name, flags)));
}

const stateDirOf = (flags: Common): string => load(flags).settings['runtime.stateDir'];

/** @throws ConfigError when the file cannot be trusted */
function tokensIn(stateDir: string): ReturnType<typeof readTokens> {
  try {
    return readTokens(stateDir);
  } catch (error) {
    if (!(error instanceof TokensDamaged)) throw error;
    throw wrong({
      path: 'runtime.stateDir',
      got: error.message,
      allowed: 'a sound file',
      remedy: 'Move the file away.',
    });
  }
}

const wrong = (problem: Omit<Problem, 'code'>): ConfigError => new ConfigError([{ code: 'WEB_TOKENS', ...problem }]);

function make(flags: TokenFlags): number {
  const stateDir = stateDirOf(flags);
  const file = tokensIn(stateDir);
  const others = file?.tokens.filter(({ name }) => name !== flags.name) ?? [];
  if (others.length >= MOST_TOKENS)
    throw wrong({
      path: '--name',
      got: `${others.length} tokens`,
      allowed: `at most ${MOST_TOKENS}`,
      remedy: 'Take one away with remixd web revoke.',
    });
  const token = newToken();
  writeTokens(stateDir, withToken(file, flags.name, flags.may, token));
  const told = { name: flags.name, may: LEVELS[flags.may], token };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(told)}\n`
      : `${token}\nToken ${told.name}; it may ${told.may.join(', ')}. It is shown only now; the device keeps a hash.\n`,
  );
  return 0;
}

function list(flags: Common): number {
  const file = tokensIn(stateDirOf(flags));
  const rows = (file?.tokens ?? []).map(({ name, level }) => ({ name, may: LEVELS[level] }));
  const lines = rows.map(({ name, may }) => `${name.padEnd(32)} ${may.join(', ')}`);
  const none = 'There is no token yet: remixd web token makes one.';
  process.stdout.write(`${flags.json ? JSON.stringify(rows) : lines.length > 0 ? lines.join('\n') : none}\n`);
  return 0;
}

function revoke(name: string, flags: Common): number {
  const stateDir = stateDirOf(flags);
  const file = tokensIn(stateDir);
  if (!file?.tokens.some((token) => token.name === name)) {
    const names = file?.tokens.map((token) => token.name).join(' | ') || 'there is none';
    throw wrong({ path: 'name', got: name, allowed: names, remedy: 'remixd web tokens lists them.' });
  }
  writeTokens(stateDir, withoutToken(file, name));
  process.stdout.write(`Token ${name} is void.\n`);
  return 0;
}
