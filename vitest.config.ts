import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // The addon and its inference workers want a process of their own, not one of the runner's threads.
    pool: 'forks',
    // What this machine was measured to do is none of the tests' business.
    env: { XDG_STATE_HOME: '/nonexistent' },
    // Guards against tests that hang; what a test waits for comes by itself.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: a suite that drives the whole program wants them for itself.
    fileParallelism: false,
  },
});
