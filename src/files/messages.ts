/** What messages need of the disk: programs that a person has named, and the secrets that stand in files. */
import { accessSync, constants, statSync } from 'node:fs';
import type { Problem } from '../params/problem.ts';
import type { SettingKey, Settings } from '../params/settings.ts';
import { fileTrouble } from './errno.ts';
import { readText } from './read-text.ts';

type ProgramKey = Extract<SettingKey, 'messages.program' | 'messages.sendmail'>;

interface SecretRow {
  readonly key: Extract<SettingKey, `messages.${string}File`>;
  /** The setting that the secret is for. */
  readonly of: SettingKey;
  readonly fits: RegExp;
  readonly allowed: string;
}

const SECRETS = {
  ntfyToken: {
    key: 'messages.ntfyTokenFile',
    of: 'messages.ntfyUrl',
    fits: /^[!-~]{1,500}$/,
    allowed: 'a file of one line with the token, without spaces',
  },
  webhookKey: {
    key: 'messages.webhookKeyFile',
    of: 'messages.webhookUrl',
    fits: /^[^\r\n]{16,1000}$/,
    allowed: 'a file of one line with at least 16 characters',
  },
} as const satisfies Record<string, SecretRow>;
type SecretName = keyof typeof SECRETS;

/** The secrets of the ways that are used; null where none is named. @throws a file error */
export function messageSecrets(settings: Settings): Record<SecretName, string | null> {
  const read = ({ key, of }: SecretRow): string | null =>
    settings[of] === 'none' || settings[key] === 'none' ? null : readText(settings[key]).replace(/\r?\n$/, '');
  return { ntfyToken: read(SECRETS.ntfyToken), webhookKey: read(SECRETS.webhookKey) };
}

/** Whatever would keep messages from going out by these settings: programs that cannot be started, secrets that are missing. */
export const messageProblems = (settings: Settings): Problem[] => [
  ...programProblems(settings, 'messages.program'),
  ...programProblems(settings, 'messages.sendmail'),
  ...Object.values(SECRETS).flatMap((row) => secretProblems(settings, row)),
];

function programProblems(settings: Settings, path: ProgramKey): Problem[] {
  const got = settings[path];
  if (got === 'none') return [];
  try {
    accessSync(got, constants.X_OK);
    if (statSync(got).isFile()) return [];
  } catch {
    // It is missing, or not for this account.
  }
  const remedy = 'Give the path of a program that the account of remixd may execute (chmod +x), or none.';
  return [{ code: 'CONFIG_PROGRAM', path, got, allowed: 'an executable file', remedy }];
}

function secretProblems(settings: Settings, { key, of, fits, allowed }: SecretRow): Problem[] {
  const path = settings[key];
  if (settings[of] === 'none' || path === 'none') return [];
  try {
    if (fits.test(readText(path).replace(/\r?\n$/, ''))) return [];
    // What the file holds is a secret, and not shown.
    const remedy = `Write the secret into ${path} again, and nothing else.`;
    return [{ code: 'CONFIG_SECRET', path: key, got: path, allowed, remedy }];
  } catch (error) {
    const { cause } = fileTrouble(error as NodeJS.ErrnoException);
    const remedy = 'Name a file that the account of remixd may read, or none.';
    return [{ code: 'CONFIG_SECRET', path: key, got: `${path} (${cause})`, allowed, remedy }];
  }
}
