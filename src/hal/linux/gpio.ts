/**
 * GPIO lines through onoff and the kernel's files in /sys/class/gpio. The chip is found by its label, because its number
 * and the number of its first line differ between boards and kernels. Outputs are written synchronously only (two
 * asynchronous writes may arrive in the wrong order) and start low; onoff hides errors when it configures a line that
 * was exported already, so everything is read back.
 *
 * The heater's line is not here: it belongs to the gate.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gpio } from 'onoff';
import type { Ratio } from '../../units.ts';
import type { InputPort, LightPort, PumpPort } from '../ports.ts';
import { HalOpenError, openError } from './errors.ts';
import { loadOnoff } from './modules.ts';

/** Labels of the chip behind the 40-pin header, newest board first. */
const HEADER_LABELS: readonly string[] = ['pinctrl-rp1', 'pinctrl-bcm2711', 'pinctrl-bcm2835'];

export interface GpioChip {
  readonly label: string;
  /** Number of its line 0 in sysfs. */
  readonly base: number;
  readonly lines: number;
}

/** The two ways to the lines that are not the gate’s. */
export type GpioAccess = 'sysfs' | 'chardev';

/** Which way is used: the one that is named; for `auto` sysfs where the kernel has it and onoff loads, else chardev. */
export async function gpioAccess(
  wanted: 'auto' | GpioAccess,
  root = '/sys/class/gpio',
  load: () => Promise<unknown> = loadOnoff,
): Promise<GpioAccess> {
  if (wanted !== 'auto') return wanted;
  if (!existsSync(join(root, 'export'))) return 'chardev';
  return load().then(
    () => 'sysfs',
    () => 'chardev',
  );
}

/**
 * The chip with the label `wanted`; `auto` = any label of a Raspberry Pi's header.
 * @throws HalOpenError GPIO_NO_SYSFS, GPIO_CHIP_MISSING or GPIO_CHIP_AMBIGUOUS
 */
export function findGpioChip(wanted: string, root = '/sys/class/gpio'): GpioChip {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    throw new HalOpenError(
      'GPIO_NO_SYSFS',
      'gpio.chip',
      `${root} cannot be read: this kernel has no GPIO files in /sys, or they are not mounted`,
      'Set gpio.access to auto or chardev. Or use a kernel with CONFIG_GPIO_SYSFS (from 6.17 also CONFIG_GPIO_SYSFS_LEGACY).',
    );
  }
  const fact = (name: string, file: string) => readFileSync(join(root, name, file), 'utf8').trim();
  const chips = names
    .filter((name) => /^gpiochip\d+$/.test(name))
    .map((name) => ({
      label: fact(name, 'label'),
      base: Number(fact(name, 'base')),
      lines: Number(fact(name, 'ngpio')),
    }));
  const labels = wanted === 'auto' ? HEADER_LABELS : [wanted];
  const matching = chips.filter(({ label }) => labels.includes(label));
  const [chip] = matching;
  if (chip && matching.length === 1) return chip;
  const there = chips.map(({ label }) => label).join(', ') || 'none';
  if (!chip)
    throw new HalOpenError(
      'GPIO_CHIP_MISSING',
      'gpio.chip',
      `no GPIO chip has the label ${labels.join(' or ')}; found: ${there}`,
      wanted === 'auto' ? 'Run remixd on a Raspberry Pi.' : 'Set gpio.chip to auto, or to one of these labels.',
    );
  throw new HalOpenError(
    'GPIO_CHIP_AMBIGUOUS',
    'gpio.chip',
    `${matching.length} GPIO chips match: ${matching.map(({ label, base }) => `${label} at ${base}`).join(', ')}`,
    'Set gpio.chip to the label of the header’s chip, and remove the overlay that adds a second chip with that label.',
  );
}

/** Exports a line and checks that it is configured as requested. */
async function open(line: number, direction: 'in' | 'low'): Promise<Gpio> {
  const onoff = await loadOnoff();
  const exportedBefore = existsSync(`/sys/class/gpio/gpio${line}`);
  let gpio: Gpio;
  try {
    gpio = new onoff.Gpio(line, direction, { activeLow: false, reconfigureDirection: true });
  } catch (error) {
    throw openError(error, 'GPIO', `line ${line}`, `/sys/class/gpio/gpio${line}`);
  }
  try {
    const wanted = direction === 'in' ? 'in' : 'out';
    const is = { direction: gpio.direction(), inverted: gpio.activeLow(), level: gpio.readSync() };
    const level = direction === 'low' && is.level !== 0;
    if (is.direction === wanted && !is.inverted && !level) return gpio;
    throw new HalOpenError(
      'GPIO_NOT_TAKEN',
      `line ${line}`,
      `the line should be ${wanted}${direction === 'low' ? ' and low' : ''} but reads back as ${is.direction}, level ` +
        `${is.level}${is.inverted ? ', inverted' : ''}: another program has configured it`,
      `Stop the other program, then run: echo ${line} | sudo tee /sys/class/gpio/unexport`,
    );
  } catch (error) {
    // A line that was exported before is left as it was.
    if (!exportedBefore) gpio.unexport();
    throw openError(error, 'GPIO', `line ${line}`, `/sys/class/gpio/gpio${line}`);
  }
}

/**
 * A contact's read-back. `line` is the sysfs number (base of the chip + BCM number).
 * @throws HalOpenError MODULE_MISSING, MODULE_UNBUILT, GPIO_BUSY, GPIO_PERMISSION, GPIO_REFUSED, GPIO_NOT_TAKEN, …
 */
export const openInput = async (line: number): Promise<LinuxInput> => new LinuxInput(await open(line, 'in'));

/** The ENABLE pump's line, low. @throws HalOpenError as `openInput` */
export const openPump = async (line: number): Promise<LinuxPump> => new LinuxPump(await open(line, 'low'));

/** The excitation light's line, low. @throws HalOpenError as `openInput` */
export const openLight = async (line: number): Promise<LinuxLight> => new LinuxLight(await open(line, 'low'));

/**
 * The spare line that powers the sensors; it goes high at once.
 * @throws HalOpenError as `openInput`
 */
export async function openSensorPower(line: number): Promise<LinuxSensorPower> {
  const power = new LinuxSensorPower(await open(line, 'low'));
  power.set(true);
  return power;
}

export class LinuxInput implements InputPort {
  /** Reads that failed; each counted as an open contact. */
  errors = 0;

  private released = false;

  constructor(private readonly gpio: Gpio) {}

  closed(): boolean {
    if (this.released) return false;
    try {
      return this.gpio.readSync() === 1;
    } catch {
      this.errors += 1;
      return false;
    }
  }

  close(): void {
    if (this.released) return;
    this.released = true;
    this.gpio.unexport();
  }
}

/** An output that is low when it is released. */
class Output {
  /** Writes that failed. */
  errors = 0;
  private closed = false;

  constructor(private readonly gpio: Gpio) {}

  /** False = the write failed; it is counted, nothing is thrown. */
  protected write(level: 0 | 1): boolean {
    if (this.closed) return false;
    try {
      this.gpio.writeSync(level);
      return true;
    } catch {
      this.errors += 1;
      return false;
    }
  }

  /** Sets the line low, then releases it. */
  close(): void {
    if (this.closed) return;
    this.write(0);
    this.closed = true;
    this.gpio.unexport();
  }
}

export class LinuxPump extends Output implements PumpPort {
  private level: 0 | 1 = 0;

  /** One edge. After a write that failed there are no more: the switch opens by itself and stays open. */
  toggle(): void {
    if (this.errors > 0) return;
    const level = this.level === 0 ? 1 : 0;
    if (this.write(level)) this.level = level;
  }
}

export class LinuxLight extends Output implements LightPort {
  private level: 0 | 1 = 0;

  /** On for any level above 0: a line cannot dim. A write that failed is tried again at the next call. */
  set(level: Ratio): void {
    const wanted = level > 0 ? 1 : 0;
    if (wanted !== this.level && this.write(wanted)) this.level = wanted;
  }
}

/** How long the sensors stay without supply, and how long they need after it (250 ms at most, the infrared thermometer). */
const OFF_MS = 500;
const START_MS = 300;

/** Takes the sensors’ supply away for 500 ms by `set`; resolves 300 ms after it has come back. */
export async function powerCycle(set: (on: boolean) => void): Promise<void> {
  set(false);
  await new Promise((resolve) => setTimeout(resolve, OFF_MS));
  set(true);
  await new Promise((resolve) => setTimeout(resolve, START_MS));
}

export class LinuxSensorPower extends Output {
  set(on: boolean): void {
    this.write(on ? 1 : 0);
  }

  /** Supply off and on again; resolves when the sensors have started. */
  cycle(): Promise<void> {
    return powerCycle((on) => this.set(on));
  }
}
