// Proves the checker on groups, and on changes of messages. As in broken-servers.test.ts, each history is that of a
// server with exactly one fault, and the checker must name its invariant and no other.
import { describe, expect, it } from 'vitest'
import { checkHistory } from './check-history.js'
import type { WireEntry, WireMessage } from './history.js'
import { Story } from './story.js'

const group = 'g_1'
const at = 5000

const message = (seq: number, over: Partial<WireMessage> = {}): WireMessage => ({
  msgId: `id-${seq}`,
  clientMsgId: `k${seq}`,
  conversationId: group,
  groupId: group,
  seq,
  from: 'ann',
  type: 'text',
  content: { text: `k${seq}` },
  serverTime: at,
  ...over,
})
const told = (seq: number, type: string, content: object, over: Partial<WireMessage> = {}): WireMessage =>
  message(seq, { type: `im.${type}`, content, ...over })

// Ann creates the group with Bob and sends; she adds Cyd; she sends; she removes Bob; she sends.
const [made, first, added, second, removed, third] = [
  told(1, 'group', { event: 'created', by: 'ann', userIds: ['ann', 'bob'] }),
  message(2),
  told(3, 'group', { event: 'added', by: 'ann', userIds: ['cyd'] }),
  message(4),
  told(5, 'group', { event: 'removed', by: 'ann', userIds: ['bob'] }),
  message(6),
] as const
const all = [made, first, added, second, removed, third]

/** An inbox that holds these messages, in order. */
const inbox = (...messages: readonly (WireMessage | object)[]): WireEntry[] =>
  messages.map((one, i) =>
    'msgId' in one
      ? { seq: i + 1, kind: 'message', at, message: one as WireMessage }
      : ({ seq: i + 1, at, ...one } as WireEntry),
  )
const follow = (from: number) => ({ kind: 'follow', conversationId: group, from })

const begin = (): Story => new Story().connect(1, 'ann').connect(2, 'bob').connect(3, 'cyd').connect(4, 'dan')
const say = (story: Story, ...seqs: number[]): Story => {
  for (const seq of seqs)
    story.ask(
      1,
      'c2g',
      { clientMsgId: `k${seq}`, to: group, type: 'text', content: { text: `k${seq}` } },
      { msgId: `id-${seq}`, conversationId: group, seq, serverTime: at, duplicate: false },
    )
  return story
}
const spoken = (): Story => say(begin(), 2, 4, 6)

interface Finals {
  readonly ann?: readonly WireMessage[]
  readonly bob?: readonly WireMessage[]
  readonly cyd?: readonly WireMessage[]
}
const finals = (
  story: Story,
  { ann = all, bob = all.slice(0, 5), cyd = all.slice(2) }: Finals = {},
  more: readonly WireMessage[] = [],
): Story =>
  story
    .final('ann', inbox(...ann, ...more))
    .final('bob', inbox(...bob))
    .final('cyd', inbox(...cyd, ...more))

const history = (story: Story, conn: number, messages: readonly WireMessage[], after = 0): Story =>
  story.ask(conn, 'history', { conversationId: group, after }, { messages, more: false })

/** Changes of the first message, after Bob's removal; all other members get them. */
const edit = told(7, 'edit', { seq: 2, content: { text: 'new' } })
const edited = { ...first, content: { text: 'new' }, asOf: 7, editedAt: at }
const recall = told(7, 'recall', { seq: 4 })
const { content: _, ...silent } = second
const recalled: WireMessage = { ...silent, asOf: 7, recalled: true }
const change = (story: Story, event: string, body: object, seq: number): Story =>
  story.ask(1, event, { conversationId: group, ...body }, { seq })
const now = (seq: number, becomes: WireMessage, messages = all): WireMessage[] =>
  messages.map((one) => (one.seq === seq ? becomes : one))

/** The group crosses to fan-out on read as Cyd joins: later messages are in no inbox. */
const crossing = { [group]: all.slice(2) }
const crossed = (story = spoken(), more: { ann?: WireMessage[]; timeline?: readonly WireMessage[] } = {}): Story =>
  story
    .final('ann', inbox(made, first, follow(2), ...(more.ann ?? [])), { [group]: more.timeline ?? all.slice(2) })
    .final('cyd', inbox(follow(2)), crossing)
const liveTimeline = (story: Story, conn: number, ...messages: WireMessage[]): Story =>
  story.event(conn, 'timeline', { conversationId: group, messages })
/**
 * Cyd sends a message before Ann adds her or after, then another one, then the first again: that one is stored last.
 */
const saidAround = (isAddedFirst: boolean): Story => {
  const joined = told(2, 'group', { event: 'added', by: 'ann', userIds: ['cyd'] })
  const say = (key: string) => ({ clientMsgId: key, to: group, type: 'text', content: { text: key } })
  const stored = (key: string, seq: number): WireMessage =>
    message(seq, { from: 'cyd', clientMsgId: key, content: { text: key } })
  const story = begin()
  if (isAddedFirst) story.live(1, ...inbox(made, joined))
  story.ask(3, 'c2g', say('early'), null).ask(3, 'c2g', say('later'), null).ask(3, 'c2g', say('early'), null)
  const now = [made, joined, stored('later', 3), stored('early', 4)]
  return story
    .final('ann', inbox(...now))
    .final('bob', inbox(...now))
    .final('cyd', inbox(...now.slice(1)))
}
/** Ann follows live from the start. */
const following = (): Story => spoken().live(1, ...inbox(made, first, follow(2)))

describe('a clean story of a group', () => {
  it('breaks nothing, with joins, removals, history, edits, reactions, recalls and unread in it', () => {
    const controls = [
      edit,
      told(8, 'recall', { seq: 4 }),
      told(9, 'reaction', { seq: 6, reaction: '+1', remove: false }),
    ]
    const { content: __, ...third_ } = message(6)
    const stands = now(
      2,
      edited,
      now(4, { ...recalled, asOf: 8 }, now(6, { ...third_, content: third.content, asOf: 9, reactions: { '+1': 1 } })),
    )
    const story = spoken()
      .live(1, ...inbox(...all))
      .live(2, ...inbox(...all.slice(0, 5)))
    change(story, 'edit', { seq: 2, content: { text: 'new' } }, 7)
    change(story, 'recall', { seq: 4 }, 8)
    change(story, 'react', { seq: 6, reaction: '+1' }, 9)
    history(story, 1, stands)
    history(story, 3, stands.slice(2))
    story.ask(3, 'read', { conversationId: group, seq: 3 }, { readSeq: 3, unread: 1, atSeq: 9 })
    // Bob was a member when the messages were sent, and no longer when they were changed.
    const withheld = (one: WireMessage): WireMessage => {
      const { content: ___, ...rest } = one
      return { ...rest, withheld: true }
    }
    finals(
      story,
      { ann: stands, bob: [made, withheld(first), added, withheld(second), removed], cyd: stands.slice(2) },
      controls,
    )
    expect(checkHistory(story.events)).toEqual([])
  })

  it('breaks nothing where a message was refused until its sender was let in, and comes again behind a later one', () => {
    expect(checkHistory(saidAround(false).events)).toEqual([])
  })

  it('breaks nothing where the group crosses to fan-out on read', () => {
    const story = liveTimeline(following(), 1, ...all.slice(2))
    story.settled({ user: 'ann', device: 'ann-phone', conn: 1, position: 3, timelines: { [group]: 6 } })
    expect(checkHistory(crossed(story).events)).toEqual([])
  })
})

describe('a server that, of groups,', () => {
  const caught: [number, string, () => Story][] = [
    [
      1,
      'leaves a member without what was acknowledged',
      () => finals(spoken(), { bob: [made, added, second, removed] }),
    ],
    [
      15,
      "tells one member's reactions as another's",
      () => {
        const reaction = told(7, 'reaction', { seq: 6, reaction: '+1', remove: false })
        const stands = now(6, { ...third, asOf: 7, reactions: { '+1': 1 } })
        const seen = { ann: stands, cyd: stands.slice(2) }
        const story = finals(change(spoken(), 'react', { seq: 6, reaction: '+1' }, 7), seen, [reaction])
        const page = { messages: stands.slice(2), more: false, mine: { 'id-6': ['+1'] } }
        return story.settled().ask(3, 'history', { conversationId: group, after: 2 }, page)
      },
    ],
    [
      20,
      'counts a mention that was recalled',
      () => {
        const messages = now(4, { ...second, mentions: ['cyd'] }, now(6, { ...third, mentions: ['@all'] }))
        const gone = now(4, { ...recalled, mentions: ['cyd'] }, messages)
        const story = change(spoken().live(1, ...inbox(...messages)), 'recall', { seq: 4 }, 7)
        finals(story, { ann: gone, bob: [made, first, added, held4, removed], cyd: gone.slice(2) }, [recall])
        const lastMessage = messages[5]
        const standing = { conversationId: group, readSeq: 2, unread: 1, mentioned: 2, seq: 7, lastMessage }
        return story.ask(3, 'conversations', {}, { conversations: [standing], unreadTotal: 1 })
      },
    ],
    [9, "stores a member's messages in another order than they were sent in", () => saidAround(true)],
    [10, 'does not tell a joiner of the join', () => finals(spoken(), { cyd: all.slice(3) })],
    [
      10,
      'leaves a hole in its timeline',
      () => {
        const unanswered = { clientMsgId: 'k4', to: group, type: 'text', content: { text: 'k4' } }
        return crossed(say(say(begin(), 2).ask(1, 'c2g', unanswered, null), 6), { timeline: [added, removed, third] })
      },
    ],
    [11, 'skips a message live', () => crossed(liveTimeline(following(), 1, second))],
    [11, 'gives a message twice live', () => crossed(liveTimeline(liveTimeline(following(), 1, added), 1, added))],
    [
      11,
      'leaves a message out of a page',
      () =>
        crossed(
          following().ask(
            1,
            'pull',
            { since: 3, timelines: { [group]: 2 } },
            {
              ...emptyPage,
              more: true,
              timelines: [{ conversationId: group, messages: [second], seq: 4, truncated: false }],
            },
          ),
        ),
    ],
    [
      11,
      'says that a timeline was cut where it was not',
      () =>
        crossed(
          following().ask(
            1,
            'pull',
            { since: 3, timelines: { [group]: 2 } },
            {
              ...emptyPage,
              more: true,
              timelines: [{ conversationId: group, messages: [second], seq: 4, truncated: true }],
            },
          ),
        ),
    ],
    [
      14,
      'ends a pull before what was acknowledged',
      () =>
        crossed(following().ask(1, 'pull', { since: 3, timelines: { [group]: 2 } }, { ...emptyPage, timelines: [] })),
    ],
    [
      14,
      'shows what was edited as it was before',
      () => {
        const story = change(spoken(), 'edit', { seq: 2, content: { text: 'new' } }, 7)
        return finals(
          history(story, 1, all),
          { ann: now(2, edited), bob: [made, added, second, removed].toSpliced(1, 0, held) },
          [edit],
        )
      },
    ],
    [
      15,
      'shows an edit that nobody made',
      () => {
        const wrong = { ...edited, content: { text: 'newer' } }
        return finals(spoken(), { ann: now(2, wrong), bob: [made, held, added, second, removed] }, [edit])
      },
    ],
    [
      15,
      'counts a reaction twice',
      () => {
        const counted = { ...third, asOf: 7, reactions: { '+1': 2 } }
        const reaction = told(7, 'reaction', { seq: 6, reaction: '+1', remove: false })
        return finals(spoken(), { ann: now(6, counted), cyd: now(6, counted, all.slice(2)) }, [reaction])
      },
    ],
    [
      15,
      'names a change that did not change the message',
      () => finals(spoken(), { ann: now(2, { ...first, asOf: 3 }) }),
    ],
    [
      16,
      'leaves a session behind in a timeline',
      () =>
        crossed(
          following().settled({ user: 'ann', device: 'ann-phone', conn: 1, position: 3, timelines: { [group]: 4 } }),
        ),
    ],
    [
      20,
      'counts what was recalled as unread',
      () =>
        finals(
          spoken().ask(3, 'read', { conversationId: group, seq: 3 }, { readSeq: 3, unread: 2, atSeq: 7 }),
          { ann: now(4, recalled), bob: [made, first, added, held4, removed], cyd: now(4, recalled, all.slice(2)) },
          [recall],
        ),
    ],
    [22, 'gives a removed member what comes later', () => finals(spoken(), { bob: all })],
    [22, 'gives a removed member what comes later, live', () => finals(spoken().live(2, ...inbox(...all)))],
    [
      22,
      'shows a removed member an edit of what came before',
      () => finals(spoken(), { ann: now(2, edited), bob: now(2, edited, all.slice(0, 5)) }, [edit]),
    ],
    [
      22,
      'withholds a message and shows it',
      () => finals(spoken(), { bob: now(2, { ...first, withheld: true }, all.slice(0, 5)) }),
    ],
    [23, 'shows a joiner what came before', () => finals(history(spoken(), 3, all))],
    [23, 'leaves a message out of history', () => finals(history(spoken(), 1, [made, first, added, removed, third]))],
    [24, 'gives a message to a stranger', () => finals(spoken().live(4, ...inbox(second)))],
    [
      24,
      'tells a stranger who types',
      () => finals(spoken().event(4, 'typing', { conversationId: group, userId: 'ann' })),
    ],
    [
      26,
      'writes to inboxes after the crossing',
      () => crossed(spoken(), { ann: [second], timeline: [added, removed, third] }),
    ],
    [26, 'gives a message by inbox and timeline', () => crossed(spoken(), { timeline: [first, ...all.slice(2)] })],
    [
      27,
      'says what was recalled',
      () =>
        finals(
          history(change(spoken(), 'recall', { seq: 4 }, 7), 1, all),
          { ann: now(4, recalled), bob: [made, first, added, held4, removed], cyd: now(4, recalled, all.slice(2)) },
          [recall],
        ),
    ],
    [
      27,
      'says it still in an edit',
      () => {
        const story = change(spoken(), 'edit', { seq: 2, content: { text: 'new' } }, 7)
        change(story, 'recall', { seq: 2 }, 8)
        const { content: __, ...rest } = first
        const gone = { ...rest, asOf: 8, recalled: true }
        return finals(story, { ann: now(2, gone), bob: [made, held, added, second, removed] }, [
          edit,
          told(8, 'recall', { seq: 2 }),
        ])
      },
    ],
  ]

  it.each(caught)('(invariant %i) %s, is caught', (invariant, _what, story) => {
    expect(story().broken).toEqual([invariant])
  })
})

const emptyPage = { entries: [], seq: 3, more: false, truncated: false, reset: false, epoch: 'e1' }
const withheldOf = ({ content: __, ...rest }: WireMessage): WireMessage => ({ ...rest, withheld: true })
const held = withheldOf(first)
const held4 = withheldOf(second)
