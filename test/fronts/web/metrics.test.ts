/** The metrics text, read by a parser that was written from the rules of the format (text, 0.0.4). */
import { describe, expect, it } from 'vitest';
import { type MetricsExtra, metricsText } from '../../../src/fronts/web/metrics.ts';
import { ALARM_NAMES } from '../../../src/params/alarms.ts';
import { FAULT_NAMES } from '../../../src/params/faults.ts';
import { METRICS, type MetricRow } from '../../../src/params/metrics.ts';
import type { Snapshot } from '../../../src/params/snapshot.ts';
import { TELEMETRY, TELEMETRY_NAMES } from '../../../src/params/telemetry.ts';
import { VERDICT_NAMES } from '../../../src/params/verdict.ts';
import { PULSE, recipeOf, rig } from '../../support/bench.ts';
import { snapshot } from '../../support/desk.ts';

const EXTRA: MetricsExtra = { version: '1.2.3', device: 'bench-7', sample: 'none', trips: 0 };

interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: { readonly labels: Record<string, string>; readonly value: number }[];
}

/** Reads the text, or throws at the first line that breaks a rule of the format. */
function parse(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line must end with a line feed');
  const families = new Map<string, Family>();
  let current = { name: '', help: '', type: '' };
  const seen = new Set<string>();
  for (const line of text.slice(0, -1).split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line) ?? [];
    if (word === 'HELP') {
      if (families.has(name)) throw new Error(`two blocks of ${name}`);
      if (/\\(?![\\n])/.test(rest.replaceAll('\\\\', ''))) throw new Error(`bad escape: ${line}`);
      current = { name, help: rest, type: '' };
    } else if (word === 'TYPE') {
      if (name !== current.name || families.has(name)) throw new Error(`TYPE without its HELP: ${line}`);
      if (!['counter', 'gauge'].includes(rest)) throw new Error(`type ${rest}`);
      families.set(name, { type: rest, help: current.help, samples: [] });
    } else {
      const sample = sampleOf(line);
      const family = families.get(sample.name);
      if (!family || sample.name !== current.name) throw new Error(`outside its block: ${line}`);
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      family.samples.push(sample);
    }
  }
  return families;
}

function sampleOf(line: string): { name: string; labels: Record<string, string>; value: number } {
  const [, name, , inner = '', number = ''] =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line) ??
    [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(number)) throw new Error(`not a finite number: ${line}`);
  const labels: Record<string, string> = {};
  for (const [, label = '', value = ''] of inner.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
    if (label in labels) throw new Error(`label twice: ${line}`);
    labels[label] = value.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
  }
  return { name, labels, value: Number(number) };
}

const read = (changes: Partial<Snapshot> = {}, extra: Partial<MetricsExtra> = {}): Map<string, Family> =>
  parse(metricsText(snapshot(changes), { ...EXTRA, ...extra }));
const sampled = (families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number | null =>
  families
    .get(`remixd_${name}`)
    ?.samples.find((one) => Object.entries(labels).every(([label, value]) => one.labels[label] === value))?.value ??
  null;

describe('the parser of this test', () => {
  it.each([
    ['no line feed at the end', '# HELP a b\n# TYPE a gauge\na 1'],
    ['a sample without its TYPE', 'a 1\n'],
    ['the same sample twice', '# HELP a b\n# TYPE a gauge\na{x="1"} 1\na{x="1"} 2\n'],
    ['a value that is not finite', '# HELP a b\n# TYPE a gauge\na NaN\n'],
    ['a quotation mark that is not escaped', '# HELP a b\n# TYPE a gauge\na{x="1"2"} 1\n'],
    ['a block in two pieces', '# HELP a b\n# TYPE a gauge\na 1\n# HELP c d\n# TYPE c gauge\nc 1\na{x="1"} 1\n'],
    ['a help with an unknown escape', '# HELP a b\\x\n# TYPE a gauge\na 1\n'],
  ])('refuses %s', (_what, text) => {
    expect(() => parse(text)).toThrow();
  });
});

describe('the metrics', () => {
  it('of a running bench are valid text, each counter named _total and nothing else', () => {
    const { simulation } = rig(recipeOf(PULSE(600)));
    expect(simulation.arm()).toBe(true);
    simulation.run(60);
    const { latest } = simulation.feed;
    const families = parse(metricsText(latest, EXTRA));
    for (const [name, { type, help }] of families) {
      expect(name).toMatch(/^remixd_[a-z_]+$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(help).not.toMatch(/empty/);
    }
    expect(sampled(families, 'state', { state: 'armed' })).toBe(1);
    expect(sampled(families, 'state', { state: 'safe' })).toBe(0);
    expect(sampled(families, 'mode', { mode: 'pulse' })).toBe(1);
    expect(sampled(families, 'simulated')).toBe(1);
    expect(sampled(families, 'run_number')).toBe(1);
    expect(sampled(families, 'heater_edges_total')).toBe(latest.gate.edges);
    expect(sampled(families, 'heater_heated_seconds_total')).toBeCloseTo(latest.gate.heatedUs / 1e6, 9);
    expect(sampled(families, 'heater_duty_ratio', { of: 'permitted' })).toBeCloseTo(0.1, 9);
    expect(sampled(families, 'film_celsius')).toBe(latest.film?.celsius);
    expect(sampled(families, 'photodiode_volts', { channel: 'red' })).toBe(latest.photodiodes.value?.red);
    expect(sampled(families, 'sensor_ok', { sensor: 'infrared' })).toBe(1);
  });

  it('leave out what was not measured, and never say NaN or 0 for it', () => {
    const families = read({
      thermocouple: { value: { celsius: Number.NaN, coldJunctionC: 24 }, at: 0 as never, good: 1, quality: 'ok' },
    });
    for (const name of ['film_celsius', 'infrared_celsius', 'heater_amperes', 'photodiode_volts', 'run_number'])
      expect(families.has(`remixd_${name}`), name).toBe(false);
    expect(families.has('remixd_thermocouple_celsius')).toBe(false);
    expect(sampled(families, 'cold_junction_celsius')).toBe(24);
    expect(sampled(families, 'sensor_ok', { sensor: 'infrared' })).toBe(0);
    expect(read({}, { trips: null }).has('remixd_trips_total')).toBe(false);
    expect(sampled(read({}, { trips: 3 }), 'trips_total')).toBe(3);
  });

  it('have a sample for every fault, alarm and verdict, and 1 for those that are present', () => {
    const families = read({ faults: ['lid'], alarms: ['high'] });
    const ones = (name: string, label: string): string[] =>
      (families.get(`remixd_${name}`)?.samples ?? [])
        .filter(({ value }) => value === 1)
        .map((one) => one.labels[label]!);
    expect(families.get('remixd_fault')?.samples.map(({ labels }) => labels['fault'])).toEqual(FAULT_NAMES);
    expect(ones('fault', 'code')).toEqual(['E402']);
    expect(families.get('remixd_alarm')?.samples).toHaveLength(ALARM_NAMES.length);
    expect(ones('alarm', 'alarm')).toEqual(['high']);
    expect(families.get('remixd_verdict')?.samples).toHaveLength(VERDICT_NAMES.length);
    expect(ones('verdict', 'verdict')).toEqual(['DARK']);
  });

  it('name the latched trip with its fault, also when the fault itself has cleared', () => {
    const latched = snapshot({}, { name: 'tripped', latch: { kind: 'tripped', trip: 4, fault: 'lid' } });
    expect(sampled(parse(metricsText(latched, EXTRA)), 'latched_trip_number', { code: 'E402' })).toBe(4);
    expect(read().has('remixd_latched_trip_number')).toBe(false);
  });

  it('escape what a person typed', () => {
    const families = read({ recipe: 'a"b\\c\nd' }, { device: '}\n{', sample: '\\n' });
    expect(families.get('remixd_recipe_info')?.samples[0]?.labels).toEqual({ recipe: 'a"b\\c\nd' });
    expect(families.get('remixd_build_info')?.samples[0]?.labels).toMatchObject({ device: '}\n{', sample: '\\n' });
  });
});

describe('the table of metrics', () => {
  const rows = TELEMETRY_NAMES.map((name) => [name, METRICS[name] as MetricRow] as const);
  const SUFFIX: Record<string, RegExp> = {
    s: /_seconds$/,
    '°C': /_celsius$/,
    K: /_kelvin$/,
    V: /_volts$/,
    A: /_amperes$/,
    '1': /_ratio$/,
    '': /(?<!_(?:seconds|celsius|kelvin|volts|amperes|ratio))$/,
  };

  it('names each column’s unit at the end of the metric', () => {
    for (const [column, row] of rows)
      if ('name' in row) expect(row.name, column).toMatch(SUFFIX[TELEMETRY[column].unit] ?? /^never/);
  });

  it('gives columns that are one metric labels of their own and one help', () => {
    const seen = new Set<string>();
    const helps = new Map<string, string | undefined>();
    for (const [column, row] of rows) {
      if (!('name' in row)) continue;
      const labels = 'labels' in row ? row.labels : 'ok' in row ? row.ok : {};
      const key = `${row.name} ${JSON.stringify(labels)}`;
      expect(seen.has(key), column).toBe(false);
      seen.add(key);
      const help = 'help' in row ? row.help : undefined;
      if (helps.has(row.name)) expect(help, column).toBe(helps.get(row.name) ?? 'a help of their own');
      helps.set(row.name, help);
    }
  });
});
