/** The sensors: which of them answer, and whether the value is plausible. */
import type { HalError, HalErrorKind } from '../../hal/ports.ts';
import { about, type Check, type Examination, type Finding } from '../finding.ts';
import { textOf } from '../probe.ts';

const REMEDIES: Record<HalErrorKind, string> = {
  nak: 'No chip answers at this address. Check its supply, SDA, SCL and the address in the settings (remixd wire).',
  timeout: 'The bus hangs. Check the pull-ups and wire length, then power-cycle the sensors.',
  bus: 'The transfer failed. Check SDA, SCL, pull-ups and ground.',
  pec: 'The check code (PEC) is wrong. Shorten the wires, or slow the bus to 50 kHz.',
  busy: 'A kernel driver uses the chip. Remove its overlay from config.txt and restart.',
  nodevice: 'The bus, the chip select or the expected chip is missing. See the device lines above, and check hal.*.',
  permission: 'This user has no access. See the group and device lines above.',
  unsupported: 'The chip is not the one named in the settings. Check hal.* and the addresses.',
  sensorfault: 'The converter reports a sensor fault. Check the thermocouple and its wires.',
  implausible: 'The value is not plausible. Check MISO, the chip select and the sensor’s supply.',
  stale: 'The chip delivers no new value. Power-cycle it.',
  config: 'The chip loses its configuration. Check its supply.',
};

const inWords = ({ device, op, kind, detail, errno }: HalError): string =>
  `${device}: ${kind}${detail ? ` (${detail})` : ''} at ${op}${errno === null ? '' : `, errno ${errno}`}`;

/** A second master on the buses would disturb a run, so nothing is read while a controller runs. */
function controller({ probe, settings }: Examination): number | null {
  const pid = Number(textOf(probe, `${settings['runtime.stateDir']}/lock`) ?? Number.NaN);
  return Number.isSafeInteger(pid) && pid > 0 && probe.facts(`/proc/${pid}`) !== null ? pid : null;
}

/** For all sensors together, with their first conversions: the report must end even if a hung bus never answers. */
const PATIENCE_MS = 15_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s; the bus hangs`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const sensors: Check = {
  hardware: true,
  look: async (examination): Promise<readonly Finding[]> => {
    const say = about('sensors', 'Sensors');
    const owner = controller(examination);
    if (owner !== null) return [say.skip(`not probed: the controller (process ${owner}) is using the buses`)];
    const result = await inTime(examination.sensors(examination.settings)).catch((error: unknown) => String(error));
    if (typeof result === 'string')
      return [say.fail(`could not be read: ${result}`, 'See the module and device lines above.')];
    if ('notProbed' in result) return [say.skip(result.notProbed)];
    return result.answers.map((answer) => {
      const one = about(`sensor-${answer.name}`, `Sensor ${answer.name}`);
      return answer.ok ? one.ok(answer.text) : one.fail(inWords(answer.why), REMEDIES[answer.why.kind]);
    });
  },
};
