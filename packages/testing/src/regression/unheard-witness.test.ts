// How the checker of histories took a good server for a broken one (RELIABILITY 18 and 24). It knew the places of a user's
// entries, and who belongs to a conversation, from what devices told at the end alone. Where none of a user's devices came
// back to tell anything, each receipt that the user had given was one that nobody gave. What a device was given before counts
// as much; and of what nobody was ever given nobody can say that it is wrong.
import { describe, expect, it } from 'vitest'
import { conversation, entry, Story } from '../simulation/story.js'

const receipt = { conversationId: conversation, userId: 'bob', deliveredSeq: 1 }
/** Ann wrote to bob, who acknowledged it and is not heard of any more. */
const story = (acknowledged: number) =>
  new Story()
    .connect(1, 'ann')
    .connect(2, 'bob')
    .send(1, 'a', 'bob', 1)
    .live(1, entry(1, 'a'))
    .live(2, entry(1, 'a'))
    .ask(2, 'ack', { seq: acknowledged }, { seq: acknowledged })

describe('of a user who tells nothing at the end', () => {
  it('a receipt is good for what one of its devices was given and acknowledged', () => {
    const told = story(1).event(1, 'receipt', receipt).add({ t: 'disconnect', conn: 2, by: 'network' })
    expect(told.final('ann', [entry(1, 'a')]).broken).toEqual([])
  })

  it('a receipt that no device gave is caught all the same', () => {
    const told = story(0).event(1, 'receipt', receipt)
    expect(told.final('ann', [entry(1, 'a')]).broken).toEqual([18])
  })

  it('a receipt for what none of its devices was given is good where one acknowledged what it was not given, too', () => {
    const unheard = (acknowledged: number) =>
      new Story()
        .connect(1, 'ann')
        .connect(2, 'bob')
        .send(1, 'a', 'bob', 1)
        .ask(2, 'ack', { seq: acknowledged }, null)
        .event(1, 'receipt', receipt)
        .final('ann', [entry(1, 'a')])
    expect(unheard(1).broken).toEqual([])
    expect(unheard(0).broken).toEqual([18])
  })

  it('what it wrote to itself is its own conversation', () => {
    const note = entry(1, 'note', { from: 'bob', to: 'bob', conversationId: 'p_bob' })
    const told = new Story()
      .connect(1, 'bob')
      .connect(2, 'bob', { type: 'pc' })
      .ask(1, 'c2c', { clientMsgId: 'note', to: 'bob', type: 'text', content: { text: 'note' } }, null)
      .live(1, note)
      .live(2, note)
      .ask(2, 'ack', { seq: 1 }, { seq: 1 })
      .event(1, 'receipt', { conversationId: 'p_bob', userId: 'bob', deliveredSeq: 1 })
      .event(2, 'typing', { conversationId: 'p_bob', userId: 'bob' })
    expect(told.broken).toEqual([])
  })
})
