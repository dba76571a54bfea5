/** The computer: hardware watchdog, clock, supply. */

import { witnessed } from '../../runtime/clock-sync.ts';
import { about, type Check, type Finding } from '../finding.ts';
import { type Probe, textOf } from '../probe.ts';

const WATCHDOG_MOST_S = 16;
const WATCHDOG_WANTED_S = 10;
const COMMAND_MS = 3000;

const UNIT_S: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 };

/** Seconds of a time span in the service manager’s notation ("10s", "1min 30s", "0"), or null. */
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
      `Set RuntimeWatchdogSec=${WATCHDOG_WANTED_S} under [Manager] in /etc/systemd/system.conf.d/watchdog.conf and restart. ` +
      'The watchdog then restarts a frozen computer.';
    if (probe.facts('/dev/watchdog') === null) return [say.warn('/dev/watchdog is missing', remedy)];
    const answer = await probe.run('systemctl', ['show', '--property=RuntimeWatchdogUSec', '--value'], COMMAND_MS);
    const seconds = answer === null ? null : spanS(answer.trim());
    if (seconds === null) return [say.warn('/dev/watchdog exists; whether it is in use cannot be read', remedy)];
    if (seconds === 0) return [say.warn('not in use', remedy)];
    if (seconds > WATCHDOG_MOST_S)
      return [say.warn(`set to ${seconds} s, but the hardware supports at most ${WATCHDOG_MOST_S} s`, remedy)];
    return [say.ok(`restarts a frozen computer after ${seconds} s`)];
  },
};

/** For the dates of records and the calendar only: control uses the monotonic clock. */
export const clock: Check = {
  hardware: false,
  look: async ({ probe }): Promise<readonly Finding[]> => {
    const say = about('clock', 'Clock');
    if (probe.facts('/run/systemd/timesync/synchronized')) return [say.ok('synchronised')];
    const answer = await probe.run('timedatectl', ['show', '--property=NTPSynchronized', '--value'], COMMAND_MS);
    if (answer === null) return [say.skip('unknown: this computer does not report whether it is synchronised')];
    if (await witnessed((program, words) => probe.run(program, [...words], COMMAND_MS)))
      return [say.ok('synchronised')];
    const remedy =
      'sudo timedatectl set-ntp true; with a battery-backed clock, or in a container, set schedule.clock to trusted. ' +
      'Dates of records and calendar jobs need it, and wait until then; control does not.';
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
    if (alarm === null) return [say.skip('unknown: this computer does not report under-voltage')];
    if (alarm === '0') return [say.ok('no under-voltage')];
    return [
      say.warn(
        'under-voltage was detected',
        'Use a stronger 5 V supply and a short cable, and a separate supply for the heater.',
      ),
    ];
  },
};
