import { chromium } from 'playwright-core';
const [url, out, ...names] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const sizes = { phone: [390, 844], tablet: [768, 1024], desk: [1440, 900] };
for (const scheme of ['light', 'dark']) for (const [size, [width, height]] of Object.entries(sizes)) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  page.on('console', (m) => m.type() === 'error' && console.log(size, m.text()));
  page.on('pageerror', (e) => console.log(size, 'pageerror', e.message));
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForSelector('nav');
  for (const name of names) {
    await page.evaluate((n) => { location.hash = n; }, name);
    await page.waitForTimeout(1500);
    await page.screenshot({ path: `${out}/${name}-${size}-${scheme}.png`, fullPage: size !== 'desk' });
  }
  await context.close();
}
await browser.close();
