/** The terminal as a front: what it leaves behind. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Desk } from '../../../src/desk/desk.ts';
import { openTerminal } from '../../../src/fronts/terminal/front.ts';
import { Feed } from '../../../src/runtime/feed.ts';
import { instant } from '../../../src/units.ts';

const { stdout, stdin } = process;
const were = { out: stdout.isTTY, in: stdin.isTTY };
afterEach(() => {
  vi.restoreAllMocks();
  stdout.isTTY = were.out;
  stdin.isTTY = were.in;
});

it('leaves the screen once, however often it is closed', async () => {
  stdout.isTTY = true;
  // No keys are read.
  stdin.isTTY = false;
  const written: string[] = [];
  vi.spyOn(stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  const clock = { mono: () => instant(0), wallS: () => null };
  const front = openTerminal({} as Desk, new Feed(), clock, {
    speed: 1,
    recipe: 'none',
    folder: () => '',
    truth: () => null,
    remote: null,
    page: 'http://127.0.0.1:8017',
    trouble: () => null,
    stop: () => {},
  });
  await front.close();
  expect(written.join('')).toContain('\x1b[?1049l');
  written.length = 0;
  await front.close();
  expect(written).toEqual([]);
});
