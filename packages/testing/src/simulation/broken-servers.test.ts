// Proves the checker: each history below is one of a server with exactly one fault, and the checker must name that
// fault's invariant and no other. Without the fault the same story must be clean.
import { describe, expect, it } from 'vitest'
import { checkHistory } from './check-history.js'
import type { WireEntry } from './history.js'
import { conversation, entry, readEntry, sentAs, Story } from './story.js'

const two = [entry(1, 'a'), entry(2, 'b')]

/** Ann (1) sends a and b to bob (2); both receive everything. */
const begin = (): Story => new Story().connect(1, 'ann').connect(2, 'bob')
const chat = (): Story =>
  begin()
    .send(1, 'a', 'bob', 1)
    .live(1, entry(1, 'a'))
    .live(2, entry(1, 'a'))
    .send(1, 'b', 'bob', 2)
    .live(1, entry(2, 'b'))
    .live(2, entry(2, 'b'))
/** As the list of conversations shows it. */
const listed = {
  conversationId: conversation,
  readSeq: 2,
  unread: 0,
  mentioned: 0,
  seq: 2,
  lastMessage: two[1]!.message,
}
const finals = (story: Story, ann: readonly WireEntry[] = two, bob = ann): Story =>
  story.final('ann', ann).final('bob', bob)

describe('a clean story', () => {
  it('breaks nothing, with reads, kicks, resends, refusals and a lost connection in it', () => {
    const read = readEntry(3, 2, 0, 2)
    const story = chat()
      .send(1, 'x', 'nobody', 'NOT_FOUND')
      .send(1, 'a', 'bob', 1, { ack: { duplicate: true } })
      .send(1, 'a', 'bob', 'CONFLICT', { text: 'something else' })
      .ask(2, 'ack', { seq: 9 }, { seq: 2 })
      .event(1, 'receipt', { conversationId: conversation, userId: 'bob', deliveredSeq: 2 })
      .ask(2, 'read', { conversationId: conversation, seq: 2 }, { readSeq: 2, unread: 0, atSeq: 2 })
      .live(2, read)
      .add({ t: 'disconnect', conn: 2, by: 'network' })
      .connect(3, 'bob', { since: 3, seq: 3 })
      .pull(3, 3, [])
      .connect(4, 'bob', { since: 0, seq: 3, device: 'bob-other' })
      .event(3, 'kick', { reason: 'same-device-type' })
      .add({ t: 'disconnect', conn: 3, by: 'server' })
      .pull(4, 0, [...two, read])
      .settled(
        { user: 'ann', device: 'ann-phone', conn: 1, position: 2 },
        { user: 'bob', device: 'bob-other', conn: 4, position: 3 },
      )
      .ask(1, 'presence', { userIds: ['bob'] }, { users: [{ userId: 'bob', online: true, devices: ['phone'] }] })
      .ask(
        4,
        'conversations',
        {},
        {
          conversations: [listed],
          unreadTotal: 0,
        },
      )
    expect(checkHistory(finals(story, two, [...two, read]).events)).toEqual([])
  })
})

describe('a server that', () => {
  const caught: [number, string, () => Story][] = [
    [1, 'acknowledges what it does not store', () => finals(begin().send(1, 'a', 'bob', 1), [])],
    [1, 'stores for the sender alone', () => finals(begin().send(1, 'a', 'bob', 1), [entry(1, 'a')], [])],
    [
      2,
      'stores a repeat again',
      () => finals(begin().send(1, 'a', 'bob', null), [entry(1, 'a'), entry(2, 'a', { msgId: 'id-a2', seq: 2 })]),
    ],
    [
      3,
      'changes what was said',
      () => finals(begin().send(1, 'a', 'bob', 1), [entry(1, 'a', { content: { text: 'A' } })]),
    ],
    [3, 'makes messages up', () => finals(begin(), [entry(1, 'a')])],
    [4, 'stores what it refused for good', () => finals(begin().send(1, 'a', 'bob', 'REJECTED'), [entry(1, 'a')])],
    [
      5,
      'answers a repeat with another result',
      () =>
        finals(
          begin()
            .send(1, 'a', 'bob', 1)
            .send(1, 'a', 'bob', 1, { ack: { serverTime: 9999 } }),
          [entry(1, 'a')],
        ),
    ],
    [
      5,
      'takes another message under a used key',
      () => finals(begin().send(1, 'a', 'bob', 1).send(1, 'a', 'bob', 1, { text: 'other' }), [entry(1, 'a')]),
    ],
    [5, 'sees a conflict where there is none', () => finals(begin().send(1, 'a', 'bob', 'CONFLICT'), [])],
    [
      6,
      'gives keys that differ in case one id',
      () =>
        finals(
          begin()
            .send(1, 'a', 'bob', 1)
            .send(1, 'A', 'bob', 2, { ack: { msgId: 'id-a' } }),
          [entry(1, 'a'), entry(2, 'A', { msgId: 'id-a' })],
        ),
    ],
    [
      7,
      'shows two members another order',
      () => {
        const reply = (seq: number) => entry(seq, 'r', { from: 'bob', to: 'ann', seq })
        return finals(
          begin()
            .send(1, 'a', 'bob', null)
            .ask(2, 'c2c', { clientMsgId: 'r', to: 'ann', type: 'text', content: { text: 'r' } }, null),
          [entry(1, 'a'), reply(2)],
          [reply(1), entry(2, 'a')],
        )
      },
    ],
    [
      8,
      'puts what was sent later before what was acknowledged',
      () =>
        finals(
          new Story()
            .connect(1, 'ann')
            .connect(2, 'bob')
            .send(1, 'a', 'bob', 2)
            .ask(2, 'c2c', { clientMsgId: 'r', to: 'ann', type: 'text', content: { text: 'r' } }, sentAs('r', 1)),
          [entry(1, 'r', { from: 'bob', to: 'ann', seq: 1 }), entry(2, 'a', { seq: 2 })],
        ),
    ],
    [
      9,
      'lets a later message of a sender overtake a refused one',
      () =>
        finals(begin().send(1, 'a', 'bob', 'UNAVAILABLE').send(1, 'b', 'bob', null).send(1, 'a', 'bob', null), [
          entry(1, 'b', { seq: 1 }),
          entry(2, 'a', { seq: 2 }),
        ]),
    ],
    [
      10,
      'leaves a hole in a conversation',
      () => finals(begin().send(1, 'a', 'bob', 1).send(1, 'b', 'bob', 3), [entry(1, 'a'), entry(2, 'b', { seq: 3 })]),
    ],
    [10, 'leaves a hole in an inbox', () => finals(begin().send(1, 'a', 'bob', 1), [{ ...entry(1, 'a'), seq: 2 }])],
    [
      11,
      'skips an entry live',
      () => finals(begin().send(1, 'a', 'bob', null).send(1, 'b', 'bob', 2).live(2, entry(2, 'b'))),
    ],
    [11, 'gives an entry twice live', () => finals(chat().live(2, entry(2, 'b')))],
    [
      11,
      'gives live entries to a session that is catching up',
      () =>
        finals(chat().event(2, 'sync', { seq: 2 }).send(1, 'c', 'bob', null).live(2, entry(3, 'c')), [
          ...two,
          entry(3, 'c'),
        ]),
    ],
    [11, 'leaves an entry out of a page', () => finals(chat().pull(2, 0, [entry(2, 'b')]))],
    [
      12,
      'uses a number again after a crash',
      () =>
        begin()
          .live(2, { seq: 1, kind: 'custom', at: 1 })
          .final('bob', [{ seq: 1, kind: 'custom', at: 2 }]),
    ],
    [12, 'forgets entries that it gave', () => finals(chat().connect(3, 'bob', { type: 'pc', seq: 1 }))],
    [
      13,
      'takes a position beyond the end for up to date',
      () => finals(chat().connect(3, 'bob', { since: 7, seq: 2 })),
    ],
    [
      13,
      "takes another epoch's position for its own",
      () => finals(chat().connect(3, 'bob', { seq: 2, given: { since: 1, epoch: 'e0' } })),
    ],
    [
      14,
      'ends a pull before what was acknowledged',
      () => finals(chat().connect(3, 'bob', { since: 1, seq: 2 }).pull(3, 1, [])),
    ],
    [
      14,
      'lists a conversation without its last message',
      () => {
        const conversations = [{ ...listed, lastMessage: two[0]!.message }]
        return finals(chat().ask(1, 'conversations', {}, { conversations, unreadTotal: 0 }))
      },
    ],
    [
      15,
      'gives an entry live that differs from the stored one',
      () =>
        finals(
          begin()
            .send(1, 'a', 'bob', 1)
            .live(2, entry(1, 'a', { serverTime: 4999 })),
          [entry(1, 'a')],
        ),
    ],
    [
      16,
      'does not look for a lost last frame',
      () =>
        finals(
          begin()
            .send(1, 'a', 'bob', 1)
            .live(1, entry(1, 'a'))
            .settled({ user: 'bob', device: 'bob-phone', conn: 2, position: 0 }),
          [entry(1, 'a')],
        ),
    ],
    [
      18,
      'counts an acknowledgement of what it did not give',
      () => finals(chat().ask(2, 'ack', { seq: 5 }, { seq: 5 })),
    ],
    [
      18,
      'tells that something arrived which nobody acknowledged',
      () => finals(chat().event(1, 'receipt', { conversationId: conversation, userId: 'bob', deliveredSeq: 1 })),
    ],
    [
      19,
      'moves a read position back',
      () =>
        finals(
          chat()
            .ask(2, 'read', { conversationId: conversation, seq: 2 }, { readSeq: 2, unread: 0, atSeq: 2 })
            .ask(2, 'read', { conversationId: conversation, seq: 1 }, { readSeq: 1, unread: 1, atSeq: 2 }),
        ),
    ],
    [
      19,
      'reads beyond the end',
      () =>
        finals(chat().ask(2, 'read', { conversationId: conversation, seq: 9 }, { readSeq: 9, unread: 0, atSeq: 2 })),
    ],
    [
      20,
      'counts own messages as unread',
      () =>
        finals(
          chat().ask(
            1,
            'conversations',
            {},
            {
              conversations: [{ ...listed, unread: 2 }],
              unreadTotal: 2,
            },
          ),
        ),
    ],
    [
      20,
      'counts silent messages as unread',
      () => {
        const quiet = entry(1, 'a', { silent: true })
        const body = { clientMsgId: 'a', to: 'bob', type: 'text', content: { text: 'a' }, silent: true }
        return finals(
          begin()
            .ask(1, 'c2c', body, sentAs('a', 1))
            .ask(2, 'read', { conversationId: conversation, seq: 0 }, { readSeq: 0, unread: 1, atSeq: 1 }),
          [quiet],
        )
      },
    ],
    [
      21,
      'goes on giving to a kicked session',
      () => finals(chat().event(2, 'kick', { reason: 'admin' }).event(2, 'sync', { seq: 2 })),
    ],
    [
      21,
      'kicks a device for its own next connection',
      () =>
        finals(
          chat()
            .connect(3, 'bob', { seq: 2 })
            .event(2, 'kick', {
              reason: 'same-device-type',
              by: { deviceId: 'bob-phone', deviceType: 'phone', at: 1 },
            }),
        ),
    ],
    [
      21,
      'kicks a device for an earlier login of another one',
      () =>
        finals(
          chat()
            .connect(3, 'bob', { device: 'bob-other', seq: 2 })
            .event(3, 'kick', {
              reason: 'same-device-type',
              by: { deviceId: 'bob-phone', deviceType: 'phone', at: 1 },
            }),
        ),
    ],
    [
      21,
      'leaves two sessions in one slot',
      () =>
        finals(
          chat()
            .connect(3, 'bob', { device: 'bob-other', seq: 2 })
            .settled(
              { user: 'bob', device: 'bob-phone', conn: 2, position: 2 },
              { user: 'bob', device: 'bob-other', conn: 3, position: 2 },
            ),
        ),
    ],
    [
      24,
      'shows a conversation to a stranger',
      () => finals(chat().connect(3, 'cyd').ask(3, 'history', { conversationId: conversation }, { messages: [] })),
    ],
    [
      24,
      'delivers to a stranger',
      () => finals(chat().connect(3, 'cyd').live(3, entry(1, 'a'))).final('cyd', [entry(1, 'a')]),
    ],
    [
      24,
      'tells a stranger who types',
      () => finals(chat().connect(3, 'cyd').event(3, 'typing', { conversationId: conversation, userId: 'ann' })),
    ],
    [
      24,
      'tells a stranger who is there',
      () =>
        finals(
          chat()
            .connect(3, 'cyd')
            .ask(3, 'presence', { userIds: ['ann'] }, { users: [{ userId: 'ann', online: true, devices: ['phone'] }] }),
        ),
    ],
    [
      28,
      'believes in a dead node beyond its lease',
      () =>
        finals(
          begin()
            .connect(3, 'bob', { node: 'node2', device: 'bob-phone' })
            .send(1, 'a', 'bob', 1)
            .live(1, entry(1, 'a'))
            .add({ t: 'killed', node: 'node1' })
            .add({ t: 'killed', node: 'node2' })
            .add({ t: 'disconnect', conn: 1, by: 'network' })
            .connect(4, 'ann', { node: 'node3', since: 1, seq: 1 })
            .pull(4, 1, [])
            .add({ t: 'fault', kind: 'none' }, 40_000)
            .ask(4, 'presence', { userIds: ['bob'] }, { users: [{ userId: 'bob', online: true, devices: ['phone'] }] }),
          [entry(1, 'a')],
        ),
    ],
    [
      30,
      'leaves a send without an answer',
      () => finals(begin().send(1, 'a', 'bob', null).add({ t: 'healed' }, 12_000), []),
    ],
    [
      30,
      'does not take a message any more after it healed',
      () => finals(begin().settled({ user: 'ann', device: 'ann-phone', conn: 1, position: 0, unanswered: ['a'] }), []),
    ],
  ]

  it.each(caught)('(invariant %i) %s, is caught', (invariant, _what, story) => {
    expect(story().broken).toEqual([invariant])
  })

  it('is broken in one of at least fifteen ways, under every invariant that the checker decides', () => {
    const invariants = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 24, 28, 30]
    expect([...new Set(caught.map(([invariant]) => invariant))]).toEqual(invariants)
    expect(caught.length).toBeGreaterThan(40)
  })
})
