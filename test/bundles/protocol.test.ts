// What a browser loads with the protocol's types, codes and limits: these files alone.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build, type Rollup } from 'vite'
import { expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')

/** The chunk that a browser gets for this code, and the modules in it, relative to the root. */
async function bundled(code: string): Promise<{ readonly text: string; readonly modules: readonly string[] }> {
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
          '@rookery/protocol/schemas': join(root, 'packages/protocol/dist/schemas/index.js'),
          '@rookery/protocol': join(root, 'packages/protocol/dist/index.js'),
        },
      },
      build: { write: false, lib: { entry, formats: ['es'] } },
    })
    const [output] = (Array.isArray(made) ? made : [made]) as Rollup.RollupOutput[]
    const [chunk] = output!.output
    const modules = Object.keys(chunk.modules).filter((id) => id.startsWith(root))
    return { text: chunk.code, modules: modules.map((id) => id.slice(root.length + 1)) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('types, codes and limits bring neither a schema nor anything of the server', async () => {
  const { text, modules } = await bundled(`export * from '@rookery/protocol'`)
  expect(text).toContain('UNAUTHENTICATED')
  for (const module of modules) expect(module).toMatch(/^packages\/protocol\/dist\/[a-z-]+\.js$/)
  expect(text).not.toMatch(/zod|safeParse/i)
})

it('notices a schema', async () => {
  const { text, modules } = await bundled(`export * from '@rookery/protocol/schemas'`)
  expect(text).toMatch(/safeParse/)
  expect(modules).toContain('packages/protocol/dist/schemas/requests.js')
})
