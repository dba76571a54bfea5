/**
 * Messages to people who look at no screen. All ways are off until a local file turns one on. Where they lead is secret: the name
 * of a topic is its password, an address may hold a key, and people’s mail addresses are their own.
 */
import { HOST, PORT, type SettingRow } from './row.ts';

const URL_SHAPE = `https?://${HOST}(:${PORT})?`;
const FILE = '^(none|[^\\u0000]{1,400})$';
const PROGRAM = '^(none|/[^\\u0000]{1,400})$';
const TIME = '^(none|([01][0-9]|2[0-3]):[0-5][0-9])$';
/** A local part that no program takes for an option, and a domain or none; several with commas between. */
const ADDRESS = '[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}(@[A-Za-z0-9][A-Za-z0-9.-]{0,200})?';

export const MESSAGES = {
  'messages.program': {
    kind: 'text',
    label: 'Program that messages are handed to',
    pattern: PROGRAM,
    shape: 'an absolute path, or none',
    default: 'none',
    applies: 'bench',
    why: 'Gets each message as one line of JSON on its standard input: trips, alarms, verdicts, warnings, the end of a run. It is started without a shell.',
  },
  'messages.ntfyUrl': {
    kind: 'text',
    label: 'ntfy topic that messages are sent to',
    pattern: `^(none|${URL_SHAPE}/[A-Za-z0-9_/-]{1,200})$`,
    shape: 'none | https://HOST/TOPIC, or with http:// and a port',
    default: 'none',
    applies: 'bench',
    secret: true,
    why: 'A push service: ntfy.sh, or a server of your own. Without an access list every person who knows the topic can read it.',
  },
  'messages.ntfyTokenFile': {
    kind: 'text',
    label: 'File with the access token of the ntfy topic',
    pattern: FILE,
    shape: 'a file path, or none',
    default: 'none',
    applies: 'bench',
    why: 'One line. The token never appears in the configuration, the record or the log.',
  },
  'messages.webhookUrl': {
    kind: 'text',
    label: 'Address that messages are posted to',
    pattern: `^(none|${URL_SHAPE}(/[!-~]{0,400})?)$`,
    shape: 'none | https://HOST/PATH, or with http:// and a port',
    default: 'none',
    applies: 'bench',
    secret: true,
    why: 'Gets the JSON that messages.program gets, signed with the key of messages.webhookKeyFile.',
  },
  'messages.webhookKeyFile': {
    kind: 'text',
    label: 'File with the key that signs posted messages',
    pattern: FILE,
    shape: 'a file path, or none',
    default: 'none',
    applies: 'bench',
    why: 'One line of at least 16 characters, known to the receiver, too (HMAC-SHA256).',
  },
  'messages.sendmail': {
    kind: 'text',
    label: 'Program that sends mail',
    pattern: PROGRAM,
    shape: 'an absolute path, or none',
    default: 'none',
    applies: 'bench',
    why: 'A program that understands the options of sendmail, for example /usr/sbin/sendmail or /usr/bin/msmtp; set messages.mailTo and messages.mailFrom as well.',
  },
  'messages.mailTo': {
    kind: 'text',
    label: 'Mail addresses that get messages',
    pattern: `^(none|${ADDRESS}(,${ADDRESS}){0,9})$`,
    shape: 'one to ten addresses with commas between, or none',
    default: 'none',
    applies: 'bench',
    secret: true,
    why: 'Used with messages.sendmail.',
  },
  'messages.mailFrom': {
    kind: 'text',
    label: 'Mail address that messages come from',
    pattern: `^(none|${ADDRESS})$`,
    shape: 'an address, or none',
    default: 'none',
    applies: 'bench',
    secret: true,
    why: 'Used with messages.sendmail; failures of delivery are returned to it.',
  },
  'messages.timeoutS': {
    kind: 'number',
    label: 'Time that each way has for a message',
    unit: 's',
    min: 1,
    max: 120,
    step: 1,
    default: 20,
    applies: 'bench',
    why: 'Then a program is killed with all that it has started, and a connection is closed.',
  },
  'messages.link': {
    kind: 'text',
    label: 'Link in messages',
    pattern: `^(none|${URL_SHAPE}(/[!-~]{0,400})?)$`,
    shape: 'none | http://HOST/PATH | https://HOST/PATH',
    default: 'none',
    applies: 'bench',
    why: 'Opened by a tap on the message, for example the page of this bench.',
  },
  'messages.quietFrom': {
    kind: 'text',
    label: 'Begin of the quiet hours',
    pattern: TIME,
    shape: 'a time from 00:00 to 23:59, or none',
    default: 'none',
    applies: 'bench',
    why: 'Local time in schedule.timezone. Until messages.quietTo only urgent messages go out; one summary of the others follows. Needs a clock that is set.',
  },
  'messages.quietTo': {
    kind: 'text',
    label: 'End of the quiet hours',
    pattern: TIME,
    shape: 'a time from 00:00 to 23:59, or none',
    default: 'none',
    applies: 'bench',
    why: 'May be earlier than messages.quietFrom: then the quiet hours go over midnight.',
  },
} as const satisfies Record<string, SettingRow>;
