// docs/im-service.md agrees with the source.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { imServicePage } from './reference/im-service.js'
import { root } from './root.js'
import { declared, membersOf } from './source/declared.js'

const page = imServicePage()

it('docs/im-service.md is what the source gives; `npm run docs` writes it', () => {
  expect(readFileSync(join(root, 'docs/im-service.md'), 'utf8')).toBe(page)
})

it('names every call of ImService, and no private one', () => {
  const named = membersOf(declared('ImService'))
    .filter(({ kind, accessibility }) => kind !== 'constructor' && accessibility !== 'private')
    .map(({ key }) => (key as unknown as { name: string }).name)
  expect(named.length).toBeGreaterThan(15)
  const headings = [...page.matchAll(/^### `(\w+)(?:\([^)]*\))?`$/gm)].map(([, name]) => name)
  expect(headings).toEqual(named)
})

it('lists every call of groups that the comment of ImService names', () => {
  const listed = /The calls for groups: (.*?)\. /s.exec(page)![1]!.matchAll(/`(\w+)`/g)
  const headings = [...page.matchAll(/^### `groups\.(\w+)\(.*\)`$/gm)].map(([, name]) => name!)
  expect(headings.toSorted()).toEqual([...listed].map(([, name]) => name!).toSorted())
})
