import { defineConfig } from 'vitest/config';

/** The pure rooms: no process, no file, no network, no build. Seconds; `npm run test:watch` runs them as you type. */
export default defineConfig({
  test: {
    include: [
      'test/arch/{rules,ratchets}.test.ts',
      'test/control/**/*.test.ts',
      'test/desk/**/*.test.ts',
      'test/film/**/*.test.ts',
      'test/hal/{chips,drivers,standards}/**/*.test.ts',
      'test/model/**/*.test.ts',
      'test/params/**/*.test.ts',
      'test/safety/{expectation,gate-keeper,interlocks}.test.ts',
      'test/twin/**/*.test.ts',
      'test/wiring/**/*.test.ts',
      'test/fronts/mqtt/{admission,discovery}.test.ts',
    ],
    pool: 'threads',
    testTimeout: 20_000,
  },
});
