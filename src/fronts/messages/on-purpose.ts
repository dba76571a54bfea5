/**
 * A search for a pattern segregates the film on purpose: what its light says meanwhile is no news and wakes nobody. When the search is
 * over, what is so then goes out, as of then. Trips and everything else go out at once.
 */
import { type Message, subjectOf } from '../../params/messages.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { verdictRow } from '../../params/verdict.ts';

const ALARMS_OF_LIGHT = ['segregation', 'unseen'];

export class OnPurpose {
  private readonly held = new Map<string | null, Message>();
  /** Alarms that people know of. */
  private readonly known = new Set<string>();

  /** Whether the message waits for the end of a search. */
  holds(message: Message, searching: boolean): boolean {
    const { kind, code } = message;
    const isOfLight =
      kind === 'verdict' || ((kind === 'alarm' || kind === 'alarm-off') && ALARMS_OF_LIGHT.includes(code));
    if (!searching || !isOfLight) {
      this.tell(message);
      return false;
    }
    this.held.set(subjectOf(message), message);
    return true;
  }

  /** The search is over: what of that is so now, and news to people. */
  standing({ sight, alarms }: Snapshot): Message[] {
    // Asked at every tick, and nearly always there is nothing.
    if (this.held.size === 0) return [];
    const isOn = (code: string): boolean => alarms.some((alarm) => alarm === code);
    const news = [...this.held.values()].filter(({ kind, code }) => {
      if (kind === 'verdict') return code === sight.verdict && verdictRow(sight.verdict).alarming;
      return kind === 'alarm' ? isOn(code) && !this.known.has(code) : !isOn(code) && this.known.has(code);
    });
    this.held.clear();
    for (const message of news) this.tell(message);
    return news;
  }

  private tell({ kind, code }: Message): void {
    if (kind === 'alarm') this.known.add(code);
    if (kind === 'alarm-off') this.known.delete(code);
  }
}
