/** The run that somebody ordered: its recipe, and the time after which it ends by itself whether anybody is there or not. */
import type { Controls } from '../params/controls.ts';
import type { Recipe } from '../params/recipe.ts';
import type { Snapshot } from '../params/snapshot.ts';
import { after, micros, type Span, seconds, since } from '../units.ts';

/** By then the loop has taken an order out of its mailbox, or never will. */
const TAKEN_US = seconds(1);

interface Order {
  readonly durationUs: Span;
  /** The snapshot that it was given at. */
  readonly given: Snapshot;
  /** It was seen waiting, or being carried out. */
  seen: boolean;
}

export class RunOrder {
  private order: Order | null = null;
  /** What the loop will play next, or plays. */
  private playing: Recipe;

  /** @param recipe the bench’s own, which every run plays that does not name another */
  constructor(
    private readonly controls: Controls,
    private readonly recipe: Recipe,
  ) {
    this.playing = recipe;
  }

  /** True while no newer snapshot than the one of the order can show it. */
  isNewer(snapshot: Snapshot): boolean {
    return this.order?.given === snapshot && !this.order.seen;
  }

  /** Orders a run; `durationS` null = to the end of the recipe. False when the loop does not take it. */
  begin(recipe: Recipe, durationS: number | null, snapshot: Snapshot): boolean {
    if (!this.play(recipe)) return false;
    if (!this.controls.ask({ kind: 'arm' })) {
      this.play(this.recipe);
      return false;
    }
    const durationUs = durationS === null ? micros(Number.POSITIVE_INFINITY) : seconds(durationS);
    this.order = { durationUs, given: snapshot, seen: false };
    return true;
  }

  /** A stop has taken the order out of the mailbox. */
  dropped(): void {
    if (this.order) this.order.seen = true;
  }

  tick(now: Snapshot): void {
    const { order } = this;
    if (!order) return;
    const { driven, ordered, startedAt, at } = now;
    const hasStarted = startedAt !== null && startedAt >= order.given.at;
    if (driven && hasStarted && at >= after(startedAt, order.durationUs)) this.controls.ask({ kind: 'stop' });
    order.seen ||= driven || ordered;
    if (driven || ordered || (!order.seen && since(at, order.given.at) <= TAKEN_US)) return;
    // The run is over, or its order was dropped or never taken: the next run is somebody else’s, with the bench’s recipe.
    this.order = null;
    this.play(this.recipe);
  }

  private play(recipe: Recipe): boolean {
    if (recipe !== this.playing && !this.controls.use(recipe)) return false;
    this.playing = recipe;
    return true;
  }
}
