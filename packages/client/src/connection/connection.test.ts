import { describe, expect, it } from 'vitest'
import { refuse, ScriptedServer, silence } from '../../testing/scripted-server.js'
import type { Platform } from '../ports/platform.js'

const connected = async (server: ScriptedServer, client = server.client()) => {
  await client.connect()
  await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
  return client
}

describe('a connection', () => {
  it('opens nothing before it is asked to', async () => {
    const server = new ScriptedServer()
    let opened = 0
    const client = server.client({
      endpoints: () => Promise.resolve([`https://node${++opened}`]),
      getToken: () => Promise.resolve(`token ${++opened}`),
    })
    client.conversation({ peerId: 'bob' })
    await server.clock.advance(60_000)
    expect([opened, server.dialled.length, client.connection.getSnapshot().status]).toEqual([0, 0, 'idle'])
  })

  it('sends nothing before ready, and goes through connecting and syncing to live', async () => {
    const server = new ScriptedServer()
    const client = server.client()
    const seen: string[] = []
    client.connection.subscribe(() => seen.push(client.connection.getSnapshot().status))
    await client.connect()
    client.request('echo', 1).catch(() => {})
    await server.clock.advance(4)
    expect(server.asked).toEqual([])
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
    expect(seen).toEqual(['connecting', 'syncing', 'live'])
    expect(server.requests('c2s')).toEqual([{ topic: 'echo', payload: 1 }])
  })

  it('comes back with growing, jittered delays, and begins anew once it was live', async () => {
    const server = new ScriptedServer()
    const client = await connected(server)
    server.refusals.push(...Array.from({ length: 6 }, () => null))
    server.drop()
    const delays: number[] = []
    for (let attempt = 0; attempt < 6; attempt++) {
      const startMs = server.clock.monotonic()
      const dials = server.dialled.length
      await server.clock.runUntil(() => server.dialled.length > dials, 60_000)
      delays.push(server.clock.monotonic() - startMs)
      await server.clock.advance(20)
    }
    for (const [index, delay] of delays.entries()) {
      const upTo = 500 * 2 ** index
      expect(delay).toBeGreaterThanOrEqual(upTo / 2 - 25)
      expect(delay).toBeLessThanOrEqual(upTo + 25)
    }
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 60_000)
    server.drop()
    const status = client.connection.getSnapshot()
    expect(status.status === 'waiting' && status.retryAt - server.clock.now()).toBeLessThanOrEqual(500)
  })

  it('waits as long as a busy server says', async () => {
    const server = new ScriptedServer()
    server.refusals.push({ code: 'OVERLOADED', message: 'busy', retryAfterMs: 20_000 })
    const client = server.client()
    await client.connect()
    await server.clock.advance(20_000)
    expect(server.dialled.length).toBe(1)
    expect(client.connection.getSnapshot()).toMatchObject({ status: 'waiting', error: { code: 'OVERLOADED' } })
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 2_000)
  })

  it('takes the endpoints in turn, asks for them again when all have failed, and goes elsewhere from a node that drains', async () => {
    const server = new ScriptedServer()
    let lists = 0
    server.refusals.push(null, null)
    const client = server.client({ endpoints: () => Promise.resolve([`https://a${++lists}`, `https://b${lists}`]) })
    await connected(server, client)
    expect(server.dialled.map(({ url }) => url)).toEqual(['https://a1', 'https://b1', 'https://a2'])
    server.emit('reconnect', { afterMs: 300 })
    await server.clock.runUntil(() => server.dialled.length === 4, 310)
    expect(server.link.url).toBe('https://b2')
  })

  it('asks for a token with the reason, and gives up after a new one was refused too', async () => {
    const server = new ScriptedServer()
    const reasons: string[] = []
    const getToken = (why: string): Promise<string> => Promise.resolve(`token ${reasons.push(why)}`)
    server.refusals.push({ code: 'UNAUTHENTICATED', message: 'no' })
    const client = await connected(server, server.client({ getToken }))
    expect(reasons).toEqual(['connect', 'rejected'])
    expect(server.dialled.map(({ auth }) => auth.token)).toEqual(['token 1', 'token 2'])
    server.refusals.push({ code: 'UNAUTHENTICATED', message: 'no' }, { code: 'UNAUTHENTICATED', message: 'no' })
    server.drop()
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'ended', 5_000)
    expect(client.connection.getSnapshot()).toMatchObject({ reason: { kind: 'unauthenticated' } })
    await server.clock.advance(100_000)
    expect(server.dialled.length).toBe(4)
  })

  it('renews its token a minute before it expires, and again', async () => {
    const server = new ScriptedServer()
    server.ready = { expiresAt: server.clock.now() + 600_000 }
    server.on('auth.refresh', () => ({ expiresAt: server.clock.now() + 600_000 }))
    const reasons: string[] = []
    await connected(server, server.client({ getToken: (why) => Promise.resolve(`token ${reasons.push(why)}`) }))
    await server.clock.advance(535_000)
    expect(server.requests('auth.refresh')).toEqual([])
    await server.clock.advance(10_000)
    expect(server.requests('auth.refresh')).toEqual([{ token: 'token 2' }])
    await server.clock.advance(545_000)
    expect(server.requests('auth.refresh')).toHaveLength(2)
    expect(reasons).toEqual(['connect', 'expiring', 'expiring'])
  })

  it.each([
    ['same-device-type', 'ended'],
    ['same-device', 'ended'],
    ['admin', 'ended'],
    ['logout', 'ended'],
    ['token-expired', 'live'],
    ['token-revoked', 'live'],
  ] as const)('after a kick for %s it is %s, and says why', async (reason, status) => {
    const server = new ScriptedServer()
    const reasons: string[] = []
    const client = await connected(
      server,
      server.client({ getToken: (why) => Promise.resolve(`${reasons.push(why)}`) }),
    )
    const by = { deviceId: 'd2', deviceType: 'web', at: 5 }
    server.emit('kick', { reason, by })
    await server.clock.advance(10_000)
    expect(client.connection.getSnapshot().status).toBe(status)
    if (status === 'live') expect(reasons).toEqual(['1', '2'].map(() => expect.any(String)))
    else expect(client.connection.getSnapshot()).toEqual({ status, reason: { kind: 'kicked', reason, by } })
    expect(reasons).toEqual(status === 'live' ? ['connect', 'rejected'] : ['connect'])
    await client.connect()
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 5_000)
  })

  it('asks for the time when it may have slept, and takes a new socket where no answer comes in 3 s', async () => {
    const server = new ScriptedServer()
    let wake = (): void => {}
    let hide = (): void => {}
    const platform: Platform = {
      onWake: (run) => ((wake = run), () => {}),
      onHide: (run) => ((hide = run), () => {}),
      isFocused: () => true,
      onFocus: () => () => {},
    }
    const client = await connected(server, server.client({}, { platform }))
    await server.clock.advance(5_000)
    const asked = server.requests('time').length
    wake()
    await server.clock.advance(3_100)
    expect(server.requests('time').length).toBe(asked + 1)
    expect(server.dialled.length).toBe(1)
    server.on('time', () => silence)
    wake()
    await server.clock.advance(2_900)
    expect(server.dialled.length).toBe(1)
    await server.clock.advance(200)
    expect(server.dialled.length).toBe(2)
    // A page that is put away ends its connection, and has it back when it is shown again.
    await server.clock.advance(1_000)
    hide()
    expect(server.link.isClosed).toBe(true)
    await server.clock.advance(60_000)
    expect(server.dialled.length).toBe(2)
    wake()
    await server.clock.runUntil(() => client.connection.getSnapshot().status === 'live', 1_000)
  })

  it('notices by its clock that the machine slept', async () => {
    const server = new ScriptedServer()
    await connected(server)
    server.on('time', () => silence)
    server.clock.jumpWall(3_600_000)
    await server.clock.advance(14_000)
    expect(server.dialled.length).toBe(2)
  })

  it('is another instance in each client, on the same device', async () => {
    const server = new ScriptedServer()
    const first = server.client()
    await connected(server, first)
    await first.disconnect()
    await first.connect()
    await server.clock.advance(100)
    const [one, two] = server.dialled
    expect(one!.auth.instance).toBe(two!.auth.instance)
    expect(one!.auth.deviceId).not.toBe(one!.auth.instance)
    expect(one!.auth.deviceId).toBe(two!.auth.deviceId)
  })

  it('knows the server’s clock to 100 ms by the quickest answer', async () => {
    const server = new ScriptedServer()
    const aheadMs = 7_200_000
    let asks = 0
    server.latencyMs = 400
    server.on('time', ({ t0 }: { t0: number }) => {
      if (++asks === 3) server.latencyMs = 20
      return { t0, serverTime: server.clock.now() + aheadMs }
    })
    server.ready = { serverTime: server.clock.now() + aheadMs }
    server.on('c2c', () => refuse('REJECTED'))
    const client = await connected(server)
    await server.clock.advance(20_000)
    expect(asks).toBe(4)
    client.conversation({ peerId: 'bob' }).send({ type: 'text', content: { text: 'hi' } })
    const saidAt = server.clock.now() + aheadMs
    await server.clock.advance(100)
    const { clientTime } = server.requests('c2c')[0] as { clientTime: number }
    expect(Math.abs(clientTime - saidAt)).toBeLessThanOrEqual(100)
  })

  it('acknowledges what the business server says once a handler has resolved, and not if one throws', async () => {
    const server = new ScriptedServer()
    const client = await connected(server)
    const acknowledged: string[] = []
    const say = (topic: string): void =>
      server.emit('s2c', { id: topic, topic, payload: { n: 1 } }, () => acknowledged.push(topic))
    let finish = (): void => {}
    client.on('slow', () => new Promise<void>((resolve) => (finish = resolve)))
    client.on('broken', () => Promise.reject(new Error('it failed')))
    for (const topic of ['slow', 'broken', 'unheard']) say(topic)
    await server.clock.advance(1_000)
    expect(acknowledged).toEqual([])
    finish()
    await server.clock.advance(10)
    expect(acknowledged).toEqual(['slow'])
  })
})
