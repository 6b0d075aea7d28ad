// A member is removed while others send. The removed user gets nothing that was sequenced after the removal, in any
// way; a new member gets what the policy allows. The same test on PostgreSQL is in the package of that storage.
import { afterEach, describe, it } from 'vitest'
import { MemoryBusHub } from '../memory/memory-bus.js'
import { MemoryDatabase } from '../memory/memory-database.js'
import { MemoryPresence } from '../memory/memory-presence.js'
import { MemoryStorage } from '../memory/memory-storage.js'
import { createRookery, type Rookery } from '../rookery.js'
import { SystemClock } from '../system/system-clock.js'
import { SeededRandom } from '@rookery/testing'
import { raceWithRemoval } from '@rookery/testing/suites'

const running: Rookery[] = []
afterEach(() => Promise.all(running.splice(0).map((node) => node.stop())))

describe.each([
  { where: 'below the line', readAbove: 500 },
  { where: 'above the line', readAbove: 3 },
  // The group has twelve members when others begin to send; one more crosses the line.
  { where: 'over the line', readAbove: 12 },
])('members removed while eight others send over two connections, in a group $where', ({ readAbove }) => {
  it.each(['from-now', 'everything'] as const)('get nothing after it, and joiners read %s', async (joinersRead) => {
    const database = new MemoryDatabase()
    const random = new SeededRandom(1)
    const presence = new MemoryPresence(new SystemClock())
    const hub = new MemoryBusHub()
    const start = async (nodeId: string): Promise<Rookery> => {
      const storage = new MemoryStorage({ database })
      const commit = storage.commit.bind(storage)
      // As with a database, others commit between a decision and its commit.
      storage.commit = async (ops) => {
        for (let turns = random.int(6); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
        return commit(ops)
      }
      const node = createRookery({
        nodeId,
        storage,
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
    await raceWithRemoval({ nodes: [await start('one'), await start('two')], joinersRead })
  })
})
