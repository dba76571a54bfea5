/** Recorded runs: the table, one run with its figures of merit and its description, and up to six of them overlaid. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ListedRun, RunColumns, StudiedRecord, StudiedRun } from '../../../src/params/page-records.ts';
import { isGood, LONG_MS, look, post, type Reply } from '../api.ts';
import { type Overlaid, Overlay } from '../overlay.tsx';
import { Act, Card, Fact, numberOf, Said, useLook } from '../parts.tsx';
import type { About, ScreenProps } from '../screens.tsx';
import { verdictWord } from '../verdicts.ts';
import { clock, percent } from '../words.ts';

const MOST_COMPARED = 6;
const FILES = ['run.json', 'data.csv', 'events.csv'] as const;

export function Runs({ about, roles }: ScreenProps): JSX.Element {
  const list = useLook<{ readonly runs: readonly ListedRun[] }>('/runs');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const choose = (folder: string, isChosen: boolean): void =>
    setChosen((before) =>
      isChosen ? [...before, folder].slice(-MOST_COMPARED) : before.filter((one) => one !== folder),
    );
  return (
    <div class="column">
      <Card title="Recorded runs" aside={<Act act={async () => list.reload()}>Read again</Act>}>
        {list.failed && <Said reply={list.failed} />}
        {list.data?.runs.length === 0 && <p class="hint">There is none yet.</p>}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reached by keyboard */}
        <section class="scroll" tabIndex={0} aria-label="Recorded runs">
          <table>
            <thead>
              <tr>
                <th>Compare</th>
                <th>Started</th>
                <th>Sample</th>
                <th>Operator</th>
                <th>Recipe</th>
                <th>Note</th>
                <th>Ended</th>
              </tr>
            </thead>
            <tbody>
              {list.data?.runs.map((one) => (
                <tr key={one.folder} class={open === one.folder ? 'chosen' : ''}>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`Compare ${one.folder}`}
                      checked={chosen.includes(one.folder)}
                      disabled={one.problem !== null}
                      onChange={(event) => choose(one.folder, event.currentTarget.checked)}
                    />
                  </td>
                  <td>
                    <button type="button" class="link" onClick={() => setOpen(one.folder)}>
                      {one.started_utc?.slice(0, 16).replace('T', ' ') ?? one.folder}
                    </button>
                    {one.simulated !== false && (
                      <small>{one.simulated ? 'SIMULATED' : 'not known whether simulated'}</small>
                    )}
                  </td>
                  <td>{one.sample ?? '–'}</td>
                  <td>{one.operator ?? '–'}</td>
                  <td>{one.recipe ?? '–'}</td>
                  <td>{one.problem === null ? (one.note ?? '–') : `⚠ ${one.problem}`}</td>
                  <td>{one.ended === null ? 'goes on, or was cut' : (one.ended.state ?? '–')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {chosen.length > 1 && (
          <p>
            {chosen.length} runs chosen ·{' '}
            <a href={`/api/v1/runs/report?runs=${encodeURIComponent(chosen.join(','))}`} download>
              report to print
            </a>
          </p>
        )}
      </Card>
      {chosen.length > 1 && <Compared folders={chosen} />}
      {open !== null && <OneRun key={open} folder={open} about={about} roles={roles} changed={list.reload} />}
    </div>
  );
}

function Compared({ folders }: { readonly folders: readonly string[] }): JSX.Element {
  const [runs, setRuns] = useState<readonly Overlaid[]>([]);
  const key = folders.join(',');
  useEffect(() => {
    let isCurrent = true;
    void Promise.all(
      key.split(',').map(async (name) => {
        const got = await look<RunColumns>(`/runs/${name}/series`, LONG_MS);
        return 'data' in got ? [{ name, series: got.data }] : [];
      }),
    ).then((all) => isCurrent && setRuns(all.flat()));
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return (
    <Card title={`${folders.length} runs compared`}>
      {runs.length === 0 ? <p class="wait">Reading them…</p> : <Overlay runs={runs} />}
    </Card>
  );
}

function OneRun({
  folder,
  about,
  roles,
  changed,
}: {
  readonly folder: string;
  readonly about: About;
  readonly roles: readonly string[];
  readonly changed: () => void;
}): JSX.Element {
  const got = useLook<StudiedRecord>(`/runs/${folder}`, LONG_MS);
  const series = useLook<RunColumns>(`/runs/${folder}/series`, LONG_MS);
  return (
    <Card title={folder} aside={<Downloads folder={folder} />}>
      {got.failed && <Said reply={got.failed} />}
      {!got.data && !got.failed && <p class="wait">Reading its rows…</p>}
      {got.data?.missing.map((what) => (
        <p key={what} class="hint">
          ⚠ {what}
        </p>
      ))}
      {got.data?.runs.map((study) => (
        <Figures key={study.run} study={study} />
      ))}
      {series.data && <Overlay runs={[{ name: folder, series: series.data }]} />}
      {got.data && (
        <Notes
          folder={folder}
          notes={got.data.notes}
          about={about}
          mayWrite={roles.includes('run')}
          changed={changed}
        />
      )}
    </Card>
  );
}

const Downloads = ({ folder }: { readonly folder: string }): JSX.Element => (
  <span class="buttons">
    {FILES.map((file) => (
      <a key={file} href={`/api/v1/runs/${folder}/files/${file}`} download>
        {file}
      </a>
    ))}
    <a href={`/api/v1/runs/report?runs=${encodeURIComponent(folder)}`} download>
      report
    </a>
  </span>
);

const Figures = ({ study }: { readonly study: StudiedRun }): JSX.Element => (
  <>
    <h3>
      Run {study.run ?? ''} · {study.pattern ?? 'no pattern'} · {study.last_verdict ?? 'no verdict'}
    </h3>
    <VerdictBar spans={study.verdicts} />
    <dl class="facts">
      {Object.entries(study.verdict_shares)
        .filter(([, share]) => share > 0)
        .map(([name, share]) => (
          <Fact key={name} name={name}>
            {percent(share)}
          </Fact>
        ))}
      {study.figures.map(({ name, label, note, words }) => (
        <Fact key={name} name={label} note={note ?? undefined}>
          {words}
        </Fact>
      ))}
    </dl>
    <p class="hint">
      Lifetimes are of the photoluminescence ({study.basis}), which is a proxy; shares are estimates from the light.
    </p>
  </>
);

/** The verdicts of a run as words and widths. */
function VerdictBar({ spans }: { readonly spans: StudiedRun['verdicts'] }): JSX.Element | null {
  const end = spans.at(-1)?.toS ?? 0;
  if (end <= 0) return null;
  return (
    <ol class="verdicts" aria-label="Verdicts over time">
      {spans.map(({ what, fromS, toS }) => (
        <li
          key={`${what} ${fromS}`}
          class={`v-${what}`}
          style={{ flexGrow: Math.max(0.001, (toS - fromS) / end) }}
          title={`${what}, ${clock(fromS)} to ${clock(toS)}`}
        >
          <span>{verdictWord(what)}</span>
        </li>
      ))}
    </ol>
  );
}

const WORDS = ['sample', 'operator', 'note'] as const;

/** What people say of a run; it stands beside the record, which is never written again. */
function Notes({
  folder,
  notes,
  about,
  mayWrite,
  changed,
}: {
  readonly folder: string;
  readonly notes: StudiedRecord['notes'];
  readonly about: About;
  readonly mayWrite: boolean;
  readonly changed: () => void;
}): JSX.Element {
  const [patch, setPatch] = useState<Readonly<Record<string, string | null>>>({});
  const [isos, setIsos] = useState<Readonly<Record<string, string | number | null>>>({});
  const said: Readonly<Record<string, string | number>> = notes.isos ?? {};
  const [reply, setReply] = useState<Reply | null>(null);
  // What was typed becomes a number when it is sent, and not before; what makes none is refused with its reason.
  const typedValue = (name: string, value: string | number | null): string | number | null => {
    const isNumber = about.notes.some((row) => row.name === name && row.kind === 'number');
    return typeof value === 'string' && isNumber && Number.isFinite(numberOf(value)) ? numberOf(value) : value;
  };
  const keep = async (): Promise<void> => {
    const typed = Object.fromEntries(Object.entries(isos).map(([name, value]) => [name, typedValue(name, value)]));
    const answer = await post(`/runs/${folder}/notes`, {
      patch: { ...patch, ...(Object.keys(isos).length > 0 && { isos: typed }) },
    });
    setReply(answer);
    if (isGood(answer)) changed();
  };
  return (
    <details>
      <summary>
        <h3>Description</h3>
      </summary>
      <div class="fields">
        {WORDS.map((name) => (
          <label key={name}>
            {name}
            <input
              value={name in patch ? (patch[name] ?? '') : String(notes[name] ?? '')}
              onInput={(event) => setPatch({ ...patch, [name]: event.currentTarget.value || null })}
            />
          </label>
        ))}
        {about.notes.map(({ name, label, kind, allowed, example }) => (
          <label key={name}>
            {label}
            <input
              inputMode={kind === 'number' ? 'decimal' : 'text'}
              title={allowed}
              placeholder={example}
              value={String((name in isos ? isos[name] : said[name]) ?? '')}
              onInput={(event) => {
                const { value } = event.currentTarget;
                setIsos({ ...isos, [name]: value === '' ? null : value });
              }}
            />
          </label>
        ))}
      </div>
      <Act kind="main" act={keep} disabled={!mayWrite || Object.keys(patch).length + Object.keys(isos).length === 0}>
        Keep
      </Act>
      <Said reply={reply} />
    </details>
  );
}
