import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inDisplayOrder } from './display-order.js'

const conversation = fc
  .array(fc.record({ from: fc.constantFrom('ann', 'bob', 'cyd'), serverTime: fc.integer({ min: 0, max: 30 }) }), {
    maxLength: 20,
  })
  .map((all) => all.map((one, index) => ({ ...one, seq: index + 1 })))

describe('the order in which messages are shown', () => {
  it('never puts one sender’s messages against their seq', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const shown = inDisplayOrder(messages, 'time')
        expect([...shown].sort((a, b) => a.seq - b.seq)).toEqual(messages)
        for (const from of ['ann', 'bob', 'cyd']) {
          const own = shown.filter((message) => message.from === from).map(({ seq }) => seq)
          expect(own).toEqual([...own].sort((a, b) => a - b))
        }
      }),
    )
  })

  it('goes by server time between senders, wherever each sender’s own times ascend', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const last = new Map<string, number>()
        const clean = messages.filter(({ from, serverTime }) => {
          const isLater = serverTime >= (last.get(from) ?? 0)
          if (isLater) last.set(from, serverTime)
          return isLater
        })
        const times = inDisplayOrder(clean, 'time').map(({ serverTime }) => serverTime)
        expect(times).toEqual([...times].sort((a, b) => a - b))
      }),
    )
  })

  it('does not depend on the order in which they came', () => {
    fc.assert(
      fc.property(
        conversation.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, mixed]) => {
          expect(inDisplayOrder(mixed, 'time')).toEqual(inDisplayOrder(all, 'time'))
          expect(inDisplayOrder(mixed, 'seq')).toEqual(all)
        },
      ),
    )
  })
})
