import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gpio } from 'onoff';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HalOpenError } from '../../../src/hal/linux/errors.ts';
import { findGpioChip, LinuxInput, LinuxLight, LinuxPump } from '../../../src/hal/linux/gpio.ts';
import { ratio } from '../../../src/units.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'remixd-gpio-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function chip(label: string, base: number, lines: number): void {
  const folder = join(root, `gpiochip${base}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'label'), `${label}\n`);
  writeFileSync(join(folder, 'base'), `${base}\n`);
  writeFileSync(join(folder, 'ngpio'), `${lines}\n`);
}

function refusal(act: () => unknown): HalOpenError {
  try {
    act();
  } catch (error) {
    if (error instanceof HalOpenError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('the GPIO chip', () => {
  it.each([
    ['pinctrl-bcm2711', 512, 58],
    ['pinctrl-rp1', 569, 54],
    ['pinctrl-rp1', 399, 54],
    ['pinctrl-bcm2835', 0, 54],
  ])('%s is found by its label, whatever its number (%i)', (label, base, lines) => {
    chip('raspberrypi-exp-gpio', 900, 8);
    chip(label, base, lines);
    expect(findGpioChip('auto', root)).toEqual({ label, base, lines });
    expect(findGpioChip(label, root)).toEqual({ label, base, lines });
  });

  it('is refused when there is none, naming those that are there', () => {
    chip('raspberrypi-exp-gpio', 512, 8);
    const why = refusal(() => findGpioChip('auto', root));
    expect(why.code).toBe('GPIO_CHIP_MISSING');
    expect(why.cause).toContain('raspberrypi-exp-gpio');
    expect(refusal(() => findGpioChip('pinctrl-rp1', root)).remedy).toContain('auto');
  });

  it('is refused when there are two', () => {
    chip('pinctrl-bcm2711', 512, 58);
    chip('pinctrl-bcm2711', 600, 58);
    expect(refusal(() => findGpioChip('auto', root)).code).toBe('GPIO_CHIP_AMBIGUOUS');
  });

  it('that the settings name is taken even beside another of the known ones', () => {
    chip('pinctrl-bcm2711', 512, 58);
    chip('pinctrl-rp1', 600, 54);
    expect(findGpioChip('pinctrl-rp1', root).base).toBe(600);
    expect(refusal(() => findGpioChip('auto', root)).code).toBe('GPIO_CHIP_AMBIGUOUS');
  });

  it('is refused with a remedy on a kernel without GPIO in /sys', () => {
    const why = refusal(() => findGpioChip('auto', join(root, 'nowhere')));
    expect(why.code).toBe('GPIO_NO_SYSFS');
    expect(why.remedy).toContain('CONFIG_GPIO_SYSFS');
  });
});

/** A line that notes what happens to it; `broken` makes reading and writing fail. */
class FakeLine implements Gpio {
  broken = false;
  level: 0 | 1 = 0;
  readonly written: (number | 'unexport')[] = [];

  readSync(): 0 | 1 {
    if (this.broken) throw new Error('EIO');
    return this.level;
  }
  writeSync(value: 0 | 1): void {
    if (this.broken) throw new Error('EIO');
    this.written.push(value);
  }
  direction(): string {
    return 'out';
  }
  activeLow(): boolean {
    return false;
  }
  unexport(): void {
    this.written.push('unexport');
  }
}

describe('a contact', () => {
  it('is what the line says at every call, and open when it cannot be read', () => {
    const line = new FakeLine();
    const input = new LinuxInput(line);
    expect(input.closed()).toBe(false);
    line.level = 1;
    expect(input.closed()).toBe(true);
    line.broken = true;
    expect(input.closed()).toBe(false);
    expect(input.errors).toBe(1);
    line.broken = false;
    input.close();
    expect(input.closed()).toBe(false);
  });
});

describe('the pump’s line', () => {
  it('changes its level at each call, ends low and is given back once', () => {
    const line = new FakeLine();
    const pump = new LinuxPump(line);
    for (let i = 0; i < 3; i += 1) pump.toggle();
    pump.close();
    pump.close();
    pump.toggle();
    expect(line.written).toEqual([1, 0, 1, 0, 'unexport']);
  });

  it('is not moved any more after a write that failed, and nothing is thrown', () => {
    const line = new FakeLine();
    const pump = new LinuxPump(line);
    pump.toggle();
    line.broken = true;
    pump.toggle();
    line.broken = false;
    pump.toggle();
    pump.toggle();
    expect(line.written).toEqual([1]);
    expect(pump.errors).toBe(1);
  });
});

describe('the light’s line', () => {
  it('is high for any level above 0, and written only when that changes', () => {
    const line = new FakeLine();
    const light = new LinuxLight(line);
    for (const level of [0, 0.01, 1, 0, 0]) light.set(ratio(level));
    expect(line.written).toEqual([1, 0]);
  });

  it('is tried again at the next call when a write failed', () => {
    const line = new FakeLine();
    const light = new LinuxLight(line);
    line.broken = true;
    light.set(ratio(1));
    line.broken = false;
    light.set(ratio(1));
    expect(line.written).toEqual([1]);
    expect(light.errors).toBe(1);
  });
});
