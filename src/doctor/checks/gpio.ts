/** The GPIO chip of the header, the files in /sys that ENABLE and the contacts use, and what a dead process leaves. */
import { SETTINGS } from '../../params/settings.ts';
import { pinConflicts } from '../../wiring/conflicts.ts';
import { about, type Check, type Finding } from '../finding.ts';
import { type Probe, textOf } from '../probe.ts';
import { bootConfig } from './boot.ts';

const FOLDER = '/sys/class/gpio';

interface Chip {
  readonly name: string;
  readonly label: string;
  readonly base: string;
}

const chips = (probe: Probe): Chip[] =>
  probe
    .names(FOLDER)
    .filter((name) => /^gpiochip\d+$/.test(name))
    .map((name) => ({
      name,
      label: textOf(probe, `${FOLDER}/${name}/label`) ?? '',
      base: textOf(probe, `${FOLDER}/${name}/base`) ?? '?',
    }));

export const gpioChip: Check = {
  hardware: true,
  look: ({ probe, settings }): readonly Finding[] => {
    const sysfs = about('gpio-sysfs', 'GPIO in /sys');
    const say = about('gpio-chip', 'GPIO chip');
    const all = chips(probe);
    if (probe.facts(`${FOLDER}/export`) === null || all.length === 0)
      return [
        sysfs.fail(
          'this kernel has no GPIO files in /sys, which ENABLE, E-stop and lid are used through',
          'Use a kernel with CONFIG_GPIO_SYSFS (from 6.17 on also CONFIG_GPIO_SYSFS_LEGACY), as Raspberry Pi OS has.',
        ),
        say.skip('its label cannot be read without them'),
      ];
    const wanted = settings['gpio.chip'];
    const labels = wanted === 'auto' ? SETTINGS['gpio.chip'].choices.filter((label) => label !== 'auto') : [wanted];
    const matching = all.filter(({ label }) => (labels as readonly string[]).includes(label));
    const there = all.map(({ label }) => label).join(', ');
    const [chip] = matching;
    const found = [sysfs.ok('there')];
    if (chip && matching.length === 1)
      return [...found, say.ok(`${chip.label}, first line ${chip.base} (by label, as numbers change)`)];
    if (matching.length > 1)
      return [...found, say.fail(`${matching.length} chips match: ${there}`, `Set gpio.chip to one of ${there}.`)];
    const remedy = wanted === 'auto' ? 'Run remixd on a Raspberry Pi.' : 'Set gpio.chip to auto, or to the label here.';
    return [...found, say.fail(`no chip is called ${labels.join(' or ')}; here: ${there}`, remedy)];
  },
};

export const persistence: Check = {
  hardware: true,
  look: ({ probe }) => {
    const say = about('gpio-persist', 'Lines after a crash');
    const modules = probe.names('/sys/module').filter((name) => name.startsWith('pinctrl_'));
    const flags = modules.flatMap((name) => {
      const flag = textOf(probe, `/sys/module/${name}/parameters/persist_gpio_outputs`);
      return flag === null ? [] : [flag];
    });
    const file = bootConfig(probe)?.path ?? 'config.txt';
    const remedy = `Add dtparam=strict_gpiod to ${file} and restart. remixd-off lowers the line all the same.`;
    if (flags.length === 0) return [say.skip('this kernel does not say (no persist_gpio_outputs)')];
    if (flags.some((flag) => /^[Y1]/i.test(flag)))
      return [say.warn('the kernel keeps a line’s level when its owner dies (persist_gpio_outputs = Y)', remedy)];
    return [say.ok('released when their owner dies (persist_gpio_outputs = N)')];
  },
};

export const pins: Check = {
  hardware: true,
  look: ({ settings }) => {
    const say = about('pins', 'Pins');
    const conflicts = pinConflicts(settings);
    if (conflicts.length === 0) return [say.ok('every line has a pin of its own, none is a bus’s')];
    return conflicts.map(({ severe, text, remedy }) => (severe ? say.fail(text, remedy) : say.warn(text, remedy)));
  },
};
