/** Opens the page server of a controller: its files, its first token, its thread. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { fileCause } from '../files/errno.ts';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import type { FromServer, PageThread } from '../params/page.ts';
import type { Problem } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import type { ThreadData } from './protocol.ts';
import { startThread } from './thread.ts';
import { newToken, readTokens, withToken, writeTokens } from './tokens.ts';

/** The name of the token that the first start makes. */
export const FIRST = 'first';

/**
 * Makes the first token of a bench that has none, and returns it: it is shown once and kept as a hash. Null where there are
 * tokens, and where none can be kept; `trouble` is told why.
 */
export function firstTokenOr(stateDir: string, trouble: (why: string) => void): string | null {
  try {
    if (readTokens(stateDir) !== null) return null;
    const token = newToken();
    writeTokens(stateDir, withToken(null, FIRST, 'tune', token));
    return token;
  } catch (error) {
    trouble(`there is no token for the page: ${(error as Error).message}`);
    return null;
  }
}

/** Certificate and key of the page; null = plain HTTP. @throws a file error */
export function tlsOf(settings: Settings): ThreadData['tls'] {
  const certFile = settings['web.certFile'];
  const keyFile = settings['web.keyFile'];
  if (certFile === 'none' || keyFile === 'none') return null;
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

/** The thread of the page server. @param configArguments options of the command line that lead to the same configuration */
export function startPage(
  settings: Settings,
  boot: string,
  configArguments: readonly string[],
): (hear: (message: FromServer) => void, gapS: number) => PageThread {
  const pageDir = join(PACKAGE_ROOT, 'dist', 'page');
  return (hear, gapS) => startThread({ boot, settings, configArguments, tls: tlsOf(settings), pageDir, gapS }, hear);
}

/** What keeps the page from being served with these settings, beside what the settings’ own checks find. */
export function pageProblems(settings: Settings): Problem[] {
  if (settings['web.port'] === 0) return [];
  const problem = (path: 'web.certFile' | 'web.keyFile', cause: string, allowed: string): Problem => ({
    code: 'CREDENTIAL_PEM',
    path,
    got: `${settings[path]} (${cause})`,
    allowed,
    remedy:
      'Name a file that this account may read, or set web.certFile and web.keyFile to none and keep a loopback address.',
  });
  const checks = [
    ['web.certFile', 'a certificate (PEM)', (pem: string) => new X509Certificate(pem)],
    ['web.keyFile', 'a private key (PEM) without a passphrase', (pem: string) => createPrivateKey(pem)],
  ] as const;
  const alone = checks.flatMap(([path, allowed, read]) => {
    if (settings[path] === 'none') return [];
    try {
      read(readFileSync(settings[path], 'utf8'));
      return [];
    } catch (error) {
      const isFile = (error as NodeJS.ErrnoException).syscall !== undefined;
      return [problem(path, isFile ? fileCause(error) : (error as Error).message, allowed)];
    }
  });
  if (alone.length > 0) return alone;
  try {
    const tls = tlsOf(settings);
    if (tls) createSecureContext(tls);
    return [];
  } catch (error) {
    return [problem('web.keyFile', (error as Error).message, 'the private key that belongs to web.certFile')];
  }
}
