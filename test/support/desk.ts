/** A controller that only writes down what it is asked. */
import type { Desk } from '../../src/fronts/mqtt/remote.ts';
import type { Page } from '../../src/fronts/mqtt/sender.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';

export class FakeDesk implements Desk {
  asked: string[] = [];
  notes: string[] = [];
  settings: Settings = defaultSettings();
  state = 'safe';
  driven = false;
  ordered = false;
  tripped: number | null = null;
  mono = 0;
  page: Page | Error = { stream: 's', newest: 2, records: [{ seq: 1 }, { seq: 2 }] };
  plAlarm = false;
  guarded: boolean[] = [];
  bench = () => ({
    state: this.state,
    driven: this.driven,
    ordered: this.ordered,
    trip: this.tripped,
    lockout: false,
    plAlarm: this.plAlarm,
    recipes: ['hour'],
  });
  guardPl = (on: boolean) => {
    this.guarded.push(on);
  };
  values = () => ({ tc_c: 25, ir_c: null, ir_quality: 'timeout' });
  info = () => ({ model: 'test' });
  trip = () => (this.tripped === null ? null : { trip: this.tripped, sentence: 'x', remedy: 'y' });
  stop = () => {
    this.asked.push('stop');
  };
  start = (recipe: string | null, durationS: number) => {
    this.asked.push(`start ${recipe} ${durationS}`);
    return true;
  };
  acknowledge = (trip: number) => {
    this.asked.push(`acknowledge ${trip}`);
  };
  apply = (settings: Settings) => {
    this.settings = settings;
  };
  history = async (afterSeq: number, limit: number, part: number) => {
    this.asked.push(`history ${afterSeq} ${limit} ${part}`);
    if (this.page instanceof Error) throw this.page;
    return this.page;
  };
  newest = () => ({ stream: 's', seq: 2 });
  note = (kind: string, code: string, text: string) => {
    this.notes.push(`${kind} ${code} ${text}`);
  };
  now = () => ({ mono: this.mono, wallS: null });
}
