/** The state of the controller as the page shows it: a projection of the snapshot, the tuning and the tables. */
import { settingsOf, type Tuning } from '../../desk/tuning.ts';
import { ALARMS, alarmRow, endLine } from '../../params/alarms.ts';
import { causeRow, PART_NAMES, PARTS } from '../../params/cause.ts';
import { COMMANDS, mayArmVia } from '../../params/commands.ts';
import { FAULTS, type FaultName } from '../../params/faults.ts';
import { COMPILED } from '../../params/limits.ts';
import type { LinkTrouble } from '../../params/link-trouble.ts';
import { modeWords } from '../../params/mode-words.ts';
import type { NextStep, PageState, Told } from '../../params/page.ts';
import { searchHindrance } from '../../params/search.ts';
import { SETTING_KEYS, type Settings, settingRow } from '../../params/settings.ts';
import { atLeast, remedyOf } from '../../params/severity.ts';
import { runTimeS, type Snapshot } from '../../params/snapshot.ts';
import { isRunning, STATES } from '../../params/states.ts';
import { liveValues } from '../../params/telemetry.ts';
import { verdictRow, verdictText, verdictWhy } from '../../params/verdict.ts';
import { type Instant, inSeconds, secondsOf, since } from '../../units.ts';

/** What the snapshot does not know. */
export interface StateBeside {
  readonly boot: string;
  readonly seq: number;
  readonly wallS: number | null;
  readonly speed: number;
  readonly device: string;
  readonly nonce: string;
  readonly link: LinkTrouble | null;
  readonly disk: string | null;
  readonly record: string;
  readonly find: PageState['find'];
}

/** @param before the snapshot that means are taken since */
export function pageState(snapshot: Snapshot, before: Snapshot, tuning: Tuning, beside: StateBeside): PageState {
  const { kernel, faults, alarms, endedBy, sight, gate, progress, reach, at } = snapshot;
  const { base } = tuning;
  const forS = (then: Instant): number => Math.round(10 * inSeconds(since(at, then))) / 10;
  const { boot, seq, wallS, speed, device, nonce, disk, record, find } = beside;
  return {
    ...{ boot, seq, speed, device, nonce, disk, record, find },
    mono_s: secondsOf(at),
    wall_s: wallS,
    simulated: snapshot.simulated,
    rev: tuning.rev,
    may: {
      arm: mayArmVia('page', base['remote.arm'] === 'remote', snapshot),
      tune: base['remote.tune'] === 'remote',
    },
    trial: tuning.trial && {
      rev: tuning.trial.rev,
      by: tuning.trial.by,
      patch: tuning.trial.patch,
      left_s: Math.max(0, Math.round(inSeconds(since(tuning.trial.until, at)))),
    },
    values: tunable(settingsOf(tuning)),
    state: {
      name: kernel.name,
      label: STATES[kernel.name].label,
      sentence: STATES[kernel.name].sentence,
      running: isRunning(kernel.name),
    },
    state_for_s: forS(kernel.since),
    trip: kernel.latch && {
      ...faultTold(kernel.latch.fault, true),
      trip: kernel.latch.trip,
      kind: kernel.latch.kind,
    },
    next: nextStep(snapshot),
    faults: faults.map((name) => faultTold(name, false)),
    alarms: alarms.map((name) => ({
      code: name,
      name,
      label: ALARMS[name].title,
      sentence: `${alarmRow(name).words(snapshot.settings)}.`,
      cause: null,
      remedy: null,
      action: 'alarm',
    })),
    ended_by: endedBy && endLine(endedBy),
    ordered: snapshot.ordered,
    mode: modeWords(snapshot),
    heater_on: gate.high,
    run: { number: snapshot.run, recipe: snapshot.recipe, time_s: runTimeS(snapshot), finished: snapshot.finished },
    progress: {
      step: progress.number,
      of: progress.of,
      left_s: progress.leftS,
      note: progress.step?.note ?? null,
    },
    verdict: {
      name: sight.verdict,
      label: verdictRow(sight.verdict).label,
      why: verdictWhy(sight),
      text: verdictText(sight),
      for_s: forS(sight.since),
      alarming: verdictRow(sight.verdict).alarming,
      segregated: sight.segregated,
      error: sight.error,
      anchored: sight.anchored,
    },
    cause: causeOf(snapshot),
    find_hindrance: searchHindrance(snapshot),
    reach: reach && { now_c: reach.nowC, end_c: reach.endC },
    saturated: snapshot.saturation !== null,
    measured: liveValues(snapshot, before),
    link: linkTold(beside.link),
  };
}

const faultTold = (name: FaultName, latched: boolean): Told => {
  const { code, label, sentence, cause, action } = FAULTS[name];
  return { code, name, label, sentence, cause, remedy: remedyOf(name, latched), action };
};

const linkTold = (trouble: LinkTrouble | null): Told | null =>
  trouble && {
    code: trouble.code,
    name: 'mqtt',
    label: 'MQTT does not work',
    sentence: trouble.sentence,
    cause: null,
    remedy: trouble.remedy,
    action: 'warn',
  };

const TUNABLE = SETTING_KEYS.filter((key) => ['live', 'idle'].includes(settingRow(key).applies));
const tunable = (settings: Settings): PageState['values'] =>
  Object.fromEntries(TUNABLE.map((key) => [key, settings[key]]));

function causeOf({ sight: { cause }, at }: Snapshot): PageState['cause'] {
  const { label, sentence, tell } = causeRow(cause.name);
  const { parts } = cause;
  return {
    ...{ name: cause.name, label, sentence, tell },
    confidence: cause.confidence,
    for_s: Math.round(inSeconds(since(at, cause.since))),
    parts: parts && PART_NAMES.map((part) => ({ part, label: PARTS[part], percent: parts[part] })),
  };
}

/** What follows from the state, so that nobody has to look it up. */
function nextStep({ kernel, faults, driven, ordered, drained, at }: Snapshot): NextStep {
  const { latch } = kernel;
  if (latch?.kind === 'lockout')
    return {
      command: null,
      label: COMMANDS.reset.label,
      text: 'At the bench only: press r in the terminal there.',
      in_s: 0,
    };
  if (latch) {
    const waits = Math.max(0, Math.ceil(COMPILED.acknowledgeS - inSeconds(since(at, kernel.since))));
    const text =
      kernel.calmSince === null
        ? `The fault is still present: ${faults.map((name) => FAULTS[name].label).join(', ')}.`
        : drained
          ? 'Cure the cause first; acknowledging does not arm.'
          : 'The heat budget drains; then the trip can be acknowledged.';
    return { command: 'acknowledge', label: `Acknowledge trip ${latch.trip}`, text, in_s: waits };
  }
  if (driven)
    return {
      command: 'stop',
      label: COMMANDS.stop.label,
      text: 'Stop switches the heater off at once; the run can be started again.',
      in_s: 0,
    };
  const hinders = atLeast(faults, 'inhibit').map((name) => `${FAULTS[name].code} ${FAULTS[name].label}`);
  if (ordered) {
    const text = hinders.length > 0 ? `Waits for: ${hinders.join(', ')}.` : 'Waits for some healthy seconds.';
    return { command: 'stop', label: 'Drop the order', text, in_s: 0 };
  }
  const text =
    hinders.length > 0
      ? `Nothing can be armed: ${hinders.join(', ')}.`
      : 'The proof test comes first, then the recipe.';
  return { command: 'arm', label: COMMANDS.arm.label, text, in_s: 0 };
}
