/** Credentials for a broker: certificates (PEM) and a file of two lines with user and password. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { IClientOptions } from 'mqtt';
import type { Problem } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { readText } from './read-text.ts';

/** Paths; null = none. */
export type CredentialFiles = Readonly<Record<'ca' | 'cert' | 'key' | 'password', string | null>>;

const path = (setting: string): string | null => (setting === 'none' ? null : setting);

/** The files that the settings name. */
export const credentialFiles = (s: Settings): CredentialFiles => ({
  ca: path(s['mqtt.caFile']),
  cert: path(s['mqtt.certFile']),
  key: path(s['mqtt.keyFile']),
  password: path(s['mqtt.passwordFile']),
});

/** A file that can be read but does not hold what its setting requires. Callers may treat it as a file error. */
export class CredentialError extends Error {
  override name = 'CredentialError';
  readonly code = 'PEM';
  readonly syscall = 'use';
  readonly problem: Problem;

  constructor(
    setting: 'mqtt.caFile' | 'mqtt.certFile' | 'mqtt.keyFile',
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
      remedy: 'Copy the file again from its source, or create it again with fleet/make-broker.',
    };
  }
}

/** Reads them for the client library, and checks them before TLS would fail. Throws a file error or `CredentialError`. */
export function readCredentials(files: CredentialFiles): IClientOptions {
  const read = (file: string | null): Buffer | undefined => (file === null ? undefined : Buffer.from(readText(file)));
  const [username, password] = read(files.password)?.toString('utf8').split(/\r?\n/) ?? [];
  const [ca, cert, key] = [read(files.ca), read(files.cert), read(files.key)];
  if (ca) certificate('mqtt.caFile', files.ca, ca);
  const own = cert && certificate('mqtt.certFile', files.cert, cert);
  const secret = key && privateKey(files.key, key);
  if (own && secret && !own.checkPrivateKey(secret))
    throw new CredentialError(
      'mqtt.keyFile',
      files.key,
      `the private key that belongs to ${files.cert}`,
      'it belongs to another certificate',
    );
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
}

/** The first certificate of a file; every one in it must be readable. */
function certificate(setting: 'mqtt.caFile' | 'mqtt.certFile', file: string | null, pem: Buffer): X509Certificate {
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

function privateKey(file: string | null, pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new CredentialError(
      'mqtt.keyFile',
      file,
      'a private key (PEM) without a passphrase',
      (error as Error).message,
    );
  }
}
