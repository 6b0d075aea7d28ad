// `npm run release`: publishes the packages in `packages/*/publish` whose version is not on npm yet, and tags them. For
// the release workflow: npm signs only what is built there.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

// Runs from tools/dist/pack.
const root = resolve(import.meta.dirname, '../../..')

/** Whether npm has it. @throws Error where npm cannot be asked */
async function isThere(name: string, version: string): Promise<boolean> {
  const registry = process.env['npm_config_registry'] ?? 'https://registry.npmjs.org/'
  const { status } = await fetch(new URL(`${name.replace('/', '%2f')}/${version}`, registry))
  if (status !== 200 && status !== 404) throw new Error(`npm answers ${status} when it is asked for ${name}@${version}`)
  return status === 200
}

for (const id of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', id, 'publish')
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
  if (await isThere(name!, version!)) continue
  execFileSync('npm', ['publish', folder], { stdio: 'inherit' })
}
// The workflow reads what it prints, and makes a release of each tag.
execFileSync('npx', ['changeset', 'tag'], { cwd: root, stdio: 'inherit' })
