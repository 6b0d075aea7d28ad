import { describe, expect, it } from 'vitest'
import { median, medianRatio, percentile } from './stats.js'

describe('median', () => {
  it('is the middle of an odd number of values, in any order', () => {
    expect(median([30, 1, 2])).toBe(2)
    expect(median([7])).toBe(7)
  })
  it('is the mean of the two in the middle of an even number', () => {
    expect(median([10, 1, 4, 2])).toBe(3)
  })
  it('leaves its argument as it was', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
  it('of nothing is an error, not NaN', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  it.each([
    [0.5, 50],
    [0.99, 99],
    [0.991, 100],
    [1, 100],
    [0, 1],
  ])('%d of 1 to 100 is %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected)
  })
  it('of one value is that value', () => {
    expect(percentile([5], 0.5)).toBe(5)
    expect(percentile([5], 0.99)).toBe(5)
  })
  it('of nothing is an error', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError)
  })
})

describe('medianRatio', () => {
  it('takes the ratio round by round, so that a slow round does not shift it', () => {
    expect(medianRatio([100, 10, 100], [50, 5, 50])).toBe(2)
    expect(medianRatio([100, 10, 40], [50, 50, 10])).toBe(2)
  })
  it('refuses rounds that do not match', () => {
    expect(() => medianRatio([1, 2], [1])).toThrow(RangeError)
  })
})
