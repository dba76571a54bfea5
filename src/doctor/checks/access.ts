/** Groups, and the device files of the buses that the settings name. */
import { i2cBuses, onSpi } from '../../params/sensors.ts';
import type { Settings } from '../../params/settings.ts';
import { examined, groupId, groupName, mayUse } from '../account.ts';
import { about, type Check, type Examination, type Finding } from '../finding.ts';

const RULES =
  'sudo cp systemd/udev.rules /etc/udev/rules.d/60-remixd.rules, sudo udevadm control --reload, sudo udevadm trigger; then be in that group.';
const GROUPS = ['gpio', 'i2c', 'spi'] as const;

export const groups: Check = {
  hardware: true,
  look: ({ probe, settings }) => {
    const say = about('groups', 'Groups');
    const account = examined(probe, settings);
    if (account.uid === 0)
      return [say.warn('running as root, so permissions cannot be checked', 'Run the controller as user remixd.')];
    const missing = GROUPS.filter((name) => !account.gids.includes(groupId(probe, name) ?? -1));
    if (missing.length === 0) return [say.ok(`${account.name} is in ${GROUPS.join(', ')}`)];
    const remedy = `sudo usermod -aG ${missing.join(',')} ${account.name}, then log in again.`;
    return [say.warn(`${account.name} is not in ${missing.join(', ')}`, remedy)];
  },
};

/** The SPI devices that the settings use, each chip select once. */
export function spiDevices(settings: Settings): string[] {
  const selects = onSpi(settings).map(({ at }) => at);
  return [...new Set(selects)].map((select) => `/dev/spidev${settings['spi.bus']}.${select}`);
}

function device({ probe, settings }: Examination, path: string, missing: string): Finding {
  const say = about(`device-${path.replace('/dev/', '')}`, path);
  const facts = probe.facts(path);
  if (facts === null) return say.fail('missing', missing);
  const account = examined(probe, settings);
  if (mayUse(account, facts)) return say.ok(`${account.name} can read and write it`);
  const group = groupName(probe, facts.gid);
  return say.fail(
    `${account.name} has no access (group ${group}, mode ${facts.mode.toString(8).padStart(4, '0')})`,
    // No account should join the group root, and a group that may not use the file is no help.
    facts.gid === 0 || (facts.mode & 0o060) !== 0o060
      ? `Give the device file to its group: ${RULES}`
      : `sudo usermod -aG ${group} ${account.name}, then log in again; see docs/INSTALL.md.`,
  );
}

export const busDevices: Check = {
  hardware: true,
  look: (examination) => {
    const { settings } = examination;
    return [
      ...i2cBuses(settings).map((bus) =>
        device(
          examination,
          `/dev/i2c-${bus}`,
          'Add dtparam=i2c_arm=on to config.txt and i2c-dev to /etc/modules-load.d/i2c.conf, then restart.',
        ),
      ),
      ...spiDevices(settings).map((path) =>
        device(
          examination,
          path,
          'Add dtparam=spi=on to config.txt (more chip selects need an overlay), then restart.',
        ),
      ),
    ];
  },
};

/** The character devices of the GPIO chips; the check `gpio-chip` finds the one of the header. */
export const gpioDevices: Check = {
  hardware: true,
  look: ({ probe, settings }) => {
    const names = probe.names('/dev').filter((name) => /^gpiochip\d+$/.test(name));
    if (names.length > 0) {
      const account = examined(probe, settings);
      const usable = names.filter((name) => {
        const facts = probe.facts(`/dev/${name}`);
        return facts !== null && mayUse(account, facts);
      });
      const areRoots = names.some((name) => probe.facts(`/dev/${name}`)?.gid === 0);
      const say = about('device-gpiochip', '/dev/gpiochip*');
      if (usable.length === names.length) return [say.ok(`${account.name} can read and write ${names.join(', ')}`)];
      const rest = names.filter((name) => !usable.includes(name)).join(', ');
      const remedy = areRoots
        ? `Give the device files to the group gpio: ${RULES}`
        : `sudo usermod -aG gpio ${account.name}, then log in again; see docs/INSTALL.md.`;
      return [usable.length > 0 ? say.warn(`no access to ${rest}`, remedy) : say.fail(`no access to ${rest}`, remedy)];
    }
    const remedy =
      'Use a Raspberry Pi and a kernel with CONFIG_GPIO_CDEV; the gate drives the heater line through this device.';
    return [about('device-gpiochip', '/dev/gpiochip*').fail('missing', remedy)];
  },
};
