/** `remixd simulate`: the whole controller in virtual time, with a summary that a program can read. */
import { uncorrected } from '../config/calibration.ts';
import type { LoadedConfig } from '../config/load.ts';
import { periodMsOf } from '../control/order.ts';
import { loadRecipe, recipeNames } from '../files/recipes.ts';
import { VirtualRunFolder } from '../files/run-folder.ts';
import { INJECTION_NAMES, type InjectionName, injectionOf, isInjectionName } from '../hal/sim/injection.ts';
import type { AlarmName } from '../params/alarms.ts';
import { CAUSES } from '../params/cause.ts';
import { nearest } from '../params/check.ts';
import { FAULTS, type FaultName } from '../params/faults.ts';
import { hasSetpoint, MODE_NAMES, type Mode, modeRow } from '../params/modes.ts';
import type { Policy } from '../params/policy.ts';
import { ConfigError, type Problem } from '../params/problem.ts';
import { type Recipe, type RecipeFile, readRecipe, recipeSeconds } from '../params/recipe.ts';
import { recipeLimitProblems } from '../params/recipe-limits.ts';
import type { Settings } from '../params/settings.ts';
import type { Snapshot } from '../params/snapshot.ts';
import type { Verdict } from '../params/verdict.ts';
import { type AlarmSeen, AlarmWatch } from '../rig/alarms.ts';
import { assembleSimulation, requireSimulated, sampleProblems } from '../rig/assemble.ts';
import { calibratedBy, commissionSimulated } from '../rig/commissioned.ts';
import type { InjectionOrder, Simulation } from '../rig/simulation.ts';
import { type VerdictSeen, VerdictWatch } from '../rig/verdicts.ts';
import { SAMPLE_NAMES, sampleOf } from '../twin/samples.ts';
import { Progress } from './output.ts';
import { followSettings, simulatedDesk } from './simulated-desk.ts';

export interface SimulateOptions {
  readonly loaded: LoadedConfig;
  readonly pattern: string | null;
  readonly mode: Mode | null;
  readonly setpointC: number | null;
  readonly swingK: number | null;
  readonly periodS: number | null;
  /** Commission the bench first. */
  readonly commission: boolean;
  readonly recipe: string | null;
  /** What follows from the verdict; null = as film.policy says, which is tell where that is auto. */
  readonly policy: Policy | null;
  readonly light: number | null;
  readonly seconds: number | null;
  readonly inject: readonly string[];
  readonly out: string | null;
  readonly json: boolean;
}

export interface SimulateResult {
  readonly simulated: true;
  readonly seed: number;
  readonly traceHash: string;
  readonly sample: string;
  readonly recipe: string;
  readonly seconds: number;
  readonly segregated: { readonly final: number; readonly peak: number };
  readonly temperatureC: { readonly mean: number; readonly swing: number; readonly max: number };
  /** What the light said of it. */
  readonly verdict: VerdictSeen;
  /** How often film.policy changed heat or light. */
  readonly adaptations: number;
  /** Highest film temperatures within reach at the end, °C: in seconds, and after `endS`; null where no model is known. */
  readonly reach: Snapshot['reach'];
  readonly edges: number;
  /** Thermal cycles of the film, at least 0.5 K up and down. */
  readonly cycles: number;
  readonly energyJ: number;
  readonly trips: ReturnType<Simulation['trips']>;
  /** User alarms that came on, in their order; `endedBy`: the one that ended the run. */
  readonly alarms: readonly AlarmSeen[];
  readonly endedBy: AlarmName | null;
  readonly state: string;
  /** Whether the recipe was started; if not, `faults` holds the reasons. */
  readonly armed: boolean;
  readonly faults: readonly FaultName[];
  /** Why the order to arm was refused before anything else; null = it was not. */
  readonly refused: string | null;
}

const DEFAULT_SECONDS = 180;
const SETPOINT_MODES = MODE_NAMES.filter(hasSetpoint);

const usage = (path: string, got: string, allowed: string, remedy: string): ConfigError =>
  new ConfigError([{ code: 'USAGE', path, got, allowed, remedy }]);

/** Reads `t/T` in seconds, `dc` or `none` into a one-step recipe. */
export function patternRecipe(text: string, light: number, forS: number): RecipeFile {
  const title = `pattern ${text}`;
  if (text === 'none') return { title, steps: [{ light, mode: 'off', forS }] };
  if (text === 'dc') return { title, steps: [{ light, mode: 'constant', forS }] };
  const match = /^(\d*\.?\d+)\/(\d*\.?\d+)$/.exec(text);
  if (!match) throw usage('--pattern', text, 't/T in seconds, dc or none', 'Write for example --pattern 0.5/5.');
  return { title, steps: [{ light, mode: 'pulse', onS: Number(match[1]), periodS: Number(match[2]), forS }] };
}

/** Options that contradict each other are refused; none is silently ignored. */
function refuseContradictions(o: SimulateOptions): void {
  const problems: Problem[] = [];
  const clash = (both: boolean, path: string, other: string): void => {
    const remedy = `Leave out ${path} or ${other}.`;
    if (both)
      problems.push({
        code: 'USAGE',
        path,
        got: `together with ${other}`,
        allowed: `one of ${path} and ${other}`,
        remedy,
      });
  };
  const swings = o.mode === 'swing';
  for (const [given, path] of [
    [o.swingK, '--swing'],
    [o.periodS, '--period'],
  ] as const) {
    clash(given !== null && o.recipe !== null, path, '--recipe');
    if (given !== null && o.recipe === null && !swings) {
      const remedy = 'Add --mode swing.';
      problems.push({ code: 'USAGE', path, got: 'another mode', allowed: 'with --mode swing', remedy });
    }
  }
  const heatsByTemperature = o.mode !== null && hasSetpoint(o.mode);
  clash(o.pattern !== null && (heatsByTemperature || swings), '--pattern', `--mode ${o.mode}`);
  clash(o.pattern !== null && o.recipe !== null, '--pattern', '--recipe');
  clash(o.mode !== null && o.recipe !== null, '--mode', '--recipe');
  clash(o.light !== null && o.recipe !== null, '--light', '--recipe');
  clash(o.policy !== null && o.policy !== 'tell' && o.recipe !== null, `--policy ${o.policy}`, '--recipe');
  clash(o.setpointC !== null && o.recipe !== null, '--setpoint', '--recipe');
  if (o.setpointC !== null && o.recipe === null && !heatsByTemperature) {
    const remedy = `Add --mode ${SETPOINT_MODES.join(' or --mode ')}.`;
    problems.push({
      code: 'USAGE',
      path: '--setpoint',
      got: 'a mode without a setpoint',
      allowed: `with --mode ${SETPOINT_MODES.join(' or ')}`,
      remedy,
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

function chosenRecipe(o: SimulateOptions, settings: Settings): Recipe {
  refuseContradictions(o);
  const light = o.light ?? 1;
  const forS = o.seconds ?? DEFAULT_SECONDS;
  const longestS = settings['recipe.longestS'];
  if (forS > longestS && o.recipe === null) {
    throw usage(
      '--seconds',
      String(forS),
      `at most ${longestS} s in one run (recipe.longestS, I19)`,
      'Split it into several runs.',
    );
  }
  if (o.recipe !== null) return loadRecipe(o.recipe);
  const setpointC = o.setpointC ?? settings['control.setpointC'];
  const mode = o.mode ?? 'pulse';
  const pattern = o.pattern ?? `${settings['pulse.onMs'] / 1000}/${settings['pulse.periodMs'] / 1000}`;
  const order = {
    onS: settings['pulse.onMs'] / 1000,
    periodS: o.periodS ?? periodMsOf(settings, mode) / 1000,
    setpointC,
    swingK: o.swingK ?? settings['swing.targetK'],
  };
  const told = Object.fromEntries(modeRow(mode).fields.map((field) => [field, order[field]]));
  const file: RecipeFile =
    mode === 'pulse'
      ? patternRecipe(pattern, light, forS)
      : { title: modeRow(mode).words(order), steps: [{ light, mode, forS, ...told }] };
  const read = readRecipe('command line', file);
  if ('problems' in read) throw new ConfigError(read.problems);
  return read.recipe;
}

/** Reads `FAULT@SECONDS`. */
export function parseInjection(text: string): InjectionOrder {
  const [name = '', at = '', ...more] = text.split('@');
  if (!isInjectionName(name)) {
    const near = nearest(name, INJECTION_NAMES);
    throw usage(
      '--inject',
      text,
      'a fault listed by remixd simulate --list',
      near ? `Did you mean ${near}?` : 'Run remixd simulate --list for the names.',
    );
  }
  if (more.length > 0 || !/^-?\d*\.?\d+$/.test(at)) {
    throw usage('--inject', text, 'FAULT@SECONDS; a negative time is before arming', `Write for example ${name}@60.`);
  }
  return { name, atS: Number(at) };
}

const CHUNK_S = 20;

const UNFIT = ['--commission', 'Leave out --commission, or describe another bench.'] as const;

/** Settings with what the quick commissioning of the bench finds; else what is blamed, and what helps. */
export async function commissionedFirst(
  { settings, bench }: LoadedConfig,
  [path, remedy]: readonly [string, string] = ['--bench', 'Describe another bench.'],
): Promise<Settings> {
  requireSimulated(settings);
  const plain = { ...uncorrected(settings), 'heater.commissioned': false };
  const { outcome } = await commissionSimulated(plain, bench);
  if (outcome.kind === 'good') return calibratedBy(plain, outcome.calibration);
  const got = outcome.kind === 'refused' ? outcome.why.join('; ') : 'a trip';
  throw usage(path, got, 'a bench that can be commissioned', remedy);
}

/** A run that a policy may change follows the settings; what the command line asks for becomes theirs. */
function followed(settings: Settings, { title, steps: [step] }: Recipe, policy: Policy): [Settings, Recipe] {
  const { mode, onS, periodS, setpointC, swingK, light } = step ?? {};
  const periodMs = periodS === undefined ? undefined : Math.round(1000 * periodS);
  const told = {
    'film.policy': policy,
    'control.mode': mode,
    'control.setpointC': setpointC,
    'pulse.onMs': onS === undefined ? undefined : Math.round(1000 * onS),
    [mode === 'swing' ? 'swing.periodMs' : 'pulse.periodMs']: periodMs,
    'swing.targetK': swingK,
    'light.level': light,
  };
  const given = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
  return [{ ...settings, ...given } as Settings, followSettings(title)];
}

/** Runs the simulation and returns its result. */
export async function simulate(o: SimulateOptions): Promise<SimulateResult> {
  const plain = o.commission ? await commissionedFirst(o.loaded, UNFIT) : o.loaded.settings;
  const chosen = chosenRecipe(o, plain);
  const written = recipeSeconds(chosen.steps);
  const configured = plain['film.policy'] === 'auto' || o.recipe !== null ? 'tell' : plain['film.policy'];
  const policy = o.policy ?? configured;
  const [settings, recipe] = policy === 'tell' ? [plain, chosen] : followed(plain, chosen, policy);
  const spanS = o.seconds ?? (written || DEFAULT_SECONDS);
  const injections = o.inject.map(parseInjection);
  // Before the folder is claimed: a wrong setting must not leave an empty record in the way.
  requireSimulated(settings);
  const problems = [...sampleProblems(settings), ...recipeLimitProblems(recipe, settings)];
  if (problems.length > 0) throw new ConfigError(problems);
  const facts = { loaded: o.loaded, settings, recipe, simulated: true, wallTime: null };
  const journal = o.out !== null ? new VirtualRunFolder(o.out, facts) : undefined;
  const simulation = assembleSimulation({
    settings,
    bench: o.loaded.bench,
    recipe,
    injections,
    journals: journal ? [journal] : [],
  });
  const alarms = new AlarmWatch();
  simulation.feed.subscribe(alarms);
  const verdicts = new VerdictWatch();
  simulation.feed.subscribe(verdicts);
  const film = policy === 'tell' ? null : simulatedDesk(simulation, settings, recipe, policy);
  const progress = new Progress();
  const armed = simulation.arm();
  if (armed) {
    for (let done = 0; done < spanS; done += CHUNK_S) {
      progress.show(done / spanS, `${Math.round(done)} of ${spanS} s simulated`);
      const chunkS = Math.min(CHUNK_S, spanS - done);
      if (film) film.run(chunkS);
      else simulation.run(chunkS);
    }
  }
  progress.done();
  const { bench, feed } = simulation;
  const { gate, kernel, faults, endedBy } = feed.latest;
  const result: SimulateResult = {
    simulated: true,
    seed: settings['sim.seed'],
    traceHash: simulation.digest(),
    sample: settings['sim.sample'],
    recipe: recipe.title,
    seconds: spanS,
    segregated: { final: rounded(bench.twin.film.segregated), peak: rounded(simulation.peakSegregated) },
    temperatureC: roundedAll(simulation.temperature()),
    verdict: verdicts.seen,
    adaptations: film?.film.changes ?? 0,
    reach: feed.latest.reach,
    edges: gate.edges,
    cycles: feed.latest.cycles,
    energyJ: rounded(bench.energyJ),
    trips: simulation.trips(),
    alarms: alarms.seen,
    endedBy: endedBy?.alarm ?? null,
    state: kernel.name,
    armed,
    faults: [...faults],
    refused: simulation.refused,
  };
  journal?.close({ ...result });
  return result;
}

const rounded = (value: number): number => Number(value.toPrecision(6));
const roundedAll = (t: { mean: number; swing: number; max: number }): SimulateResult['temperatureC'] => ({
  mean: rounded(t.mean),
  swing: rounded(t.swing),
  max: rounded(t.max),
});

/** The summary for a person. */
export function summary(r: SimulateResult): string {
  const percent = (x: number): string => `${(100 * x).toFixed(2)} %`;
  const lines = [
    `SIMULATED bench · ${r.recipe} · ${r.seconds} s · sample ${r.sample} · seed ${r.seed}`,
    `  segregated   ${percent(r.segregated.final)} at the end, ${percent(r.segregated.peak)} maximum   (${r.armed ? verdict(r) : 'not armed'})`,
    `  verdict      ${verdictWords(r.verdict)}`,
    `  temperature  mean ${r.temperatureC.mean.toFixed(2)} °C, maximum ${r.temperatureC.max.toFixed(2)} °C, swing ${r.temperatureC.swing.toFixed(2)} K over the last minute`,
    `  heater       ${r.edges} edges, ${r.cycles} thermal cycles, ${r.energyJ.toFixed(1)} J`,
    `  reach        ${reachText(r.reach)}`,
    `  state        ${r.state}`,
    `  trace        ${r.traceHash}`,
  ];
  if (!r.armed) lines.push('  ✖ The bench did not arm; the recipe was not started.');
  if (r.refused !== null) lines.push(`    ${r.refused}`);
  for (const name of r.armed ? [] : r.faults) {
    const { code, label, cause, remedy } = FAULTS[name];
    lines.push(`  ! ${code} ${label}`, `      cause   ${cause}`, `      remedy  ${remedy}`);
  }
  for (const { name, atS, text } of r.alarms)
    lines.push(`  ! alarm ${name} at ${atS.toFixed(2)} s: ${text}${name === r.endedBy ? ' It ended the run.' : ''}`);
  for (const trip of r.trips) {
    const { label, cause, remedy } = FAULTS[trip.name as keyof typeof FAULTS];
    const when = trip.atS === null ? 'before the run' : `at ${trip.atS.toFixed(2)} s`;
    lines.push(
      `  ✖ ${trip.code} ${label} ${when}; heater off ${trip.heaterOffAfterMs} ms after the fault`,
      `      cause   ${cause}`,
      `      remedy  ${remedy}`,
    );
  }
  return lines.join('\n');
}

const verdictWords = ({ final, firstAlarmS, cause }: VerdictSeen): string =>
  `${final}${firstAlarmS === null ? '' : `, first alarm after ${firstAlarmS.toFixed(1)} s`}   (by the photodiodes; cause: ${CAUSES[cause].label.toLowerCase()})`;

const reachText = (reach: SimulateResult['reach']): string =>
  reach
    ? `${reach.nowC.toFixed(1)} °C now, ${reach.endC.toFixed(1)} °C after ${Math.round(reach.endS)} s`
    : 'not known: the bench is not commissioned';

function verdict({ segregated: { final, peak } }: SimulateResult): string {
  if (peak <= 0.02) return 'no segregation';
  if (final >= 0.5) return 'severe segregation';
  return peak >= 0.5 ? 'segregated, then remixed' : 'mild segregation';
}

/** All names that the command line accepts. */
export function listing(): {
  faults: Record<string, string>;
  samples: Record<string, string>;
  recipes: Record<string, string>;
} {
  return {
    faults: Object.fromEntries(INJECTION_NAMES.map((name: InjectionName) => [name, injectionOf(name).label])),
    samples: Object.fromEntries(
      SAMPLE_NAMES.map((name) => [name, `${sampleOf(name).title} (${sampleOf(name).source})`]),
    ),
    recipes: Object.fromEntries(recipeNames().map((name) => [name, loadRecipe(name).title])),
  };
}

export function listingText(): string {
  const block = (title: string, entries: Record<string, string>): string => {
    const width = Math.max(...Object.keys(entries).map((name) => name.length));
    const rows = Object.entries(entries).map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
    return `${title}\n${rows.join('\n')}`;
  };
  const { faults, samples, recipes } = listing();
  return [
    block('Faults (--inject NAME@SECONDS)', faults),
    block('Samples (--sample NAME)', samples),
    block('Recipes (--recipe NAME or FILE)', recipes),
  ].join('\n\n');
}

/** What makes a run a failure beside a trip: a share of the film (the twin’s own), and a last verdict. */
export interface FailureRules {
  readonly failAbove: number | null;
  readonly failOn: readonly Verdict[];
}

/** Whether a run failed: it did not arm, it tripped, or one of the rules holds. */
export const hasFailed = (r: SimulateResult, { failAbove, failOn }: FailureRules): boolean =>
  !r.armed ||
  r.trips.length > 0 ||
  (failAbove !== null && r.segregated.peak > failAbove) ||
  failOn.includes(r.verdict.final);
