import { describe, expect, it } from 'vitest';
import { NO_NOTIFIER, openNotifier, SystemdNotifier } from '../../../src/fronts/service/notify.ts';
import { atSeconds, instant } from '../../../src/units.ts';

function manager(): { heard: string[]; notifier: SystemdNotifier; closed: () => boolean } {
  const heard: string[] = [];
  let gone = false;
  const socket = {
    send: (message: Buffer) => {
      heard.push(message.toString());
    },
    close: () => {
      gone = true;
    },
  };
  return { heard, notifier: new SystemdNotifier(socket), closed: () => gone };
}

describe('word to the service manager', () => {
  it('says READY with the first good tick and not before', () => {
    const { heard, notifier } = manager();
    expect(heard).toEqual([]);
    notifier.good(atSeconds(1), 'safe');
    expect(heard).toEqual(['READY=1\nWATCHDOG=1\nSTATUS=safe']);
  });

  it('feeds the watchdog twice a second while ticks are good, and not at all without them', () => {
    const { heard, notifier } = manager();
    for (let tick = 0; tick < 40; tick += 1) notifier.good(instant(1_000_000 + tick * 50_000), 'safe');
    expect(heard.slice(1)).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
    // A pause without ticks is a pause without words; the next good tick speaks at once.
    notifier.good(atSeconds(9), 'safe');
    expect(heard).toHaveLength(5);
  });

  it('tells a changed state with the next word, says when it stops, and gives its socket back', () => {
    const { heard, notifier, closed } = manager();
    notifier.good(atSeconds(1), 'safe');
    notifier.good(instant(1_600_000), 'armed');
    notifier.stopping();
    notifier.close();
    expect(heard.slice(1)).toEqual(['WATCHDOG=1\nSTATUS=armed', 'STOPPING=1']);
    expect(closed()).toBe(true);
  });

  it('is silent where no manager listens', async () => {
    expect(await openNotifier({})).toBe(NO_NOTIFIER);
  });
});
