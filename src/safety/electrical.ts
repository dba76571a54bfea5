/** Electrical interlocks: I4 (envelope), I5 (current with the gate low), I6 (no current), I7 (longest conduction). */
import type { PowerSample } from '../hal/ports.ts';
import type { FaultName } from '../params/faults.ts';
import { COMPILED } from '../params/limits.ts';
import type { Settings } from '../params/settings.ts';
import { type Instant, instant, later, micros, millis, plus, seconds, since } from '../units.ts';
import { type GateAccount, lowSince } from './gate-keeper.ts';
import { Lasting, Often } from './watch.ts';

/** Settling time of the current after an edge. */
const SETTLE_ON = seconds(COMPILED.settleOnS);
/** After a falling edge current may still be seen this long, counted on the gate’s own clock. */
const SETTLE_OFF = seconds(COMPILED.settleOffS);
const SKEW_OFF = millis(45);
const NO_CURRENT_US = seconds(COMPILED.noCurrentS);
const SUPPLY_LOW_US = seconds(COMPILED.supplyLowS);
const SLACK_US = millis(100);
/** Below this share of the set current there is no current (I6); above it, but out of tolerance, the heater is wrong (I4). */
const ABSENT_SHARE = 0.5;

export interface PowerPath {
  readonly gate: GateAccount;
  /** ENABLE has been fed long enough to be closed. */
  readonly enabled: boolean;
  /** ENABLE has not been fed for long enough to be open. */
  readonly disabled: boolean;
  readonly constant: boolean;
  readonly driven: boolean;
  /** The proof test holds the gate low with ENABLE closed: no current at all may flow, whatever the gate says of itself. */
  readonly gateTested: boolean;
}

export class Electrical {
  /** How long the current has verifiably been absent. */
  quietUs = micros(0);
  /** The same with only the gate closed (so ENABLE is open), and with only ENABLE closed (so the gate is open). */
  enableOpenUs = micros(0);
  gateOpenUs = micros(0);
  /** A sample inside a pulse was inside the whole envelope. */
  proven = false;
  /** Heater power of this step’s sample, when it was taken inside a pulse and in range, W; else null. */
  conductingW: number | null = null;

  private quietSince: Instant | null = null;
  private testing: 'enable' | 'gate' | null = null;
  private testSince = instant(0);
  private leaking = 0;
  /** Single readings of current without an order. */
  private readonly leaks = new Often(COMPILED.leaks, seconds(COMPILED.leaksS));
  private welded = 0;
  private outside = 0;
  private overPower = 0;
  private supplyHigh = 0;
  private readonly supplyLow = new Lasting();
  private absentSince: Instant | null = null;
  private absentPulse: Instant | null = null;
  private absentPulses = 0;

  private readonly setA: number;
  private readonly nominalV: number;
  private readonly mostW: number;

  constructor(private readonly s: Settings) {
    this.setA = s['heater.currentA'];
    this.nominalV = this.setA * s['heater.resistanceOhm'];
    this.mostW = this.setA * this.nominalV * s['limits.powerFactor'];
  }

  /**
   * `sample` is this tick’s reading, or null. It is judged by what the gate did at its own instant `at`: on a real bus it
   * is a tick old, and current compared with a later command would trip every pulse.
   */
  step(sample: PowerSample | null, at: Instant, path: PowerPath, now: Instant, faults: FaultName[]): void {
    const { gate } = path;
    this.conductingW = null;
    if (gate.high && path.driven) {
      const longest = path.constant ? seconds(this.s['gate.constantS']) : millis(this.s['gate.longestOnMs']);
      if (since(now, gate.lastRiseUs) > plus(longest, SLACK_US)) faults.push('conduction-too-long');
    }
    if (!sample) {
      this.forgetQuiet();
      return;
    }
    const high = levelAt(gate, at);
    this.supply(sample, at, faults);
    this.quiet(sample, high, path, at);
    this.leak(sample, high, path, at, faults);
    if (high && path.enabled && since(at, gate.lastRiseUs) >= SETTLE_ON) this.conducting(sample, path, at, faults);
    else this.absentSince = null;
  }

  private forgetQuiet(): void {
    this.quietSince = null;
    this.quietUs = micros(0);
    this.testing = null;
    this.enableOpenUs = micros(0);
    this.gateOpenUs = micros(0);
  }

  private supply({ volts }: PowerSample, now: Instant, faults: FaultName[]): void {
    const tolerance = this.s['limits.supplyTolerance'];
    this.supplyHigh = volts > this.nominalV * (1 + tolerance) ? this.supplyHigh + 1 : 0;
    if (this.supplyHigh >= 2 || volts > this.nominalV * COMPILED.grossSupply) faults.push('supply-high');
    if (this.supplyLow.check(volts < this.nominalV * (1 - tolerance), now, SUPPLY_LOW_US)) faults.push('supply-low');
  }

  /** Absence of current, and what it proves: a switch that is commanded open while the other one is closed. */
  private quiet({ amps }: PowerSample, high: boolean, path: PowerPath, now: Instant): void {
    if (Math.abs(amps) > this.s['limits.leakA']) {
      this.forgetQuiet();
      return;
    }
    this.quietSince ??= now;
    this.quietUs = since(now, this.quietSince);
    const testing = high && path.disabled ? 'enable' : !high && path.enabled ? 'gate' : null;
    if (testing !== this.testing) this.testSince = now;
    this.testing = testing;
    this.enableOpenUs = testing === 'enable' ? since(now, this.testSince) : micros(0);
    this.gateOpenUs = testing === 'gate' ? since(now, this.testSince) : micros(0);
  }

  /**
   * Current without an order: two samples in a row, the second at least 100 ms after the gate went low; or single ones,
   * as a line that floats makes them, again and again.
   */
  private leak({ amps }: PowerSample, high: boolean, path: PowerPath, now: Instant, faults: FaultName[]): void {
    const flows = Math.abs(amps) > this.s['limits.leakA'];
    // By the gate’s own word, and at the latest when its orders say so: no edge that it reports puts this off.
    const lowFor = high ? micros(-1) : since(now, lowSince(path.gate));
    this.leaking = flows && lowFor >= SKEW_OFF ? this.leaking + 1 : 0;
    if (this.leaking === 1 && lowFor >= SETTLE_OFF) this.leaks.note(now);
    const lasts = this.leaking >= 2 && lowFor >= SETTLE_OFF;
    if (lasts || this.leaks.holds(now) || (flows && path.gateTested)) faults.push('leak-current');
    this.welded = flows && high && path.disabled ? this.welded + 1 : 0;
    if (this.welded >= 2) faults.push('enable-welded');
  }

  private conducting(sample: PowerSample, path: PowerPath, now: Instant, faults: FaultName[]): void {
    const { amps, volts, saturated } = sample;
    // At an end of its range the monitor says "at least that much", which is within no envelope, whatever it reads.
    const share = saturated ? Number.POSITIVE_INFINITY : amps / this.setA;
    const within = Math.abs(share - 1) <= this.s['limits.currentTolerance'];
    this.overPower = amps * volts > this.mostW ? this.overPower + 1 : 0;
    if (this.overPower >= 2) faults.push('over-power');

    if (share >= ABSENT_SHARE) {
      if (!saturated) this.conductingW = amps * volts;
      this.absentSince = null;
      this.absentPulses = 0;
    } else {
      this.absentSince ??= now;
      if (path.gate.lastRiseUs !== this.absentPulse) {
        this.absentPulse = path.gate.lastRiseUs;
        this.absentPulses += 1;
      }
    }
    const missing = this.absentSince !== null && since(now, this.absentSince) >= NO_CURRENT_US;
    if (missing || this.absentPulses >= COMPILED.noCurrentPulses) faults.push('no-current');

    this.outside = share >= ABSENT_SHARE && !within ? this.outside + 1 : 0;
    if (this.outside >= 2) faults.push('current-envelope');

    const supplied = Math.abs(volts / this.nominalV - 1) <= this.s['limits.supplyTolerance'];
    if (within && supplied && amps * volts <= this.mostW) this.proven = true;
  }
}

/** The gate’s level at an instant of the recent past, from its last two edges. */
function levelAt({ high, lastRiseUs, lastFallUs }: GateAccount, at: Instant): boolean {
  return at >= later(lastRiseUs, lastFallUs) ? high : !high;
}
