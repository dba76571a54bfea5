import { describe, expect, it, vi } from 'vitest';
import { type Diagnosis, examine } from '../../src/doctor/doctor.ts';
import { type Finding, noSensorProbe, type OfferProbe, type SensorProbe } from '../../src/doctor/finding.ts';
import { realProbe } from '../../src/doctor/real-probe.ts';
import { reportLines } from '../../src/doctor/report.ts';
import { type LinkTrouble, linkTrouble } from '../../src/params/link-trouble.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { cell, changed, device, folder, LAPTOP, PI4, PI5, program, stat, type Tree, treeProbe } from './tree.ts';

const LINUX: Settings = {
  ...defaultSettings(),
  'hal.kind': 'linux',
  'hal.photodiodes': 'mcp3208',
  'runtime.stateDir': '/var/lib/remixd',
  'runtime.runsDir': '/var/lib/remixd/runs',
};
const SIM: Settings = {
  ...defaultSettings(),
  'runtime.stateDir': '/home/ada/state',
  'runtime.runsDir': '/home/ada/runs',
};

const sensed: SensorProbe = () =>
  Promise.resolve({
    answers: [
      { name: 'thermocouple', ok: true, text: 'MAX31856, 23.4 °C' },
      { name: 'infrared', ok: true, text: 'MLX90614, 23.6 °C' },
    ],
  });

const doctor = (tree: Tree, settings: Settings = LINUX, sensors: SensorProbe = sensed): Promise<Diagnosis> =>
  examine({
    probe: treeProbe(tree),
    settings,
    sensors,
    gateConf: { path: '/etc/remixd/gate.conf', expected: () => 'limits\n' },
    packageRoot: '/opt/remixd/current/',
  });

async function finding(id: string, tree: Tree, settings: Settings = LINUX, sensors = sensed): Promise<Finding> {
  const found = (await doctor(tree, settings, sensors)).findings.find((one) => one.id === id);
  if (!found) throw new Error(`no finding ${id}`);
  return found;
}
const level = async (...args: Parameters<typeof finding>): Promise<string> => (await finding(...args)).level;
const bad = ({ findings }: Diagnosis): string[] => findings.filter((one) => one.level !== 'ok').map(({ id }) => id);

const CLOCK = '/sys/bus/i2c/devices/i2c-1/of_node/clock-frequency';
const CONFIG = '/boot/firmware/config.txt';
const PERSIST = '/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs';

describe('remixd doctor on a well-installed bench', () => {
  it.each([
    ['Pi 4 with bookworm', PI4],
    ['Pi 5 with trixie', PI5],
  ])('finds nothing wrong on a %s', async (_, tree) => {
    const diagnosis = await doctor(tree);
    expect(bad(diagnosis)).toEqual([]);
    expect(diagnosis).toMatchObject({ ok: true, counts: { warn: 0, fail: 0, skip: 0 } });
    expect(diagnosis.computer).toMatch(/^Raspberry Pi [45] Model B Rev 1.[04]$/);
  });

  it('finds the chip by its label, whatever its number', async () => {
    expect((await finding('gpio-chip', PI4)).text).toContain('pinctrl-bcm2711, first line 512');
    expect((await finding('gpio-chip', PI5)).text).toContain('pinctrl-rp1, first line 569');
  });
});

describe('remixd doctor on a laptop', () => {
  it('fails nothing with the simulated bench, and still shows what hardware would need', async () => {
    const diagnosis = await doctor(LAPTOP, SIM, noSensorProbe);
    expect(diagnosis).toMatchObject({ ok: true, counts: { warn: 0, fail: 0 } });
    const shown = diagnosis.findings.filter(({ level: l }) => l === 'skip').map(({ id }) => id);
    expect(shown).toEqual(expect.arrayContaining(['module-onoff', 'device-i2c-1', 'gpio-sysfs', 'remixd-gate']));
    expect(diagnosis.findings.find(({ id }) => id === 'sensors')?.text).toBe('not probed: hal.kind = sim');
  });

  it('fails with hardware named, and each failure has a remedy', async () => {
    const diagnosis = await doctor(LAPTOP);
    expect(diagnosis.ok).toBe(false);
    for (const one of diagnosis.findings.filter(({ level: l }) => l === 'warn' || l === 'fail'))
      expect(one.remedy, one.id).toMatch(/.{10}/);
  });

  it('still fails what the simulated bench needs itself', async () => {
    expect(await level('node', { ...LAPTOP, node: '18.20.4' }, SIM)).toBe('fail');
    expect(await level('state-dir', changed(LAPTOP, { '/home/ada': folder(0) }), SIM)).toBe('fail');
  });
});

describe('software', () => {
  it('accepts Node from 20.19 on', async () => {
    for (const [node, wanted] of [
      ['20.18.3', 'fail'],
      ['20.19.0', 'ok'],
      ['22.0.0', 'ok'],
      ['18.99.9', 'fail'],
    ] as const)
      expect([node, await level('node', { ...PI4, node })]).toEqual([node, wanted]);
  });

  it('says how a module is built, and that a compiler is missing only when something is left to build', async () => {
    const broken = { ...PI4, broken: { 'i2c-bus': 'was compiled against another Node' } };
    const module = await finding('module-i2c-bus', broken);
    expect([module.level, module.remedy]).toEqual([
      'fail',
      expect.stringMatching(/npm ci.*npm rebuild i2c-bus.*build-essential/),
    ]);
    expect(await level('compiler', broken)).toBe('warn');
    expect(await level('compiler', changed(broken, { '/usr/bin/cc': program(), '/usr/bin/make': program() }))).toBe(
      'ok',
    );
    await expect(finding('compiler', PI4)).rejects.toThrow();
  });

  it('needs unix-dgram only where the service is installed', async () => {
    const broken = { ...PI4, broken: { 'unix-dgram': 'not installed' } };
    expect(await level('module-unix-dgram', broken)).toBe('fail');
    expect(await level('module-unix-dgram', changed(broken, { '/etc/systemd/system/remixd.service': null }))).toBe(
      'skip',
    );
  });
});

describe('access', () => {
  it('judges the service’s account where the state is the service’s, and otherwise whoever asks', async () => {
    expect((await finding('groups', PI4)).text).toContain('remixd is in gpio');
    expect((await finding('groups', { ...PI4, uid: 1000, gids: [1000] })).text).toContain('remixd is in gpio');
    const pi = changed(PI4, { '/home/pi/state': folder(1000) }, { uid: 1000, gids: [1000, 993] });
    const OWN = { ...LINUX, 'runtime.stateDir': '/home/pi/state' };
    expect(await finding('groups', pi, OWN)).toMatchObject({
      level: 'warn',
      remedy: expect.stringContaining('-aG i2c,spi pi'),
    });
    expect(await level('device-i2c-1', pi, OWN)).toBe('fail');
    expect(await level('device-gpiochip', pi, OWN)).toBe('ok');
    const root = await finding('groups', { ...PI4, gids: [0] }, { ...LINUX, 'runtime.stateDir': '/srv/state' });
    expect([root.level, root.text]).toEqual(['warn', expect.stringContaining('root')]);
  });

  it('reads owner, group and mode of the devices', async () => {
    expect(await level('device-i2c-1', changed(PI4, { '/dev/i2c-1': device(994, 0o640) }))).toBe('fail');
    expect(await level('device-i2c-1', changed(PI4, { '/dev/i2c-1': device(0, 0o666) }))).toBe('ok');
    expect(await level('device-gpiochip', changed(PI4, { '/dev/gpiochip0': device(0) }))).toBe('fail');
    expect(await level('device-gpiochip', changed(PI4, { '/dev/gpiochip1': device(0) }))).toBe('warn');
  });

  it('asks only for the devices that the settings use', async () => {
    const one = changed(PI4, { '/dev/spidev0.1': null });
    expect(await level('device-spidev0.1', one)).toBe('fail');
    const ids = bad(await doctor(one, { ...LINUX, 'hal.photodiodes': 'ads1115' }));
    expect(ids).toEqual([]);
    expect((await finding('device-i2c-3', PI4, { ...LINUX, 'i2c.bus': 3 })).remedy).toContain('dtparam=i2c_arm=on');
  });
});

describe('boot configuration', () => {
  it('knows filters, comments, lists and the old place', async () => {
    const off = changed(PI4, {
      [CONFIG]: '#dtparam=spi=on\n[pi5]\ndtparam=spi=on\n[all]\ndtparam=i2c_arm=on\n',
      '/dev/spidev0.0': null,
    });
    expect(await finding('boot-spi', off)).toMatchObject({
      level: 'warn',
      remedy: expect.stringContaining('dtparam=spi=on'),
    });
    expect((await finding('boot-i2c_arm', off)).level).toBe('ok');
    const old = changed(PI4, { [CONFIG]: null, '/boot/config.txt': 'dtparam=spi=on,i2c=on\n' });
    expect((await finding('boot-spi', old)).text).toContain('/boot/config.txt');
    expect(await level('boot-config', changed(PI4, { [CONFIG]: null, '/boot/config.txt': null }))).toBe('warn');
  });

  it('does not ask for a parameter when the device is there all the same', async () => {
    expect(await level('boot-spi', changed(PI4, { [CONFIG]: '' }))).toBe('ok');
  });

  it('takes a software bus for a bus', async () => {
    const soft = changed(PI4, { [CONFIG]: 'dtoverlay=i2c-gpio,bus=3,i2c_gpio_delay_us=10\ndtparam=spi=on\n' });
    expect((await finding('boot-i2c_arm', soft, { ...LINUX, 'i2c.bus': 3 })).text).toContain('i2c-gpio');
  });
});

describe('I2C bus speed', () => {
  it.each([
    [9_999, 'fail'],
    [10_000, 'warn'],
    [10_999, 'warn'],
    [11_000, 'ok'],
    [50_000, 'ok'],
    [50_001, 'warn'],
    [100_000, 'warn'],
    [100_001, 'fail'],
    [400_000, 'fail'],
  ])('%i Hz: %s', async (hertz, wanted) => {
    expect(await level('i2c-speed', changed(PI4, { [CLOCK]: cell(hertz) }))).toBe(wanted);
  });

  it('falls back to the delay of a software bus, to config.txt, and to not knowing', async () => {
    const node = '/sys/bus/i2c/devices/i2c-1/of_node/i2c-gpio,delay-us';
    const older = '/sys/class/i2c-adapter/i2c-1/of_node/clock-frequency';
    expect((await finding('i2c-speed', changed(PI4, { [CLOCK]: null, [older]: cell(40_000) }))).text).toContain(
      '40 kHz',
    );
    expect((await finding('i2c-speed', changed(PI4, { [CLOCK]: null, [node]: cell(10) }))).text).toContain('50 kHz');
    expect((await finding('i2c-speed', changed(PI4, { [CLOCK]: null }))).text).toContain(`50 kHz on bus 1 (${CONFIG})`);
    const unknown = await finding('i2c-speed', changed(PI4, { [CLOCK]: null, [CONFIG]: '' }));
    expect([unknown.level, unknown.remedy]).toEqual(['warn', expect.stringContaining('i2c_baudrate=50000')]);
  });
});

describe('the budget of the I2C bus', () => {
  const at = (hertz: number, changes: Partial<Settings> = {}) =>
    finding('i2c-speed', changed(PI4, { [CLOCK]: cell(hertz) }), {
      ...LINUX,
      'hal.photodiodes': 'ads1115',
      ...changes,
    });

  it('adds up what every chip needs: 10 kHz cannot carry ticks of 20 ms, and is full at those of 50 ms', async () => {
    expect(await at(10_000, { 'loop.tickMs': 20 })).toMatchObject({
      level: 'fail',
      text: expect.stringContaining('128 % of the time'),
      remedy: expect.stringContaining('i2c.currentBus'),
    });
    expect((await at(10_000, { 'loop.tickMs': 50 })).level).toBe('warn');
    expect(await at(50_000)).toMatchObject({ level: 'ok', text: expect.stringContaining('% in use') });
  });

  it('counts the converter of the light', async () => {
    const used = async (tickMs: number, changes: Partial<Settings>): Promise<number> =>
      Number(/(\d+) % of the time/.exec((await at(10_000, { 'loop.tickMs': tickMs, ...changes })).text)?.[1]);
    let more = 0;
    for (let ms = 20; ms <= 35; ms += 1) more += (await used(ms, { 'light.drive': 'dac' })) - (await used(ms, {}));
    // Two writes a second of three bytes: 2 · (27 + 8) bits of 10,000 are 0.7 %.
    expect(more / 16).toBeGreaterThan(0.5);
    expect(more / 16).toBeLessThan(0.9);
  });

  it('gives the current monitor a bus of its own', async () => {
    const apart = await at(10_000, { 'loop.tickMs': 20, 'i2c.currentBus': 3 });
    expect(apart.text).toContain('79 % of the time');
  });
});

describe('GPIO', () => {
  it('refuses none and two matching chips, and takes the one that is named', async () => {
    const label = '/sys/class/gpio/gpiochip570/label';
    const two = changed(PI4, { [label]: 'pinctrl-rp1\n' });
    expect(await level('gpio-chip', two)).toBe('fail');
    expect(await level('gpio-chip', two, { ...LINUX, 'gpio.chip': 'pinctrl-bcm2711' })).toBe('ok');
    expect(await level('gpio-chip', PI4, { ...LINUX, 'gpio.chip': 'pinctrl-rp1' })).toBe('fail');
  });

  it('names the kernel option when /sys has no GPIO', async () => {
    const missing = changed(PI4, { '/sys/class/gpio/export': null });
    const sysfs = { ...LINUX, 'gpio.access': 'sysfs' as const };
    expect(await finding('gpio-sysfs', missing, sysfs)).toMatchObject({
      level: 'fail',
      remedy: expect.stringContaining('CONFIG_GPIO_SYSFS'),
    });
    expect(await level('gpio-chip', missing, sysfs)).toBe('skip');
  });

  it('says by which way the lines are reached, and why', async () => {
    const missing = changed(PI4, { '/sys/class/gpio/export': null });
    const unloaded = { ...PI4, broken: { onoff: 'not installed' } };
    expect(await finding('gpio-access', PI4)).toMatchObject({
      level: 'ok',
      text: expect.stringMatching(/^sysfs.*onoff/),
    });
    for (const [tree, why] of [
      [missing, 'no /sys/class/gpio'],
      [unloaded, 'onoff does not load: not installed'],
    ] as const) {
      const found = await finding('gpio-access', tree);
      expect(found).toMatchObject({ level: 'ok', text: expect.stringContaining('remixd-lines') });
      expect(found.text).toContain(why);
    }
    expect(await level('gpio-sysfs', missing)).toBe('skip');
    expect(await level('module-onoff', unloaded)).toBe('skip');
    expect(await level('module-onoff', unloaded, { ...LINUX, 'gpio.access': 'sysfs' })).toBe('fail');
    expect((await finding('gpio-access', PI4, { ...LINUX, 'gpio.access': 'chardev' })).text).toContain(
      'gpio.access = chardev',
    );
  });

  it('names what the character device still needs', async () => {
    const program = '/opt/remixd/current/gate/remixd-lines';
    const missing = { '/sys/class/gpio/export': null };
    expect(await finding('gpio-access', changed(PI4, { ...missing, [program]: null }))).toMatchObject({
      level: 'fail',
      remedy: expect.stringContaining('make -C gate'),
    });
    expect(await level('remixd-lines', changed(PI4, { ...missing, [program]: null }))).toBe('fail');
    expect(await level('remixd-lines', changed(PI4, { [program]: null }))).toBe('skip');
    expect(await finding('gpio-access', changed(PI4, { ...missing, '/dev/gpiochip0': null }))).toMatchObject({
      level: 'fail',
      remedy: expect.stringContaining('CONFIG_GPIO_CDEV'),
    });
    const closed = changed(PI4, { ...missing, '/dev/gpiochip0': device(0, 0o600) });
    expect(await finding('device-gpiochip', closed)).toMatchObject({
      level: 'fail',
      remedy: expect.stringContaining('udev.rules'),
    });
  });

  it('never advises the group root: a device file that is root’s gets its rules', async () => {
    for (const [name, path] of [
      ['device-i2c-1', '/dev/i2c-1'],
      ['device-gpiochip', '/dev/gpiochip0'],
    ] as const) {
      const found = await finding(name, changed(PI4, { [path]: device(0, 0o600) }));
      expect([found.level === 'ok', found.remedy]).toEqual([false, expect.stringContaining('udev.rules')]);
      expect(found.remedy).not.toContain('usermod -aG root');
    }
  });

  it('reads the flag of the chip in use: a Pi 5 has the driver of the older ones, too', async () => {
    const RP1 = '/sys/module/pinctrl_rp1/parameters/persist_gpio_outputs';
    const flags = (rp1: string, bcm: string) => changed(PI5, { [RP1]: rp1, [PERSIST]: bcm });
    expect(await level('gpio-persist', flags('N\n', 'Y\n'))).toBe('ok');
    expect(await level('gpio-persist', flags('Y\n', 'N\n'))).toBe('warn');
  });

  it('warns when a line outlives its owner', async () => {
    expect(await finding('gpio-persist', changed(PI4, { [PERSIST]: 'Y\n' }))).toMatchObject({
      level: 'warn',
      remedy: expect.stringContaining(`dtparam=strict_gpiod to ${CONFIG}`),
    });
    expect(await level('gpio-persist', changed(PI4, { [PERSIST]: null }))).toBe('skip');
  });

  it('fails a heater line that is also a clock of SPI', async () => {
    expect(await level('pins', PI4, { ...LINUX, 'gpio.heaterLine': 11 })).toBe('fail');
  });
});

describe('sensors', () => {
  it('shows values in words, and an error with its remedy', async () => {
    expect((await finding('sensor-infrared', PI4)).text).toBe('MLX90614, 23.6 °C');
    const why = { kind: 'nak', device: 'mlx90614', op: 'id', errno: 121, transient: true, detail: '' } as const;
    const silent: SensorProbe = () => Promise.resolve({ answers: [{ name: 'infrared', ok: false, why }] });
    expect(await finding('sensor-infrared', PI4, LINUX, silent)).toMatchObject({
      level: 'fail',
      text: 'mlx90614: nak at id, errno 121',
      remedy: expect.stringContaining('SDA'),
    });
  });

  it('says when they cannot be asked at all', async () => {
    const broken: SensorProbe = () => Promise.reject(new Error('no such bus'));
    expect(await finding('sensors', PI4, LINUX, broken)).toMatchObject({
      level: 'fail',
      text: expect.stringContaining('no such bus'),
    });
  });

  it('does not wait for ever for a bus that hangs', async () => {
    vi.useFakeTimers();
    try {
      const hung = finding('sensors', PI4, LINUX, () => new Promise(() => {}));
      await vi.advanceTimersByTimeAsync(15_000);
      expect((await hung).text).toContain('the bus hangs');
    } finally {
      vi.useRealTimers();
    }
  });

  it('leaves the buses to a controller that runs', async () => {
    const running = changed(PI4, { '/var/lib/remixd/lock': '321\n' });
    const never: SensorProbe = () => Promise.reject(new Error('asked'));
    expect((await finding('sensors', running, LINUX, never)).text).toContain('process 321');
    expect(await level('sensor-thermocouple', changed(PI4, { '/var/lib/remixd/lock': '99\n' }))).toBe('ok');
  });
});

describe('the gate', () => {
  it('wants programs, limits equal to the settings, a socket, and FIFO 45', async () => {
    const root = '/opt/remixd/current/gate';
    expect(await level('remixd-gate', changed(PI4, { [`${root}/remixd-gate`]: null }))).toBe('fail');
    expect(await level('remixd-off', changed(PI4, { [`${root}/remixd-off`]: 'text' }))).toBe('fail');
    expect(await level('gate-limits', changed(PI4, { '/etc/remixd/gate.conf': null }))).toBe('fail');
    expect(await finding('gate-limits', changed(PI4, { '/etc/remixd/gate.conf': 'limits \n' }))).toMatchObject({
      level: 'fail',
      remedy: expect.stringContaining('config gate'),
    });
    expect(await level('gate-socket', changed(PI4, { '/run/remixd/gate.sock': null }))).toBe('warn');
    expect(await level('gate-socket', changed(PI4, { '/run/remixd/gate.sock': 'text' }))).toBe('fail');
    for (const [policy, priority, wanted] of [
      [1, 45, 'ok'],
      [1, 44, 'warn'],
      [2, 45, 'warn'],
      [0, 0, 'warn'],
    ] as const)
      expect(await level('gate-scheduling', changed(PI4, { '/proc/321/stat': stat(policy, priority) }))).toBe(wanted);
    expect(await level('gate-scheduling', changed(PI4, { '/proc/321/comm': 'other' }))).toBe('skip');
  });
});

describe('the computer', () => {
  const asked = (span: string): Tree => ({
    ...PI4,
    commands: { 'systemctl show --property=RuntimeWatchdogUSec --value': span },
  });

  it.each([
    ['10s', 'ok'],
    ['16s', 'ok'],
    ['1min', 'warn'],
    ['0', 'warn'],
    ['infinity', 'warn'],
    ['nonsense', 'warn'],
  ])('watchdog of %s: %s', async (span, wanted) => {
    expect(await level('watchdog', asked(span))).toBe(wanted);
  });

  it('warns about clock and supply, never more: control uses neither', async () => {
    const late = changed(PI4, { '/run/systemd/timesync/synchronized': null });
    expect(await level('clock', late)).toBe('skip');
    const no = { 'timedatectl show --property=NTPSynchronized --value': 'no\n' };
    expect(await level('clock', { ...late, commands: no })).toBe('warn');
    expect(await level('supply', changed(PI4, { '/sys/class/hwmon/hwmon1/in0_lcrit_alarm': '1\n' }))).toBe('warn');
  });

  it('fails below 5 % of free space, without permission, and on a disk that is mounted read-only', async () => {
    const space = (freeBytes: number): Tree => ({ ...PI4, space: { freeBytes, totalBytes: 1000 * 2 ** 20 } });
    expect(await level('state-dir', space(50 * 2 ** 20))).toBe('ok');
    expect(await level('state-dir', space(49 * 2 ** 20))).toBe('fail');
    expect(await level('runs-dir', changed(PI4, { '/var/lib/remixd': folder(0) }))).toBe('fail');
    expect(await level('runs-dir', { ...PI4, readOnly: ['/var/lib/remixd'] })).toBe('fail');
    const other = { ...PI4, uid: 1000, readOnly: ['/var/lib/remixd'] };
    expect(await level('runs-dir', other)).toBe('ok');
    expect((await finding('state-dir', changed(PI4, { '/var/lib/remixd': null }))).text).toContain(
      'first start of the service',
    );
  });

  it('gives a folder to its account, and never suggests a new owner for the folder above it', async () => {
    const closed = changed(PI4, { '/var/lib/remixd': folder(0) });
    expect((await finding('state-dir', closed)).remedy).toBe('sudo chown -R remixd /var/lib/remixd');
    expect((await finding('runs-dir', closed)).remedy).toBe('sudo install -d -o remixd /var/lib/remixd/runs');
  });
});

describe('the report', () => {
  it('is aligned, has a remedy under each bad line and ends with the counts', async () => {
    const tree = changed(PI4, { '/run/remixd/gate.sock': null, '/etc/remixd/gate.conf': null });
    const diagnosis = await doctor(tree);
    const lines = reportLines(diagnosis, 100, false);
    const at = lines.findIndex((line) => line.startsWith('  fail'));
    expect(lines.slice(at + 1, at + 3).join('\n')).toMatch(/^ {20,}→/m);
    expect(lines.at(-1)).toBe(
      `${diagnosis.findings.length} checks: ${diagnosis.findings.length - 2} ok, 1 warn, 1 fail, 0 skip`,
    );
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(130);
  });

  it('uses colours only when it may, and explains the skips of the simulated bench', async () => {
    const diagnosis = await doctor(LAPTOP, SIM, noSensorProbe);
    expect(reportLines(diagnosis, 100, false).join('')).not.toContain('\x1b');
    expect(reportLines(diagnosis, 100, true).join('')).toContain('\x1b[32mok');
    expect(reportLines(diagnosis, 100, false).at(-1)).toContain('hal.kind = sim');
  });
});

describe('the probe of this computer', () => {
  it('reads what is there and says null for what is not', async () => {
    const probe = realProbe();
    expect(probe.facts('/dev/null')).toMatchObject({ kind: 'device', mode: 0o666 });
    expect([probe.facts('/nowhere'), probe.bytes('/nowhere'), probe.names('/nowhere')]).toEqual([null, null, []]);
    expect(probe.names('/proc/self')).toContain('stat');
    expect(probe.space('/')?.totalBytes).toBeGreaterThan(0);
    expect([probe.load('node:fs'), probe.load('no-such-module')]).toEqual([null, 'not installed']);
    expect(await probe.run('echo', ['a'], 5000)).toBe('a\n');
    expect([await probe.run('no-such-command', [], 5000), await probe.run('sleep', ['5'], 50)]).toEqual([null, null]);
  });

  it('examines this computer without an exception', async () => {
    const diagnosis = await examine({
      probe: realProbe(),
      settings: defaultSettings(),
      sensors: noSensorProbe,
      gateConf: { path: '/etc/remixd/gate.conf', expected: null },
      packageRoot: '.',
    });
    expect(diagnosis.findings.length).toBeGreaterThan(15);
  });
});

describe('the offer of a better calibration', () => {
  const seen = async (found: ReturnType<OfferProbe>): Promise<Finding | undefined> => {
    const { findings } = await examine({
      probe: treeProbe(LAPTOP),
      settings: SIM,
      sensors: noSensorProbe,
      gateConf: { path: '/etc/remixd/gate.conf', expected: null },
      packageRoot: '/opt/remixd',
      offer: () => found,
    });
    return findings.find(({ id }) => id === 'calibration-offer');
  };

  it('is said where there is one, and one that cannot be accepted is a warning with its remedy', async () => {
    expect(await seen(null)).toBeUndefined();
    expect(await seen({ text: '412 ± 12 s' })).toMatchObject({ level: 'ok', text: '412 ± 12 s' });
    const stale = { wrong: 'OFFER_STALE', remedy: 'Delete the file.' };
    expect(await seen(stale)).toMatchObject({ level: 'warn', text: 'OFFER_STALE', remedy: 'Delete the file.' });
  });
});

describe('the broker', () => {
  const seen = async (link: LinkTrouble | null, broker = 'mqtt://broker.lab:1883'): Promise<Finding | undefined> => {
    const settings = { ...SIM, 'mqtt.broker': broker };
    const { findings } = await examine({
      probe: treeProbe(LAPTOP),
      settings,
      sensors: noSensorProbe,
      gateConf: { path: '/etc/remixd/gate.conf', expected: null },
      packageRoot: '/opt/remixd',
      link: () => Promise.resolve(link),
    });
    return findings.find(({ id }) => id === 'link');
  };

  it('is looked at where one is configured, and a trouble has its cause and remedy', async () => {
    expect(await seen(null)).toMatchObject({ level: 'ok' });
    expect(await seen(linkTrouble('LINK_DEAF', 'ping'))).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/LINK_DEAF.*delivers no commands.*a remote stop is not heard/),
      remedy: expect.stringContaining('make-broker'),
    });
    expect(await seen(null, 'none')).toBeUndefined();
  });
});
