/** Hands that are too quick, answers that are too late, and a controller that hangs while somebody wants to stop it. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PageState } from '../../src/params/page.ts';
import { openBrowser, openPage, Product, pause, turnTo } from './product.ts';

let browser: Browser;
let product: Product;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
afterEach(() => product.stop());

describe('the page', () => {
  it.each([80, 250, 450])(
    'takes a double click on Try, %i ms apart, for one trial that nobody has kept',
    async (gap) => {
      product = await Product.start({ speed: 1, settings: { 'film.policy': 'tell' } });
      const { page } = await openPage(browser, product);
      await page.getByRole('heading', { name: /^ARMED/ }).waitFor({ timeout: 30_000 });
      await turnTo(page, 'set');
      await page.getByLabel(/Pulse width t/).fill('650');
      const button = await page.getByRole('button', { name: /^Try for/ }).boundingBox();
      const [x, y] = [(button?.x ?? 0) + 20, (button?.y ?? 0) + 10];
      await page.mouse.click(x, y);
      await pause(gap);
      await page.mouse.click(x, y);
      await page.getByRole('heading', { name: /^Trial \d+ runs/ }).waitFor();
      await pause(500);
      expect((await product.get<PageState>('/state')).trial?.patch).toEqual({ 'pulse.onMs': 650 });
      // A moment later the button does what it says.
      await page.getByRole('button', { name: 'Keep' }).click();
      await page.getByRole('heading', { name: 'Try settings' }).waitFor();
      expect((await product.get<PageState>('/state')).values['pulse.onMs']).toBe(650);
    },
  );

  it('never shows what was predicted of other settings', async () => {
    product = await Product.start({ speed: 1, settings: { 'control.mode': 'pulse' } });
    const { page } = await openPage(browser, product);
    await turnTo(page, 'set');
    const card = page.locator('section.card', { hasText: 'What the model of this bench predicts' });
    const predicted = card.getByRole('columnheader', { name: 'Changed' });
    await page.route('**/commands/what-if', async (route) => {
      if (route.request().postData()?.includes('2000')) await pause(3000);
      await route.continue().catch(() => {});
    });
    const width = page.getByLabel(/Pulse width t/);
    await width.fill('100');
    await predicted.waitFor();
    const swing = async (): Promise<string> => card.getByRole('row', { name: /^Swing/ }).innerText();
    const small = await swing();
    await width.fill('2000');
    await card.getByText('Asking the model').waitFor();
    expect(await card.getByRole('row').count()).toBe(0);
    await pause(700);
    await width.fill('100');
    await predicted.waitFor();
    await pause(3500);
    expect(await swing()).toBe(small);
  });

  it('says within some seconds that a Stop is not answered, and its button stays under the finger', async () => {
    product = await Product.start({ speed: 1 });
    const { page } = await openPage(browser, product, 'phone');
    await page.getByRole('heading', { name: /^ARMED/ }).waitFor({ timeout: 30_000 });
    const stop = page.getByRole('button', { name: 'Stop', exact: true });
    const before = await stop.boundingBox();
    process.kill(product.pid, 'SIGSTOP');
    try {
      await stop.click();
      await page.getByText(/Outcome unknown/).waitFor({ timeout: 6000 });
      expect(await stop.boundingBox()).toEqual(before);
      await page.getByText('heater not known').waitFor();
      expect(await page.title()).toContain('No word');
    } finally {
      process.kill(product.pid, 'SIGCONT');
    }
    await page.getByRole('heading', { name: /^SAFE/ }).waitFor({ timeout: 20_000 });
    expect(await stop.boundingBox()).toEqual(before);
  });

  it('keeps what was typed while another screen is looked at, and tries nothing that is not a number', async () => {
    product = await Product.start({ speed: 1 });
    const { page } = await openPage(browser, product);
    await turnTo(page, 'set');
    await page.getByLabel(/Pulse width t/).fill('650');
    await turnTo(page, 'now');
    await turnTo(page, 'set');
    expect(await page.getByLabel(/Pulse width t/).inputValue()).toBe('650');
    const attempt = page.getByRole('button', { name: /^Try for/ });
    await expect.poll(() => attempt.isEnabled()).toBe(true);
    for (const [label, text] of [[/Pulse width t/, ''] as const, [/^Try for, s/, 'soon'] as const]) {
      const field = page.getByLabel(label);
      const good = await field.inputValue();
      await field.fill(text);
      await expect.poll(() => attempt.isEnabled()).toBe(false);
      await field.fill(good);
      await expect.poll(() => attempt.isEnabled()).toBe(true);
    }
  });
});
