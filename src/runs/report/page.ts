/** The report as one HTML file that needs no network; the browser prints it on A4. */
import { basename } from 'node:path';
import { escapeHtml } from '../../charts/plot.ts';
import { PAGE_STYLE } from '../../charts/style.ts';
import { RUN_FIGURE_NAMES, runFigureRow } from '../../params/run-figures.ts';
import { VERDICT_NAMES, VERDICTS } from '../../params/verdict.ts';
import { grouped, inWords, lacksOf } from '../words.ts';
import { type Drawing, markedOf } from './drawings.ts';
import { methodsOf } from './methods.ts';
import type { ReportRun } from './run.ts';

const STYLE = `
body{max-width:790px}nav ol{columns:2;font-size:14px}figure{margin:1em 0}.numbers td,.numbers th{font-variant-numeric:tabular-nums}
@media print{body{zoom:1}section,h2+*~h2,h2{break-before:auto}nav{break-after:page}figure{display:block}a{color:inherit;text-decoration:none}@page{size:A4;margin:12mm}}`;

const row = (cells: readonly string[]): string => {
  const [head = '', ...others] = cells.map(escapeHtml);
  return `<tr><th scope="row">${head}</th>${others.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
};

const table = (caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="scroll"><table class="numbers"><caption>${escapeHtml(caption)}</caption>` +
  `<thead><tr>${head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('')}</tr></thead>` +
  `<tbody>${rows.map(row).join('\n')}</tbody></table></div>`;

function figuresTable(runs: readonly ReportRun[]): string {
  const of = (cell: (run: ReportRun) => string): string[] => runs.map(cell);
  const figures = RUN_FIGURE_NAMES.map((name) => {
    const { label } = runFigureRow(name);
    return [label, ...of(({ study }) => inWords(name, study.figures.values[name]))];
  });
  const verdicts = VERDICT_NAMES.map((name) => [
    `Time in ${VERDICTS[name].label}`,
    ...of(
      ({ study: { figures: f } }) =>
        `${grouped(f.verdicts[name].s, 1)} s (${grouped(100 * f.verdicts[name].share, 1)} %)`,
    ),
  ]);
  return table(
    'A figure that is not known has its reason in its place. PL proxy: of the mean mixed emission of each cycle.',
    ['', ...runs.map(({ label }) => label)],
    [...figures, ...verdicts, ...estimates(runs)],
  );
}

/** A segregated share is never measured: it is estimated from the light, and only the simulation knows the truth. */
function estimates(runs: readonly ReportRun[]): string[][] {
  const share = (value: number): string => `${grouped(100 * value, 2)} %`;
  const estimate = runs.map(({ study }) => {
    const largest = study.figures.segregatedEstimate?.largest;
    return largest ? `${share(largest.share)} ± ${share(largest.error)} at ${grouped(largest.atS, 0)} s` : 'none';
  });
  const truth = runs.map(({ study }) => {
    const known = study.figures.SIMULATED_truth;
    return known ? share(known.largestSegregated) : 'none: no sensor sees it';
  });
  const isSimulated = runs.some(({ study }) => study.figures.SIMULATED_truth !== null);
  return [
    ['Largest ESTIMATE of the segregated share, with its standard error by noise', ...estimate],
    ...(isSimulated ? [['SIMULATED truth: largest segregated share', ...truth]] : []),
  ];
}

function marks(runs: readonly ReportRun[]): string {
  const rows = runs.flatMap((run) =>
    run.study.marks
      .slice(0, 200)
      .map(({ atS, what }, n) => [
        n < markedOf(run).length && runs.length === 1 ? `${n + 1}` : '',
        ...(runs.length > 1 ? [run.label] : []),
        `${grouped(atS, 1)} s`,
        what,
      ]),
  );
  if (rows.length === 0) return '<p>Nothing happened that has a mark.</p>';
  const head = ['Mark', ...(runs.length > 1 ? ['Run'] : []), 'Time', 'What'];
  return table('Trips, tuning, alarms and changes of the verdict; the first 200 of each run.', head, rows);
}

/** Every run’s paragraph. */
const methods = (runs: readonly ReportRun[]): string =>
  runs.map((run) => `<h3>${escapeHtml(run.label)}</h3><p>${escapeHtml(methodsOf(run))}</p>`).join('\n');

/** What the file of a reader must say first. */
function warning(runs: readonly ReportRun[]): string {
  const simulated = runs.filter(({ record }) => record.facts.simulated !== false);
  if (simulated.length === 0) return '';
  const names = simulated.map(({ label }) => escapeHtml(label)).join(', ');
  return `<p class="simulated"><strong>SIMULATED.</strong> Nothing was measured in ${names}, or the record does not say so.</p>`;
}

/** What a record lacks, before any of its figures. */
function lacks(runs: readonly ReportRun[]): string {
  const items = runs.flatMap(({ label, record, study }) =>
    lacksOf(record.missing, study.figures.damaged).map((what) => `<li>${escapeHtml(`${label}: ${what}`)}</li>`),
  );
  return items.length === 0 ? '' : `<p><strong>The record is not whole.</strong></p><ul>${items.join('')}</ul>`;
}

/** The whole page. */
export function reportPage(runs: readonly ReportRun[], figures: readonly Drawing[]): string {
  const title = runs.length === 1 ? `Run ${basename(runs[0]?.name ?? '')}` : `${runs.length} runs compared`;
  const contents = [
    ['merit', 'Figures of merit'],
    ['methods', 'Methods'],
    ...figures.map(({ id, title: one }, n) => [id, `Figure ${n + 1}: ${one}`]),
    ['marks', 'What happened'],
  ];
  const list = contents.map(([id, one]) => `<li><a href="#${id}">${escapeHtml(one ?? '')}</a></li>`).join('');
  const drawn = figures
    .map(
      ({ id, html }, n) =>
        `<section id="${id}"><h2>Figure ${n + 1}</h2>${html}<small>Files: ${id}.svg, ${id}.csv</small></section>`,
    )
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><style>${PAGE_STYLE}${STYLE}</style></head><body><main>
<h1>${escapeHtml(title)}</h1>
${warning(runs)}
${lacks(runs)}
<nav aria-label="Contents"><h2>Contents</h2><ol>${list}</ol></nav>
<h2 id="merit">Figures of merit</h2>
${figuresTable(runs)}
<h2 id="methods">Methods</h2>
${methods(runs)}
${drawn}
<h2 id="marks">What happened</h2>
${marks(runs)}
</main></body></html>
`;
}
