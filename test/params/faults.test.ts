import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES, COMMANDS, commandRow } from '../../src/params/commands.ts';
import { FAULT_NAMES, FAULTS } from '../../src/params/faults.ts';
import { INTERLOCKS, interlockRow } from '../../src/params/interlocks.ts';
import { clearsWhen, remedyOf, severity } from '../../src/params/severity.ts';
import { TELEMETRY, TELEMETRY_NAMES, type TelemetryRow } from '../../src/params/telemetry.ts';

describe('the table of faults', () => {
  it('gives every fault a code of its own', () => {
    const codes = FAULT_NAMES.map((name) => FAULTS[name].code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.length).toBeGreaterThan(30);
  });

  it.each(FAULT_NAMES)('%s is coded W when it only warns, and E otherwise', (name) => {
    const { code, action } = FAULTS[name];
    expect(code).toMatch(/^[EW][1-9]\d\d$/);
    expect(code.startsWith('W')).toBe(action === 'warn');
  });

  it.each(FAULT_NAMES)('%s tells a person what happened, the usual cause and what to do', (name) => {
    const row = FAULTS[name];
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    for (const text of [row.label, row.sentence, row.cause, row.remedy, clearsWhen(name)]) {
      expect(text.trim()).toBe(text);
      expect(text.length).toBeGreaterThan(2);
    }
    for (const text of [row.sentence, row.cause, row.remedy, remedyOf(name, false)])
      expect(text).toMatch(/^[A-Z].*\.$/);
    expect(INTERLOCKS[row.interlock]).toBeDefined();
    expect(interlockRow(row.interlock).retired).toBeUndefined();
  });

  it.each(FAULT_NAMES)('%s has a known action, and a lockout clears at the bench only', (name) => {
    const { action } = FAULTS[name];
    const clears = clearsWhen(name);
    expect(['warn', 'inhibit', 'pause', 'trip', 'lockout']).toContain(action);
    expect(clears.includes('reset at the bench')).toBe(action === 'lockout');
  });

  it('orders the actions: warn, inhibit, pause, trip, lockout', () => {
    const levels = (['temp-warm', 'too-warm-to-arm', 'ir-stale', 'over-temperature', 'leak-current'] as const).map(
      severity,
    );
    expect(levels).toEqual([1, 2, 3, 4, 5]);
    for (const name of FAULT_NAMES) expect(severity(name)).toBeGreaterThanOrEqual(1);
  });

  it('never stops the fixed schedule for the sake of the optics (I21)', () => {
    for (const name of FAULT_NAMES.filter((one) => one.startsWith('pl-'))) expect(FAULTS[name].action).toBe('warn');
  });

  it('locks out on a current that should not flow', () => {
    expect(FAULTS['leak-current'].action).toBe('lockout');
  });
});

describe('the table of commands', () => {
  it('says of every command what it does to the heat', () => {
    expect(COMMANDS.arm.heat).toBe('adds');
    expect(COMMANDS.stop.heat).toBe('removes');
    for (const row of Object.values(COMMANDS)) {
      expect(row.label.length).toBeGreaterThan(2);
      expect(row.why).toMatch(/\.$/);
    }
    const adds = COMMAND_NAMES.filter((name) => commandRow(name).heat === 'adds');
    expect(adds).toEqual(['arm', 'set', 'try', 'find']);
  });
});

describe('the table of recorded quantities', () => {
  it.each(TELEMETRY_NAMES)('%s says its unit in its name and has a label', (name) => {
    const { unit, label, decimals }: TelemetryRow = TELEMETRY[name];
    const ending = { s: '_s', '°C': '_c', K: '_k', A: '_a', V: '_v' }[unit];
    if (ending) expect(name.endsWith(ending)).toBe(true);
    else expect(name).not.toMatch(/_[a-z]$/);
    expect(label.length).toBeGreaterThan(2);
    expect(Number.isInteger(decimals)).toBe(true);
    if (unit === '') expect(decimals).toBe(0);
    else expect(decimals).toBeGreaterThan(0);
  });
});
