/** What people do with a run on the page, from the first start on. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Opened, openBrowser, openPage, Product, type StartOptions, turnTo } from './product.ts';

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

async function opened(
  options: StartOptions,
  ...more: Parameters<typeof openPage> extends [unknown, unknown, ...infer R] ? R : never
): Promise<Opened> {
  product = await Product.start(options);
  return openPage(browser, product, ...more);
}

describe('a person at the page', () => {
  it('signs in by the link of the first start, arms, and sees the film mixed', async () => {
    const { page, complaints } = await opened({ speed: 10, settings: { 'sim.autoArm': false } }, 'phone');
    expect(page.url()).not.toContain(product?.token);
    await page.getByText('SIMULATED').waitFor();
    await page.getByRole('heading', { name: /^SAFE/ }).waitFor();
    await page.getByRole('button', { name: 'Arm', exact: true }).click();
    await page.getByRole('heading', { name: /^ARMED/ }).waitFor({ timeout: 30_000 });
    await page.getByRole('heading', { name: /Mixed/ }).waitFor({ timeout: 60_000 });
    expect(complaints).toEqual([]);
  });

  it('stops the heater with one touch, from any screen', async () => {
    const { page } = await opened({ speed: 10 });
    await page.getByRole('heading', { name: /^ARMED/ }).waitFor({ timeout: 30_000 });
    await turnTo(page, 'audit');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Heater off.', { exact: true }).waitFor();
    await turnTo(page, 'now');
    await page.getByRole('heading', { name: /^SAFE/ }).waitFor();
  });

  it('is told why a run tripped and what to do, and acknowledges the trip', async () => {
    const { page } = await opened({ speed: 5, arguments: ['--inject', 'controller-dead@25'] });
    await page.getByRole('heading', { name: /Trip \d+/ }).waitFor({ timeout: 60_000 });
    const card = page.locator('section.card', { has: page.getByRole('heading', { name: /Trip \d+/ }) });
    await card.getByText('E304').waitFor();
    for (const name of ['What', 'Usual cause', 'Remedy']) await card.getByText(name, { exact: true }).waitFor();
    const button = card.getByRole('button', { name: /^Acknowledge trip \d+$/ });
    await button.click({ timeout: 60_000 });
    await page.getByRole('heading', { name: /^SAFE/ }).waitFor({ timeout: 20_000 });
    await turnTo(page, 'audit');
    await page.getByRole('cell', { name: 'acknowledge', exact: true }).first().waitFor();
  });

  it('tries a setting that goes back by itself when nobody keeps it', async () => {
    const { page } = await opened({ speed: 5, settings: { 'film.policy': 'tell' } });
    await page.getByRole('heading', { name: /^ARMED/ }).waitFor({ timeout: 30_000 });
    await turnTo(page, 'set');
    await page.getByLabel(/Pulse width t/).fill('650');
    await page.getByText('500 → 650').waitFor();
    await page.getByLabel(/^Try for, s/).fill('20');
    await page.getByRole('button', { name: 'Try for 20 s' }).click();
    await page.getByRole('heading', { name: /^Trial \d+ runs/ }).waitFor();
    expect((await product?.get<{ values: Record<string, number> }>('/state'))?.values['pulse.onMs']).toBe(650);
    await page.getByRole('heading', { name: 'Try settings' }).waitFor({ timeout: 30_000 });
    expect(await page.getByLabel(/Pulse width t/).inputValue()).toBe('500');
    await turnTo(page, 'audit');
    await page.getByRole('cell', { name: 'reverted' }).waitFor();
  });

  it('tries too little heat, sees the film segregate, and that it is rescued by itself', async () => {
    const { page } = await opened({ speed: 10, settings: { 'film.policy': 'rescue', 'control.mode': 'pulse' } });
    await page.getByRole('heading', { name: /Mixed/ }).waitFor({ timeout: 60_000 });
    await turnTo(page, 'set');
    await page.getByLabel(/Pulse width t/).fill('50');
    await page.getByLabel(/^Try for, s/).fill('600');
    await page.getByRole('button', { name: 'Try for 600 s' }).click();
    await page.getByRole('heading', { name: /^Trial \d+ runs/ }).waitFor();
    await turnTo(page, 'now');
    await page.getByRole('heading', { name: /Segregating/ }).waitFor({ timeout: 60_000 });
    await page.getByText('Film un-mixes').waitFor();
    await page.getByRole('heading', { name: /Mixed/ }).waitFor({ timeout: 60_000 });
    await turnTo(page, 'audit');
    await page.getByText(/shows the onset of segregation/).waitFor();
    await page.getByRole('button', { name: 'Film' }).click();
    await page.getByText(/MIXED -> SEGREGATING/).waitFor();
  });

  it('without the controller says how old the picture is, and that nobody knows of the heater', async () => {
    const { page } = await opened({ speed: 1 });
    await page.getByText('SIMULATED').waitFor();
    await product?.stop();
    await page
      .getByRole('alert')
      .getByText(/No word from the controller for/)
      .waitFor({ timeout: 15_000 });
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Outcome unknown/).waitFor({ timeout: 20_000 });
  });
});
