/**
 * `remixd find-pattern`: seeks the gentlest pattern of heat that keeps the film mixed, with little light. The simulated bench
 * is commissioned first and plays as fast as it can; on hardware it is a measurement with somebody at the bench.
 */
import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.ts';
import { keepFound } from '../files/found-patterns.ts';
import { SEARCH_MOST_S } from '../film/finder.ts';
import { patternOf } from '../film/patterns.ts';
import { sampleIdOf } from '../params/found-patterns.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { assembleSimulation, sampleProblems } from '../rig/assemble.ts';
import type { Guide } from '../rig/guide.ts';
import { awake, type Failure, play, refused } from '../rig/play.ts';
import { attended, say, usage } from './attended.ts';
import { openSearch, SEARCH, type Search, searchSettings, searchSimulated } from './find-run.ts';
import { searchWords } from './find-words.ts';
import { mapPicture } from './map-picture.ts';
import {
  benchOption,
  type Common,
  configOption,
  filled,
  finite,
  jsonOption,
  load,
  setOption,
  whole,
} from './options.ts';
import { guarded, Progress } from './output.ts';
import { paperFigure, paperProblems } from './paper-figure.ts';
import { paperWords } from './paper-words.ts';
import { commissionedFirst } from './simulate.ts';
import { draw, requireDrawable } from './wire.ts';

interface FindFlags extends Common {
  readonly seed?: number;
  readonly svg?: string;
  readonly yes?: boolean;
  readonly paper?: boolean;
  readonly repeats?: number;
}

const NAME = 'find-pattern';
const MOST_REPEATS = 8;
const REPEATS = 2;

/** Adds `find-pattern`. */
export function addFindPattern(program: Command): void {
  program
    .command(NAME)
    .description(
      'seek the gentlest pulse pattern that keeps the film mixed, with a few minutes of light; exit code 1 if none holds. ' +
        'It prints the pattern and applies nothing',
    )
    .addOption(configOption())
    .addOption(setOption())
    .addOption(benchOption())
    .option('--seed <N>', 'seed of all chance: the order of the trials, and the simulated bench', finite)
    .option('--svg <FILE>', 'also write the map of all patterns as a picture', filled)
    .option('--paper', 'simulated bench only: play the six patterns of Feng 2023, Fig. 3, for 180 s of light each')
    .option(
      '--repeats <K>',
      `with --paper: how often each pattern is played, up to ${MOST_REPEATS} (default: ${REPEATS})`,
      whole,
    )
    .option('--yes', 'hardware only: ask nothing')
    .addOption(jsonOption())
    .action((flags: FindFlags) => guarded(() => findPattern(flags)));
}

function refuseContradictions({ paper: isPaper, svg, repeats }: FindFlags): void {
  if (isPaper && svg !== undefined) throw usage(NAME, '--svg', 'with --paper', 'Leave one of the two out.');
  if (!isPaper && repeats !== undefined)
    throw usage(NAME, '--repeats', 'without --paper', 'Add --paper, or leave it out.');
}

async function findPattern(flags: FindFlags): Promise<number> {
  refuseContradictions(flags);
  const simulated = load(flags).settings['hal.kind'] === 'sim';
  const loaded = load(flags, { extra: simulated ? { 'sim.seed': flags.seed } : {}, state: !simulated });
  const { settings } = loaded;
  if (settings['light.level'] <= 0)
    throw usage(NAME, 'light.level', '0', 'Set light.level to the light that the film shall be kept mixed in.');
  if (flags.paper) return paper(loaded, flags);
  if (flags.svg !== undefined) requireDrawable(flags.svg);
  const seed = flags.seed ?? settings['sim.seed'];
  if (simulated) return tell(await simulatedSearch(loaded, seed), settings, seed, flags);
  return attended(
    { loaded, speed: 1, yes: flags.yes === true, json: flags.json === true },
    {
      name: NAME,
      recipe: SEARCH,
      measure: (guide) => measured(guide, settings, seed),
      keep: ({ search }) => {
        // What cost light is printed before a file can fail.
        const code = tell(search, settings, seed, flags);
        remember(loaded, search);
        return code;
      },
      nothing: 'No search was made.',
    },
  );
}

async function commissioned(loaded: LoadedConfig): Promise<Settings> {
  const problems = sampleProblems(loaded.settings);
  if (problems.length > 0) throw new ConfigError(problems);
  return commissionedFirst(loaded);
}

async function simulatedSearch(loaded: LoadedConfig, seed: number): Promise<Search> {
  const settings = await commissioned(loaded);
  const simulation = assembleSimulation({ settings: searchSettings(settings), bench: loaded.bench, recipe: SEARCH });
  if (!simulation.arm()) return { ...NOTHING, trouble: simulation.refused ?? 'the bench did not arm' };
  const progress = new Progress();
  const light = settings['light.level'];
  let ticks = 0;
  const search = searchSimulated(simulation, settings, { light, seed }, (now) => {
    ticks += 1;
    if (ticks % SHOWN_TICKS !== 0) return;
    const { trials, tookS } = now();
    progress.show(
      Math.min(1, trials.length / LIKELY_TRIALS),
      `trial ${trials.length + 1}, ${Math.round(tookS)} s simulated`,
    );
  });
  progress.done();
  return search;
}

const NOTHING: Search = { found: null, trials: [], tookS: 0, trouble: null };
const SHOWN_TICKS = 1000;
const LIKELY_TRIALS = 10;

async function measured(
  guide: Guide,
  settings: Settings,
  seed: number,
): Promise<{ readonly kind: 'good'; readonly search: Search } | Failure> {
  if (settings['light.drive'] === 'none') return refused(['the light is not switched by remixd (light.drive none)']);
  if (!settings['heater.commissioned']) return refused(['the bench is not commissioned: run remixd commission first']);
  const asleep = await awake(guide);
  if (asleep) return asleep;
  const run = openSearch(guide.rig, settings, settings['light.level'], seed);
  guide.rig.feed.subscribe({
    event: (event) => {
      if (event.kind === 'note' && event.code === 'film') say(event.text);
    },
  });
  const over = (): boolean => {
    run.tick();
    return run.front.over;
  };
  const failure = await play(guide, SEARCH, over, SEARCH_MOST_S);
  if (failure) return failure;
  const search = run.search();
  return search.trouble === null ? { kind: 'good', search } : refused([search.trouble]);
}

/** What was found on hardware is what film.policy adapt begins with. */
function remember({ settings, calibration }: LoadedConfig, { found }: Search): void {
  const sample = sampleIdOf(settings);
  const pattern = found?.pattern;
  if (!pattern) return;
  if (sample === null) {
    say('The pattern is not kept: name the sample with run.sample.');
    return;
  }
  if (calibration === null) {
    say('The pattern is not kept: no calibration is in force. Run remixd commission.');
    return;
  }
  keepFound(settings['runtime.stateDir'], {
    sample,
    calibration,
    light: settings['light.level'],
    pattern: patternOf(pattern),
    by: 'find-pattern',
    wallTime: new Date().toISOString(),
  });
}

/** Prints the outcome. Returns the exit code: 1 where there is no pattern. */
function tell(search: Search, settings: Settings, seed: number, flags: FindFlags): number {
  const { found, trials, tookS, trouble } = search;
  const simulated = settings['hal.kind'] === 'sim';
  const pattern = found?.pattern ?? null;
  const text = flags.json
    ? JSON.stringify({
        simulated,
        seed,
        sample: settings['sim.sample'],
        light: settings['light.level'],
        pattern: pattern && {
          onMs: Math.round(1000 * pattern.onS),
          periodMs: Math.round(1000 * pattern.periodS),
          swingK: rounded(pattern.swingK),
          duty: rounded(pattern.duty),
        },
        why: trouble ?? found?.why ?? '',
        lightS: rounded(found?.lightS ?? 0),
        tookS: rounded(tookS),
        trials: trials.map(roundedAll),
        map: (found?.map ?? []).map(roundedAll),
      })
    : searchWords(search, { simulated, seed, sample: settings['sim.sample'], svg: flags.svg ?? null });
  process.stdout.write(`${text}\n`);
  if (flags.svg !== undefined && found) draw(flags.svg, mapPicture({ found, trials, simulated }));
  return pattern ? 0 : 1;
}

const rounded = (value: number): number => Number(value.toPrecision(4));
const roundedAll = (row: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === 'number' ? rounded(value) : value]),
  );

async function paper(loaded: LoadedConfig, { repeats = REPEATS, seed, json }: FindFlags): Promise<number> {
  if (loaded.settings['hal.kind'] !== 'sim')
    throw usage(NAME, '--paper', 'on hardware', 'Use the simulated bench; on hardware play a recipe for each pattern.');
  if (repeats > MOST_REPEATS)
    throw usage(NAME, '--repeats', String(repeats), `Give a number from 1 to ${MOST_REPEATS}.`);
  const problems = paperProblems(loaded.settings);
  if (problems.length > 0) throw new ConfigError(problems);
  const settings = await commissioned(loaded);
  const figure = paperFigure({ settings, bench: loaded.bench, repeats, seed: seed ?? settings['sim.seed'] });
  process.stdout.write(json ? `${JSON.stringify(figure)}\n` : `${paperWords(figure)}\n`);
  return figure.trouble === null && figure.comparisons.every(({ p }) => p !== null) ? 0 : 1;
}
