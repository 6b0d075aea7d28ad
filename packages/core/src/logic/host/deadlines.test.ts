import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@rookery/testing'
import { Deadlines } from './deadlines.js'

function scene() {
  const clock = new VirtualClock()
  let timers = 0
  const set = clock.setTimeout.bind(clock)
  clock.setTimeout = (run, ms) => {
    timers++
    return set(run, ms)
  }
  const late: string[] = []
  const deadlines = new Deadlines(clock, 100)
  const begin = (name: string) => deadlines.begin(() => late.push(`${name} at ${clock.monotonic() - startMs}`))
  const startMs = clock.monotonic()
  return { clock, deadlines, late, begin, timers: () => timers }
}

describe('deadlines of one length', () => {
  it('are each late at their own time', async () => {
    const { clock, late, begin } = scene()
    begin('a')
    await clock.advance(40)
    begin('b')
    await clock.advance(10)
    begin('c')
    await clock.advance(1000)
    expect(late).toEqual(['a at 100', 'b at 140', 'c at 150'])
  })
  it('are never late once ended, whichever is: first, middle, last, or all', async () => {
    for (const ended of ['a', 'b', 'c', 'ab', 'bc', 'ac', 'cba', 'abc']) {
      const { clock, deadlines, late, begin } = scene()
      const begun = new Map(['a', 'b', 'c'].map((name) => [name, begin(name)]))
      for (const name of ended) deadlines.end(begun.get(name)!)
      begin('d')
      await clock.advance(1000)
      expect(late.map((line) => line[0]).join('')).toBe([...'abcd'].filter((name) => !ended.includes(name)).join(''))
    }
  })
  it('may be ended after they were late, and a second time', async () => {
    const { clock, deadlines, late, begin } = scene()
    const first = begin('a')
    await clock.advance(100)
    begin('b')
    deadlines.end(first)
    deadlines.end(first)
    await clock.advance(100)
    expect(late).toEqual(['a at 100', 'b at 200'])
  })
  it('of which ten thousand begin and end need a timer or two', async () => {
    const { clock, deadlines, late, begin, timers } = scene()
    for (let i = 0; i < 10_000; i++) deadlines.end(begin('one'))
    await clock.advance(1000)
    expect([late, timers()]).toEqual([[], 1])
  })
  it('may begin where one is late', async () => {
    const { clock, deadlines, late, begin } = scene()
    deadlines.begin(() => begin('again'))
    await clock.advance(1000)
    expect(late).toEqual(['again at 200'])
  })
})

describe('waiting for a promise', () => {
  it('gives what it gives, and what it throws', async () => {
    const { deadlines } = scene()
    expect(await deadlines.within('it', Promise.resolve(1))).toBe(1)
    const fault = new Error('no')
    await expect(deadlines.within('it', Promise.reject(fault))).rejects.toBe(fault)
  })
  it('ends with UNAVAILABLE, which names what did not answer', async () => {
    const { clock, deadlines } = scene()
    const waits = deadlines.within('the oracle', new Promise(() => {}))
    const refused = expect(waits).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: 'the oracle did not answer in time',
    })
    await clock.advance(100)
    await refused
  })
})
