/**
 * The HTTP server of the page: which requests are looked at at all, who asks, and which route answers. Every route of the table
 * but signing in and the page’s own files needs a token; nothing is changed by a GET; a stop is never held up by a rate.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { isStop } from '../params/commands.ts';
import { isDeeperThan, isObject, valueAt } from '../params/json.ts';
import type { Asker } from '../params/page.ts';
import { shown } from '../params/shown.ts';
import { API, METRICS_PATH, MOST_BODY, pathOf, ROUTES, type RouteRow } from '../params/web.ts';
import { allowedBy } from '../params/words.ts';
import type { Access, Known } from './access.ts';
import { begin, JSON_TYPE, Refused, sendAnswer, sendText } from './answer.ts';
import { Connections } from './connections.ts';
import type { PageFile } from './files.ts';
import { bodyOf, isOwnHost, isOwnOrigin } from './requests.ts';

const LIMITS = {
  maxHeaderSize: 8192,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5000,
} as const;
/** A dry run takes up to 180 s before anything is sent. */
const STILL_MS = 200_000;
/** Levels of a body; the commands’ own bound is tighter where it matters. */
const MOST_DEPTH = 12;

/** A request that was let in. */
export interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Who asks; null only on routes that need no token. */
  readonly known: Known | null;
  readonly parts: Readonly<Record<string, string>>;
  /** As the route’s table understands it, with its defaults. */
  readonly query: Readonly<Record<string, unknown>>;
  /** Parsed and of the form that the route asks for; `{}` for a GET. */
  readonly body: unknown;
  readonly address: string;
}
/** What a route answers with: data of a 200, or nothing when it has sent its own. */
export type Handler = (asked: Asked) => unknown;

export interface ServerParts {
  readonly access: Access;
  readonly names: ReadonlySet<string>;
  readonly page: ReadonlyMap<string, PageFile>;
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
  readonly handlers: Readonly<Record<string, Handler>>;
  /** A fault of the server itself. */
  readonly trouble: (text: string) => void;
}

interface Compiled {
  readonly name: string;
  readonly row: RouteRow;
  readonly pattern: RegExp;
  /** It only ever takes heat away: obeyed whatever else is wrong with the request. */
  readonly isStop: boolean;
}
const COMPILED_ROUTES: readonly Compiled[] = Object.entries(ROUTES).map(([name, row]) => ({
  name,
  row,
  pattern: new RegExp(
    `^${pathOf(row)
      .replace(/\./g, '\\.')
      .replace(/\{(\w+)\}/g, '(?<$1>[^/]{1,200})')}$`,
  ),
  isStop: row.command !== undefined && isStop(row.command),
}));

export class PageServer {
  private readonly server: Server;
  private readonly connections: Connections;

  constructor(private readonly parts: ServerParts) {
    const { tls } = parts;
    const take = (request: IncomingMessage, response: ServerResponse): void => void this.take(request, response);
    this.server = tls ? createTlsServer({ ...LIMITS, ...tls }, take) : createServer(LIMITS, take);
    // Somebody who does not take an answer does not keep a connection; a stream has a time of its own.
    this.server.setTimeout(STILL_MS, (socket) => socket.destroy());
    this.connections = new Connections(this.server);
    this.server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Resolves to its port, or rejects with why it cannot listen. */
  listen(port: number, address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, address, () => {
        this.server.off('error', reject);
        this.server.on('error', (error) => this.parts.trouble(error.message));
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** Lets everybody go. */
  close(): Promise<void> {
    this.connections.close();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    if (!this.connections.begun(socket)) return;
    response.on('error', () => {});
    response.on('close', () => this.connections.ended(socket));
    try {
      await this.handle(request, response);
    } catch (error) {
      const refused = error instanceof Refused ? error : null;
      if (!refused && !request.destroyed)
        this.parts.trouble(`${request.method} ${pathAlone(request)}: ${(error as Error).message}`);
      if (response.headersSent) response.destroy();
      else {
        // What else comes of this request is not read.
        if (!request.complete) response.setHeader('connection', 'close');
        sendAnswer(response, refused?.answer ?? { code: 503, text: 'The page server failed at this request.' });
      }
    }
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, method } = request;
    const tls = this.parts.tls !== null;
    if (!isOwnHost(headers, this.parts.names))
      throw new Refused(403, 'The request names another host. If it is one of this device, add it to web.names.');
    if (!isOwnOrigin(headers, tls)) throw new Refused(403, 'The request comes from a foreign page.');
    const url = urlOf(request);
    const path = url.pathname;
    if (!path.startsWith(`${API}/`) && path !== METRICS_PATH) {
      this.sendFile(request, response, path);
      return;
    }
    const matching = COMPILED_ROUTES.filter(({ pattern }) => pattern.test(path));
    const found = matching.find(({ row }) => row.method === method);
    // Without a token nobody learns which paths there are.
    const known = found?.row.role === null ? null : this.known(request, found?.isStop === true);
    const asker = known?.asker ?? null;
    if (asker) this.connections.proven(request.socket, asker.name);
    if (!found) {
      if (matching.length > 0)
        throw new Refused(405, `This path takes ${matching.map(({ row }) => row.method).join(', ')}.`);
      throw new Refused(404, 'There is no such path.');
    }
    const { name, row, pattern } = found;
    if (asker && !found.isStop) this.admit(asker, row);
    // Nobody waits for the body of a stop, which says nothing.
    if (found.isStop) request.resume();
    const body = row.method === 'POST' && !found.isStop ? await this.body(request, row) : {};
    const handler = this.parts.handlers[name];
    if (!handler) throw new Error(`the route ${name} has no handler`);
    const parts = { ...pattern.exec(path)?.groups };
    const address = request.socket.remoteAddress ?? '';
    const data = await handler({
      request,
      response,
      known,
      parts,
      query: queryOf(row, url.searchParams),
      body,
      address,
    });
    if (!response.headersSent && data !== undefined) sendJson(request, response, data);
  }

  /** @throws Refused where the token may not do it, or asks too often */
  private admit(asker: Asker, { role, command }: RouteRow): void {
    if (role !== null && !asker.roles.includes(role))
      throw new Refused(403, `The token ${asker.name} may not ${role}.`);
    this.parts.access.pace(asker);
    if (command !== undefined) this.parts.access.paceOrder(asker);
  }

  /** @throws Refused where nobody is signed in */
  private known(request: IncomingMessage, forStop: boolean): Known {
    const known = this.parts.access.known(request.headers, forStop);
    if (known) {
      // A browser sends the cookie with requests from any site, so a POST must name its origin.
      if (known.viaCookie && request.method !== 'GET' && request.headers.origin === undefined)
        throw new Refused(403, 'A signed-in browser must say where its request comes from (Origin).');
      return known;
    }
    if (request.headers.authorization !== undefined) this.parts.access.attempt(request.socket.remoteAddress ?? '');
    throw new Refused(401, 'Sign in first, or send a token: Authorization: Bearer TOKEN.');
  }

  /** @throws Refused where it is too long, no JSON, or not of the form that the route asks for */
  private async body(request: IncomingMessage, row: RouteRow): Promise<unknown> {
    // Such a body makes a browser ask first whether a foreign page may send it.
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
      throw new Refused(400, 'The body must be JSON (Content-Type: application/json).');
    const bytes = await bodyOf(request, MOST_BODY);
    if (bytes === null) throw new Refused(413, `The body has more than ${MOST_BODY} bytes.`);
    let value: unknown;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      throw new Refused(400, 'The body is not JSON.');
    }
    if (!isObject(value)) throw new Refused(400, 'The body is not a JSON object.');
    if (isDeeperThan(value, MOST_DEPTH)) throw new Refused(400, `The body is nested deeper than ${MOST_DEPTH} levels.`);
    return row.command === undefined && row.body ? fitting(row.body, value) : value;
  }

  private sendFile(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new Refused(405, 'This path takes GET.');
    const file = this.parts.page.get(path);
    if (!file) {
      if (path === '/' && this.parts.page.size === 0)
        throw new Refused(503, 'The page was not built: run npm run build. The API works.');
      throw new Refused(404, 'There is no such page.');
    }
    const accepts = String(request.headers['accept-encoding'] ?? '');
    const [coding, bytes] = /\bbr\b/.test(accepts)
      ? (['br', file.brotli()] as const)
      : /\bgzip\b/.test(accepts)
        ? (['gzip', file.gzip()] as const)
        : ([null, file.plain] as const);
    const headers = {
      'content-type': file.type,
      etag: file.etag,
      vary: 'accept-encoding',
      'cache-control': file.isLasting ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(coding && { 'content-encoding': coding }),
    };
    if (request.headers['if-none-match'] === file.etag) {
      begin(response, 304, headers);
      response.end();
      return;
    }
    begin(response, 200, { ...headers, 'content-length': String(bytes.length) });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  }
}

/** Shorter texts are not worth the work. */
const LEAST_PACKED = 8192;

function sendJson({ headers }: IncomingMessage, response: ServerResponse, data: unknown): void {
  const text = JSON.stringify(data);
  if (text.length < LEAST_PACKED || !/\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) {
    sendText(response, 200, JSON_TYPE, text);
    return;
  }
  const bytes = gzipSync(text, { level: 1 });
  begin(response, 200, { 'content-type': JSON_TYPE, 'cache-control': 'no-store', 'content-encoding': 'gzip' });
  response.end(bytes);
}

/** Numbers are numbers, everything else is text. @throws Refused with everything that does not fit */
function queryOf({ query = {} }: RouteRow, given: URLSearchParams): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, form] of Object.entries(query)) {
    const text = given.get(name);
    const asText = form.safeParse(text ?? undefined);
    const number = text === null || text.trim() === '' ? Number.NaN : Number(text);
    const parsed = asText.success || !Number.isFinite(number) ? asText : form.safeParse(number);
    if (!parsed.success) {
      const allowed = parsed.error.issues.map(allowedBy).join(', ');
      throw new Refused(422, `${name} must be ${allowed}.`, [{ path: name, got: shown(text), allowed }]);
    }
    found[name] = parsed.data;
  }
  return found;
}

/** @throws Refused with everything that does not fit */
function fitting(form: NonNullable<RouteRow['body']>, value: unknown): unknown {
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    path: issue.path.join('.') || '(body)',
    got: shown(valueAt(value, issue.path)),
    allowed: allowedBy(issue),
  }));
  throw new Refused(422, `${errors[0]?.path} must be ${errors[0]?.allowed}.`, errors);
}

function urlOf(request: IncomingMessage): URL {
  try {
    return new URL(request.url ?? '/', 'http://localhost');
  } catch {
    throw new Refused(400, 'The path of the request cannot be read.');
  }
}

/** For the record: without what stands behind it, which may be anything. */
const pathAlone = ({ url }: IncomingMessage): string => (url ?? '').split('?')[0]?.slice(0, 80) ?? '';
