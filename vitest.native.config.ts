import { defineConfig } from 'vitest/config';

/** Tests of the native modules and of the gate against the emulator. They need a C compiler and the built modules. */
export default defineConfig({
  test: {
    include: ['test/native/**/*.test.ts'],
    pool: 'forks',
    // They measure time, and the emulators want a processor of their own.
    fileParallelism: false,
    globalSetup: ['test/support/present-build.ts'],
    testTimeout: 60_000,
  },
});
