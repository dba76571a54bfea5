import { describe, expect, it } from 'vitest';
import { ClockSync, witnessed } from '../../src/runtime/clock-sync.ts';

const CHRONY = (leap: string): string => `Reference ID    : C0A80101\nStratum         : 3\nLeap status     : ${leap}\n`;
const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the word on this computer’s clock', () => {
  it.each([
    ['timedatectl says yes', { timedatectl: 'yes\n' }, true],
    ['timedatectl says no, chrony is not there', { timedatectl: 'no\n' }, false],
    ['no timedatectl, chrony has set it', { chronyc: CHRONY('Normal') }, true],
    ['no timedatectl, chrony has not set it', { chronyc: CHRONY('Not synchronised') }, false],
    [
      'timedatectl says no in a container, chrony has set it',
      { timedatectl: 'no\n', chronyc: CHRONY('Insert second') },
      true,
    ],
    ['nobody knows', {}, false],
  ])('%s', async (_, said: Record<string, string>, set) => {
    expect(await witnessed((program) => Promise.resolve(said[program] ?? null))).toBe(set);
  });

  it('is taken from the mark of timesyncd or from a person without asking anybody', () => {
    const nobody = (): never => {
      throw new Error('asked');
    };
    expect(new ClockSync(true, () => false, nobody).isSet()).toBe(true);
    expect(new ClockSync(false, () => true, nobody).isSet()).toBe(true);
  });

  it('is asked for beside, once a minute at most', async () => {
    let asked = 0;
    const sync = new ClockSync(
      false,
      () => false,
      () => {
        asked += 1;
        return Promise.resolve('yes\n');
      },
    );
    expect(sync.isSet()).toBe(false);
    expect(sync.isSet()).toBe(false);
    await soon();
    expect([sync.isSet(), sync.isSet(), asked]).toEqual([true, true, 1]);
  });
});
