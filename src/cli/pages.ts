/** All reference pages: those of the tables, and the faults that the simulated bench can be given. */
import { INJECTION_NAMES, injectionOf } from '../hal/sim/injection.ts';
import { FAULTS, type FaultName } from '../params/faults.ts';
import { filmTables } from '../params/film-tables.ts';
import { page, referencePages, table } from '../params/reference.ts';
import { runTables } from '../params/run-tables.ts';
import { safetyTables } from '../params/safety-tables.ts';

function injectionsPage(): string {
  const rows = INJECTION_NAMES.map((name) => {
    const { label, expect, boundS } = injectionOf(name);
    const found = expect.map((fault) => `${FAULTS[fault as FaultName].code} ${fault}`).join(', ');
    return [`\`${name}\``, label, found || 'tolerated: the run goes on', found ? `${boundS} s` : ''];
  });
  const intro =
    'What `--inject NAME@SECONDS` breaks, what the controller must call it, and how soon the heater must be off with ' +
    '0.5/5 s pulses. Tests hold the bounds over many phases of the pulse; `npm run bench` prints what was reached.';
  return page('Faults of the simulated bench', intro, table(['name', 'what breaks', 'found as one of', 'bound'], rows));
}

export const allPages = (): Record<string, string> => ({
  ...referencePages(),
  'simulated-faults.md': injectionsPage(),
});

/** Written pages of docs with tables between marks: page -> its tables. */
export const TABLED: Readonly<Record<string, () => Record<string, string>>> = {
  'SAFETY.md': safetyTables,
  'FILM.md': filmTables,
  'RUNS.md': runTables,
};
