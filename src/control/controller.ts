/**
 * Computes the wanted heat from mode, settings and temperature. Each mode keeps its own state; a change of mode starts the
 * new one from the last achieved duty.
 */
import type { Mode } from '../params/modes.ts';
import type { Instant } from '../units.ts';
import { CONTROLS } from './modes.ts';
import type { ControlInput, Order } from './order.ts';
import type { ModeStep } from './wanted.ts';

/** The state of the mode that runs; another mode starts anew. */
export interface ControlState {
  readonly mode: Mode;
  readonly inner: unknown;
}

export const CONTROL_OFF: ControlState = { mode: 'off', inner: null };

/** One control step. */
export function stepControl(
  before: ControlState,
  order: Order,
  input: ControlInput,
  now: Instant,
): ModeStep<ControlState> {
  const { mode } = order;
  const { start, step } = CONTROLS[mode];
  const inner = before.mode === mode ? before.inner : start;
  const { state, ...rest } = step(inner, order, input, now);
  const same = before.mode === mode && state === before.inner;
  return { state: same ? before : { mode, inner: state }, ...rest };
}
