/**
 * `remixd commission --accept-offer`: puts in force what a run has learnt of the slow pole. Nothing is measured and nothing
 * driven; the lock keeps it from happening beside a controller.
 */
import { type CalibratedKey, type Calibration, calibrationPath, writeCalibration } from '../config/calibration.ts';
import { LEARNT_KEYS, type Offer, offerPath, readOffer, removeOffer } from '../config/calibration-offer.ts';
import type { LoadedConfig } from '../config/load.ts';
import { lockFolder } from '../files/lock.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { confirmed, requireAnswer, say, usage } from './attended.ts';

export interface AcceptOptions {
  readonly loaded: LoadedConfig;
  /** The options given, of which some belong to a measurement. */
  readonly flags: { readonly reference?: number; readonly referenceHot?: number; readonly thorough?: boolean };
  /** Do not ask for confirmation. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** Returns the exit code: 0 when the offer is in force, 1 when the person declined. @throws ConfigError */
export async function acceptOffer({ loaded, flags, yes, json }: AcceptOptions): Promise<number> {
  const { reference, referenceHot, thorough } = flags;
  if (reference !== undefined || referenceHot !== undefined || thorough)
    throw usage(
      'commission',
      '--accept-offer',
      'with an option of a measurement',
      'Leave out --reference, --reference-hot and --thorough.',
    );
  requireAnswer('commission', yes);
  const stateDir = loaded.settings['runtime.stateDir'];
  const unlock = lockFolder(stateDir);
  try {
    const found = offered(loaded.settings);
    if (!json) process.stdout.write(`${comparison(found).join('\n')}\n`);
    if (!(await confirmed(yes))) {
      say('Nothing was changed; the offer stays.');
      return 1;
    }
    const { offer, base } = found;
    const id = writeCalibration(stateDir, offer.calibration);
    removeOffer(stateDir);
    const path = calibrationPath(stateDir);
    if (json) {
      const before = learntOf(base.calibration);
      process.stdout.write(`${JSON.stringify({ id, path, before, ...offer.calibration }, null, 1)}\n`);
    } else
      process.stdout.write(
        `Written to ${path}. remixd run uses it and records its id; the one before is kept as ${base.id}.json.\n`,
      );
    return 0;
  } finally {
    unlock();
  }
}

/** The offer. @throws ConfigError where there is none, or none that may be accepted */
function offered(settings: Settings): Offer {
  const found = readOffer(settings);
  if (found !== null && !('problems' in found)) return found;
  const missing = {
    code: 'OFFER_MISSING',
    path: offerPath(settings['runtime.stateDir']),
    got: 'no such file',
    allowed: 'an offer that a run has made',
    remedy:
      'Run a commissioned bench that has cooled for 20 minutes or more. A run offers nothing that is not clearly better.',
  };
  throw new ConfigError(found?.problems ?? [missing]);
}

interface Valued {
  readonly value: number;
  /** Standard error, where it is known. */
  readonly error?: number;
}

const learntOf = ({ settings, errors }: Calibration): Partial<Record<CalibratedKey, Valued>> =>
  Object.fromEntries(
    LEARNT_KEYS.map((key) => {
      const error = errors[key];
      return [key, error === undefined ? { value: settings[key] } : { value: settings[key], error }];
    }),
  );

/** Old and new with their standard errors. */
function comparison({ offer, base }: Offer): string[] {
  const [before, after] = [learntOf(base.calibration), learntOf(offer.calibration)];
  const text = (of: Valued | undefined): string =>
    of?.error === undefined ? String(of?.value) : `${of.value} ± ${of.error}`;
  return [
    `Offer ${offer.id} of ${offer.calibration.wallTime} for calibration ${base.id}   (old -> new, ± standard error)`,
    ...LEARNT_KEYS.map((key) => `  ${key.padEnd(20)}${text(before[key]).padStart(20)}  ->  ${text(after[key])}`),
  ];
}
