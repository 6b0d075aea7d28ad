// What becomes of notifications that a provider does not take at once; and of registrations.
import { afterEach, describe, expect, it } from 'vitest'
import { FakeDevice, FakePushProvider, TestNode, VirtualClock } from '@rookery/testing'
import { RookeryError } from '@rookery/protocol'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { PushOptions } from '../../options/push.js'
import type { ObservedPush, Observer } from '../../ports/observer.js'
import type { LogFacts } from '../../ports/logger.js'

let node: TestNode
let clock: VirtualClock
let storage: MemoryStorage
let provider: FakePushProvider
const observed: ObservedPush[] = []
const armed = { armed: 0, deliveredFirst: 0 }
const warnings: string[] = []

const observer: Observer = {
  push: {
    told: (push) => void observed.push(push),
    armed: (arming) => {
      armed.armed += arming.armed
      armed.deliveredFirst += arming.deliveredFirst
    },
  },
}

async function done<T>(work: Promise<T>): Promise<T> {
  let isDone = false
  const settle = (): void => void (isDone = true)
  work.then(settle, settle)
  await clock.runUntil(() => isDone, 60_000)
  return work
}

async function start(push: Partial<PushOptions> = {}): Promise<void> {
  observed.length = warnings.length = armed.armed = armed.deliveredFirst = 0
  clock = new VirtualClock()
  storage = new MemoryStorage()
  provider = new FakePushProvider()
  const logger = { info: () => {}, error: () => {}, warn: (line: string, _: LogFacts = {}) => void warnings.push(line) }
  node = await TestNode.start({ clock, storage, observer, logger, push: { providers: [provider], ...push } })
}
afterEach(() => done(node.stop()))

const registered = async (userId: string): Promise<string[]> =>
  (await storage.push.list([userId])).map(({ deviceId, app, token }) => [deviceId, app, token].join(' ')).toSorted()

async function away(userId: string, token = userId): Promise<void> {
  const device = await node.connect(userId, { deviceId: token })
  await done(device.ask('push.register', { provider: 'fake', token }))
  device.disconnect()
  await clock.advance(1_000)
}

const say = (from: FakeDevice, to: string): Promise<any> => done(from.ask('c2c', node.text(to, 'hello')))

describe('a notification', () => {
  it('that a provider takes later is tried again with rests that grow, under the same ids', async () => {
    await start()
    await away('bob')
    const at: number[] = []
    provider.answer = () => {
      at.push(clock.monotonic())
      return at.length < 4 ? { status: 'retry', reason: 'busy' } : { status: 'sent' }
    }
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(120_000)
    expect(at).toHaveLength(4)
    const rests = at.slice(1).map((ms, i) => ms - at[i]!)
    for (const [i, rest] of rests.entries()) {
      expect(rest).toBeGreaterThanOrEqual(2_000 * 2 ** i * 0.75)
      expect(rest).toBeLessThanOrEqual(2_000 * 2 ** i * 1.25 + 500)
    }
    expect(new Set(provider.requests.map(({ id, collapse }) => id + collapse)).size).toBe(1)
    expect(observed.map(({ outcome, reason }) => `${outcome} ${reason}`.trim())).toEqual([
      ...['retry busy', 'retry busy', 'retry busy', 'sent'],
    ])
  })

  it('is left alone for as long as the provider asks', async () => {
    await start()
    await away('bob')
    provider.answer = () => ({ status: 'retry', afterMs: 60_000 })
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(60_000)
    expect(provider.requests).toHaveLength(1)
    await clock.advance(10_000)
    expect(provider.requests).toHaveLength(2)
  })

  it('is not tried again once it was acknowledged', async () => {
    await start()
    await away('bob')
    provider.answer = () => ({ status: 'retry', afterMs: 20_000 })
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(8_000)
    const web = await node.connect('bob', { deviceType: 'web', since: 1 })
    await clock.advance(1_000)
    web.disconnect()
    provider.answer = () => ({ status: 'sent' })
    await clock.advance(60_000)
    expect(provider.requests).toHaveLength(1)
    expect((await storage.push.list(['bob']))[0]!.claim).toBeNull()
  })

  it('is given up after its attempts, and told with the next message', async () => {
    await start({ attempts: 2, breakerAfter: 100 })
    await away('bob')
    provider.answer = () => ({ status: 'retry' })
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(600_000)
    expect(observed.map(({ outcome }) => outcome)).toEqual(['retry', 'given-up'])
    provider.answer = () => ({ status: 'sent' })
    await say(ann, 'bob')
    await clock.advance(10_000)
    expect(provider.told('bob').at(-1)).toMatchObject({ body: 'You have 2 new messages' })
  })

  it('that a provider never takes is not tried again', async () => {
    await start()
    await away('bob')
    provider.answer = () => ({ status: 'rejected', reason: 'too-large' })
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(600_000)
    expect(observed).toMatchObject([{ outcome: 'rejected', reason: 'too-large', provider: 'fake', messages: 1 }])
    expect((await storage.push.behind(null, 10)).userIds).toEqual([])
  })
})

describe('a provider', () => {
  it('that throws, answers too little or never is tried again, and left alone after some of that', async () => {
    await start({ breakerAfter: 3, breakerMs: 40_000 })
    await away('bob')
    let calls = 0
    provider.send = () => {
      calls += 1
      if (calls === 1) throw new Error('with a token')
      return calls === 2 ? Promise.resolve([]) : new Promise(() => {})
    }
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(40_000)
    expect(calls).toBe(3)
    expect(warnings.filter((line) => line.includes('again and again'))).toHaveLength(1)
    expect((await node.rookery.health()).parts['push']).toMatchObject({ ok: false, reason: /^fake: / })
    expect((await node.rookery.health()).ok).toBe(true)
    provider.send = async (batch) => batch.map(() => ({ status: 'sent' }))
    await clock.advance(100_000)
    expect((await node.rookery.health()).parts['push']).toEqual({ ok: true })
    expect((await storage.push.behind(null, 10)).userIds).toEqual([])
  })

  it('that hangs keeps no message of chat, and no other provider', async () => {
    const other = new FakePushProvider('other')
    const hanging = new FakePushProvider('fake')
    await start({ providers: [hanging, other] })
    await away('bob')
    const phone = await node.connect('bob', { deviceId: 'two' })
    await done(phone.ask('push.register', { provider: 'other', token: 'two' }))
    phone.disconnect()
    hanging.answer = () => new Promise(() => {})
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(6_000)
    expect(other.requests).toHaveLength(1)
    await say(ann, 'bob')
    await clock.advance(6_000)
    expect([hanging.requests.length, other.requests.length]).toEqual([1, 2])
  })

  it('that hangs keeps the node from ending no longer than a drain', async () => {
    await start()
    await away('bob')
    provider.answer = () => new Promise(() => {})
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(6_000)
    expect(provider.requests).toHaveLength(1)
    const before = clock.monotonic()
    await done(node.stop())
    expect(clock.monotonic() - before).toBeLessThan(6_000)
  })

  it('is given what is due at once in batches, so many at a time', async () => {
    await start({ concurrency: 2 })
    const users = Array.from({ length: 7 }, (_, n) => `user${n}`)
    for (const user of users) await away(user)
    Object.assign(provider, { batch: 2 })
    let most = 0
    let under = 0
    const send = provider.send.bind(provider)
    provider.send = async (batch) => {
      expect(batch.length).toBeLessThanOrEqual(2)
      most = Math.max(most, (under += 1))
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 50))
      under -= 1
      return send(batch)
    }
    const ann = await node.connect('ann')
    for (const user of users) await say(ann, user)
    await clock.advance(20_000)
    expect(provider.requests).toHaveLength(7)
    expect(most).toBe(2)
  })

  it('that says that a token is dead has it forgotten, and no other', async () => {
    await start()
    await away('bob', 'one')
    await away('bob', 'two')
    provider.answer = ({ registration }) => ({ status: registration.token === 'one' ? 'dead' : 'sent' })
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await clock.advance(10_000)
    expect(await registered('bob')).toEqual(['two  two'])
  })

  it('that says so of too many has them kept, and that is told', async () => {
    await start()
    const users = Array.from({ length: 20 }, (_, n) => `user${n}`)
    for (const user of users) await away(user)
    provider.answer = () => ({ status: 'dead' })
    const ann = await node.connect('ann')
    for (const user of users) await say(ann, user)
    await clock.advance(30_000)
    const left = await storage.push.list(users)
    expect(left).toHaveLength(10)
    expect(warnings.filter((line) => line.includes('they are kept'))).toHaveLength(1)
    expect((await node.rookery.health()).parts['push']).toMatchObject({ ok: false })
  })
})

it('counts who began to wait, and who was reached in time', async () => {
  await start()
  const bob = await node.connect('bob')
  const ann = await node.connect('ann')
  await say(ann, 'bob')
  ann.tell('ack', { seq: 1 })
  await bob.ask('ack', { seq: 1 })
  await say(ann, 'bob')
  await clock.advance(20_000)
  expect(armed).toEqual({ armed: 4, deliveredFirst: 2 })
})

describe('a registration', () => {
  it('is refused for a provider that there is not, a wrong token, and what the provider refuses', async () => {
    const webpush = Object.assign(new FakePushProvider('webpush'), { publicKey: 'key' })
    await start({ providers: [new FakePushProvider(), webpush] })
    webpush.check = ({ token }) => {
      if (token.includes('intern')) throw new RookeryError('BAD_REQUEST', 'endpoint: is not allowed')
    }
    const bob = await node.connect('bob', { deviceId: 'd' })
    expect(bob.ready.features).toContain('push')
    expect(bob.ready.push).toEqual({ webpush: { key: 'key' } })
    const subscription = (endpoint: string) => ({ endpoint, keys: { p256dh: 'p', auth: 'a' } })
    for (const request of [
      { provider: 'none', token: 't' },
      { provider: 'webpush', token: 't' },
      { provider: 'fake', token: subscription('https://a') },
      { provider: 'webpush', token: subscription('https://intern') },
    ])
      expect(await done(bob.code('push.register', request))).toBe('BAD_REQUEST')
    expect(await done(bob.code('push.unregister', { provider: 'none' }))).toBe('BAD_REQUEST')
    await done(bob.ask('push.register', { provider: 'webpush', token: subscription('https://a') }))
    expect(await registered('bob')).toEqual(['d  {"endpoint":"https://a","keys":{"p256dh":"p","auth":"a"}}'])
  })

  it('is not known where the server has no push', async () => {
    await start()
    const plain = await TestNode.start()
    const bob = await plain.connect('bob')
    expect(bob.ready.features).not.toContain('push')
    expect(await bob.code('push.register', { provider: 'fake', token: 't' })).toBe('UNSUPPORTED')
    await plain.stop()
  })

  it('moves to the user who registers its token last', async () => {
    await start()
    await away('bob', 'token')
    const cid = await node.connect('cid', { deviceId: 'token' })
    await done(cid.ask('push.register', { provider: 'fake', token: 'token' }))
    expect([await registered('bob'), await registered('cid')]).toEqual([[], ['token  token']])
  })

  it('ends with a logout, with its own end, by the admin, and where another phone takes the slot', async () => {
    await start()
    const login = async (deviceId: string): Promise<FakeDevice> => {
      const device = await node.connect('bob', { deviceId })
      await done(device.ask('push.register', { provider: 'fake', token: deviceId, app: 'a' }))
      return device
    }
    const one = await login('one')
    await done(one.ask('push.unregister', { provider: 'fake', app: 'a' }))
    expect(await registered('bob')).toEqual([])
    await done(one.ask('push.register', { provider: 'fake', token: 'one' }))
    const two = await login('two')
    await clock.advance(1_000)
    expect(await registered('bob')).toEqual(['two a two'])
    two.tell('logout', {})
    await clock.advance(1_000)
    expect(await registered('bob')).toEqual([])
    await login('three')
    await done(node.rookery.im.kick('bob'))
    await clock.advance(1_000)
    expect(await registered('bob')).toEqual([])
  })

  it('stays where the same device comes back, or its connection is lost', async () => {
    await start()
    await away('bob', 'one')
    const again = await node.connect('bob', { deviceId: 'one' })
    await node.connect('bob', { deviceId: 'one' })
    expect(again.isClosed).toBe(true)
    await clock.advance(1_000)
    expect(await registered('bob')).toEqual(['one  one'])
  })

  it('that a logout overtakes is not stored', async () => {
    await start()
    provider.check = () => {}
    Object.assign(provider, { check: () => new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 500)) })
    const bob = await node.connect('bob')
    bob.tell('push.register', { provider: 'fake', token: 't' })
    bob.tell('logout', {})
    await clock.advance(5_000)
    expect(await registered('bob')).toEqual([])
  })

  it('that is one too many takes the place of the oldest', async () => {
    await start({ registrations: 2 })
    for (const token of ['one', 'two', 'three']) await away('bob', token)
    expect(await registered('bob')).toEqual(['three  three', 'two  two'])
    await away('bob', 'two')
    expect(await registered('bob')).toEqual(['three  three', 'two  two'])
  })

  it('of an erased user is gone, and nothing is told any more', async () => {
    await start()
    await away('bob')
    const ann = await node.connect('ann')
    await say(ann, 'bob')
    await done(node.rookery.maintenance.eraseUser('bob'))
    await say(ann, 'bob')
    await clock.advance(60_000)
    expect(provider.requests).toEqual([])
    expect(await registered('bob')).toEqual([])
  })
})
