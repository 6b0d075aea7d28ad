import { expect, it } from 'vitest'
import { ByTopic, overlap } from './topic-patterns.js'

it.each([
  ['order.*', 'order.placed', true],
  ['order.*', 'order', false],
  ['order.*', 'order.placed.late', false],
  ['order.*', '*.placed', true],
  ['order.*.late', 'order.placed.*', true],
  ['order.*', 'offer.*', false],
  ['*', 'order', true],
  ['order', 'order', true],
  ['ord*', 'order', false],
])('%s and %s share a topic: %s', (a, b, share) => {
  expect(overlap(a, b)).toBe(share)
  expect(overlap(b, a)).toBe(share)
})

it('a topic is found by its name, or by the pattern that it falls under', () => {
  const found = new ByTopic([
    ['echo', 1],
    ['order.*', 2],
    ['*.a.*', 3],
    ['sale+.*', 4],
  ])
  expect(
    ['echo', 'order.x', 'order.', 'x.a.y', 'sale+.x', 'order', 'x.b.y', '*', '__proto__'].map((topic) =>
      found.get(topic),
    ),
  ).toEqual([1, 2, 2, 3, 4, undefined, undefined, undefined, undefined])
})
