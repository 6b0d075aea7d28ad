// Who is told of what, on one node and on virtual time.
import { afterEach, describe, expect, it } from 'vitest'
import { FakeDevice, FakePushProvider, FaultyStorage, TestNode, VirtualClock } from '@rookery/testing'
import { MemoryStorage } from '../../memory/memory-storage.js'
import type { RookeryOptions } from '../../options/options.js'
import type { PushOptions } from '../../options/push.js'

const register = (device: FakeDevice, token: string, more: object = {}): Promise<unknown> =>
  device.ask('push.register', { provider: 'fake', token, ...more })

/** Acknowledges everything that it is given, at once, as long as it is awake. */
const acknowledging = (device: FakeDevice): void => {
  void device.until(() => {
    const last = device.entries.at(-1)?.seq as number | undefined
    if (last !== undefined) device.tell('ack', { seq: last })
    return false
  })
}

class Scene {
  readonly clock = new VirtualClock()
  readonly storage = new FaultyStorage(new MemoryStorage(), this.clock)
  readonly provider = new FakePushProvider()
  node!: TestNode

  async start(push: Partial<PushOptions> = {}, options: Partial<RookeryOptions> = {}): Promise<this> {
    const { clock, storage, provider } = this
    this.node = await TestNode.start({ clock, storage, push: { providers: [provider], ...push }, ...options })
    return this
  }

  /** Lets time pass until a promise has settled. */
  async done<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const settle = (): void => void (isDone = true)
    work.then(settle, settle)
    await this.clock.runUntil(() => isDone, 60_000)
    return work
  }

  /** A device that is registered and gone. */
  async away(userId: string, token = `${userId}'s`, more: object = {}): Promise<void> {
    const device = await this.node.connect(userId, { deviceId: token })
    await this.done(register(device, token, more))
    device.disconnect()
    await this.clock.advance(1_000)
  }

  say(from: FakeDevice, to: string, words = 'hello', more: object = {}): Promise<any> {
    return this.done(from.ask('c2c', { ...this.node.text(to, words), ...more }))
  }

  told = (token: string) => this.provider.told(token)
}

let scene: Scene
const start = async (...options: Parameters<Scene['start']>): Promise<Scene> =>
  (scene = await new Scene().start(...options))
afterEach(() => scene.done(scene.node.stop()))

describe('a message that no device acknowledges', () => {
  it('is told to each registered device after five seconds, once, without what it says', async () => {
    await start()
    await scene.away('bob', 'one', { lang: 'de' })
    await scene.away('bob', 'two')
    const ann = await scene.node.connect('ann')
    const { conversationId } = await scene.say(ann, 'bob', 'secret')
    await scene.clock.advance(4_400)
    expect(scene.provider.requests).toEqual([])
    await scene.clock.advance(1_500)
    const data = { conversationId, seq: 1 }
    expect(scene.told('one')).toEqual([
      { kind: 'message', title: 'Neue Nachricht', body: 'Du hast eine neue Nachricht', badge: 1, silent: false, data },
    ])
    expect(scene.told('two')).toMatchObject([{ title: 'New message', badge: 1, data }])
    const [one, two] = scene.provider.requests
    expect(one!.collapse).toBe(two!.collapse)
    expect(one!.id).not.toBe(two!.id)
    expect(one!.expiresAt).toBeGreaterThan(scene.clock.now())
    await scene.clock.advance(600_000)
    expect(scene.provider.requests).toHaveLength(2)
    expect(JSON.stringify(scene.provider.requests)).not.toContain('secret')
  })

  it('is told together with others that wait: one notification with how many there are', async () => {
    await start()
    await scene.away('bob', 'phone')
    const [ann, cid] = [await scene.node.connect('ann'), await scene.node.connect('cid')]
    await scene.say(ann, 'bob')
    await scene.say(cid, 'bob')
    await scene.clock.advance(3_000)
    const { conversationId } = await scene.say(ann, 'bob')
    await scene.clock.advance(10_000)
    expect(scene.told('phone')).toMatchObject([
      { body: 'You have 3 new messages', badge: 3, data: { conversationId, seq: 2 } },
    ])
    await scene.say(cid, 'bob')
    await scene.clock.advance(10_000)
    expect(scene.told('phone')).toHaveLength(2)
    expect(scene.told('phone')[1]).toMatchObject({ body: 'You have a new message', badge: 4 })
  })

  it('is not told to whoever has no registration, wrote it, or is told of control alone', async () => {
    await start()
    await scene.away('bob', 'phone')
    await scene.away('ann', 'phone-of-ann')
    const ann = await scene.node.connect('ann', { deviceType: 'pc' })
    await scene.say(ann, 'cid')
    const { conversationId } = await scene.say(ann, 'bob', 'x', { silent: true })
    await scene.done(ann.ask('react', { conversationId, seq: 1, reaction: 'r' }))
    await scene.clock.advance(30_000)
    expect(scene.provider.requests).toEqual([])
  })

  it('is not told where it was recalled, or read, meanwhile', async () => {
    await start()
    await scene.away('bob', 'phone')
    const ann = await scene.node.connect('ann')
    const { conversationId } = await scene.say(ann, 'bob')
    await scene.done(ann.ask('recall', { conversationId, seq: 1 }))
    await scene.clock.advance(10_000)
    expect(scene.provider.requests).toEqual([])
    await scene.say(ann, 'bob')
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    await scene.done(web.ask('read', { conversationId, seq: 3 }))
    web.disconnect()
    await scene.clock.advance(30_000)
    expect(scene.provider.requests).toEqual([])
  })
})

describe('a user who is connected', () => {
  it('is never told of what a device acknowledges', async () => {
    await start()
    await scene.away('bob', 'phone')
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    acknowledging(web)
    const ann = await scene.node.connect('ann')
    for (let n = 0; n < 20; n += 1) {
      await scene.say(ann, 'bob')
      await scene.clock.advance(700)
    }
    await scene.clock.advance(30_000)
    expect(scene.provider.requests).toEqual([])
    expect(web.of('sync')).toEqual([])
  })

  it('is told to pull first, and where that brings no acknowledgement the devices are told', async () => {
    await start()
    await scene.away('bob', 'phone')
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    const ann = await scene.node.connect('ann')
    await scene.say(ann, 'bob')
    await scene.clock.advance(6_000)
    expect(web.of('sync')).toHaveLength(1)
    expect(scene.provider.requests).toEqual([])
    await scene.clock.advance(6_000)
    expect(scene.told('phone')).toHaveLength(1)
  })

  it('who pulls after that is not told', async () => {
    await start()
    await scene.away('bob', 'phone')
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    const ann = await scene.node.connect('ann')
    await scene.say(ann, 'bob')
    await scene.clock.advance(6_000)
    await scene.done(web.ask('pull', { since: 0 }))
    await scene.done(web.ask('pull', { since: 1 }))
    await scene.clock.advance(30_000)
    expect(scene.provider.requests).toEqual([])
  })

  it('and goes away before the time is over is told', async () => {
    await start()
    await scene.away('bob', 'phone')
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    const ann = await scene.node.connect('ann')
    await scene.say(ann, 'bob')
    web.disconnect()
    await scene.clock.advance(6_000)
    expect(scene.told('phone')).toHaveLength(1)
  })

  it('by a fresh device that did not get what came before is told of that', async () => {
    await start()
    await scene.away('bob', 'phone')
    const ann = await scene.node.connect('ann')
    await scene.say(ann, 'bob')
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    acknowledging(web)
    await scene.say(ann, 'bob')
    await scene.clock.advance(12_000)
    expect(scene.told('phone')).toMatchObject([{ body: 'You have a new message', data: { seq: 1 } }])
  })
})

describe('a muted conversation', () => {
  const muted = async (push: Partial<PushOptions> = {}) => {
    await start(push)
    await scene.away('bob', 'phone')
    const ann = await scene.node.connect('ann')
    const { groupId } = await scene.done(ann.ask('group.create', { name: 'g', members: ['bob'] }))
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    await scene.done(web.ask('conversation.update', { conversationId: groupId, muted: true }))
    web.disconnect()
    await scene.clock.advance(20_000)
    const say = (more: object = {}) => scene.done(ann.ask('c2g', { ...scene.node.text(groupId, 'x'), ...more }))
    return { ann, say, groupId }
  }

  it('is told of without a sound, and a mention with one', async () => {
    const { say } = await muted()
    await say()
    await scene.clock.advance(10_000)
    await say({ mentions: ['bob'] })
    await say()
    await scene.clock.advance(10_000)
    expect(scene.told('phone').map(({ silent, data }) => [silent, data.seq])).toEqual([
      [true, 2],
      [false, 3],
    ])
  })

  it('is not told of where the host says so', async () => {
    const { say } = await muted({ muted: 'off', mentionsBreakThrough: false })
    await say()
    await say({ mentions: ['@all'] })
    await scene.clock.advance(10_000)
    expect(scene.told('phone')).toEqual([])
  })
})

describe('a group that is fanned out on read', () => {
  const large = async (push: Partial<PushOptions> = {}) => {
    await start(push, { fanout: { readAbove: 2 } })
    for (const user of ['bob', 'cid', 'dan']) await scene.away(user)
    const ann = await scene.node.connect('ann')
    const { groupId } = await scene.done(ann.ask('group.create', { name: 'g', members: ['bob', 'cid', 'dan'] }))
    await scene.clock.advance(20_000)
    const say = (more: object = {}) => scene.done(ann.ask('c2g', { ...scene.node.text(groupId, 'x'), ...more }))
    const told = () => scene.provider.requests.map(({ registration }) => registration.userId)
    return { ann, say, told, groupId }
  }

  it('tells those who are mentioned, and nobody else', async () => {
    const { say, told } = await large()
    await say()
    await say({ mentions: ['cid'] })
    await scene.clock.advance(10_000)
    expect(told()).toEqual(['cid'])
    expect(scene.told("cid's")).toMatchObject([{ data: { seq: 3 }, badge: 2 }])
  })

  it('tells everybody but who said it where everybody is mentioned, or the host says so', async () => {
    const { say, told } = await large()
    await say({ mentions: ['@all'] })
    await scene.clock.advance(10_000)
    expect(told().toSorted()).toEqual(['bob', 'cid', 'dan'])
  })

  it('tells everybody of every message where the host says so', async () => {
    const { say, told } = await large({ largeGroups: 'all' })
    await say()
    await scene.clock.advance(10_000)
    expect(told().toSorted()).toEqual(['bob', 'cid', 'dan'])
  })

  it('tells nobody who has read it, or stays connected', async () => {
    const { say, told, groupId } = await large()
    const bob = await scene.node.connect('bob', { deviceType: 'web' })
    const cid = await scene.node.connect('cid', { deviceType: 'web' })
    await say({ mentions: ['bob', 'cid'] })
    await scene.done(bob.ask('read', { conversationId: groupId, seq: 2 }))
    bob.disconnect()
    await scene.clock.advance(100_000)
    cid.disconnect()
    await scene.clock.advance(20_000)
    expect(told()).toEqual([])
  })

  it('tells who is connected no more before a minute is over', async () => {
    const { say, told } = await large()
    const cid = await scene.node.connect('cid', { deviceType: 'web' })
    await say({ mentions: ['cid'] })
    await scene.clock.advance(30_000)
    cid.disconnect()
    await scene.clock.advance(10_000)
    expect(told()).toEqual(['cid'])
  })
})

describe('a badge', () => {
  it('is brought up to date once after the user has read elsewhere what the device shows', async () => {
    await start()
    await scene.away('bob', 'phone')
    const ann = await scene.node.connect('ann')
    const { conversationId } = await scene.say(ann, 'bob')
    await scene.say(ann, 'bob')
    await scene.clock.advance(10_000)
    const web = await scene.node.connect('bob', { deviceType: 'web' })
    acknowledging(web)
    await scene.done(web.ask('read', { conversationId, seq: 1 }))
    await scene.clock.advance(10_000)
    expect(scene.told('phone')).toHaveLength(1)
    await scene.done(web.ask('read', { conversationId, seq: 2 }))
    await scene.clock.advance(10_000)
    expect(scene.told('phone')[1]).toEqual({
      ...{ kind: 'badge', title: '', body: '', badge: 0, silent: true },
      data: { conversationId, seq: 2 },
    })
    await scene.say(ann, 'bob')
    await scene.clock.advance(1_000)
    await scene.done(web.ask('read', { conversationId, seq: 3 }))
    await scene.clock.advance(30_000)
    expect(scene.told('phone')).toHaveLength(2)
  })

  it('is not sent to a device that is connected itself', async () => {
    await start()
    await scene.away('bob', 'phone')
    const ann = await scene.node.connect('ann')
    const { conversationId } = await scene.say(ann, 'bob')
    await scene.clock.advance(10_000)
    const phone = await scene.node.connect('bob', { deviceId: 'phone' })
    await scene.done(phone.ask('read', { conversationId, seq: 1 }))
    phone.disconnect()
    const other = await scene.node.connect('bob', { deviceId: 'phone' })
    await scene.clock.advance(10_000)
    other.disconnect()
    await scene.clock.advance(30_000)
    expect(scene.told('phone')).toHaveLength(1)
  })
})

describe('words', () => {
  it('are the host’s where it writes them', async () => {
    await start({
      compose: ({ message, lang, count, isMentioned, userId }) => ({
        title: `${message.from} to ${userId}`,
        body: `${(message.content as { text: string }).text} ${lang} ${count} ${isMentioned}`,
      }),
    })
    await scene.away('bob', 'phone', { lang: 'zh-Hant' })
    const ann = await scene.node.connect('ann')
    await scene.say(ann, 'bob', 'hi')
    await scene.clock.advance(10_000)
    expect(scene.told('phone')).toMatchObject([{ title: 'ann to bob', body: 'hi zh-Hant 1 false' }])
  })

  it.each([
    ['throws', () => Promise.reject(new Error('no'))],
    ['never answers', () => new Promise<never>(() => {})],
    ['answers nothing', () => undefined as never],
  ])('are our own where the host %s', async (_, compose) => {
    await start({ compose })
    await scene.away('bob', 'phone')
    const ann = await scene.node.connect('ann')
    await scene.say(ann, 'bob')
    await scene.clock.advance(20_000)
    expect(scene.told('phone')).toMatchObject([{ title: 'New message' }])
  })
})
