import { describe, expect, it } from 'vitest'
import { RookeryError } from '@rookery/protocol'
import { SendOrders, type OrderedSend } from './send-order.js'

const error = new RookeryError('UNAVAILABLE', 'not now')
const other = new RookeryError('INTERNAL', 'a fault')

const orders = (refusedMax = 8): SendOrders => new SendOrders({ refusedMax, resendMs: 100 })

let arrivals = 0
const attempt = (clientMsgId: string, arrival = ++arrivals, conversationId = 'c'): OrderedSend => ({
  clientMsgId,
  conversationId,
  place: arrival,
  arrival,
  ownUntilMs: null,
  heldBack: null,
  earlier: null,
  later: null,
})

/** A send that comes, and is under way. */
function come(all: SendOrders, clientMsgId: string, arrival?: number, conversationId?: string): OrderedSend {
  const one = attempt(clientMsgId, arrival, conversationId)
  all.place(one)
  all.begin(one)
  return one
}

/** A send that comes and is refused at once, because of an earlier one or by itself. */
function refused(all: SendOrders, clientMsgId: string, nowMs: number, own = error): RookeryError {
  const one = come(all, clientMsgId)
  const given = all.refusal(one, nowMs) ?? own
  all.refuse(one, given, nowMs)
  all.end(one)
  return given
}

// The simulation stored a message before an earlier one (RELIABILITY 9): the first attempt of the earlier one was still
// under way when further attempts of it were refused, each with its own place behind the later message.
describe('a key that several attempts of are refused', () => {
  it('has the place of the first of them, in whichever order they are', () => {
    const all = orders()
    for (const [key, arrival] of [
      ['later', 2],
      ['earlier', 5],
      ['earlier', 1],
      ['earlier', 3],
    ] as const)
      all.refuse(attempt(key, arrival), error, 0)
    const later = come(all, 'later', 7)
    expect(later.place).toBe(2)
    expect(all.refusal(later, 0)).toBe(error)
    expect(come(all, 'earlier', 8).place).toBe(1)
    expect(all.refusal(later, 0)).toBeNull()
  })

  it('holds others back until its time is over, counted from its first refusal', () => {
    const all = orders()
    for (let now = 0; now < 100; now += 10) {
      expect(refused(all, 'first', now, other)).toBe(other)
      expect(refused(all, 'second', now)).toBe(other)
      expect(refused(all, `new at ${now}`, now)).toBe(other)
    }
    // Its time is over, and so is the time of everything that it held back. A further refusal of it holds back nothing.
    expect(refused(all, 'first', 100, other)).toBe(other)
    const second = come(all, 'second')
    expect(all.refusal(second, 100)).toBeNull()
    expect(all.refusal(come(all, 'third'), 100)).toBeNull()
    all.sweep(190)
    expect(all.remembered).toBe(0)
  })

  it('holds nobody back where its time ends while it is under way', () => {
    const all = orders()
    refused(all, 'first', 0)
    const again = come(all, 'first')
    all.refuse(again, error, 101)
    all.end(again)
    expect(refused(all, 'first', 102)).toBe(error)
    expect(all.refusal(come(all, 'second'), 102)).toBeNull()
  })
})

describe('a message that was only held back', () => {
  it('holds others back for its own time once it is refused itself', () => {
    const all = orders()
    refused(all, 'first', 0)
    refused(all, 'second', 10)
    all.settle(come(all, 'first'))
    expect(refused(all, 'second', 90, other)).toBe(other)
    expect(all.refusal(come(all, 'third'), 189)).toBe(other)
    expect(all.refusal(come(all, 'fourth'), 190)).toBeNull()
  })
})

// How the simulation stored a message before an earlier one once more (RELIABILITY 9): what held the earlier one back was
// over sooner. The earlier message lost its place then, and the later one kept its own.
describe('a message whose hold is over', () => {
  it('keeps its place before others that are held back for longer', () => {
    const all = orders()
    refused(all, 'first', 0)
    const [first, earlier] = [come(all, 'first'), come(all, 'earlier')]
    expect(refused(all, 'later', 30, other)).toBe(other)
    all.refuse(first, error, 40)
    all.refuse(earlier, error, 50)
    // What held the earlier one back ends at 100, and the hold of the later one at 130. The client sends all again.
    const again = come(all, 'first')
    expect(all.refusal(again, 101)).toBeNull()
    all.settle(again)
    expect(refused(all, 'earlier', 101)).toBe(error)
    expect(all.refusal(come(all, 'later'), 101)).toBe(error)
  })
})

describe('sends under way behind a refused message', () => {
  it('is held back, also where what it waits for comes again before its turn', () => {
    const all = orders()
    const [first, second, elsewhere] = [come(all, 'first'), come(all, 'second'), come(all, 'else', undefined, 'd')]
    const before = come(all, 'before', 1_000_000)
    before.place = first.place - 0.5
    all.refuse(first, error, 0)
    all.end(first)
    expect(all.overtaken(second, 0)).toBe(error)
    expect(all.overtaken(elsewhere, 0)).toBeNull()
    expect(all.overtaken(before, 0)).toBeNull()
    come(all, 'first', 1_000_001)
    expect(all.refusal(second, 1)).toBe(error)
    expect(all.refusal(second, 100)).toBeNull()
  })

  it('is held back by each refusal, in whichever order they come', () => {
    const places = [1, 2, 3, 4, 5, 6]
    for (const order of [
      [3, 1, 5],
      [5, 3, 1],
      [1, 3, 5],
      [5, 1, 3],
    ]) {
      const all = orders()
      const sent = places.map((place) => come(all, `m${place}`, place))
      order.forEach((place, i) => all.refuse(sent[place - 1]!, error, i))
      const held = places.filter((place) => all.overtaken(sent[place - 1]!, 50) !== null)
      expect(held.filter((place) => place > Math.min(...order))).toEqual([2, 3, 4, 5, 6])
    }
  })
})

describe('more refusals than are remembered', () => {
  it('hold back everything that the session sends later, for the time of one refusal', () => {
    const all = orders(8)
    for (let i = 0; i < 1000; i++) all.refuse(attempt(`m${i}`, 2_000_000 + i, `c${i}`), error, 1)
    expect(all.remembered).toBe(8)
    expect(all.holdsEverything(100)).toBe(true)
    expect(all.refusal(attempt('new', 3_000_000, 'elsewhere'), 100)).toBe(error)
    // Earlier sends are not held back; the refused sends that are remembered come again in their own places.
    expect(all.refusal(attempt('old', 1_999_999, 'elsewhere'), 100)).toBeNull()
    const again = attempt('m7', 3_000_001, 'c7')
    all.place(again)
    expect(all.refusal(again, 100)).toBeNull()
    expect(all.refusal(attempt('new', 3_000_002, 'elsewhere'), 101)).toBeNull()
    all.sweep(101)
    expect(all.remembered).toBe(0)
  })
})
