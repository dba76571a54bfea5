/**
 * The thread of the page server. Whatever strangers send is read here, so that it costs the controller’s thread nothing; the two
 * hand each other small messages, and this one says when it is ready for more.
 */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import type { ToServer } from '../params/page.ts';
import type { ThreadData } from './protocol.ts';
import { servePage } from './serve.ts';

const port = parentPort;
if (!port) throw new Error('this module must be started as a worker');
const clock = { mono: () => performance.now(), wall: () => Date.now() };
const page = servePage(
  workerData as ThreadData,
  (message) => port.postMessage(message),
  clock,
  () => port.close(),
);
port.on('message', (message: ToServer) => page.hear(message));
