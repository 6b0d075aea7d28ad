// Trimming: what goes, what stays, and what readers learn of it.
import { expect } from 'vitest'
import { SeededRandom } from '../../../seeded-random.js'
import { only, upTo } from '../scene.js'
import type { StorageGroup } from '../group.js'
import { nothing, trim } from './trimmed.js'

export const trimming: StorageGroup = {
  title: 'trimming',
  cases: [
    {
      name: 'entries before a time go, the head stays, and readers get the floor',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const said = upTo(10).map(() => scene.say(alice, bob))
        await scene.store(...said)
        expect(await trim(scene.storage, { inboxBefore: said[6]!.message.serverTime })).toMatchObject({ entries: 12 })
        const { timelines, heads } = scene.storage
        for (const after of [0, 3, 6]) {
          const page = await timelines.inbox(bob, after, 100)
          expect(page).toMatchObject({ head: 10, floor: 6 })
          expect(page.entries.map(({ seq }) => seq)).toEqual([7, 8, 9, 10])
        }
        expect((await timelines.inbox(bob, 2, 3)).entries.map(({ seq }) => seq)).toEqual([7, 8, 9])
        expect(only(await heads.users([alice]))).toMatchObject({ seq: 10, floor: 6 })
        expect(await timelines.entryAt(bob, 6)).toBe(null)
        expect(await timelines.entryAt(bob, 7)).toBe(said[6]!.message.serverTime)
        expect(await scene.timeline(scene.between(alice, bob))).toHaveLength(10)
      },
    },
    {
      name: 'an old entry that came after a younger one stays',
      alone: true,
      async run(scene) {
        const alice = scene.user('alice')
        const at = [100, 300, 50, 400]
        await scene.commit(...at.map((moment) => ({ ...scene.custom(alice, 'fact', '1'), at: moment })))
        await trim(scene.storage, { inboxBefore: 200 })
        expect((await scene.inbox(alice)).map((entry) => entry.at)).toEqual([300, 50, 400])
        expect(only(await scene.storage.heads.users([alice]))).toMatchObject({ seq: 4, floor: 1 })
      },
    },
    {
      name: 'messages before a time go: history begins above the floor, and what points below it has no message',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const said = upTo(10).map(() => scene.say(alice, bob))
        await scene.store(...said)
        expect(await trim(scene.storage, { timelineBefore: said[4]!.message.serverTime })).toMatchObject({
          messages: 4,
        })
        const { timelines, members } = scene.storage
        const seqs = async (range: object): Promise<unknown> => {
          const page = await timelines.messages(conversationId, { limit: 4, ...range })
          return [page.messages.map(({ seq }) => seq), page.more]
        }
        expect(await seqs({ after: 0 })).toEqual([[5, 6, 7, 8], true])
        expect(await seqs({ before: 7 })).toEqual([[5, 6], false])
        expect(await seqs({ before: 5 })).toEqual([[], false])
        expect(await members.access(conversationId, alice)).toMatchObject({ seq: 10, floor: 4 })
        const entries = await scene.inbox(bob)
        expect(entries.map((entry) => entry.kind === 'message' && [entry.conversationSeq, entry.message?.seq])).toEqual(
          upTo(10).map((seq) => [seq, seq > 4 ? seq : undefined]),
        )
      },
    },
    {
      name: 'of each conversation the last messages of a count stay',
      alone: true,
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(...upTo(10).map(() => scene.say(alice, bob)), ...upTo(3).map(() => scene.say(alice, carol)))
        expect(await trim(scene.storage, { timelineCount: 4 })).toMatchObject({ messages: 6 })
        const seqs = async (peer: string): Promise<number[]> =>
          (await scene.timeline(scene.between(alice, peer))).map(({ seq }) => seq)
        expect(await seqs(bob)).toEqual([7, 8, 9, 10])
        expect(await seqs(carol)).toEqual([1, 2, 3])
      },
    },
    {
      name: 'where nothing is limited nothing goes',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob))
        expect(await trim(scene.storage, {})).toEqual({ entries: 0, messages: 0, keys: 0 })
        expect(await scene.inbox(bob)).toHaveLength(1)
      },
    },
    {
      name: 'numbers go on where they were after everything was taken, also where the storage is opened again',
      alone: true,
      needs: 'reopen',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob), scene.say(alice, bob, { countable: false }), scene.say(bob, alice))
        const later = scene.now()
        await trim(scene.storage, { inboxBefore: later, timelineBefore: later })
        await scene.reopen()
        expect(await scene.timeline(conversationId)).toEqual([])
        expect(await scene.inbox(bob)).toEqual([])
        expect(await scene.view(bob, conversationId)).toMatchObject({
          seq: 3,
          readSeq: 3,
          unread: 0,
          lastMessage: null,
        })
        expect(await scene.storeOne(scene.say(alice, bob))).toMatchObject({ seq: 4, ordinal: 3, inbox: [4, 4] })
        expect(await scene.view(bob, conversationId)).toMatchObject({ seq: 4, unread: 1, lastMessage: { seq: 4 } })
        const { entries, floor } = await scene.storage.timelines.inbox(bob, 0, 10)
        expect([entries.map(({ seq }) => seq), floor]).toEqual([[4], 3])
        expect(await scene.storage.members.access(conversationId, bob)).toMatchObject({ floor: 3 })
      },
    },
    {
      name: 'the time and the place in the list stay where the last message was taken',
      alone: true,
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(scene.say(bob, alice), scene.say(carol, alice))
        const before = await scene.storage.conversations.list(alice, null, 10)
        await trim(scene.storage, { timelineBefore: scene.now() })
        const after = await scene.storage.conversations.list(alice, null, 10)
        const shown = ({ conversations }: typeof before) => conversations.map((one) => [one.peerId, one.updatedAt])
        expect(shown(after)).toEqual(shown(before))
        expect(after).toMatchObject({ unreadTotal: 0, conversations: [{ lastMessage: null }, { lastMessage: null }] })
      },
    },
    {
      name: 'removed messages are no longer unread, and the position stays where it is',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(
          ...upTo(6).map((n) => scene.say(alice, bob, { mentions: [bob], countable: n !== 5, movesPosition: n > 4 })),
        )
        await scene.commit(scene.read(bob, conversationId, 1))
        await trim(scene.storage, { timelineCount: 3 })
        expect(await scene.view(bob, conversationId)).toMatchObject({ readSeq: 1, unread: 2, mentioned: 2 })
        expect(await scene.storage.conversations.list(bob, null, 10)).toMatchObject({ unreadTotal: 2 })
        expect((await scene.view(alice, conversationId)).peerReadSeq).toBe(1)
        const [below] = await scene.commit(scene.read(bob, conversationId, 2))
        expect(below).toMatchObject({ readSeq: 2, unread: 2, atSeq: 6 })
        const [above] = await scene.commit(scene.read(bob, conversationId, 4))
        expect(above).toMatchObject({ readSeq: 4, unread: 1 })
      },
    },
    {
      name: 'unread agrees with a count of the messages that are left, over many sends, reads and trims',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const random = new SeededRandom(20_260_202)
        const said: { readonly from: string | null; readonly countable: boolean; readonly names: string[] }[] = []
        const position = new Map([
          [alice, 0],
          [bob, 0],
        ])
        let floor = 0
        for (let round = 0; round < 60; round += 1) {
          const [me, other] = random.shuffle([alice, bob]) as [string, string]
          const ops = upTo(random.int(4) + 1).map(() => {
            const names = random.chance(0.3) ? [other] : []
            const op = scene.say(me, other, {
              countable: random.chance(0.8),
              movesPosition: random.chance(0.6),
              ...(names.length > 0 ? { mentions: names } : {}),
              ...(random.chance(0.1) ? { from: null } : {}),
            })
            said.push({ from: op.message.from, countable: op.message.countable, names })
            if (op.movesPosition && op.message.from) position.set(me, said.length)
            return op
          })
          await scene.commit(...ops)
          if (random.chance(0.4)) {
            const seq = random.int(said.length + 1)
            position.set(other, Math.max(position.get(other)!, seq))
            await scene.commit(scene.read(other, conversationId, seq))
          }
          if (random.chance(0.4)) {
            const timelineCount = random.int(12) + 1
            floor = Math.max(floor, said.length - timelineCount)
            await trim(scene.storage, { timelineCount }, random.int(5) + 1)
          }
          for (const user of [alice, bob]) {
            const readSeq = position.get(user)!
            const behind = said
              .slice(Math.max(readSeq, floor))
              .filter(({ countable, from }) => countable && from !== user)
            expect(await scene.view(user, conversationId)).toMatchObject({
              readSeq,
              seq: said.length,
              unread: behind.length,
              mentioned: behind.filter(({ names }) => names.includes(user)).length,
            })
          }
        }
        expect(floor).toBeGreaterThan(50)
      },
    },
    {
      name: 'a key outlives its message, and is answered the first result',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const op = scene.say(alice, bob)
        const system = scene.say(alice, bob, { from: null })
        await scene.store(op, system)
        const before = await scene.storage.keys.find(alice, op.message.clientMsgId)
        await trim(scene.storage, { timelineBefore: scene.now() })
        expect(await scene.timeline(conversationId)).toEqual([])
        const { msgId, digest, serverTime } = op.message
        const known = { msgId, digest, serverTime, conversationId, seq: 1 }
        expect(before).toEqual(known)
        expect(await scene.storage.keys.find(alice, op.message.clientMsgId)).toEqual(known)
        expect(await scene.commit(op, system)).toEqual([
          { status: 'duplicate', ...known },
          expect.objectContaining({ status: 'duplicate', msgId: system.message.msgId, seq: 2 }),
        ])
        expect(await scene.head(bob)).toBe(2)
      },
    },
    {
      name: 'keys of every kind before a time go, and those after it stay',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const old = [scene.say(alice, bob), scene.say(alice, bob, { from: null })] as const
        await scene.store(...old)
        const key = (clientMsgId: string) => ({ key: { clientMsgId, digest: 'd' } })
        const oldSettings = scene.settings(alice, conversationId, { pinned: true, ...key('old') })
        const oldCustom = { ...scene.custom(bob, 'old', '1'), key: scene.key('old') }
        await scene.commit(oldSettings, oldCustom)
        const trimmed = scene.say(alice, bob)
        await scene.store(trimmed)
        await trim(scene.storage, { timelineBefore: scene.now() })
        const keysBefore = scene.now()
        const young = scene.say(alice, bob)
        await scene.store(young)
        await scene.commit(scene.settings(alice, conversationId, { muted: true, ...key('young') }), {
          ...scene.custom(bob, 'young', '1'),
          key: scene.key('young'),
        })
        await trim(scene.storage, { timelineCount: 1 })
        const stays = scene.say(alice, bob)
        await scene.store(stays)

        expect(await trim(scene.storage, { keysBefore }, 2)).toEqual({ entries: 0, messages: 0, keys: 5 })
        const { keys } = scene.storage
        for (const { message } of [...old, trimmed])
          expect(await keys.find(message.from, message.clientMsgId)).toBe(null)
        expect(await keys.find(alice, 'old')).toBe(null)
        expect(await keys.find(null, scene.key('old'))).toBe(null)
        for (const { message } of [young, stays])
          expect(await keys.find(message.from, message.clientMsgId)).toMatchObject({ msgId: message.msgId })
        expect(await keys.find(alice, 'young')).toMatchObject({ digest: 'd' })
        expect(await keys.find(null, scene.key('young'))).not.toBe(null)
        expect(only(await scene.commit(old[0]))).toMatchObject({ status: 'stored' })
        // The messages whose keys went are still there.
        await trim(scene.storage, { keysBefore: scene.now() })
        expect(await scene.timeline(conversationId)).toHaveLength(3)
        expect(await keys.find(alice, stays.message.clientMsgId)).toBe(null)
      },
    },
    {
      name: 'a step run again, from any cursor or from the beginning, takes nothing twice',
      alone: true,
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(...upTo(7).flatMap(() => [scene.say(alice, bob), scene.say(carol, alice)]))
        const later = scene.now()
        const limits = { ...nothing, inboxBefore: later, timelineCount: 2, keysBefore: later }
        const cursors: (string | null)[] = [null]
        let [entries, messages, keys] = [0, 0, 0]
        for (let after = cursors[0]!; cursors.length < 500;) {
          // The second step of each pair is that of a node that crashed before it noted the cursor.
          const once = await scene.storage.maintenance.trim(limits, { after, rows: 3 })
          const again = await scene.storage.maintenance.trim(limits, { after, rows: 3 })
          entries += once.entries + again.entries
          messages += once.messages + again.messages
          keys += once.keys + again.keys
          if (again.next === null) break
          after = again.next
          cursors.push(after)
        }
        expect([entries, messages, keys]).toEqual([28, 10, 14])
        for (const after of cursors)
          expect(await scene.storage.maintenance.trim(limits, { after, rows: 100 })).toMatchObject({
            entries: 0,
            messages: 0,
            keys: 0,
          })
      },
    },
    {
      name: 'two who trim at once take each thing once',
      alone: true,
      needs: 'another',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const said = upTo(60).map(() => scene.say(alice, bob))
        await scene.store(...said)
        const second = await scene.another()
        const limits = {
          inboxBefore: said[40]!.message.serverTime,
          timelineCount: 10,
          keysBefore: said[20]!.message.serverTime,
        }
        await Promise.all([trim(scene.storage, limits, 4), trim(second, limits, 7)])
        const page = await scene.storage.timelines.inbox(bob, 0, 100)
        expect([page.floor, page.head, page.entries[0]?.seq]).toEqual([40, 60, 41])
        expect((await scene.timeline(scene.between(alice, bob))).map(({ seq }) => seq)).toEqual(
          upTo(10).map((n) => n + 50),
        )
        expect(await trim(scene.storage, limits)).toEqual({ entries: 0, messages: 0, keys: 0 })
      },
    },
    {
      name: 'sends beside a trim are stored, and nothing that is young is taken',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(...upTo(200).map(() => scene.say(alice, bob)))
        const later = scene.now()
        const limits = { inboxBefore: later, timelineBefore: later, keysBefore: later }
        const young = upTo(100).map(() => scene.say(alice, bob))
        const sending = Promise.all(young.map((op) => scene.storeOne(op)))
        const trimmed = await trim(scene.storage, limits, 5)
        const results = await sending
        expect(trimmed).toEqual({ entries: 400, messages: 200, keys: 200 })
        expect(results.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(upTo(100).map((n) => n + 200))
        const page = await scene.storage.timelines.inbox(bob, 0, 1000)
        expect([page.floor, page.head, page.entries.length]).toEqual([200, 300, 100])
        expect(await scene.timeline(conversationId)).toHaveLength(100)
        for (const { message } of young)
          expect(await scene.storage.keys.find(alice, message.clientMsgId)).toMatchObject({ msgId: message.msgId })
        expect(await scene.view(bob, conversationId)).toMatchObject({ seq: 300, unread: 100 })
      },
    },
    {
      name: 'an acknowledgement across the floor raises the positions that are still there',
      alone: true,
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const said = upTo(6).map(() => scene.say(alice, bob))
        await scene.store(...said)
        await scene.commit(scene.device(bob, 'phone', { delivered: { from: 0, to: 2 } }))
        await trim(scene.storage, { inboxBefore: said[4]!.message.serverTime })
        expect(await scene.deviceOf(bob, 'phone')).toMatchObject({ deliveredFrom: 0, deliveredTo: 2 })
        const [result] = await scene.commit(scene.device(bob, 'phone', { delivered: { from: 0, to: 5 } }))
        expect(result.delivered).toEqual([{ conversationId, peerId: alice, deliveredSeq: 5 }])
      },
    },
  ],
}
