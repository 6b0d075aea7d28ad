import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GrowingLooks } from './growing-looks.js'

describe('looks for rows whose commit nobody tells of', () => {
  let at: number[]
  let looks: GrowingLooks
  beforeEach(() => {
    vi.useFakeTimers({ now: 0 })
    at = []
    looks = new GrowingLooks(() => at.push(Date.now()))
  })
  afterEach(() => {
    looks.stop()
    vi.useRealTimers()
  })

  it('begin after 5 ms, come less and less often, and end for a row that never comes', () => {
    looks.put('a')
    vi.advanceTimersByTime(60_000)
    expect(at).toEqual([5, 15, 35, 75, 155, 315, 635, 1275])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('end once every row was seen', () => {
    looks.put('a')
    looks.put('b')
    vi.advanceTimersByTime(15)
    looks.seen('a')
    vi.advanceTimersByTime(20)
    looks.seen('b')
    vi.advanceTimersByTime(60_000)
    expect(at).toEqual([5, 15, 35])
  })

  it('begin anew with another row, and are never more than one in 5 ms', () => {
    looks.put('a')
    vi.advanceTimersByTime(100)
    expect(at).toEqual([5, 15, 35, 75])
    for (let i = 0; i < 50; i++) {
      looks.put(`b${i}`)
      vi.advanceTimersByTime(1)
    }
    expect(at.slice(4).length).toBeLessThanOrEqual(10)
    expect(at[4]).toBe(105)
  })

  it('stop with the outbox', () => {
    looks.put('a')
    looks.stop()
    vi.advanceTimersByTime(60_000)
    expect(at).toEqual([])
  })
})
