import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@rookery/testing'
import { PresenceClock } from './presence-clock.js'

const one = (ms: number) => ({ era: 'one', ms })

describe("presence's time", () => {
  it('is not known before an answer', () => {
    expect(new PresenceClock().at(1)).toBeNull()
  })

  it('lies in the middle of a call', () => {
    const time = new PresenceClock()
    time.answered(100, 110, one(5000))
    expect(time.at(105)).toEqual(one(5000))
  })

  it('is as exact as the quickest call, however slow the others are on either way', () => {
    const random = new SeededRandom(3)
    const time = new PresenceClock()
    const ahead = 12_345
    for (let n = 0; n < 200; n += 1) {
      const sentMs = n * 1000
      const [there, back] = n === 50 ? [2, 2] : [random.int(300) + 2, random.int(300) + 2]
      time.answered(sentMs, sentMs + there + back, one(sentMs + there + ahead))
      // What the clocks may have drifted apart since is allowed for.
      const since = n < 50 ? 300 : 2 + (n - 50) * 0.2
      expect(Math.abs(time.at(sentMs)!.ms - sentMs - ahead)).toBeLessThanOrEqual(since)
    }
  })

  it('follows a clock that drifts', () => {
    const time = new PresenceClock()
    for (let ms = 0; ms < 10_000_000; ms += 10_000) {
      time.answered(ms, ms + 4, one(1.0001 * ms + 2))
      expect(Math.abs(time.at(ms)!.ms - 1.0001 * ms)).toBeLessThan(6)
    }
  })

  it('is learnt anew in another era, though the clock could be the same', () => {
    const time = new PresenceClock()
    time.answered(0, 4, one(1002))
    time.answered(1000, 1100, { era: 'two', ms: 2040 })
    expect(time.at(1050)).toEqual({ era: 'two', ms: 2040 })
  })

  it('is learnt anew where the two clocks have parted', () => {
    const time = new PresenceClock()
    time.answered(0, 4, one(1_000_002))
    time.answered(1000, 1100, one(50))
    expect(time.at(1050)).toEqual(one(50))
  })
})
