/** A page server that really listens on loopback, before a desk that really decides; only the thread between them is left out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWeb, type WebFront } from '../../src/fronts/web/front.ts';
import type { Role } from '../../src/params/commands.ts';
import type { FindView, FromServer, ToServer } from '../../src/params/page.ts';
import { defaultSettings, type Settings } from '../../src/params/settings.ts';
import { servePage } from '../../src/web/serve.ts';
import { newToken, readTokens, withToken, writeTokens } from '../../src/web/tokens.ts';
import { FakeBench } from '../support/desk.ts';

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: () => Record<string, unknown>;
}

export class WebBench {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'remixd-web-'));
  readonly bench: FakeBench;
  /** ms; moves only when a test moves it. */
  realMs = 0;
  front!: WebFront;
  port = 0;
  find: FindView | null = null;
  private nonces = 0;
  private readonly settings: Settings;
  private readonly tokens = new Map<Role, string>();

  constructor(settings: Partial<Settings> = {}, pageDir = '/nonexistent') {
    this.settings = { ...defaultSettings(), ...settings };
    this.bench = new FakeBench(settings);
    this.pageDir = pageDir;
  }
  private readonly pageDir: string;

  /** Listens on a port that is free. */
  async open(): Promise<void> {
    const { bench, settings } = this;
    const start = (hear: (message: FromServer) => void, gapS: number) => {
      const page = servePage(
        {
          boot: 'b1',
          // 0: any port that is free.
          settings: { ...settings, 'runtime.stateDir': this.stateDir, 'runtime.runsDir': this.stateDir, 'web.port': 0 },
          ...{ configArguments: [], tls: null, pageDir: this.pageDir, gapS },
        },
        // As between threads: never at once.
        (message) => queueMicrotask(() => hear(message)),
        { mono: () => performance.now(), wall: () => Date.now() },
        () => this.gone(),
      );
      return {
        end: () => {},
        post: (message: ToServer) => queueMicrotask(() => page.hear(structuredClone(message))),
        close: async () => {
          const ended = new Promise<void>((resolve) => {
            this.gone = resolve;
          });
          page.hear({ kind: 'close' });
          await ended;
        },
      };
    };
    this.front = await openWeb(
      bench.desk,
      bench.feed,
      { mono: () => bench.feed.latest.at, wallS: () => 1_800_000_000 },
      {
        ...{
          settings,
          boot: 'b1',
          speed: 1,
          version: '0',
          start,
          link: () => null,
          disk: () => null,
          record: () => 'runs/x',
          find: () => this.find,
        },
        recipes: () => {},
        newNonce: () => `nonce-${++this.nonces}`,
        past: async () => ({ samples: [], events: [] }),
        realMs: () => this.realMs,
      },
    );
    this.port = Number(/:(\d+)$/.exec(this.front.address() ?? '')?.[1]);
  }
  private gone: () => void = () => {};

  /** The page server ends and begins anew; its files stay. */
  async restart(): Promise<void> {
    await this.front.close();
    await this.open();
  }

  async close(): Promise<void> {
    await this.front.close();
    rmSync(this.stateDir, { recursive: true });
  }

  /** A token that may so much. */
  token(level: Role): string {
    const before = this.tokens.get(level);
    if (before !== undefined) return before;
    const token = newToken();
    writeTokens(this.stateDir, withToken(readTokens(this.stateDir), `${level}er`, level, token));
    this.tokens.set(level, token);
    return token;
  }

  /** A tick of the controller, and the time that messages need. */
  async tick(ms = 250): Promise<void> {
    this.realMs += ms;
    this.front.tick();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Any request at all; `headers` may replace those that are well-behaved. */
  ask(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<Got> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString('utf8');
          const { statusCode = 0, headers: got } = response;
          resolve({ status: statusCode, headers: got, text, json: () => JSON.parse(text) as Record<string, unknown> });
        });
        response.on('error', reject);
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  get(path: string, level: Role = 'see'): Promise<Got> {
    return this.ask('GET', path, { headers: { authorization: `Bearer ${this.token(level)}` } });
  }

  post(path: string, body: unknown, level: Role = 'tune', headers: Record<string, string> = {}): Promise<Got> {
    const own = { authorization: `Bearer ${this.token(level)}`, 'content-type': 'application/json', ...headers };
    return this.ask('POST', path, { headers: own, body: JSON.stringify(body) });
  }

  order(command: string, args: Record<string, unknown> = {}, level: Role = 'tune'): Promise<Got> {
    return this.post(`/api/v1/commands/${command}`, args, level);
  }

  async nonce(): Promise<string> {
    await this.tick();
    return (await this.get('/api/v1/state')).json()['nonce'] as string;
  }
}
