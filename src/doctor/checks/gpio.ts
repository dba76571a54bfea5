/** The way to ENABLE and the contacts, the GPIO chip of the header, and the lines after a process has died. */
import { SETTINGS } from '../../params/settings.ts';
import { pinConflicts } from '../../wiring/conflicts.ts';
import { about, type Check, type Finding } from '../finding.ts';
import { gpioWay, LINES_PROGRAM, SYSFS } from '../gpio-way.ts';
import { type Probe, textOf } from '../probe.ts';
import { bootConfig } from './boot.ts';

interface Chip {
  readonly name: string;
  readonly label: string;
  readonly base: string;
}

const chips = (probe: Probe): Chip[] =>
  probe
    .names(SYSFS)
    .filter((name) => /^gpiochip\d+$/.test(name))
    .map((name) => ({
      name,
      label: textOf(probe, `${SYSFS}/${name}/label`) ?? '',
      base: textOf(probe, `${SYSFS}/${name}/base`) ?? '?',
    }));

/** Which way is used and why; for the character device also what it needs. */
export const gpioAccess: Check = {
  hardware: true,
  look: (examination) => {
    const { probe, packageRoot } = examination;
    const say = about('gpio-access', 'Way to the GPIO lines');
    const { way, why } = gpioWay(examination);
    if (way === 'sysfs') return [say.ok(`sysfs, through onoff: ${why}`)];
    const used = `chardev, through ${LINES_PROGRAM}: ${why}`;
    if (probe.facts(`${packageRoot}/gate/${LINES_PROGRAM}`) === null)
      return [say.fail(`${used}, but the program is not built`, 'Run make -C gate in the remixd folder.')];
    if (!probe.names('/dev').some((name) => /^gpiochip\d+$/.test(name)))
      return [
        say.fail(
          `${used}, but there is no /dev/gpiochip*`,
          'Use a Raspberry Pi, with a kernel that has CONFIG_GPIO_CDEV.',
        ),
      ];
    return [say.ok(used)];
  },
};

export const gpioChip: Check = {
  hardware: true,
  look: ({ probe, settings }): readonly Finding[] => {
    const sysfs = about('gpio-sysfs', 'GPIO in /sys');
    const say = about('gpio-chip', 'GPIO chip');
    const all = chips(probe);
    if (probe.facts(`${SYSFS}/export`) === null || all.length === 0)
      return [
        gpioWay({ probe, settings }).way === 'chardev'
          ? sysfs.skip('this kernel has no GPIO files in /sys; they are not used')
          : sysfs.fail(
              'this kernel has no GPIO files in /sys; ENABLE, E-stop and lid need them',
              'Set gpio.access to auto or chardev. Or use a kernel with CONFIG_GPIO_SYSFS (from 6.17 also CONFIG_GPIO_SYSFS_LEGACY).',
            ),
        say.skip(`the label cannot be read without the files in /sys; ${LINES_PROGRAM} checks it when it starts`),
      ];
    const wanted = settings['gpio.chip'];
    const labels = wanted === 'auto' ? SETTINGS['gpio.chip'].choices.filter((label) => label !== 'auto') : [wanted];
    const matching = all.filter(({ label }) => (labels as readonly string[]).includes(label));
    const there = all.map(({ label }) => label).join(', ');
    const [chip] = matching;
    const found = [sysfs.ok('available')];
    if (chip && matching.length === 1)
      return [...found, say.ok(`${chip.label}, first line ${chip.base} (found by label)`)];
    if (matching.length > 1)
      return [...found, say.fail(`${matching.length} chips match: ${there}`, `Set gpio.chip to one of ${there}.`)];
    const remedy =
      wanted === 'auto' ? 'Run remixd on a Raspberry Pi.' : 'Set gpio.chip to auto, or to one of these labels.';
    return [...found, say.fail(`no chip has the label ${labels.join(' or ')}; found: ${there}`, remedy)];
  },
};

export const persistence: Check = {
  hardware: true,
  look: ({ probe, settings }) => {
    const say = about('gpio-persist', 'Lines after a crash');
    const drivers = probe.names('/sys/module').filter((name) => name.startsWith('pinctrl_'));
    // A Raspberry Pi 5 has the driver of the older ones, too; what counts is the chip of the header.
    const used = chips(probe)
      .map(({ label }) => label)
      .filter((label) => settings['gpio.chip'] === label || settings['gpio.chip'] === 'auto')
      .map((label) => label.replaceAll('-', '_'));
    const own = drivers.filter((name) => used.includes(name));
    const modules = own.length > 0 ? own : drivers;
    const flags = modules.flatMap((name) => {
      const flag = textOf(probe, `/sys/module/${name}/parameters/persist_gpio_outputs`);
      return flag === null ? [] : [flag];
    });
    const file = bootConfig(probe)?.path ?? 'config.txt';
    const remedy = `Add dtparam=strict_gpiod to ${file} and restart. remixd-off sets the line low in any case.`;
    if (flags.length === 0) return [say.skip('unknown: this kernel has no persist_gpio_outputs')];
    if (flags.some((flag) => /^[Y1]/i.test(flag)))
      return [say.warn('a line keeps its level when its process dies (persist_gpio_outputs = Y)', remedy)];
    return [say.ok('released when their process dies (persist_gpio_outputs = N)')];
  },
};

export const pins: Check = {
  hardware: true,
  look: ({ settings }) => {
    const say = about('pins', 'Pins');
    const conflicts = pinConflicts(settings);
    if (conflicts.length === 0) return [say.ok('each signal has its own pin, and none is used by a bus')];
    return conflicts.map(({ severe, text, remedy }) => (severe ? say.fail(text, remedy) : say.warn(text, remedy)));
  },
};
