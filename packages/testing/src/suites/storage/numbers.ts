// Appending: numbers without a gap, in the order of commits, and what is stored under them.
import { expect } from 'vitest'
import { only, upTo, type StorageScene } from './scene.js'
import type { StorageGroup } from './group.js'

export const numbers: StorageGroup = {
  title: 'numbers of messages and entries',
  cases: [
    {
      name: 'a conversation counts from 1 without a gap, within a commit and across commits',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const first = await scene.store(scene.say(alice, bob), scene.say(bob, alice), scene.say(alice, bob))
        const second = await scene.store(scene.say(bob, alice))
        const third = await scene.store(scene.say(alice, bob), scene.say(alice, bob))
        expect([...first, ...second, ...third].map((result) => result.seq)).toEqual(upTo(6))
        expect((await scene.timeline(scene.between(alice, bob))).map((message) => message.seq)).toEqual(upTo(6))
      },
    },
    {
      name: 'messages of one commit are stored in the order given',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const said = upTo(20).map((n) => scene.say(n % 3 ? alice : bob, n % 3 ? bob : alice))
        await scene.store(...said)
        const read = await scene.timeline(scene.between(alice, bob))
        expect(read.map((message) => message.msgId)).toEqual(said.map((op) => op.message.msgId))
      },
    },
    {
      name: 'every conversation counts on its own',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const results = await scene.store(
          scene.say(alice, bob),
          scene.say(alice, carol),
          scene.say(alice, bob),
          scene.say(carol, bob),
          scene.say(carol, alice),
        )
        expect(results.map((result) => result.seq)).toEqual([1, 1, 2, 1, 2])
      },
    },
    {
      name: 'an ordinal is the place among countable messages; an uncountable one bears the count before it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const uncountable = { countable: false, silent: true }
        const first = await scene.store(
          scene.say(alice, bob, uncountable),
          scene.say(alice, bob),
          scene.say(bob, alice, uncountable),
          scene.say(bob, alice),
        )
        const second = await scene.store(scene.say(alice, bob, uncountable), scene.say(alice, bob))
        const ordinals = [0, 1, 1, 2, 2, 3]
        expect([...first, ...second].map((result) => result.ordinal)).toEqual(ordinals)
        const read = await scene.timeline(scene.between(alice, bob))
        expect(read.map((message) => message.ordinal)).toEqual(ordinals)
      },
    },
    {
      name: "the places in the members' inboxes are answered in the order of members",
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(scene.say(bob, carol), scene.say(bob, carol), scene.say(carol, bob))
        const results = await scene.store(
          scene.say(alice, bob, { members: [bob, alice] }),
          scene.say(alice, bob, { members: [alice, bob] }),
        )
        expect(results.map((result) => result.inbox)).toEqual([
          [4, 1],
          [2, 5],
        ])
        expect(await scene.head(bob)).toBe(5)
        expect(await scene.head(alice)).toBe(2)
      },
    },
    {
      name: 'an inbox holds the entries of all conversations, consecutive, in the order of the operations',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        const said = [
          scene.say(alice, bob),
          scene.say(carol, alice),
          scene.say(bob, carol),
          scene.say(bob, alice),
          scene.say(alice, carol),
        ]
        await scene.store(said[0]!, said[1]!, said[2]!)
        await scene.store(said[3]!, said[4]!)
        const entries = await scene.inbox(alice)
        expect(entries.map((entry) => entry.seq)).toEqual(upTo(4))
        const mine = said.filter((op) => op.members.includes(alice))
        expect(entries).toEqual([
          pointer(1, mine[0]!, 1),
          pointer(2, mine[1]!, 1),
          pointer(3, mine[2]!, 2),
          pointer(4, mine[3]!, 2),
        ])
      },
    },
    {
      name: 'a message comes back unchanged, with its numbers',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(bob, alice, { countable: false }))
        const op = scene.say(alice, bob, {
          subject: 'listing-7',
          conversationId: scene.conversation('subject'),
          type: 'offer',
          content: '{"price": 12.50, "items":[{"b":1,"a":null}]}',
          ext: '{"z":1,"a":2}',
          replyTo: 1,
          silent: true,
          mentions: [bob, '@all'],
          viaServer: true,
          clientTime: 1_600_000_000_123,
        })
        await scene.store(op)
        const numbered = {
          seq: 1,
          ordinal: 1,
          recalled: false,
          editedAt: null,
          asOf: null,
          reactions: null,
          withheld: false,
        }
        const expected: Partial<typeof op.message> & typeof numbered = { ...op.message, ...numbered }
        // The digest belongs to the key alone, and no read returns it.
        delete (expected as { digest?: string }).digest
        expect(only(await scene.timeline(op.message.conversationId))).toEqual(expected)
        expect((await scene.inbox(bob)).at(-1)).toMatchObject({ kind: 'message', message: expected })
      },
    },
    {
      name: 'fields that are left empty come back empty',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const op = scene.say(alice, bob, { from: null, movesPosition: false })
        await scene.store(op)
        expect(only(await scene.timeline(op.message.conversationId))).toMatchObject({
          from: null,
          subject: '',
          ext: null,
          replyTo: null,
          mentions: null,
          clientTime: null,
          silent: false,
          viaServer: false,
          countable: true,
        })
      },
    },
    {
      name: 'talking to oneself is one member and one entry',
      async run(scene) {
        const [alice] = scene.users('alice')
        const result = await scene.storeOne(scene.say(alice, alice))
        expect(result).toMatchObject({ seq: 1, ordinal: 1, inbox: [1] })
        expect(await scene.inbox(alice)).toHaveLength(1)
        const view = await scene.view(alice, scene.between(alice, alice))
        expect(view).toMatchObject({ peerId: alice, unread: 0, readSeq: 1, peerReadSeq: 1, seq: 1 })
      },
    },
    {
      name: 'an operation sees what an earlier one of the same batch did',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const [, before, , hid, , after] = await scene.commit(
          scene.say(alice, bob),
          scene.read(bob, conversationId, 9),
          scene.say(alice, bob),
          scene.settings(bob, conversationId, { hidden: true }),
          scene.custom(bob, 'topic', '1'),
          scene.read(bob, conversationId, 9),
        )
        expect(before).toEqual({ status: 'ok', readSeq: 1, unread: 0, atSeq: 1, inboxSeq: 2 })
        expect(hid).toMatchObject({ status: 'ok', hidden: true, inboxSeq: 4 })
        expect(after).toEqual({ status: 'ok', readSeq: 2, unread: 0, atSeq: 2, inboxSeq: 6 })
      },
    },
    {
      name: 'an empty commit answers an empty list',
      async run(scene) {
        expect(await scene.commit()).toEqual([])
      },
    },
    {
      name: 'many commits at once, over crossing conversations, leave no gap anywhere',
      async run(scene) {
        const people = scene.users('a', 'b', 'c', 'd', 'e')
        const pairs = people.flatMap((from) => people.filter((to) => to !== from).map((to) => [from, to] as const))
        await Promise.all(
          upTo(40).map((n) => {
            const ops = upTo(5).map((m) => {
              const [from, to] = pairs[(n * 7 + m * 3) % pairs.length]!
              return scene.say(from, to, { members: m % 2 ? [from, to] : [to, from] })
            })
            return scene.store(...ops)
          }),
        )
        await expectNoGaps(scene, people, 200)
      },
    },
  ],
}

function pointer(seq: number, op: ReturnType<StorageScene['say']>, conversationSeq: number): object {
  const { msgId, conversationId, serverTime } = op.message
  return {
    seq,
    at: serverTime,
    kind: 'message',
    conversationId,
    conversationSeq,
    message: expect.objectContaining({ msgId, seq: conversationSeq }) as unknown,
  }
}

async function expectNoGaps(scene: StorageScene, people: readonly string[], total: number): Promise<void> {
  let stored = 0
  for (const [index, one] of people.entries()) {
    const entries = await scene.inbox(one)
    expect(entries.map((entry) => entry.seq)).toEqual(upTo(entries.length))
    for (const other of people.slice(index + 1)) {
      const conversationId = scene.between(one, other)
      const messages = await scene.timeline(conversationId)
      expect(messages.map((message) => message.seq)).toEqual(upTo(messages.length))
      expect(messages.map((message) => message.ordinal)).toEqual(upTo(messages.length))
      const pointed = entries.flatMap((entry) =>
        entry.kind === 'message' && entry.conversationId === conversationId ? [entry.conversationSeq] : [],
      )
      expect(pointed).toEqual(upTo(messages.length))
      stored += messages.length
    }
  }
  expect(stored).toBe(total)
}
