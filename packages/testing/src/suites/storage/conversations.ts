// Conversations as their members see them, and who is a member.
import { expect } from 'vitest'
import type { ConversationView, ListPosition } from '@rookery/core'
import { only, upTo, type StorageScene } from './scene.js'
import type { StorageGroup } from './group.js'

export const conversations: StorageGroup = {
  title: 'conversations and members',
  cases: [
    {
      name: 'the first message makes a c2c conversation, which both users see',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const op = scene.say(alice, bob, { subject: 'listing-7' })
        await scene.store(op)
        const { conversationId, serverTime } = op.message
        const common = {
          conversationId,
          kind: 'c2c',
          subject: 'listing-7',
          name: null,
          avatar: null,
          ext: null,
          seq: 1,
          mentioned: 0,
          peerDeliveredSeq: 0,
          pinned: false,
          muted: false,
          hidden: false,
          updatedAt: serverTime,
          lastMessage: only(await scene.timeline(conversationId)),
        }
        expect(await scene.view(alice, conversationId)).toEqual({
          ...common,
          peerId: bob,
          readSeq: 1,
          unread: 0,
          peerReadSeq: 0,
        })
        expect(await scene.view(bob, conversationId)).toEqual({
          ...common,
          peerId: alice,
          readSeq: 0,
          unread: 1,
          peerReadSeq: 1,
        })
      },
    },
    {
      name: 'views come in the order asked, null where one is no member',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(scene.say(alice, bob), scene.say(alice, carol), scene.say(bob, carol))
        const [ab, ac, bc] = [scene.between(alice, bob), scene.between(alice, carol), scene.between(bob, carol)]
        const views = await scene.storage.conversations.views(alice, [ac, bc, scene.conversation('absent'), ab])
        expect(views.map((view) => view?.peerId ?? null)).toEqual([carol, null, null, bob])
        expect(await scene.storage.conversations.views(scene.user('nobody'), [ab])).toEqual([null])
        expect(await scene.storage.conversations.views(alice, [])).toEqual([])
      },
    },
    {
      name: 'last message and activity follow the last countable message',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const quiet = { countable: false, silent: true }
        const first = scene.say(alice, bob, quiet)
        await scene.store(first)
        expect(await scene.view(bob, conversationId)).toMatchObject({
          lastMessage: null,
          updatedAt: first.message.serverTime,
        })
        const counted = scene.say(alice, bob)
        await scene.store(counted, scene.say(bob, alice, quiet))
        expect(await scene.view(bob, conversationId)).toMatchObject({
          lastMessage: { msgId: counted.message.msgId, seq: 2 },
          updatedAt: counted.message.serverTime,
          seq: 3,
        })
      },
    },
    {
      name: 'the list is in order of activity, latest first, and equal times by id, descending',
      async run(scene) {
        const { alice, expected } = await manyConversations(scene)
        const listed = await scene.storage.conversations.list(alice, null, 100)
        expect(listed.conversations.map((view) => view.conversationId)).toEqual(expected)
        expect(listed.more).toBe(false)
        for (const view of listed.conversations) expect(view).toEqual(await scene.view(alice, view.conversationId))
      },
    },
    {
      name: 'pages of the list join to the whole, each telling the total of unread',
      async run(scene) {
        const { alice, expected } = await manyConversations(scene)
        const whole = (await scene.storage.conversations.list(alice, null, 100)).conversations
        const total = whole.reduce((sum, view) => sum + view.unread, 0)
        expect(total).toBeGreaterThan(0)
        for (const size of [1, 2, 3, 5, 11, 12, 13]) {
          const joined: ConversationView[] = []
          let after: ListPosition | null = null
          for (;;) {
            const page = await scene.storage.conversations.list(alice, after, size)
            expect(page.unreadTotal).toBe(total)
            joined.push(...page.conversations)
            expect(page.more).toBe(joined.length < expected.length)
            if (!page.more) break
            expect(page.conversations).toHaveLength(size)
            const last: ConversationView = page.conversations.at(-1)!
            after = { updatedAt: last.updatedAt, conversationId: last.conversationId }
          }
          expect(joined).toEqual(whole)
        }
      },
    },
    {
      name: 'a hidden conversation stays in the list and says that it is hidden',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const hidden = scene.between(alice, bob)
        await scene.commit(
          scene.say(bob, alice),
          scene.say(carol, alice),
          scene.settings(alice, hidden, { hidden: true }),
        )
        const listed = await scene.storage.conversations.list(alice, null, 10)
        expect(listed.conversations.map((view) => [view.conversationId, view.hidden])).toEqual([
          [scene.between(alice, carol), false],
          [hidden, true],
        ])
      },
    },
    {
      name: 'who was never seen has an empty list',
      async run(scene) {
        const listed = await scene.storage.conversations.list(scene.user('nobody'), null, 10)
        expect(listed).toEqual({ conversations: [], unreadTotal: 0, more: false })
      },
    },
    {
      name: 'access is for members, with both users, the subject and the head',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob, { subject: 's' }), scene.say(alice, bob, { subject: 's' }))
        const access = await scene.storage.members.access(conversationId, bob)
        expect(access).toMatchObject({ conversationId, kind: 'c2c', subject: 's', seq: 2, floor: 0 })
        expect(access?.users.toSorted()).toEqual([alice, bob].toSorted())
        expect(await scene.storage.members.access(conversationId, carol)).toBeNull()
        expect(await scene.storage.members.access(scene.conversation('absent'), alice)).toBeNull()
        await scene.store(scene.say(bob, alice, { subject: 's' }))
        // A message does not change the membership.
        expect(await scene.storage.members.access(conversationId, alice)).toEqual({ ...access, seq: 3 })
      },
    },
    {
      name: 'the host, a member of nothing, has access to every conversation that exists',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        expect(await scene.storage.members.access(conversationId, null)).toBeNull()
        await scene.store(scene.say(alice, bob))
        const access = await scene.storage.members.access(conversationId, alice)
        expect(await scene.storage.members.access(conversationId, null)).toEqual(access)
      },
    },
    {
      name: 'access to a conversation with oneself names one user',
      async run(scene) {
        const [alice] = scene.users('alice')
        await scene.store(scene.say(alice, alice))
        const access = await scene.storage.members.access(scene.between(alice, alice), alice)
        expect(access?.users).toEqual([alice])
      },
    },
    {
      name: 'sharing answers the users with whom a user has a conversation, and nobody else',
      async run(scene) {
        const [alice, bob, carol, dave] = scene.users('alice', 'bob', 'carol', 'dave')
        await scene.store(scene.say(alice, bob), scene.say(dave, alice), scene.say(bob, carol))
        const { members } = scene.storage
        expect((await members.sharing(alice, [carol, dave, scene.user('nobody'), bob])).toSorted()).toEqual(
          [bob, dave].toSorted(),
        )
        expect(await members.sharing(carol, [alice, dave])).toEqual([])
        expect(await members.sharing(scene.user('nobody'), [alice])).toEqual([])
        expect(await members.sharing(alice, [])).toEqual([])
      },
    },
  ],
}

/** Twelve conversations of Alice; four of them end at one millisecond. */
async function manyConversations(scene: StorageScene): Promise<{ alice: string; expected: string[] }> {
  const alice = scene.user('alice')
  const activity = new Map<string, number>()
  const same = scene.now() + 10_000
  const ops = upTo(12).flatMap((n) => {
    const peer = scene.user(`peer${n}`)
    const serverTime = n % 3 === 0 ? same : same - 100 + ((n * 37) % 200)
    activity.set(scene.between(alice, peer), serverTime)
    const last = n % 4 ? scene.say(peer, alice, { serverTime }) : scene.say(alice, peer, { serverTime })
    return [scene.say(peer, alice, { serverTime: same - 5_000 }), last]
  })
  await scene.store(...ops)
  const expected = [...activity.entries()]
    .toSorted(([idA, atA], [idB, atB]) => atB - atA || (idA < idB ? 1 : -1))
    .map(([conversationId]) => conversationId)
  return { alice, expected }
}
