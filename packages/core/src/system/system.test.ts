import { afterEach, describe, expect, it, vi } from 'vitest'
import { SystemClock } from './system-clock.js'
import { SystemRandom } from './system-random.js'

afterEach(() => {
  vi.useRealTimers()
})

describe('the real clock', () => {
  it('tells the time of the process, by both clocks', () => {
    const clock = new SystemClock()
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000)
    const before = clock.monotonic()
    expect(clock.monotonic()).toBeGreaterThanOrEqual(before)
  })

  it('fires a timer once, after the call that set it', async () => {
    const clock = new SystemClock()
    let fired = 0
    await new Promise<void>((resolve) => {
      clock.setTimeout(() => {
        fired += 1
        resolve()
      }, 1)
      expect(fired).toBe(0)
    })
    expect(fired).toBe(1)
  })

  it('sets timers that do not keep the process alive', () => {
    const clock = new SystemClock()
    const timer = clock.setTimeout(() => {}, 60_000) as NodeJS.Timeout
    expect(timer.hasRef()).toBe(false)
    clock.clearTimeout(timer)
  })

  it('waits for a delay that is longer than the timers of the process can be', async () => {
    vi.useFakeTimers()
    const clock = new SystemClock()
    const monthMs = 30 * 24 * 3_600_000
    let [fired, cleared] = [0, 0]
    clock.setTimeout(() => (fired += 1), monthMs)
    const timer = clock.setTimeout(() => (cleared += 1), monthMs)
    await vi.advanceTimersByTimeAsync(monthMs - 1)
    expect(fired).toBe(0)
    clock.clearTimeout(timer)
    await vi.advanceTimersByTimeAsync(monthMs)
    expect([fired, cleared]).toEqual([1, 0])
  })
})

describe('real randomness', () => {
  it('gives ids that are unique, printable and ascend', () => {
    const random = new SystemRandom()
    const ids = Array.from({ length: 5000 }, () => random.id())
    expect(new Set(ids).size).toBe(5000)
    expect(ids.toSorted()).toEqual(ids)
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{1,64}$/)
  })

  it('gives ids that ascend when the wall clock jumps back two hours', () => {
    vi.useFakeTimers()
    const random = new SystemRandom()
    const before = random.id()
    vi.setSystemTime(Date.now() - 7_200_000)
    expect(random.id() > before).toBe(true)
  })

  it('draws from the whole range', () => {
    const random = new SystemRandom()
    const drawn = Array.from({ length: 2000 }, () => random.next())
    for (const value of drawn) expect(value >= 0 && value < 1).toBe(true)
    expect(new Set(drawn.map((value) => Math.floor(value * 8))).size).toBe(8)
  })
})
