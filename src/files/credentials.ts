/** Credentials: certificates (PEM) of the broker and of the page, and a file of two lines with user and password. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import type { Problem } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { fileCause } from './errno.ts';
import { readText } from './read-text.ts';

/** Paths; null = none. */
export type CredentialFiles = Readonly<Record<'ca' | 'cert' | 'key' | 'password', string | null>>;

/** The path that a setting names; null = none. */
export const pathOf = (setting: string): string | null => (setting === 'none' ? null : setting);

/** The files that the settings name. */
export const credentialFiles = (s: Settings): CredentialFiles => ({
  ca: pathOf(s['mqtt.caFile']),
  cert: pathOf(s['mqtt.certFile']),
  key: pathOf(s['mqtt.keyFile']),
  password: pathOf(s['mqtt.passwordFile']),
});

/** Whose credentials they are: the settings that name the files begin with it. */
type Owner = 'mqtt' | 'web';
type CredentialSetting = 'mqtt.caFile' | `${Owner}.${'certFile' | 'keyFile'}`;

/** A file that can be read but does not hold what its setting requires. Callers may treat it as a file error. */
export class CredentialError extends Error {
  override name = 'CredentialError';
  readonly code = 'PEM';
  readonly syscall = 'use';
  readonly problem: Problem;

  constructor(
    setting: CredentialSetting,
    readonly path: string | null,
    allowed: string,
    cause: string,
  ) {
    super(`${setting} must be ${allowed}: ${cause}`);
    this.problem = {
      code: 'CREDENTIAL_PEM',
      path: setting,
      got: `${path} (${cause})`,
      allowed,
      remedy: `Copy the file again from its source${setting.startsWith('mqtt.') ? ', or create it again with fleet/make-broker' : ''}.`,
    };
  }
}

const read = (file: string | null): Buffer | undefined => (file === null ? undefined : Buffer.from(readText(file)));

/** A certificate and its private key, checked before TLS would fail; absent where none is named. Throws a file error or `CredentialError`. */
export function readPair(
  files: Pick<CredentialFiles, 'cert' | 'key'>,
  owner: Owner,
): Pick<IClientOptions, 'cert' | 'key'> {
  const [cert, key] = [read(files.cert), read(files.key)];
  const own = cert && certificate(`${owner}.certFile`, files.cert, cert);
  const secret = key && privateKey(`${owner}.keyFile`, files.key, key);
  if (own && secret && !own.checkPrivateKey(secret))
    throw new CredentialError(
      `${owner}.keyFile`,
      files.key,
      `the private key that belongs to ${files.cert}`,
      'it belongs to another certificate',
    );
  return { ...(cert && { cert }), ...(key && { key }) };
}

/** Reads them for the client library, and checks them before TLS would fail. Throws a file error or `CredentialError`. */
export function readCredentials(files: CredentialFiles): IClientOptions {
  const [username, password] = read(files.password)?.toString('utf8').split(/\r?\n/) ?? [];
  const ca = read(files.ca);
  if (ca) certificate('mqtt.caFile', files.ca, ca);
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca && { ca }),
    ...readPair(files, 'mqtt'),
  };
}

/** What is wrong with credentials, as problems of the configuration. @param settings that name their files */
export function credentialProblems(reads: () => unknown, settings: readonly string[]): Problem[] {
  try {
    reads();
    return [];
  } catch (error) {
    if (error instanceof CredentialError) return [error.problem];
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const remedy = `Name a file that this account may read (${settings.join(', ')}).`;
    const where = path ?? settings.join(', ');
    return [{ code: `FILE_${code}`, path: where, got: fileCause(error), allowed: 'a readable file', remedy }];
  }
}

/** The first certificate of a file; every one in it must be readable. */
function certificate(setting: CredentialSetting, file: string | null, pem: Buffer): X509Certificate {
  const fail = (cause: string): CredentialError => new CredentialError(setting, file, 'a certificate (PEM)', cause);
  const blocks = pem
    .toString('latin1')
    .split(/(?=-----BEGIN )/)
    .filter((block) => /^-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/.test(block));
  try {
    const [first] = blocks.map((block) => new X509Certificate(block));
    if (first) return first;
  } catch (error) {
    throw fail((error as Error).message);
  }
  throw fail('the file contains no certificate');
}

function privateKey(setting: CredentialSetting, file: string | null, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new CredentialError(setting, file, 'a private key (PEM) without a passphrase', (error as Error).message);
  }
}
