import { defineConfig } from 'vitest/config';

/** The page in a real browser before the whole product. They need Chromium (CHROMIUM names another one than Debian’s). */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    pool: 'forks',
    // Browsers and benches want processors of their own.
    fileParallelism: false,
    globalSetup: ['test/support/present-build.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
