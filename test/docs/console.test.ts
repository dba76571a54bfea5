/**
 * The examples of README, fleet/README and INSTALL, typed as they stand there, in a folder of their own with a home, a state
 * folder and ports of their own. `npm start` and `npx remixd` stand for the program of this checkout, and the two clients of
 * mosquitto are played where they are not needed to be real. What cannot run here is named with the reason.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';
import { freePort } from '../support/mosquitto.ts';

interface Block {
  readonly page: string;
  /** Its first command names it. */
  readonly name: string;
  readonly commands: readonly string[];
}

const PAGES = ['README.md', 'fleet/README.md', 'docs/INSTALL.md'];

/** The commands of the blocks `sh` and `console`; a line that ends with a backslash goes on in the next one. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(join(PACKAGE_ROOT, page), 'utf8');
  return [...text.matchAll(/^ *```(sh|console)\n(.*?)^ *```/gms)].map(([, kind, body = '']) => {
    const lines = body
      .replace(/\\\n/g, ' ')
      .split('\n')
      .map((line) => line.trim());
    const commands = lines.filter((line) => (kind === 'sh' ? line !== '' : line.startsWith('$ ')));
    const bare = kind === 'sh' ? commands : commands.map((line) => line.slice(2));
    return { page, name: bare[0] ?? '', commands: bare };
  });
}

/** Blocks that run here, by the begin of their first command; nothing else is ever run. */
const HERE = [
  'npx remixd simulate --pattern 0.5/5',
  'npx remixd wire --config config/bench.json',
  'npx remixd remote set',
  'ask() {',
  'fleet/make-broker keys',
];
/** Blocks that cannot run here, and why. */
const NOT_HERE: Readonly<Record<string, string>> = {
  'npm ci --omit=optional': 'installs from the network; the continuous integration begins with it',
  'npm start -- --set remote.arm=remote': 'runs beside the blocks that need a bench',
  'export REMIXD_MQTT_CA_FILE': 'needs PostgreSQL; test/fleet/collect.test.ts runs the collector with one',
  'tls="--cafile': 'needs two benches with certificates; test/fleet/broker.test.ts connects them',
  'npx remixd collect --database': 'needs PostgreSQL and a killed broker; test/fleet/repair.test.ts does it',
  'sudo apt install': 'needs root',
  'sudo systemd/install': 'needs root and systemd; test/systemd/install.test.ts runs it in a folder',
  'remixd config check --config /etc/remixd': 'needs an installed configuration and systemd',
  'sudo mkdir -p /etc/systemd': 'needs root and systemd',
  'git pull': 'needs root, systemd and the network',
  'docker build': 'needs the network; test/docker/build.sh does it',
  'docker run -d': 'needs the devices of a Raspberry Pi',
};
/** Runs for as long as the test wants it. */
const BENCH = 'npm start -- --set remote.arm=remote';
/** What would run on for ever ends by itself here, and what waits for a person does not. */
const SHORTER: readonly (readonly [RegExp, string])[] = [
  [/--inject tc-detached@30/, '--inject tc-detached@30 --seconds 60'],
  [/tail --seconds 60/, 'tail --seconds 2'],
];
/** Exit codes other than 0: a trip that is shown on purpose, and a computer that is not a Raspberry Pi. */
const ENDS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/--inject (?:mosfet-stuck-on|tc-detached)@30/, [1]],
  [/remixd doctor --config config\/bench\.json/, [0, 1]],
];

const blocks = PAGES.flatMap(blocksOf);
const isNamed = ({ name }: Block, names: readonly string[]): boolean => names.some((one) => name.startsWith(one));
const here = blocks.filter((block) => isNamed(block, HERE));
const noBash = spawnSync('sh', ['-c', 'command -v bash']).status !== 0;

let folder: string;
let env: NodeJS.ProcessEnv;
let bench: ChildProcess | null = null;

/** A program of that name, first in the path. */
function program(name: string, text: string): void {
  const path = join(folder, 'programs', name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** The client of mosquitto as far as the pages use it: one topic, and either -C COUNT or -m MESSAGE. */
const client = (work: string): string => `#!/usr/bin/env node
const mqtt = require(${JSON.stringify(join(PACKAGE_ROOT, 'node_modules', 'mqtt'))});
const of = (flag) => process.argv[process.argv.indexOf(flag) + 1];
const link = mqtt.connect('mqtt://127.0.0.1:' + process.env.REMIXD_SIM_BROKER_PORT, { reconnectPeriod: 0 });
${work}
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'remixd-console-'));
  for (const name of ['bin', 'config', 'recipes', 'fleet', 'dist', 'node_modules', 'package.json', 'docs'])
    symlinkSync(join(PACKAGE_ROOT, name), join(folder, name));
  mkdirSync(join(folder, 'programs'));
  writeFileSync(join(folder, 'programs', 'package.json'), '{"type":"commonjs"}');
  const main = `exec '${process.execPath}' '${join(PACKAGE_ROOT, 'bin', 'remixd.js')}'`;
  program('npx', `#!/bin/sh\n[ "$1" = remixd ] || exit 127\nshift\n${main} "$@"\n`);
  program('npm', `#!/bin/sh\n[ "$1 $2" = 'start --' ] || exit 127\nshift 2\n${main} run "$@"\n`);
  program('mosquitto_pub', client("link.publish(of('-t'), of('-m'), { qos: 1 }, () => link.end());"));
  program(
    'mosquitto_sub',
    client(`let left = Number(of('-C'));
link.subscribe(of('-t'), { qos: 1 });
link.on('message', (_, payload) => {
  console.log(payload.toString());
  left -= 1;
  if (left === 0) link.end();
});`),
  );
  env = {
    PATH: [join(folder, 'programs'), process.env['PATH']].join(delimiter),
    HOME: folder,
    REMIXD_RUNTIME_STATE_DIR: join(folder, 'state'),
    REMIXD_RUNTIME_RUNS_DIR: join(folder, 'runs'),
    REMIXD_SIM_BROKER_PORT: String(await freePort()),
  };
});
afterAll(async () => {
  await stopBench();
  rmSync(folder, { recursive: true, force: true });
});

async function stopBench(): Promise<void> {
  const child = bench;
  bench = null;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

/** Starts the bench as the page says, and waits until it holds the film. */
async function startBench(): Promise<void> {
  if (bench) return;
  bench = spawn('sh', ['-c', `exec ${BENCH}`], { cwd: folder, env, stdio: 'ignore' });
  for (let n = 0; n < 60; n += 1) {
    const { stdout } = await bash(['npx remixd remote get --json']);
    if (/"state":"armed"/.test(stdout)) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('the bench does not arm');
}

/** Runs commands one after the other in one shell; their exit codes, and all that was said. */
async function bash(commands: readonly string[]): Promise<{ codes: number[]; stdout: string; stderr: string }> {
  const script = commands.map((command) => `${command}\necho "$?" >&3`).join('\n');
  const child = spawn('bash', ['-c', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const said = ['', '', '', ''];
  for (const n of [1, 2, 3] as const) {
    child.stdio[n]?.on('data', (piece: Buffer) => {
      said[n] += piece.toString();
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  const [, stdout = '', stderr = '', codes = ''] = said;
  return { codes: codes.trim().split('\n').map(Number), stdout, stderr };
}

const shorter = (command: string): string =>
  SHORTER.reduce((text, [pattern, instead]) => text.replace(pattern, instead), command);
const needsBench = ({ commands }: Block): boolean => commands.some((text) => /remixd remote|mosquitto_/.test(text));

describe('the examples of the pages', () => {
  it('are each either run here or named with the reason, and no name is left over', () => {
    const reasons = Object.keys(NOT_HERE);
    for (const block of blocks) {
      const named = [isNamed(block, HERE), isNamed(block, reasons)];
      expect(named.filter(Boolean), block.name).toHaveLength(1);
    }
    for (const name of [...HERE, ...reasons])
      expect(
        blocks.some((block) => isNamed(block, [name])),
        name,
      ).toBe(true);
    for (const { commands } of here) expect(commands.join('\n')).not.toMatch(/sudo|docker|systemctl|\/etc|\/opt/);
    expect(blocks.some(({ commands }) => commands[0] === BENCH)).toBe(true);
  });

  describe.skipIf(noBash)('work when they are typed', () => {
    it.each(here.map((block) => [block.page, block.name, block] as const))(
      '%s: %s',
      async (_page, _name, block) => {
        if (needsBench(block)) await startBench();
        else await stopBench();
        const commands = block.commands.map(shorter);
        const { codes, stdout, stderr } = await bash(commands);
        const odd = commands.filter((command, n) => {
          const allowed = ENDS.find(([pattern]) => pattern.test(command))?.[1] ?? [0];
          return !allowed.includes(codes[n] ?? -1);
        });
        expect(odd, `${codes.join(' ')}\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`).toEqual([]);
        // Answers that the page shows in full are the answers that come.
        const answers = [...stdout.matchAll(/"id":"(a\d)","code":(\d+)/g)].map(([, id, code]) => `${id} ${code}`);
        if (block.commands.some((text) => text.startsWith('ask '))) {
          expect(answers).toEqual(['a1 200', 'a2 422', 'a3 202', 'a4 410']);
        }
      },
      120_000,
    );
  });
});
