/** Settings: tried for a while, then kept or taken back. Nothing here can touch a limit. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Prediction } from '../../../src/control/what-if.ts';
import { isGood, order, question, type Reply } from '../api.ts';
import { Act, Card, NumberField, Said } from '../parts.tsx';
import type { About, ScreenProps } from '../screens.tsx';
import { clock, number, percent } from '../words.ts';

type Value = number | string | boolean;
type Patch = Readonly<Record<string, Value>>;
type Row = About['settings'][number];

const GROUPS: readonly (readonly [string, RegExp])[] = [
  ['Heat', /^(control|pulse|swing)\./],
  ['Film and light', /^(film|light)\./],
  ['PID and bang-bang', /^(pid|bangbang)\./],
  ['Alarms', /^alarm\./],
  ['Run', /^run\./],
];

let typed: Patch = {};

export function SetScreen(props: ScreenProps): JSX.Element {
  const { state, about } = props;
  const [patch, setPatch] = useState<Patch>(typed);
  // What was typed is still there after a look at another screen.
  typed = patch;
  const [reply, setReply] = useState<Reply | null>(null);
  const changed = Object.fromEntries(Object.entries(patch).filter(([key, value]) => state.values[key] !== value));
  const change = (key: string, value: Value): void => setPatch((before) => ({ ...before, [key]: value }));
  const rows = about.settings.filter(({ key }) => key in state.values);
  return (
    <div class="set">
      <div class="column">
        <TrialCard {...props} changed={changed} reply={reply} setReply={setReply} clear={() => setPatch({})} />
        <Predicted changed={changed} base={state.values} />
      </div>
      <div class="column">
        {GROUPS.map(([title, pattern]) => {
          const own = rows.filter(({ key }) => pattern.test(key));
          if (own.length === 0) return null;
          const isShut = title !== 'Heat';
          return (
            <details key={title} class="card" open={!isShut || own.some(({ key }) => key in changed)}>
              <summary>
                <h2>{title}</h2>
              </summary>
              {own.map((row) => (
                <Field
                  key={row.key}
                  row={row}
                  value={patch[row.key] ?? state.values[row.key] ?? ''}
                  isChanged={row.key in changed}
                  change={change}
                  recipes={about.recipes}
                />
              ))}
            </details>
          );
        })}
      </div>
    </div>
  );
}

function Field({
  row,
  value,
  isChanged,
  change,
  recipes,
}: {
  readonly row: Row;
  readonly value: Value;
  readonly isChanged: boolean;
  readonly change: (key: string, value: Value) => void;
  readonly recipes: readonly string[];
}): JSX.Element {
  const id = `f-${row.key}`;
  const choices = row.key === 'run.recipe' ? recipes : row.kind === 'choice' ? row.choices : null;
  const input =
    row.kind === 'number' ? (
      <NumberField id={id} value={Number(value)} tell={(typed) => change(row.key, typed)} />
    ) : choices ? (
      <select id={id} value={String(value)} onChange={(event) => change(row.key, event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    ) : row.kind === 'boolean' ? (
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        onChange={(event) => change(row.key, event.currentTarget.checked)}
      />
    ) : (
      <input id={id} value={String(value)} onInput={(event) => change(row.key, event.currentTarget.value)} />
    );
  return (
    <div class={`field${isChanged ? ' changed' : ''}`}>
      <label for={id}>
        {row.label} <code>{row.key}</code>
      </label>
      <span class="input">
        {input} {row.kind === 'number' && row.unit !== '1' && <span class="unit">{row.unit}</span>}
      </span>
      <small>
        {row.allowed}. {row.why}
        {row.applies === 'idle' && ' Between runs only.'}
      </small>
    </div>
  );
}

function TrialCard({
  state,
  roles,
  changed,
  reply,
  setReply,
  clear,
}: ScreenProps & {
  readonly changed: Patch;
  readonly reply: Reply | null;
  readonly setReply: (reply: Reply | null) => void;
  readonly clear: () => void;
}): JSX.Element {
  const [forS, setForS] = useState(120);
  const { trial, rev, nonce } = state;
  const count = Object.keys(changed).length;
  const isReady = count > 0 && Number.isFinite(forS) && !Object.values(changed).some(Number.isNaN);
  const mayTune = state.may.tune && roles.includes('tune');
  const attempt = async (): Promise<void> => {
    const answer = await order('try', { base_rev: rev, patch: changed, confirm_s: forS, nonce });
    setReply(isGood(answer) ? null : answer);
    if (isGood(answer)) clear();
  };
  if (trial)
    return (
      <Card
        title={`Trial ${trial.rev} runs`}
        tone="warn"
        aside={<strong class="countdown">{clock(trial.left_s)}</strong>}
      >
        <p>
          {Object.entries(trial.patch)
            .map(([key, value]) => `${key} = ${String(value)}`)
            .join(', ')}{' '}
          (by {trial.by}). When its time is over, the settings before it come back by themselves.
        </p>
        <progress max={Math.max(forS, trial.left_s)} value={trial.left_s} aria-label="Time left of the trial" />
        <div class="buttons">
          <Act
            key={`keep-${trial.rev}`}
            kind="main"
            late
            disabled={!mayTune}
            act={() => order('confirm', { rev: trial.rev }).then(setReply)}
          >
            Keep
          </Act>
          <Act key={`back-${trial.rev}`} late disabled={!mayTune} act={() => order('revert').then(setReply)}>
            Back to before
          </Act>
        </div>
        <Said reply={reply} />
      </Card>
    );
  return (
    <Card title="Try settings" aside={<span class="hint">revision {rev}</span>}>
      {count === 0 ? (
        <p class="hint">Change a value; it is tried for a while before it counts.</p>
      ) : (
        <ul class="changes">
          {Object.entries(changed).map(([key, value]) => (
            <li key={key}>
              <code>{key}</code> {String(state.values[key])} →{' '}
              <strong>{Number.isNaN(value) ? 'not a number' : String(value)}</strong>
            </li>
          ))}
        </ul>
      )}
      <label for="try-s">
        Try for, s <NumberField id="try-s" value={forS} tell={setForS} />
      </label>
      <div class="buttons">
        <Act key="try" kind="main" disabled={!isReady || !mayTune} act={attempt}>
          Try for {Number.isFinite(forS) ? forS : '–'} s
        </Act>
        <button type="button" disabled={count === 0} onClick={clear}>
          Clear
        </button>
      </div>
      {!state.may.tune && <p class="hint">Settings are changed at the bench here (remote.tune = local).</p>}
      <Said reply={reply} />
    </Card>
  );
}

/** The answer of `what-if`: the heat as it is, and as it would be. */
interface WhatIf {
  readonly now: Prediction;
  readonly changed: Prediction;
  readonly refused: { readonly code: number; readonly text: string } | null;
}

const ASKED_AGAIN_MS = 30_000;

/** What the model of this very bench says of the change, before it is tried. */
function Predicted({ changed, base }: { readonly changed: Patch; readonly base: Patch }): JSX.Element {
  const [said, setSaid] = useState<{ readonly key: string; readonly reply: Reply } | null>(null);
  const isChange = Object.keys(changed).length > 0;
  // Asking for what is in force anyway shows the heat as it is.
  const key = JSON.stringify(isChange ? changed : { 'pulse.onMs': base['pulse.onMs'] });
  // The film goes on while the page is open.
  const round = Math.floor(Date.now() / ASKED_AGAIN_MS);
  useEffect(() => {
    const ask = async (): Promise<void> => {
      const reply = await question('what-if', { patch: JSON.parse(key) as Patch });
      setSaid((before) => (isCurrent ? { key, reply } : before));
    };
    let isCurrent = true;
    const timer = setTimeout(() => void ask(), 400);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key, round]);
  // What was said of other settings is never shown under these.
  const reply = said?.key === key ? said.reply : null;
  const all = { ...base, ...changed };
  const data = reply && isGood(reply) ? (reply.data as WhatIf) : null;
  const mode = String(all['control.mode']);
  const periodMs = Number(mode === 'swing' ? all['swing.periodMs'] : all['pulse.periodMs']);
  const duty = data?.changed.duty ?? null;
  const onMs = mode === 'pulse' ? Number(all['pulse.onMs']) : duty === null ? Number.NaN : duty * periodMs;
  return (
    <Card title="What the model of this bench predicts">
      <Waveform onMs={onMs} periodMs={periodMs} isPulsed={mode === 'pulse' || mode === 'swing'} />
      {reply === null && <p class="hint">Asking the model…</p>}
      {reply && !isGood(reply) && <Said reply={reply} />}
      {data && <Figures data={data} isChange={isChange} />}
      {data?.refused && <p class="said bad">✕ {data.refused.text}</p>}
    </Card>
  );
}

const degrees = (value: number | null): string => number(value, 2, '°C');
const meanAt =
  (s: number) =>
  ({ course }: Prediction): string =>
    degrees(course?.find(({ afterS }) => afterS === s)?.meanC ?? null);

const ROWS: readonly (readonly [string, (one: Prediction) => string])[] = [
  ['Swing', ({ swingK }) => number(swingK, 2, 'K')],
  ['Mean in 30 s', meanAt(30)],
  ['Mean in 5 min', meanAt(300)],
  ['Mean in 1 h', meanAt(3600)],
  ['Peak (trip)', ({ peakC, tripC, trips }) => `${degrees(peakC)} (${tripC} °C)${trips ? ' ✖ trips' : ''}`],
  [
    'Duty (limit)',
    ({ duty, dutyMost, limited }) => `${percent(duty)} (${percent(dutyMost)})${limited ? ' at the limit' : ''}`,
  ],
  ['Settles in', ({ settlesInS }) => clock(settlesInS)],
];

const Figures = ({ data, isChange }: { readonly data: WhatIf; readonly isChange: boolean }): JSX.Element => (
  <table class="figures">
    <thead>
      <tr>
        <th>Figure</th>
        <th>Now</th>
        {isChange && <th>Changed</th>}
      </tr>
    </thead>
    <tbody>
      {ROWS.map(([name, of]) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{of(data.now)}</td>
          {isChange && <td>{of(data.changed)}</td>}
        </tr>
      ))}
    </tbody>
  </table>
);

/** Three periods of the pulse, drawn to scale. */
function Waveform({
  onMs,
  periodMs,
  isPulsed,
}: {
  readonly onMs: number;
  readonly periodMs: number;
  readonly isPulsed: boolean;
}): JSX.Element | null {
  if (!isPulsed || !(onMs > 0) || !(periodMs >= onMs)) return null;
  const one = (at: number): string => `V8 H${at + (100 * onMs) / periodMs} V40 H${at + 100}`;
  const words = `${onMs.toFixed(0)} ms every ${periodMs.toFixed(0)} ms, duty ${percent(onMs / periodMs)}`;
  return (
    <svg viewBox="-2 0 304 58" class="waveform" role="img" aria-label={words}>
      <path d={`M0 40 ${one(0)} ${one(100)} ${one(200)}`} fill="none" />
      <text x="0" y="55">
        {words}
      </text>
    </svg>
  );
}
