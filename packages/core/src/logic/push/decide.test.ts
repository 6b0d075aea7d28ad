import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker, DeadShare } from './breaker.js'
import { deliveredOn, isDelivered, newestOf, type Pushable, pushableOf } from './decide.js'
import { defaultWords } from './words.js'

const range = (deliveredFrom: number, deliveredTo: number) => ({ deliveredFrom, deliveredTo })

describe('what devices have acknowledged', () => {
  const ranges = fc.array(
    fc.tuple(fc.nat(12), fc.nat(12)).map(([a, b]) => range(Math.min(a, b), Math.max(a, b))),
    { maxLength: 4 },
  )
  it('goes on from a place exactly as far as every entry was acknowledged', () => {
    fc.assert(
      fc.property(fc.nat(12), ranges, (from, devices) => {
        const to = deliveredOn(from, devices)
        for (let seq = from + 1; seq <= to; seq += 1) expect(isDelivered(seq, devices)).toBe(true)
        expect(isDelivered(to + 1, devices)).toBe(false)
      }),
    )
  })
  it('begins behind where the session of the device began', () => {
    expect([3, 4, 5, 6].map((seq) => isDelivered(seq, [range(3, 5)]))).toEqual([false, true, true, false])
  })
})

describe('what a user is told of', () => {
  const rules = { muted: 'silent', mentionsBreakThrough: true } as const
  const message = { from: 'ann', seq: 5, countable: true, recalled: false, mentions: null } as Pushable['message']
  const view = { readSeq: 4, muted: false }
  const told = (change: object, seen: object | null = {}, by: object = {}) =>
    pushableOf({ ...message, ...change }, 1, 'bob', seen && { ...view, ...seen }, { ...rules, ...by })

  it.each([
    ['its own', { from: 'bob' }, {}],
    ['uncountable', { countable: false }, {}],
    ['recalled', { recalled: true }, {}],
    ['read', {}, { readSeq: 5 }],
    ['of a conversation that is left', {}, null],
  ])('is nothing that is %s', (_, change, seen) => expect(told(change, seen)).toBeNull())

  it('is nothing that retention took', () => expect(pushableOf(null, 1, 'bob', view, rules)).toBeNull())

  it.each([
    [{}, {}, {}, { isSilent: false, isMentioned: false }],
    [{}, { muted: true }, {}, { isSilent: true }],
    [{}, { muted: true }, { muted: 'off' }, null],
    [{ mentions: ['bob'] }, { muted: true }, {}, { isSilent: false, isMentioned: true }],
    [{ mentions: ['@all'] }, { muted: true }, { muted: 'off' }, { isSilent: false }],
    [{ mentions: ['bob'] }, { muted: true }, { mentionsBreakThrough: false }, { isSilent: true }],
    [{ mentions: ['cid'] }, { muted: true }, {}, { isSilent: true, isMentioned: false }],
  ])('of %j, seen as %j, under %j', (change, seen, by, expected) => {
    const found = told(change, seen, by)
    if (expected === null) expect(found).toBeNull()
    else expect(found).toMatchObject(expected)
  })

  it('is the newest message with a sound, or else the newest', () => {
    const [one, two, three] = [false, false, true].map((isSilent, n) => ({ n, isSilent }) as unknown as Pushable)
    expect(newestOf([one!, two!, three!])).toBe(two)
    expect(newestOf([three!])).toBe(three)
  })
})

describe('our own words', () => {
  it.each([
    ['de-AT', 1, 'Du hast eine neue Nachricht'],
    ['zh-Hant', 3, '你有 3 条新消息'],
    ['tlh', 2, 'You have 2 new messages'],
    ['constructor', 2, 'You have 2 new messages'],
    [null, 1, 'You have a new message'],
  ])('are in the language %s', (lang, count, body) => expect(defaultWords({ lang, count }).body).toBe(body))
})

describe('a breaker', () => {
  const make = () => new Breaker({ breakerAfter: 3, breakerMs: 100 })
  it('opens after failures in a row, and lets one batch through after its time', () => {
    const breaker = make()
    expect([breaker.done(false, 0), breaker.done(false, 0), breaker.done(true, 0)]).toEqual([false, false, false])
    expect([breaker.done(false, 0), breaker.done(false, 0), breaker.done(false, 0)]).toEqual([false, false, true])
    expect([breaker.waitMs(40), breaker.waitMs(100), breaker.waitMs(100)]).toEqual([60, 0, 100])
    expect(breaker.done(false, 110)).toBe(false)
    expect(breaker.waitMs(110)).toBe(100)
    expect(breaker.waitMs(210)).toBe(0)
    expect([breaker.done(true, 215), breaker.isOpen, breaker.waitMs(215)]).toEqual([false, false, 0])
  })
})

describe('the share of dead tokens', () => {
  it('alarms above a fifth of the last fifty, and until it is below that', () => {
    const share = new DeadShare()
    for (let n = 0; n < 10; n += 1) share.answered(true)
    expect(share.isAlarming).toBe(false)
    share.answered(true)
    expect(share.isAlarming).toBe(true)
    for (let n = 0; n < 39; n += 1) share.answered(false)
    expect(share.isAlarming).toBe(true)
    share.answered(false)
    expect(share.isAlarming).toBe(false)
  })
})
