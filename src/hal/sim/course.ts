/** What changes on a simulated bench while time passes: a step or a ramp of one quantity at a time, in the order given. */
import type { Twin } from '../../twin/twin.ts';
import { type Instant, inSeconds, instant, type Ratio, ratio, since } from '../../units.ts';

/** What can change. */
interface Changeable {
  readonly twin: Twin;
  readonly nominalV: number;
  supplyV: number;
  emissivity: Ratio;
}

/** How each quantity that can change is read and set. */
const QUANTITIES = {
  'room.celsius': {
    get: (b) => b.twin.substrate.roomC,
    set: (b, value) => {
      b.twin.substrate.roomC = value;
    },
  },
  'supply.scale': {
    get: (b) => b.supplyV / b.nominalV,
    set: (b, value) => {
      b.supplyV = value * b.nominalV;
    },
  },
  'substrate.gain': {
    get: (b) => b.twin.substrate.gain,
    set: (b, value) => {
      b.twin.substrate.gain = value;
    },
  },
  'thermocouple.contact': {
    get: (b) => b.twin.thermocoupleContact,
    set: (b, value) => {
      b.twin.thermocoupleContact = value;
    },
  },
  'infrared.emissivity': {
    get: (b) => b.emissivity,
    set: (b, value) => {
      b.emissivity = ratio(value);
    },
  },
  'optics.excitation': {
    get: (b) => b.twin.excitationScale,
    set: (b, value) => {
      b.twin.excitationScale = value;
    },
  },
  'optics.coupling': {
    get: (b) => b.twin.couplingScale,
    set: (b, value) => {
      b.twin.couplingScale = value;
    },
  },
  'optics.roomLightV': {
    get: (b) => b.twin.roomLightV,
    set: (b, value) => {
      b.twin.roomLightV = value;
    },
  },
  'optics.leak': {
    get: (b) => b.twin.leak,
    set: (b, value) => {
      b.twin.leak = value;
    },
  },
  'optics.greenGain': {
    get: (b) => b.twin.greenGain,
    set: (b, value) => {
      b.twin.greenGain = value;
    },
  },
  'optics.redGain': {
    get: (b) => b.twin.redGain,
    set: (b, value) => {
      b.twin.redGain = value;
    },
  },
  'optics.noise': {
    get: (b) => b.twin.noiseScale,
    set: (b, value) => {
      b.twin.noiseScale = value;
    },
  },
  'emission.brightness': {
    get: (b) => b.twin.ageing.brightness,
    set: (b, value) => {
      b.twin.ageing.brightness = value;
    },
  },
  'leadLeak.pace': {
    get: (b) => b.twin.ageing.airPace,
    set: (b, value) => {
      b.twin.ageing.airPace = value;
    },
  },
  'film.lost': {
    get: (b) => b.twin.film.lost,
    set: (b, value) => b.twin.film.lose(value),
  },
  'film.clock': {
    get: (b) => b.twin.film.clockScale,
    set: (b, value) => {
      b.twin.film.clockScale = value;
    },
  },
  'film.growth': {
    get: (b) => b.twin.film.growthScale,
    set: (b, value) => {
      b.twin.film.growthScale = value;
    },
  },
} as const satisfies Record<string, { get: (b: Changeable) => number; set: (b: Changeable, value: number) => void }>;

export type Quantity = keyof typeof QUANTITIES;

/** From `atS` after switching the bench on, `what` goes to `to` in a straight line of `overS` (0 = at once). */
export interface Change {
  readonly what: Quantity;
  readonly atS: number;
  readonly overS: number;
  readonly to: number;
}

/** A room that swings by `swingK` to both sides of its temperature, once every `periodS`. */
export interface RoomCycle {
  readonly swingK: number;
  readonly periodS: number;
}

interface Running extends Change {
  from: number | null;
  done: boolean;
}

/** The course of one bench. `pass` must be called with rising times. */
export class Course {
  private readonly changes: readonly Running[];
  private cycleK = 0;

  constructor(
    private readonly bench: Changeable,
    changes: readonly Change[],
    private readonly cycle: RoomCycle | null,
  ) {
    this.changes = changes.map((change) => ({ ...change, from: null, done: false }));
  }

  /** Whether anything ever changes; a bench without a course need not ask. */
  get isStill(): boolean {
    return this.changes.length === 0 && this.cycle === null;
  }

  /** Sets every quantity to what it is at `now`. */
  pass(now: Instant): void {
    const s = inSeconds(since(now, instant(0)));
    const { substrate } = this.bench.twin;
    // Changes of the room are changes of its mean.
    substrate.roomC -= this.cycleK;
    for (const change of this.changes) this.advance(change, s);
    this.cycleK = this.cycle ? this.cycle.swingK * Math.sin((2 * Math.PI * s) / this.cycle.periodS) : 0;
    substrate.roomC += this.cycleK;
  }

  private advance(change: Running, s: number): void {
    if (change.done || s < change.atS) return;
    const quantity = QUANTITIES[change.what];
    change.from ??= quantity.get(this.bench);
    const share = change.overS > 0 ? Math.min(1, (s - change.atS) / change.overS) : 1;
    quantity.set(this.bench, change.from + share * (change.to - change.from));
    change.done = share >= 1;
  }
}
