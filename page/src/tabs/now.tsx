/** Is it still mixed, what is it doing, why did it stop. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ChartData } from '../../../src/params/chart.ts';
import type { PageState, Told } from '../../../src/params/page.ts';
import { order, type Reply } from '../api.ts';
import { ArmForm } from '../arm.tsx';
import { marksOf, TimeChart } from '../chart.tsx';
import { useChart } from '../chart-data.ts';
import { Act, Card, Fact, Said } from '../parts.tsx';
import type { ScreenProps } from '../screens.tsx';
import { VERDICT_LOOKS } from '../verdicts.ts';
import { age, clock, number, percent } from '../words.ts';

const SPANS = [
  ['1 min', 60],
  ['5 min', 300],
  ['30 min', 1800],
  ['2 h', 7200],
  ['24 h', 86_400],
] as const;

export function Now({ state, live, roles, about }: ScreenProps): JSX.Element {
  const [span, setSpan] = useState(300);
  const data = useChart(span, state.boot);
  const shift = state.speed === 1 && live.heardAt !== null ? live.heardAt / 1000 - state.mono_s : null;
  // Before the start of the controller the time of the bench is below nothing.
  const benchTime = (t: number): string => (t < 0 ? `−${clock(-t)}` : clock(t));
  const label = (t: number): string => (shift === null ? benchTime(t) : clockTime(t + shift, span > 1800));
  return (
    <div class="now">
      <div class="column">
        <VerdictCard state={state} />
        {state.trip && <TripCard state={state} trip={state.trip} roles={roles} />}
        {!state.trip && <StateCard state={state} roles={roles} recipes={about.recipes} />}
        <Warnings state={state} />
        <Numbers state={state} meanC={data && meanOf(data)} />
      </div>
      <Card
        title={state.speed === 1 ? 'Measurements' : `Measurements, × ${state.speed}`}
        aside={
          <fieldset class="spans">
            <legend class="hidden">Time shown</legend>
            {SPANS.map(([name, seconds]) => (
              <button key={name} type="button" aria-pressed={span === seconds} onClick={() => setSpan(seconds)}>
                {name}
              </button>
            ))}
          </fieldset>
        }
      >
        {data ? (
          <TimeChart data={data} spanS={span} marks={marksOf(live.events)} label={label} />
        ) : (
          <p class="wait">Reading the history…</p>
        )}
      </Card>
    </div>
  );
}

/** Time of day of s since 1970, without seconds where they do not matter. */
const clockTime = (wallS: number, isCoarse: boolean): string =>
  new Date(1000 * wallS).toLocaleTimeString(undefined, {
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    ...(isCoarse ? {} : { second: '2-digit' }),
  });

function VerdictCard({ state: { verdict, cause } }: { readonly state: PageState }): JSX.Element {
  const { tone, sign } = VERDICT_LOOKS[verdict.name];
  return (
    <section class={`card verdict tone-${tone}`} aria-live="polite">
      <h2>
        <span aria-hidden="true">{sign}</span> {verdict.label}
        <small> for {age(verdict.for_s)}</small>
      </h2>
      <p>{verdict.why}</p>
      {verdict.segregated !== null && verdict.error !== null && (
        <p class="share">
          Estimated from the light: {percent(Math.max(0, verdict.segregated), 2)} ± {percent(verdict.error, 2)}{' '}
          segregated
        </p>
      )}
      {cause.name !== 'none' && (
        <p>
          Cause: {cause.label.toLowerCase()} ({percent(cause.confidence, 0)}). <a href="#why">Why</a>
        </p>
      )}
    </section>
  );
}

function TripCard({
  state,
  trip,
  roles,
}: {
  readonly state: PageState;
  readonly trip: NonNullable<PageState['trip']>;
  readonly roles: readonly string[];
}): JSX.Element {
  const [reply, setReply] = useState<Reply | null>(null);
  const { next } = state;
  return (
    <Card title={`✖ Trip ${trip.trip}: ${trip.label}`} tone="bad" aside={<code>{trip.code}</code>}>
      <Explained told={trip} />
      <p>{next.text}</p>
      {next.command === 'acknowledge' && (
        <Act
          kind="main"
          disabled={next.in_s > 0 || !roles.includes('run')}
          act={() => order('acknowledge', { trip: trip.trip }).then(setReply)}
        >
          {next.label}
          {next.in_s > 0 && ` (in ${next.in_s} s)`}
        </Act>
      )}
      <Said reply={reply} />
    </Card>
  );
}

function StateCard({
  state,
  roles,
  recipes,
}: {
  readonly state: PageState;
  readonly roles: readonly string[];
  readonly recipes: readonly string[];
}): JSX.Element {
  const { next, progress, run } = state;
  return (
    <Card
      title={`${state.state.label}: ${state.state.sentence}`}
      tone={state.state.name === 'armed' ? 'good' : undefined}
    >
      <p class="mode">
        {run.recipe} · {state.mode}
        {progress.note !== null && ` · ${progress.note}`}
      </p>
      {state.state.running && (
        <p>
          {run.time_s !== null && `Running for ${clock(run.time_s)}`}
          {progress.of > 0 && ` · step ${progress.step} of ${progress.of}`}
          {progress.left_s !== null && ` · ${clock(progress.left_s)} left`}
        </p>
      )}
      {state.ended_by !== null && <p>{state.ended_by}</p>}
      {next.command === 'arm' ? <Arm {...{ state, roles, recipes }} /> : <p class="hint">{next.text}</p>}
    </Card>
  );
}

function Arm({
  state,
  roles,
  recipes,
}: {
  readonly state: PageState;
  readonly roles: readonly string[];
  readonly recipes: readonly string[];
}): JSX.Element {
  const [recipe, setRecipe] = useState(state.run.recipe);
  return (
    <div class="arm">
      <p>{state.next.text}</p>
      <div class="fields">
        <label>
          Recipe
          <select value={recipe} onChange={(event) => setRecipe(event.currentTarget.value)}>
            {[...new Set([state.run.recipe, ...recipes])].map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <ArmForm state={state} roles={roles} recipe={recipe} />
    </div>
  );
}

const Explained = ({ told }: { readonly told: Told }): JSX.Element => (
  <dl class="explained">
    <Fact name="What">{told.sentence}</Fact>
    {told.cause !== null && <Fact name="Usual cause">{told.cause}</Fact>}
    {told.remedy !== null && <Fact name="Remedy">{told.remedy}</Fact>}
  </dl>
);

function Warnings({ state }: { readonly state: PageState }): JSX.Element | null {
  const disk =
    state.disk === null ? [] : [{ name: 'disk', code: 'disk', label: 'Record', sentence: state.disk, remedy: null }];
  const all = [
    ...state.faults.filter(({ name }) => name !== state.trip?.name),
    ...state.alarms,
    ...(state.link ? [state.link] : []),
    ...disk,
  ];
  if (all.length === 0) return null;
  return (
    <Card title="Warnings" tone="warn">
      <ul class="warnings">
        {all.map(({ name, code, label, sentence, remedy }) => (
          <li key={name}>
            <strong>
              <span aria-hidden="true">⚠ </span>
              {code} {label}
            </strong>{' '}
            {sentence} {remedy}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Mean film temperature of the last minute that the chart has, °C. */
function meanOf({ columns, t, mean }: ChartData): number | null {
  const values = mean[columns.indexOf('film_c')] ?? [];
  const from = (t.at(-1) ?? 0) - 60;
  const recent = values.filter((value, i): value is number => value !== null && (t[i] ?? 0) >= from);
  return recent.length === 0 ? null : recent.reduce((sum, value) => sum + value, 0) / recent.length;
}

function Numbers({ state, meanC }: { readonly state: PageState; readonly meanC: number | null }): JSX.Element {
  const m = state.measured;
  const quality = (name: string): string | undefined =>
    m[name] === 'ok' || m[name] === null ? undefined : String(m[name]);
  const swing = `expected ${number(m['swing_expected_k'], 2, 'K')}`;
  return (
    <Card title="Values">
      <dl class="facts">
        <Fact name="Film" note={`± ${number(m['film_error_c'], 2, 'K')}`}>
          {number(m['film_c'], 2, '°C')}
        </Fact>
        <Fact name="Film, mean of a minute">{number(meanC, 2, '°C')}</Fact>
        <Fact name="Thermocouple" note={quality('tc_quality')}>
          {number(m['tc_c'], 2, '°C')}
        </Fact>
        <Fact name="Infrared" note={quality('ir_quality')}>
          {number(m['ir_c'], 2, '°C')}
        </Fact>
        <Fact name="Swing" note={typeof m['swing_k'] === 'number' ? swing : undefined}>
          {number(m['swing_k'], 2, 'K')}
        </Fact>
        <Fact name="Duty" note={`permitted ${percent(m['permitted'])}`}>
          {percent(m['desired'])}
        </Fact>
        <Fact name="Cycles">{typeof m['cycles'] === 'number' ? m['cycles'] : '–'}</Fact>
        <Fact name="Current">{number(m['heater_a'], 3, 'A')}</Fact>
        <Fact name="Supply" note={quality('power_quality')}>
          {number(m['supply_v'], 2, 'V')}
        </Fact>
        <Fact name="Light" note={quality('pl_quality')}>
          {percent(m['light'], 0)}
        </Fact>
        <Fact name="Reach" note={state.saturated ? 'the heat is at its limit' : undefined}>
          {state.reach ? number(state.reach.now_c, 1, '°C') : '–'}
        </Fact>
        <Fact name="Clock" note={state.wall_s === null ? 'times are those of this browser' : undefined}>
          {state.wall_s === null ? 'not set' : 'set'}
        </Fact>
        <Fact name="Link" note={state.link?.label}>
          {state.link ? state.link.code : 'works'}
        </Fact>
        <Fact name="Disk">{state.disk === null ? 'works' : '⚠ see above'}</Fact>
      </dl>
      <p class="hint path">Record {state.record}</p>
    </Card>
  );
}
