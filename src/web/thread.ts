/**
 * Starts the thread of the page server. A thread that dies is started again after a pause; the controller goes on meanwhile.
 *
 * The thread cannot run TypeScript everywhere, so from sources it is started from the build in dist (`npm test` builds).
 */
import { Worker } from 'node:worker_threads';
import type { FromServer, PageThread, ToServer } from '../params/page.ts';
import type { ThreadData } from './protocol.ts';

const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/src/web/worker.js', import.meta.url)
  : new URL('./worker.js', import.meta.url);

/** A page server that needs more is broken; it must not take the controller’s memory. */
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };
/** Before it is started again, ms: longer each time, so that a server that cannot run fills no record. */
const REST_MS = 5000;
const LONGEST_REST_MS = 600_000;
/** At the end it may take so long to let everybody go, ms; Node 20 aborts when a thread is ended at work, so it ends by itself. */
const CLOSING_MS = 2000;

export function startThread(workerData: ThreadData, hear: (message: FromServer) => void): PageThread {
  let worker: Worker | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closing = false;
  let restMs = REST_MS;
  const start = (): void => {
    timer = null;
    const next = new Worker(WORKER, { workerData, resourceLimits: LIMITS });
    worker = next;
    // The thread does not keep the program alive.
    next.unref();
    next.on('message', hear);
    next.on('error', (error) =>
      hear({ kind: 'note', level: 'trouble', text: `the page server has failed: ${error.message}` }),
    );
    next.on('exit', () => {
      worker = null;
      if (closing) return;
      hear({ kind: 'deaf', why: 'the page server has stopped and is started again' });
      timer = setTimeout(start, restMs);
      restMs = Math.min(LONGEST_REST_MS, 2 * restMs);
      timer.unref();
    });
  };
  start();
  return {
    post: (message: ToServer) => worker?.postMessage(message),
    close: async () => {
      closing = true;
      if (timer) clearTimeout(timer);
      const last = worker;
      if (!last) return;
      last.postMessage({ kind: 'close' } satisfies ToServer);
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, CLOSING_MS);
        last.once('exit', () => {
          clearTimeout(late);
          resolve();
        });
      });
    },
  };
}
