import { expect, it } from 'vitest'
import { acknowledge } from './acknowledge.js'

const head = 100

it.each([
  ['of a device without a row, all of it is new', null, [10, 20], { range: [10, 20], after: 10, to: 20 }],
  [
    'that goes on from the stored range, what is behind it is new',
    [0, 20],
    [10, 30],
    { range: [0, 30], after: 20, to: 30 },
  ],
  ['that the stored range covers, nothing is new', [0, 50], [10, 30], { range: [0, 50], after: 50, to: 30 }],
  ['that leaves a gap, only it is known from then on', [0, 20], [30, 40], { range: [30, 40], after: 30, to: 40 }],
  [
    'that begins before the stored range and reaches it, both are one',
    [10, 20],
    [5, 30],
    { range: [5, 30], after: 20, to: 30 },
  ],
  [
    'that ends before the stored range begins, the stored one stays',
    [10, 20],
    [2, 5],
    { range: [10, 20], after: 20, to: 5 },
  ],
  ['beyond the end of the inbox, what is there counts', [0, 20], [10, 500], { range: [0, 100], after: 20, to: 100 }],
  ['that ends before it begins, nothing is new', null, [30, 10], { range: [30, 30], after: 30, to: 30 }],
] as const)('of an acknowledgement %s', (_, known, [from, to], expected) => {
  const { range, ...added } = acknowledge(known && { from: known[0], to: known[1] }, { from, to }, head)
  expect({ range: [range.from, range.to], ...added }).toEqual(expected)
})
