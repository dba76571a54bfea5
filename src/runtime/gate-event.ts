/** What the gate says, as an event of the run. */
import type { GateEvent } from '../hal/ports.ts';
import type { EventBody } from '../params/events.ts';

type EdgeOrGate = Extract<EventBody, { kind: 'edge' | 'gate' }>;

/** Every edge with its asked and achieved time, and whatever else the gate said; null for its sign of life. */
export function gateEvent(event: GateEvent): EdgeOrGate | null {
  switch (event.kind) {
    case 'edge': {
      const { rising, askedUs, achievedUs } = event;
      return { kind: 'edge', rising, askedUs, achievedUs };
    }
    case 'refused':
      return { kind: 'gate', code: 'refused', text: event.why };
    case 'hello':
      return { kind: 'gate', code: 'hello', text: `scheduling ${event.scheduling}` };
    case 'lease-expired':
    case 'closed':
      return { kind: 'gate', code: event.kind, text: '' };
    case 'alive':
      return null;
  }
}
