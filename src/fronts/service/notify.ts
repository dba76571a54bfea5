/**
 * Tells the service manager how the controller is (sd_notify protocol: datagrams to the socket named in NOTIFY_SOCKET).
 * The watchdog is fed here, after a good tick and nowhere else: a timer would only prove that the event loop turns.
 */
import { type Instant, instant, since } from '../../units.ts';

interface Datagrams {
  send(message: Buffer): void;
  close(): void;
}

/** A quarter of WatchdogSec=2: three feeds may be late before the manager acts. */
const FEED_US = 500_000;

export interface Notifier {
  /** After each good tick: reports readiness once, then feeds the watchdog at most every 0.5 s. */
  good(now: Instant, status: string): void;
  /** The controller is about to end. */
  stopping(): void;
  /** Gives the socket back: an open one keeps the process alive until the watchdog ends it. */
  close(): void;
}

export const NO_NOTIFIER: Notifier = { good: () => {}, stopping: () => {}, close: () => {} };

/**
 * The notifier for this process. Without NOTIFY_SOCKET nobody listens and nothing is loaded.
 * @throws Error when a manager waits for news and the module unix-dgram is missing: it would end the service anyway
 */
export async function openNotifier(env: NodeJS.ProcessEnv): Promise<Notifier> {
  const path = env['NOTIFY_SOCKET'];
  if (!path) return NO_NOTIFIER;
  return new SystemdNotifier(await connect(path));
}

async function connect(path: string): Promise<Datagrams> {
  // An abstract socket is written with a leading @ and means a leading zero byte.
  const address = path.startsWith('@') ? `\0${path.slice(1)}` : path;
  const { createSocket } = (await import('unix-dgram')).default;
  const socket = createSocket('unix_dgram');
  // A manager that cannot be reached does not hear the watchdog either, and ends the service by itself.
  socket.on('error', () => {});
  socket.on('congestion', () => {});
  socket.connect(address);
  return socket;
}

export class SystemdNotifier implements Notifier {
  private ready = false;
  private fedAt = instant(0);
  private status = '';

  constructor(private readonly socket: Datagrams) {}

  good(now: Instant, status: string): void {
    if (this.ready && since(now, this.fedAt) < FEED_US) return;
    const words = [this.ready ? '' : 'READY=1\n', 'WATCHDOG=1', status === this.status ? '' : `\nSTATUS=${status}`];
    this.ready = true;
    this.fedAt = now;
    this.status = status;
    this.socket.send(Buffer.from(words.join('')));
  }

  stopping(): void {
    this.socket.send(Buffer.from('STOPPING=1'));
  }

  close(): void {
    this.socket.close();
  }
}
