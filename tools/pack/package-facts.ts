// The facts of a package that are needed to publish it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly keywords?: readonly string[]
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly engines: Readonly<Record<string, string>>
}

/**
 * Dependencies that go into our own files: a host loads less, and cannot load two copies. One whose types show in our
 * declarations stays a dependency, too.
 */
const inlined: Readonly<Record<string, readonly string[]>> = {
  core: ['lru-cache', 'uuidv7'],
  protocol: ['zod'],
}

/** Files that no export names and that must be there under a name: what a process or a thread begins with. */
const beginnings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'storage-typeorm': { worker: 'sqlite/worker.js', 'cli/main': 'cli/main.js' },
}

export interface Package {
  /** The name of its folder, such as `core`. */
  readonly id: string
  readonly folder: string
  readonly manifest: Manifest
  readonly inlined: readonly string[]
  /** Name of the bundle without its ending → file in `dist`. */
  readonly entries: Readonly<Record<string, string>>
}

/** @param root of the repository */
export function packageOf(root: string, id: string): Package {
  const folder = join(root, 'packages', id)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  const exported = Object.values(manifest.exports).map((paths) => paths.default.replace('./dist/', ''))
  return {
    id,
    folder,
    manifest,
    inlined: inlined[id] ?? [],
    entries: { ...Object.fromEntries(exported.map((file) => [file.replace(/\.js$/, ''), file])), ...beginnings[id] },
  }
}
