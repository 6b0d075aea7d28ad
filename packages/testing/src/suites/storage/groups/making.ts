// Creating groups, changing their members, and changing their profile.
import { expect } from 'vitest'
import { only, upTo } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { founders, GroupOnStage, seqs, writesNothing } from './stage.js'

export const groupMaking: StorageGroup = {
  title: 'making and changing groups',
  cases: [
    {
      name: 'a group is made with its owner, its members and version 1, and comes back unchanged',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = new GroupOnStage(scene, scene.conversation('group'))
        const profile = {
          name: 'Sunday drive',
          avatar: 'https://x/a.png',
          announcement: 'at nine',
          ext: '{"b":1, "a":2}',
        }
        const op = group.changing(alice, { ...profile, join: founders(alice, [bob, carol]) })
        expect(await group.did(op)).toEqual({
          status: 'stored',
          seq: 1,
          ordinal: 0,
          version: 1,
          memberCount: 3,
          inbox: [1, 1, 1],
          facts: [],
        })
        expect(await scene.storage.groups.group(group.id)).toEqual({
          groupId: group.id,
          ...profile,
          ownerId: alice,
          memberCount: 3,
          version: 1,
          fanOut: 'write',
          mutedUntil: 0,
          createdAt: op.message.serverTime,
        })
        expect(only(await scene.timeline(group.id))).toMatchObject({ seq: 1, type: 'im.group', from: alice })
      },
    },
    {
      name: 'fields that are left out when a group is made are empty',
      async run(scene) {
        const [alice] = scene.users('alice')
        const group = await GroupOnStage.make(scene, [alice])
        const empty = { name: 'a group', avatar: null, announcement: null, ext: null, mutedUntil: 0, memberCount: 1 }
        expect(await scene.storage.groups.group(group.id)).toMatchObject(empty)
      },
    },
    {
      name: 'everybody in a new group gets an entry pointing at its first message, and has nothing unread',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob))
        const op = new GroupOnStage(scene, scene.conversation('group')).changing(bob, { join: founders(bob, [alice]) })
        expect(only(await scene.commit({ ...op, members: [alice, bob] }))).toMatchObject({ inbox: [2, 2] })
        const { msgId, conversationId, serverTime } = op.message
        for (const userId of [alice, bob]) {
          expect((await scene.inbox(userId)).at(-1)).toMatchObject({
            seq: 2,
            at: serverTime,
            kind: 'message',
            conversationId,
            conversationSeq: 1,
            message: { msgId, seq: 1, kind: 'c2g', type: 'im.group', ordinal: 0 },
          })
          expect(await scene.view(userId, conversationId)).toMatchObject({ unread: 0, readSeq: 0, seq: 1 })
        }
      },
    },
    {
      name: 'making a group again under the same key answers the first result and writes nothing',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = new GroupOnStage(scene, scene.conversation('group'))
        const op = group.changing(alice, { join: founders(alice, [bob]) })
        await group.did(op)
        const { digest, msgId, conversationId, serverTime, clientMsgId } = op.message
        const key = { digest, msgId, conversationId, seq: 1, serverTime }
        const repeat = { ...op, message: { ...op.message, msgId: 'another', digest: 'another' } }
        const elsewhere = { ...repeat, message: { ...repeat.message, conversationId: scene.conversation('other') } }
        const results = await writesNothing(group, [alice, bob, carol], () => scene.commit(repeat, elsewhere))
        expect(results).toEqual([
          { status: 'duplicate', ...key },
          { status: 'duplicate', ...key },
        ])
        expect(await scene.storage.groups.group(scene.conversation('other'))).toBeNull()
        expect(await scene.storage.keys.find(alice, clientMsgId)).toEqual(key)
      },
    },
    {
      name: 'making a group that exists, under another key, is stale and writes nothing',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const op = { ...group.changing(carol, { join: founders(carol, []) }), version: null, members: [carol] }
        const result = await writesNothing(group, [alice, bob, carol], () => scene.commit(op))
        expect(only(result)).toEqual({ status: 'stale' })
        expect(await scene.storage.keys.find(carol, op.message.clientMsgId)).toBeNull()
      },
    },
    {
      name: 'making, changing and sending in one commit each see the operations before',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = new GroupOnStage(scene, scene.conversation('group'))
        const make = group.changing(alice, { name: 'first', join: founders(alice, [bob]) })
        const joining = { join: [{ userId: carol, role: 'member', reads: 'from-now' }] } as const
        const results = await scene.commit(
          make,
          group.say(bob, { version: 1, members: [alice, bob] }),
          { ...group.changing(alice, joining), version: 1, members: [alice, bob, carol] },
          group.say(carol, { version: 2, members: [alice, bob, carol] }),
          { ...group.changing(alice, { name: 'late' }), version: 1, members: [alice, bob] },
        )
        expect(results.map((result) => ('seq' in result ? result.seq : result.status))).toEqual([1, 2, 3, 4, 'stale'])
        expect(results[2]).toMatchObject({ version: 2, memberCount: 3, inbox: [3, 3, 1] })
        expect(await group.given(carol)).toEqual([3, 4])
      },
    },
    {
      name: 'a user who joins from now on reads from the message about it, and everything before counts as read',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await scene.store(group.say(alice), group.say(bob))
        const op = group.changing(alice, { join: [{ userId: carol, role: 'admin', reads: 'from-now' }] })
        expect(await group.did(op)).toMatchObject({ seq: 4, version: 2, memberCount: 3, inbox: [4, 4, 1], facts: [] })
        const memberships = await scene.storage.groups.memberships(group.id, [carol])
        expect(memberships).toEqual({
          version: 2,
          memberships: [
            { userId: carol, role: 'admin', joinedAt: op.message.serverTime, mutedUntil: 0, from: 3, to: null },
          ],
        })
        expect(await scene.view(carol, group.id)).toMatchObject({ readSeq: 3, unread: 0, lastMessage: null, seq: 4 })
        expect(seqs(await group.history(carol))).toEqual([4])
        await group.said(alice)
        expect(await scene.view(carol, group.id)).toMatchObject({ unread: 1, lastMessage: { seq: 5 } })
      },
    },
    {
      name: 'a user who joins with everything reads from the beginning, and nothing of that is unread',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await scene.store(group.say(alice), group.say(bob))
        await group.join(alice, carol, 'everything')
        expect(seqs(await group.history(carol))).toEqual(upTo(4))
        expect(await group.given(carol)).toEqual([4])
        expect(await scene.view(carol, group.id)).toMatchObject({ readSeq: 3, unread: 0, lastMessage: { seq: 3 } })
        const found = await scene.storage.groups.memberships(group.id, [carol])
        expect(found?.memberships[0]).toMatchObject({ from: 0, to: null })
      },
    },
    {
      name: 'who is a member already keeps everything and gets no second membership',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await scene.commit(
          group.say(alice),
          scene.read(bob, group.id, 2),
          scene.settings(bob, group.id, { pinned: true }),
        )
        const before = await scene.storage.groups.memberships(group.id, [alice, bob])
        const again = (userId: string) => ({ userId, role: 'admin', reads: 'from-now' }) as const
        const result = await group.change(alice, { join: [again(bob), again(carol), again(alice)] })
        expect(result).toMatchObject({ memberCount: 3, version: 2 })
        const after = await scene.storage.groups.memberships(group.id, [alice, bob])
        expect(after).toEqual({ ...before, version: 2 })
        expect(await scene.view(bob, group.id)).toMatchObject({ readSeq: 2, pinned: true })
        expect(seqs(await group.history(bob))).toEqual(upTo(3))
        const page = await scene.storage.groups.members(group.id, null, 10)
        expect(page.members.map(({ userId }) => userId)).toEqual([alice, bob, carol])
      },
    },
    {
      name: 'a user who leaves gets the message about it, and nothing after that',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        await group.said(carol)
        expect(await group.leave(alice, bob)).toMatchObject({ seq: 3, version: 2, memberCount: 2, inbox: [3, 3, 3] })
        await group.said(alice)
        expect(await group.given(bob)).toEqual([1, 2, 3])
        expect(await group.given(carol)).toEqual([1, 2, 3, 4])
        const found = await scene.storage.groups.memberships(group.id, [bob, carol])
        expect(found?.memberships).toMatchObject([{ from: 0, to: 3 }, { to: null }])
        expect(await scene.storage.members.access(group.id, bob)).toBeNull()
      },
    },
    {
      name: 'who is no member cannot leave',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.leave(alice, bob)
        const op = { ...group.changing(alice, { leave: [bob, carol] }), members: [alice] }
        expect(await group.did(op)).toMatchObject({ memberCount: 1, facts: [], inbox: [3] })
        const found = await scene.storage.groups.memberships(group.id, [bob, carol])
        expect(found?.memberships).toMatchObject([{ to: 2 }, null])
      },
    },
    {
      name: 'rejoining begins a new interval and keeps the earlier ones',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.said(alice)
        await group.leave(alice, bob)
        await group.said(alice)
        const { version } = await group.join(alice, bob)
        await group.said(alice)
        await group.leave(bob, bob)
        await scene.store(group.say(alice), group.say(alice))
        const op = group.changing(alice, { join: [{ userId: bob, role: 'admin', reads: 'from-now' }] })
        await group.did(op)
        expect(version).toBe(3)
        expect(seqs(await group.history(bob))).toEqual([1, 2, 3, 5, 6, 7, 10])
        expect(await group.given(bob)).toEqual([1, 2, 3, 5, 6, 7, 10])
        const found = await scene.storage.groups.memberships(group.id, [bob])
        expect(found?.memberships).toMatchObject([
          { role: 'admin', joinedAt: op.message.serverTime, mutedUntil: 0, from: 9, to: null },
        ])
        expect(await scene.view(bob, group.id)).toMatchObject({ readSeq: 9, unread: 0, lastMessage: null })
      },
    },
    {
      name: 'a user who rejoins with everything also reads the messages in between',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.leave(alice, bob)
        await group.said(alice)
        await group.join(alice, bob, 'everything')
        expect(seqs(await group.history(bob))).toEqual(upTo(4))
      },
    },
    {
      name: 'a dissolved group ends every membership with its last message',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.said(alice)
        expect(await group.change(alice, { dissolve: true })).toMatchObject({ seq: 3, version: 2, memberCount: 0 })
        expect(await group.given(bob)).toEqual([1, 2, 3])
        const { groups, members, conversations } = scene.storage
        expect(await groups.group(group.id)).toBeNull()
        expect(await groups.roster(group.id)).toBeNull()
        expect(await groups.members(group.id, null, 10)).toEqual({ members: [], more: false })
        expect((await groups.memberships(group.id, [alice, bob]))?.memberships).toMatchObject([{ to: 3 }, { to: 3 }])
        for (const userId of [alice, bob, null]) expect(await members.access(group.id, userId)).toBeNull()
        expect(await conversations.views(bob, [group.id])).toEqual([null])
        expect((await conversations.list(alice, null, 10)).conversations).toEqual([])
        expect(await groups.owned(alice)).toBe(0)
        expect(await members.sharing(alice, [bob])).toEqual([])
      },
    },
    {
      name: 'nothing is stored in a dissolved group, whatever version it is decided under',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const seq = await group.said(alice)
        await group.change(alice, { dissolve: true })
        const recalling = group.controlling(alice, { kind: 'recall', seq })
        for (const version of [1, 2]) {
          const results = await writesNothing(group, [alice, bob], () =>
            scene.commit(
              { ...group.say(alice), version, members: [alice, bob] },
              { ...recalling, version },
              { ...group.changing(alice, { name: 'again' }), version },
            ),
          )
          expect(results.map((result) => result.status)).toEqual(['stale', 'stale', 'stale'])
        }
      },
    },
    {
      name: 'roles change, and the ownership passes with them',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        const roles = [
          { userId: bob, role: 'owner' },
          { userId: alice, role: 'admin' },
        ] as const
        expect(await group.change(alice, { roles })).toMatchObject({ version: 2, memberCount: 3 })
        const found = await scene.storage.groups.memberships(group.id, [alice, bob, carol])
        expect(found?.memberships.map((one) => one?.role)).toEqual(['admin', 'owner', 'member'])
        expect(await scene.storage.groups.group(group.id)).toMatchObject({ ownerId: bob, version: 2 })
        expect([await scene.storage.groups.owned(alice), await scene.storage.groups.owned(bob)]).toEqual([0, 1])
      },
    },
    {
      name: 'an owner leaves in the same change that names the next one',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.change(alice, { leave: [alice], roles: [{ userId: bob, role: 'owner' }] })
        expect(await scene.storage.groups.group(group.id)).toMatchObject({ ownerId: bob, memberCount: 1 })
        expect([await scene.storage.groups.owned(alice), await scene.storage.groups.owned(bob)]).toEqual([0, 1])
      },
    },
    {
      name: 'a mute is kept for a member and for everybody, and ended with 0',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const until = 1_900_000_000_123
        const read = async (): Promise<unknown[]> => [
          (await scene.storage.groups.memberships(group.id, [bob]))?.memberships[0]?.mutedUntil,
          (await scene.storage.groups.group(group.id))?.mutedUntil,
          (await scene.storage.members.access(group.id, bob))?.group?.mutedUntil,
        ]
        await group.change(alice, { mutes: [{ userId: bob, until }] })
        expect(await read()).toEqual([until, 0, 0])
        await group.change(alice, { mutedUntil: until + 1 })
        expect(await read()).toEqual([until, until + 1, until + 1])
        expect((await scene.storage.groups.roster(group.id))?.mutedUntil).toBe(until + 1)
        await group.change(alice, { mutes: [{ userId: bob, until: 0 }], mutedUntil: 0 })
        expect(await read()).toEqual([0, 0, 0])
      },
    },
    {
      name: 'a change of the profile leaves what it does not name, and null empties',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const profile = { name: 'one', avatar: 'a', announcement: 'b', ext: '{"c":1}' }
        const group = await GroupOnStage.make(scene, [alice, bob], profile)
        await group.change(alice, { announcement: 'new', mutedUntil: 7 })
        const read = async (): Promise<unknown> => scene.storage.groups.group(group.id)
        expect(await read()).toMatchObject({ ...profile, announcement: 'new', mutedUntil: 7, version: 2 })
        await group.change(alice, { name: 'two', avatar: null, announcement: null, ext: null })
        const emptied = { name: 'two', avatar: null, announcement: null, ext: null, mutedUntil: 7, version: 3 }
        expect(await read()).toMatchObject({ ...emptied, ownerId: alice, memberCount: 2 })
        expect(await scene.view(bob, group.id)).toMatchObject({ name: 'two', avatar: null, ext: null })
      },
    },
    {
      name: 'what a group is called comes back byte for byte',
      async run(scene) {
        const [alice] = scene.users('alice')
        const awkward = ' e\u0301 \u00e9 \u{1f697}\u200d\' " \\ %_ \r\n\t\u202e '
        const ext = `{"b": 1.0, "a": ${JSON.stringify(awkward)}, "b": 2}`
        const given = { name: awkward, avatar: awkward, announcement: awkward.repeat(100), ext }
        const group = await GroupOnStage.make(scene, [alice], given)
        expect(await scene.storage.groups.group(group.id)).toMatchObject(given)
        await group.change(alice, { name: 'plain', ext: null })
        await group.change(alice, { name: given.name, ext })
        expect(await scene.storage.groups.group(group.id)).toMatchObject(given)
        expect(await scene.view(alice, group.id)).toMatchObject({ name: awkward, avatar: awkward, ext })
      },
    },
    {
      name: 'a change that the host makes is from nobody, and has its key in the space of the system',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const op = group.changing(null, { name: 'by the host' })
        expect(await group.did(op)).toMatchObject({ seq: 2, version: 2 })
        expect(only(await scene.commit(op))).toMatchObject({ status: 'duplicate', seq: 2 })
        expect(await scene.storage.keys.find(alice, op.message.clientMsgId)).toBeNull()
      },
    },
    {
      name: 'ids of groups and users that contain one another, or differ in case, are different ones',
      async run(scene) {
        const alice = scene.user('alice')
        const people = [alice, `${alice}x`, scene.user('Alice'), scene.user('xalice'), `${alice}%`, `${alice}_`]
        const ids = [scene.conversation('g'), `${scene.conversation('g')}x`, scene.conversation('G'), people[1]!]
        for (const [index, id] of ids.entries()) {
          const group = new GroupOnStage(scene, id)
          const [owner, other] = [people[index]!, people[index + 1]!]
          await group.change(owner, { name: `group ${index}`, join: founders(owner, [other]) })
          await group.said(other)
        }
        for (const [index, id] of ids.entries()) {
          const found = await scene.storage.groups.group(id)
          expect(found).toMatchObject({ name: `group ${index}`, ownerId: people[index], memberCount: 2, version: 1 })
          const page = await scene.storage.groups.members(id, null, 10)
          expect(page.members.map(({ userId }) => userId)).toEqual([people[index]!, people[index + 1]!].toSorted())
        }
        const listed = await Promise.all(people.map((userId) => scene.storage.conversations.list(userId, null, 10)))
        expect(listed.map(({ conversations }) => conversations.length)).toEqual([1, 2, 2, 2, 1, 0])
        expect(await scene.storage.members.sharing(people[0]!, people.slice(1))).toEqual([people[1]])
      },
    },
  ],
}
