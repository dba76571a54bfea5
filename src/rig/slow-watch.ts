/**
 * Learns the slow pole from the runs of a commissioned bench. It only looks on: it reads snapshots, and what it finds is
 * offered, never put in force.
 *
 * A record begins at an arming with the bench at rest, and goes on through later runs and rests of the same program, whose
 * heat is known. It is fitted when a run ends, and every 20 minutes.
 */
import type { Calibration } from '../config/calibration.ts';
import { SlowFit, type SlowPole, type SlowPrior } from '../model/slow-pole.ts';
import { SlowRecord } from '../model/slow-record.ts';
import { fullPowerW } from '../params/heater.ts';
import { chipOf } from '../params/sensors.ts';
import type { Settings } from '../params/settings.ts';
import type { Snapshot } from '../params/snapshot.ts';
import type { Subscriber } from '../params/subscriber.ts';
import { inSeconds, minus, since } from '../units.ts';

/** A shorter record is not fitted, and a longer one not more often than this, s. */
export const SLOW_EVERY_S = 1200;
/** A run that ends is fitted if it has brought so much that is new, s. */
const SLOW_NEW_S = 60;
/** Sensors may be in doubt for so long, s. */
const DOUBT_S = 30;
/** At rest the film differs from the room by no more than at commissioning, and this, K. */
const REST_K = 0.2;
/** Memory of that difference, and how much of it there must be, readings. */
const REST_READINGS = 40;
const REST_LEAST = 15;
/** Better: the error of the time constant is at most this share of the calibration’s, and that of the gain no larger. */
const WORTH = 0.5;

/** Why nothing can be learnt in a run. */
type Unfit = 'not at rest' | 'sensor' | 'changed';
const WHY: Readonly<Record<Unfit, string>> = {
  'not at rest': 'the bench was not known to be at rest when heating began: let it cool for ten minutes before a run',
  sensor: 'a sensor does not show what it showed at commissioning: check thermocouple and infrared thermometer',
  changed: 'the bench does not warm as it did at commissioning: look for what has changed, and commission it again',
};

/** A result that is this many standard errors from the calibration belongs to another bench. */
const MOST_ERRORS = 3;

/** What a run taught: a slow pole that is known clearly better than by the calibration, or why nothing can be learnt. */
export type Learnt =
  | { readonly kind: 'better'; readonly found: SlowPole; readonly before: SlowPrior }
  | { readonly kind: 'unfit'; readonly why: string };

/** Relative standard error of a positive value by its 95 % interval; `otherwise` where the calibration states none. */
function relative({ intervals }: Calibration, key: string, otherwise: number): number {
  const interval = intervals?.[key];
  return interval ? Math.log(interval[1] / interval[0]) / 3.92 : otherwise;
}

/** Errors of a calibration that states none: those of a quick commissioning. */
const SLOW_TAU_ERROR = 0.6;
const GAIN_ERROR = 0.15;
const FAST_ERROR = 0.03;
const SCALE_ERROR = 0.0176;
const EMISSIVITY_ERROR = 0.03;

/** What a calibration says of the slow pole and around it. */
export function slowPrior(calibration: Calibration, plant: Settings): SlowPrior {
  const { settings } = calibration;
  const gain = settings['heater.gainKPerW'];
  const scaleError = relative(calibration, 'sensors.thermocoupleContact', SCALE_ERROR);
  const beyondScale = (key: string, otherwise: number, least: number): number =>
    Math.sqrt(Math.max(least ** 2, relative(calibration, key, otherwise) ** 2 - scaleError ** 2));
  return {
    fastTauS: settings['heater.fastTauS'],
    thermocoupleLagS: settings['sensors.thermocoupleLagS'],
    infraredLagS: settings['sensors.infraredLagS'],
    fastKPerW: gain * settings['heater.fastShare'],
    fastError: beyondScale('heater.fastKPerW', FAST_ERROR, 0.01),
    slowKPerW: gain * (1 - settings['heater.fastShare']),
    slowTauS: settings['heater.slowTauS'],
    slowTauError: relative(calibration, 'heater.slowTauS', SLOW_TAU_ERROR),
    contact: settings['sensors.thermocoupleContact'],
    thermocoupleStepK: chipOf(plant, 'thermocouple').stepK,
    infraredStepK: chipOf(plant, 'infrared').stepK,
    // An emissivity is cut at 1 where contact and spot would ask for more.
    infraredError: beyondScale('sensors.infraredEmissivity', EMISSIVITY_ERROR, 0.02),
    scaleError,
  };
}

export class SlowWatch implements Subscriber {
  private record: SlowRecord | null = null;
  private fit: SlowFit | null = null;
  /** Why there is no record. */
  private unfit: Unfit = 'not at rest';
  private readonly prior: SlowPrior;
  private readonly gainError: number;
  private readonly restK: number;
  private readonly fullW: number;
  private before: Snapshot | null = null;
  /** A run has ended since the last fit. */
  private ended = false;
  private fittedS = 0;
  /** Length of this run, and how long a sensor has been in doubt, s. */
  private drivenS = 0;
  private doubtS = 0;
  private toldRun = 0;
  /** Sensors above the room without heat, K, and over how many readings. */
  private restTcK = 0;
  private restIrK = 0;
  private restCount = 0;

  /** @param told called for each finding, outside of the controller’s tick */
  constructor(
    calibration: Calibration,
    settings: Settings,
    private readonly told: (learnt: Learnt) => void,
  ) {
    const { measured } = calibration;
    this.prior = slowPrior(calibration, settings);
    this.gainError = relative(calibration, 'heater.gainKPerW', GAIN_ERROR);
    const restC = (measured['restC'] ?? Number.NaN) + calibration.settings['sensors.thermocoupleOffsetK'];
    this.restK = restC - (measured['ambientC'] ?? Number.NaN);
    // What is in series with the heater takes part of the measured power and warms nothing, as in `Readings.heat`.
    const ohm = measured['coldOhm'] ?? measured['heaterOhm'] ?? settings['heater.resistanceOhm'];
    this.fullW = (fullPowerW(settings) * settings['heater.resistanceOhm']) / ohm;
  }

  snapshot(now: Snapshot): void {
    const { before } = this;
    this.before = now;
    if (before === null) return;
    if (now.driven && !before.driven) this.begin();
    if (!now.driven && before.driven) this.ended = true;
    const dtS = inSeconds(since(now.at, before.at));
    if (now.driven) this.drivenS += dtS;
    const fresh = now.thermocouple.good !== before.thermocouple.good;
    if (!now.driven && fresh) this.rest(now);
    const { record } = this;
    if (record === null || dtS <= 0) return;
    // A reading is of the time that ends now, or a little older.
    if (now.thermocouple.value && fresh) record.see('thermocouple', now.thermocouple.value.celsius);
    if (now.infrared.value && now.infrared.good !== before.infrared.good) {
      record.see('infrared', now.infrared.value.objectC);
      record.see('ambient', now.infrared.value.ambientC);
    }
    const onS = inSeconds(minus(now.gate.heatedUs, before.gate.heatedUs));
    if (now.film?.contactChanged || now.film?.spotChanged) this.doubtS += dtS;
    // A gate that counts anew does not say what was heated before.
    if (onS < 0) this.forget('not at rest');
    else if (this.doubtS > DOUBT_S) this.forget('sensor');
    else record.step(dtS, (this.fullW * (now.film?.power ?? 1) * onS) / dtS);
  }

  /** A slice of what there is to compute; between two ticks of the controller, because it takes as long as a short one. */
  tick(): void {
    const { record, fit } = this;
    if (fit) {
      if (fit.step()) this.conclude(fit);
      return;
    }
    if (record === null) {
      // Only of a run that would have been long enough.
      if (this.drivenS >= SLOW_EVERY_S) this.tellUnfit(this.unfit);
      return;
    }
    const newS = record.lengthS - this.fittedS;
    if (record.lengthS < SLOW_EVERY_S || newS < (this.ended ? SLOW_NEW_S : SLOW_EVERY_S)) return;
    this.ended = false;
    this.fittedS = record.lengthS;
    this.fit = new SlowFit(record, this.prior);
  }

  /** The program ends: what is left is computed at once. */
  finish(): void {
    this.ended = true;
    do this.tick();
    while (this.fit);
  }

  /** Heating begins. A bench that is known to be at rest begins a new record; else the one before goes on. */
  private begin(): void {
    this.drivenS = 0;
    const { restTcK, restIrK, restCount } = this;
    const excessK = (restTcK + restIrK) / 2 - this.restK;
    // What was at rest before this run says nothing of the rest before the next.
    this.restCount = 0;
    this.restTcK = 0;
    this.restIrK = 0;
    if (this.record === null) this.unfit = 'not at rest';
    // Also where the calibration does not say what there was at rest.
    if (restCount < REST_LEAST || !(Math.abs(excessK) <= REST_K)) return;
    this.record = new SlowRecord(this.prior, { thermocoupleK: restTcK, infraredK: restIrK });
    this.fittedS = 0;
    this.doubtS = 0;
    this.ended = false;
  }

  /** Readings without heat. */
  private rest({ thermocouple, infrared }: Snapshot): void {
    if (!thermocouple.value || !infrared.value) return;
    const { objectC, ambientC } = infrared.value;
    this.restCount = Math.min(this.restCount + 1, REST_READINGS);
    this.restTcK += (thermocouple.value.celsius - ambientC - this.restTcK) / this.restCount;
    this.restIrK += (objectC - ambientC - this.restIrK) / this.restCount;
  }

  private forget(why: Unfit): void {
    this.record = null;
    this.fit = null;
    this.unfit = why;
  }

  private conclude({ found }: SlowFit): void {
    this.fit = null;
    const { prior, gainError } = this;
    if (!found || !(found.slowTauError <= WORTH * prior.slowTauError && found.gainError <= gainError)) return;
    const apart = Math.abs(Math.log(found.slowTauS / prior.slowTauS));
    const gainApart = Math.abs(Math.log(found.gainKPerW / (prior.fastKPerW + prior.slowKPerW)));
    const isChanged =
      apart > MOST_ERRORS * Math.hypot(found.slowTauError, prior.slowTauError) ||
      gainApart > MOST_ERRORS * Math.hypot(found.gainError, gainError);
    if (isChanged) this.tellUnfit('changed');
    else this.told({ kind: 'better', found, before: prior });
  }

  /** Once a run. */
  private tellUnfit(why: Unfit): void {
    const run = this.before?.run ?? 0;
    if (run === this.toldRun) return;
    this.toldRun = run;
    this.told({ kind: 'unfit', why: WHY[why] });
  }
}
