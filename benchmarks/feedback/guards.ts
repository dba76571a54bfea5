/**
 * What each guard of the light path is worth: short runs once as they are and once with the guard taken out, so that its fault is
 * there again. Both figures stand side by side, `guard-NAME:FIGURE` and `without-NAME:FIGURE`. The guards are taken out here, in the
 * place of methods; nothing in the product can do it.
 */
import { OneBand } from '../../src/control/light/one-band.ts';
import { Quench } from '../../src/control/light/quench.ts';
import { measured, TwoBands } from '../../src/control/light/share.ts';
import type { BenchFile } from '../../src/params/bench-file.ts';
import type { Settings } from '../../src/params/settings.ts';
import type { Population } from '../heat/bench.ts';
import type { Line } from '../heat/line.ts';
import { type BlindResult, type BlindTask, blind, blindLines, blindTasks, type CaseName } from './blind.ts';
import { type CauseResult, type CauseTask, causeLines, causeOf, causeTasks, type Truth } from './causes.ts';
import { type NominalResult, nominalHours, nominalLines, nominalTasks } from './nominal.ts';
import { type OnsetResult, type OnsetTask, onset, onsetLines, onsetTasks, type Shape } from './onsets.ts';
import { type SwallowResult, swallow, swallowLines, swallowTasks } from './swallow.ts';
import { swap } from './swap.ts';

/** What puts a guard back. */
type Back = () => void;

interface Guard {
  /** Takes it out by the place of methods. */
  readonly takeOut: () => Back;
  /** Takes it out by a setting that laboratories have. */
  readonly settings?: Partial<Settings>;
  /** Figures that it is there for, by the suite that prints them. */
  readonly onsets?: readonly Shape[];
  readonly blind?: readonly CaseName[];
  readonly causes?: readonly Truth[];
  readonly nominal?: true;
  readonly swallow?: true;
  readonly figures: readonly string[];
}

/** A level that follows the signal forgets it so fast, s. */
const TRACKS_S = 60;
/** CUSUM as in the product: allowance, and the height at which it stays. */
const ALLOWANCE = 0.5;
const MOST_G = 60;

/** Another λ than the product’s: `next` makes it from the one before, NaN at first, and ρ. It counts as verified at once. */
function withLevel(next: (lambda: number, rho: number, spanS: number) => number): Back {
  const states = new WeakMap<TwoBands, { lambda: number; g: number }>();
  const shareOf = ({ k }: TwoBands, d: number, sigma: number): { s: number; error: number } => {
    const s = d / (Math.max(d, -k / 2) + k);
    return { s, error: ((1 - s) ** 2 * sigma) / k };
  };
  const stateOf = (bands: TwoBands, rho: number): { lambda: number; g: number } => {
    const state = states.get(bands) ?? { lambda: next(Number.NaN, rho, 0), g: 0 };
    states.set(bands, state);
    return state;
  };
  const backs = [
    swap(TwoBands.prototype, 'take', (take): TwoBands['take'] => {
      return function (this: TwoBands, cycle) {
        const real = take.call(this, cycle);
        const { rho, error2 } = measured(cycle);
        const state = stateOf(this, rho);
        const d = rho - state.lambda;
        const sigma = Math.sqrt(error2);
        state.g = Math.min(MOST_G, Math.max(0, state.g + d / sigma - ALLOWANCE));
        state.lambda = next(state.lambda, rho, cycle.spanS);
        return { ...real, ...shareOf(this, d, sigma), g: state.g, anchored: true, unbelievable: false };
      };
    }),
    swap(TwoBands.prototype, 'glance', (): TwoBands['glance'] => {
      return function (this: TwoBands, cycle) {
        const { rho, error2 } = measured(cycle);
        return shareOf(this, rho - stateOf(this, rho).lambda, Math.sqrt(error2));
      };
    }),
  ];
  return () => {
    for (const back of backs) back();
  };
}

/** Temperature takes nothing of the light: α = 0 for the causes, and one band does not know how warm the film is. */
function withoutTemperature(): Back {
  const quench = swap(Quench.prototype, 'perK', () => 0);
  const band = swap(OneBand.prototype, 'take', (take): OneBand['take'] => {
    return function (this: OneBand, cycle, doubtV, now) {
      return take.call(this, { ...cycle, cold: { ...cycle.cold, filmC: Number.NaN } }, doubtV, now);
    };
  });
  return () => {
    quench();
    band();
  };
}

const NOTHING: Back = () => {};

export const GUARDS = {
  /** λ is verified by contrast and stands still; without it, it is a mean of what is seen. */
  anchor: {
    takeOut: () =>
      withLevel((lambda, rho, spanS) =>
        Number.isNaN(lambda) ? rho : lambda + (rho - lambda) * -Math.expm1(-spanS / TRACKS_S),
      ),
    onsets: ['ten-minutes', 'creep'],
    swallow: true,
    blind: ['segregated-at-the-start', 'partly-segregated-at-the-start'],
    figures: [
      'onset-before-2pc-two-bands:ten-minutes',
      'onset-before-2pc-two-bands:creep',
      'swallowed-p50:creep',
      'blind-called-mixed:segregated-at-the-start',
      'blind-called-mixed:partly-segregated-at-the-start',
    ],
  },
  /** Room light is measured in the dark. */
  'dark-frames': {
    takeOut: () => NOTHING,
    settings: { 'pl.darkFrames': 'off' },
    nominal: true,
    figures: ['false-alarms-per-1000h', 'one-band-false-per-1000h'],
  },
  /** λ is what leaks through the filter; without it, the filter is ideal. */
  leak: {
    takeOut: () => withLevel(() => 0),
    nominal: true,
    figures: ['false-alarms-per-1000h'],
  },
  temperature: {
    takeOut: withoutTemperature,
    causes: ['quenching'],
    figures: ['cause-recall:quenching', 'one-band-warns:quenching'],
  },
} as const satisfies Record<string, Guard>;
export type GuardName = keyof typeof GUARDS;
const GUARD_NAMES = Object.keys(GUARDS) as GuardName[];

type Part =
  | { readonly suite: 'onsets'; readonly task: OnsetTask }
  | { readonly suite: 'blind'; readonly task: BlindTask }
  | { readonly suite: 'causes'; readonly task: CauseTask }
  | { readonly suite: 'nominal' | 'swallow'; readonly task: BenchFile };
export type GuardTask = Part & { readonly guard: GuardName; readonly isOut: boolean };
export type GuardResult = OnsetResult | BlindResult | CauseResult | NominalResult | SwallowResult;

function partsOf(guard: Guard, from: Population, n: number): Part[] {
  const { onsets = [], blind: cases = [], causes = [], nominal, swallow: swallows } = guard;
  return [
    ...(onsets.length > 0 ? onsetTasks(from, n).filter(({ shape }) => onsets.includes(shape)) : []).map(
      (task): Part => ({ suite: 'onsets', task }),
    ),
    ...(cases.length > 0 ? blindTasks(from, n).filter(({ name }) => cases.includes(name)) : []).map(
      (task): Part => ({ suite: 'blind', task }),
    ),
    ...(causes.length > 0 ? causeTasks(from, n) : [])
      .filter(({ truth, control }) => causes.includes(truth) && control === 'tell')
      .map((task): Part => ({ suite: 'causes', task })),
    ...(nominal ? nominalTasks(from, n) : []).map((task): Part => ({ suite: 'nominal', task })),
    ...(swallows ? swallowTasks(from, n) : []).map((task): Part => ({ suite: 'swallow', task })),
  ];
}

export const guardTasks = (from: Population, n: number, names: readonly GuardName[] = GUARD_NAMES): GuardTask[] =>
  names.flatMap((guard) =>
    partsOf(GUARDS[guard], from, n).flatMap((part) =>
      [false, true].map((isOut): GuardTask => ({ ...part, guard, isOut })),
    ),
  );

export async function guardRun(task: GuardTask): Promise<GuardResult> {
  const guard: Guard = GUARDS[task.guard];
  const back = task.isOut ? guard.takeOut() : NOTHING;
  try {
    if (task.suite === 'onsets') return await onset(task.task);
    if (task.suite === 'blind') return await blind(task.task);
    if (task.suite === 'causes') return await causeOf(task.task);
    if (task.suite === 'swallow') return await swallow(task.task);
    return await nominalHours(task.task, task.isOut ? (guard.settings ?? {}) : {});
  } finally {
    back();
  }
}

export function guardLines(tasks: readonly GuardTask[], results: readonly GuardResult[]): Line[] {
  return GUARD_NAMES.flatMap((guard) => {
    const { figures }: Guard = GUARDS[guard];
    const whole = linesOf(guard, false, tasks, results);
    const out = linesOf(guard, true, tasks, results);
    return figures.flatMap((figure) => {
      const named = (lines: readonly Line[], prefix: string): Line[] =>
        lines.filter(({ name }) => name === figure).map((line) => ({ ...line, name: `${prefix}-${guard}:${figure}` }));
      return [...named(whole, 'guard'), ...named(out, 'without')];
    });
  });
}

/** All figures of the suites that a guard runs, with it or without it. */
function linesOf(
  guard: GuardName,
  isOut: boolean,
  tasks: readonly GuardTask[],
  results: readonly GuardResult[],
): Line[] {
  const of = <T, R>(suite: GuardTask['suite']): [T[], R[]] => {
    const at = tasks.flatMap((task, i) =>
      task.guard === guard && task.isOut === isOut && task.suite === suite ? [i] : [],
    );
    return [at.map((i) => tasks[i]?.task as T), at.map((i) => results[i] as R)];
  };
  const [, nominal] = of<BenchFile, NominalResult>('nominal');
  const [, swallowed] = of<BenchFile, SwallowResult>('swallow');
  return [
    ...onsetLines(...of<OnsetTask, OnsetResult>('onsets')),
    ...blindLines(...of<BlindTask, BlindResult>('blind')),
    ...causeLines(...of<CauseTask, CauseResult>('causes')),
    ...nominalLines(nominal),
    ...swallowLines(swallowed),
  ];
}
