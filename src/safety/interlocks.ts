/**
 * Detecting: from this tick’s readings to the faults that are present now. No decision is made here; the kernel makes
 * it. Deterministic: the same readings at the same instants always give the same faults.
 */
import type {
  HalError,
  InfraredSample,
  PhotodiodeSample,
  PowerSample,
  Reading,
  ThermocoupleSample,
} from '../hal/ports.ts';
import type { Estimate } from '../model/observer.ts';
import type { FaultName } from '../params/faults.ts';
import { COMPILED } from '../params/limits.ts';
import type { Settings } from '../params/settings.ts';
import { type Instant, millis, type Ratio, SECOND, seconds, since } from '../units.ts';
import { Electrical } from './electrical.ts';
import type { GateAccount } from './gate-keeper.ts';
import { PUMP_OPEN_US } from './kernel.ts';
import { Thermal } from './thermal.ts';
import { Lasting, SensorWatch } from './watch.ts';

/** Readings of this tick; null where none was due. */
export interface Readings {
  readonly thermocouple: Reading<ThermocoupleSample> | null;
  readonly infrared: Reading<InfraredSample> | null;
  readonly power: Reading<PowerSample> | null;
  readonly photodiodes: Reading<PhotodiodeSample> | null;
}

export interface InterlockInput {
  readonly readings: Readings;
  readonly estopClosed: boolean;
  readonly lidClosed: boolean;
  readonly gate: GateAccount;
  readonly driven: boolean;
  /** The proof test holds the gate low with ENABLE closed. */
  readonly gateTested: boolean;
  /** Whether the pump is fed, and since when it has been fed or left alone without a break. */
  readonly pumpFed: boolean;
  readonly pumpSince: Instant;
  readonly constant: boolean;
  /** Period of the heat in force, s; null = none. */
  readonly periodS: number | null;
  readonly duty: Ratio;
  readonly light: Ratio;
  readonly journalFailing: boolean;
  /** The newest durable record is not on disk yet. */
  readonly latchUnsaved: boolean;
  /** The heat budget has drained far enough for a new run (I8); control is being held back by it. */
  readonly drained: boolean;
  readonly heldBack: boolean;
  /** Control asked for something outside the compiled bounds at the last tick. */
  readonly unsound: boolean;
}

const PUMP_CLOSED_US = millis(100);
/** Reference photodiode below this with the light on: there is no light. */
const DARK_V = 0.05;

export class Interlocks {
  readonly thermocouple: SensorWatch<ThermocoupleSample>;
  readonly infrared: SensorWatch<InfraredSample>;
  readonly power: SensorWatch<PowerSample>;
  readonly photodiodes: SensorWatch<PhotodiodeSample>;
  readonly electrical: Electrical;
  private readonly thermal: Thermal;
  private readonly saturated = new Lasting();
  private readonly dark = new Lasting();
  private readonly journal = new Lasting();

  constructor(
    private readonly s: Settings,
    now: Instant,
  ) {
    const age = millis(s['limits.sampleAgeMs']);
    this.thermocouple = new SensorWatch(age, now);
    this.infrared = new SensorWatch(age, now);
    this.power = new SensorWatch(age, now);
    this.photodiodes = new SensorWatch(seconds(2), now);
    this.electrical = new Electrical(s);
    this.thermal = new Thermal(s);
  }

  /** What the film does by both sensors and the heat; null until a sensor was read. */
  get film(): Estimate | null {
    return this.thermal.observer.estimate();
  }

  /** All faults present now, the nearest cause first. */
  step(input: InterlockInput, now: Instant): readonly FaultName[] {
    const faults: FaultName[] = [];
    const { readings, gate, driven } = input;
    this.thermocouple.take(readings.thermocouple, now);
    this.infrared.take(readings.infrared, now);
    this.power.take(readings.power, now);
    this.photodiodes.take(readings.photodiodes, now);

    if (!input.estopClosed) faults.push('estop');
    if (!input.lidClosed) faults.push('lid');
    this.gate(input, faults);

    const fed = since(now, input.pumpSince);
    const path = {
      gate,
      enabled: input.pumpFed && fed >= PUMP_CLOSED_US,
      disabled: !input.pumpFed && fed >= PUMP_OPEN_US,
      constant: input.constant,
      driven,
      gateTested: input.gateTested,
    };
    const fresh = readings.power !== null && this.power.value !== null;
    this.electrical.step(fresh ? this.power.value : null, this.power.at, path, now, faults);
    this.sensors(now, faults);
    const { thermocouple, infrared } = this;
    const { constant, duty, periodS } = input;
    const watts = this.electrical.conductingW;
    this.thermal.step({ thermocouple, infrared, driven, constant, duty, watts, periodS }, now, faults);
    this.endPoint(faults);
    this.optics(input, now, faults);
    if (this.journal.check(input.journalFailing, now, seconds(COMPILED.journalS))) faults.push('journal-failing');
    if (input.unsound) faults.push('run-order');
    if (input.latchUnsaved) faults.push('latch-unwritable');
    if (driven ? input.heldBack : !input.drained) faults.push('heat-budget');
    return faults;
  }

  private gate({ gate, driven }: InterlockInput, faults: FaultName[]): void {
    if (gate.closed || gate.unanswered >= COMPILED.unanswered) faults.push('gate-lost');
    if (gate.overrun) faults.push('gate-overrun');
    if (gate.limitsDiffer) faults.push('gate-limits');
    if (!driven) return;
    if (gate.refused !== null) faults.push('gate-refused');
    if (gate.leaseExpired) faults.push('lease-expired');
  }

  private sensors(now: Instant, faults: FaultName[]): void {
    if (this.thermocouple.unreadable(now)) faults.push(thermocoupleFault(this.thermocouple.why));
    else if (this.thermocouple.stale(now)) faults.push('tc-stale');
    if (this.power.unreadable(now) || this.power.stale(now)) faults.push('power-unreadable');
    if (this.infrared.unreadable(now)) faults.push('ir-unreadable');
    else if (this.infrared.stale(now)) faults.push('ir-stale');
  }

  /** I25 and I8: where constant heating, and heating with the largest mean duty, would end with the supply as measured. */
  private endPoint(faults: FaultName[]): void {
    const volts = this.power.value?.volts;
    const { roomC } = this.thermal;
    if (volts === undefined || roomC === null) return;
    const { s } = this;
    const fullK = ((volts * volts) / s['heater.resistanceOhm']) * s['heater.gainKPerW'];
    if (roomC + fullK > s['limits.endPointC']) faults.push('end-point');
    const dutyMax = s['gate.dutyMax'];
    if (dutyMax <= COMPILED.plainDuty) return;
    const tooWarm = roomC + dutyMax * fullK > s['limits.tripC'] - COMPILED.endMarginK;
    if (tooWarm || !s['heater.commissioned']) faults.push('duty-end-point');
  }

  /** I21: an unusable PL signal never stops the schedule. */
  private optics({ light }: InterlockInput, now: Instant, faults: FaultName[]): void {
    const sample = this.photodiodes.value;
    const top = sample ? Math.max(sample.green, sample.red, sample.broadband, sample.reference) : 0;
    if (this.saturated.check(sample !== null && top > COMPILED.saturatedShare * sample.full, now, SECOND)) {
      faults.push('pl-saturated');
    }
    if (this.dark.check(light > 0.05 && sample !== null && sample.reference < DARK_V, now, SECOND)) {
      faults.push('pl-dark');
    }
    if (this.photodiodes.stale(now)) faults.push('pl-unreadable');
  }
}

/** Names the fault of a thermocouple that cannot be read, from the reason of its last bad reading. */
export function thermocoupleFault(why: HalError | null): FaultName {
  if (why?.kind === 'sensorfault') {
    if (why.detail === 'open') return 'tc-open';
    if (why.detail === 'shortGnd') return 'tc-short-gnd';
    if (why.detail === 'shortVcc') return 'tc-short-vcc';
    return 'tc-implausible';
  }
  if (why?.kind === 'implausible') return why.detail === 'cold-junction' ? 'tc-implausible' : 'tc-frame';
  return 'tc-stale';
}
