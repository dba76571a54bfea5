/** The film as control and people may see it: by the observer where the bench was commissioned, else by the thermocouple. */
import { type GateBounds, lastingDuty } from '../control/budget.ts';
import { type Order, orderFrom } from '../control/order.ts';
import { OPEN_END_S, outOfReach, recipeOutOfReach } from '../control/reach.ts';
import { CycleCounter } from '../model/cycles.ts';
import { type Estimate, reachOf, timeToReachS } from '../model/observer.ts';
import { hasSetpoint } from '../params/modes.ts';
import type { Recipe } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import type { FilmView, ReachView, SaturationView } from '../params/snapshot.ts';
import type { Interlocks } from '../safety/interlocks.ts';
import type { Celsius, Instant } from '../units.ts';

interface Views {
  readonly film: FilmView | null;
  readonly reach: ReachView | null;
  readonly saturation: SaturationView | null;
  readonly cycles: number;
}

export class FilmWatch {
  private cycles = new CycleCounter();
  private saturatedAt: Instant | null = null;

  /** @param gate what the gate allows (I7, I8) */
  constructor(
    private readonly interlocks: Interlocks,
    private readonly commissioned: boolean,
    private readonly gate: GateBounds,
  ) {}

  /** A recipe starts. */
  start(): void {
    this.cycles = new CycleCounter();
  }

  get seen(): { readonly film: Estimate | null; readonly filmC: Celsius | null } {
    const celsius = this.interlocks.thermocouple.value?.celsius ?? null;
    const film = this.commissioned && celsius !== null ? this.interlocks.film : null;
    return { film, filmC: film?.filmC ?? celsius };
  }

  /** After each control step, and without one (`saturated` false). */
  note(saturated: boolean, now: Instant): void {
    const { film } = this.seen;
    if (film) this.cycles.take(film.filmC);
    this.saturatedAt = saturated ? (this.saturatedAt ?? now) : null;
  }

  /** See `Controls.outOfReach`. */
  outOfReach(settings: Settings, recipe: Recipe | null): string | null {
    const { commissioned, gate } = this;
    const bench = { film: this.seen.film, commissioned, gate };
    const order = orderFrom(settings);
    return recipe ? recipeOutOfReach(recipe, order, bench) : outOfReach(order, bench, OPEN_END_S);
  }

  /** `leftS`: time to the end of the run, s; null without one. */
  views(order: Order, leftS: number | null): Views {
    const { film } = this.interlocks;
    const cycles = this.cycles.count;
    if (!film) return { film: null, reach: null, saturation: null, cycles };
    const { filmC, errorK, levelC, gain, gainError, power, slowK, poles, contactChanged, spotChanged, pulse } = film;
    const { commissioned, saturatedAt } = this;
    const duty = lastingDuty(this.gate);
    const reachedInS = hasSetpoint(order.mode) ? timeToReachS(film, duty, order.setpointC) : null;
    return {
      film: {
        celsius: filmC,
        errorK,
        levelC,
        gain,
        gainError,
        power,
        slowK,
        poles,
        contactChanged,
        spotChanged,
        pulse,
      },
      reach: commissioned ? reachOf(film, duty, leftS ?? OPEN_END_S) : null,
      saturation: saturatedAt === null ? null : { since: saturatedAt, reachedInS },
      cycles,
    };
  }
}
