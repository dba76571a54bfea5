/**
 * What open pages cost the controller, one line each: {name, value, unit, ratio, n}. The same controller runs without a page, with
 * one that nobody looks at, and with ten that are looked at; `ratio` is against the first of them in the same run.
 *
 *   npm run bench:page -- [--json] [--seconds S] [--rounds N] [--pages N]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/load.ts';
import { openDaemon } from '../src/daemon.ts';
import { NO_NOTIFIER } from '../src/fronts/service/notify.ts';
import { realPace } from '../src/rig/pace.ts';
import { newToken, withToken, writeTokens } from '../src/web/tokens.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '2' },
    pages: { type: 'string', default: '10' },
  },
});
const TICK_MS = 50;
const WATCHERS = fileURLToPath(new URL('./page-watchers.js', import.meta.url));

interface Sample {
  /** ms that each tick took, and that it began later than it was due. */
  readonly took: number[];
  readonly late: number[];
  bytes: number;
  holes: number;
}
const empty = (): Sample => ({ took: [], late: [], bytes: 0, holes: 0 });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

async function measured(pages: number | null, into: Sample): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'remixd-page-'));
  const port = pages === null ? 0 : await freePort();
  const stateDir = join(folder, 'state');
  const token = newToken();
  writeTokens(stateDir, withToken(null, 'bench', 'tune', token));
  const set = {
    'web.port': port,
    'sim.broker': false,
    'runtime.stateDir': stateDir,
    'runtime.runsDir': join(folder, 'runs'),
  };
  const daemon = await openDaemon({
    load: () => loadConfig({ set: Object.entries(set).map(([key, value]) => `${key}=${value}`) }),
    recipe: null,
    injections: [],
    orders: { acknowledge: null, reset: false, arm: true },
    speed: 1,
    configArguments: [],
    notifier: NO_NOTIFIER,
    stop: () => {},
  });
  let watchers: ChildProcess | null = null;
  let said = '';
  if (pages) {
    watchers = spawn(process.execPath, [WATCHERS, `http://127.0.0.1:${port}`, token, String(pages)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    watchers.stdout?.on('data', (piece: Buffer) => {
      said += piece.toString('utf8');
    });
  }
  const pace = realPace(TICK_MS);
  const begun = performance.now();
  const end = begun + 1000 * Number(flags.seconds);
  let flushedAt = begun;
  for (let dueAt = begun; performance.now() < end; ) {
    await pace.wait();
    const now = performance.now();
    if (!pace.take()) continue;
    daemon.tick();
    // The first second is that of the compiler.
    if (now - begun > 1000) {
      into.took.push(performance.now() - now);
      into.late.push(Math.max(0, now - dueAt - TICK_MS));
    }
    dueAt = now;
    if (now - flushedAt > 1000) {
      flushedAt = now;
      void daemon.flush();
    }
  }
  if (watchers) {
    const ended = new Promise((resolve) => watchers?.once('exit', resolve));
    watchers.kill('SIGTERM');
    await ended;
    const told = JSON.parse(said || '{"bytes":0,"holes":1}') as { bytes: number; holes: number };
    into.bytes += told.bytes;
    into.holes += told.holes;
  }
  await daemon.end();
  await daemon.close();
  rmSync(folder, { recursive: true, force: true });
}

const at = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

const pages = Number(flags.pages);
const samples: Readonly<Record<string, Sample>> = { none: empty(), unwatched: empty(), watched: empty() };
for (let round = 0; round < Number(flags.rounds); round += 1) {
  await measured(null, samples['none'] ?? empty());
  await measured(0, samples['unwatched'] ?? empty());
  await measured(pages, samples['watched'] ?? empty());
}

const line = (name: string, value: number, unit: string, ratio: number | null, n: number): void => {
  const rounded = (x: number | null): number | null => (x === null ? null : Number(x.toPrecision(4)));
  const told = { name, value: rounded(value), unit, ratio: rounded(ratio), n };
  const text = `${name.padEnd(28)} ${told.value} ${unit}${told.ratio === null ? '' : `  × ${told.ratio}`}  (n ${n})`;
  process.stdout.write(`${flags.json ? JSON.stringify(told) : text}\n`);
};
const none = samples['none'] ?? empty();
for (const [name, { took, late, bytes, holes }] of Object.entries(samples)) {
  for (const share of [0.5, 0.99]) {
    const p = `p${100 * share}`;
    line(`tick-ms-${p}-${name}`, at(took, share), 'ms', at(took, share) / at(none.took, share), took.length);
    line(`tick-late-ms-${p}-${name}`, at(late, share), 'ms', null, late.length);
  }
  line(`ticks-lost-${name}`, late.filter((ms) => ms >= TICK_MS).length, 'ticks', null, late.length);
  if (bytes > 0) {
    line('page-kb-per-s', bytes / 1000 / Number(flags.seconds) / Number(flags.rounds) / pages, 'kB/s', null, pages);
    line('page-events-missed', holes, 'events', null, pages);
  }
}
process.exit(0);
