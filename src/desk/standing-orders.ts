/**
 * Orders that a person gives with the command that starts the controller: they wait until the bench can take them. Each is
 * for what was there at the start; whatever comes later needs another person’s decision.
 */
import type { Origin } from '../params/commands.ts';
import { ConfigError } from '../params/problem.ts';
import type { Latch } from '../params/states.ts';
import { type Instant, seconds, since } from '../units.ts';
import type { Desk } from './desk.ts';

export interface StandingOrders {
  /** Trip to acknowledge, by its number, or null. */
  readonly acknowledge: number | null;
  readonly reset: boolean;
  /** Arms once, as soon as the bench is ready. */
  readonly arm: boolean;
}

/** An acknowledgement or reset waits at the longest this long. */
const WAIT_US = seconds(20);
/** Calm for this long counts as ready. */
const READY_US = seconds(1);
const COMMAND_LINE: Origin = {
  via: 'command line',
  by: 'the command line',
  proven: true,
  roles: ['see', 'run', 'tune'],
};

/** Returns what to do before each control tick. */
export function standingOrders(
  desk: Pick<Desk, 'snapshot' | 'refusal' | 'submit'>,
  orders: StandingOrders,
): () => void {
  let { arm, reset, acknowledge } = orders;
  let startedAt: Instant | null = null;
  // The lockout that was there at the start is the one that was meant.
  let meant: number | null = null;
  return () => {
    const { kernel, at } = desk.snapshot;
    const { name, latch, calmSince } = kernel;
    startedAt ??= at;
    if (name === 'boot') return;
    meant ??= latch?.trip ?? 0;
    if (since(at, startedAt) >= WAIT_US) {
      reset = false;
      acknowledge = null;
    }
    // Asked again until the latch is gone: the kernel may know better than the desk.
    if (acknowledge !== null && desk.refusal('acknowledge', { trip: acknowledge }, COMMAND_LINE) === null) {
      desk.submit('acknowledge', { trip: acknowledge }, COMMAND_LINE);
    }
    if (reset && latch?.trip === meant && desk.refusal('reset', {}, COMMAND_LINE) === null) {
      desk.submit('reset', {}, COMMAND_LINE);
    }
    // After a trip, a stop or a fault that dropped the order a person decides.
    if (latch) arm = false;
    const isReady = name === 'safe' && calmSince !== null && since(at, calmSince) >= READY_US;
    if (!arm || !isReady) return;
    arm = false;
    desk.submit('arm', {}, COMMAND_LINE);
  };
}

/**
 * An acknowledgement of another trip, or a reset where nothing is locked out, is a mistake that must be said.
 *
 * @param record what the run before left behind
 * @throws ConfigError that says what is latched
 */
export function checkOrders(
  record: { readonly armed: boolean; readonly latch: Latch | null } | 'damaged' | null,
  { acknowledge, reset }: StandingOrders,
): void {
  // What a damaged record, or a run that ended while armed, becomes is decided at boot.
  if (record === 'damaged' || record?.armed) return;
  const latch = record?.latch ?? null;
  const kind = latch?.kind ?? 'nothing';
  const wrong = acknowledge !== null && (kind !== 'tripped' || acknowledge !== latch?.trip);
  if (!wrong && !(reset && kind !== 'lockout')) return;
  const path = wrong ? '--acknowledge' : '--reset';
  const got = latch ? `trip ${latch.trip} is latched (${kind})` : 'nothing is latched';
  const remedy =
    kind === 'lockout' ? 'Use --reset at the bench.' : latch ? `Use --acknowledge ${latch.trip}.` : 'Leave it out.';
  throw new ConfigError([{ code: 'USAGE', path, got, allowed: 'the latch that is there', remedy }]);
}
