/** The user alarms of a run. */
import type { AlarmAction, AlarmName } from '../params/alarms.ts';
import type { RunEvent } from '../params/events.ts';
import type { Subscriber } from '../params/subscriber.ts';

export interface AlarmSeen {
  readonly name: AlarmName;
  readonly action: Exclude<AlarmAction, 'off'>;
  /** Seconds after the recipe started. */
  readonly atS: number;
  readonly text: string;
}

/** As many as are kept of a run; alarms without a hysteresis come and go with the noise. */
const MOST_ALARMS = 1000;

/** Notes each alarm when it comes on. */
export class AlarmWatch implements Subscriber {
  readonly seen: AlarmSeen[] = [];

  event(event: RunEvent): void {
    if (event.kind !== 'alarm' || this.seen.length >= MOST_ALARMS) return;
    const { alarm: name, ends, timeS, text } = event;
    this.seen.push({ name, action: ends ? 'stop' : 'warn', atS: timeS ?? 0, text });
  }
}
