import { defineConfig } from 'vitest/config';

/** End-to-end tests that judge what the machine can do, or how long something takes: they want it for themselves. */
const measuring = [
  'alert-store',
  'assessment',
  'cache',
  'cameras',
  'kafka-bus',
  'lifecycle',
  'overload',
  'scene-gating',
  'stuck',
  'tune',
  'whole-way',
].map((name) => `tests/e2e/${name}.test.ts`);

/** Tests of one kind run before those of the next begin. */
const kinds = [
  { name: 'unit', include: ['tests/unit/**/*.test.ts'], exclude: [], maxWorkers: 2 },
  { name: 'e2e', include: ['tests/e2e/**/*.test.ts'], exclude: measuring, maxWorkers: 2 },
  { name: 'e2e-measuring', include: measuring, exclude: [], maxWorkers: 1 },
];

export default defineConfig({
  test: {
    // The addon and its inference workers want a process of their own, not one of the runner's threads.
    pool: 'forks',
    // What this machine was measured to do is none of the tests' business.
    env: { XDG_STATE_HOME: '/nonexistent' },
    // Guards against tests that hang; what a test waits for comes by itself.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    projects: kinds.map(({ maxWorkers, ...test }, groupOrder) => ({
      extends: true,
      test: { ...test, maxWorkers, sequence: { groupOrder } },
    })),
  },
});
