/** What a screen and a log say of a snapshot, in words. */
import { alarmLine, endLine } from '../../params/alarms.ts';
import { decimals } from '../../params/decimals.ts';
import { FAULTS, type FaultName } from '../../params/faults.ts';
import { COMPILED } from '../../params/limits.ts';
import type { LinkTrouble } from '../../params/link-trouble.ts';
import { modeWords } from '../../params/mode-words.ts';
import { patchText } from '../../params/patch.ts';
import { atLeast, remedyOf } from '../../params/severity.ts';
import { type PatternView, runTimeS, type Snapshot } from '../../params/snapshot.ts';
import { type Latch, type SafetyState, STATES } from '../../params/states.ts';
import { type Verdict, verdictRow } from '../../params/verdict.ts';
import type { Style } from './layout.ts';
import type { Recent } from './recent.ts';

export const number = (value: number | null | undefined, digits: number, unit: string): string =>
  value === null || value === undefined ? `-- ${unit}` : `${decimals(value, digits)} ${unit}`;
export const percent = (value: number, digits = 1): string => `${decimals(100 * value, digits)} %`;

/** hh:mm:ss of a number of seconds. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** The mode with the note of the step that plays. */
export function modeText(snapshot: Snapshot): string {
  const { kernel, progress } = snapshot;
  const isUnderWay = kernel.name === 'armed' || kernel.name === 'paused';
  return `${modeWords(snapshot)}${isUnderWay && progress.step?.note ? ` — ${progress.step.note}` : ''}`;
}

/** What an order to arm waits for; null when none waits. */
export function orderText({ ordered, kernel, faults }: Snapshot): string | null {
  if (!ordered || kernel.name !== 'safe') return null;
  // A warning hinders nothing.
  const hindering = atLeast(faults, 'inhibit').map((name) => `${FAULTS[name].code} ${FAULTS[name].label}`);
  const what = hindering.length > 0 ? `: ${hindering.join(', ')}` : '';
  return `waits to arm, for ${COMPILED.healthyS} s without a fault${what}`;
}

/** Why a run is paused, and when it goes on; null when it is not. */
export function pauseText({ kernel, faults }: Snapshot): string | null {
  if (kernel.name !== 'paused') return null;
  const missing = atLeast(faults, 'pause');
  if (missing.length === 0) return `all sensors are read again; the run goes on within ${COMPILED.resumeS} s`;
  const which = missing.map((name) => `${FAULTS[name].code} ${FAULTS[name].label}`).join(', ');
  return `${which}; goes on by itself, or trips after ${COMPILED.pauseS} s`;
}

/** Step n of m and the time left; empty for a recipe without an end. */
export const progressText = ({ progress: { number: step, of, leftS } }: Snapshot): string =>
  leftS === null ? '' : ` · step ${step} of ${of}, ${clockText(leftS)} left`;

export const stateText = (state: SafetyState): string => `${STATES[state].label.padEnd(10)}${STATES[state].sentence}`;

/** @param state name of the safety state */
export function stateStyle(state: string, isLatched: boolean): Style {
  if (isLatched) return ['bold', 'red'];
  if (state === 'paused') return ['bold', 'yellow'];
  return state === 'armed' ? ['bold', 'green'] : ['bold', 'cyan'];
}

export const verdictStyle = (verdict: Verdict): Style => {
  if (verdictRow(verdict).alarming) return ['bold', 'red'];
  if (verdict === 'MIXED') return 'green';
  return verdict === 'DARK' ? 'dim' : 'yellow';
};

/** Settings on trial, and how much of it is left, s. */
export const trialText = (patch: Readonly<Record<string, unknown>>, rev: number, by: string, leftS: number): string =>
  `${patchText(patch)} (revision ${rev} of ${by}, ${leftS} s left)`;

/** The lines that explain a fault: what, why, what to do. */
export function faultLines(name: FaultName): string[] {
  const { code, label, sentence, cause, remedy } = FAULTS[name];
  return [`${code} ${label}`, `what    ${sentence}`, `cause   ${cause}`, `remedy  ${remedy}`];
}

/** How a latch is left, once its cause is cured, by somebody who starts the program anew. */
export const wayOut = (latch: Latch): string => (latch.kind === 'lockout' ? '--reset' : `--acknowledge ${latch.trip}`);

export const dutyOf = (pattern: PatternView | null): number => (pattern ? pattern.onUs / pattern.periodUs : 0);

/** Duty over the minute that is shown, from what the gate achieved. */
export const achieved = (recent: Recent): string => {
  const duty = recent.achieved();
  return duty === null ? '--' : percent(duty);
};

/** What the alarms of the settings say, and why the run is over when one of them ended it. */
export const alarmLines = ({ alarms, endedBy, settings }: Snapshot): string[] => [
  ...alarms.map((name) => alarmLine(name, settings)),
  ...(endedBy ? [endLine(endedBy)] : []),
];

export interface Status {
  readonly snapshot: Snapshot;
  readonly recent: Recent;
  /** What does not work of the remote side; null while all is well. */
  readonly trouble: LinkTrouble | null;
}

/** One line for a log or a pipe. */
export function statusLine({ snapshot, recent, trouble }: Status): string {
  const { faults, kernel, thermocouple, infrared, photodiodes, gate } = snapshot;
  const { latch, name } = kernel;
  const cells = [
    snapshot.simulated ? 'SIMULATED' : 'hardware',
    clockText(runTimeS(snapshot) ?? 0),
    name.toUpperCase(),
    modeText(snapshot),
    `TC ${number(thermocouple.value?.celsius, 2, '°C')}`,
    `IR ${number(infrared.value?.objectC, 2, '°C')}`,
    `red ${number(photodiodes.value?.red, 3, 'V')}`,
    `green ${number(photodiodes.value?.green, 3, 'V')}`,
    `film ${snapshot.sight.verdict}`,
    `heater ${gate.high ? 'on' : 'off'}`,
    `duty ${achieved(recent)}`,
  ];
  if (latch) {
    const { code, sentence, remedy } = FAULTS[latch.fault];
    cells.push(`trip ${latch.trip} ${code}: ${sentence} Remedy: ${remedy} (${wayOut(latch)})`);
  } else {
    for (const fault of faults) cells.push(`${FAULTS[fault].code} ${FAULTS[fault].label}: ${remedyOf(fault, false)}`);
  }
  cells.push(...alarmLines(snapshot));
  const order = orderText(snapshot);
  if (order !== null) cells.push(order);
  if (trouble !== null) cells.push(`MQTT ${trouble.code}: ${trouble.sentence}`);
  return cells.join(' | ');
}
