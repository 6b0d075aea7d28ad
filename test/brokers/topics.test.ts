// Topics that go to other services, over real brokers: the client is answered once the broker has the message.
import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { type ClientsModuleOptions, MessagePattern, Payload, RpcException, Transport } from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { OnC2S, RookeryModule, type TopicMessage, type TopicRoutes } from '@rookery/nest-adapter'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.js'
import { describeOnNats, startNats } from './nats.js'
import { amqpUrl, describeOnRabbitMq, newName, newQueue } from './rabbitmq.js'
import { startChat } from './topic-app.js'

const order = { clientMsgId: 'order-1' }
const expected = {
  topic: 'order.placed',
  payload: { car: 'volvo', emoji: '🚗' },
  clientMsgId: 'order-1',
  userId: 'ann',
  deviceId: expect.any(String) as string,
  deviceType: 'phone',
  sessionId: expect.any(String) as string,
  at: expect.any(Number) as number,
}

describeOnRabbitMq('a topic that goes to RabbitMQ', () => {
  const orders = (queue: string, noAssert = false) =>
    [
      {
        name: 'ORDERS',
        transport: Transport.RMQ,
        options: { urls: [amqpUrl], queue, noAssert, queueOptions: { durable: true } },
      },
    ] as const
  const topics: TopicRoutes = { 'order.*': { client: 'ORDERS', answer: 'queued' } }

  it('is answered once the broker has a persistent message', async () => {
    const queue = await newQueue()
    const chat = await startChat([...orders(queue.name)], topics)
    const ann = await chat.online('ann')
    expect(await ann.topic('order.placed', expected.payload, order)).toEqual({ queued: true })
    const message = await queue.next()
    expect(JSON.parse(message!.content.toString())).toEqual({ pattern: 'order.placed', data: expected })
    expect(message!.properties).toMatchObject({ deliveryMode: 2, messageId: 'ann/order-1' })
    expect(await queue.next()).toBeNull()
  })

  it('is UNAVAILABLE where no queue takes it, and is taken once there is one again', async () => {
    const { name, remove } = await newQueue()
    const chat = await startChat([...orders(name, true)], topics)
    const ann = await chat.online('ann')
    await ann.topic('order.placed', {}, order)
    await remove()
    const again = () => ann.topic('order.placed', {}, order)
    await expect(again()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1000 })
    await newQueue(amqpUrl, name)
    expect(await again()).toEqual({ queued: true })
  })

  it('takes requests of many clients at once, and loses and mixes up none', async () => {
    const queue = await newQueue()
    const chat = await startChat([...orders(queue.name)], topics)
    const devices = await Promise.all(Array.from({ length: 20 }, (_, i) => chat.online(`user-${i}`)))
    const asked = devices.flatMap((device, d) =>
      Array.from({ length: 10 }, (_, n) => device.topic('order.placed', { d, n }, { clientMsgId: `k${n}` })),
    )
    expect(new Set((await Promise.all(asked)).map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"queued":true}']),
    )
    const keys = new Set<string>()
    for (let message = await queue.next(); message !== null; message = await queue.next()) {
      const { data } = JSON.parse(message.content.toString()) as { data: TopicMessage<{ d: number; n: number }> }
      expect(data).toMatchObject({ userId: `user-${data.payload.d}`, clientMsgId: `k${data.payload.n}` })
      keys.add(message.properties.messageId)
    }
    expect(keys.size).toBe(200)
  })

  it('needs a key', async () => {
    const chat = await startChat([...orders(newName())], topics)
    const ann = await chat.online('ann')
    await expect(ann.topic('order.placed')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(ann.topic('order', {}, order)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(ann.topic('order.placed.late', {}, order)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('is UNAVAILABLE by the deadline where the broker is away', async () => {
    const urls = [`amqp://127.0.0.1:${await freePort()}`]
    const clients: ClientsModuleOptions = [
      { name: 'ORDERS', transport: Transport.RMQ, options: { urls, queue: newName() } },
    ]
    const chat = await startChat(clients, topics, { handlerDeadlineMs: 300 })
    const ann = await chat.online('ann')
    await expect(ann.topic('order.placed', {}, order)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

describeOnNats('a topic that goes to NATS', () => {
  const orders = (url: string): ClientsModuleOptions => [
    { name: 'ORDERS', transport: Transport.NATS, options: { servers: [url] } },
  ]
  const topics: TopicRoutes = { 'order.*': { client: 'ORDERS', answer: 'queued' } }

  it('is answered once a stream of JetStream has it, and is stored once under one key', async () => {
    const { url } = await startNats()
    const connection = await connect({ servers: url })
    onTestFinished(() => connection.close())
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name: 'ORDERS', subjects: ['order.placed'] })
    const chat = await startChat(orders(url), topics)
    const ann = await chat.online('ann')
    for (let i = 0; i < 3; i++)
      expect(await ann.topic('order.placed', expected.payload, order)).toEqual({ queued: true })
    expect((await manager.streams.info('ORDERS')).state.messages).toBe(1)
    await manager.consumers.add('ORDERS', { durable_name: 'service', ack_policy: 'none' })
    const message = await (await jetstream(connection).consumers.get('ORDERS', 'service')).next()
    expect(message!.json()).toMatchObject({ pattern: 'order.placed', data: expected })
    // Another subject, which no stream takes.
    await expect(ann.topic('order.sold', {}, order)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

@Controller()
class Service {
  @MessagePattern('order.price')
  price(@Payload() { userId, payload }: TopicMessage<{ car: string }>): unknown {
    const { car } = payload
    if (car === 'sold') throw new RpcException({ code: 'REJECTED', message: 'it is sold', details: { car } })
    if (car === 'busy') throw new RpcException({ code: 'OVERLOADED', message: 'later', retryAfterMs: 70 })
    if (car === 'fault') throw new Error('secret')
    if (car === 'slow') return new Promise(() => {})
    return car === 'none' ? null : { userId, price: 13 }
  }
}

describe('a topic that another service answers', () => {
  it('gets its value, its refusal, and nothing of its faults', async () => {
    const port = await freePort()
    @Module({ controllers: [Service] })
    class ServiceModule {}
    const module = await Test.createTestingModule({ imports: [ServiceModule] })
      .setLogger(false)
      .compile()
    const options = { host: '127.0.0.1', port }
    const service = module.createNestMicroservice({ transport: Transport.TCP, options, logger: false })
    await service.listen()
    onTestFinished(() => service.close())
    const chat = await startChat([{ name: 'ORDERS', transport: Transport.TCP, options }], {
      'order.*': { client: 'ORDERS', pattern: 'order.price', answer: 'reply', timeoutMs: 1000 },
    })
    const ann = await chat.online('ann')
    const ask = (car: string) => ann.topic('order.price', { car }, order)
    expect(await ask('volvo')).toEqual({ userId: 'ann', price: 13 })
    expect(await ask('none')).toBeNull()
    await expect(ask('sold')).rejects.toMatchObject({
      code: 'REJECTED',
      message: 'it is sold',
      details: { car: 'sold' },
    })
    await expect(ask('busy')).rejects.toMatchObject({ code: 'OVERLOADED', retryAfterMs: 70 })
    const fault: unknown = await ask('fault').catch((error: unknown) => error)
    expect(fault).toMatchObject({ code: 'INTERNAL' })
    expect(JSON.stringify(fault)).not.toContain('secret')
    await expect(ask('slow')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await service.close()
    await expect(ask('volvo')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})

class OwnHandlers {
  @OnC2S('order.placed')
  placed(): void {}
}

describe('an app does not start', () => {
  const tcp = { name: 'TCP', transport: Transport.TCP } as const
  const rabbit = { name: 'RMQ', transport: Transport.RMQ, options: { urls: [amqpUrl], queue: 'q' } } as const
  const frail = { ...rabbit, name: 'FRAIL', options: { ...rabbit.options, queueOptions: { durable: false } } } as const
  const kafka = { name: 'KAFKA', transport: Transport.KAFKA, options: { send: { acks: 1 } } } as const
  const clients: ClientsModuleOptions = [tcp, rabbit, frail, kafka]
  const queued = { client: 'RMQ', answer: 'queued' } as const

  it.each<[TopicRoutes, RegExp]>([
    [
      { a: { client: 'TCP', answer: 'queued' } },
      /^RookeryModule option topics: a cannot answer 'queued', because ClientTCP/,
    ],
    [{ a: { client: 'FRAIL', answer: 'queued' } }, /because the queue is not durable/],
    [{ a: { client: 'KAFKA', answer: 'queued' } }, /because send\.acks is 1/],
    [{ a: { client: 'NONE', answer: 'queued' } }, /names the client NONE, of which the app has no instance: import/],
    [{ a: { client: RookeryModule, answer: 'queued' } }, /names the client RookeryModule, which is no ClientProxy/],
    [{ 'order.*': queued, '*.placed': queued }, /has order\.\* and \*\.placed, which share topics/],
    [{ 'order.*': queued }, /has order\.\*, and OwnHandlers\.placed answers the topic order\.placed/],
    [{ 'a b': queued }, /has "a b": use 1 to 64 printable ASCII characters/],
    [{ a: { client: 'RMQ', answer: 'both' as 'queued' } }, /topics: a: option answer must be 'queued' or 'reply'$/],
    [{ a: { ...queued, timeoutMs: 0 } }, /topics: a: option timeoutMs must be whole milliseconds/],
    [{ a: { ...queued, patern: 'x' } as never }, /option patern .*; did you mean pattern\?/],
    [[] as never, /^RookeryModule option topics must be \{ 'order/],
  ])('with the topics %j, and says why in one line', async (topics, line) => {
    const starting = startChat(clients, topics, { providers: [OwnHandlers] })
    const error = await starting.then(
      () => new Error('it started'),
      (thrown: Error) => thrown,
    )
    expect(error.message).toMatch(line)
    expect(error.message).not.toContain('\n')
  })
})
