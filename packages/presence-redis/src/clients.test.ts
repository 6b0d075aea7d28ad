import { Redis } from 'ioredis'
import { afterAll, expect, it } from 'vitest'
import { describeOnRedis, forget, freshPrefix, redisUrl } from '../testing/redis.js'
import { TestNode } from '../testing/node.js'

describeOnRedis('clients of the host', () => {
  const prefix = freshPrefix()
  afterAll(() => forget(prefix))

  it('serve several nodes, and go on when these have stopped, with the subscriptions of the host', async () => {
    const given = { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true, keyPrefix: 'host:' }
    const [commands, publish, subscribe] = [
      new Redis(redisUrl, given),
      new Redis(redisUrl, given),
      new Redis(redisUrl, given),
    ]
    const clients = { commands, publish, subscribe }
    await Promise.all(Object.values(clients).map((client) => client.connect()))
    const heard: string[] = []
    subscribe.on('message', (_channel, text) => void heard.push(text))
    await subscribe.subscribe(`${prefix}own`)
    const [one, two] = [
      await TestNode.start('one', { clients, prefix }),
      await TestNode.start('two', { clients, prefix }),
    ]
    await one.renew()
    const login = one.login('alice')
    await one.presence.claim(login)
    expect(await two.presence.locate(['alice'])).toEqual([{ ...login.holder, heardAt: login.heardAt }])
    one.bus.publish(['two'], ['for two'])
    one.bus.publish('all', ['for all'])
    await expect.poll(() => two.arrived).toEqual(['for two', 'for all'])
    expect(one.arrived).toEqual([])
    await one.stop()
    await two.stop()
    heard.length = 0
    await publish.publish(`${prefix}own`, 'of the host')
    await expect.poll(() => heard).toEqual(['of the host'])
    expect(Object.values(clients).map(({ status }) => status)).toEqual(['ready', 'ready', 'ready'])
    expect(subscribe.listenerCount('message')).toBe(1)
    expect(await commands.del(`${prefix}leases`)).toBe(1)
    for (const client of Object.values(clients)) client.disconnect()
  })
})
