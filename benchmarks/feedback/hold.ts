/**
 * Whether the film is kept mixed for an hour after the search said that it has found a pattern, on benches that were only
 * quickly commissioned; beside it fixed pulses over the same hour, and an oracle that knows the best of 97 patterns.
 */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { verdictRow } from '../../src/params/verdict.ts';
import { type Group, groupedBenches, type Population } from '../heat/bench.ts';
import { type Line, paired, share, spread } from '../heat/line.ts';
import { HELD_BELOW, oracleHolds } from '../heat/oracle.ts';
import { disturbed, isArmed, known, unknown, type World, worldOf } from './world.ts';

const HOUR_S = 3600;
/** A search that takes longer is taken for over. */
const SEARCH_MOST_S = 900;
/** A film may be above the limit for so long before its verdict must say so, s. */
const SAID_WITHIN_S = 60;
const FIRST_MINUTE_S = 60;
/** Held at full light: dark frames and a rescue or two are no dimming. */
const LIT = 0.97;

type Control = 'adapt' | 'fixed' | 'oracle';
const CONTROLS: readonly Control[] = ['adapt', 'fixed', 'oracle'];

export interface HoldTask {
  readonly bench: BenchFile;
  readonly group: Group;
  readonly control: Control;
}

export interface HoldResult {
  readonly held: boolean;
  readonly refused: boolean;
  readonly tripped: boolean;
  /** Light that the search took, in seconds of full light. */
  readonly searchLightS: number;
  /** Mean light of the hour over full light. */
  readonly lit: number;
  /** Time above the limit while lit over time lit, search included. */
  readonly exposed: number;
  /** Stretches above the limit of which no verdict said anything. */
  readonly silent: number;
  /** Of the hour: called MIXED, and not seen, over the time that the film was lit. */
  readonly mixed: number;
  readonly blind: number;
  readonly adaptations: number;
}

const NOTHING: HoldResult = {
  held: false,
  refused: false,
  tripped: false,
  searchLightS: 0,
  lit: 1,
  exposed: 0,
  silent: 0,
  mixed: 0,
  blind: 0,
  adaptations: 0,
};

export const holdTasks = (from: Population, n: number): HoldTask[] =>
  groupedBenches(from, n).flatMap(({ bench, group }) =>
    CONTROLS.map((control): HoldTask => ({ bench, group, control })),
  );

export async function holdFilm({ bench, control }: HoldTask): Promise<HoldResult> {
  if (control === 'oracle') return { ...NOTHING, held: oracleHolds(unknown(bench), bench, HOUR_S) };
  const world = disturbed(bench, HOUR_S + SEARCH_MOST_S);
  const settings = control === 'adapt' ? await known(bench) : unknown(bench);
  const run = settings && worldOf(settings, world, control === 'adapt' ? 'adapt' : 'tell');
  return run ? new Score(run, control === 'adapt').hour() : { ...NOTHING, refused: true };
}

/** One run, tick by tick. */
class Score {
  private litS = 0;
  /** Time with any light at all, s. */
  private shoneS = 0;
  private exposedS = 0;
  private aboveS = 0;
  private silent = 0;
  private told = false;

  constructor(
    private readonly world: World,
    private readonly searches: boolean,
  ) {}

  hour(): HoldResult {
    const { world } = this;
    let searchS = 0;
    while (this.searches && !world.film.found && searchS < SEARCH_MOST_S && isArmed(world)) {
      this.tick();
      searchS += world.tickS;
    }
    const searchLightS = this.litS;
    const ticks = Math.round(HOUR_S / world.tickS);
    let [held, mixedS, blindS, seenS, lastS] = [true, 0, 0, 0, searchS];
    const before = this.litS;
    for (let i = 0; i < ticks && isArmed(world); i += 1) {
      this.tick();
      lastS += world.tickS;
      if (world.segregated() > HELD_BELOW) held = false;
      const { sight, light } = world.snapshot();
      if (light <= 0 || lastS < FIRST_MINUTE_S) continue;
      seenS += world.tickS;
      if (sight.verdict === 'MIXED') mixedS += world.tickS;
      if (sight.verdict === 'CANNOT_SEE') blindS += world.tickS;
    }
    const tripped = !isArmed(world);
    return {
      ...NOTHING,
      held: held && !tripped,
      tripped,
      searchLightS,
      lit: (this.litS - before) / HOUR_S,
      exposed: this.exposedS / Math.max(1, this.shoneS),
      silent: this.silent,
      mixed: mixedS / Math.max(1, seenS),
      blind: blindS / Math.max(1, seenS),
      adaptations: world.film.changes,
    };
  }

  private tick(): void {
    const { world } = this;
    world.tick();
    const { tickS } = world;
    const light = world.simulation.bench.twin.light;
    this.litS += tickS * light;
    if (world.snapshot().light > 0) this.shoneS += tickS;
    const above = world.segregated() > HELD_BELOW;
    if (above && light > 0) this.exposedS += tickS;
    const { verdict } = world.snapshot().sight;
    const says = verdictRow(verdict).alarming || verdict === 'RECOVERING' || verdict === 'DARK';
    this.aboveS = above ? this.aboveS + tickS : 0;
    this.told = above && (this.told || says);
    if (this.aboveS >= SAID_WITHIN_S && !this.told) {
      this.silent += 1;
      this.aboveS = Number.NEGATIVE_INFINITY;
    }
  }
}

export function holdLines(tasks: readonly HoldTask[], results: readonly HoldResult[]): Line[] {
  const groups = [...new Set(tasks.map(({ group }) => group))];
  return groups.flatMap((group) => {
    const of = (control: Control): HoldResult[] =>
      results.filter((_, i) => tasks[i]?.group === group && tasks[i]?.control === control);
    const [adapt, fixed, oracle] = [of('adapt'), of('fixed'), of('oracle')];
    const held = (name: string, list: readonly HoldResult[]): Line =>
      share(`${name}${group}`, list.filter((one) => one.held).length, list.length, null);
    // What the oracle holds at full light should be held at full light.
    const could = adapt.filter((_, i) => oracle[i]?.held);
    const quantile = (name: string, of: readonly number[], q: number, unit: string, reference: number): Line =>
      spread(`${name}${group}`, of, q, unit, reference);
    const percent = (list: readonly HoldResult[], key: 'exposed' | 'mixed' | 'blind'): number[] =>
      list.map((one) => 100 * one[key]);
    return [
      held('hold', adapt),
      held(
        'hold-lit',
        adapt.map((one) => ({ ...one, held: one.held && one.lit >= LIT })),
      ),
      held('oracle', oracle),
      held('fixed', fixed),
      paired(
        `hold-minus-oracle${group}`,
        adapt.map((one, i) => [one.held, oracle[i]?.held === true]),
        -3,
      ),
      { ...count(`silent-segregations${group}`, adapt), reference: 0 },
      { ...count(`silent-segregations${group}:fixed`, fixed), reference: 0 },
      quantile('exposed-share-p99', percent(adapt, 'exposed'), 0.99, '%', 1),
      quantile(
        'lit-share-p5',
        could.map(({ lit }) => lit),
        0.05,
        '1',
        0.98,
      ),
      quantile(
        'mixed-share-p5',
        percent(
          could.filter((one) => one.held),
          'mixed',
        ),
        0.05,
        '%',
        98,
      ),
      quantile('cannot-see-share-p95', percent(adapt, 'blind'), 0.95, '%', 1),
      quantile(
        'search-light-p50',
        adapt.map(({ searchLightS }) => searchLightS),
        0.5,
        's',
        180,
      ),
      quantile(
        'search-light-p95',
        adapt.map(({ searchLightS }) => searchLightS),
        0.95,
        's',
        300,
      ),
      share(`hold-trips${group}`, adapt.filter(({ tripped, refused }) => tripped || refused).length, adapt.length, 0),
    ];
  });
}

const count = (name: string, list: readonly HoldResult[]): Omit<Line, 'reference'> => {
  const value = list.reduce((sum, { silent }) => sum + silent, 0);
  return { name, value, unit: 'events', low: value, high: value, n: list.length };
};
