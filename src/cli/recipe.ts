/** `remixd recipe check`: a dry run of a recipe on the simulated bench, before anything is heated. */
import type { Command } from 'commander';
import type { LoadedConfig } from '../config/load.ts';
import { loadRecipe, ownRecipes } from '../files/recipes.ts';
import { sparkline, strip } from '../fronts/terminal/recent.ts';
import { clockText } from '../fronts/terminal/words.ts';
import { FAULTS, type FaultName } from '../params/faults.ts';
import { ConfigError, EXIT_CONFIG } from '../params/problem.ts';
import type { Recipe } from '../params/recipe.ts';
import { recipeLimitProblems } from '../params/recipe-limits.ts';
import { requireSimulated, sampleProblems } from '../rig/assemble.ts';
import type { Bucket } from '../rig/curve.ts';
import { type DryRun, dryRun, longestOf, OPEN_ENDED_S, type StepForecast } from '../rig/dry-run.ts';
import { benchOption, type Common, configOption, filled, jsonOption, load, setOption } from './options.ts';
import { guarded, Progress } from './output.ts';
import { recipePicture } from './recipe-picture.ts';
import { draw } from './wire.ts';

interface CheckFlags extends Common {
  readonly out?: string;
}

/** Adds `recipe check`. */
export function addRecipe(program: Command): void {
  const recipe = program.command('recipe').description('look at a recipe before it is run');
  recipe
    .command('check')
    .argument('<file>', 'a recipe file, or the name of a recipe of this device', filled)
    .description(
      'check a recipe and play it on the simulated bench as fast as possible: temperatures, swing, cycles, what is reached; ' +
        'exit code 1 if it trips, does not arm or does not come to its end, 78 if it is refused',
    )
    .addOption(configOption())
    .addOption(setOption())
    .addOption(benchOption())
    .addOption(jsonOption())
    .option('--out <FILE>', 'also write a picture (SVG) of the run', filled)
    .action((file: string, flags: CheckFlags) => guarded(() => check(file, flags)));
}

/** What `--json` prints of a recipe that could be played. */
interface Checked extends DryRun {
  /** It came to its end without a trip. */
  readonly ok: boolean;
  readonly simulated: true;
  readonly recipe: string;
  readonly title: string;
}

function check(file: string, flags: CheckFlags): number {
  try {
    const loaded = load(flags);
    const recipe = loadRecipe(file, ownRecipes(loaded.settings['runtime.stateDir']));
    const result = checked(recipe, loaded);
    if (flags.out !== undefined) draw(flags.out, recipePicture(recipe.title, result));
    const text = flags.json ? JSON.stringify(result) : words(result, recipe, flags.out);
    process.stdout.write(`${text}\n`);
    return result.ok ? 0 : 1;
  } catch (error) {
    if (!flags.json || !(error instanceof ConfigError)) throw error;
    process.stdout.write(`${JSON.stringify({ ok: false, problems: error.problems }, null, 1)}\n`);
    return EXIT_CONFIG;
  }
}

/** @throws ConfigError when the bench would refuse the recipe */
function checked(recipe: Recipe, { settings, bench }: LoadedConfig): Checked {
  requireSimulated(settings);
  const problems = [...sampleProblems(settings), ...recipeLimitProblems(recipe, settings)];
  if (problems.length > 0) throw new ConfigError(problems);
  const progress = new Progress();
  const longestS = longestOf(recipe);
  const run = dryRun({ settings, bench, recipe }, (s) => progress.show(s / longestS, `${Math.round(s)} s simulated`));
  progress.done();
  const last = run.steps.at(-1);
  const isWhole = last !== undefined && (recipe.followSettings || last.number === recipe.steps.length);
  const isBroken = last?.outcome === 'cut short' || (last?.outcome === 'timed out' && endsThen(recipe, last));
  const ok = run.armed && run.trips.length === 0 && isWhole && !isBroken;
  return { ok, simulated: true, recipe: recipe.name, title: recipe.title, ...run };
}

/** Whether the run ends when this step times out. */
const endsThen = ({ steps }: Recipe, { number }: StepForecast): boolean =>
  steps[number - 1]?.until?.onTimeout !== 'go-on';

/** More steps than this are not listed one by one. */
const MOST_ROWS = 40;
const COLUMNS = 60;

function words(run: Checked, recipe: Recipe, picture: string | undefined): string {
  const { steps, segregated } = run;
  const open = recipe.followSettings ? ` · without an end: its first ${OPEN_ENDED_S} s` : '';
  const more = steps.length > MOST_ROWS ? [`  … and ${steps.length - MOST_ROWS} more steps; --json has them all.`] : [];
  const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
  return [
    `SIMULATED bench · ${run.recipe} · ${run.title}${open}`,
    '',
    ...table(steps.slice(0, MOST_ROWS)),
    ...more,
    '',
    ...curveLines(run.curve),
    `  time         ${clockText(run.seconds)}, ${steps.length} of ${Math.max(1, recipe.steps.length)} steps`,
    `  temperature  at most ${run.peakC.toFixed(2)} °C`,
    `  heater       ${run.cycles} pulses (thermal cycles), ${run.energyJ.toFixed(1)} J`,
    `  segregated   ${percent(segregated.final)} at the end, ${percent(segregated.peak)} maximum`,
    ...troubles(run),
    ...(picture === undefined ? [] : [`  picture      ${picture}`]),
    run.ok ? 'The recipe comes to its end.' : 'The recipe does not come to its end.',
  ].join('\n');
}

function troubles(run: Checked): string[] {
  const remedies = (name: FaultName): string[] => [
    `      cause   ${FAULTS[name].cause}`,
    `      remedy  ${FAULTS[name].remedy}`,
  ];
  const unarmed = run.armed ? [] : ['  ✖ The bench did not arm; the recipe was not started.'];
  if (run.refused !== null) unarmed.push(`    ${run.refused}`);
  const faults = run.armed ? [] : (run.faults as FaultName[]);
  return [
    ...unarmed,
    ...faults.flatMap((name) => [`  ! ${FAULTS[name].code} ${FAULTS[name].label}`, ...remedies(name)]),
    ...run.trips.flatMap(({ code, name, atS }) => [
      `  ✖ ${code} ${FAULTS[name as FaultName].label} ${atS === null ? 'before the run' : `at ${clockText(atS)}`}`,
      ...remedies(name as FaultName),
    ]),
  ];
}

const HEADER = [
  'step',
  'from',
  'to',
  'film min',
  'mean',
  'max °C',
  'swing K',
  'duty',
  'pulses',
  'segregated',
  'outcome',
  'mode',
];
/** The columns before this one are numbers. */
const FIRST_WORDS = 10;

/** One row a step, columns aligned; the last one is text of any length. */
function table(steps: readonly StepForecast[]): string[] {
  const rows = [HEADER, ...steps.map(row)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((cells) => [...(cells[column] ?? '')].length)));
  return rows.map((cells) =>
    cells
      .map((cell, column) =>
        column < FIRST_WORDS ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function row(step: StepForecast): string[] {
  const { filmC, reachedS, rampDone, note } = step;
  const facts = [
    step.outcome,
    ...(reachedS === null ? [] : [`at the setpoint after ${reachedS.toFixed(0)} s`]),
    ...(rampDone === false ? ['ramp not done'] : []),
  ];
  return [
    String(step.number),
    clockText(step.fromS),
    clockText(step.toS),
    filmC.min.toFixed(2),
    filmC.mean.toFixed(2),
    filmC.max.toFixed(2),
    step.swingK.toFixed(2),
    `${(100 * step.duty).toFixed(1)} %`,
    String(step.pulses),
    `${(100 * step.segregated).toFixed(1)} %`,
    facts.join(', '),
    note === null ? step.mode : `${step.mode} — ${note}`,
  ];
}

/** The whole run in one line of a terminal: the film’s mean, and where the heater was on. */
function curveLines(curve: readonly Readonly<Bucket>[]): string[] {
  if (curve.length === 0) return [];
  const width = Math.min(COLUMNS, curve.length);
  const columns = Array.from({ length: width }, (_, i) =>
    curve.slice(Math.floor((i * curve.length) / width), Math.floor(((i + 1) * curve.length) / width)),
  );
  const sum = (part: readonly Readonly<Bucket>[], of: (bucket: Readonly<Bucket>) => number): number =>
    part.reduce((all, bucket) => all + of(bucket), 0);
  const film = columns.map((part) => sum(part, (b) => b.sumC) / sum(part, (b) => b.ticks));
  const heat = columns.map((part) => sum(part, (b) => b.sumDuty) > 0);
  return [`  film         ${sparkline(film, 2)}`, `  heater       ${strip(heat)}`];
}
