/** `remixd doctor`: checks the computer and the bench, with a remedy for each problem. */
import { readOffer, slowWords } from '../config/calibration-offer.ts';
import type { LoadedConfig } from '../config/load.ts';
import { type Diagnosis, examine } from '../doctor/doctor.ts';
import { type GateConf, noSensorProbe, type OfferProbe, type SensorProbe } from '../doctor/finding.ts';
import { realProbe } from '../doctor/real-probe.ts';
import { reportLines } from '../doctor/report.ts';
import { checkSensors, type SensorAnswer } from '../doctor/sensor-check.ts';
import { readLink } from '../files/link-state.ts';
import { lockFolder, lockOwner } from '../files/lock.ts';
import { PACKAGE_ROOT } from '../files/recipes.ts';
import { HalOpenError, linuxSensors } from '../hal/registry.ts';
import type { LinkTrouble } from '../params/link-trouble.ts';
import { brokerUrl } from '../params/mqtt.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { MONOTONIC } from '../runtime/clock.ts';
import { credentialsOf } from './credentials.ts';
import { GATE_CONF } from './options.ts';

export interface DoctorOptions {
  readonly loaded: LoadedConfig;
  readonly json: boolean;
  /** Reads the real sensors; if absent, they are not read. */
  readonly sensors?: SensorProbe;
  /** The gate’s limits file for these settings; if absent, it is not compared. */
  readonly gateConfText?: GateConf['expected'];
}

/** Prints the report. Returns the exit code: 0 when nothing failed, else 1. */
export async function doctor({ loaded, json, sensors, gateConfText }: DoctorOptions): Promise<number> {
  const diagnosis = await examine({
    probe: realProbe(),
    settings: loaded.settings,
    sensors: sensors ?? noSensorProbe,
    gateConf: { path: GATE_CONF, expected: gateConfText ?? null },
    link: probeLink,
    offer: probeOffer,
    packageRoot: PACKAGE_ROOT,
  });
  process.stdout.write(json ? `${JSON.stringify(diagnosis, null, 1)}\n` : `${asText(diagnosis)}\n`);
  return diagnosis.ok ? 0 : 1;
}

function asText(diagnosis: Diagnosis): string {
  const terminal = process.stdout.isTTY === true;
  const colour = terminal && process.env['NO_COLOR'] === undefined;
  return reportLines(diagnosis, Math.min(process.stdout.columns ?? 110, 120), colour).join('\n');
}

/** The offer of a better calibration in the state folder. */
const probeOffer: OfferProbe = (settings) => {
  const found = readOffer(settings);
  if (found === null) return null;
  if ('problems' in found) {
    const wrong = found.problems.map(({ code, got, allowed }) => `${code}: ${got}; allowed: ${allowed}`).join('. ');
    return { wrong, remedy: found.problems[0]?.remedy ?? '' };
  }
  const { offer, base } = found;
  return {
    text: `slow time constant ${slowWords(offer.calibration)} instead of ${slowWords(base.calibration)}; remixd commission --accept-offer puts it in force`,
  };
};

/** A controller that runs here has its own view of the link; otherwise the way is tried once. */
async function probeLink(settings: Settings): Promise<LinkTrouble | null> {
  const stateDir = settings['runtime.stateDir'];
  const owner = lockOwner(stateDir);
  const seen = owner === null ? 'unknown' : readLink(stateDir, owner);
  if (seen !== 'unknown') return seen;
  const { tryBroker } = await import('../client/try-broker.ts');
  return tryBroker(brokerUrl(settings['mqtt.broker']), settings['mqtt.device'], credentialsOf(settings));
}

/**
 * Reads the sensors of a real bench once. Not while a controller runs here: configuring a chip again would disturb the
 * readings of that controller.
 */
export async function probeSensors(
  settings: Settings,
): Promise<{ answers: readonly SensorAnswer[] } | { notProbed: string }> {
  if (settings['hal.kind'] === 'sim') return { notProbed: 'not probed: hal.kind = sim' };
  let unlock: () => void;
  try {
    unlock = lockFolder(settings['runtime.stateDir']);
  } catch (error) {
    const running = error instanceof ConfigError;
    return {
      notProbed: running ? 'not probed: a controller is using the sensors' : `not probed: ${(error as Error).message}`,
    };
  }
  try {
    const bench = await linuxSensors(settings);
    try {
      return { answers: await checkSensors(bench, MONOTONIC) };
    } finally {
      await bench.close();
    }
  } catch (error) {
    if (!(error instanceof HalOpenError)) throw error;
    return { notProbed: `not probed: ${error.cause}. ${error.remedy}` };
  } finally {
    unlock();
  }
}
