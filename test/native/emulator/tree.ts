/**
 * The folders and plain files below the emulator's folder that take the place of /sys and /dev. Listing, existence
 * checks and constant attributes use them; the files with a meaning of their own are answered by the emulator.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChipSpec } from './lines.ts';

export class Tree {
  private readonly gpio: string;

  constructor(
    private readonly folder: string,
    private readonly sysfs: boolean,
  ) {
    this.gpio = join(folder, 'sys/class/gpio');
  }

  build(chips: readonly ChipSpec[], devices: readonly string[]): void {
    for (const part of ['sys', 'dev']) rmSync(join(this.folder, part), { recursive: true, force: true });
    mkdirSync(join(this.folder, 'dev'), { recursive: true });
    for (const device of devices) writeFileSync(join(this.folder, 'dev', device), '');
    for (const chip of chips) {
      writeFileSync(join(this.folder, 'dev', chip.name), '');
      mkdirSync(join(this.folder, 'sys/bus/gpio/devices', chip.name), { recursive: true });
    }
    if (!this.sysfs) return;
    mkdirSync(this.gpio, { recursive: true });
    for (const name of ['export', 'unexport']) writeFileSync(join(this.gpio, name), '');
    for (const chip of chips) {
      const folder = join(this.gpio, `gpiochip${chip.base}`);
      mkdirSync(folder);
      writeFileSync(join(folder, 'label'), `${chip.label}\n`);
      writeFileSync(join(folder, 'base'), `${chip.base}\n`);
      writeFileSync(join(folder, 'ngpio'), `${chip.lines}\n`);
    }
  }

  /** The kernel's switch for what a line does when its request ends. */
  persist(module: string, keeps: boolean): void {
    const folder = join(this.folder, 'sys/module', module, 'parameters');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'persist_gpio_outputs'), keeps ? 'Y\n' : 'N\n');
  }

  export(number: number): void {
    const folder = join(this.gpio, `gpio${number}`);
    mkdirSync(folder, { recursive: true });
    for (const name of ['value', 'direction', 'edge', 'active_low']) writeFileSync(join(folder, name), '');
  }

  unexport(number: number): void {
    rmSync(join(this.gpio, `gpio${number}`), { recursive: true, force: true });
  }
}
