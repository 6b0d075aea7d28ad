// Sending in groups: storage does not store what was decided under an old version, and what it stores counts for every
// member.
import { expect } from 'vitest'
import { only, upTo } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { GroupOnStage, recall, seqs, writesNothing } from './stage.js'

export const groupMessages: StorageGroup = {
  title: 'messages of groups',
  cases: [
    {
      name: 'a message has the next number, and an entry in every inbox named, in the order named',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        await scene.store(scene.say(alice, bob))
        const op = group.say(alice, { members: [carol, alice, bob] })
        expect(await scene.storeOne(op)).toEqual({ status: 'stored', seq: 2, ordinal: 1, inbox: [2, 3, 3] })
        const { msgId, serverTime } = op.message
        expect((await scene.inbox(carol)).at(-1)).toMatchObject({
          seq: 2,
          at: serverTime,
          conversationId: group.id,
          conversationSeq: 2,
          message: { msgId, kind: 'c2g', from: alice, to: null, content: op.message.content, withheld: false },
        })
      },
    },
    {
      name: 'a message in a group is read for its sender and unread for the others',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        await scene.store(group.say(alice), group.say(alice), group.say(bob))
        const read = async (userId: string): Promise<number[]> => {
          const { readSeq, unread } = await scene.view(userId, group.id)
          return [readSeq, unread]
        }
        expect(await Promise.all([alice, bob, carol].map(read))).toEqual([
          [3, 1],
          [4, 0],
          [0, 3],
        ])
        await scene.commit(scene.read(carol, group.id, 3))
        expect(await read(carol)).toEqual([3, 1])
        await scene.store(group.say(carol, { movesPosition: false, viaServer: true }))
        expect(await read(carol)).toEqual([3, 1])
        expect(await read(bob)).toEqual([4, 1])
      },
    },
    {
      name: 'mentions of me and of all count while they are unread; my own do not',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        await scene.store(
          group.say(alice, { mentions: [bob] }),
          group.say(alice, { mentions: ['@all'] }),
          group.say(alice),
          group.say(carol, { mentions: [alice, bob, '@all'] }),
        )
        const mentioned = async (): Promise<number[]> =>
          Promise.all([alice, bob, carol].map(async (userId) => (await scene.view(userId, group.id)).mentioned))
        expect(await mentioned()).toEqual([1, 3, 0])
        await scene.commit(scene.read(bob, group.id, 3))
        expect(await mentioned()).toEqual([1, 1, 0])
        const listed = await scene.storage.conversations.list(bob, null, 10)
        expect(only(listed.conversations).mentioned).toBe(1)
        expect((await group.message(5)).mentions).toEqual([alice, bob, '@all'])
      },
    },
    {
      name: 'a mention is of the one whose id it is, not of ids that contain it or differ in case',
      async run(scene) {
        const bob = scene.user('bob')
        const people = [scene.user('alice'), bob, `${bob}x`, scene.user('xbob'), scene.user('Bob'), `${bob}_`]
        const group = await GroupOnStage.make(scene, people)
        await scene.store(group.say(people[0]!, { mentions: [bob] }), group.say(people[0]!, { mentions: [`${bob}x`] }))
        const views = await Promise.all(people.map((userId) => scene.view(userId, group.id)))
        expect(views.map(({ mentioned }) => mentioned)).toEqual([0, 1, 1, 0, 0, 0])
      },
    },
    {
      name: 'an operation decided under another version is stale and stores nothing; the rest of its batch does',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const seq = await group.said(alice)
        const beside = await GroupOnStage.make(scene, [bob], {}, 'beside')
        const recalling = group.controlling(alice, recall(seq))
        for (const version of [0, 2]) {
          const late = { ...group.say(alice), version }
          const change = { ...group.changing(alice, { name: 'late' }), version }
          const results = await writesNothing(group, [alice], () =>
            scene.commit(late, beside.say(bob), { ...recalling, version }, change, scene.custom(bob, 'fact', '1')),
          )
          const statuses = results.map((result) => result.status)
          expect(statuses).toEqual(['stale', 'stored', 'stale', 'stale', 'ok'])
          expect(await scene.storage.keys.find(alice, late.message.clientMsgId)).toBeNull()
        }
        expect(seqs(await scene.timeline(beside.id))).toEqual(upTo(3))
        // The caller can decide a stale op again, under the same key.
        expect(await group.did(group.changing(alice, { name: 'new' }))).toMatchObject({ seq: 3, version: 2 })
        expect(await scene.commit({ ...recalling, version: 2 })).toMatchObject([{ status: 'stored', seq: 4 }])
      },
    },
    {
      name: 'a change of the group makes a message of the same commit stale, and one that is stale does not',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const results = await scene.commit(
          group.say(alice),
          group.changing(alice, { leave: [bob] }),
          group.say(bob),
          { ...group.changing(bob, { name: 'x' }), version: 1 },
          group.say(alice, { version: 2, members: [alice] }),
        )
        expect(results.map((result) => result.status)).toEqual(['stored', 'stored', 'stale', 'stale', 'stored'])
        expect(seqs(await scene.timeline(group.id))).toEqual(upTo(4))
        expect(await group.given(bob)).toEqual([1, 2, 3])
      },
    },
    {
      name: 'every change of the group raises the version, and nothing that is said does',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const seq = await group.said(alice)
        await group.control(alice, recall(seq))
        const version = async (): Promise<unknown> => [
          (await scene.storage.members.access(group.id, alice))?.version,
          (await scene.storage.groups.group(group.id))?.version,
          (await scene.storage.groups.roster(group.id))?.version,
          only(await scene.storage.heads.conversations([group.id]))?.version,
        ]
        expect(await version()).toEqual([1, 1, 1, 1])
        await group.change(alice, { mutes: [{ userId: bob, until: 5 }] })
        await group.change(alice, { announcement: 'x' })
        await group.change(alice, { leave: [bob] })
        expect(await version()).toEqual([4, 4, 4, 4])
      },
    },
    {
      name: 'a repeat is answered from its key before its version is looked at',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const said = group.say(bob)
        await scene.store(said)
        const change = group.changing(bob, { name: 'new' })
        await group.did(change)
        const recalling = group.controlling(bob, recall(2))
        await scene.commit(recalling)
        await group.leave(alice, bob)
        const results = await writesNothing(group, [alice, bob], () => scene.commit(said, change, recalling))
        expect(results).toMatchObject([
          { status: 'duplicate', msgId: said.message.msgId, seq: 2, digest: said.message.digest },
          { status: 'duplicate', msgId: change.message.msgId, seq: 3, digest: change.message.digest },
          { status: 'duplicate', msgId: recalling.message.msgId, seq: 4, digest: recalling.message.digest },
        ])
        await group.change(alice, { dissolve: true })
        expect(await scene.commit(said)).toMatchObject([{ status: 'duplicate', seq: 2 }])
      },
    },
    {
      name: 'a message, a recall and a change of a group share one key space',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const said = group.say(alice, { clientMsgId: 'one' })
        await scene.store(said)
        const change = group.changing(alice, { name: 'never' }, { clientMsgId: 'one' })
        const recalling = group.controlling(alice, recall(2), { clientMsgId: 'one' })
        const results = await writesNothing(group, [alice, bob], () => scene.commit(change, recalling))
        const { digest, msgId } = said.message
        expect(results).toMatchObject([
          { status: 'duplicate', seq: 2, digest, msgId },
          { status: 'duplicate', seq: 2, digest, msgId },
        ])
      },
    },
    {
      name: 'a group that does not exist takes nothing',
      async run(scene) {
        const [alice] = scene.users('alice')
        const group = new GroupOnStage(scene, scene.conversation('absent'))
        group.version = 1
        const ops = [
          group.say(alice, { members: [alice] }),
          group.controlling(alice, recall(1)),
          group.changing(alice, { name: 'x' }),
        ] as const
        expect((await scene.commit(...ops)).map((result) => result.status)).toEqual(['stale', 'stale', 'stale'])
        expect(await scene.storage.heads.conversations([group.id])).toEqual([null])
        expect(await scene.inbox(alice)).toEqual([])
      },
    },
    {
      name: 'a group is hidden until the next countable message, and kept in the list',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await scene.commit(group.say(alice), scene.settings(bob, group.id, { hidden: true, muted: true }))
        await group.change(alice, { name: 'renamed' })
        expect(await scene.view(bob, group.id)).toMatchObject({ hidden: true, muted: true })
        await group.said(alice)
        expect(await scene.view(bob, group.id)).toMatchObject({ hidden: false, muted: true })
      },
    },
    {
      name: 'a former member can neither read on nor change settings',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.said(alice)
        await group.leave(alice, bob)
        const results = await scene.commit(
          scene.read(bob, group.id, 2),
          scene.settings(bob, group.id, { pinned: true }),
        )
        expect(results).toEqual([{ status: 'not-member' }, { status: 'not-member' }])
      },
    },
  ],
}
