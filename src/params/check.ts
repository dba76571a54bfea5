/** Checks the value of a setting: the same rules for files, environment, `--set` and commands. */
import { steadyRiseK } from './heater.ts';
import { COMPILED } from './limits.ts';
import { isLoopback } from './loopback.ts';
import type { Problem } from './problem.ts';
import { numberIn } from './quantity.ts';
import { allFitted, chipOf, lightDac, onI2c, SENSORS } from './sensors.ts';
import { SETTING_KEYS, SETTINGS, type SettingKey, type SettingRow, type Settings, settingRow } from './settings.ts';
import { shown } from './shown.ts';

export const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(SETTINGS, key);

/** A number without a unit and with step 1: a seed, a GPIO line. */
const isCount = (row: SettingRow): boolean => row.kind === 'number' && row.unit === '1' && row.step === 1;

/** The allowed values of a row in words, e.g. "a number from 50 to 5000 ms". */
export function allowedValues(row: SettingRow): string {
  switch (row.kind) {
    case 'number':
      return `a ${isCount(row) ? 'whole ' : ''}number from ${row.min} to ${row.max}${row.unit === '1' ? '' : ` ${row.unit}`}`;
    case 'choice':
      return row.choices.join(' | ');
    case 'boolean':
      return 'true | false';
    case 'text':
      return row.shape;
  }
}

function accepts(row: SettingRow, value: unknown): boolean {
  switch (row.kind) {
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      if (isCount(row) && !Number.isInteger(value)) return false;
      return value >= row.min && value <= row.max;
    case 'choice':
      return typeof value === 'string' && row.choices.includes(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string' && new RegExp(row.pattern).test(value);
  }
}

/** Null when `value` is allowed for the setting, otherwise the problem. Never coerces: "5" is not 5. */
export function checkValue(key: SettingKey, value: unknown): Problem | null {
  const row = settingRow(key);
  if (accepts(row, value)) return null;
  const allowed = allowedValues(row);
  return {
    code: 'CONFIG_VALUE',
    path: key,
    got: shown(value),
    allowed,
    remedy: remedyFor(row, value, allowed),
  };
}

function remedyFor(row: SettingRow, value: unknown, allowed: string): string {
  if (row.applies === 'bench' && row.kind === 'number' && typeof value === 'number')
    return 'The range is compiled in: choose a value inside it.';
  if (row.kind !== 'text') return `Give ${allowed}.`;
  return row.default === 'none'
    ? 'Write it in that form, or none.'
    : `Write it in that form, for example ${row.default}.`;
}

/** The problem of an unknown key, with the nearest existing one if there is one. */
export function unknownKey(path: string, value: unknown): Problem {
  const near = nearest(path, SETTING_KEYS);
  return {
    code: 'CONFIG_UNKNOWN',
    path,
    got: shown(value),
    allowed: 'a declared setting',
    remedy: near ? `Did you mean ${near}? Rename or remove it.` : 'Remove it; remixd config show lists all settings.',
  };
}

/** Reads text from the environment or the command line strictly, a number with or without its unit (0.5s for 500 ms): "0.5x", "", "NaN", "off" for a boolean are refused. */
export function parseText(key: SettingKey, raw: string): unknown {
  const row = settingRow(key);
  if (row.kind === 'number') return numberIn(row.unit, raw) ?? raw;
  if (row.kind === 'boolean') return raw === 'true' ? true : raw === 'false' ? false : raw;
  return raw;
}

/** The range of the current monitor reaches this far beyond the largest current that is allowed. */
const RANGE_MARGIN = 1.1;

/** Notes a broken rule about `keys`, the first of which is blamed. */
type Rule = (keys: readonly [SettingKey, ...SettingKey[]], broken: boolean, allowed: string, remedy: string) => void;

/** The shunt must show every current that matters, on the monitor that is fitted. */
function monitorRules(s: Settings, rule: Rule): void {
  const { label, fullScaleV, offsetV } = chipOf(s, 'power');
  const largestA = s['heater.currentA'] * (1 + s['limits.currentTolerance']) * RANGE_MARGIN;
  // Down to the step of the setting.
  const mostOhm = Math.floor((1e4 * fullScaleV) / largestA) / 1e4;
  rule(
    ['heater.shuntOhm', 'hal.currentSense', 'heater.currentA', 'limits.currentTolerance'],
    s['heater.shuntOhm'] > mostOhm,
    `at most ${mostOhm.toFixed(4)} Ω: with more an over-current lies beyond the ${fullScaleV * 1000} mV of the ${label}`,
    'Fit a smaller shunt, or a monitor with a wider range.',
  );
  // Up to the step of the setting.
  const leastOhm = Math.ceil((1e4 * 2 * offsetV) / s['limits.leakA'] - 1e-9) / 1e4;
  rule(
    ['heater.shuntOhm', 'hal.currentSense', 'limits.leakA'],
    s['heater.shuntOhm'] < leastOhm,
    `at least ${leastOhm.toFixed(4)} Ω: with less the offset of the ${label}, up to ${offsetV * 1e6} µV, looks like a leakage current`,
    'Fit a larger shunt, or a monitor with a smaller offset.',
  );
}

/** What belongs together of the ways that messages go. */
function messageRules(s: Settings, rule: Rule): void {
  const isSet = (key: SettingKey): boolean => s[key] !== 'none';
  const { 'messages.quietFrom': from, 'messages.quietTo': to } = s;
  rule(
    ['messages.quietFrom', 'messages.quietTo'],
    isSet('messages.quietFrom') !== isSet('messages.quietTo') || (from !== 'none' && from === to),
    'both messages.quietFrom and messages.quietTo, and different, or neither',
    'Set both, or set both to none.',
  );
  for (const [key, needed] of [
    ['messages.webhookUrl', 'messages.webhookKeyFile'],
    ['messages.sendmail', 'messages.mailTo'],
    ['messages.sendmail', 'messages.mailFrom'],
  ] as const)
    rule([needed, key], isSet(key) && !isSet(needed), `a value while ${key} is set`, `Set it, or set ${key} to none.`);
}

/** A chip that has one address is connected there. */
function addressRules(s: Settings, rule: Rule): void {
  for (const { sensor, chip, at, key } of onI2c(s)) {
    const { address, isAddressFixed, label } = chip;
    const named = `${address} (0x${address.toString(16)})`;
    rule(
      [key, SENSORS[sensor].chip],
      isAddressFixed && at !== address,
      `${named}, the only address of the ${label}`,
      `Set ${key} to ${address}.`,
    );
  }
}

function webRules(s: Settings, rule: Rule): void {
  rule(
    ['web.certFile', 'web.keyFile'],
    (s['web.certFile'] === 'none') !== (s['web.keyFile'] === 'none'),
    'both web.certFile and web.keyFile, or neither',
    'Set both, or set both to none.',
  );
  rule(
    ['web.address', 'web.certFile', 'web.port'],
    s['web.port'] !== 0 && !isLoopback(s['web.address']) && s['web.certFile'] === 'none',
    'a loopback address (127.0.0.1) unless web.certFile and web.keyFile are set',
    'Name a certificate and its key, or keep 127.0.0.1 and reach the page through an SSH tunnel.',
  );
}

/** Rules across several settings. A rule that involves a setting in `bad` is skipped: its value is wrong anyway. */
export function checkTogether(s: Settings, bad: readonly SettingKey[] = []): Problem[] {
  const problems: Problem[] = [];
  const rule: Rule = (keys, broken, allowed, remedy) => {
    const [path] = keys;
    if (!broken || keys.some((key) => bad.includes(key))) return;
    problems.push({ code: 'CONFIG_RULE', path, got: shown(s[path]), allowed, remedy });
  };
  rule(
    ['pulse.onMs', 'pulse.periodMs'],
    s['pulse.onMs'] > COMPILED.pulseShare * s['pulse.periodMs'],
    `at most ${COMPILED.pulseShare} × pulse.periodMs (I9)`,
    'Shorten the pulse or lengthen the period.',
  );
  rule(
    ['pulse.onMs', 'gate.longestOnMs'],
    s['pulse.onMs'] > s['gate.longestOnMs'],
    `at most gate.longestOnMs, ${s['gate.longestOnMs']} ms (I7)`,
    'Shorten the pulse, or raise gate.longestOnMs.',
  );
  rule(
    ['pid.windowMs', 'gate.longestOnMs'],
    s['pid.windowMs'] - s['gate.leastOffMs'] > s['gate.longestOnMs'],
    `at most gate.longestOnMs and a rest, ${s['gate.longestOnMs'] + s['gate.leastOffMs']} ms (I7)`,
    'Shorten the window, or raise gate.longestOnMs.',
  );
  rule(
    ['enable.holdMs', 'gpio.access'],
    s['gpio.access'] !== 'sysfs' && s['enable.holdMs'] > 150,
    'at most 150 ms unless gpio.access = sysfs: an edge through remixd-lines may be 50 ms late, and ENABLE must open within 200 ms (I16)',
    'Fit a pump with a shorter hold time, or set gpio.access to sysfs.',
  );
  rule(
    ['limits.warnC', 'limits.tripC'],
    s['limits.warnC'] >= s['limits.tripC'],
    'below limits.tripC',
    'Lower limits.warnC or raise limits.tripC.',
  );
  const endPointC = 25 + steadyRiseK(s);
  rule(
    ['heater.currentA', 'heater.resistanceOhm', 'heater.gainKPerW', 'limits.endPointC'],
    endPointC > s['limits.endPointC'],
    `a predicted end temperature of at most limits.endPointC, not ${endPointC.toFixed(1)} °C (I25)`,
    'Lower heater.currentA, or correct heater.resistanceOhm and heater.gainKPerW.',
  );
  rule(
    ['runtime.stateDir', 'hal.kind'],
    s['hal.kind'] === 'linux' && !s['runtime.stateDir'].startsWith('/'),
    'an absolute path with hal.kind = linux',
    'Give an absolute path, e.g. /var/lib/remixd: the latch must be found from any working directory.',
  );
  rule(
    ['mqtt.certFile', 'mqtt.keyFile'],
    (s['mqtt.certFile'] === 'none') !== (s['mqtt.keyFile'] === 'none'),
    'both mqtt.certFile and mqtt.keyFile, or neither',
    'Set both, or set both to none.',
  );
  webRules(s, rule);
  messageRules(s, rule);
  monitorRules(s, rule);
  addressRules(s, rule);
  const dac = lightDac(s);
  const chips = dac ? [...allFitted(s), dac] : allFitted(s);
  for (const one of chips) {
    // The first chip at this place; of two that share one, only the second has another before it.
    const other = chips.find(({ chip, at, on }) => chip.bus === one.chip.bus && on === one.on && at === one.at);
    if (other === undefined || other === one) continue;
    const what = one.chip.bus === 'i2c' ? 'address' : 'chip select';
    rule([one.key, other.key], true, `another ${what} than ${other.key}`, 'Give every chip of a bus its own.');
  }
  const lines = SETTING_KEYS.filter((key) => /^gpio\..*Line$/.test(key) && s[key] !== 0);
  for (const line of lines) {
    const twin = lines.find((other) => other < line && s[other] === s[line]);
    if (twin) rule([line, twin], true, `a line different from ${twin}`, 'Use a different GPIO line for each signal.');
  }
  return problems;
}

/** A longer word is not a misspelt name, and comparing it costs time. */
const LONGEST_WORD = 48;

/** The candidate with the smallest edit distance to `word`, if it is close enough to be a typing error. */
export function nearest<T extends string>(word: string, candidates: readonly T[]): T | null {
  if (word.length > LONGEST_WORD) return null;
  const own = word.toLowerCase();
  let best: T | null = null;
  let least = Math.max(3, Math.floor(word.length / 3));
  for (const candidate of candidates) {
    const distance = editDistance(own, candidate.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein’s distance; at least `limit` where it is not below that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    let lowest = i;
    for (let j = 1; j <= b.length; j += 1) {
      const here = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      next[j] = here;
      if (here < lowest) lowest = here;
    }
    // The distance never falls below the lowest value of a row.
    if (lowest >= limit) return limit;
    row = next;
  }
  return row[b.length]!;
}
