/** `remixd messages test`: one test message by every way that is configured, and what came of each. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { messageProblems, messageSecrets } from '../files/messages.ts';
import type { Outcome, Way, WayName } from '../fronts/messages/way.ts';
import { openWays } from '../fronts/messages/ways.ts';
import { type Delivery, TEST_MESSAGE } from '../params/messages.ts';
import { ConfigError } from '../params/problem.ts';
import type { Settings } from '../params/settings.ts';
import { SYNCED, witnessed } from '../runtime/clock-sync.ts';
import { type Common, configOption, jsonOption, load, setOption } from './options.ts';
import { guarded } from './output.ts';

export function addMessages(program: Command): void {
  program
    .command('messages')
    .description('messages to people who look at no screen')
    .command('test')
    .description('send a test message by every way that is configured; exit code 1 if one fails, or none is configured')
    .addOption(configOption())
    .addOption(setOption())
    .addOption(jsonOption())
    .action((flags: Common) => guarded(() => test(load(flags).settings, flags.json === true)));
}

interface Tried {
  readonly way: WayName;
  readonly ok: boolean;
  /** Why not; null where it went out. */
  readonly why: string | null;
}

async function test(settings: Settings, json: boolean): Promise<number> {
  const problems = messageProblems(settings);
  if (problems.length > 0) throw new ConfigError(problems);
  const isSet = settings['schedule.clock'] === 'trusted' || existsSync(SYNCED) || (await witnessed());
  const message = testMessage(settings, isSet ? Date.now() / 1000 : null);
  const tried = await Promise.all(openWays(settings, messageSecrets(settings)).map((way) => attempt(way, message)));
  const ok = tried.length > 0 && tried.every((one) => one.ok);
  const lines = tried.map(({ way, why }) => `${way}: ${why === null ? 'sent' : `FAILED, it ${why}`}`);
  const none =
    'No way is configured: set messages.ntfyUrl, messages.webhookUrl, messages.sendmail or messages.program.';
  const text = lines.length > 0 ? lines.join('\n') : none;
  process.stdout.write(json ? `${JSON.stringify({ ok, ways: tried })}\n` : `${text}\n`);
  return ok ? 0 : 1;
}

const testMessage = (settings: Settings, wallS: number | null): Delivery => ({
  ...TEST_MESSAGE,
  id: randomUUID(),
  count: 1,
  device: settings['mqtt.device'],
  sample: settings['run.sample'],
  simulated: settings['hal.kind'] === 'sim',
  run: 0,
  wall_s: wallS,
  mono_s: performance.now() / 1000,
  missed: 0,
  late_s: 0,
});

const attempt = (way: Way, message: Delivery): Promise<Tried> =>
  new Promise((resolve) => {
    way.deliver(message, (outcome: Outcome) =>
      resolve({ way: way.name, ok: outcome === null, why: outcome?.why ?? null }),
    );
  });
