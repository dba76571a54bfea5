/**
 * The process of the page server. Whatever strangers send is read here, so that it costs the controller nothing; the two hand each
 * other small messages, and this one says when it is ready for more. It ends with the controller, whatever ends that.
 */
import { performance } from 'node:perf_hooks';
import type { FromServer, ToServer } from '../params/page.ts';
import type { ToProcess } from './protocol.ts';
import { servePage } from './serve.ts';

const clock = { mono: () => performance.now(), wall: () => Date.now() };
if (!process.connected) process.exit();
// Ctrl-C and the service manager reach every process of the group; the controller says when it is time.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());

let page: ReturnType<typeof servePage> | null = null;
process.on('message', (message: ToServer | ToProcess) => {
  if (message.kind === 'begin') page = servePage(message.data, send, clock, () => process.exit());
  else page?.hear(message);
});

function send(message: FromServer): void {
  if (process.connected) process.send?.(message);
}
