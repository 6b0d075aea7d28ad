// Trimming groups: followed timelines, members who left or joined, and changes of messages that are gone.
import { expect } from 'vitest'
import type { Seq, UserId } from '@rookery/protocol'
import type { StorageGroup } from '../group.js'
import { edit, GroupOnStage, react, recall, seqs } from '../groups/stage.js'
import { only, upTo } from '../scene.js'
import { exported, erase } from './one-user.js'
import { trim } from './trimmed.js'
import { verify } from './verified.js'

/** The sequences of a page of the timeline, its head and its floor. */
async function timeline(group: GroupOnStage, userId: UserId, after: Seq, limit = 100): Promise<unknown> {
  const page = await group.scene.storage.timelines.timeline(userId, group.id, after, limit)
  return page && [seqs(page.messages), page.head, page.floor]
}

export const trimmingGroups: StorageGroup = {
  title: 'trimming groups',
  cases: [
    {
      name: 'a followed timeline begins above its floor, says where that is, and keeps its head',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        for (const _ of upTo(9)) await group.said(alice)
        const inbox = await scene.inbox(bob)
        expect(await trim(scene.storage, { timelineCount: 4 })).toMatchObject({ messages: 6, entries: 0 })
        expect(await timeline(group, bob, 0)).toEqual([[7, 8, 9, 10], 10, 6])
        expect(await timeline(group, bob, 3, 2)).toEqual([[7, 8], 10, 6])
        expect(await timeline(group, bob, 6, 2)).toEqual([[7, 8], 10, 6])
        expect(await timeline(group, bob, 9)).toEqual([[10], 10, 6])
        expect(await timeline(group, bob, 10)).toEqual([[], 10, 6])
        const { heads } = scene.storage
        expect(await heads.follows(bob)).toMatchObject([{ conversationId: group.id, seq: 10 }])
        expect(await heads.conversations([group.id])).toMatchObject([{ seq: 10 }])
        expect(seqs(await group.history(bob))).toEqual([7, 8, 9, 10])
        expect(await scene.inbox(bob)).toEqual(inbox)
        expect(await scene.view(bob, group.id)).toMatchObject({ seq: 10, readSeq: 0, unread: 4 })
        expect(await group.said(alice)).toBe(11)
        expect(await timeline(group, bob, 10)).toEqual([[11], 11, 6])
        expect(await verify(scene.storage)).toEqual([])
      },
    },
    {
      name: 'of a followed timeline that was taken whole the head and the follow stay, and it goes on',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob], { fanOut: 'read' })
        for (const _ of upTo(3)) await group.said(alice)
        await trim(scene.storage, { timelineBefore: scene.now() })
        expect(await timeline(group, bob, 1)).toEqual([[], 4, 4])
        expect(await group.history(bob)).toEqual([])
        expect(await scene.view(bob, group.id)).toMatchObject({ seq: 4, unread: 0, mentioned: 0, lastMessage: null })
        expect(await group.said(alice, { mentions: ['@all'] })).toBe(5)
        expect(await timeline(group, bob, 1)).toEqual([[5], 5, 4])
        expect(await scene.view(bob, group.id)).toMatchObject({ unread: 1, mentioned: 1, lastMessage: { seq: 5 } })
        expect(await verify(scene.storage)).toEqual([])
      },
    },
    {
      name: 'windows stay unchanged: of members who joined late, who left, and who came back',
      alone: true,
      async run(scene) {
        const [alice, late, left, back] = scene.users('alice', 'late', 'left', 'back')
        const group = await GroupOnStage.make(scene, [alice, left, back], { fanOut: 'read' })
        await group.said(alice)
        await group.leave(alice, left)
        await group.leave(alice, back)
        await group.said(alice)
        await group.join(alice, late)
        await group.join(alice, back)
        await group.said(alice)
        expect(await timeline(group, late, 0)).toEqual([[6, 7, 8], 8, 5])

        await trim(scene.storage, { timelineCount: 6 })
        // The floor is the later of two places: where the window begins, and where the kept messages begin.
        expect(await timeline(group, late, 0)).toEqual([[6, 7, 8], 8, 5])
        expect(await timeline(group, left, 0)).toEqual([[3], 3, 2])
        expect(seqs(await group.history(back))).toEqual([3, 4, 7, 8])

        await trim(scene.storage, { timelineCount: 1 })
        expect(await timeline(group, late, 0)).toEqual([[8], 8, 7])
        const ended = await scene.storage.timelines.timeline(left, group.id, 1, 10)
        expect(ended).toMatchObject({ messages: [], head: 3 })
        expect(seqs(await group.history(back))).toEqual([8])
        expect(await group.history(left)).toEqual([])
        expect(await verify(scene.storage)).toEqual([])
      },
    },
    {
      name: 'unread counts and readers agree with the messages that are left, in a group fanned out on write and on read',
      alone: true,
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        for (const [name, change] of [
          ['on-write', {}],
          ['on-read', { fanOut: 'read' }],
        ] as const) {
          const group = await GroupOnStage.make(scene, [alice, bob, carol], change, name)
          const said = []
          for (const n of upTo(8)) said.push(await group.said(n % 2 ? alice : carol, { mentions: n < 4 ? [bob] : [] }))
          await group.control(alice, recall(said[6]!))
          await scene.commit(scene.read(bob, group.id, said[1]!), scene.read(carol, group.id, said[2]!))
          await trim(scene.storage, { timelineCount: 5 })
          // The messages 6 to 9 and the recall are left; 8 was recalled.
          expect(await scene.view(bob, group.id)).toMatchObject({ readSeq: said[1], unread: 3, mentioned: 0 })
          expect(await scene.view(carol, group.id)).toMatchObject({ unread: 0 })
          const readers = await scene.storage.members.readers(group.id, said[5]!, null, 10)
          expect([readers.read, readers.total]).toEqual([2, 3])
          const read = only(await scene.commit(scene.read(bob, group.id, said[5]!)))
          expect(read).toMatchObject({ readSeq: said[5], unread: 1 })
        }
        expect(await verify(scene.storage)).toEqual([])
      },
    },
    {
      name: 'changes of a removed message are gone with it, or stay alone; nothing can change it any more',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const group = await GroupOnStage.make(scene, [alice, bob])
        const [first, second] = [await group.said(alice), await group.said(alice)]
        await group.control(bob, react(first, bob, 'ok'))
        await group.control(bob, react(second, bob, 'ok'))
        const edited = await group.control(alice, edit(first, 'other words'))
        await group.control(alice, edit(second, 'other words, too'))
        // The first message goes; its edit, which came later, stays.
        await trim(scene.storage, { timelineCount: 5 })
        expect(seqs(await group.history(bob))).toEqual([second])
        expect(await group.message(second)).toMatchObject({
          content: '{"text":"other words, too"}',
          reactions: '{"ok":1}',
        })
        for (const change of [recall(first), edit(first, 'again'), react(first, bob, 'late')])
          expect(await scene.commit(group.controlling(alice, change))).toMatchObject([{ status: 'gone' }])
        expect((await exported(scene.storage, bob)).reactions).toEqual([
          { conversationId: group.id, seq: second, reaction: 'ok' },
        ])
        expect(await verify(scene.storage)).toEqual([])
        // The content of an edit belongs to its sender even if the edited message is gone.
        await erase(scene.storage, alice)
        const left = (await scene.storage.timelines.timeline(bob, group.id, 0, 100))!.messages
        expect(left.find(({ seq }) => seq === edited)).toMatchObject({ type: 'im.edit', content: null, recalled: true })
        expect(JSON.stringify(left)).not.toContain('words')
        expect(await verify(scene.storage)).toEqual([])
      },
    },
  ],
}
