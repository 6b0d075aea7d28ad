// What a Rookery server under test reports about its storage, through core's port alone.
import type { Storage, StorageInfo } from '@rookery/core'
import type { Durability, Storing } from './serve.js'

/**
 * Call it before the storage starts: it keeps what `start` returns. An adapter then reads its settings back from its
 * own writing connection, and warns of each that is weaker than "committed means on disk".
 */
export function watch(storage: Storage): Storing {
  let info: StorageInfo | null = null
  const start = storage.start.bind(storage)
  storage.start = async () => (info = await start())
  return {
    durability(): Durability {
      if (info === null) return { settings: 'unknown', weaker: ['the storage was never started'] }
      const { warnings } = info
      return { settings: `storage warns of ${warnings.length === 0 ? 'nothing' : 'weaker settings'}`, weaker: warnings }
    },
    // In this load a recipient's inbox has one entry for each message to it, and nothing else.
    async stored(recipients) {
      const heads = await storage.heads.users(recipients)
      return heads.reduce((sum, head) => sum + head.seq, 0)
    },
  }
}
