/**
 * What the light of the film does may have one of these causes, one row each. A cause is named from light, temperature and what a
 * pulse takes away; it is never a measurement of the film itself.
 */
import type { Instant } from '../units.ts';
import type { VerdictView } from './verdict.ts';

interface CauseRow {
  readonly label: string;
  readonly sentence: string;
  /** What would tell more. */
  readonly tell: string;
  /** Whether mixing the film by heat, or taking light away, can help. */
  readonly heals: boolean;
}

export const CAUSES = {
  none: {
    label: 'None',
    sentence: 'Nothing has changed by more than 2 % of the light since the film was verified as mixed.',
    tell: 'Nothing needs to be done.',
    heals: false,
  },
  segregation: {
    label: 'Segregation',
    sentence: 'The segregated band rises, and pulses of heat take a part of it away.',
    tell: 'Long pulses in the dark (film.policy rescue) must take at least 35 % of it away.',
    heals: true,
  },
  excitation: {
    label: 'Excitation',
    sentence: 'The light source has changed: the reference photodiode shows it.',
    tell: 'A power meter in the beam.',
    heals: false,
  },
  'room-light': {
    label: 'Room light',
    sentence: 'The light of the room has changed; dark frames take it out of the measurement.',
    tell: 'Cover the bench, or switch the lamps off.',
    heals: false,
  },
  quenching: {
    label: 'Thermal quenching',
    sentence: 'The film is warmer or colder than it was, and its light follows its temperature.',
    tell: 'It goes back with the temperature.',
    heals: false,
  },
  brightening: {
    label: 'Brightening',
    sentence: 'The film gets brighter little by little in all bands; light does that by moving ions or ligands.',
    tell: 'An hour in the dark: it goes back in part.',
    heals: false,
  },
  'slow-loss': {
    label: 'Slow loss',
    sentence: 'The film gets darker little by little in all bands, as by photobleaching or lead that grows in air.',
    tell: 'It does not come back in the dark; a spectrum shows a broad red band where it is lead.',
    heals: false,
  },
  'iodine-loss': {
    label: 'Iodine loss',
    sentence: 'The segregated band has risen little by little, and pulses of heat take nothing of it away.',
    tell: 'Half an hour at 35 °C in the dark: what is still there has lost its iodine for good.',
    heals: false,
  },
  optics: {
    label: 'Optics',
    sentence: 'The light has changed at once in one band or in all of them: coupling, a filter or an amplifier.',
    tell: 'Look at fibres, filters and connectors; a step in one band is its filter or its amplifier.',
    heals: false,
  },
  sensor: {
    label: 'Photodiodes',
    sentence: 'A photodiode or its converter is saturated, missing, frozen or far too noisy.',
    tell: 'remixd doctor, and the connector of the converter.',
    heals: false,
  },
  unknown: {
    label: 'Unknown',
    sentence: 'What changed is within its noise, contradicts itself, or the film was not yet verified as mixed.',
    tell: 'Pulses that swing the film by more than 0.5 K, for half a minute.',
    heals: true,
  },
} as const satisfies Record<string, CauseRow>;

export type CauseName = keyof typeof CAUSES;
export const CAUSE_NAMES = Object.keys(CAUSES) as CauseName[];
export const causeRow = (name: CauseName): CauseRow => CAUSES[name];

/** What a change of the light is made of. */
export const PARTS = {
  excitation: 'excitation',
  quenching: 'temperature',
  roomLight: 'room light',
  segregation: 'segregated',
  rest: 'the rest',
} as const;
export type Part = keyof typeof PARTS;
export const PART_NAMES = Object.keys(PARTS) as Part[];

export interface CauseView {
  readonly name: CauseName;
  readonly since: Instant;
  /** How much of what changed the cause explains, 0..1. */
  readonly confidence: number;
  /** Each in % of the light of the mixed band against its level; null without a level. */
  readonly parts: Readonly<Record<Part, number>> | null;
  /** When the level was last verified as that of a mixed film; null = never in this run. */
  readonly levelAt: Instant | null;
  /** Share of the film that counts as segregated and that heat does not take away, 0..1; 0 = none is known. */
  readonly lasting: number;
  /** Evidence of the mixed band alone, without green, for a loss that is no step (log likelihood ratio). */
  readonly oneBand: number;
}

/** The verdict, and the cause of what the light does. */
export interface SightView extends VerdictView {
  readonly cause: CauseView;
}

/** One band alone warns from here on: never in 360 h without an event on drawn benches. */
export const ONE_BAND_ALARM = 12;

/** The cause for people: what it is, how sure, and the parts that are worth a word. */
export function causeText({ name, confidence, parts, oneBand }: CauseView): string {
  const told = parts === null ? [] : PART_NAMES.filter((part) => Math.abs(parts[part]) >= LEAST_TOLD);
  const shares = told.map((part) => `${PARTS[part]} ${signed(parts?.[part] ?? 0)} %`);
  const alone = oneBand >= ONE_BAND_ALARM ? ['the mixed band alone falls'] : [];
  const sure = name === 'none' ? '' : ` (${Math.round(100 * confidence)} %)`;
  return [`${CAUSES[name].label.toLowerCase()}${sure}`, ...shares, ...alone].join(' · ');
}

/** Smaller parts are not worth a word, %. */
const LEAST_TOLD = 0.5;
const signed = (x: number): string => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`;
