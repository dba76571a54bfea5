/** Recipes: listed, edited, checked, played on the simulated bench with a picture, kept. Starting one is the screen Now’s. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DryRunView, ListedRecipe } from '../../../src/params/page-records.ts';
import type { Problem } from '../../../src/params/problem.ts';
import { isGood, LONG_MS, look, post, type Reply } from '../api.ts';
import { ArmForm } from '../arm.tsx';
import { Act, Card, Fact, Said, useLook } from '../parts.tsx';
import type { ScreenProps } from '../screens.tsx';
import { clock, number, percent } from '../words.ts';

const NEW =
  '{\n  "title": "A recipe of my own",\n  "steps": [\n    { "light": 1, "mode": "pulse", "onS": 0.5, "periodS": 5, "forS": 600 }\n  ]\n}';

export function Recipes({ state, roles }: ScreenProps): JSX.Element {
  const list = useLook<{ readonly recipes: readonly ListedRecipe[] }>('/recipes');
  const [name, setName] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [isOwn, setOwn] = useState(true);
  const [kept, setKept] = useState<string | null>(null);
  const open = async (one: string): Promise<void> => {
    const got = await look<{ readonly recipe: unknown; readonly own: boolean }>(`/recipes/${one}`);
    if (!('data' in got)) return;
    setName(one);
    setOwn(got.data.own);
    const text = JSON.stringify(got.data.recipe, null, 2);
    setText(text);
    setKept(text);
  };
  return (
    <div class="set">
      <Card
        title="Recipes"
        aside={
          <button
            type="button"
            onClick={() => {
              setName('my-recipe');
              setOwn(true);
              setText(NEW);
              setKept(null);
            }}
          >
            New
          </button>
        }
      >
        {list.failed && <Said reply={list.failed} />}
        <ul class="list">
          {list.data?.recipes.map((one) => (
            <li key={one.name}>
              <button type="button" aria-pressed={name === one.name} onClick={() => void open(one.name)}>
                <strong>{one.name}</strong> {one.own && <span class="badge">own</span>}
                <small>
                  {one.problem ?? one.title}
                  {one.longest_s !== null && ` · ${clock(one.longest_s)}`}
                </small>
              </button>
            </li>
          ))}
        </ul>
      </Card>
      {name === null ? (
        <p class="wait">Choose a recipe, or make a new one.</p>
      ) : (
        <Editor
          key={name}
          {...{ name, text, setText, isOwn, roles, state, kept }}
          changed={(newName) => {
            list.reload();
            if (newName !== null) void open(newName);
          }}
        />
      )}
    </div>
  );
}

interface EditorProps extends Pick<ScreenProps, 'roles' | 'state'> {
  readonly name: string;
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly isOwn: boolean;
  /** The text as it is kept under this name; null = it is not. */
  readonly kept: string | null;
  /** It was kept under a name, or dropped. */
  readonly changed: (name: string | null) => void;
}

function Editor({ name: first, text, setText, isOwn, roles, state, kept, changed }: EditorProps): JSX.Element {
  const [name, setName] = useState(isOwn ? first : `my-${first}`);
  const [reply, setReply] = useState<Reply | null>(null);
  const [problems, setProblems] = useState<readonly Problem[] | null>(null);
  const [run, setRun] = useState<DryRunView | null>(null);
  const [playing, setPlaying] = useState(false);
  const recipe = parsed(text);
  const with_ = async (path: string, take: (data: unknown) => void): Promise<void> => {
    if ('error' in recipe) {
      setReply({ code: 0, text: recipe.error });
      return;
    }
    const answer = await post(path, { recipe: recipe.value }, LONG_MS);
    if (isGood(answer) && answer.data !== undefined) take(answer.data);
    else setReply(answer);
  };
  const check = (): Promise<void> => {
    setReply(null);
    return with_('/recipes/check', (data) => setProblems((data as { problems: Problem[] }).problems));
  };
  const dry = async (): Promise<void> => {
    setReply(null);
    setRun(null);
    setPlaying(true);
    await with_('/recipes/dry-run', (data) => setRun(data as DryRunView));
    setPlaying(false);
  };
  const keep = async (): Promise<void> => {
    if ('error' in recipe) return;
    const answer = await post(`/recipes/${encodeURIComponent(name)}/keep`, { recipe: recipe.value });
    setReply(answer);
    if (isGood(answer)) changed(name);
  };
  return (
    <div class="column">
      <Card title={first} aside={!isOwn && <small>came with remixd; kept under another name</small>}>
        <label for="recipe-text">Recipe as JSON</label>
        <textarea
          id="recipe-text"
          rows={16}
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        {'error' in recipe && <p class="said bad">✕ {recipe.error}</p>}
        <div class="buttons">
          <Act act={check}>Check</Act>
          <Act kind="main" act={dry}>
            Dry run
          </Act>
        </div>
        {playing && <p class="wait">Playing it on the simulated bench…</p>}
        {problems && <Problems all={problems} />}
        <div class="fields">
          <label>
            Name
            <input value={name} onInput={(event) => setName(event.currentTarget.value)} spellcheck={false} />
          </label>
        </div>
        <div class="buttons">
          <Act act={keep} disabled={!roles.includes('tune') || 'error' in recipe || name.trim() === ''}>
            Keep
          </Act>
          {isOwn && (
            <Act
              disabled={!roles.includes('tune')}
              act={() =>
                post(`/recipes/${encodeURIComponent(first)}/drop`, {}).then((answer) => {
                  setReply(answer);
                  changed(null);
                })
              }
            >
              Drop
            </Act>
          )}
        </div>
        <Said reply={reply} />
        <h3>Start</h3>
        <ArmForm
          state={state}
          roles={roles}
          recipe={first}
          label={`Arm ${first}`}
          hindrance={text === kept ? null : 'Keep it first: what is started is the recipe as it is kept.'}
        />
      </Card>
      {run && <DryRunCard run={run} />}
    </div>
  );
}

const parsed = (text: string): { readonly value: unknown } | { readonly error: string } => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { error: `This is not JSON: ${(error as Error).message}` };
  }
};

const Problems = ({ all }: { readonly all: readonly Problem[] }): JSX.Element =>
  all.length === 0 ? (
    <p class="said good">✓ Nothing is wrong with it.</p>
  ) : (
    <ul class="said bad">
      {all.map(({ path, got, allowed, remedy }) => (
        <li key={path}>
          <code>{path}</code> is {got}; allowed: {allowed}. {remedy}
        </li>
      ))}
    </ul>
  );

const DryRunCard = ({ run }: { readonly run: DryRunView }): JSX.Element => (
  <Card
    title={`${run.ok ? '✓ It comes to its end' : '✕ It does not come to its end'} · SIMULATED`}
    tone={run.ok ? 'good' : 'bad'}
  >
    {!run.armed && <p>The bench did not arm. {run.refused}</p>}
    {run.trips.length > 0 && <p>Trips: {run.trips.map(({ code, name }) => `${code} ${name}`).join(', ')}</p>}
    <dl class="facts">
      <Fact name="Time">{clock(run.seconds)}</Fact>
      <Fact name="Highest temperature">{number(run.peakC, 2, '°C')}</Fact>
      <Fact name="Pulses">{run.cycles}</Fact>
      <Fact name="Energy">{number(run.energyJ, 1, 'J')}</Fact>
      <Fact name="Segregated at the end" note="the twin’s truth">
        {percent(run.segregated.final, 2)}
      </Fact>
      <Fact name="Segregated at most" note="the twin’s truth">
        {percent(run.segregated.peak, 2)}
      </Fact>
    </dl>
    <img
      class="picture"
      alt="Temperature and heater over the dry run"
      src={`data:image/svg+xml,${encodeURIComponent(run.picture)}`}
    />
  </Card>
);
