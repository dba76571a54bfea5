/** Why the light does what it does: the cause, its parts, and what would tell more. */
import type { JSX } from 'preact';
import { Card, Fact } from '../parts.tsx';
import type { ScreenProps } from '../screens.tsx';
import { age, percent } from '../words.ts';

export function Why({ state: { cause, verdict }, about }: ScreenProps): JSX.Element {
  const most = Math.max(1, ...(cause.parts ?? []).map(({ percent: p }) => Math.abs(p)));
  return (
    <div class="column">
      <Card
        title={`${cause.label} · ${percent(cause.confidence, 0)} sure`}
        aside={<small>for {age(cause.for_s)}</small>}
      >
        <p>{cause.sentence}</p>
        <p>
          <strong>What would tell more:</strong> {cause.tell}
        </p>
        <h3>What the change of the light is made of, % of the mixed band</h3>
        {cause.parts === null ? (
          <p class="hint">There is no level to compare with yet: the mixed level of this film has not been verified.</p>
        ) : (
          <ul class="parts">
            {cause.parts.map(({ part, label, percent: p }) => (
              <li key={part}>
                <span>{label}</span>
                <svg viewBox="-50 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect x={p < 0 ? (50 * p) / most : 0} width={(50 * Math.abs(p)) / most} height="8" />
                  <line x1="0" x2="0" y1="0" y2="8" />
                </svg>
                <span class="value">
                  {p < 0 ? '−' : '+'}
                  {Math.abs(p).toFixed(1)} %
                </span>
              </li>
            ))}
          </ul>
        )}
        <dl class="facts">
          <Fact name="Verdict">{verdict.label}</Fact>
          <Fact name="Mixed level">{verdict.anchored ? 'verified in this run' : 'not verified yet'}</Fact>
        </dl>
      </Card>
      <details class="card">
        <summary>
          <h2>All causes that can be named</h2>
        </summary>
        <dl class="explained">
          {about.causes.map(({ name, label, sentence, tell }) => (
            <Fact key={name} name={label} note={tell}>
              {sentence}
            </Fact>
          ))}
        </dl>
      </details>
    </div>
  );
}
