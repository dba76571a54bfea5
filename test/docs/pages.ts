/**
 * The console blocks of README, fleet/README and INSTALL, and what is needed to type them: a folder with a home, a state folder
 * and ports of its own, where `npm start`, `npx remixd` and `remixd` are the program of this checkout.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/files/recipes.ts';

export interface Block {
  readonly page: string;
  /** Its first command names it. */
  readonly name: string;
  /** With what is typed into a command as its input. */
  readonly commands: readonly string[];
  /** The lines that the page shows as answers. */
  readonly answers: readonly string[];
}

/** Where each block is typed, by the begin of its first command; nothing else is ever run. */
export const TYPED: Readonly<Record<'console' | 'fleet', readonly string[]>> = {
  console: [
    'npx remixd simulate --pattern 0.5/5',
    'npx remixd wire --config config/bench.json',
    'npm start -- --set remote.arm=remote --set film.policy=tell',
    'npx remixd remote set',
    'ask() {',
    'remixd config check --config /etc/remixd',
    'sudo mkdir -p /etc/systemd',
  ],
  fleet: ['fleet/make-broker keys', 'export REMIXD_MQTT_CA_FILE', 'tls="--cafile', 'npx remixd collect --database'],
};
/** Blocks that cannot run here, and why. */
export const NOT_TYPED: Readonly<Record<string, string>> = {
  'npm ci && npm start': 'installs from the network; the continuous integration begins with it',
  'sudo apt install': 'installs from the network, as root',
  'sudo systemd/install':
    'changes this computer; test/systemd/install.test.ts runs it in a folder, boot.sh under systemd',
  'git pull': 'changes this computer and needs the network; test/systemd/install.test.ts runs the scripts in a folder',
  'docker build': 'needs the network; test/docker/build.sh does it',
  'docker run -d': 'needs the devices of a Raspberry Pi',
};

const PAGES = ['README.md', 'fleet/README.md', 'docs/INSTALL.md'];
/** What psql writes before it reads a statement. */
const PROMPT = 'remix=> ';

/** The commands and answers of the blocks `sh` and `console`; a line that ends with a backslash goes on in the next one. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(join(PACKAGE_ROOT, page), 'utf8');
  return [...text.matchAll(/^ *```(sh|console)\n(.*?)^ *```/gms)].map(([, kind, body = '']) => {
    const commands: string[] = [];
    const answers: string[] = [];
    let statement: string[] | null = null;
    for (const line of body
      .replace(/\\\n/g, ' ')
      .split('\n')
      .map((one) => one.trim())) {
      if (line === '') continue;
      if (statement || line.startsWith(PROMPT)) {
        statement = [...(statement ?? []), line.replace(PROMPT, '')];
        if (!line.endsWith(';')) continue;
        const command = commands.pop() ?? '';
        const typed = [...command.split('\n').slice(1, -1), ...statement];
        commands.push(`${command.split(' <<')[0]} <<'END'\n${typed.join('\n')}\nEND`);
        statement = null;
      } else if (kind === 'sh') commands.push(line);
      else if (line.startsWith('$ ')) commands.push(line.slice(2));
      else answers.push(line);
    }
    return { page, name: commands[0] ?? '', commands, answers };
  });
}

export const BLOCKS = PAGES.flatMap(blocksOf);
export const isNamed = ({ name }: Block, names: readonly string[]): boolean =>
  names.some((one) => name.startsWith(one));

/** An account that types: the one of the tests, and where that is root a user without rights, too. */
export interface Account {
  readonly name: string;
  readonly id: number | null;
  readonly as: readonly string[];
}

const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const isRoot = process.getuid?.() === 0;
const mayRead = (): boolean =>
  [join(PACKAGE_ROOT, 'bin', 'remixd.js'), process.execPath].every((file) => {
    const [command = '', ...rest] = [...AS_NOBODY, 'test', '-r', file];
    return spawnSync(command, rest).status === 0;
  });
const own: Account = { name: isRoot ? 'root' : 'a user', id: null, as: [] };
export const ACCOUNTS: readonly Account[] =
  isRoot && mayRead() ? [{ name: 'a user', id: NOBODY, as: AS_NOBODY }, own] : [own];

const NUMBER = /\d[\d.:TZ+-]*/g;
/** What a line of the page and a line of an answer have in common: numbers and spaces differ, except in JSON and codes. */
function shape(line: string): string {
  if (line.startsWith('{')) return line;
  const code = /^\d{3} (?=[A-Z])/.exec(line)?.[0] ?? '';
  return code + line.slice(code.length).trim().replace(/\s+/g, ' ').replace(NUMBER, '#');
}

/** The lines of the page that did not come. */
export function notAnswered({ answers }: Block, stdout: string): string[] {
  const came = new Set(stdout.split('\n').map(shape));
  return answers.filter((line) => !came.has(shape(line)) && !/^-+(?:\+-+)*$/.test(line));
}

export class Console {
  readonly folder = mkdtempSync(join(tmpdir(), 'remixd-console-'));
  readonly env: Record<string, string>;
  private readonly children: ChildProcess[] = [];

  constructor(
    readonly account: Account,
    env: Readonly<Record<string, string>>,
  ) {
    const { folder } = this;
    // Programs that give up root must come in, too.
    chmodSync(folder, 0o755);
    for (const name of ['bin', 'config', 'recipes', 'fleet', 'dist', 'node_modules', 'package.json', 'docs'])
      symlinkSync(join(PACKAGE_ROOT, name), join(folder, name));
    mkdirSync(join(folder, 'programs'));
    writeFileSync(join(folder, 'programs', 'package.json'), '{"type":"commonjs"}');
    const main = `exec '${process.execPath}' '${join(PACKAGE_ROOT, 'bin', 'remixd.js')}'`;
    this.program('remixd', `#!/bin/sh\n${main} "$@"\n`);
    this.program('npx', `#!/bin/sh\n[ "$1" = remixd ] || exit 127\nshift\n${main} "$@"\n`);
    this.program('npm', `#!/bin/sh\n[ "$1 $2" = 'start --' ] || exit 127\nshift 2\n${main} run "$@"\n`);
    // Only in a folder of their own; see the test.
    this.program('sudo', '#!/bin/sh\nexec "$@"\n');
    this.program('systemctl', '#!/bin/sh\necho "systemctl $*" >&2\n');
    this.env = {
      PATH: [join(folder, 'programs'), process.env['PATH'] ?? ''].join(delimiter),
      HOME: folder,
      REMIXD_RUNTIME_STATE_DIR: join(folder, 'state'),
      REMIXD_RUNTIME_RUNS_DIR: join(folder, 'runs'),
      ...env,
    };
    if (account.id !== null) chownSync(folder, account.id, account.id);
  }

  /** A program of that name, first in the path. */
  program(name: string, text: string): void {
    const path = join(this.folder, 'programs', name);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  }

  /** Starts a command that goes on beside the others. */
  start(command: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
    const [program = '', ...args] = [...this.account.as, 'sh', '-c', `exec ${command}`];
    const child = spawn(program, args, { cwd: this.folder, env: { ...this.env, ...env }, stdio: 'ignore' });
    this.children.push(child);
    return child;
  }

  /** Runs commands one after the other in one shell; their exit codes, and all that was said. */
  async type(
    commands: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<{ codes: number[]; stdout: string; stderr: string }> {
    const script = [...commands.map((command) => `${command}\necho "$?" >&3`), 'wait'].join('\n');
    const [program = '', ...args] = [...this.account.as, 'bash', '-c', script];
    const { folder: cwd } = this;
    const env = { ...this.env, ...more };
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
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

  /** Ends what was started and waits for its end. */
  async stop(): Promise<void> {
    for (const child of this.children.splice(0).reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The two clients of mosquitto as far as the pages use them, where they need not be the real ones. */
export function playMosquittoClients(console: Console): void {
  const client = (work: string): string => `#!/usr/bin/env node
const mqtt = require(${JSON.stringify(join(PACKAGE_ROOT, 'node_modules', 'mqtt'))});
const { readFileSync } = require('node:fs');
const of = (flag) => process.argv.includes(flag) ? process.argv[process.argv.indexOf(flag) + 1] : undefined;
const file = (flag) => of(flag) && readFileSync(of(flag));
const port = of('-p') ?? process.env.REMIXD_SIM_BROKER_PORT;
const tls = { ca: file('--cafile'), cert: file('--cert'), key: file('--key') };
const url = (tls.ca ? 'mqtts://' : 'mqtt://') + (of('-h') ?? '127.0.0.1') + ':' + port;
const link = mqtt.connect(url, { reconnectPeriod: 0, ...tls });
link.on('error', (error) => { console.error(error.message); process.exit(1); });
${work}
`;
  console.program('mosquitto_pub', client("link.publish(of('-t'), of('-m'), { qos: 1 }, () => link.end());"));
  console.program(
    'mosquitto_sub',
    client(`let left = Number(of('-C'));
link.subscribe(of('-t'), { qos: 1 });
link.on('message', (topic, payload) => {
  if (left === 0) return;
  const format = of('-F');
  console.log(format ? format.replace('%t', topic).replace('%l', payload.length) : payload.toString());
  left -= 1;
  if (left === 0) link.end();
});`),
  );
}
