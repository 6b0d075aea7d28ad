// Read positions and the one definition of unread.
import { expect } from 'vitest'
import type { AppendOp } from '@rookery/core'
import { SeededRandom } from '../../seeded-random.js'
import { only, upTo } from './scene.js'
import type { StorageGroup } from './group.js'

export const readPositions: StorageGroup = {
  title: 'read positions and unread',
  cases: [
    {
      name: 'reading moves the position, counts the messages behind it, and writes an entry',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(...upTo(5).map(() => scene.say(alice, bob)))
        const op = scene.read(bob, conversationId, 3)
        expect(only(await scene.commit(op))).toEqual({ status: 'ok', readSeq: 3, unread: 2, atSeq: 5, inboxSeq: 6 })
        expect(await scene.lastFact(bob)).toEqual({
          seq: 6,
          kind: 'read',
          body: { conversationId, readSeq: 3, unread: 2, atSeq: 5 },
        })
        expect(await scene.storage.timelines.entryAt(bob, 6)).toBe(op.at)
        expect(await scene.view(bob, conversationId)).toMatchObject({ readSeq: 3, unread: 2, seq: 5 })
        expect(await scene.head(alice)).toBe(5)
      },
    },
    {
      name: 'a position beyond the head is clamped to it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob), scene.say(alice, bob))
        const beyond = scene.read(bob, conversationId, 1_000_000)
        expect(only(await scene.commit(beyond))).toMatchObject({ readSeq: 2, unread: 0, atSeq: 2, inboxSeq: 3 })
        await scene.store(scene.say(alice, bob))
        expect(await scene.view(bob, conversationId)).toMatchObject({ readSeq: 2, unread: 1 })
      },
    },
    {
      name: 'a position never moves back, and what moves nothing writes no entry',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(...upTo(4).map(() => scene.say(alice, bob)))
        await scene.commit(scene.read(bob, conversationId, 3))
        for (const seq of [0, 1, 3]) {
          const answer = only(await scene.commit(scene.read(bob, conversationId, seq)))
          expect(answer).toEqual({ status: 'ok', readSeq: 3, unread: 1, atSeq: 4, inboxSeq: null })
        }
        expect(await scene.head(bob)).toBe(5)
        expect((await scene.view(bob, conversationId)).readSeq).toBe(3)
      },
    },
    {
      name: 'who is no member reads nothing',
      async run(scene) {
        const [alice, bob, carol] = scene.users('alice', 'bob', 'carol')
        await scene.store(scene.say(alice, bob))
        const results = await scene.commit(
          scene.read(carol, scene.between(alice, bob), 1),
          scene.read(alice, scene.conversation('absent'), 1),
        )
        expect(results).toEqual([{ status: 'not-member' }, { status: 'not-member' }])
        expect(await scene.head(carol)).toBe(0)
        expect(await scene.head(alice)).toBe(1)
      },
    },
    {
      name: "a message of a session moves its user's position, without a separate entry",
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob), scene.say(alice, bob), scene.say(bob, alice))
        expect(await scene.view(bob, conversationId)).toMatchObject({ readSeq: 3, unread: 0 })
        expect(await scene.view(alice, conversationId)).toMatchObject({ readSeq: 2, unread: 1 })
        expect((await scene.inbox(bob)).map((entry) => entry.kind)).toEqual(['message', 'message', 'message'])
      },
    },
    {
      name: 'what the host sends for a user leaves the position, and its own message is not unread',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const byHost = { viaServer: true, movesPosition: false }
        await scene.store(
          scene.say(alice, bob),
          scene.say(bob, alice, byHost),
          scene.say(alice, bob),
          scene.say(bob, alice, byHost),
        )
        expect(await scene.view(bob, conversationId)).toMatchObject({ readSeq: 0, unread: 2 })
        expect(await scene.view(alice, conversationId)).toMatchObject({ readSeq: 3, unread: 1 })
        const partly = only(await scene.commit(scene.read(bob, conversationId, 2)))
        expect(partly).toMatchObject({ readSeq: 2, unread: 1, atSeq: 4 })
      },
    },
    {
      name: 'a message that is not countable is not unread, wherever the position is',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const uncountable = { countable: false, silent: true }
        await scene.store(
          scene.say(alice, bob, uncountable),
          scene.say(alice, bob),
          scene.say(alice, bob, uncountable),
          scene.say(alice, bob),
          scene.say(alice, bob, uncountable),
        )
        const unread = [(await scene.view(bob, conversationId)).unread]
        for (const seq of upTo(5)) {
          const answer = only(await scene.commit(scene.read(bob, conversationId, seq)))
          if (answer.status === 'ok') unread.push(answer.unread)
        }
        expect(unread).toEqual([2, 2, 1, 1, 0, 0])
      },
    },
    {
      name: 'an own uncountable message behind the position is not taken off twice',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const quiet = { countable: false, viaServer: true, movesPosition: false }
        await scene.store(scene.say(alice, bob), scene.say(bob, alice, quiet), scene.say(alice, bob))
        expect((await scene.view(bob, scene.between(alice, bob))).unread).toBe(2)
      },
    },
    {
      name: 'what the system says is unread for everybody',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(scene.say(alice, bob), scene.say(alice, bob, { from: null, movesPosition: false }))
        expect((await scene.view(alice, conversationId)).unread).toBe(1)
        expect((await scene.view(bob, conversationId)).unread).toBe(2)
      },
    },
    {
      name: "one's position is the other's peerReadSeq",
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(...upTo(3).map(() => scene.say(alice, bob)))
        expect((await scene.view(alice, conversationId)).peerReadSeq).toBe(0)
        await scene.commit(scene.read(bob, conversationId, 2))
        expect((await scene.view(alice, conversationId)).peerReadSeq).toBe(2)
        expect((await scene.view(bob, conversationId)).peerReadSeq).toBe(3)
      },
    },
    {
      name: 'of reads at the same time the farthest one counts, and no entry goes back',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        await scene.store(...upTo(30).map(() => scene.say(alice, bob)))
        const order = upTo(29).map((n) => ((n * 11) % 29) + 1)
        await Promise.all(order.map((seq) => scene.commit(scene.read(bob, conversationId, seq))))
        expect(await scene.view(bob, conversationId)).toMatchObject({ readSeq: 29, unread: 1 })
        const positions = (await scene.inbox(bob)).flatMap((entry) =>
          entry.kind === 'read' ? [(JSON.parse(entry.body) as { readSeq: number }).readSeq] : [],
        )
        expect(positions).toEqual([...new Set(positions)].toSorted((a, b) => a - b))
        expect(positions.at(-1)).toBe(29)
      },
    },
    {
      name: 'unread agrees with a count of the messages, over a few hundred random operations',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const random = new SeededRandom(20_260_101)
        const said: AppendOp[] = []
        const position = new Map([
          [alice, 0],
          [bob, 0],
        ])
        for (let round = 0; round < 60; round += 1) {
          const ops = upTo(random.int(6) + 1).map(() => {
            const [me, other] = random.shuffle([alice, bob]) as [string, string]
            if (said.length > 0 && random.chance(0.3)) {
              const seq = random.int(said.length + 3)
              position.set(me, Math.max(position.get(me)!, Math.min(seq, said.length)))
              return scene.read(me, conversationId, seq)
            }
            const op = scene.say(me, other, {
              countable: random.chance(0.8),
              movesPosition: random.chance(0.7),
              ...(random.chance(0.1) ? { from: null } : {}),
            })
            said.push(op)
            if (op.movesPosition && op.message.from) position.set(me, said.length)
            return op
          })
          await scene.commit(...ops)
          for (const user of [alice, bob]) {
            const readSeq = position.get(user)!
            const unread = said.slice(readSeq).filter((op) => op.message.countable && op.message.from !== user).length
            expect(await scene.view(user, conversationId)).toMatchObject({ readSeq, unread, seq: said.length })
          }
        }
      },
    },
  ],
}
