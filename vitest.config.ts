import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // The addon and its inference workers want a process of their own, not one of the runner's threads.
    pool: 'forks',
  },
});
