/** Each event in the journal: how loud, and in which words. */
import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../src/params/events.ts';
import { FAULT_NAMES, FAULTS } from '../../src/params/faults.ts';
import { LEVEL, logLine } from '../../src/params/log.ts';

const of = (event: EventBody, run = 1, simulated = false) =>
  logLine({ ...event, at: 0, timeS: null, run } as RunEvent, simulated);

describe('a line of the journal', () => {
  it('of a trip is critical, and says what happened and what to do', () => {
    for (const fault of FAULT_NAMES) {
      const { code, label, sentence, remedy } = FAULTS[fault];
      expect(of({ kind: 'trip', latch: { kind: 'tripped', trip: 4, fault } })).toEqual({
        level: LEVEL.crit,
        text: `trip ${code} ${fault} (run 1): trip 4, ${label}. ${sentence} Remedy: ${remedy}`,
      });
    }
  });

  it.each([
    [{ kind: 'disk', code: 'latch-unwritable', text: 'EROFS' }, 3, 'disk latch-unwritable: EROFS'],
    [
      { kind: 'alarm', alarm: 'high', ends: true, text: '41 °C.' },
      4,
      'alarm high: Film too warm. 41 °C. It ends the run.',
    ],
    [{ kind: 'trouble', code: 'link', text: 'no broker' }, 4, 'trouble link: no broker'],
    [{ kind: 'refused', name: 'arm', text: 'The lid is open.', code: 409 }, 4, 'refused arm: 409 The lid is open.'],
    [{ kind: 'state', from: 'safe', to: 'armed', latch: null }, 5, 'state armed: safe -> armed'],
    [{ kind: 'alarm-off', alarm: 'high' }, 5, 'alarm-off high'],
    [{ kind: 'note', code: 'recipe', text: 'hold-mixed' }, 6, 'note recipe: hold-mixed'],
  ] satisfies [EventBody, number, string][])('of %o has level %i', (event, level, text) => {
    expect(of(event, 0)).toEqual({ level, text });
  });

  it('says that the bench is simulated, and in which run it was', () => {
    expect(of({ kind: 'alarm-off', alarm: 'low' }, 3, true)?.text).toBe('SIMULATED alarm-off low (run 3)');
  });

  it('is not made of an edge of the heater', () => {
    expect(of({ kind: 'edge', rising: true, askedUs: 0 as never, achievedUs: 0 as never })).toBeNull();
  });
});
