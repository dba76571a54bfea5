/** How the page asks the controller: every answer has a code, a text, and the errors of single fields. */
import type { Answer } from '../../src/params/answers.ts';

const API = '/api/v1';

/** An answer that is none of the controller’s: the link failed, and nobody knows whether the order was carried out. */
export interface Failed {
  readonly code: 0;
  readonly text: string;
  readonly errors?: undefined;
  readonly data?: undefined;
}
export type Reply = (Omit<Answer, 'code'> & { readonly code: number }) | Failed;

export const isGood = ({ code }: Reply): boolean => code >= 200 && code < 300;

/** Longer than this an answer is not waited for, ms; what takes its time says so. */
const PATIENCE_MS = 12_000;
export const LONG_MS = 190_000;
/** A stop is sent again, and the person told, after so long, ms: a second one does no harm. */
const STOP_MS = 3000;

const UNKNOWN: Failed = {
  code: 0,
  text: 'No answer: nobody knows whether it was carried out. Look at the state before you ask again.',
};

/**
 * A browser has six connections to one server, and the stream holds one: of everything but a stop two requests are under way at a
 * time, so that a stop never waits for others.
 */
const MOST_AT_ONCE = 2;
let underWay = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  while (underWay >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  underWay += 1;
  try {
    return await work();
  } finally {
    underWay -= 1;
    waiting.shift()?.();
  }
}

interface Got {
  readonly status: number;
  readonly body: unknown;
}

async function ask(path: string, init: RequestInit, patienceMs: number): Promise<Got | null> {
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const response = await fetch(`${API}${path}`, { ...init, cache: 'no-store', signal });
    return { status: response.status, body: await response.json() };
  } catch {
    return null;
  }
}

/** Whoever is told when the server says that nobody is signed in. */
let signedOut: () => void = () => {};
export const onSignedOut = (told: () => void): void => {
  signedOut = told;
};

/** Data of a GET, or an answer that says why there is none. */
export async function look<T>(
  path: string,
  patienceMs = PATIENCE_MS,
): Promise<{ readonly data: T } | { readonly failed: Reply }> {
  const got = await inTurn(() => ask(path, {}, patienceMs));
  if (!got) return { failed: { code: 0, text: 'No answer from the controller.' } };
  if (got.status === 200) return { data: got.body as T };
  if (got.status === 401) signedOut();
  return { failed: got.body as Answer };
}

const STOP = '/commands/stop';

/** Posts a body; `unknown` where no answer comes. */
export async function post(path: string, body: unknown, patienceMs = PATIENCE_MS): Promise<Reply> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const send = (): Promise<Got | null> => ask(path, init, patienceMs);
  const got = await (path === STOP ? send() : inTurn(send));
  if (!got) return UNKNOWN;
  if (got.status === 401 && path !== '/session') signedOut();
  const { body: answer } = got;
  if (typeof answer === 'object' && answer !== null && 'text' in answer)
    return { ...(answer as Answer), code: got.status };
  return { code: got.status, text: '', data: answer };
}

/** A command of the desk, with a name of its own so that a second attempt is not a second order. */
export const order = (command: string, args: Readonly<Record<string, unknown>> = {}): Promise<Reply> =>
  command === 'stop' ? post(STOP, {}, STOP_MS) : post(`/commands/${command}`, { id: crypto.randomUUID(), ...args });

/** The same for what only looks. */
export const question = (
  command: string,
  args: Readonly<Record<string, unknown>> = {},
  patienceMs = PATIENCE_MS,
): Promise<Reply> => post(`/commands/${command}`, args, patienceMs);
