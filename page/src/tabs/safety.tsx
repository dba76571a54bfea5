/** The safety kernel: its state, the ways out of it, the limits, and every fault that it knows. */
import type { JSX } from 'preact';
import { Card, Fact } from '../parts.tsx';
import type { ScreenProps } from '../screens.tsx';
import { age } from '../words.ts';

export function Safety({ state, about }: ScreenProps): JSX.Element {
  const present = new Set([...state.faults.map(({ name }) => name), ...(state.trip ? [state.trip.name] : [])]);
  const limits = about.settings.filter(({ key }) => key.startsWith('limits.') || key.startsWith('gate.'));
  return (
    <div class="safety">
      <div class="column">
        <Card title="States" aside={<small>for {age(state.state_for_s)}</small>}>
          <ol class="states">
            {about.states.map((row) => (
              <li
                key={row.name}
                class={row.name === state.state.name ? 'current' : ''}
                aria-current={row.name === state.state.name ? 'true' : undefined}
              >
                <strong>{row.name}</strong> {row.sentence}
                {row.name === state.state.name && (
                  <ul>
                    {row.leaves.map(({ to, when }) => (
                      <li key={to}>
                        → {to}: {when}
                      </li>
                    ))}
                  </ul>
                )}
              </li>
            ))}
          </ol>
        </Card>
        <Card title="Limits of this bench">
          <p class="hint">They come from the local file; nothing here can change them.</p>
          <dl class="facts">
            {limits.map((row) => (
              <Fact key={row.key} name={row.label} note={row.key}>
                {String(about.bench[row.key])} {row.kind === 'number' && row.unit !== '1' && row.unit}
              </Fact>
            ))}
          </dl>
        </Card>
      </div>
      <Card title="Faults">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls must be reached by keyboard */}
        <section class="scroll" tabIndex={0} aria-label="Faults">
          <table>
            <thead>
              <tr>
                <th>Code</th>
                <th>Now</th>
                <th>Action</th>
                <th>What</th>
                <th>Remedy</th>
              </tr>
            </thead>
            <tbody>
              {about.faults.map(({ name, code, action, label, sentence, remedy }) => (
                <tr key={name} class={present.has(name) ? 'present' : ''}>
                  <td>{code}</td>
                  <td>{present.has(name) ? '⚠ present' : ''}</td>
                  <td>{action}</td>
                  <td>
                    <strong>{label}</strong> {sentence}
                  </td>
                  <td>{remedy}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </Card>
    </div>
  );
}
