import type { NodeId } from '@rookery/core'
import { Redis } from 'ioredis'
import { describeBus, describePresence } from '@rookery/testing/suites'
import { connect, describeOnRedis, forget, freshPrefix, redisUrl } from '../testing/redis.js'
import { Channels } from './channels.js'
import { Keys } from './keys.js'
import { RedisBus } from './redis-bus.js'
import { RedisPresence } from './redis-presence.js'

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describeOnRedis('on Redis', () => {
  describePresence({
    name: 'RedisPresence',
    leaseMs: 1000,
    capabilities: ['forgets', 'takes-over'],
    async create() {
      const prefix = freshPrefix()
      const another = async (): Promise<RedisPresence> => {
        const presence = new RedisPresence({ url: redisUrl, prefix })
        await presence.start(() => {})
        return presence
      }
      return {
        presence: await another(),
        another,
        elapse,
        forget: () => forget(prefix),
        async takeOver() {
          const client = await connect(redisUrl)
          // As a replica finds it: the era of another server.
          await client.hset(new Keys(prefix).leases, '', 'another-1 1.000')
          client.disconnect()
        },
        dispose: () => forget(prefix),
      }
    },
  })

  describeBus({
    name: 'RedisBus',
    capabilities: ['loses'],
    create() {
      const prefix = freshPrefix()
      const channels = new Channels(prefix)
      const open: Redis[] = []
      const subscribers = new Map<NodeId, Redis>()
      const client = (): Redis => {
        const made = new Redis(redisUrl, { enableOfflineQueue: true, maxRetriesPerRequest: 0 })
        open.push(made)
        return made
      }
      return {
        bus() {
          const [publish, subscribe] = [client(), client()]
          const bus = new RedisBus({ clients: { commands: publish, publish, subscribe }, prefix })
          const start = bus.start.bind(bus)
          bus.start = (nodeId, ...rest) => {
            subscribers.set(nodeId, subscribe)
            return start(nodeId, ...rest)
          }
          return bus
        },
        elapse,
        async lose(nodes) {
          // Behind the back of the bus, as if Redis had dropped the subscriptions.
          const both = (nodeId: NodeId): string[] => [channels.node(nodeId), channels.all]
          for (const nodeId of nodes) await subscribers.get(nodeId)!.unsubscribe(...both(nodeId))
          return async () => {
            for (const nodeId of nodes) await subscribers.get(nodeId)!.subscribe(...both(nodeId))
          }
        },
        dispose() {
          for (const one of open) one.disconnect()
        },
      }
    },
  })
})
