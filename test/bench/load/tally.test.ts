import { describe, expect, it } from 'vitest'
import { Tally } from './tally.js'

const tallied = (...numbers: number[]): Tally => {
  const tally = new Tally()
  for (const number of numbers) tally.add(number)
  return tally
}

describe('the tally of what arrived', () => {
  it('accepts each number once, in any order and far beyond its first capacity', () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => (index * 7) % 5000)
    const tally = tallied(...numbers)
    expect(tally.distinct).toBe(5000)
    expect(tally.repeated).toBe(0)
    expect(tally.check(5000)).toEqual({ missing: 0, foreign: 0 })
  })
  it('tells a repeat from a first arrival', () => {
    const tally = tallied(3)
    expect(tally.add(3)).toBe(false)
    expect(tally.add(4)).toBe(true)
    expect(tally.repeated).toBe(1)
    expect(tally.distinct).toBe(2)
  })
  it('sees one missing and one never sent, though the total is right', () => {
    expect(tallied(0, 1, 3, 9).check(4)).toEqual({ missing: 1, foreign: 1 })
  })
  it('sees that nothing arrived', () => {
    expect(new Tally().check(2000)).toEqual({ missing: 2000, foreign: 0 })
  })
})
