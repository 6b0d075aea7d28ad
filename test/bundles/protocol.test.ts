// What a browser loads with the protocol's types, codes and limits: these files alone.
import { expect, it } from 'vitest'
import { bundled } from './bundled.js'

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
