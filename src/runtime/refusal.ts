/** Why the kernel did nothing about a request, in words. It only explains; the kernel alone decides. */
import type { Ask } from '../params/controls.ts';
import { FAULTS, type FaultName } from '../params/faults.ts';
import { COMPILED } from '../params/limits.ts';
import { atLeast, remedyOf } from '../params/severity.ts';
import { isRunning } from '../params/states.ts';
import { type KernelState, worstFault } from '../safety/kernel.ts';

/** What the refusal is explained from. */
export interface Circumstances {
  readonly kernel: KernelState;
  readonly faults: readonly FaultName[];
  /** The heat budget has drained far enough (I8). */
  readonly drained: boolean;
  /** No current has flowed for long enough. */
  readonly quiet: boolean;
  /** The disk has the newest safety record. */
  readonly stored: boolean;
}

/** The request that came to nothing with this step of the kernel, also an arm order that waited in vain; null for none. */
export function refusedAsk(ask: Ask | null, before: KernelState, after: KernelState): Ask | null {
  // A stop that finds nothing to stop was obeyed all the same.
  if (ask?.kind === 'stop') return null;
  const waits = after.armOrderedAt !== before.armOrderedAt;
  if (ask && after.name === before.name && !waits) return ask;
  const lapsed = before.armOrderedAt !== null && after.armOrderedAt === null && after.name === 'safe';
  return lapsed ? { kind: 'arm' } : null;
}

/** The reason why a request was not carried out: one sentence that names what stands in its way. */
export function refusalOf(ask: Ask, { kernel, faults, drained, quiet, stored }: Circumstances): string {
  const { latch } = kernel;
  switch (ask.kind) {
    case 'arm':
      if (isRunning(kernel.name)) return 'A run is already under way.';
      if (latch?.kind === 'tripped') return `Trip ${latch.trip} is latched: acknowledge it first.`;
      if (latch) return `Lockout ${latch.trip} is latched: reset it at the bench first.`;
      if (atLeast(faults, 'inhibit').length > 0) return sentenceOf(faults, latch !== null);
      return stored
        ? `The bench was not without faults for ${COMPILED.healthyS} s within ${COMPILED.orderFreshS} s of the order.`
        : `The disk did not store the safety record within ${COMPILED.orderFreshS} s of the order.`;
    case 'acknowledge':
      if (latch?.kind === 'lockout') return 'A lockout is reset at the bench, not acknowledged.';
      if (!latch) return 'No trip is latched.';
      if (latch.trip !== ask.trip) return `The latched trip has number ${latch.trip}.`;
      if (atLeast(faults, 'pause').length > 0) return sentenceOf(faults, latch !== null);
      if (!drained) return FAULTS['heat-budget'].sentence;
      return `A trip can be acknowledged ${COMPILED.acknowledgeS} s after it, when its cause has been gone for ${COMPILED.calmS} s.`;
    case 'reset':
      if (latch?.kind !== 'lockout') return 'Nothing is locked out.';
      if (!quiet) return 'Current still flows, or cannot be read.';
      if (atLeast(faults, 'pause').length > 0) return sentenceOf(faults, latch !== null);
      return `A lockout can be reset when its cause has been gone for ${COMPILED.calmS} s.`;
    case 'stop':
      return 'Nothing runs.';
  }
}

function sentenceOf(faults: readonly FaultName[], latched: boolean): string {
  const name = worstFault(faults) ?? 'proof-failed';
  const { code, sentence } = FAULTS[name];
  return `${code}: ${sentence} ${remedyOf(name, latched)}`;
}
