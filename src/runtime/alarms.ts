/** The user alarms of the loop: when they are judged, what is said of them, and the stop that they may ask for. */
import { ALARMS_QUIET, type AlarmInput, type AlarmState, holdAlarms, stepAlarms } from '../control/alarms.ts';
import { type AlarmEnd, type AlarmName, alarmAction, alarmRow, endLine } from '../params/alarms.ts';
import type { Controls } from '../params/controls.ts';
import type { EventBody } from '../params/events.ts';
import type { Settings } from '../params/settings.ts';
import type { Snapshot } from '../params/snapshot.ts';
import type { SafetyState } from '../params/states.ts';
import type { VerdictView } from '../params/verdict.ts';
import type { Instant } from '../units.ts';

type Seen = AlarmInput & { readonly light: { readonly view: VerdictView } };

export class Alarms {
  private state: AlarmState = ALARMS_QUIET;
  /** The stop that was asked for; the kernel obeys it at the next tick, unless a trip comes first. */
  private ending: AlarmEnd | null = null;
  private endedBy: AlarmEnd | null = null;

  constructor(
    private readonly emit: (body: EventBody, at: Instant) => void,
    private readonly ask: Controls['ask'],
  ) {}

  /** For the snapshot. */
  get view(): Pick<Snapshot, 'alarms' | 'endedBy'> {
    return { alarms: this.state.active, endedBy: this.endedBy };
  }

  /** One tick, in this state of the kernel. Alarms are judged while a run is armed, held in a pause, off otherwise. */
  tick(kernel: SafetyState, settings: Settings, input: Seen, now: Instant): void {
    const before = this.state.active;
    if (kernel === 'armed') this.state = stepAlarms(this.state, settings, input, now);
    else if (kernel === 'paused') this.state = holdAlarms(this.state);
    else this.over(kernel, now);
    const { active } = this.state;
    if (active !== before) this.tell(before, settings, input, now);
    if (kernel !== 'armed' && kernel !== 'paused') return;
    const ends = active.find((name) => alarmAction(name, settings) === 'stop');
    if (ends !== undefined) this.ending ??= { alarm: ends, text: this.textOf(ends, settings, input) };
    // Again at each tick until it was obeyed.
    if (this.ending) this.ask({ kind: 'stop' });
  }

  private over(kernel: SafetyState, now: Instant): void {
    if (this.ending && kernel === 'safe') {
      this.endedBy = this.ending;
      this.emit({ kind: 'note', code: 'alarm-stop', text: endLine(this.ending) }, now);
    } else if (kernel === 'test-enable') this.endedBy = null;
    this.ending = null;
    this.state = ALARMS_QUIET;
  }

  private tell(before: readonly AlarmName[], settings: Settings, input: Seen, now: Instant): void {
    const { active } = this.state;
    for (const alarm of active) {
      if (before.includes(alarm)) continue;
      const ends = alarmAction(alarm, settings) === 'stop';
      this.emit({ kind: 'alarm', alarm, ends, text: this.textOf(alarm, settings, input) }, now);
    }
    for (const alarm of before) if (!active.includes(alarm)) this.emit({ kind: 'alarm-off', alarm }, now);
  }

  private textOf(alarm: AlarmName, settings: Settings, { filmC, order, light }: Seen): string {
    const { words, reading } = alarmRow(alarm);
    const { rateKPerMin } = this.state.heat;
    return `${words(settings)} (${reading({ filmC, setpointC: order.setpointC, rateKPerMin, sight: light.view })}).`;
  }
}
