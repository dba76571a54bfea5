/** From the film’s state to light: bands, the spectrum, and what photodiodes behind filters make of it. */
import { arrhenius, type Film } from './film.ts';
import type { Band, IonBrightening, Sample } from './samples.ts';

/** One emission band with its integrated brightness (1 = the fresh mixed film of feng-2023 at 23.8 °C in full light). */
export interface Emission extends Band {
  readonly brightness: number;
}

const SIGMA_PER_FWHM = 1 / (2 * Math.sqrt(2 * Math.log(2)));
const PAPER_ROOM_C = 23.8;
/** How much likelier a carrier recombines in an iodide-rich domain than in the mixed film. */
const FUNNEL = 10;
/** PLQY of the sample with brightness 1; also used for films whose paper gives no PLQY. */
const REFERENCE_PLQY = 0.6;

/** Slow changes of the emitter that heat pulses neither cause nor reverse. */
export class Ageing {
  /** Seconds of full light, seconds in air at its ordinary pace, and share of the photobrightening reached. */
  lightS = 0;
  airS = 0;
  bright = 0;
  /** Share of the brightening by ions reached. */
  ions = 0;
  /** What else makes it brighter, as a factor, and how many times as fast air acts. */
  brightness = 1;
  airPace = 1;

  constructor(private readonly sample: Sample) {}

  step(dtS: number, filmC: number, light: number): void {
    this.airS += dtS * this.airPace;
    if (light > 0) this.lightS += dtS * light;
    if (this.sample.ions) this.migrate(dtS, Math.min(1, light), this.sample.ions);
    const b = this.sample.brightening;
    if (!b) return;
    if (light > 0) this.bright += (1 - this.bright) * (1 - Math.exp((-dtS * Math.min(1, light)) / b.riseS));
    else {
      this.bright /= 1 + b.darkPerS * Math.exp(b.darkEnergy * arrhenius(filmC)) * this.bright * dtS;
    }
  }

  /** Light drives the ions one way, its absence lets them come back; half light ends in between. */
  private migrate(dtS: number, light: number, { riseS, decayS }: IonBrightening): void {
    const rise = light / riseS;
    const rate = rise + (1 - light) / decayS;
    this.ions = rise / rate + (this.ions - rise / rate) * Math.exp(-rate * dtS);
  }

  /** PLQY now over the fresh one. */
  yield(): number {
    const { brightening, ions, photoloss, leadLeak } = this.sample;
    let share = this.brightness;
    if (brightening) share *= 1 + (brightening.plqyTo / brightening.plqyFrom - 1) * this.bright;
    if (ions) share *= 1 + ions.gain * this.ions;
    if (photoloss) share *= 1 - photoloss.share * (1 - Math.exp(-this.lightS / photoloss.tauS));
    if (leadLeak) share *= Math.exp(-this.airS / leadLeak.tauS);
    return share;
  }

  /** Mean PL lifetime, ns, or null where the paper gives none. */
  lifetimeNs(): number | null {
    const { brightening, lifetimeNs } = this.sample;
    if (lifetimeNs === null || !brightening || brightening.lifetimeToNs === null) return lifetimeNs;
    return lifetimeNs + (brightening.lifetimeToNs - lifetimeNs) * this.bright;
  }
}

const emitted = ({ peakNm, fwhmNm }: Band, brightness: number): Emission => ({ peakNm, fwhmNm, brightness });

/** The bands that film, temperature and light give. */
export function emissions(
  sample: Sample,
  film: Pick<Film, 'segregated'>,
  ageing: Ageing,
  filmC: number,
  light: number,
): Emission[] {
  const warm = filmC - PAPER_ROOM_C;
  const fresh = (sample.plqy ?? REFERENCE_PLQY) / REFERENCE_PLQY;
  const level = light * fresh * ageing.yield() * Math.exp(-sample.quenchPerK * warm);
  const x = film.segregated;
  let peakNm = sample.mixed.peakNm + sample.shiftNmPerK * warm;
  const fwhmNm = Math.max(1, sample.mixed.fwhmNm + sample.broadenNmPerK * warm);
  const bands: Emission[] = [];
  if (sample.leadLeak) {
    const grown = 1 - Math.exp(-ageing.airS / sample.leadLeak.tauS);
    peakNm += sample.leadLeak.creepNm * grown;
    bands.push(emitted(sample.leadLeak.defect, light * fresh * sample.leadLeak.defectShare * grown));
  }
  if (sample.shift === 'moving-peak') {
    // Carriers funnel into the iodide-rich domains, so the emission shifts before most of the film has segregated.
    const share = x / sample.kinetics.segregatedMax;
    const walked = (FUNNEL * share) / (1 + (FUNNEL - 1) * share);
    peakNm += (sample.segregated.peakNm - peakNm) * walked;
    bands.push(emitted({ peakNm, fwhmNm }, level * (1 - x + x * sample.segregatedBrightness)));
    return bands;
  }
  bands.push({ peakNm, fwhmNm, brightness: level * (1 - x) });
  if (x > 0) bands.push(emitted(sample.segregated, level * x * sample.segregatedBrightness));
  return bands;
}

/** Spectral density at `nm`, in units of integrated brightness per nm. */
export function spectrumAt(bands: readonly Emission[], nm: number): number {
  let sum = 0;
  for (const band of bands) {
    const sigma = band.fwhmNm * SIGMA_PER_FWHM;
    const z = (nm - band.peakNm) / sigma;
    sum += (band.brightness / (sigma * 2.5066282746)) * Math.exp(-0.5 * z * z);
  }
  return sum;
}

/** Highest point of the spectrum (0.1 nm grid) and its full width at half maximum, as a spectrometer would report. */
export function peakOf(bands: readonly Emission[]): Band {
  let peakNm = 0;
  let top = 0;
  for (let nm = 430; nm <= 780; nm += 0.1) {
    const value = spectrumAt(bands, nm);
    if (value > top) {
      top = value;
      peakNm = nm;
    }
  }
  let left = peakNm;
  let right = peakNm;
  while (left > 400 && spectrumAt(bands, left) > top / 2) left -= 0.05;
  while (right < 800 && spectrumAt(bands, right) > top / 2) right += 0.05;
  return { peakNm, fwhmNm: right - left };
}

/** A photodiode channel: a Gaussian band-pass, or (filter null) bare silicon. */
export interface Photodiode {
  readonly filter: Band | null;
  /** Volts for unit brightness through an ideal filter. */
  readonly gainV: number;
}

export const PHOTODIODES = {
  green: { filter: { peakNm: 505, fwhmNm: 24 }, gainV: 3 },
  red: { filter: { peakNm: 626, fwhmNm: 40 }, gainV: 3 },
  broadband: { filter: null, gainV: 2.4 },
} as const satisfies Record<string, Photodiode>;

/** Silicon responsivity relative to 626 nm: about 0.65 at 505 nm, linear between. */
const silicon = (nm: number): number => 1 + ((nm - 626) * 0.35) / 121;

/**
 * Signal of a photodiode, V: the overlap of Gaussian bands with a Gaussian filter has a closed form.
 * @param leak share of the light that the filter lets through wherever it is in the spectrum, 0..1
 */
export function photodiodeVolts(bands: readonly Emission[], diode: Photodiode, leak = 0): number {
  let volts = 0;
  for (const band of bands) {
    const bare = silicon(band.peakNm);
    let share = bare;
    if (diode.filter) {
      const a = band.fwhmNm * SIGMA_PER_FWHM;
      const b = diode.filter.fwhmNm * SIGMA_PER_FWHM;
      const z2 = (band.peakNm - diode.filter.peakNm) ** 2 / (a * a + b * b);
      share *= (b / Math.sqrt(a * a + b * b)) * Math.exp(-0.5 * z2);
      share += leak * (bare - share);
    }
    volts += diode.gainV * band.brightness * share;
  }
  return volts;
}
