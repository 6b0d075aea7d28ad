import { SeededRandom } from '@rookery/testing'
import { describe, expect, it } from 'vitest'
import { shuffleByRoom } from './shuffle.js'

/** How often of 10,000 times each node comes first, in tenths. */
function firsts(sessions: readonly number[]): number[] {
  const random = new SeededRandom(1)
  const counts = sessions.map(() => 0)
  const nodes = sessions.map((count, index) => ({ sessions: count, index }))
  for (let i = 0; i < 10_000; i++) counts[shuffleByRoom(nodes, () => random.next())[0]!.index]!++
  return counts.map((count) => Math.round(count / 1000))
}

describe('the order in which nodes are told', () => {
  it('holds every node once', () => {
    const nodes = [{ sessions: 5 }, { sessions: 0 }, { sessions: 90 }]
    expect(new Set(shuffleByRoom(nodes, Math.random))).toEqual(new Set(nodes))
    expect(shuffleByRoom([], Math.random)).toEqual([])
  })

  it('begins with each of two equal nodes equally often', () => {
    expect(firsts([0, 0])).toEqual([5, 5])
    expect(firsts([4000, 4000])).toEqual([5, 5])
  })

  it('gives an empty node more clients than the others, and not all of them', () => {
    // The average is 3,000, so the room is 6,000 and 2,000 each.
    expect(firsts([0, 4000, 4000, 4000])).toEqual([5, 2, 2, 2])
  })

  it('gives a node far above the average few clients', () => {
    expect(firsts([9000, 0, 0])).toEqual([0, 5, 5])
  })
})
