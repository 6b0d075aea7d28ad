// What a Rookery server under test tells of its storage, through nothing but core's port.
import type { Storage, StorageInfo } from '@rookery/core'
import type { Durability, Storing } from './serve.js'

/**
 * To be called before the storage is started: keeps what it says when it is. An adapter reads its settings back from its
 * own writing connection then, and warns of whatever is weaker than "committed means on disk".
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
    // A recipient's inbox has one entry for each message to it, and nothing else in this load.
    async stored(recipients) {
      const heads = await storage.timelines.heads(recipients)
      return heads.reduce((sum, head) => sum + head.seq, 0)
    },
  }
}
