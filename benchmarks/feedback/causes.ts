/**
 * Whether the cause of what the light does is named: on each bench with all its ordinary disturbances one event of a class, judged
 * 300 s after its onset. Sizes and times are drawn from the ranges below; the same events run under the policy rescue, which must
 * heat no degradation.
 */
import type { BenchFile } from '../../src/params/bench-file.ts';
import { CAUSE_NAMES, type CauseName, ONE_BAND_ALARM } from '../../src/params/cause.ts';
import { Prng } from '../../src/twin/prng.ts';
import { benches, type Population } from '../heat/bench.ts';
import { type Line, share } from '../heat/line.ts';
import { disturbed, isArmed, known, type World, worldOf } from './world.ts';

type Changes = NonNullable<BenchFile['changes']>;

/** Cool benches near the paper’s film, as in the other suites of events: what happens is what was injected. */
const COOL = { spread: 0.1, room: [20, 22], plants: 'paper' } as const;
const ONSET_S = [600, 1200] as const;
const JUDGED_S = 300;
/** From switching the bench on to the start of the run, s. */
const ARMING_S = 7;
/** V of the red photodiode in full light, about. */
const FULL_V = 2;
/** A film with more than this segregates, whatever was injected; with less nothing happened that should be seen. */
const MIXED_BELOW = 0.005;
const SEGREGATED_ABOVE = 0.02;
/** A photodiode that comes so far is at its end: then the sensor is a cause, too. */
const SATURATED_V = 3.2;

/** One drawn event. */
interface Event {
  readonly what: string;
  readonly changes?: Changes;
  readonly bench?: Partial<BenchFile>;
  readonly happen?: (world: World) => void;
}

class Draw {
  private readonly prng: Prng;
  constructor(
    seed: number,
    stream: number,
    readonly bench: BenchFile,
  ) {
    this.prng = new Prng(seed, stream);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.prng.uniform();
  }

  decades(low: number, high: number): number {
    return low * (high / low) ** this.prng.uniform();
  }

  /** 1 more or less by a share. */
  about(low: number, high: number): number {
    return 1 + this.between(low, high) * (this.prng.uniform() < 0.5 ? -1 : 1);
  }

  one<T>(list: readonly T[]): T {
    return list[Math.floor(this.prng.uniform() * list.length)] as T;
  }

  /** What a quantity that is 1 at first is at a time, by the ordinary changes of the bench. */
  ordinary(what: Change['what'], atS: number): number {
    return this.bench.changes?.filter((one) => one.what === what && one.atS < atS).at(-1)?.to ?? 1;
  }

  get roomC(): number {
    return this.bench.room?.celsius ?? 23.8;
  }
}

type Change = Changes[number];
const change = (what: Change['what'], atS: number, overS: number, to: number): Change => ({ what, atS, overS, to });

/** Of each class one event, that begins at `atS`. */
const EVENTS = {
  none: () => ({ what: 'nothing' }),
  segregation: (d, atS) =>
    d.one([
      { what: 'room warms', changes: [change('room.celsius', atS, d.between(30, 120), d.roomC + d.between(5, 9))] },
      {
        what: 'supply sags',
        changes: [change('supply.scale', atS, 10, (d.bench.supply?.scale ?? 1) * d.between(0.6, 0.8))],
      },
      { what: 'film segregates sooner', changes: [change('film.clock', atS, d.between(0, 120), d.between(4, 12))] },
    ]),
  excitation: (d, atS) => ({
    what: 'excitation',
    changes: [
      change('optics.excitation', atS, d.between(0, 240), d.ordinary('optics.excitation', atS) * d.about(0.04, 0.2)),
    ],
  }),
  'room-light': (d, atS) => ({
    what: 'lamp',
    changes: [
      change(
        'optics.roomLightV',
        atS,
        d.between(0, 120),
        (d.bench.optics?.roomLightV ?? 0.002) + FULL_V * d.decades(0.03, 0.3),
      ),
    ],
  }),
  // The film cannot segregate in the warmth: otherwise it would have two causes.
  quenching: (d, atS) => {
    const warmer = Math.min(8, d.between(0.03, 0.15) / (d.bench.emission?.quenchPerK ?? 0.015));
    return {
      what: `${warmer.toFixed(1)} K warmer`,
      changes: [change('film.growth', 0, 0, 0), change('room.celsius', atS, d.between(60, 240), d.roomC + warmer)],
    };
  },
  brightening: (d, atS) => ({
    what: 'brighter',
    changes: [change('emission.brightness', atS, d.between(120, 300), 1 + d.between(0.04, 0.3))],
  }),
  'slow-loss': (d, atS) =>
    d.one<Event>([
      {
        what: 'darker',
        changes: [change('emission.brightness', atS, d.between(120, 300), 1 - d.between(0.04, 0.3))],
      },
      {
        what: 'lead',
        bench: { leadLeak: { tauS: d.decades(1000, 6000) } },
        changes: [change('leadLeak.pace', 0, 0, 0), change('leadLeak.pace', atS, 0, 1)],
      },
    ]),
  'iodine-loss': (d, atS) => ({
    what: 'iodine',
    changes: [change('film.lost', atS, d.between(30, 240), d.decades(0.01, 0.2))],
  }),
  optics: (d, atS) =>
    d.one([
      { what: 'coupling', changes: [change('optics.coupling', atS, d.between(0, 2), d.about(0.04, 0.3))] },
      { what: 'red gain', changes: [change('optics.redGain', atS, d.between(0, 2), d.about(0.04, 0.3))] },
      {
        what: 'filter slips',
        changes: [
          change('optics.leak', atS, d.between(0, 2), (d.bench.optics?.leak ?? 0.004) + d.decades(0.005, 0.03)),
        ],
      },
    ]),
  sensor: (d, atS) =>
    d.one<Event>([
      {
        what: 'saturated',
        happen: ({ simulation }) => {
          simulation.bench.twin.photodiodesSaturated = true;
        },
      },
      { what: 'unplugged', happen: ({ simulation }) => simulation.bench.unplug('photodiodes') },
      {
        what: 'frozen',
        happen: ({ simulation }) => {
          simulation.bench.twin.photodiodesFrozen = true;
        },
      },
      { what: 'noisy', changes: [change('optics.noise', atS, 0, d.decades(8, 40))] },
      { what: 'green lost', changes: [change('optics.greenGain', atS, 0, 0)] },
      { what: 'red lost', changes: [change('optics.redGain', atS, 0, 0)] },
    ]),
} as const satisfies Partial<Record<CauseName, (d: Draw, atS: number) => Event>>;
export type Truth = keyof typeof EVENTS;
export const TRUTHS = Object.keys(EVENTS) as Truth[];
/** What heat does not help. */
const DEGRADATIONS: readonly Truth[] = ['slow-loss', 'iodine-loss', 'brightening', 'optics', 'excitation'];

type Control = 'tell' | 'rescue';
export interface CauseTask {
  readonly bench: BenchFile;
  readonly truth: Truth;
  readonly control: Control;
}
export interface CauseResult {
  /** Null where the bench was refused, tripped, or something else happened to the film than what was injected. */
  readonly named: CauseName | null;
  /** How often the policy changed heat or light after the onset. */
  readonly changed: number;
  /** One band alone, without green, has warned after the onset. */
  readonly oneBand: boolean;
  readonly what: string;
}

const RESCUED: readonly Truth[] = ['segregation', ...DEGRADATIONS];

export const causeTasks = (from: Population, n: number): CauseTask[] => {
  const drawn = from.folder === null ? { ...from, ...COOL } : from;
  return TRUTHS.flatMap((truth, i) => {
    // Another bench for each event; the benches of a folder are what they are.
    const seed = (from.seed + 7919 * (i + 1)) >>> 0;
    return benches({ ...drawn, seed }, n).flatMap((bench) =>
      (RESCUED.includes(truth) ? (['tell', 'rescue'] as const) : (['tell'] as const)).map(
        (control): CauseTask => ({ bench, truth, control }),
      ),
    );
  });
};

const UNUSABLE: CauseResult = { named: null, changed: 0, oneBand: false, what: '' };

/** The bench with its event; what the event moves is not moved by anything else after that. */
export function eventful(bench: BenchFile, { changes = [], bench: more }: Event, onsetS: number): BenchFile {
  const moved = changes.map(({ what }) => what);
  const world = disturbed(bench, onsetS + JUDGED_S);
  const others = (world.changes ?? []).filter(({ what, atS }) => !moved.includes(what) || atS < onsetS);
  return { ...world, ...more, changes: [...others, ...changes].sort((a, b) => a.atS - b.atS) };
}

export async function causeOf({ bench, truth, control }: CauseTask): Promise<CauseResult> {
  const settings = await known(bench);
  const draw = new Draw(bench.seed ?? 1, 97 + TRUTHS.indexOf(truth), bench);
  const onsetS = draw.between(...ONSET_S);
  const event: Event = EVENTS[truth](draw, onsetS + ARMING_S);
  const world =
    settings && worldOf({ ...settings, 'pulse.periodMs': 4000 }, eventful(bench, event, onsetS + ARMING_S), control);
  if (!world) return UNUSABLE;
  const { film } = world.simulation.bench.twin;
  const itself = (): number => world.segregated() - film.lost;
  let [most, saturates] = [0, false];
  const tick = (): void => {
    world.tick();
    most = Math.max(most, itself());
    const { value } = world.snapshot().photodiodes;
    saturates ||= value !== null && Math.max(value.green, value.red) > SATURATED_V;
  };
  for (let s = 0; s < onsetS; s += world.tickS) {
    tick();
  }
  if (most > MIXED_BELOW || !isArmed(world)) return UNUSABLE;
  event.happen?.(world);
  const before = world.film.changes;
  let oneBand = false;
  for (let s = 0; s < JUDGED_S && isArmed(world); s += world.tickS) {
    tick();
    oneBand ||= world.snapshot().sight.cause.oneBand >= ONE_BAND_ALARM;
  }
  const isAlone = truth === 'segregation' ? most > SEGREGATED_ABOVE : most < MIXED_BELOW;
  const asMeant = isAlone && (truth === 'sensor' || !saturates);
  const { name } = world.snapshot().sight.cause;
  const named = asMeant && isArmed(world) ? name : null;
  return { named, changed: world.film.changes - before, oneBand, what: event.what };
}

const LIST = (tasks: readonly CauseTask[], results: readonly CauseResult[], truth: Truth, control: Control) =>
  results.filter((one, i) => tasks[i]?.truth === truth && tasks[i]?.control === control && one.named !== null);

export function causeLines(tasks: readonly CauseTask[], results: readonly CauseResult[]): Line[] {
  const of = (truth: Truth, control: Control = 'tell'): CauseResult[] => LIST(tasks, results, truth, control);
  const line = (
    name: string,
    list: readonly CauseResult[],
    is: (r: CauseResult) => boolean,
    reference: number | null,
  ) => share(name, list.filter(is).length, list.length, reference);
  const others = TRUTHS.filter((truth) => truth !== 'segregation').flatMap((truth) => of(truth));
  const recalls = TRUTHS.map((truth) => line(`cause-recall:${truth}`, of(truth), ({ named }) => named === truth, null));
  const confusion = TRUTHS.flatMap((truth) =>
    CAUSE_NAMES.map((name) => line(`cause-named:${truth}:${name}`, of(truth), ({ named }) => named === name, null)),
  ).filter(({ value }) => value > 0);
  const heated = DEGRADATIONS.flatMap((truth) => of(truth, 'rescue'));
  const hasChanged = ({ changed }: CauseResult): boolean => changed > 0;
  return [
    line('cause-recall', of('segregation'), ({ named }) => named === 'segregation', 99),
    line('cause-others-as-segregation', others, ({ named }) => named === 'segregation', 0.2),
    balanced(recalls),
    line('degradations-heated', heated, hasChanged, 0),
    line('segregation-rescued', of('segregation', 'rescue'), hasChanged, null),
    ...TRUTHS.map((truth) => line(`one-band-warns:${truth}`, of(truth), ({ oneBand }) => oneBand, null)),
    ...recalls,
    ...confusion,
  ];
}

/** Mean of the recalls; its interval from theirs, as of independent errors. */
function balanced(recalls: readonly Line[]): Line {
  const n = recalls.length;
  const mean = recalls.reduce((sum, { value }) => sum + value, 0) / n;
  const root = (of: (line: Line) => number): number => Math.sqrt(recalls.reduce((sum, l) => sum + of(l) ** 2, 0)) / n;
  const digits = (value: number): number => Number(value.toPrecision(4));
  return {
    name: 'cause-balanced',
    value: digits(mean),
    unit: '%',
    low: digits(mean - root(({ value, low }) => value - low)),
    high: digits(mean + root(({ value, high }) => high - value)),
    n: recalls.reduce((sum, line) => sum + line.n, 0),
    reference: 95,
  };
}
