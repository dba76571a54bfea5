/**
 * Relay autotune on any rig: lets the film oscillate around a setpoint, computes the gains of PID from that, and tries them
 * on a setpoint step before it offers them. All heat goes through kernel, interlocks and gate as in any run.
 */
import { orderFrom } from '../control/order.ts';
import {
  type Oscillation,
  oscillationOf,
  plantOf,
  type RelayPlant,
  RelayWatch,
  tyreusLuyben,
  type Ultimate,
  ultimateOf,
  ultimateOfPlant,
} from '../control/relay.ts';
import { expectedStep, judgeStep, type Step, type StepJudged } from '../control/step-test.ts';
import { checkValue } from '../params/check.ts';
import { commissionedPoles, steadyRiseK } from '../params/heater.ts';
import { MODE_FIELDS } from '../params/modes.ts';
import type { Recipe } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import type { Snapshot } from '../params/snapshot.ts';
import { clamp, type Instant, inSeconds, since } from '../units.ts';
import { madeRecipe } from './excitation.ts';
import type { Guide } from './guide.ts';
import { awake, type Failure, play, REST_DRIFT, REST_US, refused, STOPPED } from './play.ts';
import { average, slope } from './readings.ts';

export interface AutotuneOrder {
  readonly settings: Settings;
  /** Where the film is to oscillate, °C; null = see `setpointFor`. */
  readonly setpointC: number | null;
  readonly say: (text: string) => void;
}

/** What the relay has shown. */
export interface Relayed {
  readonly setpointC: number;
  /** The film without heat, °C. */
  readonly zeroC: number;
  readonly oscillation: Oscillation;
  readonly ultimate: Ultimate;
}

export interface Autotuned extends Relayed {
  readonly plant: RelayPlant;
  /** Limit of stability with time-proportioning in the loop. */
  readonly inWindows: Ultimate;
  readonly settings: Pick<Settings, 'pid.gainPerK' | 'pid.integralS' | 'pid.derivativeS' | 'pid.tuning'>;
  readonly step: Step;
  readonly expected: StepJudged;
  readonly observed: StepJudged;
  /** The same step with the tuning by the commissioned model; null where the bench is not commissioned. */
  readonly byModel: StepJudged | null;
}

export type AutotuneOutcome = { readonly kind: 'good'; readonly tuned: Autotuned } | Failure;

/** The longest time in relay mode, s, and the cycles that are awaited in it: the first ones still warm the film. */
const RELAY_S = 240;
const WARMING = 2;
const CYCLES = 8;
const LEAST_CYCLES = 3;
/** Standard deviation over mean of what may count as alike cycles. */
const ALIKE = 0.25;
/** Further above the setpoint than this the relay run ends, K. */
const TOO_FAR_K = 5;
/** An amplitude closer to the hysteresis than this tells more of the hysteresis than of the plant. */
const LEAST_OVER = 1.05;
const PERIOD_S = { min: 0.4, max: 60 };
/** A relay that has less than this of its duty was held back by the heat budget. */
const LEAST_STEP = 0.3;

const STEP_K = 2.5;
const HOLD_S = 60;
const STEP_LASTS_S = 100;
/** Half the band in which the film counts as settled, K. */
const BAND_K = 0.4;
/** Observed may be worse than expected by this much. */
const MORE_OVERSHOOT_K = 0.6;
const SLOWER = 2;
const SLOWER_S = 15;
const STEADY_ERROR_K = 0.3;
const GROWS = 1.5;
/** A swing below this is noise and the converter’s steps, K. */
const CALM_K = 0.6;

/** The film as control sees it; null without readings. */
function seen({ film, thermocouple, settings }: Snapshot): number | null {
  const celsius = thermocouple.value?.celsius ?? null;
  return settings['heater.commissioned'] && celsius !== null ? (film?.celsius ?? celsius) : celsius;
}

/** A third of the reachable rise, or half of the fast pole’s where that is less: there the relay heats half of the time. */
function setpointFor(settings: Settings, zeroC: number): number {
  const rise = Math.min(steadyRiseK(settings) / 3, commissionedPoles(settings).fastK / 2);
  const { min, max } = MODE_FIELDS.setpointC;
  return Math.round(10 * clamp(zeroC + rise, min, max)) / 10;
}

/** Relay mode around `setpointC`. */
export const relayRecipe = (setpointC: number): Recipe =>
  madeRecipe('autotune-relay', 'Autotune: relay', [
    { light: 0, mode: 'off', forS: 0.5 },
    { light: 0, mode: 'bangbang', setpointC, forS: RELAY_S },
  ]);

/** The relay experiment alone. */
export async function relayOn(
  guide: Guide,
  { settings, setpointC, say }: AutotuneOrder,
): Promise<{ readonly kind: 'good'; readonly relayed: Relayed } | Failure> {
  const asleep = await awake(guide);
  if (asleep) return asleep;
  say('Sensors at rest, 15 s.');
  const rest = guide.fresh();
  const restC: number[] = [];
  const { feed } = guide.rig;
  await guide.until(() => {
    const filmC = seen(feed.latest);
    if (filmC !== null) restC.push(filmC);
    return false;
  }, REST_US);
  if (guide.stopped) return STOPPED;
  const drift = rest.thermocouple.length > 1 ? slope(rest.trace('thermocouple')) : Number.NaN;
  if (!(Math.abs(drift) <= REST_DRIFT))
    return refused([`the film is not at rest: ${drift.toFixed(3)} K/s. Wait and try again`]);
  const zeroC = average(restC);
  const target = setpointC ?? setpointFor(settings, zeroC);
  const lowest = zeroC + settings['bangbang.hysteresisK'];
  if (target < lowest)
    return refused([`the setpoint must be at least ${lowest.toFixed(1)} °C: the film is at ${zeroC.toFixed(1)} °C`]);

  say(`Relay around ${target} °C, for at most ${RELAY_S} s.`);
  const watch = new RelayWatch();
  let hottestC = zeroC;
  const failure = await play(guide, relayRecipe(target), () => {
    const { latest } = feed;
    const filmC = seen(latest);
    if (latest.startedAt === null || filmC === null) return false;
    const atS = inSeconds(since(latest.at, latest.startedAt));
    watch.take({ atS, filmC, heating: latest.wanted !== null, heatedS: inSeconds(latest.gate.heatedUs) });
    hottestC = Math.max(hottestC, filmC);
    return watch.cycles.length >= WARMING + CYCLES || hottestC > target + TOO_FAR_K;
  });
  if (failure) return failure;
  if (hottestC > target + TOO_FAR_K) return refused([`the film rose more than ${TOO_FAR_K} K above the setpoint`]);
  if (hottestC < target)
    return refused([
      `the film did not reach ${target} °C: it rose by ${(hottestC - zeroC).toFixed(1)} K. Give a lower --setpoint`,
    ]);
  const cycles = watch.cycles.slice(WARMING);
  if (cycles.length < LEAST_CYCLES) return refused([`only ${watch.cycles.length} cycles in ${RELAY_S} s`]);
  const oscillation = oscillationOf(cycles);
  const halfWidthK = settings['bangbang.hysteresisK'] / 2;
  const doubts = doubtsAbout(oscillation, halfWidthK);
  if (doubts.length > 0) return refused(doubts);
  const ultimate = ultimateOf(oscillation, halfWidthK);
  return { kind: 'good', relayed: { setpointC: target, zeroC, oscillation, ultimate } };
}

export function doubtsAbout(it: Oscillation, halfWidthK: number): string[] {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const doubts: string[] = [];
  if (!(it.periodSpread <= ALIKE)) doubts.push(`the periods of the cycles differ by ${percent(it.periodSpread)}`);
  if (!(it.amplitudeSpread <= ALIKE))
    doubts.push(`the amplitudes of the cycles differ by ${percent(it.amplitudeSpread)}`);
  if (!(it.periodS >= PERIOD_S.min && it.periodS <= PERIOD_S.max))
    doubts.push(`a period of ${it.periodS.toFixed(2)} s is outside ${PERIOD_S.min}..${PERIOD_S.max} s`);
  if (!(it.amplitudeK >= LEAST_OVER * halfWidthK))
    doubts.push(`the amplitude of ${it.amplitudeK.toFixed(2)} K is that of the hysteresis: lower bangbang.hysteresisK`);
  if (!(2 * it.halfStep >= LEAST_STEP))
    doubts.push(`the relay had ${percent(2 * it.halfStep)} of the heat: the heat budget (I8) held it back`);
  return doubts;
}

/** The whole procedure. The bench must be stopped afterwards, whatever the outcome. */
export async function autotune(guide: Guide, order: AutotuneOrder): Promise<AutotuneOutcome> {
  const first = await relayOn(guide, order);
  if (first.kind !== 'good') return first;
  const { relayed } = first;
  const { oscillation, zeroC, setpointC } = relayed;
  const { settings, say } = order;
  const windowS = settings['pid.windowMs'] / 1000;
  const gainK = (oscillation.meanC - zeroC) / oscillation.meanDuty;
  const plant = plantOf(oscillation, settings['bangbang.hysteresisK'] / 2, gainK);
  if (!plant) return refused(['the oscillation is not that of a plant that warms with the heat and lags behind it']);
  const inWindows = ultimateOfPlant({ ...plant, delayS: plant.delayS + windowS });
  const tuning = tyreusLuyben(orderFrom(settings).tuning, inWindows);
  const offered = {
    'pid.tuning': 'manual',
    'pid.gainPerK': rounded(tuning.gainPerK, 4),
    'pid.integralS': rounded(tuning.integralS, 2),
    'pid.derivativeS': rounded(tuning.derivativeS, 2),
  } as const;
  const outside = Object.entries(offered).filter(([key, value]) => checkValue(key as keyof typeof offered, value));
  if (outside.length > 0) return refused(outside.map(([key, value]) => `${key} = ${value} is out of its range`));

  const step = { fromC: rounded(setpointC - Math.min(STEP_K, (setpointC - zeroC) / 2), 1), toC: setpointC };
  say(
    `Step from ${step.fromC} °C to ${step.toC} °C with pid.gainPerK ${offered['pid.gainPerK']} and pid.integralS ${offered['pid.integralS']}.`,
  );
  const observed = await take(guide, { ...settings, ...offered }, step);
  if ('kind' in observed) return observed;
  const record = expectedStep(plant, tuning, step, { zeroC, windowS, lastsS: STEP_LASTS_S });
  const expected = judgeStep(record, step, windowS, BAND_K);
  const bad = worseThan(expected, observed);
  if (bad.length > 0) return refused(bad);

  let byModel: StepJudged | null = null;
  if (settings['heater.commissioned']) {
    say('The same step with the tuning by the commissioned model.');
    const other = await take(guide, { ...settings, 'pid.tuning': 'model' }, step);
    if ('kind' in other) return other;
    byModel = other;
  }
  return {
    kind: 'good',
    tuned: { ...relayed, plant, inWindows, settings: offered, step, expected, observed, byModel },
  };
}

/** Takes a step in mode pid with `settings`, and judges it. */
async function take(guide: Guide, settings: Settings, step: Step): Promise<StepJudged | Failure> {
  const { feed, controls } = guide.rig;
  controls.retune(settings, feed.latest.revision);
  const recipe = madeRecipe('autotune-step', 'Autotune: step', [
    { light: 0, mode: 'pid', setpointC: step.fromC, forS: HOLD_S },
    { light: 0, mode: 'pid', setpointC: step.toC, forS: STEP_LASTS_S },
  ]);
  const valueC: number[] = [];
  let at: Instant | null = null;
  const failure = await play(guide, recipe, () => {
    const { latest } = feed;
    const filmC = seen(latest);
    if (latest.at !== at && latest.progress.number === 2 && filmC !== null) valueC.push(filmC);
    at = latest.at;
    return false;
  });
  if (failure) return failure;
  const everyS = settings['loop.tickMs'] / 1000;
  if (valueC.length * everyS < 0.9 * STEP_LASTS_S) return refused(['the step was not played to its end']);
  return judgeStep({ everyS, valueC }, step, settings['pid.windowMs'] / 1000, BAND_K);
}

/** Why a step is not what was expected of it; empty = it is. */
export function worseThan(expected: StepJudged, observed: StepJudged): string[] {
  const why: string[] = [];
  const most = expected.overshootK + MORE_OVERSHOOT_K;
  if (observed.overshootK > most)
    why.push(
      `the step overshot by ${observed.overshootK.toFixed(2)} K; ${expected.overshootK.toFixed(2)} K were expected`,
    );
  const longestS = SLOWER * (expected.settlingS ?? STEP_LASTS_S) + SLOWER_S;
  if (observed.settlingS === null) why.push(`the step did not settle within ${BAND_K} K`);
  else if (observed.settlingS > longestS)
    why.push(
      `the step took ${observed.settlingS.toFixed(0)} s to settle; ${expected.settlingS?.toFixed(0)} s were expected`,
    );
  if (observed.errorK > STEADY_ERROR_K) why.push(`the film stayed ${observed.errorK.toFixed(2)} K from the setpoint`);
  if (observed.lastK > Math.max(CALM_K, GROWS * observed.beforeK))
    why.push(`the film’s oscillation grows: ${observed.beforeK.toFixed(2)} K, then ${observed.lastK.toFixed(2)} K`);
  return why;
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
