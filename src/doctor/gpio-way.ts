/** By which of the two ways the controller reaches ENABLE, contacts and light on this computer, and why. */
import type { Examination } from './finding.ts';

export const SYSFS = '/sys/class/gpio';
/** The program that holds the lines where sysfs is not used. */
export const LINES_PROGRAM = 'remixd-lines';

export interface GpioWay {
  readonly way: 'sysfs' | 'chardev';
  readonly why: string;
}

/** The same choice as at the start of a run. `auto` is sysfs where its files exist and onoff loads, else chardev. */
export function gpioWay({ probe, settings }: Pick<Examination, 'probe' | 'settings'>): GpioWay {
  const access = settings['gpio.access'];
  if (access !== 'auto') return { way: access, why: `gpio.access = ${access}` };
  if (probe.facts(`${SYSFS}/export`) === null) return { way: 'chardev', why: `this kernel has no ${SYSFS}` };
  const broken = probe.load('onoff');
  if (broken !== null) return { way: 'chardev', why: `onoff does not load: ${broken}` };
  return { way: 'sysfs', why: `${SYSFS} exists and onoff loads` };
}
