import { defineConfig } from 'vitest/config'

// `unit` passes on a machine without PostgreSQL.
export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/docs/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/*.pg.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'pg',
          include: ['src/**/*.pg.test.ts', 'test/{flows,cases,contracts}/**/*.test.ts'],
          globalSetup: ['test/support/postgres-server.ts'],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          // They start the real zero-cache some forty times, four seconds each on two cores: alone, after all others.
          name: 'zero',
          include: ['test/zero/**/*.test.ts'],
          globalSetup: ['test/support/postgres-server.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          maxConcurrency: 3,
          testTimeout: 240_000,
        },
      },
    ],
  },
})
