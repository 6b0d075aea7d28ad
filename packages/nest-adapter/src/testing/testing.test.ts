import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Injectable } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { MessageBody } from '@nestjs/websockets'
import { MemoryStorage, tokens } from '@rookery/core'
import { afterEach, describe, expect, it } from 'vitest'
import { ImRejection, MemoryStorageModule, OnC2C, OnC2S, RookeryModule, type RookeryModuleOptions } from '../index.js'
import { type TestChat, testChat, VirtualTimeModule } from './index.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()))
})

@Injectable()
class ChatHandlers {
  @OnC2C('text')
  check(): void {}
  @OnC2C('bad')
  refuse(): void {
    throw new ImRejection('not like this', { hint: 'be nice' })
  }
  @OnC2S('double')
  double(@MessageBody('n') n: number): number {
    return n * 2
  }
}

/** As an app's own test would do it. */
async function start({
  isVirtual = true,
  ...options
}: { isVirtual?: boolean } & Pick<RookeryModuleOptions, 'fanout'> = {}): Promise<TestChat> {
  const module = await Test.createTestingModule({
    imports: [
      ...(isVirtual ? [VirtualTimeModule.forRoot({ startMs: 1000 })] : []),
      MemoryStorageModule.forRoot(),
      RookeryModule.forRoot({
        authenticate: ({ token }) => (token.startsWith('token-of-') ? { userId: token.slice(9) } : null),
        ...options,
      }),
    ],
    providers: [ChatHandlers],
  })
    .overrideProvider(tokens.storage)
    .useValue(new MemoryStorage())
    .setLogger(false)
    .compile()
  open.push(module)
  await module.init()
  return testChat(module, { tokenOf: (userId) => `token-of-${userId}` })
}

describe('fake devices', () => {
  it('that are online get messages at once, on every device of both sides', async () => {
    const chat = await start()
    const [phone, pc] = [await chat.online('ann'), await chat.online('ann', { deviceType: 'pc' })]
    const bob = await chat.online('bob')
    await phone.send('bob', 'hello')
    expect(await bob.received(({ from }) => from === 'ann')).toMatchObject({ content: { text: 'hello' } })
    await chat.settle()
    expect([phone.texts, pc.texts, bob.texts]).toEqual([['hello'], ['hello'], ['hello']])
  })

  it('that are offline learn what they missed when they connect, and again after being away, each message once', async () => {
    const chat = await start()
    const [ann, bob] = [await chat.online('ann'), await chat.offline('bob')]
    await ann.send('bob', 'one')
    expect([bob.isOnline, bob.texts]).toEqual([false, []])
    await bob.connect()
    await ann.send('bob', 'two')
    await chat.settle()
    bob.disconnect()
    await ann.send('bob', 'three')
    await bob.connect()
    expect(bob.texts).toEqual(['one', 'two', 'three'])
    expect(bob.entries.map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  it('that are slow get nothing until they read again, and then everything in order', async () => {
    const chat = await start()
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob')]
    bob.stall()
    for (let i = 0; i < 10; i++) await ann.send('bob', { text: 'x'.repeat(60_000), i })
    await chat.settle()
    expect(bob.messages).toEqual([])
    bob.resume()
    await chat.settle()
    expect(bob.messages.map(({ content }) => content?.i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(bob.events.some(({ event }) => event === 'sync')).toBe(true)
  })

  it('that are kicked know the reason, and get nothing more', async () => {
    const chat = await start()
    const [first, bob] = [await chat.online('ann'), await chat.online('bob')]
    const second = await chat.online('ann')
    expect([first.isOnline, first.kicked?.reason, second.isOnline]).toEqual([false, 'same-device-type', true])
    await bob.send('ann', 'hi')
    await chat.settle()
    expect([first.texts, second.texts]).toEqual([[], ['hi']])
    await expect(first.send('bob', 'x')).rejects.toThrow('session has ended: same-device-type')
  })

  it('throw the coded errors that a client would get', async () => {
    const chat = await start()
    const ann = await chat.online('ann')
    await expect(ann.send('bob', {}, { type: 'bad' })).rejects.toMatchObject({
      code: 'REJECTED',
      message: 'not like this',
      details: { hint: 'be nice' },
    })
    await expect(chat.online('bob', { token: 'forged' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await ann.topic('double', { n: 21 })).toBe(42)
    await expect(ann.ask('no.such.event')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const bob = await chat.offline('bob')
    await expect(bob.send('ann', 'x')).rejects.toThrow("bob's device is not connected: await connect() first")
  })

  it('name what came instead of what a test waited for', async () => {
    const chat = await start({ isVirtual: false })
    const ann = await chat.online('ann')
    await ann.send('bob', 'one')
    await expect(ann.received(({ type }) => type === 'offer')).rejects.toThrow(
      'ann holds no such message, but: text from ann',
    )
  })
})

describe('groups', () => {
  it('are created by devices, which send and receive in them', async () => {
    const chat = await start()
    const [ann, bob, carl] = [await chat.online('ann'), await chat.online('bob'), await chat.offline('carl')]
    const { groupId } = await ann.createGroup('cars', ['bob', 'carl'], { announcement: 'be nice' })
    const { seq } = await ann.sendToGroup(groupId, 'hello @bob', { mentions: ['bob'] })
    await bob.sendToGroup(groupId, { price: 7 }, { type: 'bid', replyTo: seq })
    await bob.send('ann', 'beside it')
    await carl.connect()
    await chat.settle()
    for (const device of [ann, bob, carl])
      expect(device.messagesIn(groupId)).toMatchObject([
        { seq: 1, type: 'im.group', content: { event: 'created', changes: { announcement: 'be nice' } } },
        { seq: 2, from: 'ann', type: 'text', mentions: ['bob'] },
        { seq: 3, from: 'bob', type: 'bid', content: { price: 7 }, replyTo: 2 },
      ])
    expect([bob.textsIn(groupId), bob.texts]).toEqual([['hello @bob'], ['hello @bob', 'beside it']])
    await expect(ann.createGroup('', [])).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    const eve = await chat.online('eve')
    await expect(eve.sendToGroup(groupId, 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('are changed by devices, with the rights of their users', async () => {
    const chat = await start()
    const [ann, bob, carl] = [await chat.online('ann'), await chat.online('bob'), await chat.online('carl')]
    const { groupId } = await ann.createGroup('cars', ['bob'])
    expect(await ann.groups.add(groupId, 'carl', 'dora')).toMatchObject({ memberCount: 4 })
    expect(await ann.groups.role(groupId, 'bob', 'admin')).toMatchObject({ role: 'owner' })
    expect(await bob.groups.update(groupId, { name: 'boats', announcement: 'hi' })).toMatchObject({ name: 'boats' })
    expect(await bob.groups.remove(groupId, 'dora')).toMatchObject({ memberCount: 3 })
    await expect(carl.groups.remove(groupId, 'bob')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await ann.groups.mute(groupId, { userId: 'carl', until: 1e15 })
    await expect(carl.sendToGroup(groupId, 'x')).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await ann.groups.mute(groupId, { until: 1e15 })
    expect(await bob.groups.get(groupId)).toMatchObject({ role: 'admin', mutedUntil: 1e15 })
    const { members, cursor } = await carl.groups.members(groupId, { limit: 2 })
    expect(members.map(({ userId, role }) => `${userId} ${role}`)).toEqual(['ann owner', 'bob admin'])
    expect((await carl.groups.members(groupId, { cursor: cursor! })).members).toMatchObject([
      { userId: 'carl', mutedUntil: 1e15 },
    ])
    await carl.groups.leave(groupId)
    await ann.groups.dissolve(groupId)
    await expect(bob.groups.get(groupId)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('have messages that devices recall, edit, react to and read', async () => {
    const chat = await start()
    const [ann, bob, carl] = [await chat.online('ann'), await chat.online('bob'), await chat.online('carl')]
    const { groupId } = await ann.createGroup('cars', ['bob', 'carl'])
    const [one, two] = [
      await ann.sendToGroup(groupId, 'one'),
      await ann.sendToGroup(groupId, 'two @bob', { mentions: ['bob'] }),
    ]
    expect(await bob.conversation(groupId)).toMatchObject({ unread: 2, mentioned: 1 })
    expect(await bob.read(one)).toMatchObject({ readSeq: one.seq, unread: 1 })
    expect(await ann.readers(one)).toEqual({ read: 2, total: 3, userIds: ['ann', 'bob'] })
    await ann.edit(one, 'uno')
    await bob.react(one, '+1')
    await carl.react(one, '+1')
    await carl.react(one, '+1', { remove: true })
    const { seq } = await ann.recall(two)
    await carl.received((message) => message.type === 'im.recall' && message.seq === seq)
    expect((await carl.history(groupId)).slice(1)).toMatchObject([
      { content: { text: 'uno' }, reactions: { '+1': 1 } },
      { recalled: true },
    ])
    expect(await bob.conversation(groupId)).toMatchObject({ unread: 0, mentioned: 0 })
    await expect(bob.edit(one, 'x')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('above the line are followed by their own timeline: live, after being away, and to the end of a membership', async () => {
    const chat = await start({ fanout: { readAbove: 2 } })
    const [ann, bob, carl] = [await chat.online('ann'), await chat.online('bob'), await chat.offline('carl')]
    const { groupId } = await ann.createGroup('cars', ['bob'])
    await ann.sendToGroup(groupId, 'one')
    await ann.ask('group.add', { groupId, userIds: ['carl'] })
    await ann.sendToGroup(groupId, 'two')
    await bob.received(({ content }) => content?.text === 'two')
    bob.disconnect()
    await ann.sendToGroup(groupId, 'three')
    await Promise.all([bob.connect(), carl.connect()])
    await ann.sendToGroup(groupId, 'four')
    await chat.settle()
    expect(bob.entries.map(({ kind }) => kind)).toContain('follow')
    expect([ann, bob, carl].map((device) => device.textsIn(groupId))).toEqual([
      ['one', 'two', 'three', 'four'],
      ['one', 'two', 'three', 'four'],
      ['two', 'three', 'four'],
    ])
    expect(bob.messagesIn(groupId).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6])
    await ann.ask('group.remove', { groupId, userIds: ['bob'] })
    await ann.sendToGroup(groupId, 'without bob')
    await ann.ask('group.add', { groupId, userIds: ['bob'] })
    await ann.sendToGroup(groupId, 'with bob')
    await chat.settle()
    expect(bob.textsIn(groupId).slice(4)).toEqual(['with bob'])
    expect(carl.textsIn(groupId).slice(3)).toEqual(['without bob', 'with bob'])
  })
})

describe('time', () => {
  it('moves when the test says so, and the app closes even if no test moves it any more', async () => {
    const chat = await start()
    const ann = await chat.online('ann')
    expect((await ann.send('bob', 'x')).serverTime).toBe(1000)
    await chat.advance(3_600_000)
    expect((await ann.send('bob', 'y')).serverTime).toBe(3_601_000)
    ann.stall()
    await open.pop()!.close()
    expect(ann.isOnline).toBe(false)
  })

  it('cannot be moved if it is real, and one line says what to import', async () => {
    const chat = await start({ isVirtual: false })
    expect(() => chat.advance(1)).toThrow(
      'time is not virtual: import VirtualTimeModule.forRoot() into the testing module',
    )
  })
})

it('needs no test runner: nothing that the entry reaches imports one', () => {
  const require = createRequire(import.meta.url)
  const seen = new Set<string>()
  const outside = new Set<string>()
  const walk = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?['"]([^'"]+)['"]/g)) {
      if (specifier.startsWith('.')) walk(join(dirname(file), specifier))
      else if (specifier.startsWith('@rookery/')) walk(require.resolve(specifier))
      else outside.add(specifier)
    }
  }
  walk(join(fileURLToPath(new URL('../../dist/testing', import.meta.url)), 'index.js'))
  expect(seen.size).toBeGreaterThan(20)
  expect(outside).toContain('@nestjs/common')
  expect([...outside].filter((name) => /vitest|jest|@nestjs\/testing/.test(name))).toEqual([])
})
