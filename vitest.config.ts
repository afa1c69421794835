import { defineConfig } from 'vitest/config'

// Everything but `*.pg.test.ts` and the flows passes on a machine without PostgreSQL.
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
    ],
  },
})
