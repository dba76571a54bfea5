/**
 * Sample presets: what the papers measured, as parameters. `assumed` names what a paper does not give and was chosen.
 * Sources: feng-2023 doi 10.1002/adma.202308032 · ye-2022 J. Am. Chem. Soc. 144, 12102 · liu-2021 Nanoscale ·
 * hashimoto-2024 Nanoscale Adv. · zhang-2021 ACS Appl. Mater. Interfaces.
 */
import { type FilmKinetics, PLAIN_LIGHT } from './film.ts';

export interface Band {
  readonly peakNm: number;
  readonly fwhmNm: number;
}

export interface Sample {
  readonly title: string;
  readonly source: string;
  readonly assumed: string;
  readonly kinetics: FilmKinetics;
  readonly mixed: Band;
  readonly segregated: Band;
  /** two-bands: the segregated phase has a peak of its own; moving-peak: one peak walks from mixed to segregated. */
  readonly shift: 'two-bands' | 'moving-peak';
  /** Brightness of the segregated phase over the mixed one, at equal fraction. */
  readonly segregatedBrightness: number;
  /** Loss of PL per kelvin above the room temperature of the sample’s paper. */
  readonly quenchPerK: number;
  /** Shift and broadening of the mixed peak per kelvin, nm/K. */
  readonly shiftNmPerK: number;
  readonly broadenNmPerK: number;
  /** PL quantum yield, 0..1, mean lifetime in ns and iodide share from EDX in at%, where the paper gives them. */
  readonly plqy: number | null;
  readonly lifetimeNs: number | null;
  readonly iodideAtPercent: number | null;
  /** Ion-hop barrier, eV (ye-2022, from nudged-elastic-band calculations). */
  readonly barrierEv: number | null;
  readonly brightening: Brightening | null;
  readonly ions: IonBrightening | null;
  readonly photoloss: Photoloss | null;
  readonly leadLeak: LeadLeak | null;
}

/** Ligands adsorb in light and leave in the dark (hashimoto-2024). */
export interface Brightening {
  readonly plqyFrom: number;
  readonly plqyTo: number;
  readonly riseS: number;
  /** Pseudo-second-order loss in the dark at 23.5 °C, 1/s, and its energy, kJ/mol. */
  readonly darkPerS: number;
  readonly darkEnergy: number;
  /** Mean lifetime at the end of the rise, ns; null = not known. */
  readonly lifetimeToNs: number | null;
}

/** Ions migrate in light and passivate traps within minutes, and come back in the dark. */
export interface IonBrightening {
  /** What full light adds in the end, as a share of the PL. */
  readonly gain: number;
  /** Time constants of the rise in full light and of the decay in the dark, s. */
  readonly riseS: number;
  readonly decayS: number;
}

/** Permanent loss of PL in light: a fraction, with a time constant. */
export interface Photoloss {
  readonly share: number;
  readonly tauS: number;
}

/** Metallic lead grows in air: the peak shrinks and creeps red, and a broad red band grows (liu-2021). */
export interface LeadLeak {
  readonly tauS: number;
  readonly creepNm: number;
  readonly defect: Band;
  readonly defectShare: number;
}

/** Parameters from one global fit to all statements of feng-2023. */
export const FENG_KINETICS: FilmKinetics = {
  shockTauS: 0.712,
  remixPerS: 0.689,
  coolingShare: 0.678,
  remixEnergy: 21.6,
  remixShockK: 0.184,
  clockShockK: 0.932,
  shockOrder: 10,
  clockResetPerS: 30,
  inductionS: 10.53,
  inductionEnergy: 179,
  growthPerS: 0.0457,
  growthEnergy: 126,
  segregatedMax: 0.95,
  restPerS: 3.39e-4,
  restEnergy: 83.1,
  lossPerS: 6e-5,
  lightHalf: 0.04,
  ...PLAIN_LIGHT,
};

/** A second, rounded fit to the same statements: the data do not distinguish the two. */
export const FENG_KINETICS_ROUNDED: FilmKinetics = {
  ...FENG_KINETICS,
  shockTauS: 0.69,
  remixPerS: 0.59,
  coolingShare: 0.83,
  remixEnergy: 22,
  remixShockK: 0.158,
  clockShockK: 0.95,
  inductionS: 10,
  inductionEnergy: 172,
  growthPerS: 0.054,
  restPerS: 3.75e-4,
  restEnergy: 82,
};

const NO_SEGREGATION: FilmKinetics = { ...FENG_KINETICS, growthPerS: 0, lossPerS: 0 };

const FENG: Sample = {
  title: 'CsPbBr1.2I1.8 nanocrystal film on ITO',
  source: 'feng-2023',
  assumed: 'thermal quenching 1.5 %/K; brightness of the segregated phase 0.8 of the mixed one',
  kinetics: FENG_KINETICS,
  mixed: { peakNm: 626, fwhmNm: 37.4 },
  segregated: { peakNm: 505, fwhmNm: 18.4 },
  shift: 'two-bands',
  segregatedBrightness: 0.8,
  quenchPerK: 0.015,
  shiftNmPerK: -1.2 / 11.2,
  broadenNmPerK: 4.9 / 11.2,
  plqy: null,
  lifetimeNs: null,
  iodideAtPercent: null,
  barrierEv: null,
  brightening: null,
  ions: null,
  photoloss: null,
  leadLeak: null,
};

const composition = (name: string, peakNm: number, segregatedNm: number, assumed: string): Sample => ({
  ...FENG,
  title: `${name} nanocrystal film on ITO`,
  assumed,
  mixed: { peakNm, fwhmNm: 37.4 },
  segregated: { peakNm: segregatedNm, fwhmNm: 18.4 },
});

const VEGARD = 'peak interpolated linearly in iodide between 505 and 626 nm; kinetics as CsPbBr1.2I1.8 ("similar")';

interface Wash {
  readonly name: string;
  readonly peakNm: number;
  readonly fwhmNm: number;
  readonly plqy: number;
  readonly lifetimeNs: number;
  readonly iodide: number;
  readonly barrierEv: number;
  /** Speed of the red shift over that of methyl acetate, and loss of brightness; orders from Figs. 6 and 7. */
  readonly speed: number;
  readonly lossTauS: number;
}

const washed = (w: Wash): Sample => ({
  ...FENG,
  title: `CsPbBrxI3-x nanocrystal LED, washed with ${w.name}`,
  source: 'ye-2022',
  assumed:
    'time scale of the red shift and of the brightness loss (the paper gives their order, not numbers); remixing by heat as ' +
    'in feng-2023: no pulse of heat is known to cure this red shift',
  kinetics: { ...FENG_KINETICS, growthPerS: FENG_KINETICS.growthPerS * 0.4 * w.speed, segregatedMax: 1 },
  mixed: { peakNm: w.peakNm, fwhmNm: w.fwhmNm },
  segregated: { peakNm: 664, fwhmNm: 35 },
  shift: 'moving-peak',
  segregatedBrightness: 0.9,
  plqy: w.plqy,
  lifetimeNs: w.lifetimeNs,
  iodideAtPercent: w.iodide,
  barrierEv: w.barrierEv,
  photoloss: { share: 0.6, tauS: w.lossTauS },
});

const HASHIMOTO: Sample = {
  ...FENG,
  title: 'Ordered 3D array of CsPbBr3 nanocubes',
  source: 'hashimoto-2024',
  assumed: 'rise constant 0.75 h; loss rate in the dark such that a tenth of the gain is left after 600 h',
  kinetics: NO_SEGREGATION,
  mixed: { peakNm: 528, fwhmNm: 20 },
  segregated: { peakNm: 528, fwhmNm: 20 },
  shiftNmPerK: 0,
  broadenNmPerK: 0,
  plqy: 0.16,
  lifetimeNs: 10.5,
  brightening: {
    plqyFrom: 0.16,
    plqyTo: 0.692,
    riseS: 2700,
    darkPerS: 9 / (600 * 3600),
    darkEnergy: 42.1,
    lifetimeToNs: 22.6,
  },
  photoloss: { share: 0.16, tauS: 6000 * 3600 },
};

const zhang = (title: string, peakNm: number, fwhmNm: number, attenuation: number): Sample => ({
  ...FENG,
  title,
  source: 'zhang-2021',
  assumed: 'exponential course with a time constant of 8 h; only the loss after 1440 min is given',
  kinetics: NO_SEGREGATION,
  mixed: { peakNm, fwhmNm },
  segregated: { peakNm, fwhmNm },
  // 0.359 meV/K to the blue at this peak (measured between 140 and 295 K): dλ = −λ²/hc · dE.
  shiftNmPerK: -((peakNm * peakNm) / 1239842) * 0.359,
  broadenNmPerK: 0.05,
  plqy: null,
  photoloss: { share: attenuation / (1 - Math.exp(-3)), tauS: 8 * 3600 },
});

export const SAMPLES = {
  'feng-2023': FENG,
  'feng-2023-bulk': {
    ...FENG,
    title: 'Bulk CsPbBr2I microplate',
    assumed: 'cooling remixes at 0.15 of the heating rate ("only in part"); peak interpolated',
    kinetics: { ...FENG_KINETICS, coolingShare: 0.15 },
    mixed: { peakNm: 572, fwhmNm: 30 },
    segregated: { peakNm: 525, fwhmNm: 20 },
  },
  'cspb-br0.9-i2.1': composition('CsPbBr0.9I2.1', 646, 505, VEGARD),
  'cspb-br1.5-i1.5': composition('CsPbBr1.5I1.5', 606, 505, VEGARD),
  'fapb-br0.9-i2.1': {
    ...composition(
      'FAPbBr0.9I2.1',
      680,
      536,
      'mixed peak 680 nm; segregated peak as FAPbBr3 of zhang-2021; kinetics of the second, rounded fit ("similar")',
    ),
    kinetics: FENG_KINETICS_ROUNDED,
  },
  'wash-hexane': washed({
    name: 'hexane only',
    peakNm: 653,
    fwhmNm: 35,
    plqy: 0.819,
    lifetimeNs: 21.05,
    iodide: 82,
    barrierEv: 2.8,
    speed: 0.8,
    lossTauS: 7200,
  }),
  'wash-methyl-acetate': washed({
    name: 'methyl acetate',
    peakNm: 638,
    fwhmNm: 35,
    plqy: 0.629,
    lifetimeNs: 14.58,
    iodide: 55,
    barrierEv: 2.8,
    speed: 1,
    lossTauS: 5400,
  }),
  'wash-acetone': washed({
    name: 'acetone',
    peakNm: 599,
    fwhmNm: 32,
    plqy: 0.321,
    lifetimeNs: 10.25,
    iodide: 37,
    barrierEv: 2.49,
    speed: 2.5,
    lossTauS: 1800,
  }),
  'wash-butanol': washed({
    name: 'butanol',
    peakNm: 533,
    fwhmNm: 34,
    plqy: 0.101,
    lifetimeNs: 3.67,
    iodide: 25,
    barrierEv: 2.49,
    speed: 4,
    lossTauS: 900,
  }),
  'lead-leak': {
    ...FENG,
    title: 'CsPbBr3 dots degrading in air (lead leak)',
    source: 'liu-2021',
    assumed: 'exponential loss with a time constant of 2 days; creep 4 nm; defect band at 620 nm, 120 nm wide',
    kinetics: NO_SEGREGATION,
    mixed: { peakNm: 513, fwhmNm: 21.9 },
    segregated: { peakNm: 513, fwhmNm: 21.9 },
    shiftNmPerK: 0,
    broadenNmPerK: 0,
    plqy: 0.88,
    leadLeak: { tauS: 2 * 86400, creepNm: 4, defect: { peakNm: 620, fwhmNm: 120 }, defectShare: 0.06 },
  },
  'nanocube-array': HASHIMOTO,
  'nanocube-isolated': {
    ...HASHIMOTO,
    title: 'Isolated CsPbBr3 nanocubes',
    assumed: 'none beside the peak width',
    mixed: { peakNm: 513, fwhmNm: 20 },
    segregated: { peakNm: 513, fwhmNm: 20 },
    plqy: 0.194,
    brightening: null,
    photoloss: null,
  },
  'bare-fapbbr3': zhang('Bare FAPbBr3 nanocrystals', 536, 21, 0.4),
  'core-shell': { ...zhang('Core-shell FAPbBr3/CsPbBr3 nanocrystals', 513, 20, 0.1), lifetimeNs: 5.58 },
} as const satisfies Record<string, Sample>;

export type SampleName = keyof typeof SAMPLES;
export const SAMPLE_NAMES = Object.keys(SAMPLES) as SampleName[];
export const isSampleName = (name: string): name is SampleName => Object.hasOwn(SAMPLES, name);
export const sampleOf = (name: SampleName): Sample => SAMPLES[name];

/**
 * Lattice strain on cooling by `deltaK` from 310 K, 0..1, from the lattice constants that Feng 2023 quotes for 310 and
 * 300 K (5.807 -> 5.802 Å for CsPbBr3, 6.080 -> 6.075 Å for CsPbI3).
 */
export function latticeStrain(material: 'CsPbBr3' | 'CsPbI3', deltaK: number): number {
  const [at310, at300] = material === 'CsPbBr3' ? [5.807, 5.802] : [6.08, 6.075];
  return ((at310 - at300) / at310) * (deltaK / 10);
}
