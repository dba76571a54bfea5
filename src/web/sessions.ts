/**
 * Browsers that were signed in, in a file of their own that only the page server writes: what people change of the tokens meanwhile
 * is never written over. A session stands on the hash of its token, so it is void with it. The file is written beside the work,
 * since a bad card may take seconds; a session that could not be kept lasts as long as the server.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aloneNextTo, replaceFileSoon } from '../files/replace-file.ts';
import { isObject } from '../params/json.ts';
import { isHash, match, type Token } from './tokens.ts';

/** Of one token: nobody signs others out by signing in. */
export const MOST_SESSIONS = 16;
/** Before this, ms since 1970, a clock is not set, and nothing can be said of the age of a session. */
const CLOCK_SET_MS = Date.UTC(2025, 0, 1);
/** A browser stays signed in for 30 days, ms. */
export const SESSION_MS = 30 * 86_400_000;

export const sessionsPath = (stateDir: string): string => join(stateDir, 'web-sessions.json');

interface Session {
  /** Hash of its token. */
  readonly token: string;
  readonly hash: string;
  /** ms since 1970 by this computer’s clock. */
  readonly madeMs: number;
}
const isSession = (it: unknown): it is Session =>
  isObject(it) && isHash(it['token']) && isHash(it['hash']) && typeof it['madeMs'] === 'number';

/** A session’s secret is never typed. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export class Sessions {
  private all: readonly Session[];
  private writing: Promise<void> | null = null;
  private isChanged = false;

  constructor(
    private readonly stateDir: string,
    private readonly trouble: (text: string) => void,
  ) {
    this.all = readSessions(stateDir);
  }

  /** The secret of a new session of this token; its oldest ones give way, and those whose token is void. @param tokens all of them */
  add(token: Token, tokens: readonly Token[], nowMs: number): string {
    const secret = randomBytes(24).toString('base64url');
    const others = this.all.filter((one) => one.token !== token.hash && tokens.some(({ hash }) => hash === one.token));
    const own = this.all.filter((one) => one.token === token.hash).slice(1 - MOST_SESSIONS);
    this.all = [...others, ...own, { token: token.hash, hash: hashOf(secret), madeMs: nowMs }];
    this.write();
    return secret;
  }

  /** Nothing is written where there is no such session. */
  remove(secret: string): void {
    const hash = hashOf(secret);
    if (!this.all.some((one) => one.hash === hash)) return;
    this.all = this.all.filter((one) => one.hash !== hash);
    this.write();
  }

  /** Hash of the session and its token; null where there is no such session or its token is void. `old`: its time is over. */
  find(
    secret: string,
    tokens: readonly Token[],
    nowMs: number,
  ): { readonly hash: string; readonly token: Token; readonly old: boolean } | null {
    const found = match(this.all, hashOf(secret));
    const token = tokens.find(({ hash }) => hash === found?.token);
    if (!found || !token) return null;
    return { hash: found.hash, token, old: found.madeMs >= CLOCK_SET_MS && nowMs - found.madeMs > SESSION_MS };
  }

  has(hash: string): boolean {
    return this.all.some((one) => one.hash === hash);
  }

  /** Resolves when nothing is being written. */
  async settled(): Promise<void> {
    await this.writing;
  }

  /** One write at a time; what changes meanwhile goes with the next. */
  private write(): void {
    this.isChanged = true;
    this.writing ??= this.writeAll();
  }

  private async writeAll(): Promise<void> {
    const path = sessionsPath(this.stateDir);
    while (this.isChanged) {
      this.isChanged = false;
      const text = `${JSON.stringify({ format: 1, sessions: this.all }, null, 1)}\n`;
      await replaceFileSoon(path, text, 0o600, aloneNextTo(path)).catch((error: Error) =>
        this.trouble(`who is signed in cannot be kept: ${error.message}`),
      );
    }
    this.writing = null;
  }
}

/** A file that is damaged or missing only signs people out. */
function readSessions(stateDir: string): readonly Session[] {
  try {
    const { sessions } = JSON.parse(readFileSync(sessionsPath(stateDir), 'utf8')) as Record<string, unknown>;
    return Array.isArray(sessions) ? sessions.filter(isSession) : [];
  } catch {
    return [];
  }
}
