/** The product as a person starts it, and a browser before its page. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Screenshots are kept here. */
export const SHOTS = process.env['E2E_SHOTS'] ?? join(ROOT, 'coverage', 'page');
mkdirSync(SHOTS, { recursive: true });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

export interface StartOptions {
  readonly speed?: number;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly arguments?: readonly string[];
}

/** `remixd run` on the simulated bench, with folders of its own. */
export class Product {
  private constructor(
    readonly folder: string,
    readonly port: number,
    /** Where the terminal says that the page is, with the token of the first start. */
    readonly link: string,
    private readonly child: ChildProcess,
    private readonly said: () => string,
  ) {}

  static async start({ speed = 1, settings = {}, arguments: more = [] }: StartOptions = {}): Promise<Product> {
    const folder = mkdtempSync(join(tmpdir(), 'remixd-e2e-'));
    const port = await freePort();
    const all = {
      'web.port': port,
      'sim.broker': false,
      'runtime.stateDir': join(folder, 'state'),
      'runtime.runsDir': join(folder, 'runs'),
      ...settings,
    };
    const set = Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const child = spawn(
      process.execPath,
      [join(ROOT, 'bin', 'remixd.js'), 'run', '--speed', String(speed), ...set, ...more],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    child.stderr?.on('data', (piece: Buffer) => {
      said += piece.toString('utf8');
    });
    for (const end = Date.now() + 30_000; Date.now() < end; ) {
      const link = /page (http\S+)/.exec(said)?.[1];
      if (link !== undefined) return new Product(folder, port, link, child, () => said);
      if (child.exitCode !== null) break;
      await pause(50);
    }
    child.kill('SIGKILL');
    throw new Error(`remixd did not say where its page is: ${said}`);
  }

  get token(): string {
    return this.link.split('#')[1] ?? '';
  }

  /** Bytes of memory that the process has in use. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  get words(): string {
    return this.said();
  }

  /** A GET of the API by the token of the first start. */
  async get<T>(path: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.port}/api/v1${path}`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    return (await response.json()) as T;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      const late = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });

/** The sizes that the page is looked at: a phone, a tablet, a desk. */
export const SIZES = { phone: [390, 844], tablet: [768, 1024], desk: [1440, 900] } as const;
export type Size = keyof typeof SIZES;

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained of: nothing, in a sound page. */
  readonly complaints: string[];
}

/** A page that was signed in by the link of the first start. */
export async function openPage(
  browser: Browser,
  product: Product,
  size: Size = 'desk',
  scheme: 'light' | 'dark' = 'light',
): Promise<Opened> {
  const [width, height] = SIZES[size];
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(product.link);
  await page.waitForSelector('main#screen h2');
  return { page, context, complaints };
}

/** Turns to a screen by its name in the address. */
export async function turnTo(page: Page, screen: string): Promise<void> {
  await page.click(`nav a[href="#${screen}"]`);
  await page.waitForSelector(`nav a[href="#${screen}"][aria-current="page"]`);
}
