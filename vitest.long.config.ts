import { defineConfig } from 'vitest/config'
import { alias } from './vitest.config.js'

// What takes long: thousands of seeds, many kills, database servers of its own. `.ci/run` calls it after the ordinary tests.
export default defineConfig({
  resolve: { alias },
  test: {
    include: ['packages/*/src/**/*.long.test.ts', 'test/**/*.long.test.ts'],
    testTimeout: 1_200_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
