/** How the page looks and how heavy it is: every screen at three sizes, light and dark, kept as pictures; what axe finds in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, Product, pause, SHOTS, SIZES, type Size, turnTo } from './product.ts';

const PAGE = fileURLToPath(new URL('../../dist/page/', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** All that a browser loads, gzipped. */
const MOST_KB = 80;

let browser: Browser;
let product: Product;
beforeAll(async () => {
  browser = await openBrowser();
  product = await Product.start({ speed: 2, settings: { 'run.sample': 'Film 12', 'run.operator': 'Ada' } });
  // Something to look at: pulses, a verdict, events.
  await pause(20_000);
});
afterAll(async () => {
  await browser.close();
  await product.stop();
});

const screensOf = (page: Page): Promise<string[]> =>
  page.$$eval('nav a', (links) => links.map((link) => (link.getAttribute('href') ?? '').slice(1)));

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}
interface AxeResult {
  readonly violations: readonly Violation[];
  readonly passes: readonly unknown[];
}
const axe = (page: Page): Promise<AxeResult> =>
  page.evaluate(async (source) => {
    if (!('axe' in globalThis)) new Function(source)();
    const { axe: run } = globalThis as unknown as { axe: { run(): Promise<AxeResult> } };
    const { violations, passes } = await run.run();
    return { violations, passes };
  }, AXE);

describe('the look of the page', () => {
  const looks = Object.keys(SIZES).flatMap((size) =>
    (['light', 'dark'] as const).map((scheme) => [size as Size, scheme] as const),
  );
  it.each(looks)('on a %s, %s: nothing serious for axe, nothing wider than the screen', async (size, scheme) => {
    const { page, context, complaints } = await openPage(browser, product, size, scheme);
    const found: string[] = [];
    for (const screen of await screensOf(page)) {
      await turnTo(page, screen);
      await pause(1200);
      await page.screenshot({ path: join(SHOTS, `${screen}-${size}-${scheme}.png`), fullPage: true });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > SIZES[size][0]) found.push(`${screen} is ${width} px wide`);
      const { violations, passes } = await axe(page);
      expect(passes.length).toBeGreaterThan(10);
      for (const { id, impact, nodes } of violations)
        if (impact === 'serious' || impact === 'critical')
          found.push(`${screen}: ${impact} ${id} ${nodes[0]?.html.slice(0, 120)}`);
    }
    await context.close();
    expect(found).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('every control of every screen is reached by the keyboard, Stop first', async () => {
    const { page, context } = await openPage(browser, product, 'desk');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Stop');
    for (const screen of await screensOf(page)) {
      await turnTo(page, screen);
      const lost = await page.$$eval('button:not([disabled]), a[href], input, select, summary', (all) =>
        all.filter((one) => (one as HTMLElement).tabIndex < 0).map((one) => one.outerHTML.slice(0, 80)),
      );
      expect(lost, screen).toEqual([]);
    }
    await context.close();
  });
});

describe('the weight of the page', () => {
  it(`is at most ${MOST_KB} kB gzipped, all files together, and nothing comes from elsewhere`, async () => {
    const files = readdirSync(PAGE, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.map((entry) => gzipSync(readFileSync(join(entry.parentPath, entry.name))).length);
    const kb = bytes.reduce((sum, n) => sum + n, 0) / 1000;
    console.log(`page: ${kb.toFixed(1)} kB gzipped in ${files.length} files`);
    expect(kb).toBeLessThanOrEqual(MOST_KB);
    const { page, context } = await openPage(browser, product);
    const from = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
    );
    expect([...new Set(from)]).toEqual([`http://127.0.0.1:${product.port}`]);
    await context.close();
  });

  it('tells how long the first picture takes from cold', async () => {
    const times: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const { page, context } = await openPage(browser, product);
      times.push(await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0));
      await context.close();
    }
    times.sort((a, b) => a - b);
    console.log(
      `page: first contentful paint from cold ${times[2]?.toFixed(0)} ms (${times[0]?.toFixed(0)}..${times[4]?.toFixed(0)})`,
    );
    expect(times.every((ms) => ms > 0)).toBe(true);
  });
});
