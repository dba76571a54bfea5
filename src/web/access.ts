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
import {
  bySession,
  byToken,
  readTokens,
  SESSION_MS,
  type TokenFile,
  TokensDamaged,
  tokensPath,
  withoutSession,
  withSession,
  writeTokens,
} from './tokens.ts';

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

const NOBODY: TokenFile = { tokens: [], sessions: [] };
export interface Clock {
  /** ms, goes on. */
  mono(): number;
  /** ms since 1970 by this computer’s clock. */
  wall(): number;
}

export class Access {
  private file: TokenFile = NOBODY;
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
      this.file = readTokens(this.stateDir) ?? NOBODY;
    } catch (error) {
      if (!(error instanceof TokensDamaged)) throw error;
      this.file = NOBODY;
      this.trouble(error.message);
    }
  }

  isGood(name: string): boolean {
    return this.file.tokens.some((token) => token.name === name);
  }

  /** Who asks with these headers. `viaCookie`: a browser that was signed in. */
  asker(headers: IncomingHttpHeaders): { readonly asker: Asker; readonly viaCookie: boolean } | null {
    this.look();
    const token = bearer(headers);
    if (token !== null) {
      const asker = byToken(this.file, token);
      return asker && { asker, viaCookie: false };
    }
    const secret = cookie(headers, this.cookieName);
    const asker = secret === null ? null : bySession(this.file, secret, this.clock.wall());
    return asker && { asker, viaCookie: true };
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

  /** Signs a browser in; returns the Set-Cookie header. @throws Refused, or a file error */
  signIn(token: string, address: string): { readonly asker: Asker; readonly header: string } {
    this.attempt(address);
    this.look();
    const asker = byToken(this.file, token);
    if (!asker)
      throw new Refused(
        401,
        'This is no token of this device. remixd web token --name NAME makes a new one at the bench.',
      );
    let secret = '';
    this.change((file) => {
      const made = withSession(file, asker.name, this.clock.wall());
      secret = made.secret;
      return made.file;
    });
    return { asker, header: this.setCookie(secret, SESSION_MS / 1000) };
  }

  /** Signs the browser out that asks; returns the Set-Cookie header. @throws a file error */
  signOut(headers: IncomingHttpHeaders): string {
    const secret = cookie(headers, this.cookieName);
    if (secret !== null) this.change((file) => withoutSession(file, secret));
    return this.setCookie('', 0);
  }

  /** Of the file as it is now: a person may have changed it a moment ago. */
  private change(of: (file: TokenFile) => TokenFile): void {
    try {
      const file = of(readTokens(this.stateDir) ?? NOBODY);
      writeTokens(this.stateDir, file);
      this.file = file;
    } catch (error) {
      throw new Refused(503, `The session cannot be kept: ${(error as Error).message}`);
    }
    this.stamp = stampOf(tokensPath(this.stateDir));
  }

  private setCookie(value: string, ageS: number): string {
    const secure = this.tls ? '; Secure' : '';
    return `${this.cookieName}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${ageS}${secure}`;
  }

  private now(): Instant {
    return instant(Math.round(this.clock.mono() * 1000));
  }
}

/** Changes whenever the file is replaced. */
function stampOf(path: string): string {
  try {
    const { mtimeMs, ino, size } = statSync(path);
    return `${mtimeMs} ${ino} ${size}`;
  } catch {
    return 'none';
  }
}
