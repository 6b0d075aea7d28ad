// Faults of brokers: the client is told by the deadline, sends again under the same key, and the service has every
// request, each under one key.
import { type ClientsModuleOptions, Transport } from '@nestjs/microservices'
import type { TestDevice } from '@rookery/nest-adapter/testing'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect as connectNats } from '@nats-io/transport-node'
import { connect } from 'amqplib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeOnNats, startNats } from './nats.js'
import { describeOnPrivateRabbitMq, PrivateRabbitMq } from './private-rabbitmq.js'
import { newName } from './rabbitmq.js'
import { startChat } from './topic-app.js'

/** What the client is answered: `queued`, or the code of the refusal. */
const ask = async (device: TestDevice, key: string): Promise<string> => {
  try {
    await device.topic('order.placed', { key }, { clientMsgId: key })
    return 'queued'
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

/** As a client does: until the broker has it. */
async function askUntilQueued(device: TestDevice, key: string): Promise<void> {
  await expect.poll(() => ask(device, key), { timeout: 60_000, interval: 200 }).toBe('queued')
}

/**
 * Twenty requests are always under way while something breaks; each of them ends with the first refusal.
 * @returns what each key was answered
 */
async function askThrough(device: TestDevice, breaks: () => Promise<void>): Promise<ReadonlyMap<string, string>> {
  const answers = new Map<string, string>()
  const worker = async (w: number): Promise<void> => {
    for (let n = 0, answer = 'queued'; answer === 'queued'; n++) {
      const key = `key-${w}-${n}`
      answer = await ask(device, key)
      answers.set(key, answer)
    }
  }
  const working = Promise.all(Array.from({ length: 20 }, (_, w) => worker(w)))
  await expect.poll(() => answers.size, { timeout: 20_000, interval: 5 }).toBeGreaterThan(300)
  await breaks()
  await working
  expect(new Set(answers.values())).toEqual(new Set(['queued', 'UNAVAILABLE']))
  return answers
}

const keysOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `key-${i}`)

describeOnPrivateRabbitMq('RabbitMQ', () => {
  let broker: PrivateRabbitMq
  beforeAll(async () => void (broker = await PrivateRabbitMq.start()))
  afterAll(() => broker?.remove())

  async function scene(): Promise<{ ann: TestDevice; received(): Promise<string[]> }> {
    const queue = newName()
    const options = { urls: [broker.url], queue, queueOptions: { durable: true } }
    const socketOptions = { reconnectTimeInSeconds: 1 }
    const clients: ClientsModuleOptions = [
      { name: 'ORDERS', transport: Transport.RMQ, options: { ...options, socketOptions } },
    ]
    const topics = { 'order.*': { client: 'ORDERS', answer: 'queued' } } as const
    const chat = await startChat(clients, topics, { handlerDeadlineMs: 2000 })
    const ann = await chat.online('ann')
    expect(await ask(ann, 'first')).toBe('queued')
    return {
      ann,
      /** The keys of everything in the queue, a repeated one as often as it came. */
      async received() {
        const connection = await connect(broker.url)
        const channel = await connection.createChannel()
        const keys: string[] = []
        for (
          let one = await channel.get(queue, { noAck: true });
          one !== false;
          one = await channel.get(queue, { noAck: true })
        )
          keys.push(String(one.properties.messageId))
        await connection.close()
        return keys
      },
    }
  }

  const all = (keys: readonly string[]): Set<string> => new Set(['first', ...keys].map((key) => `ann/${key}`))
  const repeats = (received: readonly string[]): string => `${received.length - new Set(received).size} came twice`

  it('killed while requests are under way: each is answered, and every key reaches the queue', async () => {
    const { ann, received } = await scene()
    const answers = await askThrough(ann, () => broker.kill())
    await broker.start()
    const left = [...answers.keys()].filter((key) => answers.get(key) !== 'queued')
    for (const key of left) await askUntilQueued(ann, key)
    const found = await received()
    console.log(`RabbitMQ killed: ${left.length} of ${answers.size} requests were sent again, ${repeats(found)}`)
    expect(new Set(found)).toEqual(all([...answers.keys()]))
  })

  it('in an alarm of memory it takes nothing, and says so; afterwards everything arrives', async () => {
    const { ann, received } = await scene()
    await broker.setAlarm(true)
    const keys = keysOf(20)
    try {
      for (const answer of await Promise.all(keys.map((key) => ask(ann, key)))) expect(answer).toBe('UNAVAILABLE')
    } finally {
      await broker.setAlarm(false)
    }
    for (const key of keys) await askUntilQueued(ann, key)
    const found = await received()
    console.log(`alarm of RabbitMQ: ${keys.length} requests, ${repeats(found)}`)
    expect(new Set(found)).toEqual(all(keys))
  })

  it('with its connections cut again and again, every key reaches the queue', async () => {
    const { ann, received } = await scene()
    const keys = keysOf(90)
    for (let cut = 0; cut < 3; cut++) {
      const part = keys.slice(cut * 30, (cut + 1) * 30)
      const asking = Promise.all(part.map((key) => askUntilQueued(ann, key)))
      await broker.cutConnections()
      await asking
    }
    const found = await received()
    console.log(`connections of RabbitMQ cut 3 times: ${keys.length} requests, ${repeats(found)}`)
    expect(new Set(found)).toEqual(all(keys))
  })
})

describeOnNats('NATS', () => {
  it('killed and started again: every key is in the stream once', async () => {
    const server = await startNats()
    const manage = async <T>(
      work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
    ): Promise<T> => {
      const connection = await connectNats({ servers: server.url })
      try {
        return await work(await jetstreamManager(connection))
      } finally {
        await connection.close()
      }
    }
    await manage((manager) => manager.streams.add({ name: 'ORDERS', subjects: ['order.*'] }))
    const options = { servers: [server.url], reconnectTimeWait: 200, maxReconnectAttempts: -1 }
    const clients: ClientsModuleOptions = [{ name: 'ORDERS', transport: Transport.NATS, options }]
    const topics = { 'order.*': { client: 'ORDERS', answer: 'queued' } } as const
    const chat = await startChat(clients, topics, { handlerDeadlineMs: 2000 })
    const ann = await chat.online('ann')
    const answers = await askThrough(ann, () => server.kill())
    await server.restart()
    // Those that were answered, too: a client does not always get its answer.
    for (const key of answers.keys()) await askUntilQueued(ann, key)
    const left = [...answers.values()].filter((answer) => answer !== 'queued')
    console.log(`NATS killed: ${left.length} of ${answers.size} requests were sent again`)
    expect((await manage((manager) => manager.streams.info('ORDERS'))).state.messages).toBe(answers.size)
  })
})
