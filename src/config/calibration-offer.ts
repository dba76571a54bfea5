/**
 * A calibration that a run has bettered, offered and not in force: a file beside the calibration, in the same format, with
 * the id of the calibration that it betters. Only a person puts it in force (`remixd commission --accept-offer`). An offer
 * for a calibration that is no longer in force is stale.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFileSoon } from '../files/replace-file.ts';
import { isObject } from '../params/json.ts';
import type { Problem } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import {
  CALIBRATED_KEYS,
  type CalibratedKey,
  type Calibration,
  calibrationIn,
  checkedValues,
  type Identified,
  identified,
  readIdentified,
  type Words,
} from './calibration.ts';

/** A slow pole that was learnt, with relative standard errors. */
export interface Learnt {
  readonly slowTauS: number;
  readonly slowTauError: number;
  /** Steady rise of both poles, K/W. */
  readonly gainKPerW: number;
  readonly gainError: number;
}

/** What a run may better; the fast pole and the sensors stay as they were commissioned. */
export const LEARNT_KEYS: readonly CalibratedKey[] = ['heater.gainKPerW', 'heater.fastShare', 'heater.slowTauS'];
/** The slow pole is slower than the fast one by at least this factor. */
const SLOWER = 5;

export const offerPath = (stateDir: string): string => join(stateDir, 'calibration-offer.json');

const OFFER: Words = {
  code: 'OFFER',
  writer: 'remixd run',
  damaged: 'Delete the file. The next run of 20 minutes or more makes a new offer.',
};

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** The calibration in force with another slow pole; its fast pole keeps its gain. */
export function bettered({ id, calibration }: Identified, learnt: Learnt, wallTime: string): Calibration {
  const { settings, errors, intervals, measured, bench } = calibration;
  const { slowTauS, slowTauError, gainKPerW, gainError } = learnt;
  const interval = (value: number, relative: number): [number, number] => [
    rounded(value * Math.exp(-1.96 * relative), 4),
    rounded(value * Math.exp(1.96 * relative), 4),
  ];
  const fastKPerW = settings['heater.gainKPerW'] * settings['heater.fastShare'];
  return {
    format: 1,
    wallTime,
    basedOn: id,
    bench,
    settings: {
      ...settings,
      'heater.gainKPerW': rounded(gainKPerW, 4),
      'heater.fastShare': rounded(fastKPerW / gainKPerW, 3),
      'heater.slowTauS': Math.round(slowTauS),
    },
    errors: {
      ...errors,
      'heater.gainKPerW': rounded(gainKPerW * gainError, 4),
      'heater.slowTauS': rounded(slowTauS * slowTauError, 4),
    },
    intervals: {
      ...intervals,
      'heater.gainKPerW': interval(gainKPerW, gainError),
      'heater.slowTauS': interval(slowTauS, slowTauError),
    },
    measured,
  };
}

/** Writes the offer; resolves when it would survive a power cut, rejects with a file error. One call at a time. */
export const writeOffer = (stateDir: string, offer: Calibration): Promise<void> =>
  replaceFileSoon(offerPath(stateDir), identified(offer).text, 0o644);

export const removeOffer = (stateDir: string): void => rmSync(offerPath(stateDir), { force: true });

/** An offer that may be accepted, and what it betters. */
export interface Offer {
  readonly offer: Identified;
  readonly base: Identified;
}

/**
 * The offer in the state folder of `settings`; null where there is none. Problems: OFFER_UNREADABLE, OFFER_DAMAGED,
 * OFFER_STALE (another calibration is in force), OFFER_IMPLAUSIBLE, CALIBRATION_FOREIGN, or a value outside its range.
 */
export function readOffer(settings: Settings): Offer | { readonly problems: readonly Problem[] } | null {
  const stateDir = settings['runtime.stateDir'];
  const path = offerPath(stateDir);
  const offer = readIdentified(path, OFFER);
  if (offer === null) return null;
  if ('problem' in offer) return { problems: [offer.problem] };
  const base = calibrationIn(stateDir);
  const { basedOn } = offer.calibration;
  if (base === null || basedOn !== base.id) {
    const got = `an offer for the calibration ${basedOn ?? '(none)'}`;
    const allowed = base === null ? 'none, for no calibration is in force' : `one for ${base.id}, which is in force`;
    const remedy = 'Delete the file: the bench was commissioned since. The next run of 20 minutes or more learns anew.';
    return { problems: [{ code: 'OFFER_STALE', path, got, allowed, remedy }] };
  }
  const { problems } = checkedValues(offer.calibration, path, settings);
  const all = [...problems, ...implausible(offer.calibration, base.calibration, path)];
  return all.length > 0 ? { problems: all } : { offer, base };
}

/** What a run cannot have learnt. */
function implausible(offer: Calibration, base: Calibration, path: string): Problem[] {
  const said = (got: string, allowed: string): Problem => ({
    code: 'OFFER_IMPLAUSIBLE',
    path,
    got,
    allowed,
    remedy: OFFER.damaged,
  });
  const problems: Problem[] = [];
  if (!isObject(offer.errors) || !isObject(offer.measured))
    problems.push(said('no errors', 'errors of what was learnt'));
  const { settings: to } = offer;
  const other = CALIBRATED_KEYS.filter((key) => !LEARNT_KEYS.includes(key) && to[key] !== base.settings[key]);
  if (other.length > 0)
    problems.push(said(`other values of ${other.join(', ')}`, `changes of ${LEARNT_KEYS.join(', ')}`));
  if (!(to['heater.slowTauS'] >= SLOWER * to['heater.fastTauS'])) {
    const least = `at least ${SLOWER} times heater.fastTauS (${to['heater.fastTauS']} s)`;
    problems.push(said(`heater.slowTauS ${to['heater.slowTauS']} s`, least));
  }
  return problems;
}

/** `412 ± 12 s`: the slow time constant of a calibration with its standard error. */
export function slowWords({ settings, errors }: Calibration): string {
  const error = errors['heater.slowTauS'];
  const found = settings['heater.slowTauS'];
  return error === undefined ? `${found} s` : `${found} ± ${Math.max(1, Math.round(error))} s`;
}
