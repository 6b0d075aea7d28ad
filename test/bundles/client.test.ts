// How much of a page the client is.
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { bundled } from './bundled.js'

/** The whole client without socket.io-client, minified and gzipped. */
const kibMost = 25

it(`the client is at most ${kibMost} KiB, and brings neither a schema nor anything of the server`, async () => {
  const { text, modules } = await bundled(`export { createClient } from '@rookery/client'`)
  const kib = gzipSync(text).byteLength / 1024
  console.log(`the client without socket.io-client: ${kib.toFixed(1)} KiB gzipped`)
  expect(kib).toBeLessThanOrEqual(kibMost)
  for (const module of modules) expect(module).toMatch(/^packages\/(client|protocol)\/dist\//)
  expect(text).not.toMatch(/zod|safeParse/i)
})

it('declared types bring nothing but themselves', async () => {
  const { modules } = await bundled(
    `import { defineTypes } from '@rookery/client/types'\nexport const types = defineTypes({ messages: {} })`,
  )
  expect(modules).toEqual(['packages/client/dist/types/index.js'])
})
