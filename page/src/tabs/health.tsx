/** What an examination of the computer and the bench finds, each with its remedy. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Finding, Level } from '../../../src/doctor/finding.ts';
import { isGood, LONG_MS, question, type Reply } from '../api.ts';
import { Act, Card, Said } from '../parts.tsx';
import type { ScreenProps } from '../screens.tsx';

const SIGNS: Readonly<Record<Level, string>> = { fail: '✕', warn: '⚠', ok: '✓', skip: '–' };
/** What matters most comes first. */
const ORDER = Object.keys(SIGNS) as Level[];

export function Health({ state, about }: ScreenProps): JSX.Element {
  const [reply, setReply] = useState<Reply | null>(null);
  const found = (reply?.data as { readonly findings?: readonly Finding[] } | undefined)?.findings ?? [];
  return (
    <div class="column">
      <Card
        title="Examination"
        aside={
          <Act kind="main" act={() => question('doctor', {}, LONG_MS).then(setReply)}>
            Examine
          </Act>
        }
      >
        <p>
          {about.model} {about.version} on {state.device}. The examination drives nothing and asks no sensor; it takes
          some seconds.
        </p>
        {reply && !isGood(reply) && <Said reply={reply} />}
        {ORDER.map((level) => {
          const own = found.filter((one) => one.level === level);
          if (own.length === 0) return null;
          return (
            <ul key={level} class={`findings ${level}`}>
              {own.map((one) => (
                <li key={one.id}>
                  <strong>
                    <span aria-hidden="true">{SIGNS[level]}</span> <span class="hidden">{level}: </span>
                    {one.title}
                  </strong>
                  <p>{one.text}</p>
                  {one.remedy && <p class="hint">{one.remedy}</p>}
                </li>
              ))}
            </ul>
          );
        })}
      </Card>
    </div>
  );
}
