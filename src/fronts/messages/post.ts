/** One HTTP or HTTPS request that carries a message: bounded in time, in size and in what it believes. */
import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Outcome } from './way.ts';

export interface Post {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A way has no more requests under way than this. */
const MOST_LOOKUPS = 3;

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;
type Lookup = (host: string, options: LookupOptions, found: Found) => void;

/**
 * Name look-ups, one at a time in all. A look-up that hangs holds a thread of the pool that also writes files, and cannot
 * be given up: four of them would stop the record. Of each way as many wait as it has requests under way; the oldest gives its
 * place to a newer one.
 */
export class Lookups {
  private busy = false;
  private waiting: { readonly way: string; readonly begin: () => void }[] = [];

  constructor(private readonly ask: Lookup = lookup as Lookup) {}

  for(way: string): Lookup {
    return (host, options, found) => {
      const begin = (): void =>
        this.ask(host, options, (...answer) => {
          this.busy = false;
          found(...answer);
          this.next();
        });
      const own = this.waiting.filter((one) => one.way === way);
      const gone = own.length >= MOST_LOOKUPS ? own[0] : null;
      this.waiting = [...this.waiting.filter((one) => one !== gone), { way, begin }];
      this.next();
    };
  }

  private next(): void {
    if (this.busy) return;
    const first = this.waiting.shift();
    if (!first) return;
    this.busy = true;
    first.begin();
  }
}

const GIVEN_UP: Outcome = { why: 'was given up', again: true };
/** A receiver may ask to wait for so long at the most, s. */
const LONGEST_WAIT_S = 3600;

/** Posts to one address. */
export class Poster {
  private readonly url: URL;
  /** Reading the certificates of this computer takes tens of milliseconds: once, and before the first tick. */
  private readonly secure: SecureContext | null;
  /** What is under way, each by how it is given up. */
  private readonly under = new Set<() => void>();

  /** @param lookup of {@link Lookups} */
  constructor(
    url: string,
    private readonly timeoutMs: number,
    private readonly lookup: Lookup,
  ) {
    this.url = new URL(url);
    this.secure = this.url.protocol === 'https:' ? createSecureContext() : null;
  }

  /** Starts a request once the caller’s turn is over. Calls `done` once, later; never throws. */
  send(post: Post, done: (outcome: Outcome) => void): void {
    const give = (): void => {
      this.under.delete(give);
      clearImmediate(soon);
      done(GIVEN_UP);
    };
    // The first request of a program takes some milliseconds, all others about one: none of it in a control tick.
    const soon = setImmediate(() => {
      this.under.delete(give);
      this.start(post, done);
    });
    this.under.add(give);
  }

  private start({ headers, body }: Post, done: (outcome: Outcome) => void): void {
    const bytes = Buffer.from(body, 'utf8');
    const options = {
      method: 'POST',
      headers: { 'User-Agent': 'remixd', ...headers, 'Content-Length': bytes.length },
      // A connection of its own, closed with its answer.
      agent: false as const,
      lookup: this.lookup as never,
      ...(this.secure && { secureContext: this.secure, rejectUnauthorized: true }),
    };
    let request: ClientRequest;
    try {
      request = (this.secure ? httpsRequest : httpRequest)(this.url, options);
    } catch (error) {
      // A header that cannot be, no descriptors left.
      done({ why: `cannot be asked: ${(error as Error).message}`, again: true });
      return;
    }
    this.watch(request, done);
    request.end(bytes);
  }

  private watch(request: ClientRequest, done: (outcome: Outcome) => void): void {
    let isOver = false;
    const end = (outcome: Outcome): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.under.delete(give);
      // Nothing of an answer’s body is read: its status says it all.
      request.destroy();
      done(outcome);
    };
    const late = `did not answer within messages.timeoutS (${this.timeoutMs / 1000} s)`;
    const timer = setTimeout(() => end({ why: late, again: true }), this.timeoutMs);
    const give = (): void => end(GIVEN_UP);
    this.under.add(give);
    request.on('error', ({ message }) => end({ why: `cannot be reached: ${message}`, again: true }));
    request.on('response', ({ statusCode = 0, headers: { 'retry-after': wait } }) => end(outcomeOf(statusCode, wait)));
  }

  abort(): void {
    for (const give of [...this.under]) give();
  }
}

/** What an answer means. A redirect is never followed: it would carry message and token to an address that nobody chose. */
export function outcomeOf(status: number, retryAfter?: string): Outcome {
  if (status >= 200 && status < 300) return null;
  const answered = `answered ${status}`;
  if (status < 400) return { why: `${answered} and names another address, which is not followed`, again: true };
  const waitS = /^\d{1,9}$/.test(retryAfter ?? '') ? Math.min(LONGEST_WAIT_S, Number(retryAfter)) : null;
  if (status === 408 || status === 429 || status >= 500)
    return { why: answered, again: true, ...(waitS !== null && { waitS }) };
  const meaning = MEANINGS[status];
  return { why: meaning === undefined ? answered : `${answered}: ${meaning}`, again: false };
}

/** What a person can do something about. */
const MEANINGS: Readonly<Record<number, string>> = {
  401: 'it does not accept the token or the signature',
  403: 'it does not allow this sender',
  404: 'there is nothing at this address',
  413: 'the message is too large for it',
};
