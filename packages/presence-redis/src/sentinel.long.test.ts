// A failover by Sentinel that lost what was not replicated yet: presence is of another era, and its nodes tell it again.
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { TestNode } from '../testing/node.js'
import { describeWithServers, PrivateRedis, until } from '../testing/private-redis.js'

const nodes: TestNode[] = []
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function start(settings: readonly string[] = [], isSentinel = false): Promise<PrivateRedis> {
  const server = await PrivateRedis.start(settings, isSentinel)
  onTestFinished(() => server.remove())
  return server
}

describeWithServers('behind Sentinel', () => {
  it('a failover that lost claims: none is taken for later than it was, and both nodes hear one another again', async () => {
    const master = await start()
    const replica = await start([`replicaof 127.0.0.1 ${master.port}`])
    await until(() => replica.ask(async (client) => /master_link_status:up/.test(await client.info('replication'))))
    const watched = ['down-after-milliseconds 1000', 'failover-timeout 5000', 'parallel-syncs 1']
    const sentinel = await start(
      [
        `sentinel monitor chat 127.0.0.1 ${master.port} 1`,
        ...watched.map((line) => `sentinel ${line.replace(' ', ' chat ')}`),
      ],
      true,
    )
    const numberOfReplicas = (): Promise<boolean> =>
      sentinel.ask(async (client) => ((await client.call('SENTINEL', 'REPLICAS', 'chat')) as unknown[]).length === 1)
    await until(numberOfReplicas)
    const options = { sentinels: [sentinel.address], name: 'chat' }
    const [one, two] = [await TestNode.start('one', options), await TestNode.start('two', options)]
    nodes.push(one, two)
    await one.renew()
    await two.renew()
    const kept = one.login('alice')
    await one.presence.claim(kept)
    await until(() => replica.ask(async (client) => (await client.keys('*u:alice')).length === 1))
    // What comes now reaches the master alone.
    await replica.ask((client) => client.replicaof('127.0.0.1', 1))
    const lost = two.login('alice', 5)
    expect((await two.presence.claim(lost)).displaced).toEqual(kept.holder)
    await master.kill()
    await replica.ask((client) => client.replicaof('127.0.0.1', master.port))
    await until(() => replica.ask(async (client) => ((await client.role()) as unknown[])[0] === 'master'))
    const { era } = one.time
    await one.findForgotten()
    await two.findForgotten()
    expect(one.time.era).not.toBe(era)
    expect(two.time.era).toBe(one.time.era)
    // In whichever order they are told again, the later one has the slot.
    const again = { ...lost, since: { ...two.time, ms: two.time.ms - 10 } }
    expect(await two.renew([again])).toEqual([])
    expect(await one.renew([{ ...kept, since: { ...one.time, ms: one.time.ms - 500 } }])).toEqual([kept.holder])
    expect((await one.presence.locate(['alice'])).map(({ sessionId }) => sessionId)).toEqual([lost.holder.sessionId])
    await until(() => {
      one.bus.publish(['two'], ['after'])
      return two.arrived.includes('after')
    })
  })

  it('a server that became a replica is left: calls fail with READONLY, and go to the new master', async () => {
    const master = await start()
    const other = await start()
    const one = await TestNode.start('one', { url: master.url })
    nodes.push(one)
    await one.renew()
    const clients = await master.ask((client) => client.client('LIST'))
    await master.ask((client) => client.replicaof('127.0.0.1', other.port))
    await expect(one.renew()).rejects.toThrow('READONLY')
    await expect(one.renew()).rejects.toThrow('Redis is out of reach: READONLY')
    // The connection was made anew: behind one name there may be another server by now.
    const idOf = (list: unknown): string | undefined => /id=(\d+)[^\n]* name=rookery-commands/.exec(String(list))?.[1]
    await until(async () => {
      const now = idOf(await master.ask((client) => client.client('LIST')))
      return now !== undefined && now !== idOf(clients)
    })
    await master.ask((client) => client.replicaof('NO', 'ONE'))
    await until(() => one.forgotten > 0)
    await one.renew()
  })
})
