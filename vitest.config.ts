import { defineConfig } from 'vitest/config';

const stack = new URL('./libs/testing/src/global-setup.ts', import.meta.url).pathname;
/** Longer than anything takes, also on a busy machine: who waits for progress loses nothing by it. */
const patience = { timeout: 90_000, interval: 50 };
const exclude = ['**/node_modules/**', '**/.millrace/**', '**/.nx/**'];

/** The tier is in the file's name. Tests of the last two tiers get one running stack for the whole run. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.unit.spec.ts'],
          exclude,
          testTimeout: 20_000,
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['**/*.int.spec.ts'],
          exclude,
          globalSetup: [stack],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: patience },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['**/*.e2e.spec.ts'],
          exclude,
          globalSetup: [stack],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect: { poll: patience },
        },
      },
    ],
  },
});
