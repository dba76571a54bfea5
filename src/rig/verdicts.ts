/** What the light said of the film in a run. */
import type { CauseName } from '../params/cause.ts';
import type { RunEvent } from '../params/events.ts';
import type { Subscriber } from '../params/subscriber.ts';
import { type Sight, type Verdict, verdictRow } from '../params/verdict.ts';

export interface VerdictSeen {
  /** The last one in the light; DARK where there was none. */
  readonly final: Verdict;
  /** When the first alarm came, s after the recipe started; null = none did. */
  readonly firstAlarmS: number | null;
  /** Why the last one is what it is, where it does not say so itself. */
  readonly why: Sight | null;
  /** The last cause of what the light did. */
  readonly cause: CauseName;
}

/** Notes the verdicts of a run. */
export class VerdictWatch implements Subscriber {
  seen: VerdictSeen = { final: 'DARK', firstAlarmS: null, why: null, cause: 'unknown' };

  event(event: RunEvent): void {
    if (event.kind === 'cause') this.seen = { ...this.seen, cause: event.to };
    if (event.kind !== 'verdict' || event.to === 'DARK') return;
    const { alarming } = verdictRow(event.to);
    const firstAlarmS = this.seen.firstAlarmS ?? (alarming ? event.timeS : null);
    this.seen = { ...this.seen, final: event.to, firstAlarmS, why: event.sight };
  }
}
