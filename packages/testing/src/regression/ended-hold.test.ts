// The history checker once reported a fault where the server kept its promise. The promise: a refused message holds
// back the later ones for 30 s from its first refusal, whatever the server refuses meanwhile (PROTOCOL, after an answer
// that may be tried again). In the simulation a database was away for longer than that, and a later message was stored
// before the one that had waited since.
import { expect, it } from 'vitest'
import { entry, Story } from '../simulation/story.js'

const turnedAfter = (waitMs: number, code: 'RATE_LIMITED' | 'UNAVAILABLE' = 'UNAVAILABLE'): number[] =>
  new Story()
    .connect(1, 'ann')
    .send(1, 'a', 'bob', code)
    .add({ t: 'fault', kind: 'nothing' }, waitMs)
    .send(1, 'a', 'bob', 'UNAVAILABLE')
    .send(1, 'b', 'bob', 1)
    .send(1, 'a', 'bob', 2)
    .final('ann', [entry(1, 'b', { seq: 1 }), entry(2, 'a', { seq: 2 })]).broken

it('a message that was refused for 30 s may be stored after a later one; with less than 30 s it may not', () => {
  expect(turnedAfter(28_000)).toEqual([])
  expect(turnedAfter(27_000)).toEqual([9])
})

it('an answer that says that nothing was stored begins a hold, too', () => {
  expect(turnedAfter(28_000, 'RATE_LIMITED')).toEqual([])
  expect(turnedAfter(27_000, 'RATE_LIMITED')).toEqual([9])
})

it('a message that was never refused keeps its place, however late', () => {
  const story = new Story()
    .connect(1, 'ann')
    .send(1, 'a', 'bob', 2)
    .add({ t: 'fault', kind: 'nothing' }, 60_000)
    .send(1, 'b', 'bob', 1)
  expect(story.final('ann', [entry(1, 'b', { seq: 1 }), entry(2, 'a', { seq: 2 })]).broken).toContain(9)
})

/** b waits behind a, and is stored after c. @param againAfterMs when a comes again: then b is refused once more */
const passedAfter = (againAfterMs: number, isRefusedAgain: boolean): number[] => {
  const story = new Story()
    .connect(1, 'ann')
    .send(1, 'a', 'bob', 'UNAVAILABLE')
    .add({ t: 'fault', kind: 'nothing' }, 20_000)
    .send(1, 'b', 'bob', 'UNAVAILABLE')
    .add({ t: 'fault', kind: 'nothing' }, againAfterMs)
    .send(1, 'a', 'bob', 1)
  if (isRefusedAgain) story.send(1, 'b', 'bob', 'UNAVAILABLE')
  story.send(1, 'c', 'bob', 2).send(1, 'b', 'bob', 3)
  const entries = ['a', 'c', 'b'].map((key, i) => entry(i + 1, key, { seq: i + 1 }))
  return story.final('ann', entries).broken
}

it('a message that was only held back holds others back no longer than what held it back', () => {
  expect(passedAfter(8_000, false)).toEqual([])
  expect(passedAfter(5_000, false)).toEqual([9])
})

it('a message that is refused once more after that hold is over holds others back for itself', () => {
  expect(passedAfter(10_000, true)).toEqual([9])
})
