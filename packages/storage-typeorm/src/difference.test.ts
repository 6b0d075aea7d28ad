import { expect, it } from 'vitest'
import { difference } from '../testing/difference.js'

it('two values that say the same differ nowhere, whatever the order of their keys', () => {
  const one = { a: 1, b: [{ c: null }, 'x'], d: undefined }
  expect(difference(one, { b: [{ c: null }, 'x'], a: 1 })).toBe(null)
})

it.each([
  ['it is 1 in place of 2', 1, 2],
  ['it is 0 in place of "0"', 0, '0'],
  ['a.b[1].c is null in place of nothing', { a: { b: [0, { c: null }] } }, { a: { b: [0, {}] } }],
  ['a is nothing in place of 1', {}, { a: 1 }],
  ['a is {} in place of []', { a: {} }, { a: [] }],
  ['a has 1 items in place of 2: [1] in place of [1,2]', { a: [1] }, { a: [1, 2] }],
  ['a is null in place of {}', { a: null }, { a: {} }],
])('a difference is named with its place: %s', (told, found, expected) => {
  expect(difference(found, expected)).toBe(told)
})
