/** Recipes and recorded runs on the page. */
import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, Product, pause, turnTo } from './product.ts';

let browser: Browser;
let product: Product | null = null;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  await product?.stop();
  product = null;
});

describe('a person at the page', () => {
  it('changes a recipe, sees what is wrong, plays it beforehand, keeps it and starts it', async () => {
    product = await Product.start({ speed: 10, settings: { 'sim.autoArm': false } });
    const { page, complaints } = await openPage(browser, product);
    await turnTo(page, 'recipes');
    await page.getByRole('button', { name: 'New' }).click();
    const editor = page.getByLabel('Recipe as JSON');
    await editor.fill('{"title": "Mine", "steps": [{"light": 1, "mode": "pulse", "onS": 0.5, "forS": 60}]}');
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('steps.0.periodS').waitFor();
    await editor.fill(
      '{"title": "Mine", "steps": [{"light": 1, "mode": "pulse", "onS": 0.5, "periodS": 5, "forS": 60}]}',
    );
    await page.getByRole('button', { name: 'Check' }).click();
    await page.getByText('Nothing is wrong with it.').waitFor();
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByRole('heading', { name: /It comes to its end · SIMULATED/ }).waitFor({ timeout: 60_000 });
    expect(
      await page.getByAltText(/over the dry run/).evaluate((image: HTMLImageElement) => image.naturalWidth),
    ).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByText('Recipe my-recipe is kept.').waitFor();
    await page.getByRole('button', { name: 'Arm my-recipe' }).click();
    await turnTo(page, 'now');
    await page.getByRole('heading', { name: /^ARMED/ }).waitFor({ timeout: 30_000 });
    await page.getByText(/^my-recipe ·/).waitFor();
    expect(complaints).toEqual([]);
  });

  it('compares two recorded runs, describes one, and takes its files', async () => {
    const first = await Product.start({ speed: 20, arguments: ['--seconds', '120'] });
    await pause(9000);
    product = await Product.start({
      speed: 20,
      settings: { 'runtime.runsDir': `${first.folder}/runs`, 'run.sample': 'Film 12' },
    });
    await pause(4000);
    const { page, context, complaints } = await openPage(browser, product);
    await turnTo(page, 'runs');
    const boxes = page.getByRole('checkbox', { name: /^Compare/ });
    await boxes.nth(1).waitFor();
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole('heading', { name: '2 runs compared' }).waitFor();
    await page.getByRole('img', { name: /Film temperature of 2 runs/ }).waitFor();
    await page.locator('button.link').nth(1).click();
    await page.getByRole('heading', { name: /^Run 1 ·/ }).waitFor({ timeout: 20_000 });
    await page.getByText('Mean swing of the film').waitFor();
    await page.getByText('Description').click();
    await page.getByLabel('note', { exact: true }).fill('second film of the batch');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await page.getByText('Kept beside the record.').waitFor();
    await page.getByRole('cell', { name: 'second film of the batch' }).waitFor();
    // What was written can be taken away again.
    await page.getByLabel('note', { exact: true }).fill('');
    expect(await page.getByLabel('note', { exact: true }).inputValue()).toBe('');
    await page.getByRole('button', { name: 'Keep', exact: true }).click();
    await expect.poll(() => page.getByRole('cell', { name: 'second film of the batch' }).count()).toBe(0);
    expect(await page.getByLabel('note', { exact: true }).inputValue()).toBe('');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'data.csv' }).click();
    const data = readFileSync((await (await download).path()) ?? '', 'utf8');
    expect(data).toMatch(/^#bench: SIMULATED\n/);
    expect(data.split('\n').length).toBeGreaterThan(100);
    const report = page.waitForEvent('download');
    await page.getByRole('link', { name: 'report to print' }).click();
    expect(readFileSync((await (await report).path()) ?? '', 'utf8')).toContain('2 runs compared');
    expect(complaints).toEqual([]);
    await context.close();
    await first.stop();
  });
});
