/** Who changed what, and what happened: every event that the page was told of. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { PageEvent } from '../../../src/params/page.ts';
import { Card, useLook } from '../parts.tsx';
import type { ScreenProps } from '../screens.tsx';
import { clock, dateText } from '../words.ts';

const KINDS = {
  people: { label: 'Who changed what', kinds: ['command', 'refused', 'tuning'] },
  trips: { label: 'States, trips, faults', kinds: ['state', 'fault', 'clear', 'alarm', 'alarm-off'] },
  film: { label: 'Film', kinds: ['verdict', 'cause'] },
  all: { label: 'Everything', kinds: null },
} as const;
type Kind = keyof typeof KINDS;
const MOST_SHOWN = 300;

export function Audit({ live, state }: ScreenProps): JSX.Element {
  const [kind, setKind] = useState<Kind>('people');
  const wanted: readonly string[] | null = KINDS[kind].kinds;
  const before = useLook<{ readonly past: readonly PageEvent[]; readonly events: readonly PageEvent[] }>('/events');
  const first = live.events[0]?.seq ?? Number.POSITIVE_INFINITY;
  const earlier = [...(before.data?.past ?? []), ...(before.data?.events ?? []).filter(({ seq }) => seq < first)];
  const events = [...earlier, ...live.events].filter((event) => wanted === null || wanted.includes(event.kind));
  const shown = events.slice(-MOST_SHOWN).reverse();
  return (
    <Card
      title="Events"
      aside={
        <fieldset class="spans">
          <legend class="hidden">Which events</legend>
          {Object.entries(KINDS).map(([key, { label }]) => (
            <button key={key} type="button" aria-pressed={key === kind} onClick={() => setKind(key as Kind)}>
              {label}
            </button>
          ))}
        </fieldset>
      }
    >
      {live.missed > 0 && (
        <p class="hint">
          {live.missed} events came while this page was away and are not kept here; the record has them.
        </p>
      )}
      {shown.length === 0 ? (
        <p class="hint">None in the last hour.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reached by keyboard
        <section class="scroll" tabIndex={0} aria-label="Events">
          <table>
            <thead>
              <tr>
                <th>Time</th>
                <th>Kind</th>
                <th>Code</th>
                <th>What</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((event) => (
                <tr key={`${state.boot} ${event.seq}`} class={`kind-${event.kind}`}>
                  <td>{event.wall_s === null ? clock(event.mono_s) : dateText(event.wall_s)}</td>
                  <td>{event.kind}</td>
                  <td>{event.code}</td>
                  <td>{event.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}
