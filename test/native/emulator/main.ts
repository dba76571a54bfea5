/**
 * The emulator: chip models, contacts and heater behind the files that a Raspberry Pi's kernel would offer, for programs
 * that run with shim.so preloaded. One JSON command a line on stdin, one JSON answer a line on stdout.
 *
 *   node dist/test/native/emulator/main.js --dir DIR [--set key=value ...]
 *
 * `--set` takes the project's settings and two of its own: board=pi4|pi5|none|two and sysfs=true|false.
 */
import { createInterface } from 'node:readline';
import { defaultSettings, type Settings } from '../../../src/params/settings.ts';
import { LiveBench, monotonicUs } from './bench.ts';
import { BOARDS, Board } from './board.ts';
import { I2cAdapter, SpiController } from './bus.ts';
import { type Command, carryOut } from './commands.ts';
import type { LineChange } from './lines.ts';
import { BenchServer } from './server.ts';

interface Options {
  readonly folder: string;
  readonly settings: Settings;
  readonly board: string;
  readonly sysfs: boolean;
}

function optionsOf(args: readonly string[]): Options {
  const settings: Record<string, unknown> = { ...defaultSettings() };
  const own: Record<string, string> = { board: 'pi4', sysfs: 'true' };
  let folder = '';
  for (let i = 0; i < args.length; i += 2) {
    const [name, value = ''] = [args[i], args[i + 1]];
    if (name === '--dir') folder = value;
    else if (name === '--set') {
      const [key = '', ...rest] = value.split('=');
      const given = rest.join('=');
      if (key in own) own[key] = given;
      else if (typeof settings[key] === 'number') settings[key] = Number(given);
      else if (typeof settings[key] === 'boolean') settings[key] = given === 'true';
      else if (key in settings) settings[key] = given;
      else throw new Error(`no setting ${key}`);
    } else throw new Error(`no option ${name}`);
  }
  if (!folder) throw new Error('--dir is missing');
  return { folder, settings: settings as Settings, board: own['board'] ?? '', sysfs: own['sysfs'] === 'true' };
}

const MOST_CHANGES = 200_000;

function start({ folder, settings, board: boardName, sysfs }: Options): void {
  const chips = BOARDS[boardName];
  if (!chips) throw new Error(`no board ${boardName}`);
  const live = new LiveBench(settings);
  const timeline: LineChange[] = [];
  const bus = settings['spi.bus'];
  const board = new Board({
    folder,
    chips,
    devices: [
      `i2c-${settings['i2c.bus']}`,
      `spidev${bus}.${settings['spi.thermocoupleSelect']}`,
      `spidev${bus}.${settings['spi.photodiodeSelect']}`,
    ],
    sysfs,
    outside: (offset) => live.outside(offset),
    changed: (change) => {
      if (timeline.length < MOST_CHANGES) timeline.push(change);
      live.changed(change);
    },
  });
  const i2c = new I2cAdapter(live, settings['i2c.bus']);
  const spi = new SpiController(live, settings);
  const server = new BenchServer({ board, i2c, spi, live });
  live.beforeAdvance = () => server.drain();
  const context = { settings, live, board, i2c, spi, server, timeline, now: monotonicUs };
  const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`);

  server.listen(folder, () => say({ ready: true }));
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    // Two turns of the event loop: whatever was sent before the command has then been read from its socket.
    setImmediate(() =>
      setImmediate(() => {
        try {
          server.drain();
          say(carryOut(context, JSON.parse(line) as Command));
        } catch (error) {
          say({ error: error instanceof Error ? error.message : String(error) });
        }
      }),
    );
  });
  lines.on('close', () => setImmediate(() => setImmediate(() => process.exit(0))));
}

start(optionsOf(process.argv.slice(2)));
