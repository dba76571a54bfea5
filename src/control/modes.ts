/** What each control mode does: its state at the start, and its step. The compiler refuses a mode without an entry here. */
import type { Mode } from '../params/modes.ts';
import type { Instant } from '../units.ts';
import { type BangBangState, stepBangBang } from './bangbang.ts';
import { type ModelState, stepModel } from './model-mode.ts';
import type { ControlInput, Order } from './order.ts';
import { type PidRun, stepPidRun } from './pid-windows.ts';
import { type PulseState, stepConstant, stepPulse } from './pulse.ts';
import { type SwingState, stepSwing } from './swing.ts';
import type { ModeStep } from './wanted.ts';

/** A mode with a state of its own type. */
interface ModeControl<S> {
  readonly start: S;
  readonly step: (state: S, order: Order, input: ControlInput, now: Instant) => ModeStep<S>;
}

/** The state’s type is the mode’s own business: `stepControl` hands back what the same mode gave. */
const control = <S>(it: ModeControl<S>): ModeControl<unknown> => it as ModeControl<unknown>;

const NOT_HEATING: BangBangState = { heating: null };

export const CONTROLS: Readonly<Record<Mode, ModeControl<unknown>>> = {
  off: control<null>({ start: null, step: (state, _order, _input, now) => ({ state, wanted: null, nextAt: now }) }),
  constant: control<PulseState>({ start: null, step: (state, _order, _input, now) => stepConstant(state, now) }),
  pulse: control<PulseState>({
    start: null,
    step: (state, { onUs, periodUs }, _input, now) => stepPulse(state, onUs, periodUs, now),
  }),
  bangbang: control<BangBangState>({
    start: NOT_HEATING,
    step: (state, { setpointC, hysteresisK }, { filmC }, now) =>
      filmC === null
        ? { state: NOT_HEATING, wanted: null, nextAt: now }
        : stepBangBang(state, setpointC, hysteresisK, filmC, now),
  }),
  swing: control<SwingState | null>({ start: null, step: stepSwing }),
  model: control<ModelState | null>({ start: null, step: stepModel }),
  pid: control<PidRun | null>({ start: null, step: stepPidRun }),
};
