import { defineConfig } from 'vitest/config'
import { alias } from './vitest.config.js'

// What takes long: thousands of seeds, many kills, database servers of its own. `.ci/run` calls it after the ordinary tests.
export default defineConfig({
  resolve: { alias },
  test: {
    include: ['packages/*/src/**/*.long.test.ts', 'test/**/*.long.test.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    // Real servers and browsers share CI's two cores: there a failed test runs once more, and the report says so.
    retry: process.env['CI'] === undefined ? 0 : 1,
    fileParallelism: false,
  },
})
