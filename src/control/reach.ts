/**
 * Whether what is asked can be reached with the heat that the bench may have: known before it is armed, or a setting is
 * changed, and not after a run that stood below its setpoint.
 */
import { type Estimate, reachOf } from '../model/observer.ts';
import { patternRise } from '../model/thermal.ts';
import { hasSetpoint, hasSwing, modeRow } from '../params/modes.ts';
import { type Recipe, recipeSeconds } from '../params/recipe.ts';
import { inSeconds } from '../units.ts';
import { type GateBounds, lastingDuty } from './budget.ts';
import { type Order, orderOf } from './order.ts';
import { longestPulseS } from './swing.ts';

/** What the bench is known to do. */
export interface Reachable {
  /** Null without readings: then only what needs no temperature is judged. */
  readonly film: Estimate | null;
  readonly commissioned: boolean;
  /** What the gate allows (I7, I8). */
  readonly gate: GateBounds;
}

/** Code of a refusal for this reason: what is asked cannot be carried out as it stands. */
export const OUT_OF_REACH = 422;
/** Without an end of the run, reach is said for so long from now, s. */
export const OPEN_END_S = 3600;
/** The quick commissioning may be wrong by this share of the steady rise: what lies within it is tried, and saturates visibly. */
const DOUBT = 0.15;
const rounded = (value: number): number => Number(value.toFixed(2));

/** Why an order cannot be carried out within `endS` seconds from now: a sentence with the remedy; null = it can. */
export function outOfReach(order: Order, bench: Reachable, endS: number): string | null {
  const { mode, setpointC, swingK } = order;
  const { film, commissioned, gate } = bench;
  if (!commissioned) {
    if (!modeRow(mode).byModel) return null;
    return `The mode ${mode} needs a bench whose response is known. Run remixd commission first.`;
  }
  if (!film) return null;
  if (hasSetpoint(mode)) {
    const { nowC, endC } = reachOf(film, lastingDuty(gate), endS);
    if (setpointC <= endC + DOUBT * (endC - film.levelC)) return null;
    const when = `${rounded(nowC)} °C now, ${rounded(endC)} °C after ${Math.round(endS)} s of full duty (${gate.dutyMax})`;
    return `The setpoint of ${rounded(setpointC)} °C is out of reach: ${when}. Lower it, warm the room, or raise gate.dutyMax as remixd commission says.`;
  }
  if (!hasSwing(mode)) return null;
  const periodS = inSeconds(order.periodUs);
  const mostK = patternRise(film.poles, longestPulseS(periodS, gate), periodS).swingK;
  if (swingK <= (1 + DOUBT) * mostK) return null;
  return `A swing of ${swingK} K every ${periodS} s is out of reach: at most ${rounded(mostK)} K. Lower it, or make the period longer.`;
}

/** The same for every step of a recipe, each by the time at which it ends. */
export function recipeOutOfReach(recipe: Recipe, settings: Order, bench: Reachable): string | null {
  if (recipe.followSettings) return outOfReach(settings, bench, OPEN_END_S);
  let endS = 0;
  for (const [i, step] of recipe.steps.entries()) {
    endS += recipeSeconds([step]);
    const why = outOfReach(orderOf(step, settings), bench, endS);
    if (why !== null) return `Step ${i + 1}: ${why}`;
  }
  return null;
}
