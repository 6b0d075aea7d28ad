import { describe, expect, it } from 'vitest'
import { SeededRandom } from '@rookery/testing'
import { PresenceTime } from './presence-time.js'

describe("presence's time", () => {
  it('is not known before an answer', () => {
    expect(new PresenceTime().isKnown).toBe(false)
  })

  it('lies in the middle of a call', () => {
    const time = new PresenceTime()
    time.answered(100, 110, 5000)
    expect(time.isKnown).toBe(true)
    expect(time.at(105)).toBe(5000)
  })

  it('is as exact as the quickest call, however slow the others are on either way', () => {
    const random = new SeededRandom(3)
    const time = new PresenceTime()
    const ahead = 12_345
    for (let n = 0; n < 200; n += 1) {
      const sentMs = n * 1000
      const [there, back] = n === 50 ? [2, 2] : [random.int(300) + 2, random.int(300) + 2]
      time.answered(sentMs, sentMs + there + back, sentMs + there + ahead)
      // What the clocks may have drifted apart since is allowed for.
      const since = n < 50 ? 300 : 2 + (n - 50) * 0.2
      expect(Math.abs(time.at(sentMs) - sentMs - ahead)).toBeLessThanOrEqual(since)
    }
  })

  it('follows a clock that drifts', () => {
    const time = new PresenceTime()
    for (let ms = 0; ms < 10_000_000; ms += 10_000) {
      time.answered(ms, ms + 4, 1.0001 * ms + 2)
      expect(Math.abs(time.at(ms) - 1.0001 * ms)).toBeLessThan(6)
    }
  })

  it('is learnt anew where presence has another clock', () => {
    const time = new PresenceTime()
    time.answered(0, 4, 1_000_002)
    time.answered(1000, 1100, 50)
    expect(time.at(1050)).toBe(50)
  })
})
