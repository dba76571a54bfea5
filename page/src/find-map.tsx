/** The map of a search: for each pulse pattern how likely it is to hold, by shade and by figure, with the trials marked by shape. */
import type { JSX } from 'preact';
import type { FindCell, FindPattern, FindTrial, FindView } from '../../src/params/page.ts';
import { percent } from './words.ts';

/** Sizes fit a narrow phone as they are; wider screens enlarge the picture. */
const CELL = { width: 32, height: 29 } as const;
const LEFT = 34;
const TOP = 30;
/** The darkest shade still lets the letters be read. */
const DARKEST = 0.5;

export const OUTCOMES: Readonly<Record<FindTrial['outcome'], { readonly sign: string; readonly word: string }>> = {
  mixed: { sign: '○', word: 'stays mixed' },
  segregated: { sign: '●', word: 'segregates' },
  unsure: { sign: '◌', word: 'too noisy to tell' },
  unseen: { sign: '◌', word: 'not seen' },
};

export const isSame = (a: FindPattern, b: FindPattern | null): boolean =>
  b !== null && a.on_s === b.on_s && a.period_s === b.period_s;
export const patternText = ({ on_s: on, period_s: period }: FindPattern): string => `${on} s every ${period} s`;
/** The same where there is little room, below a heading that says t / T, s. */
export const shortText = ({ on_s: on, period_s: period }: FindPattern): string => `${on}\u00a0/\u00a0${period}`;
/** Nothing is certain. */
const inPercent = (holds: number): number => Math.min(99, Math.round(100 * holds));
const keyOf = ({ on_s: on, period_s: period }: FindPattern): string => `${on}/${period}`;
const inOrder = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

export function PatternMap({ find }: { readonly find: FindView }): JSX.Element {
  const { map, trials, cell, found } = find;
  const widths = inOrder(map.map(({ on_s: on }) => on));
  const periods = inOrder(map.map(({ period_s: period }) => period));
  const x = (it: FindPattern): number => LEFT + periods.indexOf(it.period_s) * CELL.width;
  const y = (it: FindPattern): number => TOP + widths.indexOf(it.on_s) * CELL.height;
  const likely = map.filter(({ holds }) => holds >= 0.5).length;
  const words = `${map.length} patterns; ${likely} of them hold more likely than not. The table below has the likeliest.`;
  const framed = (kind: string, it: FindPattern | null): JSX.Element | null =>
    it && <rect class={kind} x={x(it) + 1} y={y(it) + 1} width={CELL.width - 2} height={CELL.height - 2} />;
  return (
    <svg
      class="map"
      viewBox={`0 0 ${LEFT + periods.length * CELL.width + 1} ${TOP + widths.length * CELL.height + 1}`}
      role="img"
      aria-label={words}
    >
      <text class="fine" x={LEFT + (periods.length * CELL.width) / 2} y="9">
        period T, s
      </text>
      <text class="fine" x={LEFT / 2} y="24">
        pulse t, s
      </text>
      {periods.map((period, i) => (
        <text key={period} x={LEFT + (i + 0.5) * CELL.width} y={TOP - 6}>
          {period}
        </text>
      ))}
      {widths.map((on, i) => (
        <text key={on} x={LEFT / 2} y={TOP + (i + 0.62) * CELL.height}>
          {on}
        </text>
      ))}
      {map.map((it) => (
        <CellShape key={keyOf(it)} it={it} x={x(it)} y={y(it)} />
      ))}
      {framed('found', found)}
      {framed('present', isSame(find.found ?? NONE, cell) ? null : cell)}
      {trials.map((trial, i) => (
        // A pattern that is tried twice has two marks beside each other.
        <circle
          key={i}
          class={`mark ${trial.outcome}`}
          cx={x(trial) + 5.5 + 8 * trials.slice(0, i).filter((one) => isSame(one, trial)).length}
          cy={y(trial) + 5.5}
          r="3.2"
        />
      ))}
    </svg>
  );
}
const NONE: FindPattern = { on_s: 0, period_s: 0 };

const CellShape = ({ it, x, y }: { readonly it: FindCell; readonly x: number; readonly y: number }): JSX.Element => (
  <g>
    <title>{`${patternText(it)}: holds with ${inPercent(it.holds)} %, ${shareText(it)} segregated at the cold end`}</title>
    <rect class="cell" x={x} y={y} width={CELL.width} height={CELL.height} fill-opacity={DARKEST * it.holds} />
    <text x={x + CELL.width / 2} y={y + 17}>
      {inPercent(it.holds)}
    </text>
    <text class="fine" x={x + CELL.width / 2} y={y + 26}>
      ±{it.error.toFixed(1)}
    </text>
  </g>
);

/** The share that is expected, and the factor that it may be wrong by. */
const shareText = ({ log10, error }: FindCell): string => `${percent(10 ** log10, 2)} ×÷ ${(10 ** error).toFixed(1)}`;

export const Legend = (): JSX.Element => (
  <>
    <p class="hint">
      Each cell: probability to hold in %, the stronger the shade the likelier; below it the standard error of the
      expected share, in powers of ten. Each pattern is judged with its substrate warm.
    </p>
    <ul class="legend">
      <Sign shape="mixed">tried, stays mixed</Sign>
      <Sign shape="segregated">tried, segregates</Sign>
      <Sign shape="unsure">tried, not known</Sign>
      <Frame kind="present">tried now</Frame>
      <Frame kind="found">found</Frame>
    </ul>
  </>
);
const Sign = ({ shape, children }: { readonly shape: string; readonly children: string }): JSX.Element => (
  <li>
    <svg width="12" height="12" viewBox="0 0 9 9" aria-hidden="true">
      <circle class={`mark ${shape}`} cx="4.5" cy="4.5" r="3.4" />
    </svg>{' '}
    {children}
  </li>
);
const Frame = ({ kind, children }: { readonly kind: string; readonly children: string }): JSX.Element => (
  <li>
    <svg class="frame" width="16" height="14" viewBox="0 0 16 14" aria-hidden="true">
      <rect class={kind} x="2" y="2" width="12" height="10" />
    </svg>{' '}
    {children}
  </li>
);

const MOST_ROWS = 8;

/** The patterns that hold most likely, for those who do not see the map. */
export const Likeliest = ({ find }: { readonly find: FindView }): JSX.Element => (
  <table>
    <caption class="hidden">The likeliest patterns</caption>
    <thead>
      <tr>
        <th>t / T, s</th>
        <th>Holds</th>
        <th>Expected share</th>
        <th>Tried</th>
      </tr>
    </thead>
    <tbody>
      {[...find.map]
        .sort((a, b) => b.holds - a.holds)
        .slice(0, MOST_ROWS)
        .map((it) => {
          const trial = find.trials.findLast((one) => isSame(one, it));
          return (
            <tr key={keyOf(it)}>
              <th scope="row">{shortText(it)}</th>
              <td>{inPercent(it.holds)} %</td>
              <td>{shareText(it)}</td>
              <td>{trial ? `${OUTCOMES[trial.outcome].sign} ${OUTCOMES[trial.outcome].word}` : '–'}</td>
            </tr>
          );
        })}
    </tbody>
  </table>
);
