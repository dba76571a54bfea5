/** The interfaces over HTTP and MQTT as documents that other programs read: OpenAPI 3.1 and AsyncAPI 3.0, from the tables. */
import { z } from 'zod';
import { CODES } from './answers.ts';
import { commandRow, MQTT_COMMANDS } from './commands.ts';
import { PAYLOADS, payloadOf, topics } from './mqtt.ts';
import { METRICS_PATH, pathOf, ROUTES, type RouteRow } from './web.ts';

/** What a document is for. */
interface About {
  readonly version: string;
  readonly device: string;
}

const schemaOf = (type: z.ZodType): unknown => {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io: 'input' }) as Record<string, unknown>;
  return schema;
};

const ANSWER = {
  type: 'object',
  required: ['code', 'text'],
  properties: {
    code: { type: 'integer' },
    text: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'got', 'allowed'],
        properties: { path: { type: 'string' }, got: { type: 'string' }, allowed: { type: 'string' } },
      },
    },
    data: {},
  },
};

/** Codes that any route may answer with, beside 200. */
const ALWAYS = [403, 404, 413, 422, 429, 503] as const;

function operation(name: string, route: RouteRow): unknown {
  const { summary, role, body, type, path, query } = route;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => ({
      name: one,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query ?? {}).map(([one, schema]) => ({
      name: one,
      in: 'query',
      required: false,
      schema: schemaOf(schema),
    })),
  ];
  const answer = route.command === undefined ? {} : { $ref: '#/components/schemas/Answer' };
  const refusal = (description: string): unknown => ({
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Answer' } } },
  });
  return {
    operationId: name.replace(/[^A-Za-z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary,
    'x-role': role,
    security: role === null ? [] : [{ token: [] }, { session: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: {
      200: { description: CODES[200], content: { [type ?? 'application/json']: { schema: answer } } },
      ...(role !== null && { 401: refusal('Nobody is signed in.') }),
      ...Object.fromEntries(ALWAYS.map((code) => [code, refusal(CODES[code])])),
    },
  };
}

/** The HTTP interface of a device. */
export function openapi({ version, device }: About): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(ROUTES)) {
    const path = pathOf(route);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `remixd ${device}`,
      version,
      description:
        'Commands go to the desk of the controller, which judges them as those from anywhere else. What could add heat needs the nonce of the present state. ' +
        'A stop is obeyed whatever else is wrong with the request, and never waits for a rate.',
    },
    paths,
    components: {
      schemas: { Answer: ANSWER },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'remixd-…',
          description: 'The cookie of a signed-in browser; its name ends with that of the device.',
        },
      },
    },
    tags: [{ name: 'metrics', description: `${METRICS_PATH} is for Prometheus.` }],
  };
}

const SAID = { info: true, state: true, trip: true, cfg: true, tele: false, evt: false, live: false } as const;

/** The topics of a device. */
export function asyncapi({ version, device }: About): unknown {
  const names = topics(device);
  const channels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  for (const [topic, retained] of Object.entries(SAID)) {
    const key = topic as keyof typeof SAID;
    channels[topic] = {
      address: names[key],
      description: retained ? 'Retained.' : 'Not retained.',
      messages: { [topic]: { payload: schemaOf(PAYLOADS[key]) } },
    };
    operations[`say-${topic}`] = { action: 'send', channel: { $ref: `#/channels/${topic}` } };
  }
  for (const command of MQTT_COMMANDS) {
    const { name } = command.alias;
    if (command.alias.deprecated) continue;
    const { label, why, role, heat } = commandRow(command.name);
    const channel = `cmd-${name.replaceAll('/', '-')}`;
    channels[channel] = {
      address: names.command(name),
      description: `${label}. ${why} Role ${role}; heat: ${heat}.`,
      messages: { [channel]: { payload: schemaOf(payloadOf(command)) } },
    };
    operations[`take-${channel}`] = { action: 'receive', channel: { $ref: `#/channels/${channel}` } };
  }
  channels['rsp'] = {
    address: names.answer('{client}'),
    parameters: { client: { description: 'The client that asked.' } },
    messages: { rsp: { payload: schemaOf(PAYLOADS.rsp) } },
  };
  operations['answer'] = { action: 'send', channel: { $ref: '#/channels/rsp' } };
  return {
    asyncapi: '3.0.0',
    info: { title: `remixd ${device}`, version },
    channels,
    operations,
  };
}
