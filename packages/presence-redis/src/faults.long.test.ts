// Redis fails in every way that one server can: nothing hangs, and whatever may have been lost is told.
import { afterEach, expect, it, onTestFinished } from 'vitest'
import { TestNode } from '../testing/node.js'
import { describeWithServers, PrivateRedis, until } from '../testing/private-redis.js'

const nodes: TestNode[] = []
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
})

async function scene(): Promise<{ server: PrivateRedis; one: TestNode; two: TestNode }> {
  const server = await PrivateRedis.start()
  onTestFinished(() => server.remove())
  const [one, two] = [
    await TestNode.start('one', { url: server.url }),
    await TestNode.start('two', { url: server.url }),
  ]
  nodes.push(one, two)
  await one.renew()
  await two.renew()
  return { server, one, two }
}

describeWithServers('when Redis fails', () => {
  it('flushed: each node learns that it was forgotten, and tells its logins again', async () => {
    const { server, one, two } = await scene()
    const login = one.login('alice')
    await one.presence.claim(login)
    await server.ask((client) => client.flushall())
    expect(await two.presence.locate(['alice'])).toEqual([])
    await one.findForgotten()
    await two.findForgotten()
    await one.renew([{ ...login, since: one.time }])
    expect((await two.presence.locate(['alice'])).map(({ sessionId }) => sessionId)).toEqual([login.holder.sessionId])
  })

  it('restarted: calls are refused at once meanwhile; afterwards it is another era, and a login of the old one is not taken', async () => {
    const { server, one } = await scene()
    const login = one.login('alice')
    await one.presence.claim(login)
    await server.kill()
    await until(() =>
      one.presence.nodes().then(
        () => false,
        (error: Error) => error.message.startsWith('Redis is out of reach'),
      ),
    )
    const before = performance.now()
    for (let n = 0; n < 100; n += 1)
      await expect(one.presence.locate(['alice'])).rejects.toThrow('Redis is out of reach')
    expect(performance.now() - before).toBeLessThan(1000)
    await server.start()
    await until(() => one.forgotten > 0)
    const late = await one.presence.claim(login)
    expect(late.time.era).not.toBe(login.since.era)
    expect(late).toMatchObject({ displaced: null, later: null })
    expect(await one.presence.locate(['alice'])).toEqual([])
  })

  it('paused with logins waiting: each call rejects, one that is carried out late displaces no later login', async () => {
    const { server, one, two } = await scene()
    const [early, late] = [one.login('alice', 1), two.login('alice', 2)]
    server.pause()
    const asked = [one.presence.claim(early), one.presence.locate(['alice'])]
    const settled = await Promise.allSettled(asked)
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    await expect(one.presence.claim(one.login('bob'))).rejects.toThrow('Redis is out of reach')
    server.resume()
    await until(() => one.forgotten > 0)
    expect(await two.presence.claim(late)).toMatchObject({ later: null })
    // The early one is told again, as its node does, and learns who is later.
    expect(await one.renew([early])).toEqual([early.holder])
    expect((await one.presence.locate(['alice'])).map(({ sessionId }) => sessionId)).toEqual([late.holder.sessionId])
  })

  it('its pub/sub links cut while frames fly: the receiver is told that it missed some, and hears again', async () => {
    const { server, one, two } = await scene()
    let sent = 0
    const timer = setInterval(() => one.bus.publish(['two'], [(sent += 1)]), 1)
    onTestFinished(() => clearInterval(timer))
    await until(() => two.arrived.length > 20)
    for (let n = 0; n < 3; n += 1) {
      const missed = two.missed.length
      await server.ask((client) => client.client('KILL', 'TYPE', 'pubsub'))
      await until(() => two.missed.length > missed)
    }
    clearInterval(timer)
    await until(() => two.arrived.includes(sent))
    expect(new Set(two.arrived).size).toBe(two.arrived.length)
  })

  it('a last frame is lost in a cut: the empty parcel behind it tells', async () => {
    const { server, one, two } = await scene()
    one.bus.publish(['two'], ['first'])
    await until(() => two.arrived.length === 1)
    const other = await TestNode.start('three', { url: server.url })
    nodes.push(other)
    // Redis itself loses the parcel, without a cut that anybody could see.
    await server.ask((client) => client.config('SET', 'client-output-buffer-limit', 'pubsub 0 0 0'))
    await server.ask((client) =>
      client.call('ACL', 'SETUSER', 'default', 'resetchannels', '&rookery:n:one', '&rookery:all'),
    )
    const missed = two.missed.length
    one.bus.publish(['two'], ['lost'])
    await new Promise((resolve) => setTimeout(resolve, 100))
    await server.ask((client) => client.call('ACL', 'SETUSER', 'default', 'allchannels'))
    await until(() => two.missed.slice(missed).some((from) => from === 'one' || from === null))
    expect(two.arrived).not.toContain('lost')
  })

  it('more is published than Redis confirms: what is beyond the bound is dropped, and that is told', async () => {
    const server = await PrivateRedis.start()
    onTestFinished(() => server.remove())
    const options = { url: server.url, unconfirmedBytesMax: 1_048_576 }
    const [one, two] = [await TestNode.start('one', options), await TestNode.start('two', options)]
    nodes.push(one, two)
    for (let n = 0; n < 100; n += 1) one.bus.publish(['two'], [{ n, text: 'x'.repeat(100_000) }])
    await until(() => two.missed.includes('one'))
    expect(two.arrived.length).toBe(10)
    one.bus.publish(['two'], ['goes on'])
    await until(() => two.arrived.includes('goes on'))
  })

  it('a frame of 20 MB arrives whole', async () => {
    const { one, two } = await scene()
    const frame = { tails: Array.from({ length: 20 }, (_, n) => JSON.stringify({ n, text: 'ü'.repeat(500_000) })) }
    one.bus.publish(['two'], [{ tails: frame.tails.slice(0, 12) }])
    await until(() => two.arrived.length === 1)
    expect(two.arrived).toEqual([{ tails: frame.tails.slice(0, 12) }])
  })

  it('away at start: nodes start all the same, and find one another when it is there', async () => {
    const server = await PrivateRedis.start()
    onTestFinished(() => server.remove())
    await server.kill()
    const [one, two] = [
      await TestNode.start('one', { url: server.url }),
      await TestNode.start('two', { url: server.url }),
    ]
    nodes.push(one, two)
    await expect(one.presence.nodes()).rejects.toThrow('Redis is out of reach')
    await expect(one.bus.topics(['t'], [])).rejects.toThrow()
    await server.start()
    await until(() => one.forgotten > 0 && two.forgotten > 0 && one.missed.includes(null))
    await one.renew()
    await two.renew()
    expect((await one.presence.nodes()).map(({ nodeId }) => nodeId).toSorted()).toEqual(['one', 'two'])
    await until(() => {
      two.bus.publishTo('t', ['topic'])
      return one.arrived.includes('topic')
    })
  })
})
