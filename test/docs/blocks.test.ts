import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { root } from './blocks.js'
import { blocks, compileBlocks, copies } from './compiled.js'

let complaints = ''
beforeAll(() => ({ complaints } = compileBlocks('docs-blocks')), 120_000)

describe('the code in README.md and docs/', () => {
  it('is there', () => expect(blocks.length).toBeGreaterThan(5))

  it.each(blocks.map(({ at, file }) => [at, file]))('compiles: %s', (_, file) => {
    expect(complaints.split('\n').filter((line) => line.includes(file))).toEqual([])
  })

  it('compiles as a whole', () => expect(complaints).toBe(''))

  it.each(copies.map(({ at, path, code }) => [at, path, code]))('shows a file as it is: %s is %s', (_, path, code) =>
    expect(`${code}\n`).toBe(readFileSync(join(root, path), 'utf8')),
  )
})
