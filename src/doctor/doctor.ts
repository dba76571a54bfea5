/** The whole examination, in the order in which a person would fix the problems. */
import { busDevices, gpioDevices, groups } from './checks/access.ts';
import { bootParameters, model } from './checks/boot.ts';
import { gateLimits, gatePrograms, gateScheduling, gateSocket } from './checks/gate.ts';
import { gpioAccess, gpioChip, persistence, pins } from './checks/gpio.ts';
import { busSpeed } from './checks/i2c.ts';
import { link } from './checks/link.ts';
import { offer } from './checks/offer.ts';
import { sensors } from './checks/sensors.ts';
import { compiler, nativeModules, nodeVersion, notifyModule } from './checks/software.ts';
import { folders } from './checks/storage.ts';
import { clock, supply, watchdog } from './checks/system.ts';
import type { Check, Examination, Finding, Level } from './finding.ts';

const CHECKS: readonly Check[] = [
  nodeVersion,
  folders,
  clock,
  link,
  nativeModules,
  notifyModule,
  compiler,
  bootParameters,
  busDevices,
  gpioDevices,
  groups,
  busSpeed,
  gpioAccess,
  gpioChip,
  persistence,
  pins,
  sensors,
  offer,
  gatePrograms,
  gateLimits,
  gateSocket,
  gateScheduling,
  watchdog,
  supply,
];

export interface Diagnosis {
  /** Nothing failed. */
  readonly ok: boolean;
  readonly computer: string;
  readonly hal: string;
  readonly counts: Readonly<Record<Level, number>>;
  readonly findings: readonly Finding[];
}

/** On the simulated bench a hardware finding is only information. */
const asSkipped = ({ id, title, level, text }: Finding): Finding =>
  level === 'ok' ? { id, title, level, text } : { id, title, level: 'skip', text };

/** Runs all checks, one after the other; never writes and never drives a line. */
export async function examine(given: Examination): Promise<Diagnosis> {
  const examination = { ...given, packageRoot: given.packageRoot.replace(/\/+$/, '') };
  const { probe, settings } = examination;
  const simulated = settings['hal.kind'] === 'sim';
  const findings: Finding[] = [];
  for (const { hardware, look } of CHECKS) {
    const found = await look(examination);
    findings.push(...(hardware && simulated ? found.map(asSkipped) : found));
  }
  const counts: Record<Level, number> = { ok: 0, warn: 0, fail: 0, skip: 0 };
  for (const { level } of findings) counts[level] += 1;
  const computer = model(probe) ?? `${probe.platform} ${probe.arch}`;
  return { ok: counts.fail === 0, computer, hal: settings['hal.kind'], counts, findings };
}
