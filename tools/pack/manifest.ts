// Makes the package.json to publish from the one in the repository.
import type { Manifest, Package } from './package-facts.js'

const repository = 'https://github.com/rookery-im/rookery'

const endingsOf = (path: string, js: string, types: string): { readonly types: string; readonly default: string } => ({
  types: path.replace(/\.js$/, types),
  default: path.replace(/\.js$/, js),
})

/**
 * One copy in a process, however it is loaded: `module-sync` gives `require` the ES module where Node can do that. The
 * rest is for tools that cannot.
 */
function conditionsOf({ default: path }: Manifest['exports'][string]): object {
  const module = endingsOf(path, '.js', '.d.ts')
  return { 'module-sync': module, import: module, require: endingsOf(path, '.cjs', '.d.cts') }
}

/** For compilers that do not read `exports`. */
function typesVersionsOf(exports: Manifest['exports']): object {
  const named = Object.entries(exports).filter(([path]) => path !== '.')
  if (named.length === 0) return {}
  const paths = named.map(([path, { types }]) => [path.slice(2), [types.replace(/\.d\.ts$/, '.d.cts')]])
  return { typesVersions: { '*': Object.fromEntries(paths) } }
}

/** @param used the packages that its files import */
export function published({ id, manifest }: Package, used: ReadonlySet<string>): object {
  const { name, version, description, bin, exports, dependencies = {}, peerDependencies, engines } = manifest
  const kept = Object.entries(dependencies).filter(([dependency]) => used.has(dependency))
  const ours = kept.map(([dependency, range]) => [dependency, dependency.startsWith('@rookery/') ? version : range])
  return {
    name,
    version,
    description,
    keywords: ['chat', 'instant messaging', 'nestjs', 'socket.io', 'websocket', ...(manifest.keywords ?? [])],
    license: 'MIT',
    homepage: `${repository}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: 'git', url: `git+${repository}.git`, directory: `packages/${id}` },
    type: 'module',
    sideEffects: false,
    main: './dist/index.cjs',
    module: './dist/index.js',
    types: './dist/index.d.cts',
    ...typesVersionsOf(exports),
    exports: {
      ...Object.fromEntries(Object.entries(exports).map(([path, paths]) => [path, conditionsOf(paths)])),
      './package.json': './package.json',
    },
    ...(bin === undefined ? {} : { bin }),
    files: ['bin', 'dist', 'CHANGELOG.md'],
    ...(ours.length === 0 ? {} : { dependencies: Object.fromEntries(ours) }),
    ...(peerDependencies === undefined ? {} : { peerDependencies }),
    ...(manifest.peerDependenciesMeta === undefined ? {} : { peerDependenciesMeta: manifest.peerDependenciesMeta }),
    engines,
    publishConfig: { access: 'public', provenance: true },
  }
}
