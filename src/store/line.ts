/**
 * The connection to the thread of the history: questions and answers. A thread that died is replaced at the next question.
 *
 * The thread cannot run TypeScript everywhere, so from sources it is started from the build in dist (`npm test` builds).
 */
import { Worker } from 'node:worker_threads';
import { StoreBusy } from './lock.ts';
import type { Answer, Ask, WorkerData } from './protocol.ts';

/** The thread cannot be started: there is no database, so `memoryStore` must be used. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** After this many crashes of the thread without an answer in between, the database is suspected. */
const CRASHES = 2;

/**
 * Node 20 aborts the whole process when a thread ends while the compiler still works for it in the background ("Assertion
 * failed: (data.first) != nullptr", seen about once in twenty runs of the tests): so there is a pause before it is ended.
 */
const REST_MS = 50;

const WORKER = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/src/store/worker.js', import.meta.url)
  : new URL('./worker.js', import.meta.url);

interface Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Line {
  private worker: Worker | null = null;
  private readonly calls = new Map<number, Call>();
  private questions = 0;
  private crashes = 0;
  private everAnswered = false;
  private ended = false;

  constructor(private readonly options: WorkerData['options']) {}

  call(ask: Ask): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.ended) {
        reject(new Error('the history is closed'));
        return;
      }
      try {
        this.worker ??= this.start();
        const id = ++this.questions;
        this.calls.set(id, { resolve, reject });
        this.worker.ref();
        this.worker.postMessage({ ...ask, id });
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  async end(): Promise<void> {
    this.ended = true;
    const { worker } = this;
    this.lose(new Error('the history is closed'));
    if (!worker) return;
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    await worker.terminate();
  }

  private start(): Worker {
    const workerData: WorkerData = { options: { ...this.options, suspect: this.crashes >= CRASHES } };
    const worker = new Worker(WORKER, { workerData });
    worker.unref();
    worker.on('message', (answer: Answer) => this.hear(answer));
    const died = (why: string): void => {
      if (this.worker !== worker) return;
      this.crashes += 1;
      const Kind = this.everAnswered ? Error : StoreUnavailable;
      this.lose(new Kind(`the thread that writes the history has stopped (${why})`));
    };
    worker.on('error', (error) => died(messageOf(error)));
    worker.on('exit', (code) => died(`exit ${code}`));
    return worker;
  }

  private hear(answer: Answer): void {
    const call = this.calls.get(answer.id);
    this.calls.delete(answer.id);
    this.everAnswered = true;
    if (this.calls.size === 0) this.worker?.unref();
    if (answer.error === undefined) {
      this.crashes = 0;
      call?.resolve(answer.value);
    } else call?.reject(errorOf(answer.error, this.options.folder));
  }

  private lose(error: Error): void {
    this.worker = null;
    const calls = [...this.calls.values()];
    this.calls.clear();
    for (const call of calls) call.reject(error);
  }
}

function errorOf({ name, message }: { name: string; message: string }, folder: string): Error {
  if (name !== 'StoreBusy') return new Error(message);
  const busy = new StoreBusy(folder, null);
  busy.message = message;
  return busy;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
