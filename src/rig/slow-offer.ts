/** What a run learnt of the slow pole becomes an offer in the state folder; the calibration in force stays as it is. */

import { CALIBRATED_KEYS, calibrationIn, type Identified } from '../config/calibration.ts';
import { bettered, readOffer, slowWords, writeOffer } from '../config/calibration-offer.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type Learnt, SlowWatch } from './slow-watch.ts';

export interface SlowOffersParts {
  readonly loaded: Pick<LoadedConfig, 'settings' | 'calibration'>;
  /** ISO 8601 in UTC. */
  readonly wallUtc: () => string;
  readonly note: (kind: 'note' | 'trouble', text: string) => void;
  /** Number of the present run. */
  readonly run: () => number;
}

/** Null where no commissioned calibration is in force as it was written: there is nothing to better. */
export function openSlowOffers(parts: SlowOffersParts): SlowOffers | null {
  const { settings, calibration: id } = parts.loaded;
  const base = id === null ? null : calibrationIn(settings['runtime.stateDir']);
  if (base === null || base.id !== id) return null;
  if (CALIBRATED_KEYS.some((key) => settings[key] !== base.calibration.settings[key])) return null;
  return new SlowOffers(base, parts);
}

export class SlowOffers {
  readonly watch: SlowWatch;
  /** Relative error of the time constant in the offer that there is. */
  private offered = Number.POSITIVE_INFINITY;
  private toldRun = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly base: Identified,
    private readonly parts: SlowOffersParts,
  ) {
    const { settings } = parts.loaded;
    this.watch = new SlowWatch(base.calibration, settings, (learnt) => this.heard(learnt));
    const pending = readOffer(settings);
    if (pending === null || 'problems' in pending) return;
    const { settings: found, errors } = pending.offer.calibration;
    this.offered = (errors['heater.slowTauS'] ?? Number.POSITIVE_INFINITY) / found['heater.slowTauS'];
  }

  /** After each control tick. */
  tick(): void {
    this.watch.tick();
  }

  /** The program ends with the heater off; resolves when the last offer is kept. */
  async end(): Promise<void> {
    this.watch.finish();
    await this.writing;
  }

  private heard(learnt: Learnt): void {
    const { base, parts } = this;
    if (learnt.kind === 'unfit') {
      parts.note('note', `the slow part of the heating cannot be learnt: ${learnt.why}`);
      return;
    }
    const { found } = learnt;
    if (found.slowTauError >= this.offered) return;
    this.offered = found.slowTauError;
    const offer = bettered(base, found, parts.wallUtc());
    const kept = this.writing.then(() => writeOffer(parts.loaded.settings['runtime.stateDir'], offer));
    const run = parts.run();
    const text = `the slow part of the heating was learnt: time constant ${slowWords(offer)} instead of ${slowWords(base.calibration)}; remixd commission --accept-offer puts it in force`;
    this.writing = kept.then(
      () => {
        if (run === this.toldRun) return;
        this.toldRun = run;
        parts.note('note', text);
      },
      (error: unknown) => {
        this.offered = Number.POSITIVE_INFINITY;
        parts.note('trouble', `the offer of a better calibration could not be written: ${(error as Error).message}`);
      },
    );
  }
}
