// Groups with fan-out on read: who follows from where, and that inboxes get no entries.
import { expect } from 'vitest'
import type { UserId } from '@rookery/protocol'
import { only, type StorageScene } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { GroupOnStage, parsed, recall } from './stage.js'

export const readFanOut: StorageGroup = {
  title: 'fan-out on read',
  cases: [
    {
      name: 'crossing writes for every member, of those who join too, from where to follow, and nothing else',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.said(alice)
        const join = [{ userId: carol, role: 'member', reads: 'from-now' }] as const
        const op = group.changing(alice, { join, fanOut: 'read' })
        const result = await group.did(op)
        expect(result).toMatchObject({ seq: 3, version: 2, memberCount: 3, inbox: [] })
        expect(result.facts.toSorted(byUser)).toEqual([
          { userId: alice, seq: 3, kind: 'follow' },
          { userId: bob, seq: 3, kind: 'follow' },
          { userId: carol, seq: 1, kind: 'follow' },
        ])
        const followed = { kind: 'follow', at: op.message.serverTime, body: { conversationId: group.id, from: 2 } }
        for (const userId of [alice, bob]) expect((await told(scene, userId)).slice(2)).toEqual([followed])
        expect(await told(scene, carol)).toEqual([followed])
        expect(await scene.storage.groups.group(group.id)).toMatchObject({ fanOut: 'read' })
        expect((await scene.storage.members.access(group.id, bob))?.group?.fanOut).toBe('read')
      },
    },
    {
      name: 'a group may be made fanned out on read',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        for (const userId of [alice, bob])
          expect(await told(scene, userId)).toMatchObject([
            { kind: 'follow', body: { conversationId: group.id, from: 0 } },
          ])
        expect(await scene.storage.heads.follows(bob)).toEqual([{ conversationId: group.id, seq: 1, version: 1 }])
      },
    },
    {
      name: 'a user who joins a followed group gets an entry with the start; one who leaves, with the end; others get none',
      async run(scene) {
        const [alice, bob, carol, dave] = scene.users('alice', 'bob', 'carol', 'dave')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        await group.said(alice)
        const joined = await group.join(alice, carol)
        expect(joined).toMatchObject({ seq: 3, inbox: [], facts: [{ userId: carol, seq: 1, kind: 'follow' }] })
        const everything = await group.join(alice, dave, 'everything')
        expect(everything).toMatchObject({ seq: 4, facts: [{ userId: dave, seq: 1, kind: 'follow' }] })
        const left = await group.leave(alice, bob, dave)
        expect(left.facts.toSorted(byUser)).toEqual([
          { userId: bob, seq: 2, kind: 'unfollow' },
          { userId: dave, seq: 2, kind: 'unfollow' },
        ])
        const conversationId = group.id
        expect((await told(scene, bob)).at(-1)).toMatchObject({ kind: 'unfollow', body: { conversationId, to: 5 } })
        expect(await told(scene, carol)).toMatchObject([{ kind: 'follow', body: { conversationId, from: 2 } }])
        expect((await told(scene, dave))[0]).toMatchObject({ kind: 'follow', body: { conversationId, from: 3 } })
        expect(await told(scene, alice)).toHaveLength(1)
        const back = await group.join(alice, bob)
        expect(back).toMatchObject({ seq: 6, facts: [{ userId: bob, seq: 3, kind: 'follow' }] })
        expect((await told(scene, bob)).at(-1)).toMatchObject({ kind: 'follow', body: { conversationId, from: 5 } })
      },
    },
    {
      name: 'a user who is a member of a followed group already, or is not a member, gets no entry',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        const join = [{ userId: bob, role: 'admin', reads: 'from-now' }] as const
        expect(await group.change(alice, { join, leave: [carol] })).toMatchObject({ facts: [], memberCount: 2 })
        expect(await group.change(alice, { fanOut: 'read' })).toMatchObject({ facts: [], seq: 3 })
        expect([await scene.head(bob), await scene.head(carol)]).toEqual([1, 0])
      },
    },
    {
      name: 'messages, recalls and changes of a followed group write to no inbox, and count as unread',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        const said = await scene.store(group.say(alice, { mentions: [bob] }), group.say(alice), group.say(bob))
        expect(said.map(({ seq, inbox }) => [seq, inbox])).toEqual([
          [2, []],
          [3, []],
          [4, []],
        ])
        await group.said(alice)
        expect(await scene.view(bob, group.id)).toMatchObject({ readSeq: 4, unread: 1, seq: 5 })
        expect(await scene.view(alice, group.id)).toMatchObject({ readSeq: 5, unread: 0 })
        await group.control(alice, recall(5))
        await group.change(alice, { name: 'renamed' })
        expect(await scene.view(bob, group.id)).toMatchObject({ unread: 0, name: 'renamed' })
        expect([await scene.head(alice), await scene.head(bob)]).toEqual([1, 1])
      },
    },
    {
      name: 'a read position in a followed group becomes an entry of the inbox',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        await scene.store(group.say(alice), group.say(alice))
        const result = only(await scene.commit(scene.read(bob, group.id, 2)))
        expect(result).toEqual({ status: 'ok', readSeq: 2, unread: 1, atSeq: 3, inboxSeq: 2 })
      },
    },
    {
      name: 'nobody follows a dissolved group; its members get an entry with the end',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        const result = await group.change(alice, { dissolve: true })
        expect(result.facts.toSorted(byUser)).toEqual([
          { userId: alice, seq: 2, kind: 'unfollow' },
          { userId: bob, seq: 2, kind: 'unfollow' },
        ])
        expect((await told(scene, bob)).at(-1)).toMatchObject({ body: { conversationId: group.id, to: 2 } })
        for (const userId of [alice, bob]) expect(await scene.storage.heads.follows(userId)).toEqual([])
      },
    },
    {
      name: 'follows are the groups fanned out on read of which one is a member now, with head and version',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const made = await Promise.all(
          ['one', 'two', 'three'].map((name) => GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' }, name)),
        )
        await GroupOnStage.make(scene, [alice, bob], {}, 'written')
        await scene.store(scene.say(alice, bob), made[0]!.say(alice))
        await made[1]!.leave(alice, bob)
        await made[2]!.change(alice, { name: 'x' })
        const follows = async (userId: UserId): Promise<unknown[]> => {
          const found = await scene.storage.heads.follows(userId)
          return found.toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1))
        }
        const [one, three] = [made[0]!.id, made[2]!.id]
        expect(await follows(bob)).toEqual([
          { conversationId: one, seq: 2, version: 1 },
          { conversationId: three, seq: 2, version: 2 },
        ])
        expect(await follows(alice)).toHaveLength(3)
        expect(await follows(carol)).toEqual([])
      },
    },
    {
      name: 'follows come in pages by their ids, with head and where each begins for the user',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const made: GroupOnStage[] = []
        for (const name of ['b', 'a', 'B', 'c', 'aa'])
          made.push(await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' }, name))
        await GroupOnStage.make(scene, [alice, bob], {}, 'written')
        await scene.store(scene.say(alice, bob), made[0]!.say(alice))
        await made[3]!.leave(alice, bob)
        await made[1]!.join(alice, carol)
        await made[4]!.leave(alice, bob)
        await made[4]!.join(alice, bob)
        const expected = [
          { conversationId: made[0]!.id, seq: 2, from: 0 },
          { conversationId: made[1]!.id, seq: 2, from: 0 },
          { conversationId: made[2]!.id, seq: 1, from: 0 },
          { conversationId: made[4]!.id, seq: 3, from: 2 },
        ].toSorted((a, b) => (a.conversationId < b.conversationId ? -1 : 1))
        const { heads } = scene.storage
        expect(await heads.followsAfter(bob, null, 10)).toEqual({ timelines: expected, more: false })
        expect(await heads.followsAfter(bob, null, 4)).toEqual({ timelines: expected, more: false })
        for (let n = 0, after: string | null = null; n < 4; n += 1) {
          const page = await heads.followsAfter(bob, after, 1)
          expect(page).toEqual({ timelines: [expected[n]], more: n < 3 })
          after = page.timelines[0]!.conversationId
        }
        expect(await heads.followsAfter(bob, expected[3]!.conversationId, 1)).toEqual({
          timelines: [],
          more: false,
        })
        expect(await heads.followsAfter(carol, null, 10)).toEqual({
          timelines: [{ conversationId: made[1]!.id, seq: 2, from: 1 }],
          more: false,
        })
        for (const nobody of [scene.user('nobody'), '\0'])
          expect(await heads.followsAfter(nobody, null, 10)).toEqual({ timelines: [], more: false })
      },
    },
    {
      name: 'the groups in which a user is a member come in pages by their ids, however they are fanned out',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const made: GroupOnStage[] = []
        for (const [at, name] of ['b', 'a', 'B', 'c'].entries())
          made.push(await GroupOnStage.make(scene, [alice, bob], at % 2 === 0 ? { fanOut: 'read' } : {}, name))
        await scene.store(scene.say(alice, bob))
        await made[3]!.leave(alice, bob)
        const expected = made
          .slice(0, 3)
          .map(({ id }) => id)
          .toSorted()
        const { groups } = scene.storage
        expect(await groups.memberOf(bob, null, 3)).toEqual({ groupIds: expected, more: false })
        for (let n = 0, after: string | null = null; n < 3; n += 1) {
          expect(await groups.memberOf(bob, after, 1)).toEqual({ groupIds: [expected[n]], more: n < 2 })
          after = expected[n]!
        }
        expect(await groups.memberOf(bob, expected[2]!, 1)).toEqual({ groupIds: [], more: false })
        for (const nobody of [scene.user('nobody'), '\0'])
          expect(await groups.memberOf(nobody, null, 10)).toEqual({ groupIds: [], more: false })
      },
    },
    {
      name: 'heads of conversations come in the order asked, null for what does not exist',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.change(alice, { name: 'x' })
        await scene.store(scene.say(alice, bob), group.say(bob))
        const asked = [scene.between(alice, bob), scene.conversation('absent'), group.id, group.id]
        const heads = await scene.storage.heads.conversations(asked)
        const expected = { seq: 3, version: 2 }
        expect(heads).toEqual([{ seq: 1, version: heads[0]!.version }, null, expected, expected])
        expect(await scene.storage.heads.conversations([])).toEqual([])
      },
    },
  ],
}

/** The contents of an inbox: facts parsed, pointers by the place that they point at. */
async function told(scene: StorageScene, userId: UserId): Promise<unknown[]> {
  return (await scene.inbox(userId)).map((entry) =>
    entry.kind === 'message' ? entry.conversationSeq : { kind: entry.kind, at: entry.at, body: parsed(entry.body) },
  )
}

const byUser = (a: { readonly userId: UserId }, b: { readonly userId: UserId }): number =>
  a.userId < b.userId ? -1 : 1
