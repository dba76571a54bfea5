/**
 * Who may use the page and its API: tokens by name, and browsers that were signed in with one. The file in the state folder
 * holds hashes only. A token is 100 random bits, so one round of SHA-256 is as good as a slow hash: there is nothing to guess.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileCause } from '../files/errno.ts';
import { replaceFile } from '../files/replace-file.ts';
import { NAME_PATTERN, ROLES, type Role } from '../params/commands.ts';
import { isObject } from '../params/json.ts';
import type { Asker } from '../params/page.ts';
import { LEVELS } from '../params/web.ts';

export const tokensPath = (stateDir: string): string => join(stateDir, 'web-tokens.json');

/** More tokens than this are not made, and only the newest sessions are kept: each request is compared with all of them. */
export const MOST_TOKENS = 32;
/** Of one token: nobody signs others out by signing in. */
export const MOST_SESSIONS = 16;
/** Before this, ms since 1970, a clock is not set, and nothing can be said of the age of a session. */
const CLOCK_SET_MS = Date.UTC(2025, 0, 1);
/** A browser stays signed in for 30 days, ms. */
export const SESSION_MS = 30 * 86_400_000;

export interface Token {
  readonly name: string;
  readonly level: Role;
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
}
interface Session {
  readonly token: string;
  readonly hash: string;
  /** ms since 1970 by this computer’s clock. */
  readonly madeMs: number;
}
export interface TokenFile {
  readonly tokens: readonly Token[];
  readonly sessions: readonly Session[];
}

/** The file cannot be trusted: nobody is let in by it, and nothing of it is written over. */
export class TokensDamaged extends Error {
  override name = 'TokensDamaged';
  readonly code = 'WEB_TOKENS';
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A new token, 20 letters and digits that nobody takes for one another: `k7m2q-9xwd4-…`. */
export function newToken(): string {
  const letters = [...randomBytes(20)].map((byte) => ALPHABET[byte & 31]);
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-');
}

/** Blanks, dashes and capitals do not count: people type it. */
const plain = (token: string): string => token.toLowerCase().replace(/[\s-]/g, '');
export const hashOf = (token: string): string => createHash('sha256').update(plain(token)).digest('hex');
/** A session’s secret is never typed. */
const sessionHash = (secret: string): string => createHash('sha256').update(secret).digest('hex');

const isToken = (it: unknown): it is Token =>
  isObject(it) &&
  typeof it['name'] === 'string' &&
  NAME_PATTERN.test(it['name']) &&
  ROLES.some((role) => role === it['level']) &&
  isHash(it['hash']);
const isSession = (it: unknown): it is Session =>
  isObject(it) && typeof it['token'] === 'string' && isHash(it['hash']) && typeof it['madeMs'] === 'number';
const isHash = (it: unknown): boolean => typeof it === 'string' && /^[0-9a-f]{64}$/.test(it);

/** Null where there is no file yet. @throws TokensDamaged */
export function readTokens(stateDir: string): TokenFile | null {
  const path = tokensPath(stateDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new TokensDamaged(`${path} cannot be read: ${fileCause(error)}`);
  }
  try {
    const { tokens, sessions } = JSON.parse(text) as Record<string, unknown>;
    if (Array.isArray(tokens) && Array.isArray(sessions) && tokens.every(isToken) && sessions.every(isSession))
      return { tokens, sessions };
  } catch {
    // Said below.
  }
  throw new TokensDamaged(`${path} is damaged; move it away, and remixd web token makes a new one.`);
}

/** @throws a file error */
export const writeTokens = (stateDir: string, { tokens, sessions }: TokenFile): void =>
  replaceFile(tokensPath(stateDir), `${JSON.stringify({ format: 1, tokens, sessions }, null, 1)}\n`, 0o600);

/** The file with a token of this name, in place of an older one; its browsers are signed out. */
export function withToken(file: TokenFile | null, name: string, level: Role, token: string): TokenFile {
  const { tokens, sessions } = withoutToken(file, name);
  return { tokens: [...tokens, { name, level, hash: hashOf(token) }], sessions };
}

/** The file without a token, and without the browsers that were signed in with it. */
export const withoutToken = (file: TokenFile | null, name: string): TokenFile => ({
  tokens: (file?.tokens ?? []).filter((one) => one.name !== name),
  sessions: (file?.sessions ?? []).filter((one) => one.token !== name),
});

/** The secret of a new session, and the file with it; the oldest ones give way. */
export function withSession(
  file: TokenFile,
  token: string,
  nowMs: number,
): { readonly secret: string; readonly file: TokenFile } {
  const secret = randomBytes(24).toString('base64url');
  const others = file.sessions.filter((one) => one.token !== token);
  const own = file.sessions.filter((one) => one.token === token).slice(1 - MOST_SESSIONS);
  const sessions = [...others, ...own, { token, hash: sessionHash(secret), madeMs: nowMs }];
  return { secret, file: { ...file, sessions } };
}

export const withoutSession = (file: TokenFile, secret: string): TokenFile => {
  const hash = sessionHash(secret);
  return { ...file, sessions: file.sessions.filter((one) => one.hash !== hash) };
};

/** The one whose hash it is; looks at all of them, so that the time it takes tells nothing. */
function match<T extends { readonly hash: string }>(all: readonly T[], hash: string): T | null {
  const wanted = Buffer.from(hash, 'hex');
  let found: T | null = null;
  for (const one of all) if (timingSafeEqual(Buffer.from(one.hash, 'hex'), wanted)) found = one;
  return found;
}

const askerOf = ({ name, level }: Token): Asker => ({ name, roles: LEVELS[level] });

/** The holder of a token; null = the token is unknown. */
export function byToken(file: TokenFile, token: string): Asker | null {
  const found = match(file.tokens, hashOf(token));
  return found && askerOf(found);
}

/** Whose browser it is; null where it was never signed in, was signed out, or its time is over. */
export function bySession({ tokens, sessions }: TokenFile, secret: string, nowMs: number): Asker | null {
  const found = match(sessions, sessionHash(secret));
  if (!found || (found.madeMs >= CLOCK_SET_MS && nowMs - found.madeMs > SESSION_MS)) return null;
  const token = tokens.find(({ name }) => name === found.token);
  return token ? askerOf(token) : null;
}
