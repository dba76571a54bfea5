/** The measurements on the live screen: what is read now, and lines of the last minutes. */
import { causeText } from '../../params/cause.ts';
import { hasSetpoint } from '../../params/modes.ts';
import type { Snapshot } from '../../params/snapshot.ts';
import { verdictText } from '../../params/verdict.ts';
import { inSeconds, since } from '../../units.ts';
import { LABEL, type Labelled, type Line, type Style } from './layout.ts';
import { chart, heaterChart, type Recent } from './recent.ts';
import { achieved, clockText, dutyOf, number, percent, verdictStyle } from './words.ts';

export interface Read {
  readonly snapshot: Snapshot;
  readonly recent: Recent;
  /** The simulation’s own knowledge; null on hardware. */
  readonly truth: { readonly segregated: number; readonly filmC: number } | null;
}

/** Measurements, what the heater does, and on the simulated bench what the twin knows. */
export function readings({ snapshot, recent, truth }: Read, on: Labelled): Line[] {
  const { thermocouple, infrared, sight } = snapshot;
  const columns = on.columns - LABEL;
  const share = recent.segregated.map((value) => (value === null ? null : 100 * value));
  return [
    ...on.lines(
      'temperature',
      `TC ${number(thermocouple.value?.celsius, 2, '°C')}   IR ${number(infrared.value?.objectC, 2, '°C')}`,
    ),
    ...filmLines(snapshot).flatMap(([label, text, style]) => on.lines(label, text, style)),
    ...on.chart('TC', chart(recent.filmC, { columns, span: 2, decimals: 2, unit: '°C' }), 'cyan', 2),
    ...on.lines('PL', lightText(snapshot)),
    ...on.chart('red', chart(recent.red, { columns, span: 0.2, decimals: 3, unit: 'V' }), 'magenta', 3),
    ...on.lines('verdict', verdictText(sight), verdictStyle(sight.verdict)),
    ...on.chart('segregated', chart(share, { columns, span: 0.5, decimals: 2, unit: '%' }), 'green', 4),
    ...on.lines('cause', causeText(sight.cause)),
    heaterLine(snapshot, on),
    ...on.chart('', heaterChart(recent.heater, columns), 'red', 1),
    ...on.lines('duty', dutyText(snapshot, recent)),
    ...(truth
      ? on.lines(
          'truth',
          `segregated ${percent(truth.segregated, 2)}   film ${truth.filmC.toFixed(2)} °C (the twin’s own)`,
        )
      : []),
  ];
}

function lightText({ photodiodes, light }: Snapshot): string {
  const { red, green } = photodiodes.value ?? { red: null, green: null };
  return `red ${number(red, 3, 'V')}   green ${number(green, 3, 'V')}   light ${percent(light, 0)}`;
}

/** What the gate says, in whatever state: a line that is high where it should not be must be seen here. */
function heaterLine({ gate, power }: Snapshot, on: Labelled): Line {
  const { amps, volts } = power.value ?? { amps: null, volts: null };
  const state = gate.high ? on.paint(['bold', 'red'], '● ON ') : '○ off';
  return on.line('heater', `${state}   ${number(amps, 3, 'A')}   ${number(volts, 2, 'V')}`);
}

const dutyText = ({ wanted, permitted }: Snapshot, recent: Recent): string =>
  `desired ${percent(dutyOf(wanted))}   permitted ${percent(dutyOf(permitted))}   achieved ${achieved(recent)}`;

/** The film by the observer, and a setpoint or swing that the heat does not reach. */
function filmLines({ film, reach, saturation, order, at }: Snapshot): [string, string, Style | null][] {
  if (!film) return [];
  const share = film.gain * film.power;
  const response = reach ? `   response × ${share.toFixed(2)}   reach ${reach.nowC.toFixed(1)} °C now` : '';
  const lines: [string, string, Style | null][] = [
    ['film', `${film.celsius.toFixed(2)} ± ${film.errorK.toFixed(2)} °C${response}`, null],
  ];
  if (film.pulse) {
    const { measuredK, errorK, expectedK } = film.pulse;
    lines.push(['swing', `${measuredK.toFixed(2)} ± ${errorK.toFixed(2)} K, expected ${expectedK.toFixed(2)} K`, null]);
  }
  if (film.contactChanged)
    lines.push(['', 'the thermocouple has lost contact; the infrared thermometer is followed', 'yellow']);
  if (film.spotChanged)
    lines.push(['', 'the infrared thermometer misses part of the rise; the thermocouple is followed', 'yellow']);
  if (saturation && hasSetpoint(order.mode)) {
    const { reachedInS } = saturation;
    const when = reachedInS === null ? 'never with this heat' : `in about ${clockText(reachedInS)}`;
    const sinceS = clockText(inSeconds(since(at, saturation.since)));
    lines.push(['saturated', `for ${sinceS}: the setpoint is within reach ${when}`, 'yellow']);
  } else if (saturation)
    lines.push(['saturated', 'the longest pulse does not swing the film by as much as is asked', 'yellow']);
  return lines;
}
