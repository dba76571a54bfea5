/**
 * Who may use the page and its API: tokens by name. The file in the state folder holds hashes only, and only people write it. A
 * token is 100 random bits, so one round of SHA-256 is as good as a slow hash: there is nothing to guess.
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

/** More tokens than this are not made: each request is compared with all of them. */
export const MOST_TOKENS = 32;

export interface Token {
  readonly name: string;
  readonly level: Role;
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
}
export interface TokenFile {
  readonly tokens: readonly Token[];
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

const isToken = (it: unknown): it is Token =>
  isObject(it) &&
  typeof it['name'] === 'string' &&
  NAME_PATTERN.test(it['name']) &&
  ROLES.some((role) => role === it['level']) &&
  isHash(it['hash']);
export const isHash = (it: unknown): boolean => typeof it === 'string' && /^[0-9a-f]{64}$/.test(it);

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
    const { tokens } = JSON.parse(text) as Record<string, unknown>;
    if (Array.isArray(tokens) && tokens.every(isToken)) return { tokens };
  } catch {
    // Said below.
  }
  throw new TokensDamaged(`${path} is damaged; move it away, and remixd web token makes a new one.`);
}

/** @throws a file error */
export const writeTokens = (stateDir: string, { tokens }: TokenFile): void =>
  replaceFile(tokensPath(stateDir), `${JSON.stringify({ format: 1, tokens }, null, 1)}\n`, 0o600);

/** The file with a token of this name, in place of an older one, which is void with its browsers. */
export const withToken = (file: TokenFile | null, name: string, level: Role, token: string): TokenFile => ({
  tokens: [...withoutToken(file, name).tokens, { name, level, hash: hashOf(token) }],
});

/** The file without a token; its browsers are signed out. */
export const withoutToken = (file: TokenFile | null, name: string): TokenFile => ({
  tokens: (file?.tokens ?? []).filter((one) => one.name !== name),
});

/** The one whose hash it is; looks at all of them, so that the time it takes tells nothing. */
export function match<T extends { readonly hash: string }>(all: readonly T[], hash: string): T | null {
  const wanted = Buffer.from(hash, 'hex');
  let found: T | null = null;
  for (const one of all) if (timingSafeEqual(Buffer.from(one.hash, 'hex'), wanted)) found = one;
  return found;
}

/** What the holder of a token is and may. */
export const askerOf = ({ name, level }: Token): Asker => ({ name, roles: LEVELS[level] });

/** The token of these letters; null = the device has no such one. */
export const byToken = ({ tokens }: TokenFile, token: string): Token | null => match(tokens, hashOf(token));
