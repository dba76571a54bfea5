/** What goes out when, in quiet hours and out of them. */
import { describe, expect, it } from 'vitest';
import { Outbox } from '../../../src/fronts/messages/outbox.ts';
import type { Message, Told } from '../../../src/params/messages.ts';
import { atSeconds } from '../../../src/units.ts';
import { delivery } from '../../support/messages.ts';

const VERDICT: Partial<Message> = { kind: 'verdict', urgent: false, title: 'Mixed', text: 'The film is mixed.' };
const ALARM: Partial<Message> = { kind: 'alarm', code: 'high', urgent: true };
const OVER: Partial<Message> = { kind: 'alarm-off', code: 'high', urgent: false, title: 'Over: Film too warm' };

function scene(): { outbox: Outbox; out: Told[]; lost: number[]; add(message: Partial<Message>): void } {
  const out: Told[] = [];
  const lost: number[] = [];
  const outbox = new Outbox({
    tell: (message) => ({ ...delivery(), ...message }),
    send: (message) => void out.push(message),
    lose: (count) => void (count > 0 && lost.push(count)),
  });
  return { outbox, out, lost, add: (message) => outbox.add({ ...delivery(), ...message }) };
}
const kinds = (out: readonly Told[]): string[] => out.map(({ kind }) => kind);

describe('in quiet hours', () => {
  it('trips and alarms go out, and the others come as one summary when they end', () => {
    const { outbox, out, add } = scene();
    add({ kind: 'trip', urgent: true });
    add(ALARM);
    add(VERDICT);
    add({ kind: 'end', urgent: false, title: 'Run ended', text: 'The recipe came to its end.' });
    outbox.release(true, atSeconds(1));
    outbox.release(true, atSeconds(3600));
    expect(kinds(out)).toEqual(['trip', 'alarm']);
    add({ ...VERDICT, title: 'Drifting', text: 'The film drifts.' });
    outbox.release(false, atSeconds(7200));
    expect(kinds(out)).toEqual(['trip', 'alarm', 'summary']);
    expect(out[2]).toMatchObject({
      title: '3 messages were held back',
      text: 'Drifting (the last of 2): The film drifts.\nRun ended: The recipe came to its end.',
      urgent: false,
    });
    outbox.release(false, atSeconds(7201));
    expect(out).toHaveLength(3);
  });

  it('a single one comes as itself when they end', () => {
    const { outbox, out, add } = scene();
    outbox.release(true, atSeconds(0));
    add(VERDICT);
    outbox.release(true, atSeconds(1));
    outbox.release(false, atSeconds(2));
    expect(kinds(out)).toEqual(['verdict']);
  });

  it('an alarm that comes again after it was over is told, and its end is not told after it', () => {
    const { outbox, out, add } = scene();
    outbox.release(true, atSeconds(0));
    add(OVER);
    add(ALARM);
    outbox.release(true, atSeconds(1));
    expect(out).toMatchObject([{ kind: 'alarm', count: 2 }]);
    outbox.release(false, atSeconds(2));
    expect(out).toHaveLength(1);
  });
});

describe('outside of them', () => {
  it('what is over the pace waits for its turn, the newest of each subject', () => {
    const { outbox, out, add } = scene();
    for (let n = 0; n < 10; n += 1) {
      add(n % 2 === 0 ? ALARM : OVER);
      outbox.release(false, atSeconds(1));
    }
    expect(out).toHaveLength(10);
    for (let n = 0; n < 101; n += 1) {
      add(n % 2 === 0 ? ALARM : OVER);
      outbox.release(false, atSeconds(1));
    }
    // Three more of each kind are within the pace; then the state at the end is what counts.
    expect(out).toHaveLength(16);
    outbox.release(false, atSeconds(31));
    expect(out.at(-1)).toMatchObject({ kind: 'alarm', count: 95 });
    outbox.release(false, atSeconds(62));
    expect(out).toHaveLength(17);
  });

  it('trips are never held', () => {
    const { out, add } = scene();
    for (let n = 0; n < 40; n += 1) add({ kind: 'trip', urgent: true });
    expect(out).toHaveLength(40);
  });

  it('what does not fit is counted', () => {
    const { outbox, out, lost, add } = scene();
    for (let n = 0; n < 40; n += 1) add({ kind: 'trouble', urgent: false, code: `t${n}` });
    outbox.release(false, atSeconds(0));
    expect(out).toHaveLength(8);
    expect(lost.reduce((sum, n) => sum + n, 0)).toBe(8);
  });
});

it('at the end what is urgent goes out, and one summary of the others', () => {
  const { outbox, out, add } = scene();
  add(VERDICT);
  add(ALARM);
  add({ kind: 'end', urgent: false });
  outbox.flush();
  expect(kinds(out)).toEqual(['alarm', 'summary']);
});
