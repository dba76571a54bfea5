/**
 * The measurements of commissioning, on any rig: what the sensors show at rest, the proof test, and the response to a
 * known heat. Every value keeps the instant of its reading, not of the tick that took it: a shift of 0.1 s is an error of
 * 12 % in the fast time constant.
 */
import { benchParts, type Calibration } from '../config/calibration.ts';
import { type Identification, identify, type Trace } from '../control/identification.ts';
import { darkLevels, eachChannel, type LightChannelName } from '../params/channels.ts';
import { defaultSettings, type Settings } from '../params/settings.ts';
import type { Snapshot } from '../params/snapshot.ts';
import { after, type Instant, inSeconds, instant, millis, SECOND, type Span, seconds, since } from '../units.ts';
import type { Rig } from './rig.ts';

type PhotodiodeVolts = NonNullable<Snapshot['photodiodes']['value']>;

interface Dated<T> {
  readonly at: Instant;
  readonly value: T;
}

/** Everything that the sensors said since `start`, and the gate's pulses. */
class Readings {
  readonly thermocouple: Dated<number>[] = [];
  readonly infrared: Dated<number>[] = [];
  readonly photodiodes: Dated<PhotodiodeVolts>[] = [];
  /** Heater voltage and current. */
  readonly power: Dated<{ volts: number; amps: number }>[] = [];
  readonly pulses: { from: Instant; to: Instant }[] = [];
  readonly start: Instant;
  private seen = { thermocouple: 0, infrared: 0, photodiodes: 0, power: 0 };
  private rise: Instant | null = null;

  constructor(rig: Rig) {
    this.start = rig.now();
    const { thermocouple, infrared, photodiodes, power } = rig.feed.latest;
    this.seen = {
      thermocouple: thermocouple.good,
      infrared: infrared.good,
      photodiodes: photodiodes.good,
      power: power.good,
    };
  }

  /** After each tick. */
  note({ feed }: Rig): void {
    const { thermocouple, infrared, photodiodes, power, gate } = feed.latest;
    const { seen } = this;
    if (thermocouple.value && thermocouple.good !== seen.thermocouple) {
      this.thermocouple.push({ at: thermocouple.at, value: thermocouple.value.celsius });
    }
    if (infrared.value && infrared.good !== seen.infrared) {
      this.infrared.push({ at: infrared.at, value: infrared.value.objectC });
    }
    if (photodiodes.value && photodiodes.good !== seen.photodiodes) {
      this.photodiodes.push({ at: photodiodes.at, value: photodiodes.value });
    }
    if (power.value && power.good !== seen.power) this.power.push({ at: power.at, value: power.value });
    this.seen = {
      thermocouple: thermocouple.good,
      infrared: infrared.good,
      photodiodes: photodiodes.good,
      power: power.good,
    };
    const { high, lastRiseUs, lastFallUs } = gate;
    if (high && this.rise === null && lastRiseUs >= this.start) this.rise = lastRiseUs;
    else if (!high && this.rise !== null) {
      this.pulses.push({ from: this.rise, to: lastFallUs });
      this.rise = null;
    }
  }

  /** Readings as the identification wants them: seconds since the start. */
  trace(of: 'thermocouple' | 'infrared'): Trace {
    return {
      atS: this[of].map(({ at }) => inSeconds(since(at, this.start))),
      valueC: this[of].map(({ value }) => value),
    };
  }

  /** The pulses cut into pieces with the power measured in each; a pulse with no measurement inside carries the mean. */
  heat(): { fromS: number; toS: number; watts: number }[] {
    const on = this.pulses.flatMap(({ from, to }) => this.power.filter(({ at }) => at > after(from, EDGE) && at < to));
    const mean = average(on.map(({ value }) => value.volts * value.amps));
    const cut = (at: Instant): number => inSeconds(since(at, this.start));
    return this.pulses.flatMap(({ from, to }) => {
      const inside = this.power.filter(({ at }) => at > after(from, EDGE) && at < to);
      if (inside.length === 0) return [{ fromS: cut(from), toS: cut(to), watts: mean }];
      return inside.map(({ at, value }, i) => {
        const before = inside[i - 1];
        const next = inside[i + 1];
        return {
          fromS: cut(before ? halfway(before.at, at) : from),
          toS: cut(next ? halfway(next.at, at) : to),
          watts: value.volts * value.amps,
        };
      });
    });
  }
}

/** A measurement this soon after the rising edge may still be of the rest before. */
const EDGE = millis(20);
const halfway = (a: Instant, b: Instant): Instant => instant((a + b) / 2);

const average = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Standard deviation of single values. */
function deviation(values: readonly number[]): number {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
}

/** Least-squares slope of a trace, units per second. */
function slope({ atS, valueC }: Trace): number {
  const t = average(atS);
  const y = average(valueC);
  const square = atS.reduce((sum, s) => sum + (s - t) ** 2, 0);
  return atS.reduce((sum, s, i) => sum + (s - t) * ((valueC[i] ?? y) - y), 0) / square;
}

/** Mean and standard error. */
const meanOf = (values: readonly number[]): { value: number; error: number } => ({
  value: average(values),
  error: deviation(values) / Math.sqrt(Math.max(1, values.length)),
});

/** How long the sensors are watched at rest. */
const REST_US: Span = seconds(15);
/** Arming: five healthy seconds and the proof test, with some patience. */
const ARMING_US: Span = seconds(30);

/** Drift at rest that spoils the offsets, K/s. */
const REST_DRIFT = 0.01;
/** Noise of a single photodiode reading in the dark above which there is light, V. */
const DARK_NOISE_V = 0.02;
const RESIDUAL_K = 0.3;

/** The emissivity that the readings are corrected to while they are taken: the settings’ default. */
const SENSOR_EMISSIVITY = defaultSettings()['sensors.infraredEmissivity'];

/** Lets time pass on a rig and gathers what the sensors say. */
export class Guide {
  /** Somebody asked to end it: no more waiting, and nothing is written. */
  stopped = false;
  private readings: Readings;

  /** @param pass lets ticks happen: calls `tick` whenever one is due, until `over` says so */
  constructor(
    readonly rig: Rig,
    private readonly pass: (tick: () => void, over: () => boolean) => Promise<void>,
  ) {
    this.readings = new Readings(rig);
  }

  /** Ticks until `done` or for at most `most`; true when done. */
  async until(done: () => boolean, most: Span): Promise<boolean> {
    const { rig } = this;
    const end = after(rig.now(), most);
    const tick = (): void => {
      rig.tick();
      this.readings.note(rig);
    };
    await this.pass(tick, () => done() || this.stopped || rig.now() >= end);
    return done() && !this.stopped;
  }

  /** Forgets what was gathered. */
  fresh(): Readings {
    this.readings = new Readings(this.rig);
    return this.readings;
  }

  /** Stops, and waits until the record shows it. */
  async off(): Promise<void> {
    this.stopped = false;
    this.rig.controls.ask({ kind: 'stop' });
    await this.until(() => false, SETTLE_US);
  }
}

const SETTLE_US: Span = seconds(0.5);

export interface CommissionOrder {
  /** Settings whose sensors are not corrected. */
  readonly settings: Settings;
  /** A reference thermometer beside the sample, °C; null = the thermocouple is the reference. */
  readonly referenceC: number | null;
  readonly wallTime: string;
  readonly say: (text: string) => void;
}

export type Outcome =
  | { readonly kind: 'good'; readonly calibration: Calibration }
  | { readonly kind: 'refused'; readonly why: readonly string[] }
  | { readonly kind: 'tripped' };

/** The whole procedure. The bench must be stopped afterwards, whatever the outcome. */
export async function commissionBench(guide: Guide, order: CommissionOrder): Promise<Outcome> {
  const { rig } = guide;
  const { settings, say } = order;
  await guide.until(() => rig.feed.latest.kernel.name !== 'boot', ARMING_US);
  await guide.until(() => false, SECOND);
  if (rig.feed.latest.kernel.latch) return { kind: 'tripped' };

  say('1/4  Sensors at rest and dark levels, 15 s.');
  const readings = guide.fresh();
  await guide.until(() => false, REST_US);
  const rest = restOf(readings);
  if (guide.stopped) return STOPPED;
  if (rest.problems.length > 0) return refused(rest.problems);

  say('2/4  Proof test of both switches.');
  rig.controls.ask({ kind: 'arm' });
  const armed = await guide.until(
    () => rig.feed.latest.kernel.name === 'armed' || rig.feed.latest.kernel.latch !== null,
    ARMING_US,
  );
  if (rig.feed.latest.kernel.latch) return { kind: 'tripped' };
  if (guide.stopped) return STOPPED;
  if (!armed)
    return refused([`the controller did not arm: ${rig.feed.latest.faults.join(', ') || 'not ready in time'}`]);

  say('3/4  Identification in the dark: rest, 25 s on, 25 s off, five pulses of 1 s.');
  const run = guide.fresh();
  const over = await guide.until(() => rig.feed.latest.kernel.name !== 'armed', seconds(120));
  if (rig.feed.latest.kernel.latch) return { kind: 'tripped' };
  if (guide.stopped) return STOPPED;
  if (!over) return refused(['the run did not come to its end']);

  say('4/4  Fit.');
  const heat = run.heat();
  const found = identify(
    { thermocouple: run.trace('thermocouple'), infrared: run.trace('infrared'), heat },
    {
      gainKPerW: settings['heater.gainKPerW'],
      fastShare: settings['heater.fastShare'],
      fastTauS: settings['heater.fastTauS'],
      slowTauS: settings['heater.slowTauS'],
      thermocoupleLagS: settings['sensors.thermocoupleLagS'],
      infraredLagS: settings['sensors.infraredLagS'],
    },
  );
  const doubts = doubtsAbout(found);
  return doubts.length > 0 ? refused(doubts) : { kind: 'good', calibration: calibrationOf(order, rest, run, found) };
}

type Estimate = ReturnType<typeof meanOf>;

/** The sensors without heat and without light. */
interface Rest {
  readonly thermocouple: Estimate;
  readonly infrared: Estimate;
  /** Photodiode levels, V. */
  readonly dark: Readonly<Record<LightChannelName, Estimate>>;
  /** Why the bench is not at rest; empty = it is. */
  readonly problems: readonly string[];
}

function restOf(rest: Readings): Rest {
  const problems: string[] = [];
  if (rest.thermocouple.length < 50 || rest.infrared.length < 50)
    problems.push('a sensor gave too few readings at rest');
  for (const of of ['thermocouple', 'infrared'] as const) {
    const drift = rest[of].length > 1 ? slope(rest.trace(of)) : 0;
    if (Math.abs(drift) > REST_DRIFT)
      problems.push(`the ${of} is not at rest: ${signed(drift, 3)} K/s. Wait and try again`);
  }
  const darkNoise = deviation(rest.photodiodes.map(({ value }) => value.red));
  if (darkNoise > DARK_NOISE_V)
    problems.push(`${darkNoise.toFixed(3)} V of noise on the red photodiode: is there light?`);
  return {
    thermocouple: meanOf(rest.thermocouple.map(({ value }) => value)),
    infrared: meanOf(rest.infrared.map(({ value }) => value)),
    dark: eachChannel((channel) => meanOf(rest.photodiodes.map(({ value }) => value[channel]))),
    problems,
  };
}

/** What was found, in the form of the calibration file. */
function calibrationOf(order: CommissionOrder, rest: Rest, run: Readings, found: Identification): Calibration {
  const { thermocouple: tc, infrared: ir, dark } = rest;
  const referenceC = order.referenceC ?? tc.value;
  const on = run.power.filter(({ at }) => run.pulses.some(({ from, to }) => at > after(from, EDGE) && at < to));
  const volts = average(on.map(({ value }) => value.volts));
  const amps = average(on.map(({ value }) => value.amps));
  return {
    format: 1,
    wallTime: order.wallTime,
    bench: benchParts(order.settings),
    settings: {
      'heater.gainKPerW': rounded(found.gainKPerW.value, 3),
      'heater.fastShare': rounded(found.fastKPerW.value / found.gainKPerW.value, 3),
      'heater.fastTauS': rounded(found.fastTauS.value, 3),
      'sensors.thermocoupleLagS': rounded(Math.max(0.05, found.thermocoupleLagS.value), 3),
      'sensors.infraredLagS': rounded(Math.max(0.05, found.infraredLagS.value), 3),
      'sensors.thermocoupleOffsetK': rounded(referenceC - tc.value, 3),
      'sensors.infraredOffsetK': rounded(referenceC - ir.value, 3),
      'sensors.infraredEmissivity': rounded(Math.min(1, SENSOR_EMISSIVITY * found.infraredShare.value), 3),
      ...darkLevels((channel) => rounded(dark[channel].value, 5)),
    },
    errors: {
      'heater.gainKPerW': rounded(found.gainKPerW.error, 4),
      'heater.fastTauS': rounded(found.fastTauS.error, 4),
      'sensors.thermocoupleLagS': rounded(found.thermocoupleLagS.error, 4),
      'sensors.infraredLagS': rounded(found.infraredLagS.error, 4),
      'sensors.thermocoupleOffsetK': rounded(tc.error, 4),
      'sensors.infraredOffsetK': rounded(Math.hypot(tc.error, ir.error), 4),
      'sensors.infraredEmissivity': rounded(SENSOR_EMISSIVITY * found.infraredShare.error, 4),
      ...darkLevels((channel) => rounded(dark[channel].error, 6)),
    },
    measured: {
      heaterV: rounded(volts, 4),
      heaterA: rounded(amps, 4),
      heaterOhm: rounded(volts / amps, 3),
      heaterW: rounded(average(run.pulses.length > 0 ? run.heat().map(({ watts }) => watts) : []), 4),
      restC: rounded(tc.value, 3),
      thermocoupleRmsK: rounded(found.thermocoupleRmsK, 4),
      infraredRmsK: rounded(found.infraredRmsK, 4),
      readings: found.readings,
    },
  };
}

const STOPPED: Outcome = { kind: 'refused', why: ['it was stopped'] };
const refused = (why: readonly string[]): Outcome => ({ kind: 'refused', why });
const signed = (value: number, digits: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Why the result must not be used; empty = it may. */
function doubtsAbout(found: Identification): string[] {
  const doubts: string[] = [];
  const { gainKPerW, fastTauS, infraredShare, thermocoupleLagS, infraredLagS } = found;
  if (!(gainKPerW.error < 0.1 * gainKPerW.value)) doubts.push('the gain is known to worse than 10 %');
  if (!(fastTauS.error < 0.05 * fastTauS.value)) doubts.push('the fast time constant is known to worse than 5 %');
  if (found.thermocoupleRmsK > RESIDUAL_K)
    doubts.push(`the thermocouple departs ${found.thermocoupleRmsK.toFixed(2)} K from the model`);
  if (found.infraredRmsK > RESIDUAL_K)
    doubts.push(`the infrared thermometer departs ${found.infraredRmsK.toFixed(2)} K from the model`);
  if (infraredShare.value < 0.2 || infraredShare.value > 1.15) {
    doubts.push(
      `the infrared thermometer sees ${(100 * infraredShare.value).toFixed(0)} % of the thermocouple’s rise: aim it at bare glass or a paint dot, and seat the thermocouple`,
    );
  }
  if (thermocoupleLagS.value < infraredLagS.value) {
    doubts.push('the thermocouple answers before the infrared thermometer does: are the two channels swapped?');
  }
  return doubts;
}
