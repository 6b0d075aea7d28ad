// The history checker once reported a correct server as broken (RELIABILITY 18 and 24). It took the places of a user's
// entries, and the members of a conversation, only from what devices reported at the end. If none of a user's devices
// came back, the checker took every receipt of that user for one that nobody had given. What devices received earlier
// is evidence too; and what no device ever received, the checker must not judge.
import { describe, expect, it } from 'vitest'
import { conversation, entry, Story } from '../simulation/story.js'

const receipt = { conversationId: conversation, userId: 'bob', deliveredSeq: 1 }
/** Ann wrote to bob, who acknowledged it; bob's devices then stay silent. */
const story = (acknowledged: number) =>
  new Story()
    .connect(1, 'ann')
    .connect(2, 'bob')
    .send(1, 'a', 'bob', 1)
    .live(1, entry(1, 'a'))
    .live(2, entry(1, 'a'))
    .ask(2, 'ack', { seq: acknowledged }, { seq: acknowledged })

describe('of a user whose devices report nothing at the end', () => {
  it('a receipt is good if one of the devices received and acknowledged the message', () => {
    const told = story(1).event(1, 'receipt', receipt).add({ t: 'disconnect', conn: 2, by: 'network' })
    expect(told.final('ann', [entry(1, 'a')]).broken).toEqual([])
  })

  it('the checker still catches a receipt that no device gave', () => {
    const told = story(0).event(1, 'receipt', receipt)
    expect(told.final('ann', [entry(1, 'a')]).broken).toEqual([18])
  })

  it('a receipt for what no device received is good if one acknowledged beyond what it received', () => {
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

  it('what the user wrote to itself is its own conversation', () => {
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
