/** `remixd doctor`: looks at the computer and the bench, and says what to do about what is not well. */
import { type Diagnosis, examine } from '../doctor/doctor.ts';
import { type GateConf, noSensorProbe, type SensorProbe } from '../doctor/finding.ts';
import { realProbe } from '../doctor/real-probe.ts';
import { reportLines } from '../doctor/report.ts';
import type { LoadedConfig } from '../runtime/config.ts';
import { PACKAGE_ROOT } from '../runtime/recipes.ts';

/** Where an installed gate finds its limits; see docs/INSTALL.md. */
export const GATE_CONF = '/etc/remixd/gate.conf';

export interface DoctorOptions {
  readonly loaded: LoadedConfig;
  readonly json: boolean;
  /** Asks the real sensors; left out, they are not asked. */
  readonly sensors?: SensorProbe;
  /** What the gate’s limits file must say for these settings; left out, it is not compared. */
  readonly gateConfText?: GateConf['expected'];
}

/** Prints the report. Returns the exit code: 0 when nothing failed, else 1. */
export async function doctor({ loaded, json, sensors, gateConfText }: DoctorOptions): Promise<number> {
  const diagnosis = await examine({
    probe: realProbe(),
    settings: loaded.settings,
    sensors: sensors ?? noSensorProbe,
    gateConf: { path: GATE_CONF, expected: gateConfText ?? null },
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
