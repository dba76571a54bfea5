/** The page: where it is served, and to whom. */
import { FOLDER, type SettingRow } from './row.ts';

/** Host names and addresses; IPv6 without brackets. */
const NAMES = '[A-Za-z0-9._:-]{1,253}';

export const WEB = {
  'web.port': {
    kind: 'number',
    label: 'Port of the page',
    unit: '1',
    min: 0,
    max: 65_535,
    step: 1,
    default: 8017,
    applies: 'bench',
    why: 'The page and its API are served at http://127.0.0.1:PORT. 0 = no page.',
  },
  'web.address': {
    kind: 'text',
    label: 'Address that the page is served at',
    pattern: `^${NAMES}$`,
    shape: 'an address of this computer, 0.0.0.0 for all of them',
    default: '127.0.0.1',
    applies: 'bench',
    why: 'Any other address than a loopback one needs web.certFile and web.keyFile: without TLS everybody on the network could read the token.',
  },
  'web.names': {
    kind: 'text',
    label: 'Names that the page may be called by',
    pattern: `^${NAMES}(,${NAMES}){0,15}$`,
    shape: 'up to 16 host names or addresses with commas between them, or none',
    default: 'none',
    applies: 'bench',
    why: 'A request that names another host is refused, so that a foreign page cannot reach this one by a trick with names. Loopback names and web.address are always allowed.',
  },
  'web.certFile': {
    kind: 'text',
    label: 'Certificate of the page',
    pattern: FOLDER,
    shape: 'a file path, or none',
    default: 'none',
    applies: 'bench',
    why: 'PEM file; set web.keyFile as well. The page is then served over https.',
  },
  'web.keyFile': {
    kind: 'text',
    label: 'Private key of the page’s certificate',
    pattern: FOLDER,
    shape: 'a file path, or none',
    default: 'none',
    applies: 'bench',
    why: 'PEM file without a passphrase; set web.certFile as well.',
  },
} as const satisfies Record<string, SettingRow>;
