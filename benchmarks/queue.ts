/** Work for a few workers. */
import type { Worker } from 'node:worker_threads';

/** What the workers answer to the messages, in the order of the messages; each goes to the next worker that is free. */
export async function answers<M, A>(messages: readonly M[], workers: readonly Worker[]): Promise<A[]> {
  const done: A[] = new Array(messages.length);
  let next = 0;
  await Promise.all(
    workers.map(async (worker) => {
      while (next < messages.length) {
        const index = next;
        next += 1;
        done[index] = await new Promise((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
          worker.postMessage(messages[index]);
        });
        worker.removeAllListeners('error');
      }
    }),
  );
  return done;
}
