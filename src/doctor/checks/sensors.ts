/** The sensors themselves: who answers, and whether the value can be true. */
import type { HalError, HalErrorKind } from '../../hal/ports.ts';
import { about, type Check, type Examination, type Finding } from '../finding.ts';
import { textOf } from '../probe.ts';

const REMEDIES: Record<HalErrorKind, string> = {
  nak: 'No chip answers at this address: check supply, SDA, SCL and the address in the settings (remixd wire).',
  timeout: 'The bus hangs: check pull-ups and wire length, then take the sensors’ supply away for a moment.',
  bus: 'The transfer failed: check SDA, SCL, pull-ups and ground.',
  pec: 'The check code is wrong: shorten the wires or slow the bus to 50 kHz.',
  busy: 'A kernel driver has the chip: remove its overlay from config.txt and restart.',
  nodevice: 'The bus or chip select does not exist: see the device lines above.',
  permission: 'See the group and device lines above.',
  unsupported: 'The chip is another than the settings name: check hal.* and the addresses.',
  sensorfault: 'The converter reports a fault of its sensor: check the thermocouple and its wires.',
  implausible: 'The value cannot be true: check MISO, chip select and the sensor’s supply.',
  stale: 'The chip delivers nothing new: take its supply away for a moment.',
  config: 'The chip does not keep its configuration: check its supply.',
};

const inWords = ({ device, op, kind, detail, errno }: HalError): string =>
  `${device}: ${kind}${detail ? ` (${detail})` : ''} at ${op}${errno === null ? '' : `, errno ${errno}`}`;

/** A second master on the buses would disturb a run, so a running controller is left alone. */
function controller({ probe, settings }: Examination): number | null {
  const pid = Number(textOf(probe, `${settings['runtime.stateDir']}/lock`) ?? Number.NaN);
  return Number.isSafeInteger(pid) && pid > 0 && probe.facts(`/proc/${pid}`) !== null ? pid : null;
}

/** All sensors together, with their first conversions. A hung bus never answers, and the report must end all the same. */
const PATIENCE_MS = 15_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s, the bus hangs`)), PATIENCE_MS);
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
    if (owner !== null) return [say.skip(`not probed: the controller runs (process ${owner}) and uses the buses`)];
    const result = await inTime(examination.sensors(examination.settings)).catch((error: unknown) => String(error));
    if (typeof result === 'string')
      return [say.fail(`could not be asked: ${result}`, 'See the module and device lines above.')];
    if ('notProbed' in result) return [say.skip(result.notProbed)];
    return result.answers.map((answer) => {
      const one = about(`sensor-${answer.name}`, `Sensor ${answer.name}`);
      return answer.ok ? one.ok(answer.text) : one.fail(inWords(answer.why), REMEDIES[answer.why.kind]);
    });
  },
};
