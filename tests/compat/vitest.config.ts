import { defineConfig } from 'vitest/config'

// Run by `npm run test:compat`: real clients against one broker, one after the other.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts', 'groups/*.test.ts'],
    globalSetup: ['./global-setup.ts'],
    fileParallelism: false,
    pool: 'threads',
    reporters: ['verbose'],
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
