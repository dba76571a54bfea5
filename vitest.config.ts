import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Most of what is slow waits for others; one worker fewer than processors would leave a small machine with one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    include: ['test/**/*.test.ts'],
    // They need native modules and a C compiler (npm run test:native), or a browser (npm run test:e2e).
    exclude: ['test/native/**', 'test/e2e/**'],
    // Native add-ons crash in worker threads, and a fork per file keeps one test's state out of another's.
    pool: 'forks',
    globalSetup: ['test/support/present-build.ts'],
    testTimeout: 60_000,
    coverage: { include: ['src/**'] },
  },
});
