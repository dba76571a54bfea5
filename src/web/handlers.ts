/** What each route answers. Commands go to the desk; everything else is looked up here, beside the controller. */
import type { Answer } from '../params/answers.ts';
import { METRICS_TYPE, WEB_COMMANDS } from '../params/web.ts';
import type { Access, Known } from './access.ts';
import { begin, JSON_TYPE, Refused, sendAnswer, sendText } from './answer.ts';
import type { ChartMemory } from './chart.ts';
import type { Hub } from './hub.ts';
import type { Orders } from './orders.ts';
import type { Asked, Handler } from './server.ts';

export interface HandlerParts {
  readonly access: Access;
  readonly hub: Hub;
  readonly chart: ChartMemory;
  readonly orders: Orders;
  /** What a device says of itself. */
  readonly about: () => unknown;
  /** Made when somebody asks for them. */
  readonly documents: { readonly openapi: () => unknown; readonly asyncapi: () => unknown };
}

/** Requests that a whole chart counts for, beside the one that it is. */
const WHOLE_CHART = 7;

/** Route -> handler. */
export function handlersOf(parts: HandlerParts): Readonly<Record<string, Handler>> {
  const { access, hub, chart, about, documents } = parts;
  return {
    signIn: ({ body, address, response }) => {
      const { asker, header } = access.signIn((body as { secret: string }).secret, address);
      sendText(response, 200, JSON_TYPE, JSON.stringify(asker), { 'set-cookie': header });
    },
    signOut: ({ request, response }) => {
      sendAnswer(response, { code: 200, text: 'Signed out.' }, { 'set-cookie': access.signOut(request.headers) });
    },
    whoAmI: ({ known }) => known?.asker,
    about: () => about(),
    state: ({ response }) => {
      if (hub.state === null) throw new Refused(503, 'The controller has not said anything yet; ask again.');
      sendText(response, 200, JSON_TYPE, hub.state);
    },
    stream: (asked) => watch(hub, asked),
    events: ({ query }) => ({
      newest: hub.newest,
      past: hub.past,
      events: hub.after(Number(query['after']), Number(query['limit'])),
    }),
    chart: ({ query, known }) => {
      // The whole of it is work; what is new of it is not.
      if (known && query['after_s'] === undefined) access.pace(known.asker, WHOLE_CHART);
      return chart.chart(Number(query['span_s']), Number(query['points']), query['after_s'] as number | undefined);
    },
    openapi: () => documents.openapi(),
    asyncapi: () => documents.asyncapi(),
    metrics: async ({ response }) => {
      const { code, text } = await parts.orders.metrics();
      if (code !== 200) throw new Refused(code, text);
      sendText(response, 200, METRICS_TYPE, text);
    },
    ...Object.fromEntries(WEB_COMMANDS.map((name) => [`command:${name}`, commandHandler(parts.orders, name)])),
  };
}

const commandHandler =
  (orders: Orders, name: (typeof WEB_COMMANDS)[number]): Handler =>
  async (asked) => {
    const { body, response } = asked;
    const answer: Answer = await orders.submit(name, body, signedIn(asked).asker);
    sendAnswer(response, answer);
  };

/** @throws Refused on a route that needs a token and was asked without */
function signedIn({ known }: Asked): Known {
  if (!known) throw new Refused(401, 'Sign in first.');
  return known;
}

function watch(hub: Hub, asked: Asked): void {
  const { request, response, query } = asked;
  const known = signedIn(asked);
  if (!hub.hasRoom(known.asker)) throw new Refused(429, 'Too many pages are open; close one.');
  request.socket.setNoDelay(true);
  // It is silent in the direction of the server from now on.
  request.socket.setTimeout(0);
  begin(response, 200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
  const last = request.headers['last-event-id'] ?? query['last'];
  hub.watch(response, known, typeof last === 'string' ? last : null);
}
