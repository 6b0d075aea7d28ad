// RabbitMQ has a message once it confirmed it. It confirms a message that no queue took, too, so each is sent as
// mandatory: the broker returns such a message, before it confirms it. And it keeps over a restart only what is
// persistent, which Nest does not ask for by default.
import { RookeryError } from '@rookery/protocol'
import { defer } from 'rxjs'
import { type MicroserviceClient, notTaken, unavailable } from './client.js'
import type { Send } from './deliver.js'
import type { TopicMessage } from './topic-message.js'
import { within } from './within.js'

/** A channel of amqplib. */
interface Channel {
  on(event: 'return', listener: (message: { readonly properties: { readonly correlationId?: string } }) => void): void
}

/** A channel of amqp-connection-manager: it makes a new channel of amqplib after each reconnect, and sets it up. */
interface ChannelWrapper {
  addSetup(setup: (channel: Channel) => Promise<void>): Promise<void>
}

/** What a client of Nest does for `emit`, without the streams around it: they would cost more than the message. */
interface Dispatching {
  createPacket?(pattern: unknown, data: object): object
  dispatchEvent(packet: object): Promise<unknown>
}

type RmqClient = MicroserviceClient & Dispatching & { readonly channel: ChannelWrapper | null }

/** @param timeoutMs how long a message may wait for its confirm */
export function intoRabbitMq(given: MicroserviceClient, timeoutMs: number): Send {
  const client = given as RmqClient
  const returns = new Returns()
  let sends = 0
  let isBlocked = false
  client.status?.subscribe((status) => (isBlocked = status === 'blocked'))
  const load = recordBuilder()
  let watched: ChannelWrapper | null = null
  let RecordBuilder: RecordBuilder | null = null
  /** Needed once, and again after the client has given up a connection. */
  const prepare = async (): Promise<void> => {
    RecordBuilder = await load()
    await client.connect()
    await returns.watch(client.channel!)
    watched = client.channel
  }
  const publish = async (pattern: string | object, message: TopicMessage): Promise<{ readonly queued: true }> => {
    const correlationId = String(++sends)
    const options = {
      persistent: true,
      mandatory: true,
      correlationId,
      messageId: `${message.userId}/${message.clientMsgId}`,
      // Past it the message is forgotten here, too; it would wait for the next connection, however long that takes.
      timeout: timeoutMs,
    }
    returns.expect(correlationId)
    try {
      const data = new RecordBuilder!(message).setOptions(options).build()
      // Rejects at once while the connection is lost.
      await client.connect()
      await client.dispatchEvent(client.createPacket?.(pattern, data) ?? { pattern, data })
    } catch (error) {
      returns.take(correlationId)
      throw notTaken(error)
    }
    if (returns.take(correlationId)) throw notTaken(new Error('no queue took it: RabbitMQ returned it'))
    return { queued: true }
  }
  return async (pattern, message) => {
    // The broker has raised an alarm, of memory or of disk. It reads nothing until that is over.
    if (isBlocked) throw unavailable('the broker takes no messages at the moment')
    if (watched === null || watched !== client.channel)
      await within(timeoutMs, 'the broker', defer(prepare)).catch((error: unknown) => {
        throw error instanceof RookeryError ? error : notTaken(error)
      })
    return publish(pattern, message)
  }
}

/** Which messages came back. amqplib tells of them on the channel alone, before it tells of the confirm. */
class Returns {
  private readonly awaited = new Map<string, boolean>()
  private readonly watching = new WeakMap<ChannelWrapper, Promise<void>>()

  /** Resolves once messages that come back on this channel, and on those that follow it, are noticed. */
  watch(wrapper: ChannelWrapper): Promise<void> {
    const before = this.watching.get(wrapper)
    if (before !== undefined) return before
    const watching = wrapper.addSetup(async (channel) => {
      channel.on('return', ({ properties: { correlationId } }) => {
        if (correlationId !== undefined && this.awaited.has(correlationId)) this.awaited.set(correlationId, true)
      })
    })
    this.watching.set(wrapper, watching)
    return watching
  }

  expect(correlationId: string): void {
    this.awaited.set(correlationId, false)
  }

  /** Whether it came back. */
  take(correlationId: string): boolean {
    const hasReturned = this.awaited.get(correlationId) === true
    this.awaited.delete(correlationId)
    return hasReturned
  }
}

type RecordBuilder = new (data: object) => { setOptions(options: object): { build(): object } }

/** Loads Nest's package once, when it is needed. */
function recordBuilder(): () => Promise<RecordBuilder> {
  let loading: Promise<RecordBuilder> | null = null
  return () => {
    loading ??= import('@nestjs/microservices').then(({ RmqRecordBuilder }) => RmqRecordBuilder as RecordBuilder)
    return loading
  }
}
