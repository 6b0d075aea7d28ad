// A group of 10,000 members: a host fills it and sees the progress, members send in it, and those who were away catch
// up.
import { createRookery, type Rookery } from '@rookery/core'
import { FakeDevice } from '@rookery/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOnPostgres, freshDatabase } from '../../testing/postgres.js'
import { TypeOrmStorage } from '../typeorm-storage.js'

describeOnPostgres('a group of 10,000 on PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>
  let node: Rookery
  beforeAll(async () => {
    database = await freshDatabase()
    node = createRookery({
      storage: new TypeOrmStorage({ type: 'postgres', ...database.where }),
      authenticate: ({ token }) => ({ userId: token }),
      rate: 'off',
    })
    await node.start()
  })
  afterAll(async () => {
    await node.stop()
    await database.drop()
  })

  const people = Array.from({ length: 9_999 }, (_, i) => `p${String(i).padStart(5, '0')}`)
  const connect = (userId: string, since?: number): Promise<FakeDevice> =>
    FakeDevice.connect(node.gate, {
      token: userId,
      deviceId: `${userId}-phone`,
      deviceType: 'phone',
      ...(since === undefined ? {} : { since }),
    })

  it('is filled with progress, acknowledges as a small one does, and who was away catches up in pages', async () => {
    const seen: number[] = []
    const onProgress = ({ done, total }: { done: number; total: number }): void => {
      expect(total).toBe(10_000)
      seen.push(done)
    }
    const began = performance.now()
    const large = await node.im.groups.create({ owner: 'owner', name: 'all', members: people }, { onProgress })
    const filledMs = performance.now() - began
    expect(large.memberCount).toBe(10_000)
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * 200))

    const small = await node.im.groups.create({ owner: 'owner', name: 'few', members: people.slice(0, 9) })
    const owner = await connect('owner')
    const watchers = await Promise.all(people.slice(10, 20).map((userId) => connect(userId)))
    let keys = 0
    const send = async (groupId: string): Promise<number> => {
      const at = performance.now()
      const clientMsgId = `k${keys++}`
      await owner.ask('c2g', { clientMsgId, to: groupId, type: 'text', content: { text: clientMsgId } })
      return performance.now() - at
    }
    // In turns, so that both meet the same machine.
    const times = { large: [] as number[], small: [] as number[] }
    for (let n = 0; n < 300; n++) {
      times.small.push(await send(small.groupId))
      times.large.push(await send(large.groupId))
    }
    const median = (all: number[]): number => all.toSorted((a, b) => a - b)[all.length / 2]!
    const ratio = median(times.large) / median(times.small)
    // A figure that is measured, and held against nothing tight.
    console.info(
      `10,000 members filled in ${Math.round(filledMs)} ms; acknowledged in ${median(times.large).toFixed(2)} ms, ` +
        `in a group of 10 in ${median(times.small).toFixed(2)} ms: ratio ${ratio.toFixed(2)}`,
    )
    // One that wrote to 10,000 inboxes would take hundreds of times as long.
    expect(ratio).toBeLessThan(20)
    for (const watcher of watchers) {
      await watcher.until(() => watcher.of('timeline').flatMap(({ messages }) => messages).length === 300)
      expect(watcher.entries).toEqual([])
    }

    // Away since before they were added: the page of the inbox tells what to follow, the timeline comes in pages.
    for (const userId of [people[0]!, people[5_000]!, people.at(-1)!]) {
      const away = await connect(userId, 0)
      const timelines: Record<string, number> = {}
      const got: number[] = []
      let pages = 0
      for (let since = 0, more = true; more; pages++) {
        const page = await away.ask('pull', { since, timelines, limit: 50 })
        since = page.seq
        more = page.more
        for (const entry of page.entries)
          if (entry.kind === 'follow') {
            timelines[entry.conversationId] = entry.from
            more = true
          }
        for (const { conversationId, messages, seq } of page.timelines) {
          expect(messages.length).toBeLessThanOrEqual(50)
          timelines[conversationId] = seq
          got.push(...messages.map((message: { seq: number }) => message.seq))
        }
      }
      const last = got.at(-1)!
      expect(got).toEqual(Array.from({ length: got.length }, (_, i) => last - got.length + 1 + i))
      expect(got.length).toBeGreaterThanOrEqual(300)
      expect(pages).toBeGreaterThanOrEqual(6)
      expect(await away.ask('conversation.get', { groupId: large.groupId })).toMatchObject({ unread: 300, seq: last })
      expect(await send(large.groupId)).toBeGreaterThan(0)
      await away.until(() => away.of('timeline').some(({ messages }) => messages[0].seq === last + 1))
      await node.im.recall({ conversationId: large.groupId, seq: last + 1 })
    }
  }, 120_000)
})
