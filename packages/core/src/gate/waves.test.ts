import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toldBy } from './waves.js'

const rules = { loginsPerSecond: 500, drainMs: 5000 }

describe('how many are told to leave', () => {
  it('is the rate of logins while that is fast enough', () => {
    expect(toldBy(1500, 0, 10, rules)).toBe(5)
    expect(toldBy(1500, 990, 10, rules)).toBe(500)
    expect(toldBy(1500, 2990, 10, rules)).toBe(1500)
    expect(toldBy(1500, 4000, 10, rules)).toBe(1500)
  })

  it('rises where the last would be told too late', () => {
    expect(toldBy(100_000, 0, 10, rules)).toBe(250)
    expect(toldBy(100_000, 3990, 10, rules)).toBe(100_000)
  })

  it('tells everybody by 0.8 of the deadline, never somebody twice, and never faster than it must', () => {
    const all = fc.record({
      total: fc.integer({ min: 0, max: 200_000 }),
      loginsPerSecond: fc.integer({ min: 1, max: 5000 }),
      drainMs: fc.integer({ min: 1, max: 30_000 }),
      atMs: fc.integer({ min: 0, max: 30_000 }),
    })
    fc.assert(
      fc.property(all, ({ total, loginsPerSecond, drainMs, atMs }) => {
        const told = (ms: number): number => toldBy(total, ms, 10, { loginsPerSecond, drainMs })
        expect(told(0.8 * drainMs)).toBe(total)
        expect(told(atMs)).toBeLessThanOrEqual(told(atMs + 10))
        const perSecond = Math.max(loginsPerSecond, total / (0.0008 * drainMs))
        expect(told(atMs)).toBeLessThanOrEqual(Math.ceil((perSecond * (atMs + 10)) / 1000 + 1e-6))
      }),
    )
  })
})
