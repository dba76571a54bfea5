/** What a check says, and what it is given to look at. */
import type { HalError } from '../hal/ports.ts';
import type { Settings } from '../params/settings.ts';
import type { Probe } from './probe.ts';

/** skip = could not or need not be looked at; only `fail` makes the examination fail. */
export type Level = 'ok' | 'warn' | 'fail' | 'skip';

export interface Finding {
  /** Stable name of the check, for programs that read `--json`. */
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  /** What was seen, and why it matters when it is not good. */
  readonly text: string;
  readonly remedy?: string;
}

/** One sensor’s answer: its value in words, judged plausible, or why there is none. */
export type SensorAnswer =
  | { readonly name: string; readonly ok: true; readonly text: string }
  | { readonly name: string; readonly ok: false; readonly why: HalError };

/**
 * Asks each sensor once: identity first, then a value that must be plausible. It must not drive any line. A probe that
 * does not ask says why instead of guessing.
 */
export type SensorProbe = (
  settings: Settings,
) => Promise<{ readonly answers: readonly SensorAnswer[] } | { readonly notProbed: string }>;

/** For settings without sensors to ask, and for programs that bring no probe. */
export const noSensorProbe: SensorProbe = (settings) =>
  Promise.resolve({
    notProbed: settings['hal.kind'] === 'sim' ? 'not probed: hal.kind = sim' : 'not probed: this build cannot ask them',
  });

/** The gate’s limits file: where it is, and what it must say for these settings (null: this build cannot tell). */
export interface GateConf {
  readonly path: string;
  readonly expected: ((settings: Settings) => string) | null;
}

/** Everything a check may use. */
export interface Examination {
  readonly probe: Probe;
  readonly settings: Settings;
  readonly sensors: SensorProbe;
  readonly gateConf: GateConf;
  /** Folder of the package, where the gate programs lie. */
  readonly packageRoot: string;
}

export interface Check {
  /** True for what only matters on a bench with hardware; it never fails on the simulated one. */
  readonly hardware: boolean;
  readonly look: (about: Examination) => readonly Finding[] | Promise<readonly Finding[]>;
}

/** A finding’s constructor per level, so that no bad finding can be made without a remedy. */
export const about = (id: string, title: string) => ({
  ok: (text: string): Finding => ({ id, title, level: 'ok', text }),
  skip: (text: string): Finding => ({ id, title, level: 'skip', text }),
  warn: (text: string, remedy: string): Finding => ({ id, title, level: 'warn', text, remedy }),
  fail: (text: string, remedy: string): Finding => ({ id, title, level: 'fail', text, remedy }),
});
