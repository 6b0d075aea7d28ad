// Members are removed while others send, on two nodes with their own database and pools, in groups below the fan-out
// limit, above it, and crossing it.
import { createRookery, MemoryBusHub, MemoryPresence, SystemClock, type Rookery } from '@rookery/core'
import { raceWithRemoval } from '@rookery/testing/suites'
import { afterAll, afterEach, beforeAll, it } from 'vitest'
import { TypeOrmStorage } from '../src/typeorm-storage.js'
import type { ServerDatabase } from './server-database.js'

/** @param messagesEach by each of those who send */
export function removalTrials(freshDatabase: () => Promise<ServerDatabase>, messagesEach: number): void {
  let database: ServerDatabase
  const running: Rookery[] = []
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterEach(() => Promise.all(running.splice(0).map((node) => node.stop())))
  afterAll(() => database.drop())

  it.each([
    { where: 'below the line', readAbove: 500, joinersRead: 'from-now' },
    { where: 'above the line', readAbove: 3, joinersRead: 'from-now' },
    { where: 'above the line', readAbove: 3, joinersRead: 'everything' },
    { where: 'over the line', readAbove: 12, joinersRead: 'from-now' },
  ] as const)(
    'get nothing after it $where, and joiners read $joinersRead',
    async ({ readAbove, joinersRead }) => {
      const [presence, hub] = [new MemoryPresence(new SystemClock()), new MemoryBusHub()]
      // Each run has its own set of tables, so that every user begins anew.
      const tablePrefix = `im_${readAbove}_${joinersRead === 'everything' ? 'e' : 'n'}_`
      const start = async (): Promise<Rookery> => {
        const node = createRookery({
          storage: new TypeOrmStorage({ ...database.options, tablePrefix }),
          presence,
          bus: hub.bus(),
          authenticate: ({ token }) => ({ userId: token }),
          rate: 'off',
          groups: { joinersRead },
          fanout: { readAbove },
        })
        await node.start()
        running.push(node)
        return node
      }
      await raceWithRemoval({ nodes: [await start(), await start()], joinersRead, messagesEach })
    },
    60_000,
  )
}
