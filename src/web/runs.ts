/** Recorded runs over HTTP: what they are, their figures of merit, columns for a picture, files, and what people say of them. */
import { valueAt } from '../params/json.ts';
import type { ListedRun } from '../params/page-records.ts';
import { described, type ListedRecord, listRecords } from '../runs/list.ts';
import { writeNotes } from '../runs/notes.ts';
import { begin } from './answer.ts';
import { Downloads } from './downloads.ts';
import type { Handler } from './server.ts';
import { refusalOf, Shelf } from './shelf.ts';
import { Shared } from './turns.ts';

/** Folders in the list. */
const MOST_LISTED = 200;
/** The list is good for so long, ms: to open so many folders is work, and pages ask for it together. */
const LIST_MS = 2000;

export function runHandlers(runsDir: string): Readonly<Record<string, Handler>> {
  const shelf = new Shelf(runsDir);
  const downloads = new Downloads();
  const list = new Shared(async () => ({ runs: (await listRecords(runsDir, MOST_LISTED)).map(listed) }), LIST_MS);
  return {
    runs: () => list.ask(),
    run: ({ parts }) => shelf.study(parts['name'] ?? ''),
    runSeries: ({ parts, query }) =>
      shelf.series(parts['name'] ?? '', runNumber(query['run']), Number(query['points'])),
    runFile: ({ parts, response }) => {
      const name = parts['name'] ?? '';
      return downloads.send(response, shelf.folder(name), name, parts['file'] ?? '');
    },
    runReport: async ({ query, response }) => {
      const html = await shelf.report(String(query['runs']));
      begin(response, 200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'content-disposition': 'attachment; filename="report.html"',
        'content-length': String(html.length),
      });
      response.end(html);
    },
    runNotes: async ({ parts, body }) => {
      const folder = shelf.folder(parts['name'] ?? '');
      const { patch } = body as { patch: unknown };
      try {
        const data = await writeNotes(folder, patch, new Date().toISOString());
        return { code: 200, text: 'Kept beside the record.', data };
      } catch (error) {
        throw refusalOf(error);
      } finally {
        list.forget();
      }
    },
  };
}

const runNumber = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** What the list says of a record, without reading its rows. */
function listed({ folder, record, facts, notes, problem }: ListedRecord): ListedRun {
  return {
    folder,
    problem,
    simulated: facts?.simulated ?? null,
    started_utc: facts?.time.wall ?? null,
    recipe: facts?.recipe.name ?? null,
    sample: described('sample', facts, notes),
    operator: described('operator', facts, notes),
    note: described('note', facts, notes),
    ended:
      record?.end === null || record?.end === undefined
        ? null
        : { state: text(record.end['state']), by: text(valueAt(record.end, ['endedBy', 'alarm'])) },
    folders: record?.parts.length ?? 0,
  };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
