import { describe, expect, it } from 'vitest'
import { SeededRandom, xoshiro128 } from './seeded-random.js'

const draw = (random: SeededRandom, count: number): number[] => Array.from({ length: count }, () => random.next())

describe('seeded randomness', () => {
  it('replays a run from its seed, and differs for another one', () => {
    expect(draw(new SeededRandom(42), 100)).toEqual(draw(new SeededRandom(42), 100))
    expect(draw(new SeededRandom(42), 100)).not.toEqual(draw(new SeededRandom(43), 100))
    expect(new SeededRandom(42).id()).toBe(new SeededRandom(42).id())
  })

  it('steps its state as the published generator does', () => {
    // What the reference code returns for the state 1, 2, 3, 4.
    const state = Uint32Array.of(1, 2, 3, 4)
    const drawn = Array.from({ length: 10 }, () => xoshiro128(state))
    expect(drawn).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ])
  })

  it('draws the same from a seed in every version, so that a noted seed replays its run', () => {
    const random = new SeededRandom(42)
    expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([2837322924, 544945897, 479756282])
    expect(random.id()).toBe('000000001-d09fde9e14404494')
  })

  it('stays in its ranges and reaches all of them', () => {
    const random = new SeededRandom(1)
    for (const value of draw(random, 10_000)) expect(value >= 0 && value < 1).toBe(true)
    expect(new Set(Array.from({ length: 500 }, () => random.int(6)))).toEqual(new Set([0, 1, 2, 3, 4, 5]))
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.25)).filter(Boolean).length
    expect(hits).toBeGreaterThan(2200)
    expect(hits).toBeLessThan(2800)
    expect(random.chance(0)).toBe(false)
    expect(random.chance(1)).toBe(true)
    expect(() => random.pick([])).toThrow(RangeError)
  })

  it('shuffles a copy with the same elements', () => {
    const list = Array.from({ length: 50 }, (_, n) => n)
    const shuffled = new SeededRandom(5).shuffle(list)
    expect(shuffled).not.toEqual(list)
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(list)
  })

  it('gives ids that are unique and ascend', () => {
    const random = new SeededRandom(9)
    const ids = Array.from({ length: 2000 }, () => random.id())
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set([...ids, ...Array.from({ length: 2000 }, random.fork().id, random.fork())]).size).toBeGreaterThan(
      2000,
    )
    for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]{1,64}$/)
  })

  it('forks a generator whose draws change nothing for the others', () => {
    const [one, two] = [new SeededRandom(3), new SeededRandom(3)]
    const fork = one.fork()
    two.fork()
    draw(fork, 10)
    expect(draw(one, 10)).toEqual(draw(two, 10))
  })
})
