/**
 * Starts the page server in a process of its own. Whatever strangers make it do, the controller’s heap and its pool of threads,
 * which write the safety record, have nothing to do with it. A server that ends is started again after a pause, and one that
 * hangs is ended; the controller goes on meanwhile.
 *
 * It cannot run TypeScript everywhere, so from sources it is started from the build in dist (`npm test` builds).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromServer, PageProcess, ToServer } from '../params/page.ts';
import { lower } from './lower.ts';
import type { PageData, ToProcess } from './protocol.ts';

const MAIN = fileURLToPath(
  import.meta.url.endsWith('.ts')
    ? new URL('../../dist/src/web/main.js', import.meta.url)
    : new URL('./main.js', import.meta.url),
);

/** A page server that needs more is broken; it must not take the controller’s memory. */
const MOST_HEAP_MB = 128;
/** A little behind the controller; a stop must not wait for a dry run. */
const NICE = 5;
/** A server that says nothing for so long after its start hangs, ms. */
const BIRTH_MS = 60_000;
/** Before it is started again, ms: longer each time. */
const REST_MS = 1000;
const LONGEST_REST_MS = 60_000;
/** After so long a life, ms, the next rest is a short one again. */
const SOUND_MS = 60_000;
/** At the end it may take so long to let everybody go, ms. */
const CLOSING_MS = 2000;
/** Of what it complained of last, so many characters are told. */
const LAST_WORDS = 300;

/** @param main the program to start; another one in tests */
export function startProcess(data: PageData, hear: (message: FromServer) => void, main = MAIN): PageProcess {
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closing = false;
  let restMs = REST_MS;
  const start = (): void => {
    timer = null;
    const begunMs = performance.now();
    const execArgv = [`--max-old-space-size=${MOST_HEAP_MB}`];
    let next: ChildProcess;
    try {
      next = fork(main, [], { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    } catch (error) {
      // No memory, for one, is thrown and not told as an event.
      again(`cannot be started: ${(error as Error).message}`);
      return;
    }
    child = next;
    if (next.pid !== undefined) lower(next.pid, NICE);
    release(next);
    let words = '';
    next.stderr?.on('data', (piece: Buffer) => {
      words = `${words}${piece.toString('utf8')}`.slice(-LAST_WORDS);
    });
    const mute = setTimeout(() => next.kill('SIGKILL'), BIRTH_MS);
    mute.unref();
    next.on('message', (message) => {
      clearTimeout(mute);
      hear(message as FromServer);
    });
    let isOver = false;
    const over = (why: string): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(mute);
      if (child === next) child = null;
      if (performance.now() - begunMs > SOUND_MS) restMs = REST_MS;
      if (!closing) again(`has ended (${why})`);
    };
    next.on('error', (error) => over(error.message));
    next.on('exit', (code, signal) => over([signal ?? `exit code ${code}`, lastLine(words)].join(' ').trim()));
    tell(next, { kind: 'begin', data });
  };
  const again = (why: string): void => {
    hear({ kind: 'deaf', why: `the page server ${why} and is started again` });
    timer = setTimeout(start, restMs);
    timer.unref();
    restMs = Math.min(LONGEST_REST_MS, 2 * restMs);
  };
  start();
  return {
    post: (message) => child && tell(child, message),
    end: () => child?.kill('SIGKILL'),
    close: async () => {
      closing = true;
      if (timer) clearTimeout(timer);
      const last = child;
      if (!last) return;
      const ended = new Promise<void>((resolve) => last.once('exit', () => resolve()));
      tell(last, { kind: 'close' });
      const late = setTimeout(() => last.kill('SIGKILL'), CLOSING_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Never waits and never throws: a process that has just ended hears nothing. */
function tell(child: ChildProcess, message: ToProcess | ToServer): void {
  if (child.connected) child.send(message, () => {});
}

/** The page server does not keep the program alive. */
function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
  (child.stderr as unknown as { unref?: () => void } | null)?.unref?.();
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
