/**
 * `remixd autotune`: finds the gains of PID by a relay experiment and tries them on a setpoint step. It prints them and
 * applies nothing.
 */
import type { Command } from 'commander';
import type { StepJudged } from '../control/step-test.ts';
import { MODE_FIELDS } from '../params/modes.ts';
import { type Autotuned, autotune, relayRecipe } from '../rig/autotune.ts';
import { attended, say } from './attended.ts';
import {
  benchOption,
  type Common,
  configOption,
  finite,
  jsonOption,
  load,
  positive,
  refuse,
  setOption,
} from './options.ts';
import { guarded } from './output.ts';

interface AutotuneFlags extends Common {
  readonly setpoint?: number;
  readonly speed: number;
  readonly yes?: boolean;
}

const { min, max } = MODE_FIELDS.setpointC;

function setpoint(this: unknown, text: string): number {
  const value = finite.call(this, text);
  if (!(value >= min && value <= max)) refuse(this, text, `a temperature within ${min}..${max} °C`);
  return value;
}

/** Adds `autotune`. */
export function addAutotune(program: Command): void {
  program
    .command('autotune')
    .description(
      'find the gains of mode pid by a relay experiment, and try them on a step; prints them, applies nothing',
    )
    .addOption(configOption())
    .addOption(setOption())
    .addOption(benchOption())
    .option(
      '--setpoint <C>',
      'where the film oscillates, °C (default: a third of the reachable rise above the room, or half of the fast rise)',
      setpoint,
    )
    .option('--speed <FACTOR>', 'simulated bench only: run this much faster than real time', positive, 1)
    .option('--yes', 'ask nothing')
    .addOption(jsonOption())
    .action((flags: AutotuneFlags) =>
      guarded(() => {
        const loaded = load(flags, { state: true });
        const { settings } = loaded;
        const setpointC = flags.setpoint ?? null;
        const json = flags.json === true;
        return attended(
          { loaded, speed: flags.speed, yes: flags.yes === true, json },
          {
            name: 'autotune',
            recipe: relayRecipe(setpointC ?? settings['control.setpointC']),
            measure: (guide) => autotune(guide, { settings, setpointC, say }),
            keep: ({ tuned }) => {
              process.stdout.write(json ? `${JSON.stringify(tuned, null, 1)}\n` : `${text(tuned)}\n`);
              return 0;
            },
            nothing: 'No tuning was found.',
          },
        );
      }),
    );
}

const taken = ({ overshootK, settlingS }: StepJudged): string =>
  `overshoot ${overshootK.toFixed(2)} K, ${settlingS === null ? 'not settled' : `settled after ${settlingS.toFixed(1)} s`}`;

function text({
  setpointC,
  oscillation,
  ultimate,
  inWindows,
  settings,
  step,
  expected,
  observed,
  byModel,
}: Autotuned): string {
  const pairs = Object.entries(settings);
  return [
    `Relay at ${setpointC} °C: ${oscillation.cycles} cycles of ${oscillation.periodS.toFixed(2)} s, ±${oscillation.amplitudeK.toFixed(2)} K`,
    `  limit of stability     Ku ${ultimate.gainPerK.toFixed(3)} /K, Tu ${ultimate.periodS.toFixed(2)} s`,
    `  with the PID window    Ku ${inWindows.gainPerK.toFixed(3)} /K, Tu ${inWindows.periodS.toFixed(2)} s`,
    `Step from ${step.fromC} °C to ${step.toC} °C`,
    `  expected               ${taken(expected)}`,
    `  observed               ${taken(observed)}`,
    ...(byModel ? [`  with pid.tuning=model  ${taken(byModel)}`] : []),
    'Nothing was changed. For the local file:',
    `  ${JSON.stringify({ pid: Object.fromEntries(pairs.map(([key, value]) => [key.replace('pid.', ''), value])) })}`,
    'or on the command line:',
    `  ${pairs.map(([key, value]) => `--set ${key}=${value}`).join(' ')}`,
    ...(faster(byModel, observed)
      ? ['The tuning by the commissioned model settled faster; pid.tuning=model keeps it.']
      : []),
  ].join('\n');
}

const faster = (one: StepJudged | null, other: StepJudged): boolean =>
  one !== null && one.settlingS !== null && one.settlingS < (other.settlingS ?? Number.POSITIVE_INFINITY);
