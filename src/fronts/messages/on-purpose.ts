/**
 * A search for a pattern segregates the film on purpose: what its light says meanwhile is no news and wakes nobody. What still stands
 * when the search is over is told then. Trips and everything else are told at once.
 */
import { type Message, subjectOf } from '../../params/messages.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { VERDICTS, type Verdict, verdictRow } from '../../params/verdict.ts';

const ALARMS_OF_LIGHT = ['segregation', 'unseen'];

export class OnPurpose {
  private readonly held = new Map<string | null, Message>();

  /** True where the message waits for the end of the search. */
  holds(message: Message): boolean {
    const { kind, code } = message;
    const isOfLight =
      kind === 'verdict' || ((kind === 'alarm' || kind === 'alarm-off') && ALARMS_OF_LIGHT.includes(code));
    if (isOfLight) this.held.set(subjectOf(message), message);
    return isOfLight;
  }

  /** The search is over: what of that is still so. */
  standing({ sight, alarms }: Snapshot): Message[] {
    const all = [...this.held.values()];
    this.held.clear();
    return all.filter(({ kind, code }) =>
      kind === 'verdict'
        ? code === sight.verdict && isAlarming(code)
        : kind === 'alarm' && alarms.some((alarm) => alarm === code),
    );
  }
}

const isAlarming = (code: string): boolean => Object.hasOwn(VERDICTS, code) && verdictRow(code as Verdict).alarming;
