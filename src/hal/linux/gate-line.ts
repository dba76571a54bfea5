/**
 * The lines between controller and gate: `SEQ WORD ARGUMENTS*CRC`, CRC-16/CCITT-FALSE in hex over all before the star.
 * gate/gate.c holds the other end and the list of words. Times are CLOCK_MONOTONIC in µs, shares in parts per million.
 */
import { type Instant, instant, micros, type Ratio, ratio, type Span } from '../../units.ts';
import type { GateEvent, GateLimits, GatePattern } from '../ports.ts';
import { crc16 } from '../standards/crc16.ts';

/** Version of the protocol; the gate reports its own in `hello`. */
export const GATE_PROTOCOL = 1;

const sealed = (body: string): string => `${body}*${crc16(body).toString(16).padStart(4, '0')}\n`;
const whole = (value: number): string => Math.round(value).toFixed(0);

/** The order to play `pattern` until `leaseUs` from now. */
export const playLine = (sequence: number, pattern: GatePattern, leaseUs: Span): string =>
  sealed(
    `${sequence} play ${whole(pattern.onUs)} ${whole(pattern.periodUs)} ${whole(pattern.startUs)} ${whole(leaseUs)}`,
  );

/** The order to be off. */
export const offLine = (sequence: number): string => sealed(`${sequence} off`);

/** The gate’s greeting to a controller that connects. */
export interface Hello {
  readonly version: number;
  readonly limits: GateLimits;
  /** `fifo45`, or `other` when real-time scheduling was not permitted. */
  readonly scheduling: string;
}

export type GateLine =
  | { readonly sequence: number; readonly hello: Hello }
  /** The answer to the order with number `order`. */
  | { readonly sequence: number; readonly order: number; readonly bucket: Ratio; readonly at: Instant }
  | { readonly sequence: number; readonly event: Exclude<GateEvent, { kind: 'hello' | 'closed' | 'alive' }> };

/** The parts of an intact line; null when the check code or the form is wrong. */
function opened(line: string): { sequence: number; word: string; rest: string[] } | null {
  const star = line.lastIndexOf('*');
  const body = line.slice(0, star);
  if (star < 0 || !/^[0-9a-f]{4}$/.test(line.slice(star + 1))) return null;
  if (Number.parseInt(line.slice(star + 1), 16) !== crc16(body)) return null;
  const [sequence = '', word = '', ...rest] = body.split(' ');
  return /^\d{1,10}$/.test(sequence) ? { sequence: Number(sequence), word, rest } : null;
}

/** The first `count` arguments as whole numbers; null when one is missing, not a number or too large to be exact. */
function numbers(rest: readonly string[], count: number): number[] | null {
  const values = rest.slice(0, count).map((text) => (/^\d{1,16}$/.test(text) ? Number(text) : Number.NaN));
  return values.length === count && values.every(Number.isSafeInteger) ? values : null;
}

/** Reads one line of the gate, without its line end. Null for anything that is not a valid line of the gate. */
export function parseGateLine(line: string): GateLine | null {
  const parts = opened(line);
  if (!parts) return null;
  const { sequence, word, rest } = parts;
  switch (word) {
    case 'hello': {
      const n = numbers(rest, 9);
      if (!n || rest.length !== 10) return null;
      const limits: GateLimits = {
        longestOnUs: micros(n[1]!),
        leastOffUs: micros(n[2]!),
        longestLeaseUs: micros(n[3]!),
        dutyMax: ratio(n[4]! / 1e6),
        dutyWindowUs: micros(n[5]!),
        constantUs: micros(n[6]!),
        heaterLine: n[7]!,
        enableLine: n[8]!,
      };
      return { sequence, hello: { version: n[0]!, limits, scheduling: rest[9]! } };
    }
    case 'alive': {
      const n = numbers(rest, 3);
      if (!n || rest.length !== 3) return null;
      return { sequence, order: n[0]!, bucket: ratio(n[1]! / 1e6), at: instant(n[2]!) };
    }
    case 'edge': {
      const n = numbers(rest, 3);
      if (!n || rest.length !== 3 || n[0]! > 1) return null;
      return {
        sequence,
        event: { kind: 'edge', rising: n[0] === 1, askedUs: instant(n[1]!), achievedUs: instant(n[2]!) },
      };
    }
    case 'refused': {
      const n = numbers(rest, 2);
      if (!n || rest.length < 3) return null;
      return { sequence, event: { kind: 'refused', why: rest.slice(2).join(' '), at: instant(n[1]!) } };
    }
    case 'expired': {
      const n = numbers(rest, 1);
      return n && rest.length === 1 ? { sequence, event: { kind: 'lease-expired', at: instant(n[0]!) } } : null;
    }
    default:
      return null;
  }
}
