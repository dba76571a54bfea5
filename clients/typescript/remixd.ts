/**
 * A small client of remixd’s HTTP API for Node.js from version 20 and for browsers: fetch and streams, no dependencies.
 * Times are s, temperatures °C, differences of temperature K; docs/reference/http.md lists the routes and their roles.
 */
import type * as T from './types.js';

/** They name the nonce of the state that they were decided on. */
const HEATING: Readonly<Record<T.HeatingCommand, true>> = { arm: true, find: true, try: true };
/** The stream says something every 5 s. */
const [MOST_WAITS, LONGEST_WAIT_S, SILENT_MS, AGAIN_MS] = [4, 5, 15_000, 2000];

/** The link failed, or what came was not an answer of remixd. */
export class NoAnswer extends Error {}

/**
 * An order was not answered, or with a 5xx. No answer is not “not done”: the order may have been carried out, or may still be.
 * Look at the state; then `repeat(error)` sends the very same order, which is carried out once at most.
 */
export class OutcomeUnknown<N extends T.CommandName = T.CommandName> extends NoAnswer {
  readonly command: N;
  readonly arguments: T.Arguments[N];
  constructor(command: N, args: T.Arguments[N], why: unknown) {
    super(`${command}: nobody knows whether it was carried out (${textOf(why)}). Look at the state first.`);
    [this.command, this.arguments] = [command, args];
  }
}

/** remixd did not carry it out. `code`: the HTTP status; `waitS`: what a 429 asks to wait for, s. */
export class Refused extends Error {
  readonly code: number;
  readonly errors: readonly T.FieldError[];
  readonly waitS: number;
  constructor(code: number, text: string, errors: readonly T.FieldError[] = [], waitS = 1) {
    const fields = errors.map(({ path, got, allowed }) => `\n  ${path}: got ${got}; allowed: ${allowed}`);
    super(`${code} ${text}${fields.join('')}`);
    [this.code, this.errors, this.waitS] = [code, errors, waitS];
  }
}
/** Whether asking again gets the same answer. */
const lasts = (error: unknown): error is Refused =>
  error instanceof Refused && error.code < 500 && ![408, 429].includes(error.code);

/** What the stream says; `gap`: events that are gone; `lost`: the link failed, and is tried again. */
export type Heard =
  | readonly ['state', T.PageState]
  | readonly ['event', T.PageEvent]
  | readonly ['gap', { readonly from: number; readonly to: number }]
  | readonly ['lost', { readonly text: string }];
/** `Row`: an object as docs/reference/http.md has it; `Tried`: the answer to settings on trial. */
export type Row = Readonly<Record<string, unknown>>;
export type Tried = T.Answer & { readonly data: { readonly rev: number } };
type Query = Readonly<Record<string, string | number>>;
type Request = { readonly query?: Query; readonly body?: unknown; readonly signal?: AbortSignal | undefined };

export class Remixd {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  #acted = false;

  /** `url` as in http://127.0.0.1:8017; `token`: null where a browser is signed in. @throws RangeError for one that cannot be used */
  constructor(url: string, token: string | null, timeoutS = 12) {
    if (!/^(https:\/\/[^/@?#]+|http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?)\/?$/.test(url))
      throw new RangeError('The address must be https://HOST:PORT; http:// shows the token and is for 127.0.0.1 only.');
    // The message does not show it: a token with a line break at its end is still a token.
    if (token !== null && !/^[\x21-\x7e]{1,200}$/.test(token))
      throw new RangeError('The token must be 1 to 200 printable characters without spaces or line breaks.');
    this.#headers = { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) };
    [this.#url, this.#timeoutMs] = [url.replace(/\/$/, ''), timeoutS * 1000];
  }

  /** The state, some 0.2 s old at most. */
  state = (): Promise<T.PageState> => this.#get(['state']);
  /** What does not change while the program runs: device, limits and the tables of settings, faults and columns. */
  about = (): Promise<Row> => this.#get(['about']);
  /** The newest events of the program after number `after`, oldest first. */
  events = (after = 0): Promise<{ readonly newest: number; readonly events: readonly T.PageEvent[] }> =>
    this.#get(['events'], { after });
  /** Measurements of the last `spanS` s (1 to 86,400) in at most `points` rows (2 to 2,000); an absent one is null. */
  chart = (spanS = 300, points = 600): Promise<T.ChartData> => this.#get(['chart'], { span_s: spanS, points });
  /** The recorded runs, newest first. */
  runs = async (): Promise<readonly Row[]> => (await this.#get<{ runs: readonly Row[] }>(['runs'])).runs;
  /** Figures of merit of each run of a record, verdicts over time, description. Long records take seconds. */
  run = (name: string): Promise<Row> => this.#get(['runs', name]);
  /** Columns of a run for a picture; `run`: its number in the record, `points`: 10 to 2,000. */
  series = (name: string, query: { readonly run?: number; readonly points?: number } = {}): Promise<Row> =>
    this.#get(['runs', name, 'series'], { ...query });
  /** The recipes of the device: those that came with it, and its own. */
  recipes = async (): Promise<readonly Row[]> => (await this.#get<{ recipes: readonly Row[] }>(['recipes'])).recipes;

  /** The bytes of run.json, data.csv, events.csv or notes.json of a record; reading them fails where they break off. */
  async download(name: string, file: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#sent(['runs', name, 'files', file], { signal });
    return body ?? Promise.reject(new NoAnswer('The answer has no body.'));
  }

  /** Goes on for ever, and after `lost` where it stopped. `last`: `BOOT.SEQ` to begin after. @throws Refused where waiting is no use */
  async *stream(last = '', signal?: AbortSignal): AsyncGenerator<Heard> {
    for (let place = last; !signal?.aborted; await pause(AGAIN_MS)) {
      const link = new AbortController();
      const end = (): void => link.abort();
      let silent = setTimeout(end, SILENT_MS);
      try {
        const either = AbortSignal.any(signal ? [link.signal, signal] : [link.signal]);
        const response = await this.#sent(['stream'], { query: place === '' ? {} : { last: place }, signal: either });
        for await (const { id, heard } of messages(response)) {
          clearTimeout(silent);
          silent = setTimeout(end, SILENT_MS);
          if (!heard) continue;
          place = id;
          yield heard;
        }
      } catch (error) {
        if (signal?.aborted) return;
        if (lasts(error)) throw error;
        yield ['lost', { text: textOf(error) }];
      } finally {
        clearTimeout(silent);
        end();
      }
    }
  }

  /**
   * Hands a command to the desk: 200 = done, 202 = accepted, watch the state. Adds an `id`, and to what can lead to heat the present
   * `nonce`. Waits where it is asked too often, at most 4 times 5 s; without an answer it never sends the order again by itself, since
   * somebody may have pressed Stop. @throws Refused, OutcomeUnknown
   */
  async order<N extends T.CommandName>(command: N, args: T.Arguments[N]): Promise<T.Answer> {
    const nonce = command in HEATING && !('nonce' in args) ? { nonce: (await this.#present()).nonce } : {};
    const body = { id: crypto.randomUUID(), ...nonce, ...args } as unknown as T.Arguments[N];
    this.#acted = true;
    try {
      return await paced(() => this.#ask<T.Answer>(['commands', command], { body }));
    } catch (error) {
      if (error instanceof Refused ? error.code >= 500 : error instanceof NoAnswer)
        throw new OutcomeUnknown(command, body, error);
      throw error;
    }
  }

  /** Sends the order of an OutcomeUnknown once more, with its id: it is carried out only if it was not before. */
  repeat = (unknown: OutcomeUnknown): Promise<T.Answer> => this.order(unknown.command, unknown.arguments);

  /**
   * Heater off. Repeats until it is answered, at least once and for about `giveUpS` s; waits for no rate. After an error the heater
   * may be on: go to the bench. @throws OutcomeUnknown without an answer; Refused where asking again is no use (a void token)
   */
  async stop(giveUpS = 60): Promise<T.Answer> {
    const end = performance.now() + giveUpS * 1000;
    for (let patienceMs = 2000; ; patienceMs *= 2) {
      const waitMs = Math.min(this.#timeoutMs, patienceMs, Math.max(200, end - performance.now()));
      try {
        return await this.#ask(['commands', 'stop'], { body: {}, signal: AbortSignal.timeout(waitMs) });
      } catch (error) {
        if (lasts(error)) throw error;
        if (performance.now() >= end) throw new OutcomeUnknown('stop', {}, error);
      }
      await pause(200);
    }
  }

  /** Settings on trial: those before come back after `confirmS` s (10 to 3,600) unless `confirm` gets the `rev` of the answer. */
  async trySettings(patch: T.Patch, confirmS = 120): Promise<Tried> {
    const { rev, nonce } = await this.#present();
    return (await this.order('try', { patch, confirm_s: confirmS, base_rev: rev, nonce })) as Tried;
  }
  /** Keeps the trial `rev`. */
  confirm = (rev: number): Promise<T.Answer> => this.order('confirm', { rev });
  /** Ends the trial; the settings before it come back at once. */
  revert = (): Promise<T.Answer> => this.order('revert', {});
  /** What these settings would do, by the commissioned model: `{now, changed, refused}`. Changes nothing. */
  whatIf = async (patch: T.Patch): Promise<Row> => (await this.order('what-if', { patch })).data as Row;

  /** The state; after an order one that is newer than its answer, so that its revision and nonce are not used up. */
  async #present(): Promise<T.PageState> {
    let state = await this.state();
    const { boot, seq } = state;
    const end = performance.now() + 2000;
    while (this.#acted && state.boot === boot && state.seq === seq && performance.now() < end) {
      await pause(100);
      state = await this.state();
    }
    this.#acted = false;
    return state;
  }

  #get = <R>(parts: readonly string[], query: Query = {}): Promise<R> => paced(() => this.#ask<R>(parts, { query }));

  async #ask<R>(parts: readonly string[], request: Request): Promise<R> {
    return objectOf(await this.#sent(parts, { signal: AbortSignal.timeout(this.#timeoutMs), ...request })) as R;
  }

  async #sent(parts: readonly string[], { query = {}, body, signal }: Request): Promise<Response> {
    const search = new URLSearchParams(query as Readonly<Record<string, string>>);
    const response = await heard(
      fetch(`${this.#url}/api/v1/${parts.map(encodeURIComponent).join('/')}?${search}`, {
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
        // A redirect would carry the token elsewhere.
        ...{ headers: this.#headers, redirect: 'error', cache: 'no-store', signal: signal ?? null },
      }),
    );
    if (response.ok) return response;
    const { text, errors } = (await objectOf(response)) as Partial<T.Answer>;
    throw new Refused(response.status, text ?? '', errors, Number(response.headers.get('retry-after') ?? 1) || 1);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const heard = <R>(what: Promise<R>): Promise<R> =>
  what.catch((error: Error) => {
    throw new NoAnswer(`no answer: ${textOf(error.cause ?? error)}`);
  });

async function objectOf(response: Response): Promise<object> {
  const data: unknown = await heard(response.json());
  if (typeof data === 'object' && data !== null) return data;
  throw new NoAnswer(`HTTP ${response.status} without a JSON object: not an answer of remixd`);
}

async function paced<R>(call: () => Promise<R>, waits = MOST_WAITS): Promise<R> {
  try {
    return await call();
  } catch (error) {
    const isBusy = error instanceof Refused && error.code === 429 && error.waitS <= LONGEST_WAIT_S;
    if (!isBusy || waits === 0) throw error;
    await pause(error.waitS * 1000);
    return paced(call, waits - 1);
  }
}

/** Messages of server-sent events, and null for a sign of life; what breaks off in the middle is left out. */
async function* messages({ body }: Response): AsyncGenerator<{ id: string; heard: Heard | null }> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const piece = await heard(reader?.read() ?? Promise.reject(new Error('the stream has no body')));
    if (piece.done) throw new NoAnswer('the stream ended');
    const blocks = (text + decoder.decode(piece.value, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const { id = '', event, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));
      yield { id, heard: data === undefined ? null : ([event, JSON.parse(data)] as unknown as Heard) };
    }
  }
}
