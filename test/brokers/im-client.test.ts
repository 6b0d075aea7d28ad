// ImClient against ImPatternsModule: every method, and the errors, over each transport.
import {
  type CallHandler,
  type ExecutionContext,
  Global,
  Injectable,
  Module,
  type NestInterceptor,
  UseGuards,
} from '@nestjs/common'
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core'
import { RpcException } from '@nestjs/microservices'
import { ImService, MemoryStorageModule } from '@rookery/nest-adapter'
import { ImClient } from '@rookery/nest-adapter/client'
import { testChat } from '@rookery/nest-adapter/testing'
import { firstValueFrom, type Observable } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.js'
import { describeOnNats, startNats } from './nats.js'
import { amqpUrl, describeOnRabbitMq, newName, newQueue } from './rabbitmq.js'
import { type Line, overNats, overRabbitMq, overTcp, startServices } from './services.js'

const tcp = async (): Promise<Line> => overTcp(await freePort())

function everyMethod(line: () => Promise<Line>): void {
  it('calls every method', async () => {
    const { app, client } = await startServices(await line())
    const chat = testChat(app)
    const bob = await chat.online('bob')
    const text = { type: 'text', content: { text: 'hi 🚗' } }
    const sent = await client.sendC2C({ clientMsgId: 'k1', from: 'ann', to: 'bob', ...text })
    expect(await client.sendC2C({ clientMsgId: 'k1', from: 'ann', to: 'bob', ...text })).toEqual({
      ...sent,
      duplicate: true,
    })
    const { conversationId } = sent
    expect(await client.conversationId('bob', 'ann')).toBe(conversationId)
    await client.sendSystem({ clientMsgId: 'k2', conversationId, ...text })
    await client.edit({ clientMsgId: 'k3', conversationId, seq: 1, content: { text: 'ho' } })
    await client.recall({ clientMsgId: 'k4', conversationId, seq: 2 })
    const { messages } = await client.history({ conversationId })
    expect(messages).toEqual((await app.get(ImService).history({ conversationId })).messages)
    expect(messages).toHaveLength(2)
    expect(await client.conversations('bob', { limit: 5 })).toMatchObject({ unreadTotal: 1 })
    expect(await client.presence(['bob'])).toMatchObject([{ userId: 'bob', online: true }])
    const group = await client.groups.create({ owner: 'ann', name: 'team', members: ['bob'] }, { clientMsgId: 'g1' })
    const { groupId } = group
    await client.sendC2G({ clientMsgId: 'k5', from: 'ann', to: groupId, ...text })
    await client.groups.update(groupId, { name: 'team 2' }, { clientMsgId: 'g2' })
    await client.groups.add(groupId, ['cid', 'dan'], { clientMsgId: 'g3' })
    await client.groups.remove(groupId, ['dan'], { clientMsgId: 'g4' })
    await client.groups.role(groupId, 'bob', 'admin', { clientMsgId: 'g5' })
    await client.groups.mute(groupId, { userId: 'cid', until: 0 }, { clientMsgId: 'g6' })
    await client.groups.leave(groupId, 'cid', { clientMsgId: 'g7' })
    await client.groups.changed(groupId, { clientMsgId: 'g8' })
    expect(await client.groups.get(groupId)).toMatchObject({ name: 'team 2', memberCount: 2 })
    expect((await client.groups.members(groupId)).members.map(({ userId }) => userId)).toEqual(['ann', 'bob'])
    await client.groups.dissolve(groupId, { clientMsgId: 'g9' })
    const event = { topic: 'order', payload: { state: 'paid' } }
    expect((await client.s2c('bob', event, { persist: true, clientMsgId: 's1' })).seq).toBeGreaterThan(0)
    expect((await client.s2c('bob', event, { persist: true, clientMsgId: 's1' })).seq).toBeNull()
    expect((await client.s2c('cid', event, { persist: true, clientMsgId: 's1' })).seq).toBeGreaterThan(0)
    expect(await client.s2c('nobody', event)).toEqual({ delivered: false, seq: null })
    await client.kick('bob', { deviceType: 'pad' })
    await client.revokeToken('bob', 'other')
    expect(bob.isOnline).toBe(true)
    await client.kick('bob')
    await expect.poll(() => bob.kicked).toMatchObject({ reason: 'admin' })
  })

  it('rejects with the code that chat answered', async () => {
    const { client, proxy } = await startServices(await line())
    const send = { clientMsgId: 'k1', from: 'ann', to: 'bob', type: 'text', content: { n: 1 } }
    await client.sendC2C(send)
    await expect(client.sendC2C({ ...send, content: { n: 2 } })).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(client.groups.get('g-none')).rejects.toMatchObject({ name: 'RookeryError', code: 'NOT_FOUND' })
    const { clientMsgId: _, ...keyless } = send
    await expect(client.sendC2C(keyless as never)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      details: [{ path: 'clientMsgId' }],
    })
    const event = { topic: 'order', payload: {} }
    await expect(client.s2c('bob', event, { persist: true } as never)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    for (const bad of ['text', [], 7, { from: { $ne: null } }, { ...send, __proto__: { from: 'eve' }, to: 7 }])
      await expect(firstValueFrom(proxy.send('im.sendC2C', bad))).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(client.groups.create({ owner: 'ann' } as never, { clientMsgId: 'g' })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })
}

describe('ImClient over TCP', () => everyMethod(tcp))
describeOnNats('ImClient over NATS', () => everyMethod(async () => overNats((await startNats()).url)))
describeOnRabbitMq('ImClient over RabbitMQ', () =>
  everyMethod(async () => overRabbitMq(amqpUrl, (await newQueue()).name)),
)

describe('ImClient', () => {
  it('rejects with UNAVAILABLE where nobody answers', async () => {
    const { app, client, proxy } = await startServices(await tcp())
    const hasty = new ImClient(proxy, { prefix: 'nobody.', timeoutMs: 100 })
    await expect(hasty.presence([])).rejects.toThrow()
    await app.close()
    await expect(client.presence(['bob'])).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1000 })
  })
})

describeOnRabbitMq('a call that nobody waits for, with rmqAck', () => {
  it('is acknowledged after the commit, and once it can never succeed it goes to the dead letters', async () => {
    const [queue, dead] = [newName(), await newQueue()]
    const line = overRabbitMq(amqpUrl, queue, { noAck: false })
    const queueOptions = {
      durable: true,
      autoDelete: true,
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': dead.name },
    }
    Object.assign(line.server.options!, { queueOptions })
    Object.assign(line.client.options!, { queueOptions })
    const { app, proxy } = await startServices(line, { patterns: { rmqAck: 'after-commit' } })
    const send = { clientMsgId: 'k1', from: 'ann', to: 'bob', type: 'text', content: { n: 1 } }
    await firstValueFrom(proxy.emit('im.sendC2C', send), { defaultValue: null })
    await firstValueFrom(proxy.emit('im.sendC2C', { ...send, content: { n: 2 } }), { defaultValue: null })
    await expect.poll(() => dead.next()).not.toBeNull()
    const im = app.get(ImService)
    const page = await im.history({ conversationId: im.conversationId('ann', 'bob') })
    expect(page.messages.map(({ content }) => content)).toEqual([{ n: 1 }])
    expect(await dead.next()).toBeNull()
  })
})

@Injectable()
class Seen {
  readonly steps: string[] = []
}

@Injectable()
class ServiceGuard {
  constructor(private readonly seen: Seen) {}
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'rpc') return true
    this.seen.steps.push('guard')
    const { from } = context.switchToRpc().getData<{ from?: string }>()
    if (from === 'mallory') throw new RpcException({ code: 'FORBIDDEN', message: 'not you' })
    return true
  }
}

@Injectable()
class Around implements NestInterceptor {
  constructor(private readonly seen: Seen) {}
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'rpc') this.seen.steps.push('interceptor')
    return next.handle()
  }
}

@Injectable()
class Pipe {
  constructor(private readonly seen: Seen) {}
  transform(value: unknown): unknown {
    this.seen.steps.push('pipe')
    return value
  }
}

describe('guards, pipes and interceptors of the whole app', () => {
  const providers = [
    Seen,
    { provide: APP_GUARD, useClass: ServiceGuard },
    { provide: APP_INTERCEPTOR, useClass: Around },
    { provide: APP_PIPE, useClass: Pipe },
  ]
  const send = { clientMsgId: 'k1', from: 'ann', to: 'bob', type: 'text', content: {} }

  it('run for patterns where the app asks for it', async () => {
    const { app, client } = await startServices(await tcp(), { providers, inheritAppConfig: true })
    await client.sendC2C(send)
    expect(new Set(app.get(Seen).steps)).toEqual(new Set(['guard', 'interceptor', 'pipe']))
    await expect(client.sendC2C({ ...send, from: 'mallory' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  it('do not run where it does not; those that the module is given do', async () => {
    const patterns = { decorators: [UseGuards(ServiceGuard)] }
    const modules = { providers: [Seen], exports: [Seen] }
    @Global()
    @Module(modules)
    class SeenModule {}
    const imports = [MemoryStorageModule.forRoot(), SeenModule]
    const { app, client } = await startServices(await tcp(), { imports, providers: providers.slice(1), patterns })
    await client.sendC2C(send)
    expect(app.get(Seen).steps).toEqual(['guard'])
    await expect(client.sendC2C({ ...send, from: 'mallory' })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })
})
