/** The ways that messages leave this computer, one row each, and those of them that the settings turn on. */
import type { Settings } from '../../params/settings.ts';
import { MailWay } from './mail.ts';
import { NtfyWay } from './ntfy.ts';
import { Lookups, Poster } from './post.ts';
import { ProgramWay } from './program.ts';
import type { Way, WayName } from './way.ts';
import { WebhookWay } from './webhook.ts';

/** What stands in files and never in a setting; null = no file is named. */
export interface MessageSecrets {
  readonly ntfyToken: string | null;
  readonly webhookKey: string | null;
}

export const NO_SECRETS: MessageSecrets = { ntfyToken: null, webhookKey: null };

interface Parts {
  readonly settings: Settings;
  readonly secrets: MessageSecrets;
  readonly timeoutMs: number;
  readonly lookups: Lookups;
}

/** A row is used where its setting is not `none`. */
const WAYS: Readonly<Record<WayName, (parts: Parts, value: string) => Way>> = {
  'messages.program': ({ timeoutMs }, path) => new ProgramWay(path, timeoutMs),
  'messages.ntfyUrl': ({ settings, secrets, timeoutMs, lookups }, url) =>
    new NtfyWay(new Poster(url, timeoutMs, lookups.for('ntfy')), secrets.ntfyToken, settings['messages.link']),
  'messages.webhookUrl': ({ secrets, timeoutMs, lookups }, url) =>
    new WebhookWay(new Poster(url, timeoutMs, lookups.for('webhook')), secrets.webhookKey ?? ''),
  'messages.sendmail': ({ settings, timeoutMs }, path) =>
    new MailWay({
      path,
      from: settings['messages.mailFrom'],
      to: settings['messages.mailTo'].split(','),
      link: settings['messages.link'],
      timeoutMs,
    }),
};

/** Every way that the settings turn on. @throws TypeError for an address that cannot be parsed; the check of the settings refuses it earlier */
export function openWays(settings: Settings, secrets: MessageSecrets): readonly Way[] {
  const parts = { settings, secrets, timeoutMs: 1000 * settings['messages.timeoutS'], lookups: new Lookups() };
  return (Object.keys(WAYS) as WayName[])
    .filter((name) => settings[name] !== 'none')
    .map((name) => WAYS[name](parts, settings[name]));
}
