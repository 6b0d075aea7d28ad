import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { forRequire } from './declarations.js'
import { published } from './manifest.js'
import { packageOf } from './package-facts.js'

const root = resolve(import.meta.dirname, '../..')

it('gives one copy to who imports and to who requires, and types to both', () => {
  expect(published(packageOf(root, 'storage-typeorm'))).toMatchObject({
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
  const { dependencies } = published(core) as { dependencies: Record<string, string> }
  expect(dependencies).not.toHaveProperty('lru-cache')
  expect(core.manifest.dependencies).toHaveProperty('lru-cache')
  expect(published(packageOf(root, 'nest-adapter'))).toMatchObject({
    dependencies: { '@rookery/core': core.manifest.version },
  })
})

it('names the twins of declarations in every form of an import', () => {
  expect(forRequire(`import type { A } from './a.js'\nexport * from "../b/c.js"\ntype D = import('./d.js').D`)).toBe(
    `import type { A } from './a.cjs'\nexport * from "../b/c.cjs"\ntype D = import('./d.cjs').D`,
  )
  expect(forRequire(`import { hash } from 'some.js'`)).toBe(`import { hash } from 'some.js'`)
})
