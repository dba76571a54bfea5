/**
 * Shared by the drivers to report that there is no value, and why. A decoder returns `Decoded<T>`, without device or
 * date; the driver adds those when it builds the `Reading`.
 */
import type { Instant } from '../../units.ts';
import type { HalError, HalErrorKind, Reading } from '../ports.ts';

/** A frame that holds no measurement. `detail` narrows `kind`, see `HalError`. */
export interface Rejected {
  readonly ok: false;
  readonly kind: HalErrorKind;
  readonly detail: string;
}

/** The outcome of decoding bytes: a value in its unit, or the reason why the bytes are not believed. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | Rejected;

/** Builds a rejection; the decoders make theirs once, as constants, so that a bad frame costs no allocation. */
export const rejected = (kind: HalErrorKind, detail: string): Rejected => ({ ok: false, kind, detail });

/** Every bit 0: what a data line that is broken or stuck low delivers. On a MAX31855 it would pass for 0 °C. */
export const ALL_ZERO: Rejected = rejected('implausible', 'all-zero');
/** Every bit 1: a data line that is stuck high or pulled up with no chip behind it. */
export const ALL_ONE: Rejected = rejected('implausible', 'all-one');
/** A bit that the chip always sends as 0 came as 1: the frame is shifted or disturbed. */
export const RESERVED_BITS: Rejected = rejected('implausible', 'reserved-bits');
/** The chip no longer has the configuration that was written: it lost its supply for a moment. */
export const CONFIG_LOST: Rejected = rejected('implausible', 'config-lost');
/** The chip is set up but its first conversion has not ended. */
export const FIRST_CONVERSION: Rejected = rejected('stale', 'first-conversion');

/** Kinds that a second try may cure. An open thermocouple or a wrong chip stays what it is. */
function mayPass(kind: HalErrorKind): boolean {
  switch (kind) {
    case 'nak':
    case 'timeout':
    case 'bus':
    case 'pec':
    case 'implausible':
    case 'stale':
      return true;
    case 'busy':
    case 'nodevice':
    case 'permission':
    case 'unsupported':
    case 'sensorfault':
    case 'config':
      return false;
  }
}

/** The error of `device` while doing `op`. `errno` is null: the bytes arrived, their content is what is wrong. */
export const halError = (device: string, op: string, why: Rejected): HalError => ({
  kind: why.kind,
  device,
  op,
  errno: null,
  transient: mayPass(why.kind),
  detail: why.detail,
});

/** A dated absence of a value. */
export const absent = <T>(why: HalError, at: Instant): Reading<T> => ({ ok: false, why, at });
