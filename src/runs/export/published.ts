/**
 * The facts of a run for a repository: the rows of the ISOS checklist (Khenkin et al. 2020, Nature Energy 5, 35, Table 3) and
 * the fields of the NOMAD perovskite database that the record can fill. The proxies keep names of their own: NOMAD’s PCE_T80 is
 * of an efficiency, which is not measured here.
 */
import { basename } from 'node:path';
import { RUN_FIGURES } from '../../params/run-figures.ts';
import { ISOS_FIELD_NAMES, isosRow, type RunNotes } from '../../params/run-notes.ts';
import type { NamedRun, RunFigures } from '../figures.ts';
import { described } from '../list.ts';
import { lacksOf } from '../words.ts';

const HOUR_S = 3600;
const hours = (seconds: number | null): number | null => (seconds === null ? null : seconds / HOUR_S);

/** The checklist: what the record itself knows, and what its authors said; null = not recorded. */
function checklist(notes: RunNotes, figures: readonly RunFigures[]) {
  const said = ISOS_FIELD_NAMES.map((name) => {
    const row = isosRow(name);
    const unit = row.kind === 'number' ? row.unit : null;
    return { row: row.isos, what: row.label, value: notes.isos?.[name] ?? null, unit, by: 'authors' };
  });
  const measured = figures.flatMap(({ run, pattern, values }) => [
    {
      run,
      row: 'Ageing conditions: cycling procedure',
      what: 'dwell and period times t/T',
      value: pattern,
      unit: 's',
      by: 'record',
    },
    {
      run,
      row: 'Ageing conditions: temperature',
      what: RUN_FIGURES.meanFilmC.label,
      value: values.meanFilmC.value,
      unit: '°C',
      by: 'record',
    },
    { run, row: 'Ageing time', what: RUN_FIGURES.litS.label, value: values.litS.value, unit: 's', by: 'record' },
  ]);
  return [...said, ...measured];
}

/** Sections and fields as NOMAD names them, in its units. */
function nomad(
  notes: RunNotes,
  { values, pattern }: RunFigures,
  measured: boolean,
): Record<string, Record<string, unknown>> {
  const sections: Record<string, Record<string, unknown>> = {
    stability: {
      measured,
      average_over_n_number_of_cells: 1,
      temperature_load_condition: pattern === null ? null : 'Cycled',
      time_total_exposure: hours(values.litS.value),
    },
  };
  for (const name of ISOS_FIELD_NAMES) {
    const { nomad: to } = isosRow(name);
    const value = notes.isos?.[name];
    if (to === null || value === undefined) continue;
    const [section = '', field = ''] = to.field.split('.');
    sections[section] ??= {};
    // The range of wavelengths is a text; one number stands for monochromatic light.
    const isText = field === 'light_wavelength_range';
    sections[section][field] = typeof value === 'number' && !isText ? value * to.factor : String(value);
  }
  return sections;
}

/** The document; `figures`: of every run that is exported. */
export function publishedOf({ record, name }: NamedRun, notes: RunNotes, figures: readonly RunFigures[]): unknown {
  const { facts, missing, end } = record;
  const lacks = lacksOf(missing, figures[0]?.damaged ?? 0);
  const texts = (['sample', 'operator', 'note'] as const).map((key) => [key, described(key, facts, notes)]);
  return {
    ...{ name: basename(name), ...Object.fromEntries(texts), SIMULATED: facts.simulated, missing: lacks },
    isos: checklist(notes, figures),
    runs: figures.map((one) => ({
      run: one.run,
      nomad: nomad(notes, one, facts.simulated === false),
      pl_proxy: {
        note: 'of the mean mixed emission of each cycle; a proxy, not an efficiency',
        basis: one.basis,
        PL_initial_value: one.values.initialPl,
        PL_T95_h: hours(one.values.t95S.value),
        PL_Ts95_h: hours(one.values.ts95S.value),
        PL_T80_h: hours(one.values.t80S.value),
        PL_Ts80_h: hours(one.values.ts80S.value),
      },
      figures: one,
    })),
    record: { ...facts, end },
    notes,
  };
}
