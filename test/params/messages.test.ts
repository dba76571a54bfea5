/** What is said of each event, and what of none. */
import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../src/params/events.ts';
import { FAULT_NAMES, FAULTS } from '../../src/params/faults.ts';
import { MESSAGE_KINDS, messageOf, priorityOf, subjectOf, TROUBLES } from '../../src/params/messages.ts';
import type { Snapshot } from '../../src/params/snapshot.ts';
import { snapshot } from '../support/desk.ts';

const of = (event: EventBody, changes: Partial<Snapshot> = {}) => messageOf(event as RunEvent, snapshot(changes));

describe('a message', () => {
  it('tells every trip, with the remedy', () => {
    for (const fault of FAULT_NAMES) {
      const message = of({ kind: 'trip', latch: { kind: 'tripped', trip: 1, fault } });
      expect(message).toMatchObject({ kind: 'trip', urgent: true, remedy: FAULTS[fault].remedy });
      expect(subjectOf(message!)).toBeNull();
    }
  });

  it('tells that the film cannot be seen, by the verdict and by the alarm', () => {
    const verdict = { kind: 'verdict', from: 'MIXED', to: 'CANNOT_SEE', sight: 'saturated', segregated: null } as const;
    expect(of({ ...verdict, text: 'A photodiode is saturated.' })).toMatchObject({
      kind: 'verdict',
      code: 'CANNOT_SEE',
      urgent: false,
      title: 'Cannot see',
    });
    expect(of({ kind: 'alarm', alarm: 'unseen', ends: false, text: 'not seen' })).toMatchObject({
      kind: 'alarm',
      code: 'unseen',
      title: 'Film not seen',
    });
  });

  it('tells what the disk and the clock do, each with a title and a remedy of its own', () => {
    for (const code of Object.keys(TROUBLES)) {
      const message = of({ kind: code === 'latch-unwritable' ? 'disk' : 'trouble', code, text: 'what happened' });
      expect(message).toMatchObject({ code, text: 'what happened', urgent: false });
      expect(['disk', 'clock']).toContain(message?.kind);
      expect(message?.title.length).toBeLessThanOrEqual(40);
      expect(message?.remedy).toMatch(/^[A-Z].*\.$/);
    }
    expect(of({ kind: 'trouble', code: 'link', text: 'x' })).toMatchObject({ kind: 'trouble', title: 'Trouble' });
    expect(of({ kind: 'trouble', code: 'constructor', text: 'x' })).toMatchObject({ kind: 'trouble' });
  });

  it('tells that the record cannot be written before a run needs it; a run trips and says so itself', () => {
    const event = { kind: 'fault', fault: 'journal-failing' } as const;
    expect(of(event)).toMatchObject({ kind: 'disk', code: 'E602', remedy: 'Free some disk space.' });
    expect(of(event, { driven: true })).toBeNull();
  });

  it('tells a warning during a run only', () => {
    const fault = FAULT_NAMES.find((name) => FAULTS[name].action === 'warn')!;
    expect(of({ kind: 'fault', fault })).toBeNull();
    expect(of({ kind: 'fault', fault }, { driven: true })).toMatchObject({ kind: 'fault' });
  });

  it('is not made of notes, edges or commands', () => {
    expect(of({ kind: 'note', code: 'messages', text: 'works again' })).toBeNull();
    expect(of({ kind: 'gate', code: 'x', text: 'x' })).toBeNull();
    expect(of({ kind: 'command', name: 'stop', text: 'x' })).toBeNull();
  });

  it('of an alarm and of its end are about the same', () => {
    const on = of({ kind: 'alarm', alarm: 'high', ends: false, text: 'warm' })!;
    const off = of({ kind: 'alarm-off', alarm: 'high' })!;
    expect(subjectOf(on)).toBe(subjectOf(off));
    expect(subjectOf(of({ kind: 'alarm-off', alarm: 'low' })!)).not.toBe(subjectOf(off));
  });

  it('has the highest priority for trips alone, and no calm one is above the default', () => {
    const message = of({ kind: 'alarm-off', alarm: 'high' })!;
    for (const kind of Object.keys(MESSAGE_KINDS) as (keyof typeof MESSAGE_KINDS)[]) {
      expect(priorityOf({ ...message, kind, urgent: false })).toBeLessThanOrEqual(3);
      expect(priorityOf({ ...message, kind, urgent: true }) === 5).toBe(kind === 'trip');
    }
  });
});
