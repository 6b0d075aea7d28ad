// The files that a host loads: one for each entry, as an ES module and for `require`. TypeScript has compiled them before,
// so that Nest's decorator metadata is there.
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import type { Package } from './package-facts.js'

const builtin = new Set(builtinModules)

export async function bundle({ folder, inlined, entries }: Package, target: string): Promise<void> {
  const input = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(folder, 'dist', file)]))
  const made = await rolldown({
    input,
    platform: 'node',
    external: (id) => isExternal(id, inlined),
    // A lost import is a broken package.
    onLog: (level, log) => {
      if (level === 'warn') throw new Error(log.message)
    },
  })
  try {
    for (const [format, ending] of [
      ['es', 'js'],
      ['cjs', 'cjs'],
    ] as const)
      await made.write({
        dir: target,
        format,
        entryFileNames: `[name].${ending}`,
        chunkFileNames: `[name]-[hash].${ending}`,
        sourcemap: true,
        // Declarations and maps have them; a process would hold them.
        comments: false,
        exports: 'named',
        // Jest runs CommonJS without a loader for modules.
        dynamicImportInCjs: false,
      })
  } finally {
    await made.close()
  }
}

function isExternal(id: string, inlined: readonly string[]): boolean {
  if (id.startsWith('.') || id.startsWith('/')) return false
  if (id.startsWith('node:') || builtin.has(id)) return true
  return !inlined.some((name) => id === name || id.startsWith(`${name}/`))
}
