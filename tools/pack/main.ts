// `npm run pack`: lays out what would be published, in `packages/*/publish`. `npm run pack -- core protocol` takes only
// these. Run it after a build.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundle } from './bundle.js'
import { copyBeside, copyDeclarations } from './declarations.js'
import { packagesUsed } from './imports.js'
import { published } from './manifest.js'
import { packageOf } from './package-facts.js'

// Runs from tools/dist/pack.
const root = resolve(import.meta.dirname, '../../..')
const given = process.argv.slice(2)
const ids = given.length > 0 ? given : readdirSync(join(root, 'packages'))

for (const id of ids) {
  const startedAt = performance.now()
  const one = packageOf(root, id)
  const target = join(one.folder, 'publish')
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  await bundle(one, join(target, 'dist'))
  copyDeclarations(join(one.folder, 'dist'), Object.values(one.entries), join(target, 'dist'))
  for (const beside of ['README.md', 'CHANGELOG.md', 'bin'])
    if (existsSync(join(one.folder, beside))) copyBeside(join(one.folder, beside), join(target, beside))
  copyBeside(join(root, 'LICENSE'), join(target, 'LICENSE'))
  writeFileSync(
    join(target, 'package.json'),
    `${JSON.stringify(published(one, packagesUsed(join(target, 'dist'))), null, 2)}\n`,
  )
  console.log(`packages/${id}/publish in ${Math.round(performance.now() - startedAt)} ms`)
}
