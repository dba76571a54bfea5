/** A page that stays open: hours of the bench’s time, no event missed, and no memory that grows. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, Product, pause } from './product.ts';

/** Hours of the bench’s time; E2E_HOURS asks for another number. */
const HOURS = Number(process.env['E2E_HOURS'] ?? 24);
const SPEED = 600;
/** What a browser may hold more at the end than after the first tenth; its charts fill meanwhile. */
const MOST_GROWTH = 1.6;

let browser: Browser;
let product: Product;
beforeAll(async () => {
  browser = await openBrowser();
  product = await Product.start({ speed: SPEED, settings: { 'store.maxMb': 20 } });
});
afterAll(async () => {
  await browser.close();
  await product.stop();
});

describe('a page that stays open', () => {
  it(`for ${HOURS} hours of the bench’s time misses no event and keeps its memory`, async () => {
    const { page, complaints } = await openPage(browser, product);
    const devtools = await page.context().newCDPSession(page);
    const heap = async (): Promise<number> => {
      await devtools.send('HeapProfiler.collectGarbage');
      return (await devtools.send('Runtime.getHeapUsage')).usedSize;
    };
    // The page’s own stream is its own; this one counts beside it, in the same browser.
    await page.evaluate(() => {
      const seen = { last: 0, holes: 0, gaps: 0, events: 0 };
      Object.assign(globalThis, { seen });
      const source = new EventSource('/api/v1/stream');
      source.addEventListener('event', (message) => {
        const { seq } = JSON.parse((message as MessageEvent<string>).data) as { seq: number };
        if (seen.last !== 0 && seq !== seen.last + 1) seen.holes += 1;
        seen.last = seq;
        seen.events += 1;
      });
      source.addEventListener('gap', () => {
        seen.gaps += 1;
      });
    });
    const hours = async (): Promise<number> => (await product.get<{ mono_s: number }>('/state')).mono_s / 3600;
    for (const end = Date.now() + 200_000; (await hours()) < HOURS / 10 && Date.now() < end; ) await pause(500);
    const first = await heap();
    for (const end = Date.now() + 900_000; (await hours()) < HOURS && Date.now() < end; ) await pause(1000);
    expect(await hours()).toBeGreaterThanOrEqual(HOURS);
    const last = await heap();
    const seen = await page.evaluate(
      () => (globalThis as unknown as { seen: { holes: number; gaps: number; events: number } }).seen,
    );
    console.log(
      `page: ${(await hours()).toFixed(1)} h, ${seen.events} events, heap ${(first / 1e6).toFixed(1)} -> ${(last / 1e6).toFixed(1)} MB`,
    );
    expect(seen).toMatchObject({ holes: 0, gaps: 0 });
    expect(last / first).toBeLessThan(MOST_GROWTH);
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(complaints).toEqual([]);
  }, 1_200_000);
});
