import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need native modules and a C compiler: npm run test:native.
    exclude: ['test/native/**'],
    // Native add-ons crash in worker threads, and a fork per file keeps one test's state out of another's.
    pool: 'forks',
    testTimeout: 60_000,
    coverage: { include: ['src/**'] },
  },
});
