/** Thermal interlocks: I1 (too hot), I2 (implausible), I3 (rise rate), I10 (disagreement), I11 (response), I12. */
import type { InfraredSample, ThermocoupleSample } from '../hal/ports.ts';
import { Observer } from '../model/observer.ts';
import { Lag } from '../model/thermal.ts';
import type { FaultName } from '../params/faults.ts';
import { COMPILED } from '../params/limits.ts';
import type { Settings } from '../params/settings.ts';
import { type Celsius, type Instant, inSeconds, type Ratio, seconds, since } from '../units.ts';
import { LockIn, plantOf, Together } from './expectation.ts';
import { Lasting, type SensorWatch } from './watch.ts';

const COLD_JUNCTION_FAR_K = 15;
const RATE_SPAN = 3;
const FROZEN_SAMPLES = 30;
const FROZEN_EXPECTED_K = 0.8;
const FROZEN_STEPS = 3;

/** Per-sensor memory: counts of samples over the limit, the last few readings, and the lock-in. */
class Probe {
  private seen = 0;
  private over = 0;
  private rising = 0;
  private readonly last: { c: Celsius; at: Instant }[] = [];
  lockIn: LockIn;
  residual = new Lasting();
  /** Faults found in the newest reading; they hold until the next one. */
  verdict: FaultName[] = [];

  /** `stepK`: resolution of the sensor, K; `known`: whether the response was commissioned. */
  constructor(
    private readonly stepK: number,
    private readonly known: boolean,
  ) {
    this.lockIn = new LockIn(stepK, known);
  }

  /** Clears the state of the previous run. */
  restart(): void {
    this.lockIn = new LockIn(this.stepK, this.known);
    this.residual = new Lasting();
    this.over = 0;
    this.rising = 0;
    this.last.length = 0;
  }

  /** True once for each new good reading. */
  fresh(good: number): boolean {
    if (good === this.seen) return false;
    this.seen = good;
    return true;
  }

  hot(c: Celsius, limitC: Celsius): boolean {
    this.over = c >= limitC ? this.over + 1 : 0;
    return this.over >= 2;
  }

  /** Rise over the last 0.3 s above `limit` K/s, twice in a row: one wild reading is not a thermal shock. */
  steep(c: Celsius, at: Instant, limit: number): boolean {
    this.last.push({ c, at });
    if (this.last.length <= RATE_SPAN) return false;
    const first = this.last.shift();
    const rate = first ? (c - first.c) / Math.max(0.05, inSeconds(since(at, first.at))) : 0;
    this.rising = rate > limit ? this.rising + 1 : 0;
    return this.rising >= 2;
  }
}

export interface ThermalInput {
  readonly thermocouple: SensorWatch<ThermocoupleSample>;
  readonly infrared: SensorWatch<InfraredSample>;
  readonly driven: boolean;
  readonly constant: boolean;
  /** Share of the time since the last tick that the heater was on. */
  readonly duty: Ratio;
  /** A reading of this tick inside a pulse: the heater’s power while on, W. */
  readonly watts: number | null;
  /** Period of the heat in force, s; null = none. */
  readonly periodS: number | null;
}

export class Thermal {
  /** Room temperature as the infrared thermometer’s case feels it; null until it was read. */
  roomC: Celsius | null = null;
  readonly observer: Observer;
  private readonly tc: Probe;
  private readonly ir: Probe;
  /** The film’s rise as an infrared thermometer shows it that has become slower since it was commissioned. */
  private readonly slowInfrared: Lag;
  private readonly together = new Together();
  private readonly disagreement = new Lasting();
  /** How much warmer the film was at arming than heat since the start explains, K; it fades with the slow pole. */
  private excessK: number | null = null;
  private wasDriven = false;
  private before: Instant | null = null;
  private readonly frozenAboveK: number;
  /** Share of the expected rise by which a sensor may depart from the model (I12). */
  private readonly share: number;
  private frozenRaw = Number.NaN;
  private frozenCount = 0;
  private frozenLow = 0;
  private frozenHigh = 0;

  constructor(private readonly s: Settings) {
    const plant = plantOf(s);
    this.observer = new Observer(plant);
    const { known, thermocoupleStepK: stepK } = plant;
    this.tc = new Probe(stepK, known);
    this.ir = new Probe(plant.infraredStepK, known);
    // Where nothing was commissioned, the band is wide enough for any lag.
    this.slowInfrared = new Lag(plant.infraredLagS + (known ? COMPILED.infraredSlowerS : 0));
    this.share = known ? COMPILED.residualShare : COMPILED.unknownShare;
    this.frozenAboveK = Math.max(FROZEN_EXPECTED_K, FROZEN_STEPS * stepK) * (known ? 1 : COMPILED.unknownFrozen);
  }

  step(input: ThermalInput, now: Instant, faults: FaultName[]): void {
    const { thermocouple, infrared } = input;
    const dtS = this.before === null ? 0 : inSeconds(since(now, this.before));
    this.before = now;
    const { observer } = this;
    if (input.watts !== null) observer.seePower(input.watts);
    if (dtS > 0) {
      observer.step(dtS, input.duty);
      this.slowInfrared.step(dtS, observer.film.filmK);
    }
    if (input.driven) this.together.take(this.tc.lockIn.leftK, this.ir.lockIn.leftK, dtS);
    if (this.excessK !== null) this.excessK -= (this.excessK * dtS) / this.s['heater.slowTauS'];
    const tripC = this.s[input.constant ? 'limits.constantTripC' : 'limits.tripC'];

    const tc = thermocouple.value;
    const ir = infrared.value;
    if (ir) this.roomC = ir.ambientC;
    if (input.driven && !this.wasDriven) this.arm(tc, ir);
    this.wasDriven = input.driven;

    const cycleS = input.periodS !== null && input.periodS >= COMPILED.leastCycleS ? input.periodS : null;
    if (tc && this.tc.fresh(thermocouple.good)) {
      observer.see('thermocouple', tc.celsius, cycleS);
      this.tc.verdict = this.judge(this.tc, tc.celsius, thermocouple.at, tripC, input, 'tc');
      if (this.frozen(tc.raw)) this.tc.verdict.push('tc-frozen');
    }
    if (ir && this.ir.fresh(infrared.good)) {
      observer.see('infrared', ir.objectC, cycleS);
      this.ir.verdict = this.judge(this.ir, ir.objectC, infrared.at, tripC, input, 'ir');
    }
    if (tc) for (const name of this.tc.verdict) faults.push(name);
    if (ir) for (const name of this.ir.verdict) if (!faults.includes(name)) faults.push(name);
    // Where the emissivity is not known, the infrared thermometer may miss most of the rise.
    const missedK = this.s['heater.commissioned'] ? 0 : this.share * observer.film.filmK;
    // Each is compared with what it should show: a slow thermocouple that is behind the film does not disagree.
    const apartK =
      tc && ir ? tc.celsius - observer.thermocouple.expectedK - ir.objectC + observer.infrared.expectedK : 0;
    const apart = Math.abs(apartK) > this.s['limits.disagreementK'] + missedK;
    if (this.disagreement.check(apart, now, seconds(COMPILED.disagreementS))) faults.push('sensor-disagreement');
    if (!input.driven && tc && tc.celsius >= this.s['limits.roomC']) faults.push('too-warm-to-arm');
    if (tc && ir && Math.abs(tc.coldJunctionC - ir.ambientC) > COLD_JUNCTION_FAR_K) faults.push('cold-junction-far');
  }

  /** A new run: the state at arming is the baseline of the residual, and the lock-in starts afresh. */
  private arm(tc: ThermocoupleSample | null, ir: InfraredSample | null): void {
    this.tc.restart();
    this.ir.restart();
    this.frozenCount = 0;
    const film = tc?.celsius ?? ir?.objectC ?? null;
    this.excessK = film === null || ir === null ? null : film - this.observer.film.filmK - ir.ambientC;
  }

  /** All checks of one new reading. */
  private judge(
    probe: Probe,
    c: Celsius,
    at: Instant,
    tripC: Celsius,
    input: ThermalInput,
    sensor: 'tc' | 'ir',
  ): FaultName[] {
    const faults: FaultName[] = [];
    if (c < this.s['limits.lowC'] || c > COMPILED.plausibleC) faults.push(`${sensor}-implausible`);
    if (probe.hot(c, tripC)) faults.push('over-temperature');
    if (probe.steep(c, at, this.s['limits.riseKPerS'])) faults.push('rise-rate');
    if (input.driven) {
      const { expectedK } = this.observer[sensor === 'tc' ? 'thermocouple' : 'infrared'];
      const slowK = sensor === 'ir' ? this.slowInfrared.value : expectedK;
      if (probe.lockIn.take(c, expectedK, slowK, at, this.together.moves)) faults.push(`${sensor}-response`);
      if (this.excessK !== null && this.roomC !== null) {
        const explained = this.roomC + this.excessK + expectedK;
        // A plant may differ from the commissioned one by a share of its rise; the sensor’s own error comes on top.
        const allowedK = this.s['limits.residualK'] + this.share * Math.abs(expectedK);
        const far = Math.abs(c - explained) > allowedK;
        if (probe.residual.check(far, at, seconds(COMPILED.residualS))) faults.push('model-residual');
      }
    }
    if (c >= this.s['limits.warnC']) faults.push('temp-warm');
    return faults;
  }

  /** The same code again and again while the heat must have moved the sensor by most of a kelvin and several of its steps. */
  private frozen(raw: number): boolean {
    const rise = this.observer.thermocouple.expectedK;
    if (raw !== this.frozenRaw) {
      this.frozenRaw = raw;
      this.frozenCount = 0;
    }
    if (this.frozenCount === 0) {
      this.frozenLow = rise;
      this.frozenHigh = rise;
    }
    this.frozenCount += 1;
    this.frozenLow = Math.min(this.frozenLow, rise);
    this.frozenHigh = Math.max(this.frozenHigh, rise);
    return this.frozenCount >= FROZEN_SAMPLES && this.frozenHigh - this.frozenLow > this.frozenAboveK;
  }
}
