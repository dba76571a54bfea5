/** What every measurement on a bench does: waits for a bench that can be used, arms, and plays a recipe to its end. */
import { type Recipe, recipeSeconds } from '../params/recipe.ts';
import { SECOND, type Span, seconds } from '../units.ts';
import type { Guide } from './guide.ts';

/** Why there is no result. */
export type Failure = { readonly kind: 'refused'; readonly why: readonly string[] } | { readonly kind: 'tripped' };

export const STOPPED: Failure = { kind: 'refused', why: ['it was stopped'] };
export const refused = (why: readonly string[]): Failure => ({ kind: 'refused', why });

/** How long the sensors are watched at rest. */
export const REST_US: Span = seconds(15);
/** Drift at rest that spoils what is measured against it, K/s. */
export const REST_DRIFT = 0.01;
/** Arming: five healthy seconds and the proof test, with some patience. */
const ARMING_US: Span = seconds(30);
/** The heat budget of a minute has drained after this. */
const DRAINED_US: Span = seconds(150);

/** Waits until the controller has started. A trip that is latched from before, or null. */
export async function awake(guide: Guide): Promise<Failure | null> {
  const { feed } = guide.rig;
  await guide.until(() => feed.latest.kernel.name !== 'boot', ARMING_US);
  await guide.until(() => false, SECOND);
  return feed.latest.kernel.latch ? { kind: 'tripped' } : null;
}

/**
 * Arms, and plays a recipe to its end, or until `enough`, which is asked at every tick. What went wrong, or null.
 * @param mostS how long it may take once it is armed, s: a recipe that follows the settings has no end
 */
export async function play(
  guide: Guide,
  recipe: Recipe,
  enough: () => boolean = () => false,
  mostS: number = recipeSeconds(recipe.steps) + 30,
): Promise<Failure | null> {
  const { rig } = guide;
  const name = (): string => rig.feed.latest.kernel.name;
  const latched = (): boolean => rig.feed.latest.kernel.latch !== null;
  await guide.until(() => (name() === 'safe' && rig.feed.latest.drained) || latched(), DRAINED_US);
  if (!rig.controls.use(recipe)) return refused(['the controller took no recipe']);
  rig.controls.ask({ kind: 'arm' });
  const armed = await guide.until(() => name() === 'armed' || latched(), ARMING_US);
  if (latched()) return { kind: 'tripped' };
  if (guide.stopped) return STOPPED;
  if (!armed)
    return refused([`the controller did not arm: ${rig.feed.latest.faults.join(', ') || 'not ready in time'}`]);
  const over = (): boolean => name() !== 'armed' && name() !== 'paused';
  const ended = await guide.until(() => over() || enough(), seconds(mostS));
  if (latched()) return { kind: 'tripped' };
  if (guide.stopped) return STOPPED;
  if (!ended) return refused(['the run did not come to its end']);
  if (!over()) {
    rig.controls.ask({ kind: 'stop' });
    await guide.until(over, SECOND);
  }
  return null;
}
