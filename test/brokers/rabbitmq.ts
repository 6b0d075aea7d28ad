// For tests with RabbitMQ: the one of AMQP_URL, on this machine unless it says otherwise, with queues that only one test
// uses. Where none answers, the tests are skipped by name; where CI is set, they fail.
import { randomBytes } from 'node:crypto'
import { connect, type ChannelModel, type GetMessage } from 'amqplib'
import { describe, it, onTestFinished } from 'vitest'

export const amqpUrl = process.env['AMQP_URL'] ?? 'amqp://127.0.0.1:5672'

const unreachable = await connect(amqpUrl).then(
  async (connection) => (await connection.close(), null),
  (error: unknown) => error,
)
if (unreachable !== null && process.env['CI']) throw new Error(`no RabbitMQ at ${amqpUrl}`, { cause: unreachable })

/** Like `describe`, where a RabbitMQ answers. */
export function describeOnRabbitMq(name: string, cases: () => void): void {
  if (unreachable === null) describe(name, cases)
  else describe.skip(`${name} (no RabbitMQ at ${amqpUrl})`, () => it('is not shown', () => {}))
}

/** A name for a queue of this test. */
export const newName = (): string => `rookery-test-${randomBytes(6).toString('hex')}`

/** A connection of amqplib itself, until the end of the test. */
export async function connectTo(url = amqpUrl): Promise<ChannelModel> {
  const connection = await connect(url)
  connection.on('error', () => {})
  onTestFinished(() => connection.close().catch(() => {}))
  return connection
}

export interface TestQueue {
  readonly name: string
  /** Takes the next message; null where there is none. */
  next(): Promise<GetMessage | null>
  remove(): Promise<void>
}

/** A durable queue, until the end of the test. */
export async function newQueue(url = amqpUrl, name = newName()): Promise<TestQueue> {
  const channel = await (await connectTo(url)).createChannel()
  channel.on('error', () => {})
  await channel.assertQueue(name, { durable: true })
  const remove = async (): Promise<void> => void (await channel.deleteQueue(name))
  onTestFinished(() => remove().catch(() => {}))
  return {
    name,
    remove,
    async next() {
      const message = await channel.get(name, { noAck: true })
      return message === false ? null : message
    },
  }
}
