/** Which pattern of heat keeps this film mixed: starts the search for it, shows how far it is, and what it has found. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { FindPhase, FindTrial, FindView, PageState } from '../../../src/params/page.ts';
import { order, type Reply } from '../api.ts';
import { Legend, Likeliest, OUTCOMES, PatternMap, patternText, shortText } from '../find-map.tsx';
import { Act, Card, Fact, Said } from '../parts.tsx';
import type { ScreenProps } from '../screens.tsx';
import { clock, number, percent } from '../words.ts';

const PHASES: Readonly<Record<FindPhase, string>> = {
  wait: 'Everything goes back first',
  mix: 'Mixing the film in the dark',
  warm: 'Warming the substrate in the dark',
  settle: 'The pattern settles in the dark',
  lit: 'Light on: watching the film',
  done: 'Mixing the film once more',
  over: 'The search is over',
};

export function Find({ state, roles }: ScreenProps): JSX.Element {
  const { find } = state;
  const mayTune = state.may.tune && roles.includes('tune');
  return (
    <div class="find">
      <div class="column">
        {find && find.phase !== 'over' && <Progress find={find} mayTune={mayTune} />}
        {find?.phase === 'over' && <Outcome find={find} mayTune={mayTune} />}
        {find?.phase !== undefined && find.phase !== 'over' ? null : <Start state={state} mayTune={mayTune} />}
        {find && find.trials.length > 0 && <Trials trials={find.trials} />}
      </div>
      <div class="column">
        {find && find.map.length > 0 && (
          <Card title="Map of the patterns">
            <PatternMap find={find} />
            <Legend />
            <h3>The likeliest</h3>
            <Likeliest find={find} />
          </Card>
        )}
      </div>
    </div>
  );
}

/** What happens is said before it does. */
function Start({ state, mayTune }: { readonly state: PageState; readonly mayTune: boolean }): JSX.Element {
  const [reply, setReply] = useState<Reply | null>(null);
  const { trial, find_hindrance: hindrance, progress, nonce } = state;
  const why = trial ? `Trial ${trial.rev} is running: keep it or end it first.` : hindrance;
  const body = (
    <>
      <p>
        Seeks the gentlest pulse pattern that keeps this film mixed: least duty and swing. It takes 15 to 40 min of the
        bench’s time and 3 to 5 min of light.
      </p>
      <ul>
        <li>The light goes off at once. Pulses of 2 s mix the film and warm the substrate.</li>
        <li>Each pattern is tried in about 25 s of light; a trial that segregates the film ends at once.</li>
        <li>Meanwhile film.policy rests, and no settings can be tried.</li>
        <li>
          The pattern found is in force until the run ends. Stop search, Stop, a trip or a turned setting ends the
          search, and heat and light go back to what they were before it.
        </li>
      </ul>
      {progress.left_s !== null && <p>This run ends in {clock(progress.left_s)}, and the search with it.</p>}
      {why !== null && <p class="hint">{why}</p>}
      {!state.may.tune && <p class="hint">Settings are changed at the bench here (remote.tune = local).</p>}
      <Act kind="main" disabled={!mayTune || why !== null} act={() => order('find', { nonce }).then(setReply)}>
        Start the search
      </Act>
      <Said reply={reply} />
    </>
  );
  if (!state.find) return <Card title="Find a pattern">{body}</Card>;
  return (
    <details class="card">
      <summary>
        <h2>Search again</h2>
      </summary>
      {body}
    </details>
  );
}

interface Running {
  readonly find: FindView;
  readonly mayTune: boolean;
}

function Progress({ find, mayTune }: Running): JSX.Element {
  const [reply, setReply] = useState<Reply | null>(null);
  const { phase, trials, most, cell, light_s: lightS, for_s: forS, by, why } = find;
  const isEnding = phase === 'done' || find.found !== null;
  return (
    <Card title="Searching" tone="warn" aside={<strong class="countdown">{clock(forS)}</strong>}>
      <p class="mode" aria-live="polite">
        {PHASES[phase]}
        {cell && `: ${patternText(cell)}`}
      </p>
      <p>{why}</p>
      <dl class="facts">
        <Fact name="Trial" note={`at most ${most.trials}`}>
          {isEnding ? `${trials.length} done` : trials.length + 1}
        </Fact>
        <Fact name="Light used" note={`at most ${most.light_s} s`}>
          {lightS} s
        </Fact>
        <Fact name="Asked for by">{by}</Fact>
      </dl>
      <progress max={most.light_s} value={lightS} aria-label="Light used" />
      <div class="buttons">
        <Act late disabled={!mayTune} act={() => order('find-stop').then(setReply)}>
          Stop search
        </Act>
      </div>
      <p class="hint">Heat and light then go back to what they were before.</p>
      <Said reply={reply} />
    </Card>
  );
}

function Outcome({ find, mayTune }: Running): JSX.Element {
  const [reply, setReply] = useState<Reply | null>(null);
  const { found, in_force: isInForce, why, trials, light_s: lightS, for_s: forS } = find;
  const title = found ? `Found: ${patternText(found)}` : 'No pattern found';
  return (
    <Card title={title} tone={isInForce ? 'good' : 'warn'}>
      <p class="mode" aria-live="polite">
        {isInForce ? '✓ In force for this run' : found ? 'Not in force' : 'Heat and light are as before the search'}
      </p>
      <p>{why}</p>
      <dl class="facts">
        {found && (
          <>
            <Fact name="Holds with">{percent(found.holds, 0)}</Fact>
            <Fact name="Swing">{number(found.swing_k, 2, 'K')}</Fact>
            <Fact name="Duty">{percent(found.duty)}</Fact>
            <Fact name="Film once warm">{number(found.mean_c, 1, '°C')}</Fact>
          </>
        )}
        <Fact name="Trials">{trials.length}</Fact>
        <Fact name="Light">{lightS} s</Fact>
        <Fact name="In all">{clock(forS)}</Fact>
      </dl>
      {isInForce && (
        <>
          <Act late disabled={!mayTune} act={() => order('find-stop').then(setReply)}>
            Back to before the search
          </Act>
          <p class="hint">It is not kept as a setting: the next run begins as before.</p>
        </>
      )}
      <Said reply={reply} />
    </Card>
  );
}

const Trials = ({ trials }: { readonly trials: readonly FindTrial[] }): JSX.Element => (
  <Card title="Trials">
    <table>
      <thead>
        <tr>
          <th>#</th>
          <th>t / T, s</th>
          <th>Light</th>
          <th>Shown</th>
          <th>Outcome</th>
        </tr>
      </thead>
      <tbody>
        {trials.map((trial, i) => (
          <tr key={i}>
            <td>{i + 1}</td>
            <td>{shortText(trial)}</td>
            <td>{trial.light_s} s</td>
            <td>{trial.shown === null ? '–' : percent(Math.max(0, trial.shown), 2)}</td>
            <td>
              {OUTCOMES[trial.outcome].sign} {OUTCOMES[trial.outcome].word}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Card>
);
