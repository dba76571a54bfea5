/**
 * Temperature control by the commissioned model: feed-forward through both poles, corrected by the observer.
 *
 * Heat comes in windows of one pulse and one rest. At the end of each window the next one is chosen so that the film, averaged
 * over the window, stands at the setpoint when it ends (dead-beat control of the model’s fast pole):
 *
 *   v+ = u + (v − u)·e^(−h/τ1),   film = level + A1·v + slow
 *
 * v is the fast pole’s share of its full rise, kept from the heat that the gate achieved, so a pulse that was cut or rounded
 * is made good by the next one. What the model misses comes back through the observer’s gain and level, a low-pass of the
 * readings: that is the integral part, and nothing winds up when the heat saturates.
 */
import { after, before, clamp, type Instant, inSeconds, micros, type Ratio, type Span, seconds } from '../units.ts';
import { dutyByBudget, longestByBudget } from './budget.ts';
import type { ControlInput, Order } from './order.ts';
import { longestWindow, SHORTEST_ON_US, SHORTEST_REST_US, windowOf } from './proportion.ts';
import { LEAD, type ModeStep, type Pattern } from './wanted.ts';

export interface ModelState {
  /** Share of its full rise that the fast pole has, averaged over the windows, 0..1. */
  readonly share: number;
  readonly window: Pattern | null;
  readonly startUs: Instant;
  readonly lastsUs: Span;
  /** Heated time in all when the window was decided. */
  readonly heatedUs: Span;
  readonly saturated: boolean;
}

/** On-time and length of a window, s. */
interface Window {
  readonly onS: number;
  readonly lastsS: number;
}

const REST_S = inSeconds(SHORTEST_REST_US);
const SHORTEST_ON_S = inSeconds(SHORTEST_ON_US);

/** The fast pole’s share after a window. */
const shareAfter = (share: number, { onS, lastsS }: Window, tauS: number): number => {
  const duty = onS / lastsS;
  return duty + (share - duty) * Math.exp(-lastsS / tauS);
};

/**
 * The window that brings the fast pole from `share` to `wanted`: of `windowS`, or up to `longestS` where the pulse would leave less
 * than the shortest rest.
 */
export function windowFor(share: number, wanted: number, tauS: number, windowS: number, longestS: number): Window {
  const keep = Math.exp(-windowS / tauS);
  const duty = (wanted - share * keep) / (1 - keep);
  if (duty * windowS <= windowS - REST_S) return { onS: Math.max(0, duty * windowS), lastsS: windowS };
  const full = (lastsS: number): Window => ({ onS: lastsS - REST_S, lastsS });
  let [low, high] = [windowS, Math.max(windowS, longestS)];
  if (shareAfter(share, full(high), tauS) <= wanted) return full(high);
  for (let i = 0; i < BISECTIONS; i += 1) {
    const middle = (low + high) / 2;
    if (shareAfter(share, full(middle), tauS) < wanted) low = middle;
    else high = middle;
  }
  return full((low + high) / 2);
}

/** A window of a duty. */
function ofDuty(duty: Ratio, windowUs: Span, longestOnUs: Span): Window {
  const lastsS = inSeconds(windowOf(duty, windowUs, longestOnUs));
  return { onS: duty * lastsS, lastsS };
}

/** From 4 s to less than a millisecond. */
const BISECTIONS = 13;

/** One step; without an estimate nothing is wanted. */
export function stepModel(
  state: ModelState | null,
  { setpointC, windowUs }: Order,
  { film, heatedUs, budget }: ControlInput,
  now: Instant,
): ModeStep<ModelState | null> {
  if (!film) return { state: null, wanted: null, nextAt: now };
  if (state && now < dueAfter(state)) {
    return { state, wanted: state.window, nextAt: dueAfter(state), saturated: state.saturated };
  }
  const { longestOnUs } = budget;
  const { levelC, fastK, slowK, poles } = film;
  const { fastTauS: tauS } = poles;
  const share = state
    ? shareAfter(
        state.share,
        { onS: inSeconds(micros(heatedUs - state.heatedUs)), lastsS: inSeconds(state.lastsUs) },
        tauS,
      )
    : clamp(fastK / poles.fastK, 0, 1);
  const wanted = (setpointC - levelC - slowK) / poles.fastK;
  const needed = windowFor(share, wanted, tauS, inSeconds(windowUs), inSeconds(longestWindow(longestOnUs)));
  const most = dutyByBudget(budget);
  const asked = needed.onS > most * needed.lastsS ? ofDuty(most, windowUs, longestOnUs) : needed;
  const onS = Math.min(asked.onS, inSeconds(longestByBudget(budget)));
  const follows = state ? after(state.startUs, state.lastsUs) : now;
  const startUs = state && follows > now ? follows : after(now, LEAD);
  const lastsUs = seconds(asked.lastsS);
  // What is too short to switch is left to a later window: it will ask for more.
  const onUs = seconds(onS < SHORTEST_ON_S / 2 ? 0 : Math.max(SHORTEST_ON_S, Math.round(1000 * onS) / 1000));
  const window = onUs > 0 ? { onUs, periodUs: lastsUs, startUs } : null;
  const saturated = wanted > 1 || asked !== needed;
  const next: ModelState = { share, window, startUs, lastsUs, heatedUs, saturated };
  return { state: next, wanted: window, nextAt: dueAfter(next), saturated };
}

/** The window after this one is decided so long before it begins that ENABLE can close. */
const dueAfter = ({ startUs, lastsUs }: ModelState): Instant => before(after(startUs, lastsUs), LEAD);
