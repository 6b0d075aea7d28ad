// Readers beside writers: a reader skips nothing, sees no half of a commit, and can read whatever was answered.
import { expect } from 'vitest'
import type { Seq } from '@rookery/protocol'
import type { Storage } from '@rookery/core'
import { only, upTo, type StorageScene } from './scene.js'
import type { StorageGroup } from './group.js'

const writers = 8
const commitsEach = 40
const opsEach = 10

export const races: StorageGroup = {
  title: 'races',
  cases: [
    {
      name: `a reader beside ${writers} writers skips nothing`,
      run: (scene) => race(scene, [scene.storage], scene.storage),
    },
    {
      name: `a reader beside ${writers} writers on several instances skips nothing`,
      needs: 'another',
      async run(scene) {
        const [second, third] = [await scene.another(), await scene.another()]
        await race(scene, [scene.storage, second], third)
      },
    },
    {
      name: 'a batch is seen as a whole or not at all',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        const write = async (): Promise<void> => {
          for (let n = 0; n < 40; n += 1) await scene.store(...upTo(7).map(() => scene.say(alice, bob)))
        }
        await beside(write(), async () => {
          const [page, { head }, views] = await Promise.all([
            scene.storage.timelines.messages(conversationId, { after: 0, limit: 1_000 }),
            scene.storage.timelines.inbox(bob, 0, 1),
            scene.storage.conversations.views(bob, [conversationId]),
          ])
          expect(page.messages.length % 7).toBe(0)
          expect(head % 7).toBe(0)
          if (views[0]) expect([views[0].seq % 7, views[0].unread]).toEqual([0, views[0].seq])
        })
        expect(await scene.timeline(conversationId)).toHaveLength(280)
      },
    },
    {
      name: 'the next read sees everything that a commit has answered',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        for (const seq of upTo(30)) {
          await scene.storeOne(scene.say(alice, bob))
          await expectRead(scene, scene.storage, bob, scene.between(alice, bob), seq)
        }
      },
    },
    {
      name: 'the next read on another instance sees everything that a commit has answered',
      needs: 'another',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const second = await scene.another()
        for (const seq of upTo(30)) {
          const [here, there] = seq % 2 ? [scene.storage, second] : [second, scene.storage]
          await scene.commitOn(here, [scene.say(alice, bob)])
          await expectRead(scene, there, bob, scene.between(alice, bob), seq)
        }
      },
    },
    {
      name: 'of 50 commits at once with one key, on two instances, exactly one stores',
      needs: 'another',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const second = await scene.another()
        const results = await Promise.all(
          upTo(50).map((n) =>
            scene.commitOn(n % 2 ? second : scene.storage, [scene.say(alice, bob, { clientMsgId: 'contended' })]),
          ),
        )
        expect(results.filter(([result]) => result.status === 'stored')).toHaveLength(1)
        expect(new Set(results.map(([result]) => 'seq' in result && result.seq))).toEqual(new Set([1]))
        expect(await scene.timeline(scene.between(alice, bob))).toHaveLength(1)
      },
    },
    {
      name: 'positions seen by a reader never go back while writers run',
      async run(scene) {
        const [alice, bob] = scene.users('alice', 'bob')
        const conversationId = scene.between(alice, bob)
        // Everything that the cases below read exists before, so that no position is clamped, whoever comes first.
        await scene.store(...upTo(40).map(() => scene.say(alice, bob)))
        const write = async (me: number): Promise<void> => {
          for (let n = 1; n <= 20; n += 1) {
            const other = ((n * 7 + me * 3) % 40) + 1
            await scene.commit(
              scene.say(alice, bob),
              scene.read(bob, conversationId, other),
              scene.device(bob, 'phone', { delivered: { from: 0, to: other } }),
            )
          }
        }
        let last = [0, 0, 0, 0]
        await beside(Promise.all([1, 2, 3, 4].map(write)), async () => {
          const [view, head, device] = await Promise.all([
            scene.view(bob, conversationId),
            scene.head(bob),
            scene.storage.devices.list([bob]),
          ])
          const seen = [view.seq, view.readSeq, head, device[0]?.deliveredTo ?? 0]
          for (const [index, value] of seen.entries()) expect(value).toBeGreaterThanOrEqual(last[index]!)
          last = seen
        })
        expect(await scene.view(bob, conversationId)).toMatchObject({ readSeq: 40, seq: 120 })
      },
    },
  ],
}

/** Every page starts at the last number seen; in the end the reader must have seen all, in order. */
async function race(scene: StorageScene, instances: readonly Storage[], readFrom: Storage): Promise<void> {
  const people = scene.users('a', 'b', 'c', 'd')
  const reader = people[0]
  const write = async (writer: number): Promise<void> => {
    const storage = instances[writer % instances.length]!
    for (let n = 0; n < commitsEach; n += 1) {
      const ops = upTo(opsEach).map((m) => {
        const from = people[(writer + m) % people.length]!
        const to = people[(writer + m + 1 + (n % 3)) % people.length]!
        return scene.say(from, to, { members: from === to ? [from] : [to, from] })
      })
      await scene.commitOn(storage, ops)
    }
  }
  const seen: string[] = []
  let at: Seq = 0
  const follow = async (): Promise<number> => {
    const { entries, head } = await readFrom.timelines.inbox(reader, at, 50)
    for (const entry of entries) {
      expect(entry.seq, 'a page begins after the position and has no gap').toBe((at += 1))
      if (entry.kind === 'message') seen.push(`${entry.conversationId} ${entry.conversationSeq}`)
    }
    return head
  }
  await beside(Promise.all(upTo(writers).map(write)), follow)
  while (at < (await follow()));

  const expected = (await scene.inbox(reader)).map((entry) =>
    entry.kind === 'message' ? `${entry.conversationId} ${entry.conversationSeq}` : '',
  )
  expect(seen).toEqual(expected)
  expect(new Set(seen).size).toBe(seen.length)
  let total = 0
  for (const [index, one] of people.entries()) {
    for (const other of people.slice(index)) {
      const messages = await scene.timeline(scene.between(one, other))
      expect(messages.map((message) => message.seq)).toEqual(upTo(messages.length))
      total += messages.length
    }
  }
  expect(total).toBe(writers * commitsEach * opsEach)
}

/** Reads again and again until everything is written. Both have ended when this settles, however they end. */
async function beside(writing: Promise<unknown>, read: () => Promise<unknown>): Promise<void> {
  let isWriting = true
  const written = writing.finally(() => (isWriting = false))
  const reading = async (): Promise<void> => {
    while (isWriting) await read()
  }
  const outcomes = await Promise.allSettled([written, reading()])
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

async function expectRead(
  scene: StorageScene,
  storage: Storage,
  userId: string,
  conversationId: string,
  seq: number,
): Promise<void> {
  const { timelines, heads, conversations, members } = storage
  const [page, counters, views, access, timeline] = await Promise.all([
    timelines.inbox(userId, seq - 1, 5),
    heads.users([userId]),
    conversations.views(userId, [conversationId]),
    members.access(conversationId, userId),
    scene.timeline(conversationId, storage),
  ])
  expect(page.head).toBe(seq)
  expect(only(page.entries).seq).toBe(seq)
  expect([only(counters).seq, only(views)?.seq, access?.seq, timeline.length]).toEqual([seq, seq, seq, seq])
}
