/**
 * The bench file: one JSON object that describes a simulated bench. Everything in it may be left out and is then as on the
 * delivered bench. What is also a setting becomes a layer of the configuration, so that --set still wins.
 */
import { z } from 'zod';
import { nearest } from './check.ts';
import { valueAt } from './json.ts';
import type { Problem } from './problem.ts';
import { SETTINGS, type SettingKey } from './settings.ts';
import { shown } from './shown.ts';
import { allowedBy } from './words.ts';

export const BENCH_FORMAT = 'remixd-bench-1';

const number = (min: number, max: number, what: string) => z.number().min(min).max(max).describe(what).optional();

type NumberKey = { [K in SettingKey]: (typeof SETTINGS)[K] extends { kind: 'number' } ? K : never }[SettingKey];

/** A number that is a setting, too: its range and its words are the setting’s. */
const setting = (key: NumberKey) => {
  const { min, max, label, unit } = SETTINGS[key];
  return number(min, max, `${label}${unit === '1' ? '' : `, ${unit}`} (setting ${key})`);
};

const RATE = 'at 23.5 °C, 1/s';
const ENERGY = 'activation energy, kJ/mol';

/** Quantities that can change during a run, and their ranges. */
export const CHANGING = {
  'room.celsius': [0, 45],
  'supply.scale': [0, 5],
  'substrate.gain': [0.2, 3],
  'thermocouple.contact': [0, 1],
  'infrared.emissivity': [0.1, 1],
  'optics.excitation': [0, 3],
  'optics.coupling': [0, 3],
  'optics.roomLightV': [0, 3],
  'optics.leak': [0, 0.5],
  'optics.greenGain': [0, 10],
  'optics.redGain': [0, 10],
  'optics.noise': [0, 100],
  'emission.brightness': [0, 10],
  'leadLeak.pace': [0, 1000],
  'film.lost': [0, 1],
  'film.clock': [0, 100],
  'film.growth': [0, 100],
} as const;
type Changing = keyof typeof CHANGING;

const change = z
  .strictObject({
    what: z.enum(Object.keys(CHANGING) as [Changing, ...Changing[]]).describe('the quantity'),
    atS: z
      .number()
      .min(0)
      .max(1e6)
      .describe('when it begins, s after the bench was switched on; arming takes about 7 s'),
    overS: z.number().min(0).max(1e6).default(0).describe('how long it takes, s, in a straight line; 0 = a step'),
    to: z.number().describe('the value at its end'),
  })
  .superRefine(({ what, to }, context) => {
    const [least, most] = CHANGING[what];
    if (to < least || to > most) context.addIssue({ code: 'custom', path: ['to'], message: `${least}..${most}` });
  });

const SHAPE = {
  format: z.literal(BENCH_FORMAT).describe('must be there'),
  title: z.string().max(200).optional().describe('what this bench is'),
  sample: z.string().max(64).optional().describe('sample preset that the film starts from (setting sim.sample)'),
  seed: setting('sim.seed'),
  noise: setting('sim.noise'),
  room: z
    .strictObject({
      celsius: setting('sim.ambientC'),
      swingK: number(0, 10, 'amplitude of a slow sine about it, K'),
      periodS: number(60, 1e6, 'period of that sine, s'),
    })
    .optional(),
  supply: z.strictObject({ scale: setting('sim.supplyScale') }).optional(),
  heater: z
    .strictObject({
      currentA: setting('heater.currentA'),
      resistanceOhm: setting('heater.resistanceOhm'),
      resistancePerK: number(-0.01, 0.01, 'relative change of the resistance, 1/K'),
      seriesOhm: number(0, 2, 'MOSFET, shunt and leads in series, Ω'),
    })
    .optional(),
  substrate: z
    .strictObject({
      fastK: number(0.5, 40, 'steady rise of the fast pole at ratedW, K'),
      fastTauS: number(0.3, 60, 'time constant of the fast pole, s'),
      slowK: number(0, 40, 'steady rise of the slow pole at ratedW, K'),
      slowTauS: number(10, 5000, 'time constant of the slow pole, s'),
      ratedW: number(0.1, 20, 'power at which the rises hold, W (2.4 = 0.4 A through 15 Ω)'),
    })
    .optional(),
  thermocouple: z
    .strictObject({
      contact: setting('sim.thermocoupleContact'),
      lagS: setting('sim.thermocoupleLagS'),
      noiseK: number(0, 5, 'noise of a reading, K'),
      offsetK: number(-20, 20, 'constant error, K'),
      driftKPerH: number(-100, 100, 'drift of that error, K/h'),
    })
    .optional(),
  infrared: z
    .strictObject({
      emissivity: setting('sim.emissivity'),
      lagS: setting('sim.infraredLagS'),
      noiseK: number(0, 5, 'noise of a reading, K'),
      offsetK: number(-20, 20, 'constant error, K'),
    })
    .optional(),
  electrical: z
    .strictObject({
      currentNoiseA: number(0, 0.1, 'noise of the current monitor, A'),
      voltageNoiseV: number(0, 1, 'noise of the voltage monitor, V'),
    })
    .optional(),
  film: z
    .strictObject({
      shockTauS: number(0.01, 60, 'memory of the recent temperature, s'),
      remixPerS: number(0, 50, `largest remixing rate after a shock, ${RATE}`),
      coolingShare: number(0, 5, 'share of it after a cooling shock'),
      remixEnergy: number(0, 500, ENERGY),
      remixShockK: number(0.01, 10, 'shock that remixes at half that rate, K'),
      clockShockK: number(0.01, 10, 'shock that sets the induction clock back, K'),
      shockOrder: number(1, 20, 'steepness of both thresholds'),
      clockResetPerS: number(0, 1000, 'rate of setting the clock back, 1/s'),
      inductionS: number(0.1, 1e5, 'induction time in full light at 23.5 °C, s'),
      inductionEnergy: number(0, 500, ENERGY),
      growthPerS: number(0, 10, `growth of segregation in full light, ${RATE}`),
      growthEnergy: number(0, 500, ENERGY),
      segregatedMax: number(0.05, 1, 'largest segregated fraction'),
      restPerS: number(0, 1, `thermal remixing at rest, ${RATE}`),
      restEnergy: number(0, 500, ENERGY),
      lossPerS: number(0, 1, 'permanent loss of iodine from the segregated part in light, 1/s'),
      lightHalf: number(0.001, 10, 'light at half response, 1 = 50 W/cm²'),
      lightThreshold: number(0, 0.9, 'light up to which nothing segregates, 1 = full light; 0 = any light does it'),
      strongLight: number(0, 1, 'light above which light remixes and nothing segregates, 1 = full light; 0 = never'),
      strongRemixPerS: number(0, 10, 'rate of that remixing, 1/s'),
      darkGrowthPerS: number(0, 1, `growth of what is segregated in the dark right after light, ${RATE}; 0 = none`),
      darkGrowthTauS: number(1, 1e4, 'time constant with which that growth ends in the dark, s'),
    })
    .optional(),
  ions: z
    .strictObject({
      gain: number(0, 5, 'what minutes of full light add to the PL (ions migrate), as a share of it; 0 = nothing'),
      riseS: number(10, 1e5, 'time constant of the rise in full light, s'),
      decayS: number(10, 1e6, 'time constant of the decay in the dark, s'),
    })
    .optional(),
  ligands: z
    .strictObject({
      gain: number(0, 20, 'what hours of full light add to the PL (ligands adsorb), as a share of it; 0 = nothing'),
      riseS: number(60, 1e6, 'time constant of the rise in full light, s'),
      darkPerS: number(0, 0.1, `second-order loss in the dark, ${RATE}`),
      darkEnergy: number(0, 500, ENERGY),
    })
    .optional(),
  photoloss: z
    .strictObject({
      share: number(0, 1, 'share of the PL that light takes for good'),
      tauS: number(60, 1e9, 'time constant of that loss in full light, s'),
    })
    .optional(),
  leadLeak: z
    .strictObject({
      tauS: number(60, 1e9, 'time constant with which lead grows in air and the PL is lost, s'),
      creepNm: number(0, 50, 'shift of the peak to the red in the end, nm'),
      defectShare: number(0, 1, 'brightness of the broad red band in the end'),
    })
    .optional(),
  emission: z
    .strictObject({
      quenchPerK: number(0, 0.1, 'loss of PL, 1/K'),
      segregatedBrightness: number(0, 5, 'brightness of the segregated phase over the mixed one'),
      shiftNmPerK: number(-5, 5, 'shift of the mixed peak, nm/K'),
      broadenNmPerK: number(-5, 5, 'broadening of the mixed peak, nm/K'),
    })
    .optional(),
  optics: z
    .strictObject({
      leak: number(0, 0.5, 'share of light outside its band that a filter lets through'),
      leakPerH: number(-0.1, 0.1, 'drift of the leak, 1/h'),
      greenGain: number(0, 10, 'sensitivity of the green photodiode over the delivered one'),
      redGain: number(0, 10, 'the same for red'),
      broadbandGain: number(0, 10, 'the same for broadband'),
      referenceGain: number(0, 10, 'the same for the reference'),
      couplingPerH: number(-1, 1, 'drift of the share of light that is collected, 1/h'),
      couplingWalk: number(0, 0.2, 'standard deviation of its slow walk'),
      warmUp: number(0, 0.5, 'missing excitation when the lamp is switched on'),
      warmUpTauS: number(1, 1e4, 'time constant of that warm-up, s'),
      walk: number(0, 0.2, 'standard deviation of the slow walk of the excitation'),
      roomLightV: number(0, 3, 'what room light adds to every photodiode, V'),
      flickerShare: number(0, 1, 'share of the room light that flickers'),
      flickerHz: number(1, 1000, 'frequency of that flicker, Hz'),
      mainsErrorHz: number(0, 1, 'how far the mains wanders from its nominal frequency (the flicker twice as far), Hz'),
      lamp: z
        .strictObject({
          volts: z.number().min(0).max(3).describe('what it adds to every photodiode, V'),
          firstS: z.number().min(0).max(1e6).default(0).describe('when it comes on first, s'),
          everyS: z.number().min(1).max(1e6).describe('how often it comes on, s'),
          onS: z.number().min(0).max(1e6).describe('how long it stays on, s'),
          riseS: z
            .number()
            .min(0)
            .max(1e5)
            .default(0)
            .describe('how long it takes to come and to go within onS, s; above 0 = daylight, which does not flicker'),
        })
        .optional(),
      railV: number(0.1, 5.5, 'where the photodiode amplifiers end, V; left out: where the converter does'),
      noiseV: number(0, 0.5, 'noise of a conversion, V'),
      noiseShare: number(0, 0.5, 'noise of a conversion as a share of the signal'),
    })
    .optional(),
  changes: z.array(change).max(500).optional(),
};

export const BENCH_FILE = z.strictObject(SHAPE);
export type BenchFile = z.infer<typeof BENCH_FILE>;

/** For the documentation. */
export const BENCH_EXAMPLE: BenchFile = {
  format: BENCH_FORMAT,
  title: 'warm room, weak heater, a supply that sags',
  room: { celsius: 25.5 },
  substrate: { fastK: 8, fastTauS: 2.2, slowK: 5.5, slowTauS: 300 },
  infrared: { emissivity: 0.8 },
  changes: [{ what: 'supply.scale', atS: 300, overS: 10, to: 0.94 }],
};

interface JsonField {
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly items?: JsonField;
  readonly properties?: Readonly<Record<string, JsonField>>;
}

/** Every field with what is allowed and what it means, from the schema itself. */
export function benchFields(): { path: string; allowed: string; meaning: string }[] {
  const below = (
    fields: JsonField['properties'],
    before: string,
  ): { path: string; allowed: string; meaning: string }[] =>
    Object.entries(fields ?? {}).flatMap(([name, field]) => {
      const inner = field.properties ?? field.items?.properties;
      const path = `${before}${name}`;
      if (inner) return below(inner, `${path}${field.items ? '[]' : ''}.`);
      return [{ path, allowed: allowedIn(field), meaning: field.description ?? '' }];
    });
  return below((z.toJSONSchema(BENCH_FILE, { io: 'input' }) as JsonField).properties, '');
}

function allowedIn({ minimum, maximum, maxLength, enum: names, ...field }: JsonField): string {
  if (field.const !== undefined) return field.const;
  if (names) return names.join(', ');
  if (maxLength !== undefined) return `text of at most ${maxLength} characters`;
  return minimum === undefined ? 'in the range of its quantity' : `${minimum}..${maximum}`;
}

/** The settings that a bench file gives, with their values. */
export function benchSettings(b: BenchFile): Partial<Record<SettingKey, unknown>> {
  const given: Partial<Record<SettingKey, unknown>> = {
    'sim.sample': b.sample,
    'sim.seed': b.seed,
    'sim.noise': b.noise,
    'sim.ambientC': b.room?.celsius,
    'sim.supplyScale': b.supply?.scale,
    'heater.currentA': b.heater?.currentA,
    'heater.resistanceOhm': b.heater?.resistanceOhm,
    'sim.thermocoupleContact': b.thermocouple?.contact,
    'sim.thermocoupleLagS': b.thermocouple?.lagS,
    'sim.emissivity': b.infrared?.emissivity,
    'sim.infraredLagS': b.infrared?.lagS,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const REMEDY = 'See docs/reference/bench-file.md for the fields and their ranges.';

/** The fields of a bench file at `path`. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(SHAPE);
  if (path[0] === 'changes') return Object.keys(change.shape);
  let fields: Readonly<Record<string, unknown>> = SHAPE;
  for (const key of path) {
    const part = fields[String(key)];
    const inner = part instanceof z.ZodOptional ? part.unwrap() : part;
    if (!(inner instanceof z.ZodObject)) return [];
    fields = inner.shape;
  }
  return Object.keys(fields);
}

/**
 * Checks a parsed bench file, or lists every problem (BENCH_VALUE).
 * @param at where a path of it stands in its file
 */
export function readBench(
  name: string,
  json: unknown,
  at?: (path: readonly PropertyKey[]) => NonNullable<Problem['at']>,
): { bench: BenchFile } | { problems: Problem[] } {
  const parsed = BENCH_FILE.safeParse(json);
  if (parsed.success) return { bench: parsed.data };
  const problem = (path: readonly PropertyKey[], allowed: string, remedy: string): Problem => ({
    code: 'BENCH_VALUE',
    path: `${name}: ${path.join('.') || '(whole file)'}`,
    ...(at && { at: at(path) }),
    got: shown(valueAt(json, path)),
    allowed,
    remedy,
  });
  const problems = parsed.error.issues.flatMap((issue): Problem[] => {
    if (issue.code !== 'unrecognized_keys') return [problem(issue.path, allowedBy(issue), REMEDY)];
    const fields = fieldsAt(issue.path);
    return issue.keys.map((key) => {
      const near = nearest(key, fields);
      const remedy = near ? `Did you mean ${near}? Rename it.` : `Remove it. ${REMEDY}`;
      return problem([...issue.path, key], `only ${fields.join(', ')}`, remedy);
    });
  });
  return { problems };
}
