/**
 * The periodic pulse of Feng et al., Adv. Mater. 2023, Fig. 3: width t every period T. A change of t or T takes effect
 * at the next period boundary, so no period is ever cut short or stretched and the phase runs on.
 */
import { after, before, type Instant, micros, millis, SECOND, type Span, since } from '../units.ts';
import { LEAD, type ModeStep, type Pattern } from './wanted.ts';

export type PulseState = Pattern | null;

/** A change is handed over this long before the boundary: longer than a control tick, shorter than any rest phase. */
const HANDOVER_US = millis(120);

/**
 * One step of pulse mode. `onUs` 50 ms..5 s, `periodUs` 0.5..60 s, onUs <= 0.55 periodUs (checked where they come in).
 */
export function stepPulse(state: PulseState, onUs: Span, periodUs: Span, now: Instant): ModeStep<PulseState> {
  if (!state) {
    const begun: Pattern = { onUs, periodUs, startUs: after(now, LEAD) };
    return { state: begun, wanted: begun, nextAt: now };
  }
  if ((state.onUs === onUs && state.periodUs === periodUs) || now < state.startUs) {
    return { state, wanted: state, nextAt: state.startUs };
  }
  const phase = micros(since(now, state.startUs) % state.periodUs);
  const boundary = after(before(now, phase), state.periodUs);
  if (phase < state.onUs || since(boundary, now) > HANDOVER_US)
    return { state, wanted: state, nextAt: before(boundary, HANDOVER_US) };
  const changed: Pattern = { onUs, periodUs, startUs: boundary };
  return { state: changed, wanted: changed, nextAt: boundary };
}

/** Constant current: the control experiment of the paper (its DC case). The gate bounds how long. */
export function stepConstant(state: PulseState, now: Instant): ModeStep<PulseState> {
  const held = state ?? { onUs: CONSTANT_US, periodUs: CONSTANT_US, startUs: after(now, LEAD) };
  return { state: held, wanted: held, nextAt: now };
}
const CONSTANT_US = SECOND;
