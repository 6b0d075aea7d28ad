// On a Cluster of three masters: keys and channels are spread, slots move, a master goes away and comes back.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { describeBus, describePresence } from '@rookery/testing/suites'
import { TestNode } from '../testing/node.js'
import { PrivateCluster } from '../testing/private-cluster.js'
import { describeWithServers, until } from '../testing/private-redis.js'
import { freshPrefix } from '../testing/redis.js'
import { Channels } from './channels.js'
import { Keys } from './keys.js'
import { RedisBus } from './redis-bus.js'
import { RedisPresence } from './redis-presence.js'

describeWithServers('on a Cluster', () => {
  let cluster: PrivateCluster
  beforeAll(async () => {
    cluster = await PrivateCluster.start()
  })
  afterAll(() => cluster?.remove())

  const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

  describePresence({
    name: 'RedisPresence on a Cluster',
    create: async () => {
      const another = async (): Promise<RedisPresence> => {
        const presence = new RedisPresence({ cluster: cluster.addresses })
        await presence.start(() => {})
        return presence
      }
      return { presence: await another(), another, elapse, dispose() {} }
    },
  })

  describeBus({
    name: 'RedisBus on a Cluster',
    create() {
      const prefix = freshPrefix()
      return { bus: () => new RedisBus({ cluster: cluster.addresses, prefix }), elapse, dispose() {} }
    },
  })

  const nodes: TestNode[] = []
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop()
  })

  const keys = new Keys('rookery:')
  const channels = new Channels('rookery:')
  const users = Array.from({ length: 60 }, (_, n) => `user${n}`)

  async function scene(): Promise<readonly [TestNode, TestNode]> {
    const options = { cluster: cluster.addresses }
    const pair = [await TestNode.start('one', options), await TestNode.start('two', options)] as const
    nodes.push(...pair)
    for (const node of pair) await node.renew()
    return pair
  }

  it('many users are told and located in one call each, wherever their keys are', async () => {
    const [one, two] = await scene()
    const logins = users.map((user) => one.login(user))
    expect(await one.renew(logins)).toEqual([])
    const found = await two.presence.locate(users)
    expect(found.map(({ userId }) => userId).toSorted()).toEqual(users.toSorted())
    const owners = new Set(await Promise.all(users.map((user) => cluster.ownerOf(keys.user(user)))))
    expect(owners.size).toBe(3)
    await one.presence.watch('one', one.boot, users, [])
    expect(await two.presence.release(logins.map(({ holder }) => holder))).toEqual(['one'])
    expect(await two.presence.locate(users)).toEqual([])
  })

  it('slots move while frames fly: logins are found, topics and frames arrive, and what was lost is told', async () => {
    const [one, two] = await scene()
    const logins = users.map((user) => one.login(user))
    await one.renew(logins)
    const topics = Array.from({ length: 20 }, (_, n) => `topic${n}`)
    await two.bus.topics(topics, [])
    let sent = 0
    const timer = setInterval(() => one.bus.publish(['two'], [(sent += 1)]), 2)
    await until(() => two.arrived.length > 20)
    await cluster.move(channels.node('two'))
    for (const user of users.slice(0, 5)) await cluster.move(keys.user(user))
    await cluster.move(channels.topic('topic0'))
    await cluster.move(channels.all)
    await cluster.move(keys.leases)
    await until(async () => (await two.presence.locate(users).catch(() => [])).length === users.length)
    await until(() => {
      one.bus.publish('all', ['to all'])
      for (const topic of topics) one.bus.publishTo(topic, [topic])
      return [...topics, 'to all'].every((frame) => two.arrived.includes(frame))
    })
    clearInterval(timer)
    const last = sent
    await until(() => two.arrived.includes(last) || two.missed.length > 0)
    const lost = Array.from({ length: last }, (_, n) => n + 1).filter((n) => !two.arrived.includes(n))
    if (lost.length > 0) expect(two.missed.length).toBeGreaterThan(0)
    expect(new Set(two.arrived.filter(Number)).size).toBe(two.arrived.filter(Number).length)
  })

  it('a master goes away and comes back: nothing hangs, the nodes are told, and hear one another again', async () => {
    const [one, two] = await scene()
    await two.bus.topics(['t'], [])
    const owner = await cluster.ownerOf(channels.node('two'))
    const missed = two.missed.length
    owner.pause()
    const asked = performance.now()
    await Promise.allSettled([one.presence.locate(users), one.renew(), one.presence.claim(one.login('alice'))])
    expect(performance.now() - asked).toBeLessThan(10_000)
    await new Promise((resolve) => setTimeout(resolve, 3000))
    owner.resume()
    await until(() => two.missed.length > missed)
    await until(() => {
      one.bus.publish(['two'], ['again'])
      one.bus.publishTo('t', ['topic again'])
      return two.arrived.includes('again') && two.arrived.includes('topic again')
    })
    await until(() =>
      one.renew().then(
        () => true,
        () => false,
      ),
    )
  })
})
