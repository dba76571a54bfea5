/** The broker and its credentials; bad credentials are reported as a problem of the configuration. */
import { CredentialError, credentialFiles, readCredentials } from '../files/credentials.ts';
import { brokerUrl } from '../params/mqtt.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';

/** The configured broker, or the built-in broker of the simulated bench on this computer. */
export const brokerOf = (settings: Settings): string =>
  brokerUrl(settings['mqtt.broker'] === 'none' ? `127.0.0.1:${settings['sim.brokerPort']}` : settings['mqtt.broker']);

/** @throws ConfigError CREDENTIAL_PEM; a file error where a file cannot be read */
export function credentialsOf(settings: Settings): ReturnType<typeof readCredentials> {
  try {
    return readCredentials(credentialFiles(settings));
  } catch (error) {
    throw error instanceof CredentialError ? new ConfigError([error.problem]) : error;
  }
}
