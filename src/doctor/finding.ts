/** The result of a check, and its input. */
import type { HalError } from '../hal/ports.ts';
import type { LinkTrouble } from '../params/link-trouble.ts';
import type { Settings } from '../params/settings.ts';
import type { Probe } from './probe.ts';

/** skip = could not or need not be checked; only `fail` makes the examination fail. */
export type Level = 'ok' | 'warn' | 'fail' | 'skip';

export interface Finding {
  /** Stable name of the check, for programs that read `--json`. */
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  /** What was found, and why it matters if it is bad. */
  readonly text: string;
  readonly remedy?: string;
}

/** One sensor’s answer: a plausible value in words, or why there is none. */
export type SensorAnswer =
  | { readonly name: string; readonly ok: true; readonly text: string }
  | { readonly name: string; readonly ok: false; readonly why: HalError };

/**
 * Reads each sensor once: identity first, then a value that must be plausible. It must not drive any line. A probe that
 * does not read them returns the reason.
 */
export type SensorProbe = (
  settings: Settings,
) => Promise<{ readonly answers: readonly SensorAnswer[] } | { readonly notProbed: string }>;

/** For settings without real sensors, and for programs without a probe. */
export const noSensorProbe: SensorProbe = (settings) =>
  Promise.resolve({
    notProbed:
      settings['hal.kind'] === 'sim' ? 'not probed: hal.kind = sim' : 'not probed: this build cannot read them',
  });

/** The gate’s limits file: its path, and its content for these settings (null: not known in this build). */
export interface GateConf {
  readonly path: string;
  readonly expected: ((settings: Settings) => string) | null;
}

/** What does not work between this computer and the broker of these settings; null = commands would be heard. */
export type LinkProbe = (settings: Settings) => Promise<LinkTrouble | null>;

/** What a run has learnt of the bench and offers: in words, or what is wrong with the offer; null = there is none. */
export type OfferProbe = (
  settings: Settings,
) => { readonly text: string } | { readonly wrong: string; readonly remedy: string } | null;

/** Everything a check may use. */
export interface Examination {
  readonly probe: Probe;
  readonly settings: Settings;
  readonly sensors: SensorProbe;
  readonly gateConf: GateConf;
  /** If absent, the broker is not looked at. */
  readonly link?: LinkProbe;
  /** If absent, offers are not looked for. */
  readonly offer?: OfferProbe;
  /** Folder of the package, with the gate programs. */
  readonly packageRoot: string;
}

export interface Check {
  /** True for a check that only matters with hardware; it never fails on the simulated bench. */
  readonly hardware: boolean;
  readonly look: (about: Examination) => readonly Finding[] | Promise<readonly Finding[]>;
}

/** One constructor per level, so that a bad finding always has a remedy. */
export const about = (id: string, title: string) => ({
  ok: (text: string): Finding => ({ id, title, level: 'ok', text }),
  skip: (text: string): Finding => ({ id, title, level: 'skip', text }),
  warn: (text: string, remedy: string): Finding => ({ id, title, level: 'warn', text, remedy }),
  fail: (text: string, remedy: string): Finding => ({ id, title, level: 'fail', text, remedy }),
});
