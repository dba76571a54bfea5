/** `remixd top`: the live screen of a controller that runs elsewhere, as a service or on another computer. Its page server is asked. */
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { readKeys } from '../fronts/terminal/front.ts';
import { COMMANDS } from '../params/commands.ts';
import { isLoopback } from '../params/loopback.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { type Common, configOption, filled, load, setOption } from './options.ts';
import { complain, EXIT_UNKNOWN, guarded } from './output.ts';
import { PageLink } from './page-link.ts';
import { onSignal } from './signals.ts';
import { OLD_S, topScreen } from './top-screen.ts';

interface TopFlags extends Common {
  readonly url?: string;
  readonly tokenFile: string;
}

/** Adds `top`. */
export function addTop(program: Command): void {
  program
    .command('top')
    .description(
      'the live screen of a controller that runs as a service, or on another computer: measurements, verdict, trips, and a key for Stop. One screen where the output is a file or a pipe; exit code 1 if the controller is not live',
    )
    .addOption(configOption())
    .addOption(setOption())
    .addOption(new Option('--url <URL>', 'address of its page (default: web.port of this computer)').argParser(filled))
    .addOption(
      new Option('--token-file <FILE>', 'file with a token of `remixd web token`; role see is enough to look')
        .argParser(filled)
        .makeOptionMandatory(),
    )
    .action((flags: TopFlags) => guarded(() => top(flags)));
}

const STATE_MS = 400;
const DRAW_MS = 200;
const FIRST_MS = 1000;
const SAID_MS = 8000;
/** Who quits while a stop is under way waits for it so long. */
const LAST_MS = 4000;
/** A pipe has no width. */
const COLUMNS = 100;

async function top(flags: TopFlags): Promise<number> {
  const link = new PageLink(addressOf(flags), readFileSync(flags.tokenFile, 'utf8').trim());
  const { stdout } = process;
  // Only a second state tells that the controller goes on: the page server keeps the last one of a controller that hangs.
  await link.look(stdout.columns ?? COLUMNS);
  if (link.state !== null) {
    await wait(FIRST_MS);
    await link.look(stdout.columns ?? COLUMNS);
  }
  if (link.state === null) {
    process.stderr.write(`The page at ${link.url} cannot be asked: ${link.why}.\n    remedy   ${link.remedy}\n`);
    return 1;
  }
  if (stdout.isTTY !== true) {
    stdout.write(`${topScreen(link.view(link.state, null), COLUMNS, 60, false).join('\n')}\n`);
    return link.ageS() < OLD_S ? 0 : 1;
  }
  return live(link);
}

/** Draws until somebody quits. The controller goes on either way. */
async function live(link: PageLink): Promise<number> {
  const { stdout } = process;
  const colour = process.env['NO_COLOR'] === undefined;
  let quits = false;
  let end = (): void => {};
  const over = new Promise<void>((resolve) => {
    end = () => {
      quits = true;
      resolve();
    };
  });
  const said = { text: '', until: 0 };
  const say = (text: string): void => {
    said.text = text;
    said.until = performance.now() + SAID_MS;
  };
  /** A stop under way; null = none is. */
  let stopping: Promise<void> | null = null;
  let isGivenUp = false;
  const stop = async (): Promise<void> => {
    await link.stop(say, () => isGivenUp);
    stopping = null;
  };
  const closeKeys = readKeys((key) => {
    if (key === 'q' || key === '\x03') end();
    else if (key === COMMANDS.stop.aliases.key) stopping ??= stop();
  });
  onSignal(() => end());
  const draw = (): void => {
    if (link.state === null) return;
    const answer = performance.now() < said.until ? said.text : null;
    const lines = topScreen(link.view(link.state, answer), stdout.columns ?? 80, (stdout.rows ?? 40) - 1, colour);
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\n\x1b[J`);
  };
  stdout.write('\x1b[?1049h\x1b[?25l');
  // An answer may take seconds: the screen and its keys do not wait for it.
  const timer = setInterval(draw, DRAW_MS);
  const ask = async (): Promise<void> => {
    for (; !quits; await wait(STATE_MS)) await link.look(stdout.columns ?? 80);
  };
  await Promise.race([over, ask()]);
  clearInterval(timer);
  closeKeys();
  stdout.write('\x1b[?25h\x1b[?1049l');
  const isStopped = await stoppedIn(LAST_MS, stopping);
  isGivenUp = true;
  if (!isStopped) complain('Stop was not answered: the heater may be on. Go to the bench.\n');
  // A question on its way would keep the program.
  return process.exit(isStopped ? 0 : EXIT_UNKNOWN);
}

/** Whether a stop under way is answered within so long; true where none is. */
export const stoppedIn = (ms: number, stopping: Promise<void> | null): Promise<boolean> =>
  stopping === null ? Promise.resolve(true) : Promise.race([stopping.then(() => true), wait(ms).then(() => false)]);

/** By the name that a certificate is made for, where there is one. */
function hostOf(settings: Settings): string {
  const [name = 'none'] = settings['web.names'].split(',');
  const address = settings['web.address'];
  if (settings['web.certFile'] !== 'none' && name !== 'none') return name;
  if (['0.0.0.0', '::'].includes(address)) return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}

/** @throws ConfigError for an address that would show the token to the network */
function addressOf(flags: TopFlags): string {
  const { settings } = load(flags);
  const scheme = settings['web.certFile'] === 'none' ? 'http' : 'https';
  const text = flags.url ?? `${scheme}://${hostOf(settings)}:${settings['web.port']}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(host)))) return url.origin;
  throw new ConfigError([
    {
      code: 'USAGE',
      path: '--url',
      got: text,
      allowed: 'https://HOST:PORT, or http:// on this computer',
      remedy: 'without TLS everybody on the network could read the token: use a tunnel (ssh -L) or https',
    },
  ]);
}
