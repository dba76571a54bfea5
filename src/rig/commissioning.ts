/**
 * The measurements of commissioning, on any rig: what the sensors show at rest, the proof test, and the response to a
 * known heat. Every value keeps the instant of its reading, not of the tick that took it: a shift of 0.1 s is an error of
 * 12 % in the fast time constant.
 */
import { benchParts, type CalibratedKey, type Calibration } from '../config/calibration.ts';
import { type Estimate, type Identification, identify, positive, riseAt } from '../control/identification.ts';
import { darkLevels, eachChannel, type LightChannelName } from '../params/channels.ts';
import { checkValue } from '../params/check.ts';
import { fullPowerW } from '../params/heater.ts';
import { defaultSettings, type Settings } from '../params/settings.ts';
import { heating, sizing } from './excitation.ts';
import type { Guide } from './guide.ts';
import { measureLight } from './light-step.ts';
import { awake, type Failure, play, REST_DRIFT, REST_US, refused, STOPPED } from './play.ts';
import { deviation, type Mean, meanOf, type Readings, slope } from './readings.ts';

/** Noise of a single photodiode reading in the dark above which there is light, V. */
const DARK_NOISE_V = 0.02;
const RESIDUAL_K = 0.3;
/** A fine thermocouple may be faster than an infrared thermometer (0.3 s and 0.7 s); below this share of its lag the two are swapped. */
const SWAPPED = 0.4;

/** The emissivity that the readings are corrected to while they are taken: the settings’ default. */
const SENSOR_EMISSIVITY = defaultSettings()['sensors.infraredEmissivity'];

export interface CommissionOrder {
  /** Settings whose sensors are not corrected. */
  readonly settings: Settings;
  /** A reference thermometer beside the sample, °C, without heat; null = the thermocouple is the reference. */
  readonly referenceC: number | null;
  /** The same at the end of the longest heat; null = nobody looked, and the scale has the uncertainty of the contact. */
  readonly referenceHotC: number | null;
  /** quick: about 100 s; thorough: 20 min, which shows the slow pole as well. */
  readonly thorough: boolean;
  /** Light in which the mixed film is measured at the end, above 0..1; null = it stays dark. */
  readonly light: number | null;
  readonly wallTime: string;
  readonly say: (text: string) => void;
}

export type Outcome = { readonly kind: 'good'; readonly calibration: Calibration } | Failure;

/** The whole procedure. The bench must be stopped afterwards, whatever the outcome. */
export async function commissionBench(guide: Guide, order: CommissionOrder): Promise<Outcome> {
  const { settings, say } = order;
  const steps = order.light === null ? 4 : 5;
  const asleep = await awake(guide);
  if (asleep) return asleep;

  say(`1/${steps}  Sensors at rest and dark levels, 15 s.`);
  const readings = guide.fresh();
  await guide.until(() => false, REST_US);
  const rest = restOf(readings);
  if (guide.stopped) return STOPPED;
  const unfit = [...rest.problems, ...outOfRange(offsets(rest, order.referenceC))];
  if (unfit.length > 0) return refused(unfit);

  say(`2/${steps}  Proof test of both switches, and four short pulses in the dark.`);
  const run = guide.fresh();
  const sized = await play(guide, sizing());
  if (sized) return sized;
  const first = fit(run, settings);
  if ('why' in first) return refused([first.why]);

  say(`3/${steps}  Identification in the dark: ${order.thorough ? '20 min' : '50 s'} of heating and cooling.`);
  const asked = heating(first.found, settings, order.thorough);
  const heated = await play(guide, asked);
  if (heated) return heated;

  say(`4/${steps}  Fit.`);
  const last = fit(run, settings);
  if ('why' in last) return refused([last.why]);
  const contact = contactOf(order, last.found, run);
  const calibration = calibrationOf(order, rest, run, last.found, contact);
  const doubts = [...doubtsAbout(last.found, contact, settings), ...outOfRange(calibration.settings)];
  if (doubts.length > 0) return refused(doubts);
  return order.light === null ? { kind: 'good', calibration } : lit(guide, calibration, order.light, say);
}

/** The calibration with what the light of the mixed film shows. What was measured without it stands without it, too. */
async function lit(
  guide: Guide,
  calibration: Calibration,
  light: number,
  say: CommissionOrder['say'],
): Promise<Outcome> {
  say('5/5  Light of the mixed film: 20 s of pulses in the dark, then up to 60 s of light.');
  const found = await measureLight(guide, light);
  if ('kind' in found) {
    if (found.kind === 'tripped' || guide.stopped) return found;
    say(`The light was not measured: ${found.why.join('; ')}`);
    return { kind: 'good', calibration };
  }
  const { leak, leakError, leakMost, redV, referenceV } = found;
  const { settings, errors, measured } = calibration;
  return {
    kind: 'good',
    calibration: {
      ...calibration,
      settings: { ...settings, 'pl.leakMost': rounded(leakMost, 4) },
      errors: { ...errors, 'pl.leakMost': rounded(leakError, 6) },
      measured: {
        ...measured,
        leak: rounded(leak, 5),
        redV: rounded(redV, 4),
        referenceV: rounded(referenceV, 4),
        light,
      },
    },
  };
}

/** What a configuration would refuse of a calibration: such a file must not be written, nobody could start with it. */
function outOfRange(found: Partial<Calibration['settings']>): string[] {
  return Object.entries(found).flatMap(([key, value]) => {
    const problem = checkValue(key as CalibratedKey, value);
    return problem
      ? [`${key} would be ${value}, and may be ${problem.allowed}: ${LIKELY[key] ?? 'check the bench'}`]
      : [];
  });
}

const WRONG_SENSOR = 'check type, wiring and seat of both sensors, and the reference';
const LIKELY: Readonly<Record<string, string>> = {
  'sensors.thermocoupleOffsetK': WRONG_SENSOR,
  'sensors.infraredOffsetK': WRONG_SENSOR,
  'sensors.thermocoupleContact': 'seat the thermocouple, and check --reference-hot',
  'heater.gainKPerW': 'check heater, supply and --reference-hot',
};

/** What brings both sensors to the reference: the thermometer beside the sample, or the thermocouple. */
function offsets({ thermocouple, infrared }: Rest, given: number | null) {
  const referenceC = given ?? thermocouple.value;
  return {
    'sensors.thermocoupleOffsetK': rounded(referenceC - thermocouple.value, 3),
    'sensors.infraredOffsetK': rounded(referenceC - infrared.value, 3),
  };
}

function fit(run: Readings, settings: Settings): { readonly found: Identification } | { readonly why: string } {
  const data = {
    thermocouple: run.trace('thermocouple'),
    infrared: run.trace('infrared'),
    heat: run.heat(settings['heater.resistanceOhm']),
  };
  try {
    return { found: identify(data) };
  } catch (error) {
    if (error instanceof RangeError) return { why: error.message };
    throw error;
  }
}

/** The sensors without heat and without light. */
interface Rest {
  readonly thermocouple: Mean;
  readonly infrared: Mean;
  /** What the infrared thermometer’s own case feels. */
  readonly ambient: Mean;
  /** Photodiode levels, V. */
  readonly dark: Readonly<Record<LightChannelName, Mean>>;
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
    ambient: meanOf(rest.ambient.map(({ value }) => value)),
    dark: eachChannel((channel) => meanOf(rest.photodiodes.map(({ value }) => value[channel]))),
    problems,
  };
}

/** Share of the film’s rise that a seated thermocouple feels where nobody measured it: anything between 0.93 and 1. */
const CONTACT = positive(0.965, 0.0176);
/** A reference thermometer is read to a hundredth of its rise. */
const REFERENCE_ERROR = 0.01;

/** The thermocouple’s contact: measured against a reference while hot, or what contacts usually are. */
function contactOf(
  { referenceC, referenceHotC, settings }: CommissionOrder,
  found: Identification,
  run: Readings,
): Estimate {
  if (referenceC === null || referenceHotC === null) return CONTACT;
  const { toS } = run.longestHeat();
  return positive(
    riseAt(found, run.heat(settings['heater.resistanceOhm']), toS) / (referenceHotC - referenceC),
    REFERENCE_ERROR,
  );
}

/** A product or quotient of independent estimates, with the relative errors of both. */
const made = (value: number, a: Estimate, b: Estimate): Estimate =>
  positive(value, Math.hypot(a.error / a.value, b.error / b.value));

/** Of a share: no part of it lies above 1. */
const atMostOne = (e: Estimate): Estimate => ({ ...e, value: Math.min(1, e.value), high: Math.min(1, e.high) });

/** What was found, in the form of the calibration file. */
function calibrationOf(
  order: CommissionOrder,
  rest: Rest,
  run: Readings,
  found: Identification,
  contact: Estimate,
): Calibration {
  const { thermocouple: tc, infrared: ir, dark } = rest;
  const { volts, amps } = run.meanPower();
  // The scale of the film is that of the thermocouple over its contact.
  const ofFilm = (gain: Estimate): Estimate => made(gain.value / contact.value, gain, contact);
  const emissivity = SENSOR_EMISSIVITY * found.infraredShare.value * contact.value;
  const estimates = {
    'heater.gainKPerW': ofFilm(found.gainKPerW),
    'heater.fastTauS': found.fastTauS,
    'heater.slowTauS': found.slowTauS,
    'sensors.thermocoupleLagS': found.thermocoupleLagS,
    'sensors.infraredLagS': found.infraredLagS,
    'sensors.thermocoupleContact': atMostOne(contact),
    'sensors.infraredEmissivity': atMostOne(made(emissivity, found.infraredShare, contact)),
  } satisfies Partial<Record<CalibratedKey, Estimate>>;
  const each = <T>(of: (estimate: Estimate) => T): Record<keyof typeof estimates, T> =>
    Object.fromEntries(Object.entries(estimates).map(([key, estimate]) => [key, of(estimate)])) as never;
  const fast = ofFilm(found.fastKPerW);
  return {
    format: 1,
    wallTime: order.wallTime,
    bench: benchParts(order.settings),
    settings: {
      ...each(({ value }) => rounded(value, 4)),
      'heater.slowTauS': Math.round(found.slowTauS.value),
      'heater.fastShare': rounded(found.fastKPerW.value / found.gainKPerW.value, 3),
      'sensors.thermocoupleLagS': rounded(Math.max(0.05, found.thermocoupleLagS.value), 3),
      'sensors.infraredLagS': rounded(Math.max(0.05, found.infraredLagS.value), 3),
      ...offsets(rest, order.referenceC),
      ...darkLevels((channel) => rounded(dark[channel].value, 5)),
    },
    errors: {
      ...each(({ error }) => rounded(error, 4)),
      'sensors.thermocoupleOffsetK': rounded(tc.error, 4),
      'sensors.infraredOffsetK': rounded(Math.hypot(tc.error, ir.error), 4),
      ...darkLevels((channel) => rounded(dark[channel].error, 6)),
    },
    intervals: {
      ...each(({ low, high }): [number, number] => [rounded(low, 4), rounded(high, 4)]),
      'heater.fastKPerW': [rounded(fast.low, 4), rounded(fast.high, 4)],
    },
    measured: {
      fastKPerW: rounded(fast.value, 4),
      heaterV: rounded(volts, 4),
      heaterA: rounded(amps, 4),
      heaterOhm: rounded(volts / amps, 3),
      coldOhm: rounded(run.coldOhm(), 3),
      heaterW: rounded(volts * amps, 4),
      restC: rounded(tc.value, 3),
      ambientC: rounded(rest.ambient.value, 3),
      thermocoupleRmsK: rounded(found.thermocoupleRmsK, 4),
      infraredRmsK: rounded(found.infraredRmsK, 4),
      readings: found.readings,
    },
  };
}

const signed = (value: number, digits: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Why the result must not be used; empty = it may. */
function doubtsAbout(found: Identification, contact: Estimate, settings: Settings): string[] {
  const doubts: string[] = [];
  const { gainKPerW, fastKPerW, fastTauS, infraredShare, thermocoupleLagS, infraredLagS } = found;
  const worse = ({ error, value }: Estimate, than: number): boolean => !(error < than * value);
  if (worse(fastKPerW, 0.1)) doubts.push('the fast gain is known to worse than 10 %');
  if (worse(gainKPerW, 0.6)) doubts.push('the steady gain is known to worse than 60 %');
  if (worse(fastTauS, 0.15)) doubts.push('the fast time constant is known to worse than 15 %');
  if (found.thermocoupleRmsK > RESIDUAL_K)
    doubts.push(`the thermocouple departs ${found.thermocoupleRmsK.toFixed(2)} K from the model`);
  if (found.infraredRmsK > RESIDUAL_K)
    doubts.push(`the infrared thermometer departs ${found.infraredRmsK.toFixed(2)} K from the model`);
  if (infraredShare.high < 0.15 || infraredShare.low > 1.2) {
    doubts.push(
      `the infrared thermometer sees ${(100 * infraredShare.value).toFixed(0)} % of the thermocouple’s rise: aim it at bare glass or a paint dot, and seat the thermocouple`,
    );
  }
  if (thermocoupleLagS.high < SWAPPED * infraredLagS.low) {
    doubts.push('the thermocouple answers before the infrared thermometer does: are the two channels swapped?');
  }
  const watts = fullPowerW(settings);
  const endC = found.thermocoupleBaseC + (watts * gainKPerW.value) / contact.value;
  if (endC > settings['limits.endPointC']) {
    doubts.push(
      `constant current would end at ${endC.toFixed(0)} °C, above limits.endPointC (I25): lower heater.currentA and the supply`,
    );
  }
  return doubts;
}
