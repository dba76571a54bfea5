/**
 * Errors of the kernel and the native modules, in this project's own terms. The numbers are those of Linux on ARM and x86
 * (asm-generic/errno.h); their meaning for I2C drivers is in the kernel's
 * Documentation/i2c/fault-codes.rst.
 */
import type { HalError, HalErrorKind } from '../ports.ts';

/** Why the real bench could not be opened. `message` is for a log, the parts for a screen. */
export class HalOpenError extends Error {
  override name = 'HalOpenError';
  override readonly cause: string;

  /**
   * @param code names the failure, e.g. MODULE_MISSING, for documentation and scripts
   * @param path the setting or file that it is about
   * @param cause what happened and the usual reason
   * @param remedy what to do about it
   */
  constructor(
    readonly code: string,
    readonly path: string,
    cause: string,
    readonly remedy: string,
  ) {
    super(`${code} (${path}): ${cause}. ${remedy}`);
    this.cause = cause;
  }
}

const KINDS: Readonly<Record<number, readonly [name: string, kind: HalErrorKind]>> = {
  1: ['EPERM', 'permission'],
  2: ['ENOENT', 'nodevice'],
  5: ['EIO', 'bus'],
  // Most adapters report EREMOTEIO or ENXIO when no chip acknowledges.
  6: ['ENXIO', 'nak'],
  11: ['EAGAIN', 'bus'],
  13: ['EACCES', 'permission'],
  // Another driver or program uses it.
  16: ['EBUSY', 'busy'],
  19: ['ENODEV', 'nodevice'],
  22: ['EINVAL', 'unsupported'],
  25: ['ENOTTY', 'unsupported'],
  38: ['ENOSYS', 'unsupported'],
  62: ['ETIME', 'timeout'],
  71: ['EPROTO', 'bus'],
  74: ['EBADMSG', 'pec'],
  90: ['EMSGSIZE', 'unsupported'],
  95: ['EOPNOTSUPP', 'unsupported'],
  108: ['ESHUTDOWN', 'nodevice'],
  110: ['ETIMEDOUT', 'timeout'],
  121: ['EREMOTEIO', 'nak'],
};

const TRANSIENT: readonly HalErrorKind[] = ['nak', 'timeout', 'bus', 'pec'];

/** The kind of an errno of either sign; an errno that is not in the table is `bus`. */
export const kindOfErrno = (errno: number): HalErrorKind => KINDS[Math.abs(errno)]?.[1] ?? 'bus';

/**
 * The positive errno of something thrown or passed to a callback; null when it has none. SMBus calls give
 * 121 with an empty code, calls through `fs` −121: only the magnitude counts.
 */
export function errnoOf(error: unknown): number | null {
  const errno: unknown = typeof error === 'object' && error !== null && 'errno' in error ? error.errno : null;
  return typeof errno === 'number' && Number.isInteger(errno) && errno !== 0 ? Math.abs(errno) : null;
}

/** An error of the port itself, not of the kernel. */
export const portError = (kind: HalErrorKind, device: string, op: string, detail: string): HalError => ({
  kind,
  device,
  op,
  errno: null,
  transient: TRANSIENT.includes(kind),
  detail,
});

/** The error of a transfer, from what a native module passed to its callback. */
export function halErrorFrom(error: unknown, device: string, op: string): HalError {
  const errno = errnoOf(error);
  const text = error instanceof Error ? error.message : String(error);
  if (errno === null) return portError('bus', device, op, text);
  const kind = kindOfErrno(errno);
  return {
    kind,
    device,
    op,
    errno,
    transient: TRANSIENT.includes(kind),
    detail: KINDS[errno]?.[0] ?? `errno ${errno}`,
  };
}

/** Code suffix, cause and remedy of a failed open, where the kernel's answer is specific enough. */
const OPENINGS: Partial<Record<HalErrorKind, readonly [suffix: string, cause: string, remedy: string]>> = {
  nodevice: [
    'MISSING',
    'there is no such device',
    'Enable the interface (raspi-config, Interface options) and restart.',
  ],
  permission: [
    'PERMISSION',
    'this user has no permission',
    'Add the user to the groups gpio, i2c and spi, then log in again.',
  ],
  busy: [
    'BUSY',
    'a kernel driver or another program is using it',
    'Stop that program or driver; run remixd doctor for details.',
  ],
  unsupported: [
    'REFUSED',
    'the kernel refuses it',
    'Check the number in the bench file; run remixd doctor for details.',
  ],
};

/** The failure of opening `device`; `prefix` starts the code, e.g. I2C_MISSING. */
export function openError(error: unknown, prefix: string, path: string, device: string): HalOpenError {
  if (error instanceof HalOpenError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const errno = errnoOf(error);
  const [suffix, cause, remedy] = (errno === null ? undefined : OPENINGS[kindOfErrno(errno)]) ?? [
    'FAILED',
    'it cannot be opened',
    'Read the kernel’s log (dmesg) and run remixd doctor.',
  ];
  return new HalOpenError(`${prefix}_${suffix}`, path, `${device}: ${cause} (${text || `errno ${errno}`})`, remedy);
}
