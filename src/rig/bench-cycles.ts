/** Thermal cycles of a bench over all its runs: layers age by them, so the sum outlives the program. */
import type { Snapshot } from '../params/snapshot.ts';
import type { Subscriber } from '../params/subscriber.ts';
import { type Instant, type Span, seconds, since } from '../units.ts';

/** While a run goes on, the sum is kept this often. */
const KEEP_US: Span = seconds(600);

export class BenchCycles implements Subscriber {
  private ofRun = 0;
  private keptAt: Instant | null = null;
  private kept: number;

  /** @param before sum of earlier programs; `keep` is called when a new one should survive a restart */
  constructor(
    private before: number,
    private readonly keep: () => void,
  ) {
    this.kept = before;
  }

  get total(): number {
    return this.before + this.ofRun;
  }

  snapshot({ cycles, driven, at, startedAt }: Snapshot): void {
    if (startedAt === null) return;
    // A count that falls belongs to another run: what was counted stays.
    if (cycles < this.ofRun) this.before += this.ofRun;
    this.ofRun = cycles;
    this.keptAt ??= at;
    if (this.total === this.kept || (driven && since(at, this.keptAt) < KEEP_US)) return;
    this.kept = this.total;
    this.keptAt = at;
    this.keep();
  }
}
