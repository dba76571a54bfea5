/** Who asks: tokens and signed-in browsers, how often each may ask, and signing in and out. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { hostname } from 'node:os';
import { Buckets } from '../desk/buckets.ts';
import type { Asker } from '../params/page.ts';
import { type Instant, instant } from '../units.ts';
import { Refused } from './answer.ts';
import { bearer, cookie } from './requests.ts';
import { SESSION_MS, Sessions } from './sessions.ts';
import { askerOf, byToken, readTokens, type Token, type TokenFile, TokensDamaged, tokensPath } from './tokens.ts';

/** One client: ten open pages ask for their charts twice a second each. */
const EACH = { burst: 100, perS: 40 };
const TOGETHER = { burst: 400, perS: 120 };
/** Wrong tokens from one address, and from all. */
const TRIES = { burst: 8, perS: 0.2 };
const ALL_TRIES = { burst: 30, perS: 1 };
/** What crosses to the controller: as many commands as over MQTT. */
const ORDERS = { burst: 20, perS: 10 };
const ALL_ORDERS = { burst: 80, perS: 40 };
const MOST_CLIENTS = 64;

const NOBODY: TokenFile = { tokens: [] };
export interface Clock {
  /** ms, goes on. */
  mono(): number;
  /** ms since 1970 by this computer’s clock. */
  wall(): number;
}

/** Who asks. */
export interface Known {
  readonly asker: Asker;
  /** A browser that was signed in. */
  readonly viaCookie: boolean;
  /** What it was let in by: the hash of a token, and of a session where there is one. */
  readonly pass: Pass;
}
export interface Pass {
  readonly token: string;
  readonly session: string | null;
}

export class Access {
  private file: TokenFile = NOBODY;
  /** The last file that was sound: a stop is obeyed by it while the present one is damaged or gone. */
  private sound: TokenFile = NOBODY;
  private readonly sessions: Sessions;
  private stamp = '';
  private readonly cookieName: string;
  private readonly asks: Buckets;
  private readonly tries: Buckets;
  private readonly orders: Buckets;

  constructor(
    private readonly stateDir: string,
    private readonly clock: Clock,
    private readonly tls: boolean,
    private readonly trouble: (text: string) => void,
  ) {
    this.sessions = new Sessions(stateDir, trouble);
    // Cookies know no ports: two devices behind two tunnels must not sign each other out.
    this.cookieName = `remixd-${createHash('sha256').update(`${hostname()} ${stateDir}`).digest('hex').slice(0, 8)}`;
    this.asks = new Buckets(EACH, TOGETHER, MOST_CLIENTS, this.now());
    this.orders = new Buckets(ORDERS, ALL_ORDERS, MOST_CLIENTS, this.now());
    this.tries = new Buckets(TRIES, ALL_TRIES, MOST_CLIENTS, this.now());
    this.look();
  }

  /** Reads the file again where it has changed: a token that was taken away is void at once. */
  look(): void {
    const stamp = stampOf(tokensPath(this.stateDir));
    if (stamp === this.stamp) return;
    this.stamp = stamp;
    try {
      const file = readTokens(this.stateDir);
      this.file = file ?? NOBODY;
      this.sound = file ?? this.sound;
    } catch (error) {
      if (!(error instanceof TokensDamaged)) throw error;
      this.file = NOBODY;
      this.trouble(error.message);
    }
  }

  /** Whether who was let in by it would be let in now. */
  isGood({ token, session }: Pass): boolean {
    return this.file.tokens.some(({ hash }) => hash === token) && (session === null || this.sessions.has(session));
  }

  /** Who asks with these headers; null = nobody known. @param forStop an expired session counts, and the last sound file of tokens */
  known(headers: IncomingHttpHeaders, forStop = false): Known | null {
    this.look();
    const file = forStop && this.file.tokens.length === 0 ? this.sound : this.file;
    const text = bearer(headers);
    if (text !== null) {
      const token = byToken(file, text);
      return token && passed(token, null);
    }
    const secret = cookie(headers, this.cookieName);
    const found = secret === null ? null : this.sessions.find(secret, file.tokens, this.clock.wall());
    return found && (forStop || !found.old) ? passed(found.token, found.hash) : null;
  }

  /** @param cost how many requests this one counts for. @throws Refused when this client asks too often */
  pace({ name }: Asker, cost = 1): void {
    const text = `More than ${EACH.perS} requests a second; wait a moment.`;
    for (let i = 0; i < cost; i += 1) this.count(this.asks, name, text);
  }

  /** The same for what the controller itself must answer. @throws Refused */
  paceOrder({ name }: Asker): void {
    this.count(this.orders, name, `More than ${ORDERS.perS} commands a second; wait a moment.`);
  }

  /** Counts an attempt without a good token. @throws Refused when there were too many from this address */
  attempt(address: string): void {
    this.count(this.tries, address, 'Too many attempts to sign in; wait half a minute.');
  }

  private count(buckets: Buckets, client: string, text: string): void {
    const now = this.now();
    if (buckets.take(buckets.slot(client, now), now) !== null) throw new Refused(429, text);
  }

  /** Signs a browser in; returns the Set-Cookie header. @throws Refused */
  signIn(text: string, address: string): { readonly asker: Asker; readonly header: string } {
    this.look();
    const token = byToken(this.file, text);
    if (!token) {
      // Only what is wrong counts: strangers of the same address must not keep out who has a good token.
      this.attempt(address);
      throw new Refused(
        401,
        'This is no token of this device. remixd web token --name NAME makes a new one at the bench.',
      );
    }
    return {
      asker: askerOf(token),
      header: this.setCookie(this.sessions.add(token, this.file.tokens, this.clock.wall()), SESSION_MS / 1000),
    };
  }

  /** Signs the browser out that asks; returns the Set-Cookie header. */
  signOut(headers: IncomingHttpHeaders): string {
    const secret = cookie(headers, this.cookieName);
    if (secret !== null) this.sessions.remove(secret);
    return this.setCookie('', 0);
  }

  /** Resolves when who is signed in is kept. */
  settled(): Promise<void> {
    return this.sessions.settled();
  }

  private setCookie(value: string, ageS: number): string {
    const secure = this.tls ? '; Secure' : '';
    return `${this.cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${ageS}${secure}`;
  }

  private now(): Instant {
    return instant(Math.round(this.clock.mono() * 1000));
  }
}

const passed = (token: Token, session: string | null): Known => ({
  asker: askerOf(token),
  viaCookie: session !== null,
  pass: { token: token.hash, session },
});

/** Changes whenever the file is replaced. */
function stampOf(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return 'none';
  }
}
