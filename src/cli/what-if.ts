/**
 * `remixd whatif`: what a change of settings would do, before it is applied, asked at the same desk as over MQTT. The simulated
 * bench is commissioned first; of hardware only the commissioned model is asked and nothing is opened.
 */
import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.ts';
import { type Prediction, whatIf } from '../control/what-if.ts';
import { ownRecipes, recipeNames } from '../files/recipes.ts';
import type { FieldError } from '../params/answers.ts';
import { isSettingKey, nearest, parseText } from '../params/check.ts';
import type { Origin } from '../params/commands.ts';
import { type Patch, patchErrors, patchText } from '../params/patch.ts';
import { ConfigError } from '../params/problem.ts';
import { SETTING_KEYS, type Settings } from '../params/settings.ts';
import { assembleSimulation } from '../rig/assemble.ts';
import { benchOption, type Common, configOption, jsonOption, load, setOption } from './options.ts';
import { guarded } from './output.ts';
import { commissionedFirst } from './simulate.ts';
import { followSettings, plainDesk } from './simulated-desk.ts';

/** Adds `whatif`. */
export function addWhatIf(program: Command): void {
  program
    .command('whatif')
    .description(
      'what a change of settings would do before it is applied: swing, mean now and warm, peak against the trip, duty against ' +
        'its limit; changes nothing. Exit code 1 if the change would be refused, or the bench would trip',
    )
    .addOption(configOption())
    .addOption(setOption())
    .addOption(benchOption())
    .addOption(jsonOption())
    .action((flags: Common) => guarded(() => whatIfCommand(flags)));
}

/** What the desk says of it. */
interface Answer {
  readonly code: number;
  readonly text: string;
  readonly errors?: readonly FieldError[];
  readonly data?: {
    readonly now: Prediction;
    readonly changed: Prediction;
    readonly refused: { readonly code: number; readonly text: string } | null;
  };
}

async function whatIfCommand(flags: Common): Promise<number> {
  const patch = asked(flags.set);
  const loaded = load({ ...flags, set: [] }, { state: true });
  const simulated = loaded.settings['hal.kind'] === 'sim';
  const answer = simulated ? await atTheDesk(loaded, patch) : byTheModel(loaded.settings, patch);
  const { data } = answer;
  const refused = answer.code >= 400 ? { code: answer.code, text: answer.text } : (data?.refused ?? null);
  if (flags.json) {
    const { now = null, changed = null } = data ?? {};
    process.stdout.write(
      `${JSON.stringify({ ok: refused === null, simulated, patch, now, changed, refused, errors: answer.errors ?? [] })}\n`,
    );
  } else process.stdout.write(`${words(answer, refused, patch, simulated)}\n`);
  return refused === null && !data?.changed.trips ? 0 : 1;
}

/** The change: what --set says, in the types of the settings. */
function asked(set: readonly string[]): Patch {
  const usage = (got: string, remedy: string): ConfigError =>
    new ConfigError([{ code: 'USAGE', path: '--set', got, allowed: 'KEY=VALUE of a setting', remedy }]);
  if (set.length === 0) throw usage('nothing', 'Write for example --set pulse.onMs=800.');
  const pairs = set.map((text) => {
    const [key = '', ...rest] = text.split('=');
    if (rest.length === 0) throw usage(text, 'Write for example --set pulse.onMs=800.');
    if (!isSettingKey(key)) {
      const near = nearest(key, SETTING_KEYS);
      throw usage(text, near ? `Did you mean ${near}?` : 'remixd config show lists all settings.');
    }
    return [key, parseText(key, rest.join('='))] as const;
  });
  return Object.fromEntries(pairs) as Patch;
}

const ORIGIN: Origin = { via: 'command line', by: 'command line', proven: true, roles: ['see'] };
const READ_S = 3;

async function atTheDesk(loaded: LoadedConfig, patch: Patch): Promise<Answer> {
  const settings = loaded.settings['heater.commissioned'] ? loaded.settings : await commissionedFirst(loaded);
  const recipe = followSettings('what if');
  const simulation = assembleSimulation({ settings, bench: loaded.bench, recipe });
  simulation.run(READ_S);
  const answer = plainDesk(simulation, settings, recipe).submit('what-if', { patch }, ORIGIN);
  if (!('code' in answer)) throw new Error('what-if is answered at once');
  return answer as Answer;
}

function byTheModel(settings: Settings, patch: Patch): Answer {
  const errors = patchErrors(settings, patch, {
    driven: false,
    recipes: recipeNames(ownRecipes(settings['runtime.stateDir'])),
  });
  if (errors.length > 0) return { code: 422, text: `${errors.length} value(s) not allowed.`, errors };
  const of = (s: object): Prediction => whatIf({ ...settings, ...s } as Settings, null);
  return { code: 200, text: 'Predicted.', data: { now: of({}), changed: of(patch), refused: null } };
}

function words(
  { data, errors = [] }: Answer,
  refused: { readonly code: number; readonly text: string } | null,
  patch: Patch,
  simulated: boolean,
): string {
  return [
    `${simulated ? 'SIMULATED bench, not heated yet' : 'By the commissioned model'} · what if ${patchText(patch)}`,
    ...(data ? rows(data.now, data.changed) : []),
    ...errors.map(({ path, got, allowed }) => `  ${path}: ${got}; allowed: ${allowed}`),
    refused
      ? `Refused (${refused.code}): ${refused.text}`
      : `This change would be accepted${data?.changed.trips ? `, and the bench would trip (${data.changed.mode === 'constant' ? 'I7' : 'I1'})` : ''}.`,
  ].join('\n');
}

const num = (value: number | null, digits: number, unit: string): string =>
  value === null ? '–' : `${value.toFixed(digits)} ${unit}`;

function rows(now: Prediction, changed: Prediction): string[] {
  const row = (name: string, of: (one: Prediction) => string): string =>
    `  ${name.padEnd(24)}${of(now).padStart(14)}${of(changed).padStart(14)}`;
  const mean = (afterS: number) => (one: Prediction) =>
    num(one.course?.find((later) => later.afterS === afterS)?.meanC ?? null, 2, '°C');
  return [
    `  ${''.padEnd(24)}${'now'.padStart(14)}${'changed'.padStart(14)}`,
    row('mode', ({ mode }) => mode),
    row('duty', ({ duty }) => num(duty === null ? null : 100 * duty, 1, '%')),
    row('largest lasting duty', ({ dutyMost }) => num(100 * dutyMost, 1, '%')),
    row('swing', ({ swingK }) => num(swingK, 2, 'K')),
    row('swing as commissioned', ({ commissionedSwingK }) => num(commissionedSwingK, 2, 'K')),
    row('mean after 30 s', mean(30)),
    row('mean after 5 min', mean(300)),
    row('mean after an hour', mean(3600)),
    row('heat ends after', ({ endsInS }) => num(endsInS, 0, 's')),
    row('settles within', ({ settlesInS }) => num(settlesInS, 0, 's')),
    row('peak, warm', ({ peakC }) => num(peakC, 2, '°C')),
    row('below the trip by', ({ marginK }) => num(marginK, 2, 'K')),
    ...(changed.limited ? ['  ✖ The gate would leave pulses out (I8).'] : []),
  ];
}
