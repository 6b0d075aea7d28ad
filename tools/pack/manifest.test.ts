import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { forRequire } from './declarations.js'
import { importsOf } from './imports.js'
import { published } from './manifest.js'
import { packageOf } from './package-facts.js'

const root = resolve(import.meta.dirname, '../..')

it('gives one copy to who imports and to who requires, and types to both', () => {
  expect(published(packageOf(root, 'storage-typeorm'), new Set())).toMatchObject({
    name: '@rookery/storage-typeorm',
    exports: {
      './nest': {
        'module-sync': { types: './dist/nest.d.ts', default: './dist/nest.js' },
        import: { types: './dist/nest.d.ts', default: './dist/nest.js' },
        require: { types: './dist/nest.d.cts', default: './dist/nest.cjs' },
      },
    },
    typesVersions: { '*': { nest: ['./dist/nest.d.cts'] } },
  })
})

it('asks for what it has not inside, and of its own kind for just this version', () => {
  const core = packageOf(root, 'core')
  const used = new Set(['@rookery/core', '@rookery/protocol'])
  const { dependencies } = published(core, used) as { dependencies: Record<string, string> }
  expect(dependencies).toEqual({ '@rookery/protocol': core.manifest.version })
  expect(core.manifest.dependencies).toHaveProperty('lru-cache')
  expect(published(packageOf(root, 'nest-adapter'), used)).toMatchObject({
    dependencies: { '@rookery/core': core.manifest.version },
  })
})

it('finds what a file imports, in every form', () => {
  const text = `import a from 'a'\nimport 'b'\nexport * from "@c/d/e"\nconst f = require('f/g')\nimport type { H } from './h.js'
type I = import('i').I\nconst j = await import("node:fs")\nconst k = createRequire(import.meta.url)('k')
const no = "SELECT text from ' text, '"
const l = (0, node_module.createRequire)(require("url").pathToFileURL(__filename).href)("l");`
  expect(importsOf(text)).toEqual(['a', 'b', '@c/d/e', 'f/g', './h.js', 'i', 'node:fs', 'k', 'l'])
})

it('names the twins of declarations in every form of an import', () => {
  expect(forRequire(`import type { A } from './a.js'\nexport * from "../b/c.js"\ntype D = import('./d.js').D`)).toBe(
    `import type { A } from './a.cjs'\nexport * from "../b/c.cjs"\ntype D = import('./d.cjs').D`,
  )
  expect(forRequire(`import { hash } from 'some.js'`)).toBe(`import { hash } from 'some.js'`)
})
