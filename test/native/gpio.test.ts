import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { Counts } from './programs/ports.ts';
import { type Emulator, startEmulator, until } from './support.ts';

let emulator: Emulator;
afterEach(() => emulator.stop());

const BASE = 512;
const HEATER = 17;
const ENABLE = 27;
const ESTOP = 22;

describe('the GPIO chip, by its label', () => {
  it.each([
    ['pi4', { label: 'pinctrl-bcm2711', base: 512, lines: 58 }],
    ['pi5', { label: 'pinctrl-rp1', base: 569, lines: 54 }],
  ])('is found on a %s', async (board, chip) => {
    emulator = await startEmulator({ set: { board } });
    const ports = emulator.ports();
    expect(await ports.do({ do: 'findGpioChip', wanted: 'auto' })).toEqual(chip);
    await ports.do({ do: 'openInput', line: chip.base + ESTOP });
    expect(await ports.do({ do: 'closed' })).toEqual({ closed: true });
  });

  it.each([
    [{ board: 'none' }, 'GPIO_CHIP_MISSING'],
    [{ board: 'two' }, 'GPIO_CHIP_AMBIGUOUS'],
    [{ sysfs: false }, 'GPIO_NO_SYSFS'],
  ])('is refused with %j as %s, with a remedy', async (set, code) => {
    emulator = await startEmulator({ set });
    const why = await emulator.ports().refused({ do: 'findGpioChip', wanted: 'auto' });
    expect(why.code).toBe(code);
    expect(why.remedy.length).toBeGreaterThan(10);
  });

  it('does not have the lines that plain BCM numbers ask for', async () => {
    emulator = await startEmulator();
    expect(await emulator.ports().refused({ do: 'openInput', line: ESTOP })).toMatchObject({ code: 'GPIO_REFUSED' });
  });
});

describe('a contact', () => {
  it('is read at every call', async () => {
    emulator = await startEmulator();
    const ports = emulator.ports();
    await ports.do({ do: 'openInput', line: BASE + ESTOP });
    expect(await ports.do({ do: 'closed' })).toEqual({ closed: true });
    await emulator.command({ cmd: 'contact', which: 'estop', closed: false });
    expect(await ports.do({ do: 'closed' })).toEqual({ closed: false });
    await emulator.command({ cmd: 'contact', which: 'estop', closed: true });
    expect(await ports.do({ do: 'closed' })).toEqual({ closed: true });
  });

  it('that onoff watches calls back at its edges', async () => {
    emulator = await startEmulator();
    const onoff = fileURLToPath(new URL('../../node_modules/onoff/onoff.js', import.meta.url));
    const watch = `
      const { Gpio } = require('${onoff}');
      const contact = new Gpio(${BASE + ESTOP}, 'in', 'both');
      const seen = [];
      contact.watch((error, level) => {
        seen.push(level);
        console.log(JSON.stringify(seen));
        if (seen.length === 2) contact.unexport();
      });
      console.log('watching');
    `;
    const watcher = emulator.spawn(process.execPath, ['-e', watch]);
    let said = '';
    watcher.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('watching'));
    await emulator.command({ cmd: 'contact', which: 'estop', closed: false });
    await until(() => said.includes('[0]'));
    await emulator.command({ cmd: 'contact', which: 'estop', closed: true });
    await until(() => said.includes('[0,1]'));
    // Nothing holds the process any more, and nothing of it stays open.
    await until(() => watcher.exitCode === 0);
    await until(async () => Object.keys((await emulator.state()).open).length === 0);
  });

  it('is open when its line was taken away', async () => {
    emulator = await startEmulator();
    const [ports, other] = [emulator.ports(), emulator.ports()];
    await ports.do({ do: 'openInput', line: BASE + ESTOP });
    // A second user of the same exported line, who gives it back.
    await other.do({ do: 'openInput', line: BASE + ESTOP });
    await other.do({ do: 'close' });
    expect(await ports.do({ do: 'closed' })).toEqual({ closed: false });
    expect((await ports.do<Counts>({ do: 'counts' })).errors['input']).toBe(1);
  });
});

describe('the pump’s line', () => {
  it('closes the switch by its edges, and the switch opens by itself when they stop', async () => {
    emulator = await startEmulator();
    const ports = emulator.ports();
    await ports.do({ do: 'openPump', line: BASE + ENABLE });
    await ports.do({ do: 'toggle', times: 4 });
    expect((await emulator.state()).pumpClosed).toBe(true);
    await until(async () => !(await emulator.state()).pumpClosed, 500);
    const edges = (await emulator.timeline()).filter(({ line }) => line === ENABLE);
    expect(edges.map(({ level, cause }) => [level, cause])).toEqual([
      [1, 'sysfs'],
      [0, 'sysfs'],
      [1, 'sysfs'],
      [0, 'sysfs'],
    ]);
  });

  it('ends low and given back', async () => {
    emulator = await startEmulator();
    const ports = emulator.ports();
    await ports.do({ do: 'openPump', line: BASE + ENABLE });
    await ports.do({ do: 'toggle', times: 3 });
    expect(await emulator.state()).toMatchObject({ enable: 1, exported: [ENABLE] });
    await ports.do({ do: 'close' });
    expect(await emulator.state()).toMatchObject({ enable: 0, exported: [] });
  });

  it('stops at a write that fails, and nothing is thrown', async () => {
    emulator = await startEmulator();
    const ports = emulator.ports();
    await ports.do({ do: 'openPump', line: BASE + ENABLE });
    await ports.do({ do: 'toggle', times: 2 });
    await emulator.command({ cmd: 'refuse', line: ENABLE, attribute: 'value', errno: 5 });
    await ports.do({ do: 'toggle', times: 2 });
    await emulator.command({ cmd: 'refuse', line: ENABLE, attribute: 'value', errno: 0 });
    await emulator.timeline();
    await ports.do({ do: 'toggle', times: 2 });
    expect(await emulator.timeline()).toEqual([]);
    expect((await ports.do<Counts>({ do: 'counts' })).errors['pump']).toBe(1);
  });

  it('stays exported and high when its process is killed, and the next one drives it low', async () => {
    emulator = await startEmulator();
    const ports = emulator.ports();
    await ports.do({ do: 'openPump', line: BASE + ENABLE });
    await ports.do({ do: 'toggle', times: 1 });
    await ports.kill();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await emulator.state()).toMatchObject({ enable: 1, exported: [ENABLE] });
    await emulator.ports().do({ do: 'openPump', line: BASE + ENABLE });
    expect((await emulator.state()).enable).toBe(0);
  });
});

describe('a line that another program exported', () => {
  it('is put right: an inverted one reads as it is', async () => {
    emulator = await startEmulator();
    const export_ = `
      const fs = require('node:fs');
      fs.writeFileSync('/sys/class/gpio/export', '${BASE + ESTOP}');
      fs.writeFileSync('/sys/class/gpio/gpio${BASE + ESTOP}/active_low', '1');
    `;
    expect((await emulator.run(process.execPath, ['-e', export_])).code).toBe(0);
    const ports = emulator.ports();
    await ports.do({ do: 'openInput', line: BASE + ESTOP });
    expect(await ports.do({ do: 'closed' })).toEqual({ closed: true });
  });

  it.each([
    ['active_low', 'openInput', ESTOP, "active_low', '1"],
    ['direction', 'openPump', ENABLE, "direction', 'high"],
  ] as const)('is refused when its %s does not take', async (attribute, open, line, first) => {
    emulator = await startEmulator();
    const folder = `/sys/class/gpio/gpio${BASE + line}`;
    const export_ = `
      const fs = require('node:fs');
      fs.writeFileSync('/sys/class/gpio/export', '${BASE + line}');
      fs.writeFileSync('${folder}/${first}');
    `;
    expect((await emulator.run(process.execPath, ['-e', export_])).code).toBe(0);
    // onoff swallows this: only reading back shows it.
    await emulator.command({ cmd: 'refuse', line, attribute, errno: 1 });
    const why = await emulator.ports().refused({ do: open, line: BASE + line });
    expect(why.code).toBe('GPIO_NOT_TAKEN');
    expect(why.remedy).toContain('unexport');
    // It is not ours to give back.
    expect((await emulator.state()).exported).toEqual([line]);
  });
});

describe('a line on the character device', () => {
  it('cannot be exported by anybody else meanwhile', async () => {
    emulator = await startEmulator();
    const holder = await emulator.lines('hold', ENABLE, 0);
    expect(holder.said).toBe('held');
    expect((await emulator.state()).held).toEqual([{ line: ENABLE, consumer: 'lines', pid: holder.process.pid }]);
    const why = await emulator.ports().refused({ do: 'openPump', line: BASE + ENABLE });
    expect(why.code).toBe('GPIO_BUSY');
    expect((await emulator.lines('info', ENABLE)).said).toBe("gpiochip0 pinctrl-bcm2711 58 'lines' used out");
    holder.process.stdin?.end();
    await until(async () => (await emulator.state()).held.length === 0);
    await emulator.ports().do({ do: 'openPump', line: BASE + ENABLE });
  });

  it('cannot be had while it is exported', async () => {
    emulator = await startEmulator();
    await emulator.ports().do({ do: 'openPump', line: BASE + ENABLE });
    expect((await emulator.lines('hold', ENABLE, 1)).said).toBe('request 16');
  });

  it.each([
    ['keeps', 1],
    ['input', 0],
  ] as const)(
    '%s its level, or goes back to an input, when its process is killed, as the kernel was told',
    async (mode, level) => {
      emulator = await startEmulator();
      await emulator.command({ cmd: 'release', mode });
      const holder = await emulator.lines('hold', HEATER, 1);
      expect((await emulator.state()).heater).toBe(1);
      holder.process.kill('SIGKILL');
      await until(async () => (await emulator.state()).held.length === 0);
      expect((await emulator.state()).heater).toBe(level);
      const { stdout } = await emulator.run('cat', ['/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs']);
      expect(stdout.trim()).toBe(mode === 'keeps' ? 'Y' : 'N');
    },
  );
});
