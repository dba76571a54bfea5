/** A person seeks a pattern on the page: what it costs is said before, the map grows with each trial, and what is found is in force. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PageState } from '../../src/params/page.ts';
import { openBrowser, openPage, Product, pause, SHOTS, SIZES, type Size, turnTo } from './product.ts';

let browser: Browser;
let product: Product;
beforeAll(async () => {
  browser = await openBrowser();
});
beforeEach(async () => {
  product = await Product.start({ speed: 40, settings: { 'control.mode': 'pulse', 'pulse.onMs': 444 } });
});
afterAll(() => browser.close());
afterEach(() => product.stop());

const stateNow = (): Promise<PageState> => product.get<PageState>('/state');
const start = (page: Page) => page.getByRole('button', { name: 'Start the search' });
const map = (page: Page) => page.getByRole('img', { name: /^97 patterns; / });
/** The search asks for an armed bench with the light of the settings. */
async function begun(page: Page): Promise<void> {
  await turnTo(page, 'find');
  await page.getByText(/The light goes off at once/).waitFor();
  await start(page).click({ timeout: 30_000 });
  await page.getByRole('heading', { name: 'Searching' }).waitFor();
}

describe('the search for a pattern on the page', () => {
  it('is started, seen and found, and the film is then kept mixed by what it found', async () => {
    const { page, complaints } = await openPage(browser, product, 'phone');
    await begun(page);
    await map(page).waitFor();
    // The likeliest pattern before the first trial, and another map after some.
    const before = await page.locator('svg.map').first().textContent();
    await page.getByRole('heading', { name: 'Trials' }).waitFor({ timeout: 60_000 });
    await expect.poll(() => page.locator('svg.map').first().textContent()).not.toBe(before);
    await page.getByRole('heading', { name: /^Found: / }).waitFor({ timeout: 110_000 });
    await page.getByText('✓ In force for this run').waitFor();
    const { find, values } = await stateNow();
    expect(values).toMatchObject({
      'control.mode': 'pulse',
      'pulse.onMs': 1000 * (find?.found?.on_s ?? 0),
      'pulse.periodMs': 1000 * (find?.found?.period_s ?? 0),
    });
    expect(await page.locator('svg.map').first().locator('circle').count()).toBe(find?.trials.length);
    await page.getByRole('button', { name: 'Back to before the search' }).click();
    await page.getByText('Not in force').waitFor();
    await expect.poll(async () => (await stateNow()).values['pulse.onMs']).toBe(444);
    expect(complaints).toEqual([]);
  });

  it('is stopped by its own button, and heat and light are as before', async () => {
    const { page } = await openPage(browser, product, 'desk', 'dark');
    await begun(page);
    await page.getByRole('button', { name: 'Stop search' }).click();
    await page.getByText('Heat and light are as before the search', { exact: true }).waitFor();
    await expect.poll(async () => (await stateNow()).values['pulse.onMs']).toBe(444);
    expect((await stateNow()).values['light.level']).toBe(1);
    expect((await stateNow()).state.name).toBe('armed');
  });

  it('cannot be started without a run, and the page says why', async () => {
    const { page } = await openPage(browser, product);
    await page.getByRole('heading', { name: /^ARMED/ }).waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await turnTo(page, 'find');
    await page.getByText('The bench is SAFE: a search needs a run. Arm it first.').waitFor();
    expect(await start(page).isDisabled()).toBe(true);
  });

  it('looks right while it runs and when it is over, on every screen', async () => {
    const { page } = await openPage(browser, product);
    await begun(page);
    const shots = async (what: string): Promise<void> => {
      for (const size of Object.keys(SIZES) as Size[])
        for (const scheme of ['light', 'dark'] as const) {
          const { page: one, context } = await openPage(browser, product, size, scheme);
          await turnTo(one, 'find');
          await map(one).waitFor();
          await one.screenshot({ path: join(SHOTS, `find-${what}-${size}-${scheme}.png`), fullPage: true });
          const width = await one.evaluate(() => document.documentElement.scrollWidth);
          expect(width, `${what} on a ${size}`).toBeLessThanOrEqual(SIZES[size][0]);
          await context.close();
        }
    };
    await page.getByRole('heading', { name: 'Trials' }).waitFor({ timeout: 60_000 });
    await shots('running');
    await page.getByRole('heading', { name: /^Found: / }).waitFor({ timeout: 110_000 });
    await pause(500);
    await shots('found');
  }, 240_000);
});
