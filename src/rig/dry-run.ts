/**
 * Plays a recipe on the simulated bench as fast as it can, and keeps of it what a person wants to know beforehand: for each
 * step temperatures, swing, duty, pulses, and whether it came to what it waits for. Memory does not grow with the run.
 */
import { MISSED } from '../control/recipe.ts';
import { MODE_FIELDS, type ModeOrder, modeRow } from '../params/modes.ts';
import { type Recipe, type RecipeStep, recipeSeconds } from '../params/recipe.ts';
import { runTimeS, type Snapshot } from '../params/snapshot.ts';
import { inSeconds, millis } from '../units.ts';
import { type Assembly, assembleSimulation } from './assemble.ts';
import { type Bucket, Curve } from './curve.ts';
import type { Simulation } from './simulation.ts';
import type { Trip } from './trips.ts';

/**
 * played = its time was over · reached = what it waits for came about · timed out = it did not · cut short = the run ended
 * in it.
 */
export type Outcome = 'played' | 'reached' | 'timed out' | 'cut short';

/** What became of one step. Temperatures are the film’s true ones, °C; times are since the recipe started, s. */
export interface StepForecast {
  /** From 1; 0 where the recipe follows the settings. */
  readonly number: number;
  readonly mode: string;
  readonly note: string | null;
  readonly fromS: number;
  readonly toS: number;
  readonly filmC: { readonly min: number; readonly mean: number; readonly max: number };
  /** Peak to peak at the end of the step: over its last period, or 30 s without one, and over its last half at most. */
  readonly swingK: number;
  readonly duty: number;
  readonly pulses: number;
  /** Segregated share of the film at the end of the step, 0..1. */
  readonly segregated: number;
  /** How long until the film was within 0.5 K of the setpoint, s; null if never, and in a mode without one. */
  readonly reachedS: number | null;
  /** Whether the ramp came to its end; null without one. */
  readonly rampDone: boolean | null;
  readonly outcome: Outcome;
}

export interface DryRun {
  /** Whether the recipe was started; if not, `faults` holds the reasons. */
  readonly armed: boolean;
  /** Why the order to arm was refused before anything else; null = it was not. */
  readonly refused: string | null;
  readonly faults: readonly string[];
  readonly trips: readonly Trip[];
  readonly seconds: number;
  readonly peakC: number;
  /** Pulses of the heater: one thermal cycle each. */
  readonly cycles: number;
  readonly energyJ: number;
  readonly segregated: { readonly final: number; readonly peak: number };
  readonly steps: readonly StepForecast[];
  readonly tickS: number;
  readonly curve: readonly Readonly<Bucket>[];
}

/** A recipe without an end is played for so long, s. */
export const OPEN_ENDED_S = 600;
/** Within this of the setpoint the film has reached it, K. */
const REACHED_K = 0.5;
/** Swing without a period is taken over this, s; no period is longer than the ring. */
const SWING_S = 30;
const RING_S = MODE_FIELDS.periodS.max;
/** The end of the recipe becomes a state a few ticks later. */
const SLACK_S = 5;

/** A step while it is played. */
interface Open {
  readonly number: number;
  readonly step: RecipeStep | null;
  readonly fromS: number;
  readonly heatedS: number;
  readonly rises: number;
  ticks: number;
  sumC: number;
  minC: number;
  maxC: number;
  reachedS: number | null;
  setpointC: number;
}

class Forecast {
  readonly steps: StepForecast[] = [];
  readonly curve = new Curve();
  rises = 0;
  peakC = Number.NEGATIVE_INFINITY;
  lastS = 0;
  private missed = false;
  private open: Open | null = null;
  private heatedBeforeS: number;
  private readonly ring: Float64Array;
  private ticks = 0;

  constructor(
    private readonly simulation: Simulation,
    readonly tickS: number,
  ) {
    this.ring = new Float64Array(Math.ceil(RING_S / tickS));
    this.heatedBeforeS = heatedS(simulation.feed.latest);
    simulation.feed.subscribe({
      event: (event) => {
        if (event.kind === 'edge' && event.rising) this.rises += 1;
        if ((event.kind === 'note' || event.kind === 'trouble') && event.code === MISSED) this.missed = true;
      },
    });
  }

  look(): void {
    const now = this.simulation.feed.latest;
    const { progress, order, light } = now;
    const { filmC } = this.simulation.bench.twin;
    const timeS = runTimeS(now) ?? 0;
    if (!this.open || progress.number !== this.open.number) this.turn(now, timeS);
    const { open } = this;
    if (!open) return;
    open.ticks += 1;
    open.sumC += filmC;
    open.minC = Math.min(open.minC, filmC);
    open.maxC = Math.max(open.maxC, filmC);
    const { setpointC } = open.step ?? {};
    if (setpointC !== undefined) {
      open.setpointC = order.setpointC;
      if (open.reachedS === null && Math.abs(filmC - setpointC) <= REACHED_K) open.reachedS = timeS - open.fromS;
    }
    this.peakC = Math.max(this.peakC, filmC);
    this.ring[this.ticks % this.ring.length] = filmC;
    this.ticks += 1;
    const heated = heatedS(now);
    const duty = Math.min(1, (heated - this.heatedBeforeS) / this.tickS);
    this.heatedBeforeS = heated;
    this.curve.add({ filmC, setpointC: setpointC === undefined ? Number.NaN : order.setpointC, duty, light });
    this.lastS = timeS;
  }

  /** The recipe is at another step, or at its end. */
  private turn(now: Snapshot, timeS: number): void {
    const isOn = now.kernel.name === 'armed' || now.kernel.name === 'paused';
    this.close(now, timeS, this.missed ? 'timed out' : isOn || now.finished ? null : 'cut short');
    this.missed = false;
    const { step, number } = now.progress;
    if (now.finished || !isOn) return;
    this.open = {
      number,
      step,
      fromS: timeS,
      heatedS: heatedS(now),
      rises: this.rises,
      ticks: 0,
      sumC: 0,
      minC: Number.POSITIVE_INFINITY,
      maxC: Number.NEGATIVE_INFINITY,
      reachedS: null,
      setpointC: Number.NaN,
    };
  }

  /** Ends the step in force; `outcome` null = as it was meant to. */
  close(now: Snapshot, timeS: number, outcome: Outcome | null): void {
    const { open } = this;
    this.open = null;
    if (!open || open.ticks === 0) return;
    const { step, number, fromS, ticks } = open;
    const target = step?.setpointC;
    this.steps.push({
      number,
      mode: step ? wordsOf(step) : 'follows the settings',
      note: step?.note ?? null,
      fromS,
      toS: timeS,
      filmC: { min: open.minC, mean: open.sumC / ticks, max: open.maxC },
      swingK: this.swing(step, ticks),
      duty: Math.min(1, (heatedS(now) - open.heatedS) / Math.max(this.tickS, timeS - fromS)),
      pulses: this.rises - open.rises,
      segregated: this.simulation.bench.twin.film.segregated,
      reachedS: open.reachedS,
      rampDone: step?.rampKPerMin === undefined ? null : open.setpointC === target,
      outcome: outcome ?? (step?.until ? 'reached' : 'played'),
    });
  }

  /** Peak to peak at the end of a step, K. */
  private swing(step: RecipeStep | null, ticks: number): number {
    const windowS = step?.periodS ?? SWING_S;
    const n = Math.max(1, Math.min(Math.ceil(windowS / this.tickS), Math.ceil(ticks / 2), this.ring.length));
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = this.ticks - n; i < this.ticks; i += 1) {
      const value = this.ring[i % this.ring.length]!;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return high - low;
  }
}

const heatedS = ({ gate }: Snapshot): number => inSeconds(gate.heatedUs);

/** A step as a screen shows it. */
function wordsOf(step: RecipeStep): string {
  const fields = Object.keys(MODE_FIELDS) as (keyof ModeOrder)[];
  const order = Object.fromEntries(fields.map((field) => [field, step[field] ?? 0])) as unknown as ModeOrder;
  const ramp = step.rampKPerMin === undefined ? '' : `, ${step.rampKPerMin} K/min`;
  return `${modeRow(step.mode).words(order)}${ramp}`;
}

/**
 * Plays a recipe to its end, to its first trip, or for ten minutes where it follows the settings.
 * @param onProgress called now and then with the seconds played
 */
export function dryRun(
  assembly: Pick<Assembly, 'settings' | 'bench' | 'recipe'>,
  onProgress: (seconds: number) => void = () => {},
): DryRun {
  const { settings, recipe } = assembly;
  const simulation = assembleSimulation(assembly);
  const { bench, feed } = simulation;
  const armed = simulation.arm();
  const forecast = new Forecast(simulation, inSeconds(millis(settings['loop.tickMs'])));
  const longestS = longestOf(recipe);
  if (armed) {
    forecast.look();
    for (let ticks = 1; feed.latest.driven && forecast.lastS < longestS; ticks += 1) {
      simulation.tick();
      forecast.look();
      if (ticks % 1000 === 0) onProgress(forecast.lastS);
    }
    const isWhole = recipe.followSettings && feed.latest.driven;
    forecast.close(feed.latest, forecast.lastS, isWhole ? null : 'cut short');
  }
  return {
    armed,
    refused: simulation.refused,
    faults: [...feed.latest.faults],
    trips: simulation.trips(),
    seconds: forecast.steps.at(-1)?.toS ?? 0,
    peakC: armed ? forecast.peakC : bench.twin.filmC,
    cycles: forecast.rises,
    energyJ: bench.energyJ,
    segregated: { final: bench.twin.film.segregated, peak: simulation.peakSegregated },
    steps: forecast.steps,
    tickS: forecast.tickS,
    curve: forecast.curve.buckets,
  };
}

/** The longest time that a dry run of a recipe takes, s. */
export const longestOf = ({ followSettings, steps }: Recipe): number =>
  followSettings ? OPEN_ENDED_S : recipeSeconds(steps) + SLACK_S;
