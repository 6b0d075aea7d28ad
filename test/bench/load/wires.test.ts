import { describe, expect, it } from 'vitest'
import { bodyOf, numbersIn, wires } from './wires.js'

describe('the bodies of the load', () => {
  it('have 100 bytes, for every number', () => {
    for (const number of [0, 1, 12_345_678]) expect(Buffer.byteLength(bodyOf(number))).toBe(100)
  })
  it('refuse a number with more than eight digits', () => {
    expect(() => bodyOf(100_000_000)).toThrow(RangeError)
  })
  it.each(['room', 'rookery'] as const)('are found in whatever events carry the messages of wire %s', (name) => {
    const messages = [7, 0, 99_999_999].map((number) => wires[name].message('s1', 'r1', number))
    for (const message of messages) expect(() => JSON.parse(message) as unknown).not.toThrow()
    expect(numbersIn(Buffer.from(`["entries",{"entries":[${messages.join(',')}]}]`))).toEqual([7, 0, 99_999_999])
    expect(numbersIn(Buffer.from('["entries",{"entries":[]}]'))).toEqual([])
  })
})
