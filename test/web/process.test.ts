/** The process of the page server: it may die, hang or refuse to end, and is another one a moment later. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FromServer, PageProcess } from '../../src/params/page.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import { startProcess } from '../../src/web/process.ts';

const DATA = {
  boot: 'b1',
  settings: defaultSettings(),
  configArguments: [],
  tls: null,
  pageDir: '/nonexistent',
  gapS: 3,
};
/** Says its number at the start, and does what it is told. */
const MAIN = `
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());
process.on('message', ({ kind, data, events }) => {
  if (kind === 'begin') process.send({ kind: 'listening', url: String(process.pid) });
  if (kind === 'close' && !globalThis.stays) process.exit();
  if (events?.[0] === 'die') process.exit(3);
  if (events?.[0] === 'throw') throw new Error('a fault of its own');
  if (events?.[0] === 'stay') globalThis.stays = true;
});
setInterval(() => {}, 1000);
`;

let folder: string;
let heard: FromServer[];
let page: PageProcess;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-page-'));
  writeFileSync(join(folder, 'main.mjs'), MAIN);
  heard = [];
  page = startProcess(DATA, (message) => heard.push(message), join(folder, 'main.mjs'));
});
afterEach(async () => {
  await page.close();
  rmSync(folder, { recursive: true });
});

const pids = (): number[] => heard.flatMap((one) => (one.kind === 'listening' ? [Number(one.url)] : []));
const told = (): string => heard.flatMap((one) => (one.kind === 'deaf' ? [one.why] : [])).join('\n');
const order = (what: string): void =>
  page.post({ kind: 'batch', state: '', events: [what as never], samples: [], heat: [] });
const until = (is: () => boolean): Promise<void> => expect.poll(is, { timeout: 15_000, interval: 20 }).toBe(true);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the process of the page server', () => {
  it.each([
    ['exits', () => order('die'), 'exit code 3'],
    ['throws', () => order('throw'), 'exit code 1'],
    ['is killed', () => process.kill(pids()[0] ?? 0, 'SIGKILL'), 'SIGKILL'],
    ['is ended because it hangs', () => page.end(), 'SIGKILL'],
  ])('that %s is told, and started again', async (_, end, why) => {
    await until(() => pids().length === 1);
    end();
    await until(() => pids().length === 2);
    expect(told()).toContain(why);
    expect(isAlive(pids()[0] ?? 0)).toBe(false);
    expect(isAlive(pids()[1] ?? 0)).toBe(true);
  });

  it('that is gone takes messages that come meanwhile as nobody, without a fault', async () => {
    await until(() => pids().length === 1);
    order('die');
    for (let i = 0; i < 100; i += 1) order('');
    await until(() => told() !== '');
    order('');
    page.end();
  });

  it('ends with the controller also where it does not want to', async () => {
    await until(() => pids().length === 1);
    order('stay');
    await page.close();
    expect(isAlive(pids()[0] ?? 0)).toBe(false);
    expect(told()).toBe('');
  });
});
