// Which messages of a group each user may see: history, timelines and views inside the intervals of a membership.
import { expect } from 'vitest'
import type { Seq, UserId } from '@rookery/protocol'
import type { StoredMessage } from '@rookery/core'
import { only, upTo, type StorageScene } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { edit, GroupOnStage, react, recall, seqs } from './stage.js'

const changes = [
  { name: 'an edit', change: (seq: Seq) => edit(seq, 'afterwards') },
  { name: 'a recall', change: (seq: Seq) => recall(seq) },
  { name: 'a reaction', change: (seq: Seq, userId: UserId) => react(seq, userId, 'x') },
] as const

export const groupWindows: StorageGroup = {
  title: 'what of a group is for whom',
  cases: [
    {
      name: 'history has the messages inside the reader’s intervals, and a page counts only returned messages',
      async run(scene) {
        const { group, bob, stranger, mine } = await comingAndGoing(scene)
        const page = async (range: { after?: Seq; before?: Seq }, limit: number, reader = bob): Promise<unknown> => {
          const { messages, more } = await scene.storage.timelines.messages(group.id, { ...range, limit, reader })
          return [seqs(messages), more]
        }
        expect(await page({ after: 0 }, 100)).toEqual([mine, false])
        expect(await page({}, 100)).toEqual([mine, false])
        for (const limit of [1, 2, 3, mine.length - 1, mine.length]) {
          const more = limit < mine.length
          expect(await page({ after: 0 }, limit)).toEqual([mine.slice(0, limit), more])
          expect(await page({}, limit)).toEqual([mine.slice(-limit), more])
        }
        expect(await page({ after: mine[1]!, before: mine[4]! }, 5)).toEqual([mine.slice(2, 4), false])
        expect(await page({ after: mine[1]! }, 3)).toEqual([mine.slice(2, 5), true])
        expect(await page({ before: mine[3]! }, 2)).toEqual([mine.slice(1, 3), true])
        expect(await page({ after: 0 }, 5, stranger)).toEqual([[], false])
        expect(seqs(await scene.timeline(group.id))).toHaveLength(await headOf(group))
      },
    },
    {
      name: 'history leaves folded controls out inside intervals too, and counts what it returns',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.said(alice)
        await group.join(alice, carol)
        const said: Seq[] = [3]
        for (const n of upTo(4)) {
          said.push(await group.said(alice))
          await group.control(alice, n % 2 ? edit(said.at(-1)!, 'new') : react(said.at(-1)!, alice, 'x'))
        }
        const { timelines } = scene.storage
        const first = await timelines.messages(group.id, { after: 0, limit: 4, reader: carol })
        expect([seqs(first.messages), first.more]).toEqual([said.slice(0, 4), true])
        const rest = await timelines.messages(group.id, { after: said[3]!, limit: 4, reader: carol })
        expect([seqs(rest.messages), rest.more]).toEqual([said.slice(4), false])
        const last = await timelines.messages(group.id, { limit: 5, reader: carol })
        expect([seqs(last.messages), last.more]).toEqual([said, false])
      },
    },
    {
      name: 'the reader of a c2c conversation gets all of it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob), scene.say(bob, alice))
        const range = { limit: 5, reader: bob }
        const { messages } = await scene.storage.timelines.messages(scene.between(alice, bob), range)
        expect(messages).toEqual(await scene.timeline(scene.between(alice, bob)))
      },
    },
    ...changes.map(({ name, change }) => ({
      name: `${name} after somebody left withholds the message from them, in history and inbox`,
      async run(scene: StorageScene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob, carol])
        const seq = await group.said(alice, { content: '{"text":"then"}', ext: '{"x":1}', mentions: [bob] })
        await group.control(carol, react(seq, carol, '+1'))
        await group.leave(alice, bob)
        const at = await group.control(alice, change(seq, alice))
        const withheld = {
          seq,
          from: alice,
          type: 'text',
          ...{ content: null, ext: null, reactions: null, editedAt: null, asOf: null, recalled: false, withheld: true },
        }
        expect(find(await group.history(bob), seq)).toMatchObject(withheld)
        expect(find(await inboxMessages(group, bob), seq)).toMatchObject(withheld)
        const now = { asOf: at, withheld: false }
        expect(find(await group.history(carol), seq)).toMatchObject(now)
        expect(find(await inboxMessages(group, carol), seq)).toMatchObject(now)
        expect(await group.message(seq)).toMatchObject(now)
      },
    })),
    {
      name: 'a message that was changed while a member was away is withheld until the member sees another change of it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const said = [
          await group.said(alice),
          await group.said(alice),
          await group.said(alice),
          await group.said(alice),
        ]
        await group.leave(alice, bob)
        await group.control(alice, edit(said[0]!, 'meanwhile'))
        await group.control(alice, edit(said[1]!, 'meanwhile'))
        await group.control(alice, react(said[2]!, alice, 'x'))
        await group.join(alice, bob)
        const read = async (): Promise<unknown> =>
          Promise.all(said.map(async (seq) => find(await group.history(bob), seq)?.withheld))
        expect(await read()).toEqual([true, true, true, false])
        // After an edit made while Bob was away a later reaction shows nothing; a later edit takes its place.
        await group.control(bob, react(said[0]!, bob, 'x'))
        await group.control(alice, edit(said[1]!, 'now'))
        await group.control(bob, react(said[2]!, bob, 'x'))
        expect(await read()).toEqual([true, false, false, false])
        expect(find(await group.history(bob), said[1]!)?.content).toBe('{"text":"now"}')
        expect(JSON.stringify(await group.history(bob))).not.toContain('meanwhile')
      },
    },
    {
      name: 'a message that was changed before a member left stays as the member saw it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const said = [await group.said(alice), await group.said(alice)]
        const at = [await group.control(alice, edit(said[0]!, 'new')), await group.control(alice, recall(said[1]!))]
        await group.leave(alice, bob)
        const history = await group.history(bob)
        const first = { content: '{"text":"new"}', asOf: at[0], withheld: false }
        expect(find(history, said[0]!)).toMatchObject(first)
        expect(find(history, said[1]!)).toMatchObject({ recalled: true, asOf: at[1], withheld: false })
        expect(find(await inboxMessages(group, bob), said[0]!)).toMatchObject(first)
      },
    },
    {
      name: 'an edit that a member got before leaving is withheld when its message is recalled',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const seq = await group.said(alice)
        const at = await group.control(alice, edit(seq, 'secret'))
        await group.leave(alice, bob)
        await group.control(alice, recall(seq))
        const inbox = await inboxMessages(group, bob)
        for (const place of [seq, at]) expect(find(inbox, place)).toMatchObject({ content: null, withheld: true })
        expect(JSON.stringify([inbox, await group.history(bob)])).not.toContain('secret')
      },
    },
    {
      name: 'the timeline gives every message after a position, control messages too, in pages',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        for (const _ of upTo(3)) await group.control(bob, edit(await group.said(alice), 'new'))
        const read = async (after: Seq, limit: number): Promise<unknown> => {
          const page = await scene.storage.timelines.timeline(bob, group.id, after, limit)
          return page && [seqs(page.messages), page.head, page.floor]
        }
        expect(await read(0, 100)).toEqual([upTo(7), 7, 0])
        expect(await read(0, 3)).toEqual([[1, 2, 3], 7, 0])
        expect(await read(3, 3)).toEqual([[4, 5, 6], 7, 0])
        expect(await read(6, 3)).toEqual([[7], 7, 0])
        for (const after of [7, 8, 1_000_000]) expect(await read(after, 3)).toEqual([[], 7, 0])
        const page = await scene.storage.timelines.timeline(bob, group.id, 0, 10)
        expect(page!.messages[1]).toMatchObject({ seq: 2, content: '{"text":"new"}', asOf: 3 })
        expect(page!.messages[2]).toMatchObject({ seq: 3, type: 'im.edit' })
      },
    },
    {
      name: 'the timeline of who joined later begins where the membership does',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice], { fanOut: 'read' })
        await group.said(alice)
        await group.join(alice, bob)
        await group.join(alice, carol, 'everything')
        await group.said(alice)
        const { timelines } = scene.storage
        const late = await timelines.timeline(bob, group.id, 0, 10)
        expect([seqs(late!.messages), late!.head, late!.floor]).toEqual([[3, 4, 5], 5, 2])
        expect(seqs((await timelines.timeline(bob, group.id, 3, 1))!.messages)).toEqual([4])
        const all = await timelines.timeline(carol, group.id, 0, 10)
        expect([seqs(all!.messages), all!.head, all!.floor]).toEqual([upTo(5), 5, 0])
      },
    },
    {
      name: 'the timeline of a former member ends with the message about the leave, and withholds later changes',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        await scene.store(group.say(alice), group.say(alice))
        await group.leave(alice, bob)
        await group.said(alice)
        await group.control(alice, edit(2, 'afterwards'))
        const page = await scene.storage.timelines.timeline(bob, group.id, 0, 10)
        expect([seqs(page!.messages), page!.head]).toEqual([[1, 2, 3, 4], 4])
        expect(page!.messages.map(({ withheld }) => withheld)).toEqual([false, true, false, false])
        const beyond = await scene.storage.timelines.timeline(bob, group.id, 4, 10)
        expect(beyond).toMatchObject({ messages: [], head: 4 })
      },
    },
    {
      name: 'the timeline of who came back is that of the last interval',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        await group.leave(alice, bob)
        await group.said(alice)
        await group.join(alice, bob)
        await group.said(alice)
        const page = await scene.storage.timelines.timeline(bob, group.id, 0, 10)
        expect([seqs(page!.messages), page!.head, page!.floor]).toEqual([[4, 5], 5, 3])
      },
    },
    {
      name: 'there is no timeline for who never was a member, nor of what does not exist',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice], { fanOut: 'read' })
        const { timelines } = scene.storage
        expect(await timelines.timeline(bob, group.id, 0, 10)).toBeNull()
        expect(await timelines.timeline(alice, scene.conversation('absent'), 0, 10)).toBeNull()
      },
    },
    {
      name: 'the last message of a view lies inside the membership; a former member has no view',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const group = await GroupOnStage.make(scene, [alice, bob])
        await group.said(alice)
        await group.join(alice, carol)
        const last = async (userId: UserId): Promise<Seq | null> =>
          (await scene.view(userId, group.id)).lastMessage?.seq ?? null
        expect([await last(bob), await last(carol)]).toEqual([2, null])
        const listed = await scene.storage.conversations.list(carol, null, 10)
        expect(only(listed.conversations).lastMessage).toBeNull()
        const seq = await group.said(alice)
        expect([await last(bob), await last(carol)]).toEqual([seq, seq])
        await group.leave(alice, carol)
        expect(await scene.storage.conversations.views(carol, [group.id])).toEqual([null])
        expect(await scene.storage.conversations.list(carol, null, 10)).toMatchObject({
          conversations: [],
          unreadTotal: 0,
        })
        // A message of an earlier interval is in history, and is not the last message.
        await group.join(alice, carol)
        expect(await last(carol)).toBeNull()
      },
    },
    {
      name: 'nothing is withheld from who may read everything',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const seq = await group.said(alice)
        await group.leave(alice, bob)
        await group.control(alice, edit(seq, 'meanwhile'))
        await group.join(alice, bob, 'everything')
        expect((await scene.view(bob, group.id)).lastMessage).toMatchObject({ content: '{"text":"meanwhile"}' })
        const [carol] = scene.users('carol')
        await group.join(alice, carol, 'everything')
        expect((await scene.view(carol, group.id)).lastMessage).toMatchObject({ seq, withheld: false })
      },
    },
  ],
}

/** A group that Bob joins and leaves several times, with messages and changes in between. */
async function comingAndGoing(
  scene: StorageScene,
): Promise<{ group: GroupOnStage; bob: UserId; stranger: UserId; mine: Seq[] }> {
  const [alice, bob, stranger] = scene.users('alice', 'bob', 'stranger')
  const group = await GroupOnStage.make(scene, [alice])
  const mine: Seq[] = []
  for (const _ of upTo(3)) {
    await scene.store(group.say(alice), group.say(alice))
    mine.push((await group.join(alice, bob)).seq, await group.said(bob), await group.said(alice))
    mine.push((await group.leave(alice, bob)).seq)
  }
  await group.said(alice)
  mine.push((await group.join(alice, bob)).seq, await group.said(alice))
  return { group, bob, stranger, mine }
}

const headOf = async (group: GroupOnStage): Promise<Seq> =>
  only(await group.scene.storage.heads.conversations([group.id]))?.seq ?? 0

const find = (messages: readonly StoredMessage[], seq: Seq): StoredMessage | undefined =>
  messages.find((message) => message.seq === seq)

async function inboxMessages(group: GroupOnStage, userId: UserId): Promise<StoredMessage[]> {
  const entries = await group.scene.inbox(userId)
  return entries.flatMap((entry) => (entry.kind === 'message' && entry.message ? [entry.message] : []))
}
