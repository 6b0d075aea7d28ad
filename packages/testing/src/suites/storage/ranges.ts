// Reading timelines by ranges, and the counters beside them.
import { expect } from 'vitest'
import type { StoredEntry } from '@rookery/core'
import { SeededRandom } from '../../seeded-random.js'
import { upTo, type StorageScene } from './scene.js'
import type { StorageGroup } from './group.js'

export const ranges: StorageGroup = {
  title: 'ranges',
  cases: [
    {
      name: 'messages after a position are the first ones, in ascending order',
      async run(scene) {
        const read = await tenMessages(scene)
        expect(await read({ after: 0, limit: 3 })).toEqual([[1, 2, 3], true])
        expect(await read({ after: 3, limit: 3 })).toEqual([[4, 5, 6], true])
        expect(await read({ after: 7, limit: 3 })).toEqual([[8, 9, 10], false])
        expect(await read({ after: 8, limit: 3 })).toEqual([[9, 10], false])
        expect(await read({ after: 10, limit: 3 })).toEqual([[], false])
        expect(await read({ after: 99, limit: 3 })).toEqual([[], false])
      },
    },
    {
      name: 'messages before a position are the last ones, in ascending order',
      async run(scene) {
        const read = await tenMessages(scene)
        expect(await read({ before: 11, limit: 3 })).toEqual([[8, 9, 10], true])
        expect(await read({ before: 8, limit: 3 })).toEqual([[5, 6, 7], true])
        expect(await read({ before: 4, limit: 3 })).toEqual([[1, 2, 3], false])
        expect(await read({ before: 3, limit: 3 })).toEqual([[1, 2], false])
        expect(await read({ before: 1, limit: 3 })).toEqual([[], false])
        expect(await read({ before: 99, limit: 2 })).toEqual([[9, 10], true])
      },
    },
    {
      name: 'with both bounds given, the last ones between them',
      async run(scene) {
        const read = await tenMessages(scene)
        expect(await read({ after: 2, before: 9, limit: 3 })).toEqual([[6, 7, 8], true])
        expect(await read({ after: 5, before: 9, limit: 3 })).toEqual([[6, 7, 8], false])
        expect(await read({ after: 4, before: 9, limit: 10 })).toEqual([[5, 6, 7, 8], false])
        expect(await read({ after: 5, before: 6, limit: 10 })).toEqual([[], false])
        expect(await read({ after: 8, before: 3, limit: 10 })).toEqual([[], false])
        expect(await read({ after: 8, before: 99, limit: 10 })).toEqual([[9, 10], false])
      },
    },
    {
      name: 'with no bound given, the newest',
      async run(scene) {
        const read = await tenMessages(scene)
        expect(await read({ limit: 4 })).toEqual([[7, 8, 9, 10], true])
        expect(await read({ limit: 10 })).toEqual([upTo(10), false])
        expect(await read({ limit: 200 })).toEqual([upTo(10), false])
      },
    },
    {
      name: 'a conversation that does not exist has no messages',
      async run(scene) {
        const page = await scene.storage.timelines.messages(scene.conversation('absent'), { limit: 5 })
        expect(page).toEqual({ messages: [], more: false })
      },
    },
    {
      name: 'pages of every size join to the whole inbox',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const ops = upTo(203).map((n) => (n % 5 === 0 ? scene.custom(bob, 'fact', `${n}`) : scene.say(alice, bob)))
        await scene.commit(...ops)
        const whole = await scene.inbox(bob)
        expect(whole.map((entry) => entry.seq)).toEqual(upTo(203))
        for (const size of [1, 2, 3, 7, 50, 100, 199, 200]) {
          const joined: StoredEntry[] = []
          for (;;) {
            const page = await scene.storage.timelines.inbox(bob, joined.length, size)
            expect([page.head, page.floor]).toEqual([203, 0])
            expect(page.entries.length).toBe(Math.min(size, 203 - joined.length))
            if (page.entries.length === 0) break
            joined.push(...page.entries)
          }
          expect(joined).toEqual(whole)
        }
      },
    },
    {
      name: 'an inbox read at or beyond the head is an empty page that tells the head',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob), scene.say(alice, bob))
        for (const after of [2, 3, 1_000_000]) {
          const page = await scene.storage.timelines.inbox(bob, after, 10)
          expect(page).toEqual({ entries: [], head: 2, floor: 0 })
        }
        const unknown = await scene.storage.timelines.inbox(scene.user('nobody'), 0, 10)
        expect(unknown).toEqual({ entries: [], head: 0, floor: 0 })
      },
    },
    {
      name: 'the heads of many users come in the order asked, zeros for who is not known',
      async run(scene) {
        const people = upTo(150).map((n) => scene.user(`user${n}`))
        const random = new SeededRandom(7)
        const counts = people.map(() => random.int(4))
        await scene.commit(
          ...people.flatMap((userId, index) => upTo(counts[index]!).map((n) => scene.custom(userId, 't', `${n}`))),
        )
        const asked = random.shuffle([...people.keys(), -1, -2])
        const heads = await scene.storage.heads.users(
          asked.map((index) => people[index] ?? scene.user(`nobody${index}`)),
        )
        expect(heads).toEqual(asked.map((index) => ({ seq: counts[index] ?? 0, floor: 0, loginEpoch: 0 })))
        expect(await scene.storage.heads.users([])).toEqual([])
      },
    },
    {
      name: 'a head may be asked for twice in one question',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        await scene.store(scene.say(alice, bob))
        const heads = await scene.storage.heads.users([alice, scene.user('nobody'), alice])
        expect(heads.map((head) => head.seq)).toEqual([1, 0, 1])
      },
    },
    {
      name: 'the time of an entry is found by its place, and nothing beside it',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const said = scene.say(alice, bob)
        const fact = scene.custom(bob, 'fact', '1')
        await scene.commit(said, fact)
        const at = await Promise.all([0, 1, 2, 3].map((seq) => scene.storage.timelines.entryAt(bob, seq)))
        expect(at).toEqual([null, said.message.serverTime, fact.at, null])
        expect(await scene.storage.timelines.entryAt(scene.user('nobody'), 1)).toBeNull()
      },
    },
  ],
}

type Range = { readonly after?: number; readonly before?: number; readonly limit: number }

async function tenMessages(scene: StorageScene): Promise<(range: Range) => Promise<[number[], boolean]>> {
  const [alice, bob] = scene.users('alice', 'bob')
  await scene.store(...upTo(10).map(() => scene.say(alice, bob)))
  return async (range) => {
    const { messages, more } = await scene.storage.timelines.messages(scene.between(alice, bob), range)
    return [messages.map((message) => message.seq), more]
  }
}
