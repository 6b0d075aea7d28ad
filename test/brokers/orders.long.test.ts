// The sample's two processes over RabbitMQ: orders go to the service for orders, and their states come back. The service
// is killed while it handles one.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { connect } from 'amqplib'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { checkedSocket } from '@rookery/testing'
import { io, type Socket } from 'socket.io-client'
import { SampleApp } from '../support/sample-app.js'
import { describeOnPrivateRabbitMq, PrivateRabbitMq } from './private-rabbitmq.js'

const orders = fileURLToPath(new URL('../../sample-app/dist/orders/main.js', import.meta.url))

interface Answer {
  readonly ok: boolean
  readonly data?: Readonly<Record<string, unknown>>
}

const ask = (socket: Socket, event: string, request: object): Promise<Answer> =>
  socket.timeout(10_000).emitWithAck(event, request)

/** A session, until the end of the test. */
async function connectDevice(url: string, token: string): Promise<Socket> {
  const auth = { token, deviceId: 'd1', deviceType: 'phone', protocol: 1 }
  const socket = checkedSocket(io(`${url}/im`, { transports: ['websocket'], forceNew: true, auth }))
  onTestFinished(() => void socket.close())
  await once(socket as unknown as NodeJS.EventEmitter, 'ready')
  return socket
}

describeOnPrivateRabbitMq('the service for orders', () => {
  let broker: PrivateRabbitMq
  beforeAll(async () => void (broker = await PrivateRabbitMq.start()))
  afterAll(() => broker?.remove())

  function startOrders(): ChildProcess {
    const service = spawn(process.execPath, [orders], {
      env: { ...process.env, AMQP_URL: broker.url },
      stdio: 'ignore',
    })
    onTestFinished(() => void service.kill('SIGKILL'))
    return service
  }

  it('tells the states of an order once, though it is killed between receiving and acknowledging it', async () => {
    const app = await SampleApp.start({ AMQP_URL: broker.url })
    onTestFinished(() => app.dispose())
    const socket = await connectDevice(app.url, await app.register('ann'))
    const connection = await connect(broker.url)
    const channel = await connection.createChannel()
    onTestFinished(() => connection.close())
    const inQueue = async (): Promise<number> => (await channel.checkQueue('orders')).messageCount
    const place = (clientMsgId: string) =>
      ask(socket, 'c2s', { topic: 'order.placed', payload: { listingId: 'car-1' }, clientMsgId })
    const states = async (): Promise<unknown[]> => {
      const { data } = await ask(socket, 'pull', { since: 0 })
      const entries = (data?.['entries'] ?? []) as { kind: string; payload?: unknown }[]
      return entries.filter(({ kind }) => kind === 'custom').map(({ payload }) => payload)
    }
    const [received, confirmed] = ['received', 'confirmed'].map((state) => (orderId: string) => {
      return { orderId, listingId: 'car-1', state }
    }) as [(id: string) => object, (id: string) => object]

    expect(await place('order-1')).toEqual({ ok: true, data: { queued: true } })
    expect(await inQueue()).toBe(1)
    // The app stands still, so the service waits for its answer, with the order in its hands.
    app.signal('SIGSTOP')
    const first = startOrders()
    await expect.poll(inQueue, { timeout: 20_000 }).toBe(0)
    first.kill('SIGKILL')
    await once(first, 'exit')
    await expect.poll(inQueue, { timeout: 20_000 }).toBe(1)
    app.signal('SIGCONT')
    startOrders()
    await expect.poll(states, { timeout: 30_000 }).toEqual([received('order-1'), confirmed('order-1')])
    // A client that repeats its order changes nothing.
    expect(await place('order-1')).toEqual({ ok: true, data: { queued: true } })
    expect(await place('order-2')).toEqual({ ok: true, data: { queued: true } })
    await expect
      .poll(states, { timeout: 30_000 })
      .toEqual([...[received('order-1'), confirmed('order-1')], ...[received('order-2'), confirmed('order-2')]])
    expect(await ask(socket, 'c2s', { topic: 'order.placed', payload: {} })).toMatchObject({
      ok: false,
      error: { code: 'BAD_REQUEST' },
    })
  })
})
