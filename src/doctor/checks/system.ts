/** The computer around the controller: hardware watchdog, clock, supply. */
import { about, type Check, type Finding } from '../finding.ts';
import { type Probe, textOf } from '../probe.ts';

const WATCHDOG_MOST_S = 16;
const WATCHDOG_WANTED_S = 10;
const COMMAND_MS = 3000;

const UNIT_S: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 };

/** Seconds of a span as the service manager writes it ("10s", "1min 30s", "0"), or null. */
function spanS(text: string): number | null {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (/^\d+$/.test(text)) return Number(text) * 1e-6;
  let total = 0;
  for (const part of text.split(/\s+/)) {
    const [, value, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(part) ?? [];
    const scale = UNIT_S[unit];
    if (value === undefined || scale === undefined) return null;
    total += Number(value) * scale;
  }
  return total;
}

export const watchdog: Check = {
  hardware: true,
  look: async ({ probe }): Promise<readonly Finding[]> => {
    const say = about('watchdog', 'Hardware watchdog');
    const remedy =
      `RuntimeWatchdogSec=${WATCHDOG_WANTED_S} under [Manager] in /etc/systemd/system.conf.d/watchdog.conf, restart. ` +
      'It restarts a computer whose kernel froze.';
    if (probe.facts('/dev/watchdog') === null) return [say.warn('/dev/watchdog is not there', remedy)];
    const answer = await probe.run('systemctl', ['show', '--property=RuntimeWatchdogUSec', '--value'], COMMAND_MS);
    const seconds = answer === null ? null : spanS(answer.trim());
    if (seconds === null) return [say.warn('/dev/watchdog is there; whether it is used cannot be read', remedy)];
    if (seconds === 0) return [say.warn('not used', remedy)];
    if (seconds > WATCHDOG_MOST_S)
      return [say.warn(`asks for ${seconds} s; the hardware counts to ${WATCHDOG_MOST_S} s at most`, remedy)];
    return [say.ok(`restarts a frozen computer after ${seconds} s`)];
  },
};

/** Only for the dates of records: control uses the monotonic clock. */
export const clock: Check = {
  hardware: false,
  look: async ({ probe }): Promise<readonly Finding[]> => {
    const say = about('clock', 'Clock');
    if (probe.facts('/run/systemd/timesync/synchronized')) return [say.ok('synchronised')];
    const answer = await probe.run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], COMMAND_MS);
    if (answer === null) return [say.skip('nothing here says whether it is synchronised')];
    if (answer.trim() === 'yes') return [say.ok('synchronised')];
    const remedy = 'sudo timedatectl set-ntp true, or fit a clock module. Only the dates of records depend on it.';
    return [say.warn('not synchronised', remedy)];
  },
};

/** The kernel’s own monitor of the supply, present on every Raspberry Pi. */
function voltageAlarm(probe: Probe): string | null {
  const folder = '/sys/class/hwmon';
  const name = probe.names(folder).find((one) => textOf(probe, `${folder}/${one}/name`) === 'rpi_volt');
  return name === undefined ? null : textOf(probe, `${folder}/${name}/in0_lcrit_alarm`);
}

export const supply: Check = {
  hardware: true,
  look: ({ probe }) => {
    const say = about('supply', 'Computer’s supply');
    const alarm = voltageAlarm(probe);
    if (alarm === null) return [say.skip('under-voltage cannot be read here')];
    if (alarm === '0') return [say.ok('no under-voltage')];
    return [say.warn('under-voltage was seen', 'Use a stronger 5 V supply and a short cable; feed the heater apart.')];
  },
};
