import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { explain } from '../../src/config/explain.ts';
import { type ConfigSource, hashOf, loadConfig } from '../../src/config/load.ts';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import type { Problem } from '../../src/params/problem.ts';
import { ConfigError, EXIT_CONFIG, listProblems } from '../../src/params/problem.ts';
import { environmentName } from '../../src/params/schema.ts';
import {
  defaultSettings,
  SETTING_KEYS,
  type SettingKey,
  type Settings,
  settingRow,
} from '../../src/params/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'remixd-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
const fileOf = (content: unknown): string => {
  const path = join(folder, `${written++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const problemsOf = (source: ConfigSource): readonly Problem[] => {
  try {
    loadConfig(source);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};
const ofFile = (content: unknown) => problemsOf({ file: fileOf(content) });

/** A value that differs from the default and is allowed. */
function another(key: SettingKey): unknown {
  const row = settingRow(key);
  // A bench file that says nothing changes no other setting.
  if (key === 'sim.bench') return fileOf({ format: 'remixd-bench-1' });
  if (key === 'mqtt.broker') return 'mqtts://broker.example:8883';
  if (key === 'messages.program') return '/bin/true';
  // Any other address than a loopback one needs a certificate.
  if (key === 'web.address') return '127.0.0.2';
  if (/^messages\..*(Url|link)$/.test(key)) return 'https://push.example:8443/bench';
  // A pin that no other line has.
  if (/^gpio\..*Line$/.test(key)) return 16;
  if (row.kind === 'text' && row.shape.startsWith('minute hour')) return '7 7 * * 1-5';
  switch (row.kind) {
    case 'number':
      return row.default > row.min ? row.default - row.step : row.default + row.step;
    case 'choice':
      // A sensor with one chip to choose from has no other.
      return row.choices.find((one) => one !== row.default) ?? row.default;
    case 'boolean':
      return !row.default;
    case 'text':
      return `${row.default}-2`;
  }
}
const nested = (flat: Partial<Record<SettingKey, unknown>>): Record<string, Record<string, unknown>> => {
  const file: Record<string, Record<string, unknown>> = {};
  for (const [key, value] of Object.entries(flat)) {
    const [group = '', name = ''] = key.split('.');
    file[group] = { ...file[group], [name]: value };
  }
  return file;
};

describe('a configuration', () => {
  it('is the defaults when there is nothing else', () => {
    const loaded = loadConfig({});
    expect(loaded.settings).toEqual(defaultSettings());
    expect(loaded.file).toBeNull();
    expect(new Set(Object.values(loaded.origin))).toEqual(new Set(['default']));
  });

  it.each(['default.json', 'field.json', 'bench.json'])('loads from config/%s', (name) => {
    const file = join(PACKAGE_ROOT, 'config', name);
    const { settings, origin } = loadConfig({ file });
    expect(settings['run.recipe']).toBe('hold-mixed');
    expect(origin['run.recipe']).toBe('file');
    // Hardware keeps its safety latch where it is found from any folder.
    if (settings['hal.kind'] === 'linux') expect(settings['runtime.stateDir']).toBe('/var/lib/remixd');
  });

  it('in the field is tighter than the default', () => {
    const { settings } = loadConfig({ file: join(PACKAGE_ROOT, 'config', 'field.json') });
    expect(settings).toMatchObject({ 'hal.kind': 'linux', 'gate.constantS': 0, 'limits.tripC': 42 });
  });

  it('takes the file over the default, the environment over the file, and --set over all', () => {
    const file = fileOf({ pulse: { onMs: 600, periodMs: 6000 }, light: { level: 0.6 } });
    const env = { REMIXD_PULSE_ON_MS: '700', REMIXD_LIGHT_LEVEL: '0.7', PATH: '/bin' };
    const set = ['light.level=0.8'];
    const { settings, origin } = loadConfig({ file, env, set });
    expect(settings).toEqual({
      ...defaultSettings(),
      'pulse.periodMs': 6000,
      'pulse.onMs': 700,
      'light.level': 0.8,
    });
    expect(Object.entries(origin).filter(([, layer]) => layer !== 'default')).toEqual([
      ['pulse.onMs', 'environment'],
      ['pulse.periodMs', 'file'],
      ['light.level', '--set'],
    ]);
  });

  it('takes the last of two --set for one key, and a text with an equals sign', () => {
    const { settings } = loadConfig({ set: ['pulse.onMs=600', 'pulse.onMs=700', 'runtime.runsDir=a=b'] });
    expect(settings['pulse.onMs']).toBe(700);
    expect(settings['runtime.runsDir']).toBe('a=b');
  });

  it('reads the same from a file, the environment and --set for every setting', () => {
    // Hardware, a certificate, quiet hours and some ways of messages need more than the one setting.
    const more = /^(hal\.kind|(mqtt|web)\.(cert|key)File|messages\.(webhookUrl|sendmail|quiet(From|To)))$/;
    for (const key of SETTING_KEYS.filter((one) => !more.test(one))) {
      const value = another(key);
      const expected = { ...defaultSettings(), [key]: value };
      // A bench that a file describes is not known until it was commissioned.
      if (key === 'sim.bench') expected['heater.commissioned'] = false;
      // A rule over several settings may object to one alone; then it must object alike from every side.
      const sources: ConfigSource[] = [
        { file: fileOf(nested({ [key]: value })) },
        { env: { [environmentName(key)]: String(value) } },
        { set: [`${key}=${String(value)}`] },
      ];
      for (const source of sources) expect(loadConfig(source).settings).toEqual(expected);
    }
  });

  it('refuses two lines of the wiring on one pin, and takes 0 as no line at all', () => {
    expect(problemsOf({ set: ['gpio.lidLine=22'] })).toMatchObject([{ code: 'CONFIG_RULE', path: 'gpio.lidLine' }]);
    expect(problemsOf({ set: ['gpio.sensorPowerLine=22'] })).toMatchObject([{ path: 'gpio.sensorPowerLine' }]);
    expect(loadConfig({ set: ['gpio.sensorPowerLine=0'] }).settings['gpio.sensorPowerLine']).toBe(0);
  });

  it('names what a way of messages needs beside itself, and quiet hours both of their ends', () => {
    const wrong = (...set: string[]): string[] => problemsOf({ set }).map(({ path }) => path);
    const key = 'messages.webhookKeyFile=/k';
    expect(wrong('messages.webhookUrl=https://a.example')).toEqual(['messages.webhookKeyFile']);
    expect(wrong('messages.webhookUrl=https://a.example', key)).toEqual([]);
    expect(wrong('messages.sendmail=/bin/mail')).toEqual(['messages.mailTo', 'messages.mailFrom']);
    expect(wrong('messages.sendmail=/bin/mail', 'messages.mailTo=a@b.example,c', 'messages.mailFrom=d')).toEqual([]);
    expect(wrong('messages.quietFrom=22:00')).toEqual(['messages.quietFrom']);
    expect(wrong('messages.quietFrom=22:00', 'messages.quietTo=22:00')).toEqual(['messages.quietFrom']);
    expect(wrong('messages.quietFrom=22:00', 'messages.quietTo=07:00')).toEqual([]);
  });

  it.each([
    'messages.ntfyUrl=ftp://a.example/t',
    'messages.ntfyUrl=https://a.example',
    'messages.ntfyUrl=https://user:secret@a.example/t',
    'messages.ntfyUrl=https://a.example:65536/t',
    'messages.link=javascript:alert(1)',
    'messages.link=https://a.example/ä',
    'messages.mailTo=-oQ/tmp@a.example',
    'messages.mailTo=a@b.example, c@b.example',
    'messages.mailFrom=a@b.example,c@b.example',
    'messages.mailFrom=Ann <a@b.example>',
    'messages.quietTo=24:00',
    'messages.quietTo=7:00',
  ])('refuses %s', (assignment) => {
    const path = `${assignment.split('=')[0]} (--set)`;
    expect(problemsOf({ set: [assignment] })).toMatchObject([{ code: 'CONFIG_VALUE', path }]);
  });

  it('on hardware has no state folder that depends on where the program was started', () => {
    const problems = problemsOf({ set: ['hal.kind=linux', 'runtime.stateDir=state'] });
    expect(problems).toMatchObject([{ code: 'CONFIG_RULE', path: 'runtime.stateDir' }]);
    expect(loadConfig({ set: ['hal.kind=linux', 'runtime.stateDir=/var/lib/remixd'] }).settings['hal.kind']).toBe(
      'linux',
    );
  });

  it('leaves the environment alone', () => {
    const env = { REMIXD_PULSE_ON_MS: '700' };
    loadConfig({ env });
    expect(env).toEqual({ REMIXD_PULSE_ON_MS: '700' });
  });
});

describe('a bench file', () => {
  const bench = { format: 'remixd-bench-1', room: { celsius: 26 }, thermocouple: { lagS: 2 }, infrared: { lagS: 0.5 } };

  it('lies between the defaults and the file, and --set wins over all', () => {
    const path = fileOf(bench);
    const file = fileOf({ sim: { bench: path, thermocoupleLagS: 1.5 } });
    const { settings, origin, bench: read } = loadConfig({ file, set: ['sim.infraredLagS=0.3'] });
    expect(settings).toMatchObject({ 'sim.ambientC': 26, 'sim.thermocoupleLagS': 1.5, 'sim.infraredLagS': 0.3 });
    expect(origin).toMatchObject({
      'sim.ambientC': 'bench',
      'sim.thermocoupleLagS': 'file',
      'sim.infraredLagS': '--set',
    });
    expect(read).toEqual(bench);
    expect(explain('sim.ambientC', loadConfig({ file }))).toContain(`bench file ${path}`);
  });

  it('changes the hash with everything that it says', () => {
    const path = join(folder, 'same.json');
    const hash = (more: object) => {
      writeFileSync(path, JSON.stringify({ ...bench, ...more }));
      return loadConfig({ set: [`sim.bench=${path}`] }).hash;
    };
    expect(hash({ optics: { leak: 0.01 } })).not.toBe(hash({ optics: { leak: 0.02 } }));
  });

  it('that is missing, is not JSON or has a wrong value is a problem of the configuration', () => {
    const codes = (path: string) => problemsOf({ set: [`sim.bench=${path}`] }).map(({ code }) => code);
    expect(codes(join(folder, 'no.json'))).toEqual(['BENCH_MISSING']);
    expect(codes(folder)).toEqual(['BENCH_UNREADABLE']);
    expect(codes(fileOf('{"format"'))).toEqual(['BENCH_SYNTAX']);
    expect(codes(fileOf({ ...bench, sample: 'No Such' }))).toEqual(['CONFIG_VALUE']);
    expect(codes(fileOf({ ...bench, infrared: { emissivity: 2 } }))).toEqual(['BENCH_VALUE']);
  });
});

describe('a bad configuration', () => {
  it('gets all its problems in one listing, each with path, what was given, what is allowed and a remedy', () => {
    const file = fileOf({
      pulse: { onMs: 9, periodMs: '5000' },
      limits: { tripC: 46 },
      light: { levle: 0.5 },
      extra: 5,
    });
    const env = { REMIXD_PULSE_ONMS: '4', REMIXD_LIGHT_LEVEL: '5s', REMIXD_SIM_AUTO_ARM: 'off', HOME: '/root' };
    const set = ['loop.tickMs=51', 'loop.tikMs=20', 'nonsense', 'hal.kind='];
    const problems = problemsOf({ file, env, set });
    const told = problems.map(({ code, path, got }) => [code, path, got]);
    expect(told).toEqual([
      ['CONFIG_VALUE', 'pulse.onMs', '9'],
      ['CONFIG_VALUE', 'pulse.periodMs', '"5000"'],
      ['CONFIG_VALUE', 'limits.tripC', '46'],
      ['CONFIG_UNKNOWN', 'light.levle', '0.5'],
      ['CONFIG_UNKNOWN', 'extra', '5'],
      ['CONFIG_VALUE', 'light.level (REMIXD_LIGHT_LEVEL)', '"5s"'],
      ['CONFIG_VALUE', 'sim.autoArm (REMIXD_SIM_AUTO_ARM)', '"off"'],
      ['CONFIG_UNKNOWN', 'REMIXD_PULSE_ONMS', '"4"'],
      ['CONFIG_VALUE', 'loop.tickMs (--set)', '51'],
      ['CONFIG_UNKNOWN', 'loop.tikMs', '"20"'],
      ['CONFIG_SET', '--set', 'nonsense'],
      ['CONFIG_VALUE', 'hal.kind (--set)', '""'],
    ]);
    for (const { allowed, remedy } of problems) {
      expect(allowed).not.toBe('');
      expect(remedy).toMatch(/[.?]$/);
    }
    const listing = listProblems(problems);
    expect(listing).toMatch(/^12 problems in the configuration; the heater was not touched\./);
    for (const { code, path, got, allowed, remedy } of problems) {
      for (const part of [`${path}   [${code}]`, got, allowed, remedy]) expect(listing).toContain(part);
    }
  });

  it('gets the line and the column of what its file says, and none of what comes from elsewhere', () => {
    const text = `{
  "pulse": {"onMs": 4900, "periodMs": 5000},
  "heater": {
    "currentA": "0.4",
    "curentA": 0.4
  },
  "loop.tickMs": 50
}`;
    const file = fileOf(text);
    const found = problemsOf({ file, set: ['limits.warnC=1'] });
    expect(found.map(({ path, at }) => [path, at?.line, at?.column])).toEqual([
      ['heater.currentA', 4, 5],
      ['heater.curentA', 5, 5],
      ['loop.tickMs', 7, 3],
      ['limits.warnC (--set)', undefined, undefined],
      ['pulse.onMs', 2, 13],
    ]);
    expect(listProblems(found)).toContain(`at       ${file}, line 4, column 5\n      got      "0.4"`);
    expect(
      problemsOf({ file, set: ['pulse.onMs=4900'] }).find(({ path }) => path === 'pulse.onMs')?.at,
    ).toBeUndefined();
  });

  it('carries the listing as its message, and has an exit code of its own', () => {
    expect(() => loadConfig({ set: ['pulse.onMs=9'] })).toThrow(/^One problem[\s\S]*pulse\.onMs \(--set\)/);
    expect(EXIT_CONFIG).toBe(78);
  });

  it.each([
    ['pulse', 'onMS', 'pulse.onMs'],
    ['limit', 'tripC', 'limits.tripC'],
    ['control', 'set_point_C', 'control.setpointC'],
  ])('with the unknown key %s.%s gets a suggestion', (group, name, meant) => {
    const [problem, ...rest] = ofFile({ [group]: { [name]: 5 } });
    expect(rest).toEqual([]);
    expect(problem?.remedy).toContain(`Did you mean ${meant}?`);
  });

  it('with an unknown variable of ours gets a suggestion, and a foreign variable is none of ours', () => {
    const [problem] = problemsOf({ env: { REMIXD_LIMITS_TRIP: '40' } });
    expect(problem).toMatchObject({ code: 'CONFIG_UNKNOWN', path: 'REMIXD_LIMITS_TRIP' });
    expect(problem?.remedy).toContain('REMIXD_LIMITS_TRIP_C');
    expect(problemsOf({ env: { XREMIXD_FOO: '1', remixd_foo: '1', REMIX: '1' } })).toEqual([]);
  });

  it('with a syntax error says so', () => {
    for (const text of ['{', '', '{"pulse": {"onMs": 0500}}', "{'pulse': 1}", '{"pulse": NaN}', '\u0000']) {
      expect(ofFile(text)).toMatchObject([
        {
          code: 'CONFIG_SYNTAX',
          got: expect.stringMatching(/^line 1, column /),
          remedy: 'Correct the JSON syntax there.',
        },
      ]);
    }
  });

  it('that is not an object says so', () => {
    for (const content of ['[]', 'null', '5', '"x"', 'true']) {
      expect(ofFile(content)).toMatchObject([{ code: 'CONFIG_SYNTAX', got: content, allowed: 'an object of groups' }]);
    }
  });

  it('with an empty name is not the same as no file', () => {
    expect(problemsOf({ file: '' })).toMatchObject([{ code: 'CONFIG_MISSING' }]);
  });

  it('that does not exist says so, and other problems are listed with it', () => {
    const file = join(folder, 'missing.json');
    expect(problemsOf({ file, set: ['pulse.onMs=9'] })).toMatchObject([
      { code: 'CONFIG_MISSING', path: file, got: 'no such file' },
      { path: 'pulse.onMs (--set)' },
    ]);
    expect(problemsOf({ file: folder })).toMatchObject([
      { code: 'CONFIG_UNREADABLE', got: 'this is a folder, not a file' },
    ]);
  });

  it.each([
    ['a number for a group', { pulse: 5 }],
    ['null for a group', { pulse: null }],
    ['a list for a group', { pulse: [500] }],
    ['an object for a value', { pulse: { onMs: { value: 500 } } }],
    ['a list for a value', { pulse: { onMs: [500] } }],
    ['null for a value', { pulse: { onMs: null } }],
    ['a value too deep', { pulse: { timing: { onMs: 500 } } }],
    ['an unknown group', { pulses: { onMs: 500 } }],
    ['an empty name', { pulse: { '': 500 } }],
    ['a group without a name', { '': { onMs: 500 } }],
    ['an unknown empty group', { limitz: {} }],
  ])('with %s is refused', (_name, content) => {
    expect(ofFile(content)).toHaveLength(1);
  });

  it('is refused for a number too large to be one', () => {
    expect(ofFile('{"pulse": {"onMs": 1e400}}')).toMatchObject([{ path: 'pulse.onMs', got: 'Infinity' }]);
  });

  it.each([
    '{"__proto__": {"polluted": 1}}',
    '{"__proto__": 1}',
    '{"__proto__": {}}',
    '{"constructor": {"prototype": {"polluted": 1}}}',
    '{"constructor": {"polluted": 1}}',
    '{"constructor": {}}',
    '{"pulse": {"__proto__": {"polluted": 1}}}',
    '{"pulse": {"constructor": {"prototype": {"polluted": 1}}}}',
    '{"prototype": {"polluted": 1}}',
    '{"toString": {"polluted": 1}}',
    '{"pulse": {"toString": 1}}',
  ])('is refused as %s and pollutes nothing', (text) => {
    const before = Reflect.ownKeys(Object.prototype).length;
    expect(ofFile(text)).toMatchObject([{ code: 'CONFIG_UNKNOWN' }]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Reflect.ownKeys(Object.prototype)).toHaveLength(before);
    expect(loadConfig({}).settings).toEqual(defaultSettings());
  });

  it('is refused with such keys in --set too', () => {
    for (const key of ['__proto__', 'constructor', '__proto__.polluted', 'constructor.prototype']) {
      expect(problemsOf({ set: [`${key}=5`] })).toMatchObject([{ code: 'CONFIG_UNKNOWN', path: key }]);
    }
    expect(problemsOf({ set: ['=5'] })).toMatchObject([{ code: 'CONFIG_SET' }]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('lists broken rules beside bad values, but not rules about a value that is bad itself', () => {
    const set = ['pulse.onMs=5000', 'pulse.periodMs=5000', 'foo=1'];
    expect(problemsOf({ set }).map(({ code }) => code)).toEqual(['CONFIG_UNKNOWN', 'CONFIG_RULE']);
    expect(problemsOf({ set: ['pulse.onMs=1', 'pulse.periodMs=500'] }).map(({ code }) => code)).toEqual([
      'CONFIG_VALUE',
    ]);
  });

  it('that only breaks a rule over several settings names the rule', () => {
    expect(ofFile({ pulse: { onMs: 2751 } })).toMatchObject([{ code: 'CONFIG_RULE', path: 'pulse.onMs' }]);
    expect(ofFile({ pulse: { onMs: 2750 } })).toEqual([]);
    // The environment can cure what the file alone would break.
    const file = fileOf({ pulse: { onMs: 4000 } });
    expect(problemsOf({ file, env: { REMIXD_PULSE_PERIOD_MS: '10000' } })).toEqual([]);
  });

  it.each(SETTING_KEYS.filter((key) => settingRow(key).applies === 'bench' && settingRow(key).kind === 'number'))(
    'cannot loosen %s from any side',
    (key) => {
      const row = settingRow(key);
      if (row.kind !== 'number') throw new Error('a limit is a number');
      for (const beyond of [row.min - row.step, row.max + row.step]) {
        expect(ofFile(nested({ [key]: beyond }))).toHaveLength(1);
        expect(problemsOf({ set: [`${key}=${beyond}`] })).toHaveLength(1);
        expect(problemsOf({ env: { [environmentName(key)]: String(beyond) } })).toHaveLength(1);
      }
    },
  );

  it('of any JSON whatever is either refused with problems or gives settings inside their bounds', () => {
    const key = fc.constantFrom('pulse', 'limits', 'onMs', 'tripC', 'warnC', '__proto__', 'constructor', 'x');
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        fc.integer({ min: 0, max: 100 }),
        fc.string(),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(key, tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    const path = fileOf('{}');
    fc.assert(
      fc.property(value, (json) => {
        writeFileSync(path, JSON.stringify(json) ?? 'null');
        let settings: Settings;
        try {
          ({ settings } = loadConfig({ file: path }));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect((error as ConfigError).problems.length).toBeGreaterThan(0);
          return;
        }
        expect(settings['limits.tripC']).toBeLessThanOrEqual(45);
        expect(settings['pulse.onMs']).toBeLessThanOrEqual(5000);
        expect(settings['limits.warnC']).toBeLessThan(settings['limits.tripC']);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the hash of a configuration', () => {
  it('has 12 hexadecimal digits and is the same for the same settings', () => {
    expect(loadConfig({}).hash).toMatch(/^[0-9a-f]{12}$/);
    expect(loadConfig({}).hash).toBe(hashOf(defaultSettings()));
    expect(loadConfig({ set: ['pulse.onMs=500'] }).hash).toBe(loadConfig({}).hash);
  });

  it('changes with every single setting', () => {
    const keys = SETTING_KEYS.filter((key) => another(key) !== settingRow(key).default);
    const hashes = keys.map((key) => hashOf({ ...defaultSettings(), [key]: another(key) } as Settings));
    expect(new Set([...hashes, hashOf(defaultSettings())]).size).toBe(keys.length + 1);
  });

  it('does not depend on the order in a file, nor on the source', () => {
    const one = loadConfig({ file: fileOf('{"pulse": {"onMs": 600, "periodMs": 6000}, "light": {"level": 0.5}}') });
    const two = loadConfig({ file: fileOf('{"light": {"level": 0.5}, "pulse": {"periodMs": 6000, "onMs": 600}}') });
    const three = loadConfig({ set: ['light.level=0.5', 'pulse.periodMs=6000', 'pulse.onMs=600'] });
    expect(two.hash).toBe(one.hash);
    expect(three.hash).toBe(one.hash);
    const shuffled = Object.fromEntries(Object.entries(one.settings).reverse()) as unknown as Settings;
    expect(hashOf(shuffled)).toBe(one.hash);
  });
});

describe('an explained setting', () => {
  it('says its value, where it comes from, its default, its range, its variable and why', () => {
    const text = explain('pulse.onMs', loadConfig({ set: ['pulse.onMs=600'] }));
    for (const part of ['600   (--set)', '500', 'a number from 50 to 5000 ms', 'live', 'REMIXD_PULSE_ON_MS']) {
      expect(text).toContain(part);
    }
    expect(explain('pulse.onMs', loadConfig({}))).toContain('500   (default)');
  });
});
