// The data of one user: exported as a whole, and erased without a gap for anybody else.
import { expect } from 'vitest'
import type { Belonging, OwnReaction, Storage, StoredMessage } from '@rookery/core'
import type { StorageScene } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { controlling, GroupOnStage, react, unreact } from '../groups/stage.js'
import { verify } from './verified.js'

const stepsMax = 1000

export async function exported(
  storage: Storage,
  userId: string,
  rows = 100,
): Promise<{
  readonly memberships: Belonging[]
  readonly messages: StoredMessage[]
  readonly reactions: OwnReaction[]
}> {
  const all = { memberships: [] as Belonging[], messages: [] as StoredMessage[], reactions: [] as OwnReaction[] }
  let after: string | null = null
  for (let step = 0; step < stepsMax; step += 1) {
    const done = await storage.maintenance.export(userId, { after, rows })
    all.memberships.push(...done.memberships)
    all.messages.push(...done.messages)
    all.reactions.push(...done.reactions)
    if (done.next === null) return all
    after = done.next
  }
  throw new Error('an export comes to no end')
}

export async function erase(
  storage: Storage,
  userId: string,
  rows = 100,
): Promise<Record<'messages' | 'keys' | 'entries' | 'devices', number>> {
  const all = { messages: 0, keys: 0, entries: 0, devices: 0 }
  let after: string | null = null
  for (let step = 0; step < stepsMax; step += 1) {
    const done = await storage.maintenance.erase(userId, { after, rows })
    for (const name of ['messages', 'keys', 'entries', 'devices'] as const) all[name] += done[name]
    if (done.next === null) return all
    after = done.next
  }
  throw new Error('an erasure comes to no end')
}

/** Alice talks to bob and to carol, and each of them to her; bob and carol talk, too. */
async function talk(scene: StorageScene): Promise<{ alice: string; bob: string; carol: string }> {
  const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
  for (let n = 1; n <= 4; n += 1)
    await scene.store(
      scene.say(alice, bob, { ext: '{"a":1}', mentions: [bob], clientTime: 7 }),
      scene.say(bob, alice),
      scene.say(alice, carol, { countable: n % 2 === 0 }),
      scene.say(bob, carol),
    )
  await scene.commit(
    scene.settings(alice, scene.between(alice, bob), { pinned: true, key: { clientMsgId: 'set', digest: 'd' } }),
    scene.device(alice, 'phone', { delivered: { from: 0, to: 5 } }),
    scene.device(bob, 'phone', { delivered: { from: 0, to: 2 } }),
  )
  return { alice, bob, carol }
}

export const oneUser: StorageGroup = {
  title: 'one user',
  cases: [
    {
      name: 'an export holds every membership and every message of the user once, whatever the size of its steps',
      alone: true,
      async run(scene) {
        const { alice, bob, carol } = await talk(scene)
        const whole = await exported(scene.storage, alice)
        expect(whole.memberships.map(({ conversationId }) => conversationId).toSorted()).toEqual(
          [scene.between(alice, bob), scene.between(alice, carol)].toSorted(),
        )
        expect(whole.memberships.find(({ pinned }) => pinned)).toMatchObject({
          conversationId: scene.between(alice, bob),
          kind: 'c2c',
          role: 'member',
          ended: false,
          muted: false,
          readSeq: 7,
        })
        const own = [
          ...(await scene.timeline(scene.between(alice, bob))),
          ...(await scene.timeline(scene.between(alice, carol))),
        ]
        const byId = (a: StoredMessage, b: StoredMessage): number => (a.msgId < b.msgId ? -1 : 1)
        expect(whole.messages.toSorted(byId)).toEqual(own.filter(({ from }) => from === alice).toSorted(byId))
        for (const rows of [1, 2, 3]) expect(await exported(scene.storage, alice, rows)).toEqual(whole)
        expect(await exported(scene.storage, scene.user('nobody'))).toEqual({
          memberships: [],
          messages: [],
          reactions: [],
        })
      },
    },
    {
      name: "an export has the user's present reactions, whoever sent the messages, and nobody else's",
      alone: true,
      async run(scene) {
        const { alice, bob } = await talk(scene)
        const conversationId = scene.between(alice, bob)
        await scene.commit(
          controlling(scene, alice, bob, react(2, alice, '👍')),
          controlling(scene, alice, bob, react(1, alice, 'own')),
          controlling(scene, bob, alice, react(1, bob, '👍')),
          controlling(scene, alice, bob, react(3, alice, 'gone')),
        )
        await scene.commit(
          controlling(scene, alice, bob, unreact(3, alice, 'gone')),
          controlling(scene, alice, bob, react(2, alice, 'É')),
        )
        const expected = [
          { conversationId, seq: 1, reaction: 'own' },
          { conversationId, seq: 2, reaction: '👍' },
          { conversationId, seq: 2, reaction: 'É' },
        ]
        for (const rows of [1, 2, 100]) {
          const { reactions } = await exported(scene.storage, alice, rows)
          expect(reactions).toHaveLength(3)
          expect(reactions).toEqual(expect.arrayContaining(expected))
        }
        expect((await exported(scene.storage, bob)).reactions).toEqual([{ conversationId, seq: 1, reaction: '👍' }])
      },
    },
    {
      name: 'an erasure leaves the messages as recalled, and nothing of what they said',
      alone: true,
      async run(scene) {
        const { alice, bob } = await talk(scene)
        const conversationId = scene.between(alice, bob)
        const before = await scene.timeline(conversationId)
        expect(await erase(scene.storage, alice, 3)).toEqual({ messages: 8, keys: 9, entries: 13, devices: 1 })
        const after = await scene.timeline(conversationId)
        expect(after.map(({ seq, ordinal }) => [seq, ordinal])).toEqual(
          before.map(({ seq, ordinal }) => [seq, ordinal]),
        )
        for (const [index, message] of after.entries()) {
          if (message.from === alice)
            expect(message).toMatchObject({
              recalled: true,
              content: null,
              ext: null,
              mentions: null,
              clientTime: null,
              msgId: before[index]!.msgId,
            })
          else expect(message).toEqual(before[index])
        }
        expect((await exported(scene.storage, alice)).messages.every(({ content }) => content === null)).toBe(true)
      },
    },
    {
      name: 'an erasure takes keys, devices, settings and the inbox, and nothing of anybody else',
      alone: true,
      async run(scene) {
        const { alice, bob, carol } = await talk(scene)
        const conversationId = scene.between(alice, bob)
        const [theirs] = [await scene.inbox(bob)]
        const aliceKey = (await exported(scene.storage, alice)).messages[0]!.clientMsgId
        const bobKey = (await exported(scene.storage, bob)).messages[0]!.clientMsgId
        const timeline = await scene.timeline(scene.between(bob, carol))
        await erase(scene.storage, alice)
        const { timelines, keys, devices } = scene.storage
        expect(await keys.find(alice, aliceKey)).toBe(null)
        expect(await keys.find(alice, 'set')).toBe(null)
        expect(await keys.find(bob, bobKey)).not.toBe(null)
        expect((await devices.list([alice, bob])).map(({ userId }) => userId)).toEqual([bob])
        expect(await timelines.inbox(alice, 0, 100)).toEqual({ entries: [], head: 13, floor: 13 })
        expect((await scene.inbox(bob)).map(({ seq, at }) => [seq, at])).toEqual(theirs.map(({ seq, at }) => [seq, at]))
        expect(await scene.timeline(scene.between(bob, carol))).toEqual(timeline)
        expect(await scene.storage.conversations.views(alice, [conversationId])).toEqual([null])
        await scene.store(scene.say(bob, alice))
        expect(await scene.view(alice, conversationId)).toMatchObject({ pinned: false, muted: false, hidden: false })
      },
    },
    {
      name: 'a later user with an erased id sees nothing of a c2c conversation, until there is a new message in it',
      alone: true,
      async run(scene) {
        const { alice, bob, carol } = await talk(scene)
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(bob, alice), scene.say(alice, alice))
        await scene.commit(
          scene.read(bob, conversationId, 8),
          scene.device(bob, 'phone', { delivered: { from: 0, to: 9 } }),
        )
        await scene.commit(controlling(scene, alice, bob, react(2, alice, '👍')))
        const bobs = await scene.view(bob, conversationId)
        await erase(scene.storage, alice, 2)
        const { timelines, conversations, members } = scene.storage
        const own = scene.between(alice, alice)
        const all = [conversationId, scene.between(alice, carol), own]
        expect(await conversations.list(alice, null, 10)).toEqual({ conversations: [], unreadTotal: 0, more: false })
        expect(await conversations.views(alice, all)).toEqual([null, null, null])
        for (const id of all) {
          expect(await members.access(id, alice)).toBeNull()
          for (const range of [{}, { after: 0 }, { before: 5 }])
            expect(await timelines.messages(id, { ...range, limit: 10, reader: alice })).toEqual({
              messages: [],
              more: false,
            })
        }
        expect(await members.sharing(alice, [alice, bob, carol])).toEqual([])
        expect(await timelines.reactions(alice, [{ conversationId, seq: 2 }])).toEqual([[]])
        expect((await exported(scene.storage, alice)).reactions).toEqual([])
        // Its peer has what it had.
        expect((await scene.view(bob, conversationId)).peerId).toBe(alice)
        expect((await timelines.messages(conversationId, { limit: 100, reader: bob })).messages).toHaveLength(9)
        expect(await members.access(conversationId, bob)).not.toBeNull()
        expect(bobs.seq).toBe(10)

        const said = await scene.storeOne(scene.say(bob, alice, { movesPosition: false }))
        expect(said.seq).toBe(11)
        expect(await scene.view(alice, conversationId)).toMatchObject({
          ...{ readSeq: 10, unread: 1, mentioned: 0, peerReadSeq: 0, peerDeliveredSeq: 0, pinned: false },
          lastMessage: { seq: 11 },
        })
        const seen = (await timelines.messages(conversationId, { limit: 100, reader: alice })).messages
        expect(seen.map(({ seq }) => seq)).toEqual([11])
        expect((await scene.inbox(alice)).map(({ kind }) => kind)).toEqual(['message'])
        expect(await members.sharing(alice, [alice, bob, carol])).toEqual([bob])
        await scene.commit(scene.read(bob, conversationId, 11))
        expect(await scene.view(alice, conversationId)).toMatchObject({ peerReadSeq: 11 })
        expect(await verify(scene.storage)).toEqual([])
      },
    },
    {
      name: 'a later user with an erased id sees nothing of a group that was left, even after joining it again',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        for (const fanOut of ['write', 'read'] as const) {
          const group = await GroupOnStage.make(scene, [bob, alice], fanOut === 'read' ? { fanOut } : {}, fanOut)
          for (let n = 0; n < 3; n += 1) await group.said(bob)
          await group.control(alice, react(2, alice, '👍'))
          await group.leave(bob, alice)
          await group.join(bob, alice)
          await group.said(alice)
          await group.leave(bob, alice)
          await erase(scene.storage, alice, 2)
          expect(await group.history(alice)).toEqual([])
          const page = await scene.storage.timelines.timeline(alice, group.id, 0, 100)
          expect(page?.messages).toEqual([])
          await group.join(bob, alice)
          const later = await group.said(bob)
          expect((await group.history(alice)).map(({ seq }) => seq)).toEqual([later - 1, later])
          expect(await scene.storage.timelines.reactions(alice, [{ conversationId: group.id, seq: 2 }])).toEqual([[]])
          const [message] = (await group.history(bob)).filter(({ seq }) => seq === 2)
          expect(message?.reactions).toBe('{"👍":1}')
          await group.control(alice, react(2, alice, '👍'))
          await erase(scene.storage, alice)
        }
      },
    },
    {
      name: 'erased messages are no longer unread and mention nobody; numbers go on, and verify finds nothing',
      alone: true,
      async run(scene) {
        const { alice, bob } = await talk(scene)
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob, { mentions: [bob] }))
        expect(await scene.view(bob, conversationId)).toMatchObject({ unread: 1, mentioned: 1 })
        await erase(scene.storage, alice)
        expect(await scene.view(bob, conversationId)).toMatchObject({ unread: 0, mentioned: 0, seq: 9 })
        expect(await verify(scene.storage)).toEqual([])
        expect(await scene.storeOne(scene.say(bob, alice))).toMatchObject({ seq: 10, ordinal: 10, inbox: [14, 15] })
      },
    },
    {
      name: 'an erasure run again, from any cursor or from the beginning, takes nothing more',
      alone: true,
      async run(scene) {
        const { alice } = await talk(scene)
        const cursors: (string | null)[] = [null]
        for (let after: string | null = null; cursors.length < 200;) {
          cursors.push((await scene.storage.maintenance.erase(alice, { after, rows: 2 })).next)
          const { next } = await scene.storage.maintenance.erase(alice, { after, rows: 2 })
          if (next === null) break
          cursors.push((after = next))
        }
        expect(cursors.length).toBeGreaterThan(1)
        const nothing = { messages: 0, keys: 0, entries: 0, devices: 0 }
        for (const after of cursors)
          expect(await scene.storage.maintenance.erase(alice, { after, rows: 100 })).toMatchObject(nothing)
        expect(await erase(scene.storage, scene.user('nobody'))).toEqual(nothing)
      },
    },
  ],
}
