/**
 * What people say of a run afterwards, declared once: the fields of notes.json. They follow the checklist for ageing tests
 * (Khenkin et al. 2020, Nature Energy 5, 35, Table 3), and name the field of the NOMAD perovskite database where it has one.
 */
import { z } from 'zod';
import { isObject } from './json.ts';
import type { Problem } from './problem.ts';
import { LINE } from './settings/row.ts';
import { shown } from './shown.ts';

interface IsosText {
  readonly kind: 'text';
}
interface IsosNumber {
  readonly kind: 'number';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}
export type IsosRow = (IsosText | IsosNumber) & {
  readonly label: string;
  /** Row of Table 3. */
  readonly isos: string;
  /** Field of the NOMAD section, and the factor from our unit to its own; null = it has none. */
  readonly nomad: { readonly field: string; readonly factor: number } | null;
  readonly example: string;
};

const nomad = (field: string, factor = 1) => ({ field, factor });

export const ISOS_FIELDS = {
  protocol: {
    kind: 'text',
    label: 'Protocol',
    isos: 'Ageing conditions: comply with known protocols',
    nomad: nomad('stability.protocol'),
    example: 'ISOS-LC-1I',
  },
  lightSource: {
    kind: 'text',
    label: 'Light source',
    isos: 'Ageing conditions: light',
    nomad: nomad('stability.light_source_type'),
    example: 'Laser',
  },
  wavelengthNm: {
    kind: 'number',
    unit: 'nm',
    min: 100,
    max: 3000,
    label: 'Wavelength',
    isos: 'Ageing conditions: light',
    nomad: nomad('stability.light_wavelength_range'),
    example: '405',
  },
  intensityWPerCm2: {
    kind: 'number',
    unit: 'W/cm²',
    min: 0,
    max: 1e6,
    label: 'Intensity in full light',
    isos: 'Ageing conditions: light',
    nomad: nomad('stability.light_intensity', 1000),
    example: '50',
  },
  lightFilters: {
    kind: 'text',
    label: 'Filters in the excitation',
    isos: 'Ageing conditions: light',
    nomad: null,
    example: '450 nm short-pass',
  },
  lightCalibration: {
    kind: 'text',
    label: 'Calibration of the light',
    isos: 'Ageing conditions: light',
    nomad: null,
    example: 'power meter, 2026-11-20',
  },
  atmosphere: {
    kind: 'text',
    label: 'Atmosphere',
    isos: 'Ageing conditions: atmosphere',
    nomad: nomad('stability.atmosphere'),
    example: 'N2',
  },
  humidityPercent: {
    kind: 'number',
    unit: '%',
    min: 0,
    max: 100,
    label: 'Relative humidity',
    isos: 'Ageing conditions: atmosphere',
    nomad: nomad('stability.relative_humidity_average_value'),
    example: '40',
  },
  temperatureSensor: {
    kind: 'text',
    label: 'Temperature sensor',
    isos: 'Ageing conditions: temperature',
    nomad: null,
    example: 'type K thermocouple on the substrate',
  },
  electricalBias: {
    kind: 'text',
    label: 'Electrical bias',
    isos: 'Ageing conditions: electrical bias condition',
    nomad: nomad('stability.potential_bias_load_condition'),
    example: 'Open circuit',
  },
  encapsulation: {
    kind: 'text',
    label: 'Encapsulation',
    isos: 'Encapsulation: layers and edge sealant',
    nomad: nomad('encapsulation.stack_sequence'),
    example: 'none',
  },
  substrate: {
    kind: 'text',
    label: 'Substrate',
    isos: 'Encapsulation: geometry',
    nomad: nomad('substrate.stack_sequence'),
    example: 'Glass | ITO',
  },
  deviceAreaCm2: {
    kind: 'number',
    unit: 'cm²',
    min: 0,
    max: 1e4,
    label: 'Active area',
    isos: 'Encapsulation: geometry',
    nomad: nomad('cell.area_measured'),
    example: '0.25',
  },
} as const satisfies Record<string, IsosRow>;

export type IsosField = keyof typeof ISOS_FIELDS;
export const ISOS_FIELD_NAMES = Object.keys(ISOS_FIELDS) as IsosField[];
export const isosRow = (name: IsosField): IsosRow => ISOS_FIELDS[name];

/** The longest note, characters; the other texts are lines of 200. */
export const MOST_NOTE_CHARS = 2000;

const LINE_SHAPE = 'a line of at most 200 characters without control characters';
const NOTE_SHAPE = `at most ${MOST_NOTE_CHARS} characters`;
/** As a line, but with line breaks and tabs. */
const NOTE = new RegExp(LINE.replace('\\u0000-\\u001f', '\\u0000-\\u0008\\u000b-\\u001f').replace('{1,200}', '*'));
const line = z.string().regex(new RegExp(LINE));

const TEXTS = {
  sample: { schema: line, allowed: LINE_SHAPE },
  operator: { schema: line, allowed: LINE_SHAPE },
  note: { schema: z.string().min(1).max(MOST_NOTE_CHARS).regex(NOTE), allowed: NOTE_SHAPE },
} as const;
type TextName = keyof typeof TEXTS;
const TEXT_NAMES = Object.keys(TEXTS) as TextName[];

type ValueOf<R> = R extends { kind: 'number' } ? number : string;
/** A description as it is kept: what is not said is left out. */
export type RunNotes = { readonly [K in TextName]?: string } & {
  readonly isos?: { readonly [K in IsosField]?: ValueOf<(typeof ISOS_FIELDS)[K]> };
  /** When it was changed last, ISO 8601. */
  readonly changedUtc?: string;
};
/** A change of a description; null takes a field back. */
export type NotesPatch = { readonly [K in TextName]?: string | null } & {
  readonly isos?: { readonly [K in IsosField]?: string | number | null };
};

const schemaOf = (row: IsosRow) => (row.kind === 'text' ? line : z.number().min(row.min).max(row.max));
export const isosAllowed = (row: IsosRow): string =>
  row.kind === 'text' ? LINE_SHAPE : `a number from ${row.min} to ${row.max} ${row.unit}`;

const ISOS = z.strictObject(
  Object.fromEntries(ISOS_FIELD_NAMES.map((name) => [name, schemaOf(isosRow(name)).optional()])),
);
const NOTES = z.strictObject({
  ...Object.fromEntries(TEXT_NAMES.map((name) => [name, TEXTS[name].schema.optional()])),
  isos: ISOS.optional(),
  changedUtc: z.iso.datetime().optional(),
});

const problem = (path: string, got: unknown, allowed: string, remedy: string): Problem => ({
  code: 'NOTES_INVALID',
  path,
  got: typeof got === 'string' ? shown(got) : JSON.stringify(got),
  allowed,
  remedy,
});

/**
 * Every problem of a change, which may come from anywhere; empty = it can be applied.
 * @param removal what the sender writes to remove the field at a path
 */
export function notesProblems(patch: unknown, removal = (_path: string): string => 'give null'): Problem[] {
  if (!isObject(patch)) return [problem('notes', patch, 'an object', 'Send an object of fields.')];
  const check = (path: string, value: unknown, schema: z.ZodType, allowed: string): Problem[] =>
    value === null || schema.safeParse(value).success
      ? []
      : [problem(path, value, allowed, `Correct the value, or ${removal(path)} to remove the field.`)];
  return Object.entries(patch).flatMap(([name, value]) => {
    const text = TEXT_NAMES.find((one) => one === name);
    if (text) return check(name, value, TEXTS[text].schema, TEXTS[text].allowed);
    const unknown = (path: string, names: readonly string[]): Problem[] => [
      problem(path, path, names.join(', '), 'Use one of these fields.'),
    ];
    if (name !== 'isos') return unknown(name, [...TEXT_NAMES, 'isos']);
    if (!isObject(value)) return [problem('isos', value, 'an object', 'Send an object of fields.')];
    return Object.entries(value).flatMap(([key, own]) => {
      const field = ISOS_FIELD_NAMES.find((one) => one === key);
      return field
        ? check(`isos.${key}`, own, schemaOf(isosRow(field)), isosAllowed(isosRow(field)))
        : unknown(`isos.${key}`, ISOS_FIELD_NAMES);
    });
  });
}

/** A description with a change that has no problems. */
export function withPatch(notes: RunNotes, { isos, ...texts }: NotesPatch, changedUtc: string): RunNotes {
  const kept = (fields: object): object =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
  const { isos: before, ...others } = notes;
  return { ...kept({ ...others, ...texts }), isos: kept({ ...before, ...isos }), changedUtc };
}

/** A description that was read from a file; null where it is none. */
export function notesOf(value: unknown): RunNotes | null {
  const read = NOTES.safeParse(value);
  return read.success ? (read.data as RunNotes) : null;
}

/** What `KEY=VALUE` says; a number is read as one, an empty value removes the field. Null where there is no `=`. */
export function isosAssignment(text: string): { readonly key: string; readonly value: string | number | null } | null {
  const at = text.indexOf('=');
  if (at < 1) return null;
  const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (value === '') return { key, value: null };
  const field = ISOS_FIELD_NAMES.find((name) => name === key);
  const isNumber = field !== undefined && isosRow(field).kind === 'number';
  return { key, value: isNumber && Number.isFinite(Number(value)) ? Number(value) : value };
}
