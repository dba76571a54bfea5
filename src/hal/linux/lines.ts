/**
 * ENABLE, light, sensor supply and contacts on the character device, through the program gate/lines.c: for kernels without
 * GPIO files in /sys. Node cannot make the calls of that device itself, and the gate must not hold both switches.
 *
 * Nothing here waits. The program reports the contacts every 20 ms; a contact whose report is old counts as open, and so
 * does one whose program has ended or no longer reads its orders. An order that does not fit into the pipe is dropped.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  earlier,
  type Instant,
  inSeconds,
  instant,
  LONG_AGO,
  millis,
  type Ratio,
  seconds,
  since,
} from '../../units.ts';
import type { InputPort, LightPort, PumpPort } from '../ports.ts';
import { HalOpenError } from './errors.ts';
import { powerCycle } from './gpio.ts';

/** The version of the lines between the two; the program says its own first. */
const GREETING = 'hello 1';
/** An older report counts as none; at least five are then missing. */
const FRESH = millis(150);
/** So long it must have been silent when the pipe was last looked at, so that a late tick of our own is not its silence. */
const SILENT = millis(100);
const LONGEST_LINE = 200;
/** A silence is not told again sooner, so that a program that comes and goes does not fill the record. */
const TOLD_AGAIN = seconds(10);
/** How long the program may take to end by itself when it is told to. */
const END_MS = 500;

export interface LinesOptions {
  /** Label of the GPIO chip, or `auto`. */
  readonly chip: string;
  /** Offsets on the chip; null = not wired. */
  readonly enable: number;
  readonly estop: number;
  readonly lid: number;
  readonly light: number | null;
  readonly power: number | null;
  /** CLOCK_MONOTONIC in µs, the program’s own clock. */
  readonly now: () => Instant;
  /** The program, default gate/remixd-lines of this package. */
  readonly program?: string;
  /** How long its greeting may take, default 2,000 ms. */
  readonly timeoutMs?: number;
}

/** What the program says of the contacts. */
export interface Levels {
  readonly at: Instant;
  /** Number of the last order that was read; a toggle that was too old by then made no edge. */
  readonly heard: number;
  readonly estop: boolean;
  readonly lid: boolean;
}

/** Reads a report, without its line end. Null for anything that is not one. Times are CLOCK_MONOTONIC in µs. */
export function parseLevels(text: string): Levels | null {
  const found = /^levels (\d{1,15}) (\d{1,15}) ([01]) ([01])$/.exec(text);
  if (!found) return null;
  const [, at, heard, estop, lid] = found;
  return { at: instant(Number(at)), heard: Number(heard), estop: estop === '1', lid: lid === '1' };
}

/** gate/remixd-lines of the package that this file lies in, in src or compiled. */
function ownProgram(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return join(folder, 'gate', 'remixd-lines');
}

/** @throws HalOpenError GPIO_NO_CHIP or GPIO_PERMISSION */
function requireChips(): void {
  const chips = readdirSync('/dev').filter((name) => /^gpiochip\d+$/.test(name));
  if (chips.length === 0)
    throw new HalOpenError(
      'GPIO_NO_CHIP',
      '/dev/gpiochip*',
      'this kernel offers no GPIO chip',
      'Run remixd on a Raspberry Pi, with a kernel that has CONFIG_GPIO_CDEV.',
    );
  const usable = chips.some((name) => {
    try {
      accessSync(`/dev/${name}`, constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (usable) return;
  throw new HalOpenError(
    'GPIO_PERMISSION',
    '/dev/gpiochip*',
    'this user has no permission',
    'Add the user to the group gpio, then log in again.',
  );
}

/** Why the program did not start, or did not take its lines. */
function refusal(program: string, words: string, error: NodeJS.ErrnoException | null): HalOpenError {
  const build = 'Run make -C gate in the remixd folder.';
  if (error?.code === 'ENOENT') return new HalOpenError('LINES_MISSING', program, 'the program is not built', build);
  if (error) return new HalOpenError('LINES_UNUSABLE', program, `the program does not start: ${error.message}`, build);
  const cause =
    words
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^remixd: /, '') || 'the program ended without a message';
  if (/is held by/.test(cause))
    return new HalOpenError(
      'GPIO_BUSY',
      'gpio',
      cause,
      'Stop the other program. A line that is exported in /sys must be released there: write its number to unexport.',
    );
  if (/GPIO chip/.test(cause))
    return new HalOpenError(
      /two GPIO chips/.test(cause) ? 'GPIO_CHIP_AMBIGUOUS' : 'GPIO_CHIP_MISSING',
      'gpio.chip',
      cause,
      'Set gpio.chip to the label of the header’s chip; remixd doctor checks the chips.',
    );
  return new HalOpenError('GPIO_REFUSED', 'gpio', cause, 'Check the lines in the bench file; run remixd doctor.');
}

const otherVersion = (program: string, line: string): HalOpenError =>
  new HalOpenError(
    'LINES_VERSION',
    program,
    `the program greets with ${JSON.stringify(line.slice(0, 40))}, this controller expects "${GREETING}"`,
    'Install the program and the controller from the same release, or run make -C gate in the remixd folder.',
  );

/**
 * Starts the program and waits until it holds every line, outputs low. The sensors’ supply goes on at once.
 * @throws HalOpenError GPIO_NO_CHIP, GPIO_PERMISSION, LINES_MISSING, LINES_UNUSABLE, LINES_VERSION, LINES_SILENT, GPIO_BUSY,
 *   GPIO_CHIP_MISSING, GPIO_CHIP_AMBIGUOUS or GPIO_REFUSED
 */
export async function openLines(options: LinesOptions): Promise<LinuxLines> {
  const program = options.program ?? ownProgram();
  if (options.program === undefined) requireChips();
  const lines = new LinuxLines(program, options);
  try {
    await lines.greeted(options.timeoutMs ?? 2000);
  } catch (error) {
    await lines.close();
    throw error;
  }
  if (options.power !== null) lines.setPower(true);
  return lines;
}

const argumentsOf = ({ chip, enable, estop, lid, light, power }: LinesOptions): string[] =>
  Object.entries({ chip, enable, estop, lid, light, power }).flatMap(([name, value]) =>
    value === null ? [] : [`--${name}`, String(value)],
  );

/** The lines of one bench. Once the program has ended every contact is open, and nothing is sent any more. */
export class LinuxLines {
  readonly pump: PumpPort = { toggle: () => this.send('toggle') };
  readonly estop: InputPort = { closed: () => this.live() && this.levels?.estop === true };
  readonly lid: InputPort = { closed: () => this.live() && this.levels?.lid === true };
  readonly light: LightPort = { set: (level) => this.setLight(level) };
  /** Orders that did not fit into the pipe. */
  dropped = 0;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly now: () => Instant;
  private readonly ended: Promise<void>;
  private levels: Levels | null = null;
  private partial = '';
  private words = '';
  /** It has ended, or cannot be believed. */
  private gone = false;
  private closing = false;
  /** The sentence that tells of it. */
  private loss: string | null = null;
  private sent = 0;
  private lit = false;
  /** Since when an order has been on its way. */
  private unheardSince: Instant | null = null;
  /** When everything that had come through the pipe was last looked at. */
  private lookedAt: Instant;
  private looking: NodeJS.Immediate | null = null;
  private onGreeting: ((problem: HalOpenError | null) => void) | null = null;
  private onTrouble: (text: string) => void = () => {};
  /** When a silence was last told. */
  private toldAt = LONG_AGO;

  constructor(
    private readonly program: string,
    options: LinesOptions,
  ) {
    this.now = options.now;
    this.lookedAt = options.now();
    // Its own session: an interrupt from the terminal is for the controller, which ends the program in good order.
    this.child = spawn(program, argumentsOf(options), { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const { stdin, stdout, stderr } = this.child;
    stdout.setEncoding('latin1').on('data', (text: string) => this.take(text));
    stderr.setEncoding('utf8').on('data', (text: string) => this.complain(text));
    // A pipe that breaks is an end of the program, which "close" below tells of.
    for (const stream of [stdin, stdout, stderr]) stream.on('error', () => {});
    stdout.once('close', () => {
      this.gone = true;
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.onGreeting?.(refusal(program, '', error));
        this.lose(error.message);
        resolve();
      });
      // What it said last has been read by now.
      this.child.once('close', (code, signal) => {
        this.onGreeting?.(refusal(program, this.words, null));
        this.lose(signal ?? `exit code ${code}`);
        resolve();
      });
    });
  }

  /** Resolves at the greeting. */
  greeted(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const silent = `the program did not answer for ${timeoutMs} ms`;
      const remedy = 'Start remixd again; if it happens again, run make -C gate in the remixd folder.';
      const late = setTimeout(() => reject(new HalOpenError('LINES_SILENT', this.program, silent, remedy)), timeoutMs);
      this.onGreeting = (problem) => {
        clearTimeout(late);
        this.onGreeting = null;
        if (problem) reject(problem);
        else resolve();
      };
    });
  }

  /**
   * Calls back with a sentence for people: once when the program ends by itself or cannot be believed, or has done so, and
   * when it falls silent, which opens the contacts until it answers again.
   */
  watch(onTrouble: (text: string) => void): void {
    this.onTrouble = onTrouble;
    if (this.loss !== null) onTrouble(this.loss);
  }

  /** The sensors’ supply. */
  setPower(on: boolean): void {
    this.send(`power ${on ? 1 : 0}`);
  }

  /** The sensors’ supply off and on again; resolves when they have started. */
  cyclePower(): Promise<void> {
    return powerCycle((on) => this.setPower(on));
  }

  /** Ends the program, which sets every output low; one that does not end within 500 ms is killed. */
  async close(): Promise<void> {
    this.closing = true;
    this.gone = true;
    if (this.looking) clearImmediate(this.looking);
    this.child.stdin.end();
    const late = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    // One that is stuck in the kernel does not even end by that; the end of its owner does not wait for it.
    const stuck = new Promise<void>((resolve) => setTimeout(resolve, 2 * END_MS).unref());
    await Promise.race([this.ended, stuck]);
    clearTimeout(late);
  }

  /** On for any level above 0: a line cannot dim. One that was dropped is sent again at the next call. */
  private setLight(level: Ratio): void {
    const wanted = level > 0;
    if (wanted !== this.lit && this.send(`light ${wanted ? 1 : 0}`)) this.lit = wanted;
  }

  /** False = dropped: the program has ended, or does not read. A toggle must never wait to be played later. */
  private send(words: string): boolean {
    const { stdin } = this.child;
    if (this.gone || stdin.destroyed) return false;
    if (stdin.writableLength > 0) {
      this.dropped += 1;
      return false;
    }
    const now = this.now();
    this.sent += 1;
    this.unheardSince ??= now;
    stdin.write(`${this.sent} ${now} ${words}\n`, 'latin1');
    return true;
  }

  /**
   * Whether the contacts are known: reported lately, by a program that reads its orders. A tick that is late itself may
   * come before the reports that wait in the pipe; it goes by what was known when the pipe was last looked at.
   */
  private live(): boolean {
    this.looking ??= setImmediate(() => {
      this.looking = null;
      this.lookedAt = this.now();
    });
    if (this.gone || !this.levels) return false;
    const heard = earlier(this.levels.at, this.unheardSince ?? this.levels.at);
    const now = this.now();
    if (since(now, heard) <= FRESH || since(this.lookedAt, heard) <= SILENT) return true;
    if (since(now, this.toldAt) >= TOLD_AGAIN) this.tellSilence(heard, now);
    return false;
  }

  private tellSilence(heard: Instant, now: Instant): void {
    this.toldAt = now;
    const ms = Math.round(inSeconds(since(now, heard)) * 1e3);
    this.onTrouble(
      `the program for the GPIO lines has not answered for ${ms} ms (orders dropped so far: ${this.dropped}): E-stop and ` +
        'lid count as open, and ENABLE opens. If it does not answer again, restart remixd',
    );
  }

  private take(text: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    for (const line of lines) {
      if (this.gone) return;
      if (!this.read(line)) this.lose(`it wrote ${JSON.stringify(line.slice(0, 40))}`);
    }
    if (this.partial.length > LONGEST_LINE) this.lose('it wrote a line without an end');
  }

  private read(line: string): boolean {
    if (this.onGreeting) {
      const known = line === GREETING;
      this.onGreeting(known ? null : otherVersion(this.program, line));
      return known;
    }
    const levels = parseLevels(line);
    if (!levels || levels.heard > this.sent || levels.at > this.now()) return false;
    if (levels.heard === this.sent) this.unheardSince = null;
    else if (levels.heard > (this.levels?.heard ?? 0)) this.unheardSince = levels.at;
    this.levels = levels;
    return true;
  }

  private complain(text: string): void {
    this.words = (this.words + text).slice(-2000);
  }

  /** From now on every contact is open. At the end of its input the program, if it is still there, sets its outputs low. */
  private lose(why: string): void {
    this.gone = true;
    this.child.stdin.end();
    if (this.closing || this.loss !== null) return;
    const last = this.words.trim().split('\n').at(-1) || why;
    this.loss = `the program for the GPIO lines is lost (${last}): ENABLE, E-stop and lid cannot be used. Restart remixd`;
    this.onTrouble(this.loss);
  }
}
