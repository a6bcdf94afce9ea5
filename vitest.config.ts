import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'tools/test/**/*.test.ts',
      'dashboards/test/**/*.test.ts',
      'tests/**/*.test.ts',
      'bench/test/**/*.test.ts'
    ],
    exclude: ['**/node_modules/**', 'tests/compat/**'],
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 30_000
  }
})
