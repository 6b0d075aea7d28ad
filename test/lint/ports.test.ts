// A port is a small role: nobody writes an adapter of forty methods, and nobody's test fakes one.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const ports = resolve(import.meta.dirname, '../../packages/core/src/ports')
const methodsMax = 7

/** The methods of each interface in a formatted source, beside `start` and `stop`. */
function methodsOf(source: string): readonly { readonly name: string; readonly methods: readonly string[] }[] {
  return [...source.matchAll(/^export interface (\w+)[^{]*\{\n(.*?)^\}/gms)].map(([, name, body]) => {
    const methods = [...body!.matchAll(/^  (\w+)\??[(<]/gm)].map(([, method]) => method!)
    return { name: name!, methods: methods.filter((method) => method !== 'start' && method !== 'stop') }
  })
}

it('no port has more than seven methods beside start and stop', () => {
  const all = readdirSync(ports).flatMap((file) => methodsOf(readFileSync(join(ports, file), 'utf8')))
  expect(all.find(({ name }) => name === 'Outbox')?.methods).toContain('onCommitted')
  expect(all.find(({ name }) => name === 'Storage')?.methods).toContain('commit')
  expect(all.filter(({ methods }) => methods.length > methodsMax)).toEqual([])
})
