/** What the light said of the film in a run. */
import type { RunEvent } from '../params/events.ts';
import type { Subscriber } from '../params/subscriber.ts';
import { type Sight, type Verdict, verdictRow } from '../params/verdict.ts';

export interface VerdictSeen {
  /** The last one in the light; DARK where there was none. */
  readonly final: Verdict;
  /** When the first alarm came, s after the recipe started; null = none did. */
  readonly firstAlarmS: number | null;
  /** What the last one stands on. */
  readonly cause: 'segregation' | Sight | null;
}

/** Notes the verdicts of a run. */
export class VerdictWatch implements Subscriber {
  seen: VerdictSeen = { final: 'DARK', firstAlarmS: null, cause: null };

  event(event: RunEvent): void {
    if (event.kind !== 'verdict' || event.to === 'DARK') return;
    const { alarming } = verdictRow(event.to);
    const shown = alarming || event.to === 'DRIFTING' || event.to === 'RECOVERING';
    this.seen = {
      final: event.to,
      firstAlarmS: this.seen.firstAlarmS ?? (alarming ? event.timeS : null),
      cause: shown ? 'segregation' : event.sight,
    };
  }
}
