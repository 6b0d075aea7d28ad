// Groups that change while members send in them, over several connections; and what of a group outlives an instance.
import { expect } from 'vitest'
import type { Seq, UserId } from '@rookery/protocol'
import type { GroupChange, GroupOp, Storage } from '@rookery/core'
import { only, upTo, type StorageScene } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { edit, founders, GroupOnStage, parsed, react, recall, seqs, writesNothing } from './stage.js'

const writers = 4
const messagesEach = 15

export const groupRaces: StorageGroup = {
  title: 'groups and races',
  cases: [
    {
      name: 'nothing sequenced after a removal reaches who was removed, and everything before does',
      run: (scene) => comeAndGo(scene, [scene.storage]),
    },
    {
      name: 'nothing sequenced after a removal on another instance reaches who was removed, and everything before does',
      needs: 'another',
      async run(scene) {
        await comeAndGo(scene, [scene.storage, await scene.another(), await scene.another()])
      },
    },
    {
      name: 'a group that crosses to fan-out on read while people speak loses and repeats nothing for anyone',
      needs: 'another',
      async run(scene) {
        const people = scene.users('a', 'b', 'c')
        const group = await GroupOnStage.make(scene, people)
        const instances = [scene.storage, await scene.another()]
        const speaking = speakers(group, people, instances)
        const crossing = changed(group, instances[1]!, { fanOut: 'read' })
        const [crossedAt] = await Promise.all([crossing, ...speaking])
        const head = 2 + writers * messagesEach
        expect(seqs(await scene.timeline(group.id))).toEqual(upTo(head))
        for (const userId of people) {
          expect(await group.given(userId)).toEqual(upTo(crossedAt - 1))
          const fact = await scene.lastFact(userId)
          expect(fact).toMatchObject({ kind: 'follow', body: { conversationId: group.id, from: crossedAt - 1 } })
          expect(fact.seq).toBe(crossedAt)
          const page = await scene.storage.timelines.timeline(userId, group.id, crossedAt - 1, 1_000)
          expect(seqs(page!.messages)).toEqual(upTo(head).slice(crossedAt - 1))
        }
      },
    },
    {
      name: 'of many changes at once under one version exactly one is made',
      needs: 'another',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const instances = [scene.storage, await scene.another()]
        const ops = upTo(20).map((n) => group.changing(alice, { name: `name ${n}` }))
        const results = await Promise.all(ops.map((op, n) => scene.commitOn(instances[n % 2]!, [op])))
        const made = results.flatMap(([result], n) => (result.status === 'stored' ? [n + 1] : []))
        expect(made).toHaveLength(1)
        expect(results.filter(([result]) => result.status === 'stale')).toHaveLength(19)
        const found = await scene.storage.groups.group(group.id)
        expect(found).toMatchObject({ version: 2, name: `name ${made[0]}` })
        expect(await group.given(bob)).toEqual([1, 2])
      },
    },
    {
      name: 'of many who make one group at once exactly one does',
      needs: 'another',
      async run(scene) {
        const people = upTo(10).map((n) => scene.user(`u${n}`))
        const group = new GroupOnStage(scene, scene.conversation('group'))
        const instances = [scene.storage, await scene.another()]
        const ops = people.map((userId) => group.changing(userId, { join: founders(userId, []) }))
        const results = await Promise.all(ops.map((op, n) => scene.commitOn(instances[n % 2]!, [op])))
        const made = people.filter((_, n) => only(results[n]!).status === 'stored')
        expect(made).toHaveLength(1)
        expect(await scene.storage.groups.group(group.id)).toMatchObject({ ownerId: made[0], memberCount: 1 })
        const heads = await scene.storage.heads.users(people)
        expect(heads.map(({ seq }) => seq)).toEqual(people.map((userId) => (userId === made[0] ? 1 : 0)))
      },
    },
    {
      name: 'reactions made at once all count, and one made twice at once counts once',
      needs: 'another',
      async run(scene) {
        const people = upTo(8).map((n) => scene.user(`u${n}`))
        const group = await GroupOnStage.make(scene, people)
        const seq = await group.said(people[0]!)
        const instances = [scene.storage, await scene.another()]
        const results = await Promise.all(
          people.flatMap((userId) =>
            instances.map((storage) => scene.commitOn(storage, [group.controlling(userId, react(seq, userId, '+1'))])),
          ),
        )
        expect(results.filter(([result]) => result.status === 'stored')).toHaveLength(8)
        expect(results.filter(([result]) => result.status === 'unchanged')).toHaveLength(8)
        expect(parsed((await group.message(seq)).reactions)).toEqual({ '+1': 8 })
        expect(seqs(await scene.timeline(group.id))).toEqual([1, 2])
        expect(await group.given(people[7]!)).toEqual(upTo(10))
      },
    },
    {
      name: 'a recall beside edits and reactions leaves nothing of the content',
      needs: 'another',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const instances = [scene.storage, await scene.another()]
        for (const n of upTo(5)) {
          const seq = await group.said(alice, { content: '{"text":"secret"}' })
          const changes = [
            ...upTo(4).map((m) => edit(seq, `secret ${n} ${m}`)),
            react(seq, alice, '+1'),
            recall(seq),
            ...upTo(4).map((m) => edit(seq, `late secret ${n} ${m}`)),
          ]
          const ops = changes.map((change) => group.controlling(alice, change))
          await Promise.all(ops.map((op, index) => scene.commitOn(instances[index % 2]!, [op])))
          expect(await group.message(seq)).toMatchObject({ content: null, recalled: true, reactions: null })
        }
        expect(JSON.stringify(await scene.inbox(bob))).not.toContain('secret')
        const head = only(await scene.storage.heads.conversations([group.id]))!.seq
        expect(await group.given(bob)).toEqual(upTo(head))
        expect((await scene.view(bob, group.id)).unread).toBe(0)
      },
    },
    {
      name: 'commits at once over groups that share members, in crossing orders, leave no gap anywhere',
      needs: 'another',
      async run(scene) {
        const people = scene.users('a', 'b', 'c', 'd')
        const groups = await Promise.all(
          upTo(4).map((n) => {
            const members = people.filter((_, index) => index !== n % 4)
            return GroupOnStage.make(scene, n % 2 ? members : members.toReversed(), {}, `group${n}`)
          }),
        )
        const instances = [scene.storage, await scene.another()]
        await Promise.all(
          upTo(30).map((n) => {
            const ops = upTo(4).map((m) => {
              const group = groups[(n * 3 + m) % 4]!
              const members = n % 2 ? group.members : group.members.toReversed()
              return group.say(members[m % 3]!, { members })
            })
            const [from, to] = [people[n % 4]!, people[(n + 1) % 4]!]
            return scene.commitOn(instances[n % 2]!, [ops[0]!, scene.say(from, to), ops[1]!, ops[2]!, ops[3]!])
          }),
        )
        let total = 0
        for (const group of groups) {
          const messages = await scene.timeline(group.id)
          expect(seqs(messages)).toEqual(upTo(messages.length))
          for (const userId of group.members) expect(await group.given(userId)).toEqual(upTo(messages.length))
          total += messages.length - 1
        }
        expect(total).toBe(120)
        for (const userId of people) {
          const entries = await scene.inbox(userId)
          expect(entries.map(({ seq }) => seq)).toEqual(upTo(entries.length))
        }
      },
    },
    {
      name: 'opening again keeps groups, their members and the changes of messages',
      needs: 'reopen',
      alone: true,
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const people = [alice, bob, carol]
        const group = await GroupOnStage.make(scene, [alice, bob], { name: 'one', ext: '{"a":1}' })
        const followed = await GroupOnStage.make(scene, people, { fanOut: 'read' }, 'followed')
        await scene.store(group.say(alice), group.say(bob, { mentions: ['@all'] }), group.say(alice))
        await group.control(bob, react(2, bob, '+1'))
        await group.control(alice, edit(2, 'new'))
        const recalling = group.controlling(alice, recall(4))
        await scene.commit(recalling)
        await group.leave(alice, bob)
        await group.join(alice, bob)
        await group.change(alice, {
          mutes: [{ userId: bob, until: 5 }],
          join: [{ userId: carol, role: 'admin', reads: 'everything' }],
        })
        const { storage: before } = scene
        const state = async (
          { timelines, heads, groups, members, conversations } = scene.storage,
        ): Promise<unknown> => ({
          groups: await Promise.all([group, followed].map(({ id }) => groups.group(id))),
          rosters: await Promise.all([group, followed].map(({ id }) => groups.roster(id))),
          memberships: await groups.memberships(group.id, people),
          access: await members.access(group.id, bob),
          histories: await Promise.all(people.map((userId) => group.history(userId))),
          inboxes: await Promise.all(people.map((userId) => scene.inbox(userId))),
          lists: await Promise.all(people.map((userId) => conversations.list(userId, null, 10))),
          follows: await heads.follows(bob),
          mine: await timelines.reactions(bob, [{ conversationId: group.id, seq: 2 }]),
        })
        const was = await state()
        await scene.reopen()
        expect(scene.storage).not.toBe(before)
        expect(await state()).toEqual(was)
        const repeat = await writesNothing(group, people, () => scene.commit(recalling))
        expect(repeat).toMatchObject([{ status: 'duplicate', seq: 7 }])
        expect(await group.said(carol)).toBe(11)
        expect(await group.change(alice, { name: 'two' })).toMatchObject({ seq: 12, version: 5 })
      },
    },
  ],
}

/**
 * Members leave and come back while all send; each decides again after a stale result. All must be as the intervals
 * say.
 */
async function comeAndGo(scene: StorageScene, instances: readonly Storage[]): Promise<void> {
  const people = scene.users('a', 'b', 'c', 'd')
  const [owner, , , guest] = people
  const group = await GroupOnStage.make(scene, people)
  const inside: [from: Seq, to: Seq][] = []
  const goAndCome = async (): Promise<void> => {
    const storage = instances.at(-1)!
    let from = 0
    for (const _ of upTo(4)) {
      inside.push([from, await changed(group, storage, { leave: [guest] })])
      from = (await changed(group, storage, { join: [{ userId: guest, role: 'member', reads: 'from-now' }] })) - 1
    }
    inside.push([from, await changed(group, storage, { leave: [guest] })])
  }
  await Promise.all([goAndCome(), ...speakers(group, [owner, people[1], people[2]], instances)])

  const head = 10 + writers * messagesEach
  expect(seqs(await scene.timeline(group.id))).toEqual(upTo(head))
  for (const userId of people.slice(0, 3)) expect(await group.given(userId)).toEqual(upTo(head))
  const mine = upTo(head).filter((seq) => inside.some(([from, to]) => seq > from && seq <= to))
  expect(await group.given(guest)).toEqual(mine)
  expect(seqs(await group.history(guest))).toEqual(mine)
  const entries = await scene.inbox(guest)
  expect(entries.map(({ seq }) => seq)).toEqual(upTo(entries.length))
}

/** Several users who each send again and again, and read the members before each attempt. */
function speakers(group: GroupOnStage, people: readonly UserId[], instances: readonly Storage[]): Promise<void>[] {
  return upTo(writers).map(async (n) => {
    const storage = instances[n % instances.length]!
    for (const _ of upTo(messagesEach)) {
      const op = group.say(people[n % people.length]!)
      await untilCurrent(group, storage, async ({ version, members }) => {
        const [result] = await group.scene.commitOn(storage, [{ ...op, version, members }])
        return result.status === 'stored' ? result.seq : null
      })
    }
  })
}

/** Changes the group, deciding again while the op is stale; returns the sequence of the change. */
function changed(group: GroupOnStage, storage: Storage, change: GroupChange): Promise<Seq> {
  const op = group.changing(group.members[0]!, change)
  return untilCurrent(group, storage, async ({ version, members }) => {
    const joining = (change.join ?? []).map(({ userId }) => userId)
    const given: GroupOp = { ...op, version, members: change.fanOut ? [] : [...members, ...joining] }
    const [result] = await group.scene.commitOn(storage, [given])
    return result.status === 'stored' ? result.seq : null
  })
}

async function untilCurrent(
  group: GroupOnStage,
  storage: Storage,
  attempt: (roster: { readonly version: number; readonly members: readonly UserId[] }) => Promise<Seq | null>,
): Promise<Seq> {
  for (;;) {
    const roster = await storage.groups.roster(group.id)
    if (roster === null) throw new Error('the group is gone')
    const members = roster.members.map(({ userId }) => userId)
    const seq = await attempt({ version: roster.version, members })
    if (seq !== null) return seq
  }
}
