import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const src = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

// Tests run on the sources; what runs in a process or thread of its own, and the sample app, run from `dist`, which
// `npm test` builds first.
export const alias = [
  { find: /^@rookery\/([a-z-]+)$/, replacement: src('packages/$1/src/index.ts') },
  {
    find: /^@rookery\/([a-z-]+)\/(schemas|suites|testing|types|react)$/,
    replacement: src('packages/$1/src/$2/index.ts'),
  },
  {
    find: /^@rookery\/([a-z-]+)\/(nest|metrics|tracing|patterns|client|indexeddb|sql)$/,
    replacement: src('packages/$1/src/$2.ts'),
  },
]

export default defineConfig({
  resolve: { alias },
  // Tests are left out of the packages' tsconfigs, where vite would find this for them.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'sample-app/src/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.long.test.ts'],
    // A core each, none kept free for the runner itself.
    maxWorkers: '100%',
    // A worker loads each module once for all its files, in place of once for each: nothing here keeps state in a module
    // that another test would see.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // A busy machine takes longer than vitest's second.
    expect: { poll: { timeout: 10_000 } },
    // Real servers and browsers share CI's two cores: there a failed test runs once more, and the report says so.
    retry: process.env['CI'] === undefined ? 0 : 1,
  },
})
