/** What a device says of itself over MQTT. */
import { createHash } from 'node:crypto';
import { SETTING_KEYS, type Settings, settingRow } from '../params/settings.ts';
import { inSeconds, millis } from '../units.ts';
import { ownRecipes, recipeNames } from './recipes.ts';
import { version } from './run-folder.ts';

/** What a device says of itself and does not change while it runs. */
export function aboutOf(settings: Settings, simulated: boolean): Record<string, unknown> {
  return {
    model: 'remixd',
    version: version(),
    simulated,
    limits: {
      trip_c: settings['limits.tripC'],
      longest_on_s: inSeconds(millis(settings['gate.longestOnMs'])),
      duty_max: settings['gate.dutyMax'],
      current_a: settings['heater.currentA'],
    },
    envelope: envelopeHash(settings),
    may_arm: settings['remote.arm'] === 'remote',
    may_tune: settings['remote.tune'] === 'remote',
    recipes: recipeNames(ownRecipes(settings['runtime.stateDir'])),
  };
}

/** Of everything that only the local file sets: two benches with the same hash guard their heater in the same way. */
function envelopeHash(settings: Settings): string {
  const bench = SETTING_KEYS.filter(
    (key) => settingRow(key).applies === 'bench' && !/^(mqtt|remote|schedule|web)\./.test(key),
  );
  const text = JSON.stringify(bench.map((key) => [key, settings[key]]));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
