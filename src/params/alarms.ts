/**
 * The user alarms, one row each: what each one means, and the setting that says what it does. They watch an armed run for
 * what is out of the ordinary in this experiment; they warn, or end the run as a person’s stop does, and never trip.
 * `control/alarms.ts` judges.
 */
import type { Celsius } from '../units.ts';
import type { AlarmAction } from './settings/alarms.ts';
import type { SettingKey, Settings } from './settings.ts';
import { type VerdictView, verdictText } from './verdict.ts';

export type { AlarmAction };

/** What the alarms were judged by. */
export interface AlarmReading {
  /** Null while there is no reading. */
  readonly filmC: Celsius | null;
  readonly setpointC: Celsius;
  /** Slope of the film’s temperature, K/min; null while its span is not over. */
  readonly rateKPerMin: number | null;
  /** What the light says of the film. */
  readonly sight: VerdictView;
}

interface AlarmRow {
  readonly title: string;
  /** Unit of what is compared with the limit. */
  readonly unit: string;
  /** What it is judged by. */
  readonly by: 'thermocouple' | 'light';
  /** Whether somebody should look now. */
  readonly urgent: boolean;
  readonly action: Extract<SettingKey, `alarm.${string}Action`>;
  readonly meaning: string;
  /** Its condition with the limits in force, as a sentence without its full stop. */
  readonly words: (s: Settings) => string;
  /** What was measured when it came on. */
  readonly reading: (seen: AlarmReading) => string;
}

const film = ({ filmC }: AlarmReading): string =>
  filmC === null ? 'no reading now' : `film at ${filmC.toFixed(2)} °C`;
const light = ({ sight }: AlarmReading): string => verdictText(sight).replace(/\.$/, '');

export const ALARMS = {
  high: {
    title: 'Film too warm',
    unit: '°C',
    by: 'thermocouple',
    urgent: true,
    action: 'alarm.highAction',
    meaning: 'The film is above `alarm.highC`. Off at `alarm.hysteresisK` below it.',
    words: (s) => `The film is above ${s['alarm.highC']} °C`,
    reading: film,
  },
  low: {
    title: 'Film too cold',
    unit: '°C',
    by: 'thermocouple',
    urgent: true,
    action: 'alarm.lowAction',
    meaning: 'The film is below `alarm.lowC`. Off at `alarm.hysteresisK` above it.',
    words: (s) => `The film is below ${s['alarm.lowC']} °C`,
    reading: film,
  },
  deviation: {
    title: 'Film away from the setpoint',
    unit: 'K',
    by: 'thermocouple',
    urgent: true,
    action: 'alarm.deviationAction',
    meaning:
      'The film has been more than `alarm.deviationK` away from the setpoint for `alarm.deviationS` without a break. Modes ' +
      'with a setpoint only, and only once the film has been inside that band; a new setpoint must be reached first.',
    words: (s) => `The film is more than ${s['alarm.deviationK']} K away from the setpoint`,
    reading: (seen) => `${film(seen)}, setpoint ${seen.setpointC} °C`,
  },
  rate: {
    title: 'Temperature changes too fast',
    unit: 'K/min',
    by: 'thermocouple',
    urgent: true,
    action: 'alarm.rateAction',
    meaning:
      'The film warms or cools faster than `alarm.rateKPerMin` over `alarm.rateSpanS`: the slope of the line through the ' +
      'means of windows, each a whole number of pulse periods and at least 5 s long. Off below 80 % of the limit.',
    words: (s) => `The film’s temperature changes by more than ${s['alarm.rateKPerMin']} K/min`,
    reading: ({ rateKPerMin }) => `${(rateKPerMin ?? 0).toFixed(1)} K/min`,
  },
  loop: {
    title: 'Loop break',
    unit: 'K',
    by: 'thermocouple',
    urgent: true,
    action: 'alarm.loopAction',
    meaning:
      'The heater has been on, at a mean duty of at least `alarm.loopDuty`, for `alarm.loopS` and the film has not risen by ' +
      '`alarm.loopK` above its lowest reading. With a setpoint only while the film is more than `alarm.loopK` below it; ' +
      'with pulses always; never in the modes constant and off. Off at the next such rise, or when no heat is asked for.',
    words: (s) => `Heat for ${s['alarm.loopS']} s or more has not raised the film by ${s['alarm.loopK']} K`,
    reading: film,
  },
  segregation: {
    title: 'Film un-mixes',
    unit: '–',
    by: 'light',
    urgent: true,
    action: 'alarm.segregationAction',
    meaning:
      'The verdict is `SEGREGATING` or `SEGREGATED`. Off when it is `MIXED` or `DRIFTING` again: neither the dark nor a ' +
      'recovery ends it. What is done about the film is for `film.policy`.',
    words: () => 'The light shows that the film un-mixes',
    reading: light,
  },
  unseen: {
    title: 'Film not seen',
    unit: 's',
    by: 'light',
    urgent: false,
    action: 'alarm.unseenAction',
    meaning:
      'The verdict has been `CANNOT_SEE` for `alarm.unseenS` without a break. Off at any other verdict. Not in the dark or below ' +
      '20 % of light, and not for `weak-pulses` and `no-band`: there the film is not meant to be seen.',
    words: (s) => `The film is lit and has not been seen for ${s['alarm.unseenS']} s or more`,
    reading: light,
  },
} as const satisfies Record<string, AlarmRow>;

export type AlarmName = keyof typeof ALARMS;
export const ALARM_NAMES = Object.keys(ALARMS) as AlarmName[];
export const alarmRow = (name: AlarmName): AlarmRow => ALARMS[name];
/** What an alarm does by the settings in force. */
export const alarmAction = (name: AlarmName, s: Settings): AlarmAction => s[ALARMS[name].action];

/** The alarm that ended a run, and what was seen. */
export interface AlarmEnd {
  readonly alarm: AlarmName;
  readonly text: string;
}

/** What is said when an alarm comes on: what was seen, and what it does. */
export const alarmText = ({ text, ends }: { readonly text: string; readonly ends: boolean }): string =>
  ends ? `${text} It ends the run.` : text;
/** That an alarm is on, for a screen. */
export const alarmLine = (name: AlarmName, s: Settings): string => `alarm ${name}: ${ALARMS[name].words(s)}`;
/** Why the run is over, for a person. */
export const endLine = ({ alarm, text }: AlarmEnd): string => `The alarm ${alarm} ended the run: ${text}`;
