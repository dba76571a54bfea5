/**
 * The examples of README and INSTALL, typed as they stand there (pages.ts), and that each block of the pages is either typed
 * or named with the reason. Those of fleet/README need a broker and a database: fleet.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { freePort } from '../support/mosquitto.ts';
import {
  ACCOUNTS,
  BLOCKS,
  type Block,
  Console,
  isNamed,
  NOT_TYPED,
  notAnswered,
  playMosquittoClients,
  TYPED,
} from './pages.ts';

/** Runs beside the blocks that need it, for as long as they want it. */
const BENCH = 'npm start -- --set remote.arm=remote --set film.policy=tell';
/** Takes most of the time; what it writes is written by a user. */
const LONG = 'npx remixd simulate';
/** What would run on for ever ends by itself here, and nothing outside the test’s folder is touched. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/--inject tc-detached@30/, '--inject tc-detached@30 --seconds 60'],
  [/(?<= )\/etc\//g, 'etc/'],
];
/** Exit codes other than 0: a trip that is shown on purpose, and a computer that is not a Raspberry Pi. */
const ENDS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/--inject (?:mosfet-stuck-on|tc-detached)@30/, [1]],
  [/remixd doctor --config config\/bench\.json/, [0, 1]],
];

const instead = (command: string): string =>
  INSTEAD.reduce((text, [pattern, other]) => text.replace(pattern, other), command);
const here = BLOCKS.filter((block) => block.name !== BENCH && isNamed(block, TYPED.console));
const needsBench = ({ commands }: Block): boolean => commands.some((text) => /remixd remote|mosquitto_/.test(text));
const noBash = spawnSync('sh', ['-c', 'command -v bash']).status !== 0;

describe('the examples of the pages', () => {
  it('are each either typed or named with the reason, and no name is left over', () => {
    const names = [...TYPED.console, ...TYPED.fleet, ...Object.keys(NOT_TYPED)];
    for (const block of BLOCKS)
      expect(
        names.filter((name) => isNamed(block, [name])),
        block.name,
      ).toHaveLength(1);
    for (const name of names)
      expect(
        BLOCKS.filter((block) => isNamed(block, [name])),
        name,
      ).toHaveLength(1);
    for (const { commands } of here) {
      const text = commands.map(instead).join('\n');
      expect(text).not.toMatch(/docker|\bapt\b|(?<!\w)\/(?:etc|opt|usr|var)/);
    }
  });

  it('show what comes', () => {
    const block = { page: '', name: '', commands: [], answers: ['202 On trial for 60 s.', '{"code":200}', ' a | 5'] };
    expect(notAnswered(block, '202 On trial for 61 s.\n{"code":200}\n   a |  77\n')).toEqual([]);
    expect(notAnswered(block, '200 On trial for 60 s.\n{"code":201}\n b | 5\n')).toEqual(block.answers);
  });

  describe.skipIf(noBash).each(ACCOUNTS)('work when $name types them', (account) => {
    let typist: Console;
    let isUp = false;

    beforeAll(async () => {
      typist = new Console(account, { REMIXD_SIM_BROKER_PORT: String(await freePort()) });
      playMosquittoClients(typist);
      // What an installation leaves behind.
      const etc = join(typist.folder, 'etc', 'remixd');
      mkdirSync(etc, { recursive: true });
      cpSync(join(PACKAGE_ROOT, 'config', 'bench.json'), join(etc, 'config.json'));
      if (account.id !== null) for (const folder of [join(etc, '..'), etc]) chownSync(folder, account.id, account.id);
    });
    afterAll(() => typist.close());

    /** Starts the bench as the page says, and waits until it holds the film. */
    async function startBench(): Promise<void> {
      if (isUp) return;
      typist.start(BENCH);
      for (let n = 0; n < 60; n += 1) {
        const { stdout } = await typist.type(['npx remixd remote get --json']);
        isUp = /"state":"armed"/.test(stdout);
        if (isUp) return;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      throw new Error('the bench does not arm');
    }

    const typed = here.filter(({ name }) => account === ACCOUNTS[0] || !name.startsWith(LONG));
    it.each(typed.map((block) => [block.page, block.name, block] as const))(
      '%s: %s',
      async (_page, _name, block) => {
        if (needsBench(block)) await startBench();
        else {
          await typist.stop();
          isUp = false;
        }
        const commands = block.commands.map(instead);
        const { codes, stdout, stderr } = await typist.type(commands, {
          // Another computer, and so another bench.
          ...(block.page.endsWith('INSTALL.md') && { REMIXD_RUNTIME_STATE_DIR: join(typist.folder, 'installed') }),
        });
        const odd = commands.filter((command, n) => {
          const allowed = ENDS.find(([pattern]) => pattern.test(command))?.[1] ?? [0];
          return !allowed.includes(codes[n] ?? -1);
        });
        const said = `${codes.join(' ')}\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`;
        expect(odd, said).toEqual([]);
        expect(notAnswered(block, `${stdout}\n${stderr}`), said).toEqual([]);
      },
      120_000,
    );
  });
});
