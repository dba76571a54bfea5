/**
 * The thread of the page server. Whatever strangers send is read here, so that it costs the controller’s thread nothing; the two
 * hand each other small messages, and this one says when it is ready for more.
 */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { asyncapi, openapi } from '../params/documents.ts';
import type { FromServer, ToServer } from '../params/page.ts';
import { Access } from './access.ts';
import { ChartMemory } from './chart.ts';
import { readPage } from './files.ts';
import { handlersOf } from './handlers.ts';
import { Hub } from './hub.ts';
import { Orders } from './orders.ts';
import type { ThreadData } from './protocol.ts';
import { namesOf } from './requests.ts';
import { PageServer } from './server.ts';

const BEAT_MS = 5000;
const TROUBLE_MS = 10_000;
/** A port that is taken is tried again after this, ms. */
const AGAIN_MS = 15_000;

const port = parentPort;
if (!port) throw new Error('this module must be started as a worker');
const data = workerData as ThreadData;
const send = (message: FromServer): void => port.postMessage(message);
let troubleAt = Number.NEGATIVE_INFINITY;
/** What strangers cause must not fill the record. */
function trouble(text: string): void {
  if (performance.now() - troubleAt < TROUBLE_MS) return;
  troubleAt = performance.now();
  send({ kind: 'note', level: 'trouble', text });
}

const clock = { mono: () => performance.now(), wall: () => Date.now() };
const access = new Access(data.stateDir, clock, data.tls !== null, trouble);
const hub = new Hub(data.boot, clock.mono);
const chart = new ChartMemory(data.gapS);
const orders = new Orders(send);
const about = { version: data.version, device: data.device };
const server = new PageServer({
  access,
  names: namesOf(data.address, data.names),
  page: readPage(data.pageDir),
  tls: data.tls && { cert: Buffer.from(data.tls.cert), key: Buffer.from(data.tls.key) },
  handlers: handlersOf({
    access,
    hub,
    chart,
    orders,
    about: data.about,
    documents: { openapi: openapi(about), asyncapi: asyncapi(about) },
  }),
  trouble,
});
let again: NodeJS.Timeout | undefined;
const beat = setInterval(() => {
  hub.beat();
  access.look();
  hub.keep((name) => access.isGood(name));
}, BEAT_MS);

port.on('message', (message: ToServer) => {
  switch (message.kind) {
    case 'batch':
      chart.take(message.samples, message.heat);
      hub.take(message);
      send({ kind: 'taken' });
      return;
    case 'past':
      chart.before(message.samples);
      return;
    case 'answer':
      orders.answer(message.id, message.answer);
      return;
    case 'close':
      clearInterval(beat);
      clearTimeout(again);
      hub.close();
      void server.close().then(() => port.close());
  }
});

const scheme = data.tls ? 'https' : 'http';
const shown = data.address === '0.0.0.0' || data.address === '::' ? '127.0.0.1' : data.address;
const host = shown.includes(':') ? `[${shown}]` : shown;
let isTold = false;
function listen(): void {
  server.listen(data.port, data.address).then(
    (real) => send({ kind: 'listening', url: `${scheme}://${host}:${real}` }),
    (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? `port ${data.port} is taken (web.port)` : error.message;
      if (!isTold) send({ kind: 'deaf', why });
      isTold = true;
      again = setTimeout(listen, AGAIN_MS);
    },
  );
}
listen();
