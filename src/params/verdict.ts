/**
 * What the light of the film says of it, one row a verdict. A verdict is a measurement of the photoluminescence and never of
 * the film itself; MIXED is said only of a film whose mixed level was verified and can be seen now.
 */

import type { Instant } from '../units.ts';
import { decimals } from './decimals.ts';

interface VerdictRow {
  readonly label: string;
  readonly sentence: string;
  /** Whether somebody should be told: the sample changes. */
  readonly alarming: boolean;
}

export const VERDICTS = {
  MIXED: {
    label: 'Mixed',
    sentence: 'The film emits as it did when its mixed level was verified.',
    alarming: false,
  },
  DRIFTING: {
    label: 'Drifting',
    sentence: 'The segregated band rises above its noise; less than about one per cent of the film is segregated.',
    alarming: false,
  },
  SEGREGATING: {
    label: 'Segregating',
    sentence: 'The segregated band shows that the film un-mixes.',
    alarming: true,
  },
  SEGREGATED: { label: 'Segregated', sentence: 'A large part of the film is segregated.', alarming: true },
  RECOVERING: {
    label: 'Recovering',
    sentence: 'The film was segregated, and its segregated band falls.',
    alarming: false,
  },
  DARK: { label: 'Dark', sentence: 'The light is off; a film in the dark shows nothing.', alarming: false },
  CANNOT_SEE: {
    label: 'Cannot see',
    sentence: 'The light of the film says nothing that can be relied on.',
    alarming: false,
  },
} as const satisfies Record<string, VerdictRow>;

export type Verdict = keyof typeof VERDICTS;
export const VERDICT_NAMES = Object.keys(VERDICTS) as Verdict[];
export const verdictRow = (verdict: Verdict): VerdictRow => VERDICTS[verdict];

/** Why a verdict is what it is, where that is not said by the verdict itself. */
export const SIGHTS = {
  'not-anchored': 'The mixed level of this film has not been verified yet; pulses of heat do that within 30 s.',
  'weak-pulses': 'The mixed level cannot be verified: the heat makes no swing that would remix the film.',
  unreadable: 'The photodiode converter gives no readings.',
  saturated: 'A photodiode is saturated.',
  'no-excitation': 'The reference photodiode sees no excitation.',
  'no-signal': 'The photodiode of the segregated band does not answer to the light at all.',
  'little-light': 'There is too little light for a measurement.',
  'room-light': 'The light of the room changes faster than it can be measured.',
  'wrong-filter':
    'The photodiode of the segregated band sees too much for a mixed film, and heat does not change it: a wrong filter, a large leak, or iodine that is lost for good.',
  'no-band': 'No photodiode sees the band that rises when this sample segregates.',
  'red-moves': 'The share of the light in the mixed band has changed, and heat does not explain it: the peak may walk.',
  rising: 'The segregated band rises.',
} as const satisfies Record<string, string>;
export type Sight = keyof typeof SIGHTS;

/** The verdict and what it stands on. */
export interface VerdictView {
  readonly verdict: Verdict;
  readonly since: Instant;
  /** Null where the verdict says it all. */
  readonly sight: Sight | null;
  /** Segregated share of the film by its light, 0..1 but for noise, and its standard error by noise; null = not seen. */
  readonly segregated: number | null;
  readonly error: number | null;
  /** Cycles of heat that were measured so far; tells a new value from the one before. */
  readonly cycle: number;
  /** Whether the mixed level was verified in this run. */
  readonly anchored: boolean;
  /** Green over red of the mixed film, what leaks through the green filter; null = not verified. */
  readonly leak: number | null;
  /** What the photodiode of the segregated band shows without our light, V; null = not measured. */
  readonly darkV: number | null;
}

/** Per cent with two digits. */
const hundredths = (share: number): string => decimals(100 * share, 2);

/** Why the verdict is what it is, in a sentence. */
export const verdictWhy = ({ verdict, sight }: Pick<VerdictView, 'verdict' | 'sight'>): string =>
  sight === null ? VERDICTS[verdict].sentence : SIGHTS[sight];

/** The verdict for people: the word, the share that it stands on, and why. */
export function verdictText({ verdict, sight, segregated, error }: VerdictView): string {
  const share =
    segregated === null || error === null ? '' : ` · ${hundredths(segregated)} ± ${hundredths(error)} % segregated`;
  return `${verdict}${share}${sight === null ? '' : ` · ${SIGHTS[sight]}`}`;
}
