// Who is in which group, and groups in a user's list of conversations.
import { expect } from 'vitest'
import type { Membership } from '@rookery/core'
import type { UserId } from '@rookery/protocol'
import { only, upTo } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { GroupOnStage } from './stage.js'

export const groupLists: StorageGroup = {
  title: 'members of groups, and groups among conversations',
  cases: [
    {
      name: 'a group is viewed with its own name and with nothing of a peer',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { name: 'one', avatar: 'a', ext: '{"b":1}' })
        const made = (await group.message(1)).serverTime
        const view = {
          conversationId: group.id,
          kind: 'c2g',
          peerId: null,
          subject: '',
          name: 'one',
          avatar: 'a',
          ext: '{"b":1}',
          lastMessage: null,
          seq: 1,
          readSeq: 0,
          unread: 0,
          mentioned: 0,
          peerReadSeq: null,
          peerDeliveredSeq: null,
          pinned: false,
          muted: false,
          hidden: false,
          updatedAt: made,
        }
        expect(await scene.view(bob, group.id)).toEqual(view)
        // A change of the group does not count as activity.
        await group.change(alice, { name: 'two' })
        expect(await scene.view(bob, group.id)).toEqual({ ...view, name: 'two', seq: 2 })
        const op = group.say(alice)
        await scene.store(op)
        const lastMessage = await group.message(3)
        const after = { ...view, name: 'two', seq: 3, unread: 1, lastMessage, updatedAt: op.message.serverTime }
        expect(await scene.view(bob, group.id)).toEqual(after)
      },
    },
    {
      name: 'groups are in the list among c2c conversations, by activity, and count in the total of unread',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const first = await GroupOnStage.make(scene, [alice, bob], {}, 'first')
        const second = await GroupOnStage.make(scene, [alice, bob], {}, 'second')
        await scene.store(scene.say(carol, alice))
        const left = await GroupOnStage.make(scene, [bob, alice], {}, 'left')
        await scene.store(left.say(bob), first.say(bob), first.say(bob))
        await left.leave(bob, alice)
        const listed = await scene.storage.conversations.list(alice, null, 10)
        const ids = [first.id, scene.between(alice, carol), second.id]
        expect(listed.conversations.map(({ conversationId }) => conversationId)).toEqual(ids)
        expect([listed.unreadTotal, listed.more]).toEqual([3, false])
        for (const view of listed.conversations) expect(view).toEqual(await scene.view(alice, view.conversationId))
        const page = await scene.storage.conversations.list(alice, null, 2)
        expect([page.conversations.length, page.unreadTotal, page.more]).toEqual([2, 3, true])
        const { updatedAt, conversationId } = page.conversations[1]!
        const rest = await scene.storage.conversations.list(alice, { updatedAt, conversationId }, 2)
        expect(rest.conversations.map((view) => view.conversationId)).toEqual([second.id])
      },
    },
    {
      name: 'access to a group is for members, with what decides whether they may speak',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.said(alice)
        const { members, groups } = scene.storage
        const membership = only((await groups.memberships(group.id, [bob]))!.memberships)
        const access = await members.access(group.id, bob)
        expect(access).toEqual({
          conversationId: group.id,
          kind: 'c2g',
          users: [],
          subject: '',
          version: 1,
          seq: 2,
          floor: 0,
          group: { fanOut: 'write', memberCount: 2, mutedUntil: 0, membership },
        })
        expect(membership).toMatchObject({ userId: bob, role: 'member', mutedUntil: 0, from: 0, to: null })
        expect(await members.access(group.id, null)).toEqual({
          ...access,
          group: { ...access!.group!, membership: null },
        })
        expect(await members.access(group.id, carol)).toBeNull()
        await group.change(alice, { roles: [{ userId: bob, role: 'admin' }], mutes: [{ userId: bob, until: 9 }] })
        const later = await members.access(group.id, bob)
        expect(later).toMatchObject({ version: 2, group: { membership: { role: 'admin', mutedUntil: 9 } } })
      },
    },
    {
      name: 'the readers of a message are the members who are at it or beyond, in pages by their ids',
      async run(scene) {
        const people = upTo(9).map((n) => scene.user(`u${n}`))
        const [owner, ...others] = people as [UserId, ...UserId[]]
        const group = await GroupOnStage.make(scene, people)
        await scene.store(group.say(owner), group.say(owner))
        const read = others.slice(0, 5)
        await scene.commit(...read.map((userId, index) => scene.read(userId, group.id, index % 2 ? 2 : 3)))
        await group.leave(owner, read[4]!)
        const { members } = scene.storage
        const all = [owner, ...read.slice(0, 4)].toSorted()
        expect(await members.readers(group.id, 2, null, 10)).toEqual({ read: 5, total: 8, userIds: all, more: false })
        const pages = [await members.readers(group.id, 2, null, 3), await members.readers(group.id, 2, all[2]!, 2)]
        expect(pages).toEqual([
          { read: 5, total: 8, userIds: all.slice(0, 3), more: true },
          { read: 5, total: 8, userIds: all.slice(3), more: false },
        ])
        expect(await members.readers(group.id, 3, null, 10)).toMatchObject({ read: 3, total: 8 })
        expect(await members.readers(group.id, 3, all[4]!, 10)).toMatchObject({ read: 3, userIds: [], more: false })
      },
    },
    {
      name: 'a user who joins after a message is not among its readers, until the user reads earlier messages',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const before = await group.said(alice)
        await group.join(alice, carol)
        const after = await group.said(alice)
        const { members } = scene.storage
        const read = (seq: number): Promise<unknown> => members.readers(group.id, seq, null, 10)
        expect(await read(before)).toEqual({ read: 1, total: 2, userIds: [alice], more: false })
        expect(await read(after)).toEqual({ read: 1, total: 3, userIds: [alice], more: false })
        await scene.commit(scene.read(carol, group.id, after))
        expect(await read(before)).toMatchObject({ read: 1, total: 2 })
        expect(await read(after)).toEqual({ read: 2, total: 3, userIds: [alice, carol].toSorted(), more: false })
        await group.leave(alice, carol)
        await group.join(alice, carol)
        expect(await read(after)).toMatchObject({ read: 1, total: 2 })
      },
    },
    {
      name: 'the readers of a message to one other are the two who are at it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob))
        const { members } = scene.storage
        const read = async (): Promise<unknown> => members.readers(scene.between(alice, bob), 1, null, 10)
        expect(await read()).toEqual({ read: 1, total: 2, userIds: [alice], more: false })
        await scene.commit(scene.read(bob, scene.between(alice, bob), 1))
        expect(await read()).toEqual({ read: 2, total: 2, userIds: [alice, bob], more: false })
        const absent = await members.readers(scene.conversation('absent'), 1, null, 10)
        expect(absent).toEqual({ read: 0, total: 0, userIds: [], more: false })
      },
    },
    {
      name: 'members of a group share a conversation while they are members',
      async run(scene) {
        const [alice, bob, carol, dave] = scene.users('alice', 'bob', 'carol', 'dave')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        await GroupOnStage.make(scene, [dave, carol], { fanOut: 'read' }, 'other')
        const { members } = scene.storage
        const shared = async (userId: UserId): Promise<string[]> =>
          (await members.sharing(userId, [alice, bob, carol, dave])).toSorted()
        expect(await shared(alice)).toEqual([bob, carol])
        expect(await shared(carol)).toEqual([alice, bob, dave])
        await group.leave(alice, bob)
        expect(await shared(alice)).toEqual([carol])
        expect(await shared(bob)).toEqual([])
        expect(await members.sharing(dave, [alice])).toEqual([])
      },
    },
    {
      name: 'one shares no group with oneself, only what one says to oneself',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await GroupOnStage.make(scene, [alice, bob])
        expect(await scene.storage.members.sharing(alice, [alice, bob])).toEqual([bob])
        await scene.store(scene.say(alice, alice))
        expect((await scene.storage.members.sharing(alice, [alice, bob])).toSorted()).toEqual([alice, bob])
      },
    },
    {
      name: 'members come in pages by their ids, ascending as bytes, without former members',
      async run(scene) {
        const names = ['b', 'B', 'a', 'Z', 'z', 'a.', 'a-', 'a_', 'aa', '0', '~']
        const people = names.map(scene.user)
        const group = await GroupOnStage.make(scene, people)
        await group.leave(people[0]!, people[2]!)
        const expected = people.filter((_, index) => index !== 2).toSorted()
        for (const size of [1, 3, 9, 10, 11]) {
          const joined: Membership[] = []
          for (;;) {
            const after = joined.at(-1)?.userId ?? null
            const page = await scene.storage.groups.members(group.id, after, size)
            joined.push(...page.members)
            expect(page.more).toBe(joined.length < expected.length)
            if (!page.more) break
            expect(page.members).toHaveLength(size)
          }
          expect(joined.map(({ userId }) => userId)).toEqual(expected)
          const found = await scene.storage.groups.memberships(group.id, expected)
          expect(joined).toEqual(found?.memberships)
        }
        const absent = await scene.storage.groups.members(scene.conversation('absent'), null, 5)
        expect(absent).toEqual({ members: [], more: false })
      },
    },
    {
      name: 'memberships come in the order asked, ended ones too, null for who never was one',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.leave(alice, bob)
        const { groups } = scene.storage
        const found = await groups.memberships(group.id, [carol, bob, alice, bob])
        expect(found?.version).toBe(2)
        expect(found?.memberships).toMatchObject([
          null,
          { userId: bob, to: 2 },
          { userId: alice, role: 'owner', to: null },
          { userId: bob, to: 2 },
        ])
        expect(await groups.memberships(group.id, [])).toEqual({ version: 2, memberships: [] })
        expect(await groups.memberships(scene.conversation('absent'), [alice])).toBeNull()
      },
    },
    {
      name: 'the roster is everybody with what decides whether they may speak, under one version',
      async run(scene) {
        const [alice, bob, carol, dave] = scene.users('alice', 'bob', 'carol', 'dave')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        await group.change(alice, { mutes: [{ userId: bob, until: 5 }], leave: [carol], mutedUntil: 7 })
        await group.join(alice, dave)
        const roster = await scene.storage.groups.roster(group.id)
        const found = await scene.storage.groups.memberships(group.id, [alice, bob, dave])
        expect(roster).toMatchObject({ version: 3, fanOut: 'write', mutedUntil: 7, memberCount: 3 })
        expect(roster?.members.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))).toEqual(found?.memberships)
        expect(await scene.storage.groups.roster(scene.conversation('absent'))).toBeNull()
      },
    },
    {
      name: 'the roster of a group fanned out on read names nobody, and counts them',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        const roster = await scene.storage.groups.roster(group.id)
        expect(roster).toEqual({ version: 1, fanOut: 'read', mutedUntil: 0, memberCount: 2, members: [] })
      },
    },
    {
      name: 'a conversation of two is no group',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob))
        const { groups } = scene.storage
        const id = scene.between(alice, bob)
        const asked = [groups.group(id), groups.roster(id), groups.memberships(id, [alice])]
        expect(await Promise.all(asked)).toEqual([null, null, null])
        expect(await groups.members(id, null, 5)).toEqual({ members: [], more: false })
      },
    },
    {
      name: 'one owns the groups whose owner one is',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const owned = async (): Promise<number[]> =>
          Promise.all([alice, bob].map((userId) => scene.storage.groups.owned(userId)))
        expect(await owned()).toEqual([0, 0])
        const one = await GroupOnStage.make(scene, [alice, bob], {}, 'one')
        const two = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' }, 'two')
        await GroupOnStage.make(scene, [bob, alice], {}, 'three')
        expect(await owned()).toEqual([2, 1])
        await two.change(alice, { dissolve: true })
        expect(await owned()).toEqual([1, 1])
        await one.change(alice, { leave: [alice], roles: [{ userId: bob, role: 'owner' }] })
        expect(await owned()).toEqual([0, 2])
      },
    },
  ],
}
