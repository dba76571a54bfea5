/** Opens the page server of a controller: its files, its first token, its process. */
import { join } from 'node:path';
import { credentialProblems, pathOf, readPair } from '../files/credentials.ts';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import type { FromServer, PageProcess } from '../params/page.ts';
import type { Problem } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { startProcess } from './process.ts';
import type { PageData } from './protocol.ts';
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

/** Certificate and key of the page; null = plain HTTP. Throws a file error or CredentialError. */
function tlsOf(settings: Settings): PageData['tls'] {
  const files = { cert: pathOf(settings['web.certFile']), key: pathOf(settings['web.keyFile']) };
  const { cert, key } = readPair(files, 'web');
  return cert && key ? { cert: String(cert), key: String(key) } : null;
}

/** The process of the page server. @param configArguments options of the command line that lead to the same configuration */
export function startPage(
  settings: Settings,
  boot: string,
  configArguments: readonly string[],
): (hear: (message: FromServer) => void, gapS: number) => PageProcess {
  const pageDir = join(PACKAGE_ROOT, 'dist', 'page');
  return (hear, gapS) => startProcess({ boot, settings, configArguments, tls: tlsOf(settings), pageDir, gapS }, hear);
}

/** What keeps the page from being served with these settings, beside what the settings’ own checks find. */
export const pageProblems = (settings: Settings): Problem[] =>
  settings['web.port'] === 0 ? [] : credentialProblems(() => tlsOf(settings), ['web.certFile', 'web.keyFile']);
