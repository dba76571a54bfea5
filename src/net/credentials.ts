/** Who this program is for a broker: certificates (PEM) and a file of two lines with user and password. */
import { readFileSync } from 'node:fs';
import type { IClientOptions } from 'mqtt';
import type { Settings } from '../params/settings.ts';

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

/** Reads them for the client library. Throws a file error. */
export function readCredentials(files: CredentialFiles): IClientOptions {
  const read = (file: string | null): Buffer | undefined => (file === null ? undefined : readFileSync(file));
  const [username, password] = read(files.password)?.toString('utf8').split(/\r?\n/) ?? [];
  const [ca, cert, key] = [read(files.ca), read(files.cert), read(files.key)];
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
}
