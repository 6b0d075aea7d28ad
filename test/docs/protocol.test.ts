// docs/ agrees with the protocol's schemas, and the AsyncAPI document is valid.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'
import { root } from './blocks.js'
import { asyncApi } from './protocol/asyncapi.js'
import { withTables } from './protocol/reference.js'

const read = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')

it('docs/protocol.md has the tables that the schemas make; `npm run docs` makes them anew', () => {
  const page = read('protocol.md')
  expect(withTables(page)).toBe(page)
})

it('docs/asyncapi.json is what the schemas make; `npm run docs` makes it anew', () => {
  expect(JSON.parse(read('asyncapi.json'))).toEqual(JSON.parse(JSON.stringify(asyncApi())))
})

it('is a valid AsyncAPI 3 document', () => {
  const { schemas } = createRequire(import.meta.url)('@asyncapi/specs') as { schemas: Record<string, object> }
  const ajv = new Ajv({ strict: false, meta: false, validateSchema: false, validateFormats: false })
  const validate = ajv.compile(schemas['3.0.0']!)
  validate(asyncApi())
  expect(validate.errors ?? []).toEqual([])
})

it('refers to no part that it lacks', () => {
  const document = asyncApi()
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!)
  expect(refs.length).toBeGreaterThan(100)
  for (const path of refs) {
    const found = path
      .split('/')
      .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document)
    expect(found, path).toBeDefined()
  }
})

it('refuses a page that lacks a table, or names one that there is not', () => {
  expect(() => withTables('nothing')).toThrow('the page lacks handshake, ready, requests, events, errors, shapes')
  expect(() => withTables('<!-- made: nonsense --><!-- /made -->')).toThrow('there is no table nonsense')
})
