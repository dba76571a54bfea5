/**
 * What keeps a client from its MQTT broker, for a person: one row a kind, with the causes in the order in which they are
 * met. The same rows are shown on the screen, on the standard error, by `doctor`, by `health` and by `remixd remote`.
 */

interface TroubleRow {
  /** What does not work, as a whole sentence. */
  readonly sentence: string;
  readonly cause: string;
  readonly remedy: string;
}
const row = (sentence: string, cause: string, remedy: string): TroubleRow => ({ sentence, cause, remedy });

export const LINK_TROUBLES = {
  LINK_NO_HOST: row(
    'The broker’s name is unknown.',
    'A typing error in the address, or no name service.',
    'Check mqtt.broker (or --broker); getent hosts NAME must show an address.',
  ),
  LINK_REFUSED: row(
    'The broker refuses connections.',
    'No broker is running there, or it listens on another port or address.',
    'Start the broker, and check the port of mqtt.broker (or --broker).',
  ),
  LINK_NO_ROUTE: row(
    'The broker cannot be reached.',
    'No network, or a firewall discards the packets.',
    'Check the network cable, the address and the firewall; ping the broker.',
  ),
  LINK_SILENT: row(
    'The broker does not answer.',
    'Another program listens at that port, TLS is missing or not expected there, or the broker hangs.',
    'Check the port and the scheme (mqtt:// or mqtts://), then restart the broker.',
  ),
  LINK_NO_TLS: row(
    'The broker does not speak TLS at this port.',
    'mqtts:// is used with a port for mqtt://.',
    'Use the TLS port of the broker (usually 8883), or mqtt:// inside a trusted network.',
  ),
  LINK_CERT_EXPIRED: row(
    'The broker’s certificate has expired.',
    'Its period of validity is over, or the clock of this computer is wrong.',
    'Renew the certificate of the broker; check the clock with timedatectl.',
  ),
  LINK_CERT_EARLY: row(
    'The broker’s certificate is not valid yet.',
    'The clock of this computer is behind, or the certificate was made for later.',
    'Set the clock (timedatectl); without a network it starts in the past.',
  ),
  LINK_CERT_NAME: row(
    'The broker’s certificate is for another name.',
    'mqtt.broker uses a name or address that the certificate does not list.',
    'Use the name in the certificate, or make one for this name (fleet/make-broker --host).',
  ),
  LINK_CERT_UNKNOWN: row(
    'The broker’s certificate is not trusted.',
    'It is signed by an authority that mqtt.caFile does not contain.',
    'Copy ca.crt of the broker to this computer and name it in mqtt.caFile.',
  ),
  LINK_CERT_OWN: row(
    'The broker rejects the certificate of this client.',
    'It is missing, expired, or signed by another authority.',
    'Set mqtt.certFile and mqtt.keyFile to a certificate that this broker’s authority has signed.',
  ),
  LINK_DENIED: row(
    'The broker denies the login.',
    'The user, the password or the client name is wrong, or not allowed.',
    'Check mqtt.user, mqtt.passwordFile and mqtt.device against the broker’s list of users.',
  ),
  LINK_TOPIC_DENIED: row(
    'The broker denies a topic.',
    'Its access list does not allow this client to read or write the topic.',
    'Add the device to the access list (fleet/make-broker --device), then restart the broker.',
  ),
  LINK_DEAF: row(
    'The broker delivers no commands.',
    'Its access list denies reading them without saying so. A remote stop is not heard.',
    'Allow this device to read its cmd/# topics and to write its own ping (fleet/make-broker --device).',
  ),
  LINK_TOO_LARGE: row(
    'A message is larger than the broker accepts.',
    'The broker limits the size of packets.',
    'Raise max_packet_size of the broker to at least 16384.',
  ),
  LINK_NAME_TAKEN: row(
    'Another client uses the name of this device.',
    'Two devices have the same mqtt.device.',
    'Give each device a name of its own.',
  ),
  LINK_OLD: row(
    'The broker speaks MQTT 3.1.1 only.',
    'It is an older broker; it cannot say which topics it denies.',
    'Use a broker with MQTT 5, for example mosquitto 2.',
  ),
  LINK_UNSTABLE: row(
    'Connections to the broker end again and again.',
    'Another client may use the name of this device, or the network is unstable.',
    'Check that no other device has the same mqtt.device, then check the network.',
  ),
  LINK_LOST: row(
    'The connection to the broker was lost.',
    'The network failed, or the broker was stopped.',
    'Check the network and the broker; the device reconnects by itself.',
  ),
  LINK_MESSAGE: row(
    'A message could not be handled.',
    'An error in this program.',
    'Report it with the events.csv of the run.',
  ),
} as const satisfies Record<string, TroubleRow>;

export type LinkTroubleCode = keyof typeof LINK_TROUBLES;

/** One trouble as it was met. */
export interface LinkTrouble extends TroubleRow {
  readonly code: LinkTroubleCode;
  /** The words of the system, and which topic or address; empty when there are none. */
  readonly detail: string;
}

/** A trouble by its code, with what was seen. */
export const linkTrouble = (code: LinkTroubleCode, detail = ''): LinkTrouble => ({
  code,
  detail,
  ...LINK_TROUBLES[code],
});

/** One line: what does not work, what was seen, and what to do. */
export const troubleLine = ({ sentence, detail, remedy }: LinkTrouble): string =>
  `${sentence.slice(0, -1)}${detail === '' ? '' : ` (${detail})`}. ${remedy}`;

/** The block that a person reads on the standard error, in the form of every other problem. */
export const troubleBlock = ({ code, sentence, detail, cause, remedy }: LinkTrouble): string =>
  `${sentence.slice(0, -1)}${detail === '' ? '' : `: ${detail}`}   [${code}]\n    cause    ${cause}\n    remedy   ${remedy}\n`;

/** Error codes of Node.js and OpenSSL, and the kind of trouble that they are. */
const BY_CODE: readonly (readonly [pattern: RegExp, code: LinkTroubleCode])[] = [
  [/^(ENOTFOUND|EAI_AGAIN|EAI_NONAME|EAI_FAIL)$/, 'LINK_NO_HOST'],
  [/^ECONNREFUSED$/, 'LINK_REFUSED'],
  [/^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENETDOWN|EHOSTDOWN|EADDRNOTAVAIL)$/, 'LINK_NO_ROUTE'],
  [/^CERT_HAS_EXPIRED$/, 'LINK_CERT_EXPIRED'],
  [/^CERT_NOT_YET_VALID$/, 'LINK_CERT_EARLY'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'LINK_CERT_NAME'],
  [/^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/, 'LINK_NO_TLS'],
  [/^ERR_SSL_.*ALERT/, 'LINK_CERT_OWN'],
  [/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|INVALID_)/, 'LINK_CERT_UNKNOWN'],
];
/** CONNACK of MQTT 3.1.1 (4, 5) and MQTT 5 (133 to 138): bad name, bad user or password, not authorised, banned. */
const LOGIN_DENIED = [2, 4, 5, 133, 134, 135, 138];

/** What an error of a connection that never came up means; by its code, and by its words where it has none. */
export function troubleOf(error: { readonly code?: unknown; readonly message: string }): LinkTrouble {
  const { code, message } = error;
  if (typeof code === 'number')
    return linkTrouble(LOGIN_DENIED.includes(code) ? 'LINK_DENIED' : 'LINK_REFUSED', message);
  // Several addresses of one name fail together: the error of the whole has no words of its own.
  const name = typeof code === 'string' ? code : '';
  const isTls = /before secure TLS/.test(message);
  const known = isTls ? 'LINK_NO_TLS' : BY_CODE.find(([pattern]) => pattern.test(name))?.[1];
  return linkTrouble(known ?? 'LINK_SILENT', message || name);
}
