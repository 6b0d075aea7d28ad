import { Injectable, Module, type ModuleMetadata, type OnModuleInit, Scope } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { type Credentials, MemoryOutbox, tokens, type Users } from '@rookery/core'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type ImAuthenticator,
  ImService,
  MemoryStorageModule,
  OnC2C,
  RookeryModule,
  type RookeryModuleOptions,
} from './index.js'
import { type TestChat, testChat, VirtualTimeModule } from './testing/index.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((app) => app.close()))
})

const authenticate: RookeryModuleOptions['authenticate'] = ({ token }) => ({ userId: token })

async function start(
  options: RookeryModuleOptions = { authenticate },
  { imports = [], providers = [] }: ModuleMetadata = {},
): Promise<TestChat> {
  const module = await Test.createTestingModule({
    imports: [VirtualTimeModule.forRoot(), MemoryStorageModule.forRoot(), RookeryModule.forRoot(options), ...imports],
    providers,
  })
    .setLogger(false)
    .compile()
  open.push(module)
  await module.init()
  return testChat(module)
}

/** Provides an outbox as a storage adapter's module does. */
const outboxModule = (outbox: MemoryOutbox): NonNullable<ModuleMetadata['imports']>[number] => ({
  module: class OutboxModule {},
  providers: [{ provide: tokens.outbox, useValue: outbox }],
})

describe('ImService', () => {
  it('sends on behalf of a user, and as the system', async () => {
    const chat = await start()
    const bob = await chat.online('bob')
    const { conversationId } = await chat.im.sendC2C({ from: 'ann', to: 'bob', type: 'order', content: { id: 7 } })
    expect(conversationId).toBe(chat.im.conversationId('bob', 'ann'))
    await chat.im.sendSystem({ conversationId, type: 'notice', content: { text: 'be nice' } })
    await chat.settle()
    expect(bob.messages).toMatchObject([
      { from: 'ann', type: 'order', content: { id: 7 }, via: 'server' },
      { from: null, type: 'notice', content: { text: 'be nice' } },
    ])
  })

  it('reads contents as JSON: takes instances of classes and dates, refuses what JSON cannot carry', async () => {
    class Order {
      id = 7
      placedAt = new Date(0)
      note = undefined
      lines = [new Map()]
    }
    const chat = await start()
    const bob = await chat.online('bob')
    await chat.im.sendC2C({ from: 'ann', to: 'bob', type: 'order', content: new Order() })
    await chat.im.s2c('bob', { topic: 'order', payload: new Order() })
    await chat.settle()
    const expected = { id: 7, placedAt: '1970-01-01T00:00:00.000Z', lines: [{}] }
    expect(bob.messages[0]!.content).toEqual(expected)
    expect(bob.s2c).toEqual([{ topic: 'order', payload: expected }])
    const circular: Record<string, unknown> = {}
    circular.self = circular
    for (const content of [{ price: NaN }, { run: () => 1 }, { text: '\0' }, { bytes: Buffer.from('x') }, circular])
      await expect(chat.im.sendC2C({ from: 'ann', to: 'bob', type: 'x', content })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
  })

  it('pushes live and persistently, and says whether a device took it', async () => {
    const chat = await start()
    const [bob, slow] = [await chat.online('bob'), await chat.online('carl')]
    slow.stall()
    expect(await chat.im.s2c('bob', { topic: 'sale', payload: 1 })).toEqual({ delivered: true, seq: null })
    expect(await chat.im.s2c('nobody', { topic: 'sale', payload: 1 })).toEqual({ delivered: false, seq: null })
    const toSlow = chat.im.s2c('carl', { topic: 'sale', payload: 1 })
    await chat.advance(5001)
    expect(await toSlow).toEqual({ delivered: false, seq: null })
    expect(await chat.im.s2c('carl', { topic: 'fact', payload: 2 }, { persist: true })).toEqual({
      delivered: true,
      seq: 1,
    })
    expect(bob.s2c).toEqual([{ topic: 'sale', payload: 1 }])
    expect(slow.s2c).toEqual([])
    slow.resume()
    expect(slow.entries).toMatchObject([{ seq: 1, kind: 'custom', topic: 'fact', payload: 2 }])
  })

  it('kicks and revokes', async () => {
    const chat = await start()
    const [phone, pc] = [await chat.online('ann'), await chat.online('ann', { deviceType: 'pc' })]
    await chat.im.kick('ann', { deviceType: 'phone' })
    expect([phone.isOnline, phone.kicked, pc.isOnline]).toEqual([false, { reason: 'admin' }, true])
    await chat.im.revokeToken('ann', 'ann')
    expect([pc.isOnline, pc.kicked]).toEqual([false, { reason: 'token-revoked' }])
    await expect(pc.send('bob', 'x')).rejects.toThrow("ann's session has ended: token-revoked")
  })

  it('makes and changes groups, speaks in them, and lists their members', async () => {
    const chat = await start()
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob')]
    const seen: number[] = []
    const onProgress = ({ done }: { done: number }): void => void seen.push(done)
    const crowd = Array.from({ length: 250 }, (_, i) => `u${i}`)
    const { groups } = chat.im
    const { groupId } = await groups.create({ owner: 'ann', name: 'cars', members: crowd }, { onProgress })
    expect(seen).toEqual([200, 251])
    await groups.remove(groupId, crowd)
    expect(await groups.add(groupId, ['bob', 'carl'])).toMatchObject({ memberCount: 3 })
    await groups.update(groupId, { name: 'boats', announcement: 'be nice' })
    await groups.role(groupId, 'bob', 'admin')
    await groups.mute(groupId, { userId: 'carl', until: chat.clock.now() + 1000 })
    await groups.leave(groupId, 'carl')
    const { version } = await groups.changed(groupId)
    expect(await groups.get(groupId)).toMatchObject({ name: 'boats', announcement: 'be nice', ownerId: 'ann', version })
    const { members } = await groups.members(groupId)
    expect(members.map(({ userId, role }) => [userId, role])).toEqual([
      ['ann', 'owner'],
      ['bob', 'admin'],
    ])
    const content = { id: 7 }
    const sent = await chat.im.sendC2G({ from: 'bob', to: groupId, type: 'order', content, mentions: ['ann'] })
    await chat.im.sendSystem({ conversationId: groupId, type: 'notice', content: { text: 'hello' } })
    await chat.im.edit({ conversationId: groupId, seq: sent.seq, content: { id: 8 } })
    await chat.im.recall({ conversationId: groupId, seq: sent.seq })
    await groups.dissolve(groupId)
    await chat.settle()
    for (const device of [ann, bob])
      expect(device.messagesIn(groupId).slice(-5)).toMatchObject([
        { from: 'bob', groupId, type: 'order', content, mentions: ['ann'], via: 'server' },
        { from: null, type: 'notice' },
        { from: null, type: 'im.edit', content: { seq: sent.seq, content: { id: 8 } } },
        { from: null, type: 'im.recall', content: { seq: sent.seq } },
        { from: null, type: 'im.group', content: { event: 'dissolved', by: null } },
      ])
    await expect(groups.get(groupId)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('sends to a group for members only, also for a muted one unless the call sets checked', async () => {
    const chat = await start()
    const { groupId } = await chat.im.groups.create({ owner: 'ann', name: 'cars', members: ['bob'] })
    await chat.im.groups.mute(groupId, { userId: 'bob', until: chat.clock.now() + 1000 })
    const message = { from: 'bob', to: groupId, type: 'order', content: {} }
    expect((await chat.im.sendC2G(message)).seq).toBe(3)
    await expect(chat.im.sendC2G({ ...message, checked: true })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await expect(chat.im.sendC2G({ ...message, from: 'eve' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('recalls and edits the messages of any user', async () => {
    const chat = await start()
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob')]
    const { conversationId } = await ann.send('bob', 'one')
    await ann.send('bob', 'two')
    class Correction {
      text = 'corrected'
    }
    expect(await chat.im.recall({ conversationId, seq: 1, clientMsgId: 'k' })).toEqual({ seq: 3 })
    expect(await chat.im.recall({ conversationId, seq: 1, clientMsgId: 'k' })).toEqual({ seq: 3 })
    expect(await chat.im.edit({ conversationId, seq: 2, content: new Correction() })).toEqual({ seq: 4 })
    await expect(chat.im.edit({ conversationId, seq: 1, content: {} })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await chat.settle()
    expect(bob.messages.slice(2)).toMatchObject([
      { from: null, type: 'im.recall', content: { seq: 1 } },
      { from: null, type: 'im.edit', content: { seq: 2, content: { text: 'corrected' } } },
    ])
  })

  it('tells presence, history and conversations', async () => {
    const chat = await start()
    const ann = await chat.online('ann')
    const { conversationId } = await ann.send('bob', 'one')
    await ann.send('bob', 'two')
    expect((await chat.im.presence(['ann', 'bob'])).map(({ userId, devices }) => [userId, devices])).toEqual([
      ['ann', ['phone']],
      ['bob', []],
    ])
    expect(await chat.im.history({ conversationId, limit: 1 })).toMatchObject({
      messages: [{ content: { text: 'two' } }],
      more: true,
    })
    expect(await chat.im.conversations('bob')).toMatchObject({ conversations: [{ peerId: 'ann', unread: 2 }] })
  })

  it("writes within the host's transaction: nothing before its commit, nothing after a rollback", async () => {
    const outbox = new MemoryOutbox()
    const chat = await start({ authenticate }, { imports: [outboxModule(outbox)] })
    const bob = await chat.online('bob')
    const [committed, rolledBack] = [outbox.begin(), outbox.begin()]
    const order = { from: 'ann', to: 'bob', type: 'order' }
    const { msgId } = await chat.im.within(committed).sendC2C({ ...order, content: { id: 1 } })
    await chat.im.within(rolledBack).sendC2C({ ...order, content: { id: 2 } })
    rolledBack.rollback()
    await chat.settle()
    expect(bob.messages).toEqual([])
    committed.commit()
    await chat.settle()
    expect(bob.messages).toMatchObject([{ msgId, content: { id: 1 } }])
    await expect(chat.im.within({}).sendC2C({ ...order, content: {} })).rejects.toThrow(TypeError)
  })

  it("changes groups within the host's transaction, in the order of the calls", async () => {
    const outbox = new MemoryOutbox()
    const chat = await start({ authenticate }, { imports: [outboxModule(outbox)] })
    const [ann, bob] = [await chat.online('ann'), await chat.online('bob')]
    const kept = await chat.im.groups.create({ owner: 'ann', name: 'kept' })
    const [committed, rolledBack] = [outbox.begin(), outbox.begin()]
    await chat.im.within(rolledBack).groups.add(kept.groupId, ['bob'])
    await chat.im.within(rolledBack).groups.create({ owner: 'ann', name: 'never', members: ['bob'] })
    rolledBack.rollback()
    const within = chat.im.within(committed)
    const { groupId } = await within.groups.create({ owner: 'ann', name: 'cars', members: ['bob'] })
    await within.sendC2G({ from: 'bob', to: groupId, type: 'text', content: { text: 'hello' } })
    await within.groups.changed(groupId)
    await within.groups.remove(groupId, ['bob'])
    await chat.settle()
    expect([bob.messages, ann.messagesIn(groupId)]).toEqual([[], []])
    committed.commit()
    await chat.settle()
    const events = ['created', 'hello', 'updated', 'removed']
    for (const device of [ann, bob])
      expect(device.messagesIn(groupId).map(({ content }) => content?.event ?? content?.text)).toEqual(events)
    expect((await chat.im.groups.members(groupId)).members.map(({ userId }) => userId)).toEqual(['ann'])
    expect((await chat.im.groups.members(kept.groupId)).members.map(({ userId }) => userId)).toEqual(['ann'])
    await expect(chat.im.within(outbox.begin()).groups.changed('g_none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('says what to import where no module provides an outbox', async () => {
    const chat = await start()
    expect(() => chat.im.within({})).toThrow(/^Rookery has no outbox: import the module of a storage adapter/)
  })

  it('rejects with one line before the node runs', async () => {
    const told: string[] = []
    @Injectable()
    class Early implements OnModuleInit {
      constructor(private readonly im: ImService) {}
      async onModuleInit(): Promise<void> {
        const calls = [
          () => this.im.sendC2C({ from: 'ann', to: 'bob', type: 'x', content: {} }),
          () => this.im.s2c('ann', { topic: 'x', payload: 1 }),
          () => this.im.kick('ann'),
          () => this.im.presence(['ann']),
          async () => this.im.groups.get('g_1'),
        ]
        for (const call of calls)
          await call().then(
            () => told.push('it went well'),
            (error: Error) => told.push(error.message),
          )
      }
    }
    await start({ authenticate }, { providers: [Early] })
    const line = expect.stringMatching(/^ImService is not ready before the app has started: [^\n]*$/)
    expect(told).toEqual([line, line, line, line, line])
  })

  it('can be used by authenticate itself', async () => {
    @Injectable()
    class AuthService {
      constructor(private readonly im: ImService) {}
      async authenticate(token: string): Promise<{ userId: string }> {
        await this.im.s2c(token, { topic: 'login', payload: {} }, { persist: true })
        return { userId: token }
      }
    }
    @Module({ providers: [AuthService], exports: [AuthService] })
    class AuthModule {}
    const module = await Test.createTestingModule({
      imports: [
        RookeryModule.forRootAsync({
          imports: [AuthModule],
          inject: [AuthService],
          useFactory: (auth: AuthService) => ({ authenticate: ({ token }) => auth.authenticate(token) }),
        }),
        MemoryStorageModule.forRoot(),
      ],
    })
      .setLogger(false)
      .compile()
    open.push(module)
    await module.init()
    const ann = await testChat(module).online('ann')
    expect(ann.entries).toMatchObject([{ kind: 'custom', topic: 'login' }])
  })

  it('of one app is separate from another in the same process, including handlers', async () => {
    const seen: string[] = []
    @Injectable()
    class ChatHandlers {
      @OnC2C()
      note(): void {
        seen.push('called')
      }
    }
    const [one, two] = [await start({ authenticate }, { providers: [ChatHandlers] }), await start()]
    const [ann, other] = [await one.online('ann'), await two.online('ann')]
    await other.send('bob', 'x')
    expect(seen).toEqual([])
    await ann.send('bob', 'y')
    await two.im.kick('ann')
    expect([seen.length, ann.isOnline, other.isOnline]).toEqual([1, true, false])
    expect((await one.im.conversations('bob')).conversations).toHaveLength(1)
    expect((await one.im.conversations('bob')).conversations[0]!.lastMessage).toMatchObject({ content: { text: 'y' } })
  })
})

describe('tokens', () => {
  it('expire on time, unless they are refreshed', async () => {
    const lifeMs = 60_000
    let chat: TestChat | undefined = undefined as TestChat | undefined
    chat = await start({
      authenticate: ({ token }: Credentials) => ({ userId: 'ann', expiresAt: chat!.clock.now() + lifeMs, user: token }),
    })
    const [phone, pc] = [await chat.online('ann'), await chat.online('ann', { deviceType: 'pc' })]
    await chat.advance(lifeMs - 1000)
    expect(await pc.ask('auth.refresh', { token: 'new' })).toEqual({ expiresAt: chat.clock.now() + lifeMs })
    await chat.advance(3000)
    expect([phone.isOnline, phone.kicked, pc.isOnline]).toEqual([false, { reason: 'token-expired' }, true])
    await chat.advance(lifeMs)
    expect(pc.kicked).toEqual({ reason: 'token-expired' })
  })

  it("are not refreshed by another user's, and not by one that is refused", async () => {
    const chat = await start({ authenticate: ({ token }) => (token === 'no' ? null : { userId: token }) })
    const ann = await chat.online('ann')
    for (const token of ['bob', 'no'])
      await expect(ann.ask('auth.refresh', { token })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(ann.isOnline).toBe(true)
  })
})

describe('options given as classes', () => {
  @Injectable()
  class Names {
    readonly refused = 'nobody'
  }
  @Injectable()
  class ChatAuth implements ImAuthenticator {
    constructor(private readonly im: ImService) {}
    authenticate({ token }: Credentials): { userId: string } {
      return { userId: `${token}@${this.im.nodeId}` }
    }
  }
  @Injectable()
  class ChatUsers implements Users {
    constructor(private readonly names: Names) {}
    exists(userId: string): boolean {
      return userId !== this.names.refused
    }
  }

  it('are made by the app, with what they inject', async () => {
    const options: RookeryModuleOptions = { authenticate: ChatAuth, users: ChatUsers, nodeId: 'n1' }
    const chat = await start(options, { providers: [Names, ChatAuth, ChatUsers] })
    const ann = await chat.online('ann')
    expect((await ann.send('bob', 'hi')).seq).toBe(1)
    await expect(ann.send('nobody', 'hi')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect((await chat.im.presence(['ann@n1']))[0]!.online).toBe(true)
  })

  it.each<[string, RookeryModuleOptions, ModuleMetadata['providers'], string]>([
    [
      'which nobody provides',
      { authenticate, users: ChatUsers },
      [],
      'RookeryModule option users is the class ChatUsers, of which the app has no instance: add it to the providers of a module, and do not make it request-scoped.',
    ],
    [
      'which is request-scoped',
      { authenticate: ChatAuth },
      [{ provide: ChatAuth, useClass: ChatAuth, scope: Scope.REQUEST }],
      'RookeryModule option authenticate is the class ChatAuth, of which the app has no instance: add it to the providers of a module, and do not make it request-scoped.',
    ],
    [
      'which cannot authenticate',
      { authenticate: Names } as unknown as RookeryModuleOptions,
      [Names],
      'RookeryModule option authenticate is the class Names, which has no method authenticate: give it one, ({ token }) => ({ userId }).',
    ],
    [
      'which is none of users',
      { authenticate, users: Names } as unknown as RookeryModuleOptions,
      [Names],
      'Rookery option users has no exists(): give { exists: (userId) => boolean, or the id that was found, or a promise of one }.',
    ],
  ])('stop the start in one line: one %s', async (_, options, providers, line) => {
    const failed = await start(options, { providers: providers ?? [] }).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(failed).toBe(line)
  })
})

describe('a table of mistakes in options', () => {
  it.each<[string, object, RegExp]>([
    ['an unknown name', { limit: 1 }, /option limit does not exist: known are /],
    ['a port', { presence: {} }, /option presence is not given here: adapters provide it through a module/],
    ['a logger', { logger: console }, /option logger is not given here/],
    ['a clock', { clock: {} }, /option clock is not given here/],
    ['authenticate', { authenticate: 'secret' }, /option authenticate is not a function: give \(/],
    ['users', { users: {} }, /option users has no exists\(\): give \{/],
    ['types', { types: { offer: {} } }, /option types\.offer has no schema: give \{ schema \}/],
    ['nodeId', { nodeId: 'two words' }, /option nodeId has the wrong form: use 1 to 64/],
    ['deviceTypes', { deviceTypes: [] }, /option deviceTypes is empty: leave it out/],
    ['a device type', { deviceTypes: ['smart phone'] }, /option deviceTypes has a name of the wrong form: use/],
    ['rate', { rate: { perSecond: 0, burst: 1 } }, /option rate has the wrong form: give \{ perSecond, burst \}/],
    ['a limit', { limits: { pull: 0 } }, /option limits\.pull is not a whole number from 1: leave it out/],
    ['an unknown limit', { limits: { pulls: 1 } }, /option limits\.pulls does not exist: known are /],
    ['a duration', { timing: { heartbeatMs: 1.5 } }, /option timing\.heartbeatMs is not a whole number from 1/],
    [
      'a limit of age',
      { timing: { recallMs: 0 } },
      /option timing\.recallMs is not a whole number from 1: .* or give 'off'/,
    ],
    ['off where nothing is off', { timing: { drainMs: 'off' } }, /option timing\.drainMs is not a whole number from 1/],
    ['a lease', { timing: { leaseMs: 1 } }, /option timing\.leaseMs is not above timing\.heartbeatMs: a lease lasts/],
  ])('%s is told in one line that names the option and the remedy', async (_, wrong, expected) => {
    const failed = await start({ authenticate, ...wrong } as RookeryModuleOptions).then(
      () => 'it started',
      (error: Error) => `${error.message}${error.stack?.includes('    at ') ? ' and where it was found' : ''}`,
    )
    expect(failed).toMatch(expected)
    expect(failed).not.toMatch(/\n|where it was found/)
  })
})
