/** The terminal of the person at the bench: a live screen and keys; elsewhere the journal of a service, or a line a second. */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Desk, Outcome } from '../../desk/desk.ts';
import { settingsOf } from '../../desk/tuning.ts';
import { COMMAND_NAMES, type CommandName, commandRow, type Origin } from '../../params/commands.ts';
import { type LinkTrouble, troubleBlock } from '../../params/link-trouble.ts';
import { LEVEL, type Level } from '../../params/log.ts';
import type { Settings } from '../../params/settings.ts';
import { shown } from '../../params/shown.ts';
import type { Snapshots } from '../../params/subscriber.ts';
import { inSeconds, since } from '../../units.ts';
import type { Front, FrontClock } from '../front.ts';
import { forStream, isJournal, JournalLog } from './journal.ts';
import { Recent } from './recent.ts';
import { screen } from './view.ts';
import { statusLine, trialText } from './words.ts';

export interface TerminalOptions {
  readonly speed: number;
  readonly recipe: string;
  /** Where the run is recorded now. */
  readonly folder: () => string;
  readonly truth: () => { readonly segregated: number; readonly filmC: number } | null;
  /** What the other fronts say of themselves. */
  readonly remote: string | null;
  /** What does not work of the remote side; null while all is well. */
  readonly trouble: () => LinkTrouble | null;
  /** Where the page is. */
  readonly page: string;
  /** The person wants to end. */
  readonly stop: () => void;
}

export interface TerminalFront extends Front {
  /** Draws when it is time to; for the program’s own loop, between control ticks. */
  show(): void;
}

const SCREEN_MS = 200;
const LINE_MS = 1000;
const SAID_MS = 8000;
const ORIGIN: Origin = { via: 'terminal', by: 'the terminal', proven: true, roles: ['see', 'run', 'tune'] };

export function openTerminal(
  desk: Desk,
  snapshots: Snapshots,
  _clock: FrontClock,
  options: TerminalOptions,
): TerminalFront {
  const recent = new Recent();
  snapshots.subscribe(recent);
  const { stdout, stderr } = process;
  const isTerminal = stdout.isTTY === true;
  const colour = isTerminal && process.env['NO_COLOR'] === undefined;
  const { speed, recipe, remote, page } = options;
  // What the last key was answered, shown for a while.
  let said: { readonly text: string; readonly at: number } | null = null;
  let help = false;
  const keys = isTerminal
    ? readKeys((key) => {
        if (key === '?') help = !help;
        const text = press(desk, key, options.stop);
        if (text !== null) said = { text, at: performance.now() };
      })
    : () => {};
  const journal = !isTerminal && isJournal(stdout.fd) ? new JournalLog((text) => stdout.write(text)) : null;
  if (journal) snapshots.subscribe({ event: (event) => journal.event(event, desk.snapshot.simulated) });
  const tellLink = linkTeller((text, level) => stderr.write(forStream(stderr.fd, level, text)));
  releaseVanished();
  if (isTerminal) stdout.write('\x1b[?1049h\x1b[?25l');
  else stderr.write(forStream(stderr.fd, LEVEL.info, `${remote === null ? '' : `${remote}\n`}page ${page}\n`));
  let closed = false;
  let drawnAt = Number.NEGATIVE_INFINITY;
  const status = (): string => statusLine({ snapshot: desk.snapshot, recent, trouble: options.trouble() });
  const draw = (): void => {
    const { snapshot } = desk;
    const trouble = options.trouble();
    const view = { snapshot, recent, speed, recipe, remote, page, trouble, help, colour, trial: trialOf(desk) };
    const answer = said !== null && performance.now() - said.at < SAID_MS ? said.text : null;
    const all = { ...view, answer, folder: options.folder(), truth: options.truth() };
    const lines = screen(all, stdout.columns ?? 80, (stdout.rows ?? 40) - 1);
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\n\x1b[J`);
  };
  return {
    words: null,
    tick: () => {},
    show: () => {
      const now = performance.now();
      journal?.show(now, status);
      if (now - drawnAt < (isTerminal ? SCREEN_MS : LINE_MS)) return;
      drawnAt = now;
      if (isTerminal) return draw();
      tellLink(options.trouble());
      if (!journal) stdout.write(`${status()}\n`);
    },
    close: async () => {
      // Leaving the screen again would put the cursor back over what was written since.
      if (closed) return;
      closed = true;
      keys();
      journal?.flush();
      if (isTerminal) stdout.write('\x1b[?25h\x1b[?1049l');
    },
  };
}

let releases = false;

/**
 * Node.js restores the terminal at its exit and aborts when that terminal is gone (closed window, lost connection). So the
 * last thing before the exit is to close what was a terminal at the start and is none any more; by then nothing else can
 * be opened under the same number.
 */
function releaseVanished(): void {
  if (releases) return;
  releases = true;
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.once('exit', () => {
    for (const fd of terminals) {
      if (isatty(fd)) continue;
      try {
        closeSync(fd);
      } catch {
        // It was closed before, which is as good.
      }
    }
  });
}

function trialOf({ tuning: { trial }, snapshot }: Desk): string | null {
  if (!trial) return null;
  const leftS = Math.max(0, Math.round(inSeconds(since(trial.until, snapshot.at))));
  return trialText(trial.patch, trial.rev, trial.by, leftS);
}

/** Arrows change the pulse: up and down its width t, left and right its period T. */
const ARROWS: Readonly<Record<string, (s: Settings) => Partial<Settings>>> = {
  '\x1b[A': (s) => ({ 'pulse.onMs': s['pulse.onMs'] + 50 }),
  '\x1b[B': (s) => ({ 'pulse.onMs': s['pulse.onMs'] - 50 }),
  '\x1b[C': (s) => ({ 'pulse.periodMs': s['pulse.periodMs'] + 500 }),
  '\x1b[D': (s) => ({ 'pulse.periodMs': s['pulse.periodMs'] - 500 }),
};
const BY_KEY = new Map<string, CommandName>(
  COMMAND_NAMES.flatMap((name) => {
    const { key } = commandRow(name).aliases;
    return key?.length === 1 ? [[key, name] as const] : [];
  }),
);

/** Says each trouble of the link once on the standard error, and when it is over. */
export function linkTeller(write: (text: string, level: Level) => void): (trouble: LinkTrouble | null) => void {
  let told: LinkTrouble | null = null;
  return (trouble) => {
    if (trouble?.code === told?.code) return;
    if (trouble === null) write('MQTT works again.\n', LEVEL.notice);
    else write(`MQTT: ${troubleBlock(trouble)}`, LEVEL.warning);
    told = trouble;
  };
}

/** Does what a key means; returns what to say about it, or null where there is nothing to say. */
export function press(desk: Desk, key: string, stop: () => void): string | null {
  const arrow = Object.hasOwn(ARROWS, key) ? ARROWS[key] : undefined;
  const name = BY_KEY.get(key);
  if (key === 'q' || key === '\x03') stop();
  else if (arrow) return turn(desk, arrow(settingsOf(desk.tuning)));
  else if (name === 'acknowledge') {
    const { latch } = desk.snapshot.kernel;
    return textOf(desk.submit(name, { trip: latch?.trip ?? 1 }, ORIGIN));
  } else if (name) return textOf(desk.submit(name, {}, ORIGIN));
  else if (key !== '?' && key.trim() !== '') return `There is no key ${shown(key)}; ? lists the keys.`;
  return null;
}

/** Commands that have a key are answered at once. */
const textOf = (outcome: Outcome): string | null => ('text' in outcome ? outcome.text : null);

/** Changes the pulse, and says what it is now: a change that the mode does not use shows nowhere else. */
function turn(desk: Desk, patch: Partial<Settings>): string | null {
  const outcome = desk.submit('set', { patch }, ORIGIN);
  const text = textOf(outcome);
  if (!('code' in outcome) || outcome.code >= 400) return text;
  const { order, driven } = desk.snapshot;
  const unused = driven && order.mode !== 'pulse' ? ` The mode ${order.mode} does not use it.` : '';
  const now = settingsOf(desk.tuning);
  return `${text} Pulse ${now['pulse.onMs']} ms every ${now['pulse.periodMs']} ms.${unused}`;
}

/** Hands over each key that is pressed, until the function it returns is called. Does nothing where there is no terminal. */
export function readKeys(take: (key: string) => void): () => void {
  const { stdin } = process;
  if (!stdin.isTTY) return () => {};
  stdin.setRawMode(true);
  stdin.resume();
  // Several keys may come in one piece.
  const onData = (data: Buffer): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: arrow keys begin with the escape character
    for (const key of data.toString('utf8').match(/\x1b\[[A-D]|[\s\S]/gu) ?? []) take(key);
  };
  stdin.on('data', onData);
  return () => {
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
