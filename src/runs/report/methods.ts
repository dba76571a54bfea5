/** How a run was done, in sentences that its record carries; what it does not say is called not recorded. */

import { recordedSetting } from '../../params/run-json.ts';
import { ISOS_FIELD_NAMES, isosRow } from '../../params/run-notes.ts';
import type { SettingKey } from '../../params/settings.ts';
import { described } from '../list.ts';
import { inWords, lacksOf } from '../words.ts';
import type { ReportRun } from './run.ts';

const NOT = 'not recorded';

/** The paragraph of one run. */
export function methodsOf(run: ReportRun): string {
  return [bench(run), heat(run), light(run), readings(run), versions(run)].join(' ');
}

const setting = ({ record }: ReportRun, key: SettingKey, unit = ''): string => {
  const value = recordedSetting(record.facts, key);
  return value === null ? NOT : `${String(value)}${unit}`;
};

function bench(run: ReportRun): string {
  const { facts } = run.record;
  const sample = described('sample', facts, run.notes) ?? NOT;
  const what =
    facts.simulated === null
      ? 'Whether hardware or the simulated bench was recorded is not known.'
      : facts.simulated
        ? `SIMULATED: nothing was measured; the bench is a simulation (sample preset ${facts.simSample ?? NOT}, seed ${facts.seed ?? NOT}).`
        : 'Recorded on hardware.';
  const operator = described('operator', facts, run.notes) ?? NOT;
  return `${what} Sample: ${sample}; operator: ${operator}; started: ${run.study.figures.startedUtc ?? 'in virtual time'}.`;
}

function heat(all: ReportRun): string {
  const { record, study } = all;
  const { patterns, modes, values } = study.figures;
  const named = Object.entries(patterns);
  const pattern =
    named.length === 0
      ? `no pulse pattern (mode ${Object.keys(modes).join(', ') || NOT})`
      : named.length === 1
        ? `pulses of t/T = ${named[0]?.[0]} s`
        : `pulses, t/T in s: ${named
            .slice(0, 6)
            .map(([name, s]) => `${name} for ${s.toFixed(0)} s`)
            .join(', ')}`;
  const { name, hash } = record.facts.recipe;
  return (
    `Heat: ${pattern} at ${setting(all, 'heater.currentA', ' A')} nominal in ${setting(all, 'heater.resistanceOhm', ' Ω')}; ` +
    `recipe ${name ?? NOT} (hash ${hash ?? NOT}). ` +
    `Duty achieved: ${inWords('dutyAchieved', values.dutyAchieved)}; mean swing of the film: ${inWords('swingK', values.swingK)} ` +
    `over ${inWords('swingCycles', values.swingCycles)} cycles.`
  );
}

function light(run: ReportRun): string {
  const { isos = {} } = run.notes;
  const said = ISOS_FIELD_NAMES.filter((name) => isos[name] !== undefined).map((name) => {
    const row = isosRow(name);
    return `${row.label.toLowerCase()}: ${isos[name]}${row.kind === 'number' ? ` ${row.unit}` : ''}`;
  });
  const missing = ISOS_FIELD_NAMES.filter((name) => isos[name] === undefined).map((name) =>
    isosRow(name).label.toLowerCase(),
  );
  const authors = said.length > 0 ? ` By the authors: ${said.join('; ')}.` : '';
  const gone = missing.length > 0 ? ` Not recorded: ${missing.join(', ')}.` : '';
  return `${litWords(run)}; light driven by ${setting(run, 'light.drive')}.${authors}${gone}`;
}

function litWords({ study }: ReportRun): string {
  const { litS, durationS } = study.figures.values;
  const unknown = [litS, durationS].find(({ value }) => value === null);
  if (unknown) return `For how long it was lit is not known: ${unknown.why}`;
  return `Lit for ${inWords('litS', litS)} of ${inWords('durationS', durationS)}`;
}

function readings(run: ReportRun): string {
  const { basis, reference, temperature } = run.study.figures;
  const rowMs = recordedSetting(run.record.facts, 'journal.rowMs');
  return (
    `Sensors: thermocouple converter ${setting(run, 'hal.thermocouple')}, infrared thermometer ${setting(run, 'hal.infrared')}, ` +
    `power meter ${setting(run, 'hal.currentSense')}, photodiode converter ${setting(run, 'hal.photodiodes')}. ` +
    `One row every ${rowMs === null ? NOT : `${String(rowMs)} ms`}, every edge of the gate with its own time. ` +
    `Temperature: ${temperature === 'film_c' ? 'estimate of the observer from both thermometers and the heat (film_c)' : 'thermocouple (tc_c), for the observer was not commissioned'}. ` +
    `T95, T80, Ts95 and Ts80 are of the mean mixed emission of each cycle (${basis}), a proxy for the state of the film; ` +
    `T95 and T80 go by ${reference === 'initial' ? 'the mean of the first three lit cycles' : 'the highest mean of three cycles, because the emission first increased'} (Khenkin et al. 2020, Nature Energy 5, 35, Table 5).`
  );
}

function versions({ record: { facts, missing }, study }: ReportRun): string {
  const lacks = lacksOf(missing, study.figures.damaged);
  const { remixd, commit, node, platform } = facts.versions;
  return (
    `remixd ${remixd ?? NOT} (commit ${commit ?? NOT}) on Node.js ${node ?? NOT}, ${platform ?? NOT}; ` +
    `configuration ${facts.config.hash ?? NOT}; calibration ${facts.calibration ?? 'none'}; record ${facts.id ?? NOT}.` +
    (lacks.length > 0 ? ` ${lacks.join(' ')}` : '')
  );
}
