import { describe, expect, it } from 'vitest'
import { VirtualClock } from './virtual-clock.js'

describe('virtual time', () => {
  it('fires timers in the order of their times, and those of one time in the order in which they were set', async () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    for (const [name, delayMs] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['a2', 10],
      ['d', 31],
      ['b2', 20],
    ] as const) {
      clock.setTimeout(() => fired.push(`${name} ${clock.monotonic()}`), delayMs)
    }
    await clock.advance(30)
    expect(fired).toEqual(['a 10', 'a2 10', 'b 20', 'b2 20', 'c 30'])
    await clock.advance(1)
    expect(fired.at(-1)).toBe('d 31')
  })

  it('keeps hundreds of timers in order, cleared ones left out', async () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    const timers = Array.from({ length: 500 }, (_, n) => {
      const delayMs = (n * 7919) % 500
      return { delayMs, timer: clock.setTimeout(() => fired.push(delayMs), delayMs) }
    })
    const kept = timers.filter(({ timer }, index) => index % 3 !== 0 || (clock.clearTimeout(timer), false))
    await clock.advance(500)
    expect(fired).toEqual(kept.map(({ delayMs }) => delayMs).toSorted((a, b) => a - b))
  })

  it('never fires inside the call that sets a timer, and treats a negative delay as none', async () => {
    const clock = new VirtualClock()
    let fired = 0
    clock.setTimeout(() => (fired += 1), 0)
    clock.setTimeout(() => (fired += 1), -5)
    clock.setTimeout(() => (fired += 1), NaN)
    expect(fired).toBe(0)
    await clock.advance(0)
    expect([fired, clock.monotonic()]).toEqual([3, 0])
  })

  it('settles what a timer began, however long its chain of promises, before time moves on', async () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    clock.setTimeout(() => {
      void (async () => {
        for (let n = 0; n < 1000; n += 1) await Promise.resolve()
        seen.push(clock.monotonic())
        clock.setTimeout(() => seen.push(clock.monotonic()), 5)
      })()
    }, 10)
    clock.setTimeout(() => seen.push(clock.monotonic()), 11)
    await clock.advance(100)
    expect(seen).toEqual([10, 11, 15])
  })

  it('runs until a condition holds, and says how long that took', async () => {
    const clock = new VirtualClock()
    let ticks = 0
    const tick = (): void => {
      ticks += 1
      clock.setTimeout(tick, 100)
    }
    tick()
    expect(await clock.runUntil(() => ticks >= 4, 1000)).toBe(300)
    expect(await clock.runUntil(() => Promise.resolve(true), 1000)).toBe(0)
    await expect(clock.runUntil(() => ticks > 100, 550)).rejects.toThrow('does not hold after 550 ms')
    expect(clock.monotonic()).toBe(850)
  })

  it('refuses two moves at the same time', async () => {
    const clock = new VirtualClock()
    const first = clock.advance(10)
    await expect(clock.advance(10)).rejects.toThrow('moved already')
    await first
    expect(clock.monotonic()).toBe(10)
  })

  it('rejects with what a timer throws, and can move again', async () => {
    const clock = new VirtualClock()
    clock.setTimeout(() => {
      throw new Error('thrown by a timer')
    }, 5)
    await expect(clock.advance(10)).rejects.toThrow('thrown by a timer')
    await clock.advance(10)
    expect(clock.monotonic()).toBe(15)
  })

  it('lets the wall clock jump without touching timers or the monotonic clock', async () => {
    const clock = new VirtualClock(1000)
    let firedAt = 0
    clock.setTimeout(() => (firedAt = clock.monotonic()), 50)
    clock.jumpWall(-7_200_000)
    expect([clock.now(), clock.monotonic()]).toEqual([1000 - 7_200_000, 0])
    await clock.advance(50)
    expect([clock.now(), firedAt]).toEqual([1050 - 7_200_000, 50])
  })
})

describe("a node's clock", () => {
  it('has a wall clock of its own and shares the time', async () => {
    const clock = new VirtualClock(1000)
    const node = clock.node({ skewMs: 500 })
    await clock.advance(10)
    expect([node.now(), node.monotonic(), clock.now()]).toEqual([1510, 10, 1010])
    node.skewMs = -500
    expect([node.now(), node.monotonic()]).toEqual([510, 10])
  })

  it('fires no timer while it is paused, and fires late ones in order when it is resumed', async () => {
    const clock = new VirtualClock()
    const [paused, other] = [clock.node(), clock.node()]
    const fired: string[] = []
    paused.setTimeout(() => fired.push(`first ${clock.monotonic()}`), 10)
    paused.setTimeout(() => fired.push(`second ${clock.monotonic()}`), 20)
    const cleared = paused.setTimeout(() => fired.push('cleared'), 15)
    paused.setTimeout(() => fired.push(`third ${clock.monotonic()}`), 90)
    other.setTimeout(() => fired.push(`other ${clock.monotonic()}`), 20)
    paused.pause()
    await clock.advance(60)
    expect(fired).toEqual(['other 20'])
    paused.clearTimeout(cleared)
    paused.resume()
    expect(fired).toEqual(['other 20'])
    await clock.advance(40)
    expect(fired).toEqual(['other 20', 'first 60', 'second 60', 'third 90'])
  })

  it('clears a timer before and after it came due in a pause', async () => {
    const clock = new VirtualClock()
    const node = clock.node()
    let fired = 0
    const timers = [5, 50].map((delayMs) => node.setTimeout(() => (fired += 1), delayMs))
    node.pause()
    await clock.advance(10)
    for (const timer of timers) node.clearTimeout(timer)
    node.resume()
    await clock.advance(100)
    expect(fired).toBe(0)
  })
})

describe('virtual time that waits for the real world', () => {
  const outside = (realMs: number, then: () => void): Promise<void> =>
    new Promise((resolve) =>
      setTimeout(() => {
        then()
        resolve()
      }, realMs),
    )

  it('stands still until the work that it waits for has settled, failed or not', async () => {
    const clock = new VirtualClock()
    const met: string[] = []
    clock.setTimeout(() => {
      clock.hold(outside(5, () => met.push(`first at ${clock.monotonic()}`)))
      const failing = outside(1, () => met.push(`second at ${clock.monotonic()}`))
      clock.hold(failing.then(() => Promise.reject(new Error('it failed'))))
    }, 10)
    clock.setTimeout(() => met.push(`timer at ${clock.monotonic()}`), 11)
    await clock.advance(100)
    expect(met).toEqual(['second at 10', 'first at 10', 'timer at 11'])
  })

  it('moves on meanwhile as far as it may', async () => {
    const clock = new VirtualClock()
    const met: string[] = []
    clock.hold(
      outside(5, () => met.push(`work ends at ${clock.monotonic()}`)),
      20,
    )
    clock.setTimeout(() => met.push('timer at 20'), 20)
    clock.setTimeout(() => met.push('timer at 21'), 21)
    await clock.advance(50)
    expect(met).toEqual(['timer at 20', 'work ends at 20', 'timer at 21'])
  })

  it('does not end before the work that began in it', async () => {
    const clock = new VirtualClock()
    let isDone = false
    clock.setTimeout(
      () =>
        clock.hold(
          outside(5, () => (isDone = true)),
          1000,
        ),
      10,
    )
    await clock.advance(20)
    expect(isDone).toBe(true)
    expect(clock.monotonic()).toBe(20)
  })
})
