/** Starts the processes that hold the devices of a fleet, and gathers what they say. */
import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FleetOrder, FleetReport } from './fleet-devices.ts';

const PROCESSES = 2;

export class Devices {
  /** When all devices have been told to connect. */
  readonly ready: Promise<unknown>;
  /** When all have recorded for their time and sent what they could. */
  readonly report: Promise<FleetReport>;
  private readonly processes: ChildProcess[] = [];

  constructor({ url, count, seconds, seed }: Omit<FleetOrder, 'first'>) {
    const share = Math.ceil(count / PROCESSES);
    const started = Array.from({ length: PROCESSES }, (_, i) =>
      this.start({ url, first: i * share, count: Math.min(share, count - i * share), seconds, seed }),
    );
    this.ready = Promise.all(started.map(({ ready }) => ready));
    this.report = Promise.all(started.map(({ report }) => report)).then((reports) => ({
      streams: reports.flatMap(({ streams }) => streams),
      losses: reports.reduce((sum, { losses }) => sum + losses, 0),
      unsent: reports.reduce((sum, { unsent }) => sum + unsent, 0),
    }));
    this.report.catch(() => {});
  }

  end(): void {
    for (const child of this.processes) child.kill('SIGKILL');
  }

  private start(order: FleetOrder): { ready: Promise<void>; report: Promise<FleetReport> } {
    const program = fileURLToPath(new URL(`./fleet-devices${extname(import.meta.url)}`, import.meta.url));
    const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.processes.push(child);
    const lines = createInterface({ input: child.stdout });
    const ready = new Promise<void>((resolve) => lines.once('line', () => resolve()));
    const report = new Promise<FleetReport>((resolve, reject) => {
      lines.on('line', (line) => {
        if (line.startsWith('{')) resolve(JSON.parse(line) as FleetReport);
      });
      child.once('exit', () => reject(new Error('a process of devices ended before its report')));
    });
    return { ready, report };
  }
}
