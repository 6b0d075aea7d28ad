// What a browser loads with some code.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build, type Rollup } from 'vite'

const root = resolve(import.meta.dirname, '../..')

/** The chunk that a browser gets for this code, and the modules in it, relative to the root. */
export async function bundled(code: string): Promise<{ readonly text: string; readonly modules: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-bundle-'))
  try {
    const entry = join(folder, 'entry.js')
    writeFileSync(entry, code)
    const made = await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      resolve: {
        alias: {
          '@rookery/client/types': join(root, 'packages/client/dist/types/index.js'),
          '@rookery/client': join(root, 'packages/client/dist/index.js'),
          '@rookery/protocol/schemas': join(root, 'packages/protocol/dist/schemas/index.js'),
          '@rookery/protocol': join(root, 'packages/protocol/dist/index.js'),
        },
      },
      build: { write: false, lib: { entry, formats: ['es'] }, rolldownOptions: { external: ['socket.io-client'] } },
    })
    const [output] = (Array.isArray(made) ? made : [made]) as Rollup.RollupOutput[]
    const [chunk] = output!.output
    const modules = Object.keys(chunk.modules).filter((id) => id.startsWith(root))
    return { text: chunk.code, modules: modules.map((id) => id.slice(root.length + 1)) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
