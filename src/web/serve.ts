/** The page server as a whole: what it is made of, and what it does with each message of the controller. */
import { aboutOf } from '../files/about.ts';
import { version } from '../files/run-folder.ts';
import { asyncapi, openapi } from '../params/documents.ts';
import type { FromServer, PageState, ToServer } from '../params/page.ts';
import { SETTING_KEYS, type Settings } from '../params/settings.ts';
import { type Tables, tables } from '../params/tables.ts';
import { Access, type Clock } from './access.ts';
import { ChartMemory } from './chart.ts';
import { readPage } from './files.ts';
import { handlersOf } from './handlers.ts';
import { Hub } from './hub.ts';
import { Orders } from './orders.ts';
import type { PageData } from './protocol.ts';
import { recipeHandlers } from './recipes.ts';
import { namesOf } from './requests.ts';
import { runHandlers } from './runs.ts';
import { PageServer } from './server.ts';

const BEAT_MS = 5000;
const TROUBLE_MS = 10_000;
/** A port that is taken is tried again after this, ms. */
const AGAIN_MS = 15_000;

/** Begins to listen. `ended` is called when it was told to close and everybody is gone. */
export function servePage(
  data: PageData,
  send: (message: FromServer) => void,
  clock: Clock,
  ended: () => void = () => {},
): { hear(message: ToServer): void } {
  const trouble = troubleOf(send, clock);
  const { settings } = data;
  const access = new Access(settings['runtime.stateDir'], clock, data.tls !== null, trouble);
  const hub = new Hub(data.boot, clock.mono);
  const chart = new ChartMemory(data.gapS);
  const orders = new Orders(send);
  const device = { version: version(), device: settings['mqtt.device'] };
  const documents = { openapi: () => openapi(device), asyncapi: () => asyncapi(device) };
  const server = new PageServer({
    access,
    names: namesOf(settings['web.address'], settings['web.names']),
    page: readPage(data.pageDir),
    tls: data.tls && { cert: Buffer.from(data.tls.cert), key: Buffer.from(data.tls.key) },
    handlers: {
      ...handlersOf({ access, hub, chart, orders, about: aboutDevice(settings), documents }),
      ...recipeHandlers(
        data,
        (names) => send({ kind: 'recipes', names }),
        () => recipeOf(hub.state),
      ),
      ...runHandlers(settings['runtime.runsDir']),
    },
    trouble,
  });
  const beat = setInterval(() => {
    hub.beat();
    access.look();
    hub.keep((pass) => access.isGood(pass));
  }, BEAT_MS);
  const stopListening = listenTo(server, data, send);
  return {
    hear: (message) => {
      switch (message.kind) {
        case 'batch':
          chart.take(message.samples, message.heat);
          hub.take(message);
          send({ kind: 'taken' });
          return;
        case 'past':
          chart.before(message.samples);
          hub.past = message.events;
          return;
        case 'answer':
          orders.answer(message.id, message.answer);
          return;
        case 'close':
          clearInterval(beat);
          stopListening();
          hub.close();
          void Promise.all([server.close(), access.settled()]).then(ended);
      }
    },
  };
}

/** What a device says of itself with all tables, which are made once, when somebody asks. */
function aboutDevice(settings: Settings): () => unknown {
  let all: Tables | null = null;
  const bench = Object.fromEntries(
    SETTING_KEYS.filter((key) => /^(limits|gate|heater)\./.test(key)).map((key) => [key, settings[key]]),
  );
  return () => {
    all ??= tables();
    return { ...aboutOf(settings, settings['hal.kind'] === 'sim'), ...all, bench };
  };
}

/** The recipe of the settings in force, by the newest state; null where there is none. */
const recipeOf = (state: string | null): string | null =>
  state === null ? null : String((JSON.parse(state) as PageState).values['run.recipe']);

/** What strangers cause must not fill the record. */
function troubleOf(send: (message: FromServer) => void, clock: Clock): (text: string) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (text) => {
    if (clock.mono() - saidAt < TROUBLE_MS) return;
    saidAt = clock.mono();
    send({ kind: 'note', level: 'trouble', text });
  };
}

/** Listens, and tries again where the port is taken; returns how to give up. */
function listenTo(server: PageServer, { settings, tls }: PageData, send: (message: FromServer) => void): () => void {
  const port = settings['web.port'];
  const address = settings['web.address'];
  const shown = address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
  const host = shown.includes(':') ? `[${shown}]` : shown;
  let again: NodeJS.Timeout | undefined;
  let isTold = false;
  const listen = (): void => {
    server.listen(port, address).then(
      (real) => send({ kind: 'listening', url: `${tls ? 'https' : 'http'}://${host}:${real}` }),
      (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? `port ${port} is taken (web.port)` : error.message;
        if (!isTold) send({ kind: 'deaf', why });
        isTold = true;
        again = setTimeout(listen, AGAIN_MS);
      },
    );
  };
  listen();
  return () => clearTimeout(again);
}
