/** The search for a pattern as everybody at the desk sees it, and what must hold for one. */
import type { Snapshot } from './snapshot.ts';
import { STATES } from './states.ts';

/** asked = it begins or runs · stopped = it ends with the next tick · found = it is over, and what it found is in force */
export interface SearchOrder {
  readonly by: string;
  readonly state: 'asked' | 'stopped' | 'found';
}

/** Whether heat and light are the search’s; null = there is none. */
export const isSearching = (state: SearchOrder['state'] | null): boolean => state === 'asked' || state === 'stopped';

/** Why no search can begin on this bench now: a sentence with the remedy; null = one can. */
export function searchHindrance({ kernel, progress, settings, light, film, reach }: Snapshot): string | null {
  if (kernel.latch) return 'A trip or lockout is latched: deal with it, then arm the bench.';
  if (kernel.name !== 'armed') return `The bench is ${STATES[kernel.name].label}: a search needs a run. Arm it first.`;
  if (progress.of !== 0) return 'The recipe has steps of its own: arm one that follows the settings.';
  if (!settings['heater.commissioned'] || !film || !reach)
    return 'The bench is not commissioned, or no sensor shows the film: run remixd commission.';
  if (settings['light.drive'] === 'none')
    return 'remixd does not switch the light (light.drive is none): connect it, and name it in the local file.';
  if (settings['light.level'] <= 0)
    return 'There is no light to search in (light.level is 0): set the level that the film shall be kept mixed in.';
  if (light !== settings['light.level'])
    return 'The light is not that of light.level: wait a moment, or arm a recipe without a light of its own.';
  return null;
}
