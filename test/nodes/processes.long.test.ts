// A node that is killed, and one that is paused and wakes.
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { describeWithServers, PrivateRedis } from '../../packages/presence-redis/testing/private-redis.js'
import { describeOnPostgres, freshDatabase } from '../../packages/storage-typeorm/testing/postgres.js'
import { type NodeApp, startNode, until } from './app.js'
import { NodeProcess } from './node-process.js'

/** Shorter than the defaults, so that nobody waits for half a minute. */
const timing = { leaseMs: 3000, leaseTickMs: 500, heartbeatMs: 1000 }

describeOnPostgres('nodes in processes of their own, on PostgreSQL', () =>
  describeWithServers('and on Redis', () => {
    let redis: PrivateRedis
    let database: Awaited<ReturnType<typeof freshDatabase>>
    let here: NodeApp
    beforeAll(async () => {
      redis = await PrivateRedis.start()
      database = await freshDatabase()
      here = await startNode({ type: 'postgres', ...database.where }, redis.url, { timing })
    })
    afterAll(async () => {
      await here?.close()
      await redis?.remove()
      await database?.drop()
    })

    async function start(): Promise<NodeProcess> {
      const node = await NodeProcess.start({
        database: { type: 'postgres', ...database.where },
        url: redis.url,
        timing,
      })
      onTestFinished(() => node.kill())
      return node
    }
    const isOnline = async (userId: string): Promise<boolean> => (await here.im.presence([userId]))[0]!.online

    it('killed: its users are offline when its lease ends, and pull elsewhere what came meanwhile', async () => {
      const [killed, other] = [await start(), await start()]
      const [ann, bob] = [await here.chat.online('ann'), await killed.connect('bob')]
      await ann.send('bob', 'before')
      await until(() => bob.texts.includes('before'))
      await killed.kill()
      await ann.send('bob', 'meanwhile')
      expect(await isOnline('bob')).toBe(true)
      await until(async () => !(await isOnline('bob')))
      await ann.send('bob', 'when he was offline')
      const again = await other.connect('bob', bob.seq)
      await until(() => again.texts.length === 3)
      await ann.send('bob', 'live')
      await until(() => again.texts.length === 4)
      expect(again.texts).toEqual(['before', 'meanwhile', 'when he was offline', 'live'])
      again.socket.disconnect()
    })

    it('paused beyond its lease: it wakes without a session that has moved, and brings it nothing', async () => {
      const [paused, other] = [await start(), await start()]
      const [cat, dan] = [await here.chat.online('cat'), await paused.connect('dan')]
      const stays = await paused.connect('eve')
      await cat.send('dan', 'before')
      await until(() => dan.texts.includes('before'))
      paused.signal('SIGSTOP')
      await until(async () => !(await isOnline('dan')))
      const moved = await other.connect('dan', dan.seq)
      await cat.send('dan', 'to the new one')
      await cat.send('eve', 'for who stayed')
      await until(() => moved.texts.includes('to the new one'))
      paused.signal('SIGCONT')
      await until(() => !dan.socket.connected)
      await cat.send('dan', 'later')
      await until(() => moved.texts.includes('later'))
      expect(dan.texts).toEqual(['before'])
      expect(dan.kick).toMatchObject({ reason: 'same-device-type' })
      await until(() => stays.texts.includes('for who stayed'))
      expect(await isOnline('eve')).toBe(true)
      for (const client of [moved, stays]) client.socket.disconnect()
    })
  }),
)
