// RabbitMQ has a message once it confirmed it. It confirms a message that no queue took, too, so each is sent as
// mandatory: the broker returns such a message, before it confirms it. And it keeps over a restart only what is
// persistent, which Nest does not ask for by default.
import { defer, lastValueFrom } from 'rxjs'
import { type MicroserviceClient, notTaken, unavailable } from './client.js'
import type { Send } from './deliver.js'
import type { TopicMessage } from './topic-message.js'

/** A channel of amqplib. */
interface Channel {
  on(event: 'return', listener: (message: { readonly properties: { readonly correlationId?: string } }) => void): void
}

/** A channel of amqp-connection-manager: it makes a new channel of amqplib after each reconnect, and sets it up. */
interface ChannelWrapper {
  addSetup(setup: (channel: Channel) => Promise<void>): Promise<void>
}

/** @param timeoutMs how long a message may wait for its confirm */
export function intoRabbitMq(client: MicroserviceClient, timeoutMs: number): Send {
  const returned = new Set<string>()
  const waiting = new Set<string>()
  const watched = new WeakMap<ChannelWrapper, Promise<void>>()
  let sends = 0
  let isBlocked = false
  client.status?.subscribe((status) => (isBlocked = status === 'blocked'))
  // amqplib tells of returned messages on the channel alone.
  const watch = (wrapper: ChannelWrapper): Promise<void> => {
    const before = watched.get(wrapper)
    if (before !== undefined) return before
    const watching = wrapper.addSetup(async (channel) => {
      channel.on('return', ({ properties: { correlationId } }) => {
        if (correlationId !== undefined && waiting.has(correlationId)) returned.add(correlationId)
      })
    })
    watched.set(wrapper, watching)
    return watching
  }
  const load = recordBuilder()
  const send = async (pattern: string | object, message: TopicMessage): Promise<{ readonly queued: true }> => {
    // The broker has raised an alarm, of memory or of disk. It reads nothing until that is over.
    if (isBlocked) throw unavailable('the broker takes no messages at the moment')
    const correlationId = String(++sends)
    const options = {
      persistent: true,
      mandatory: true,
      correlationId,
      messageId: `${message.userId}/${message.clientMsgId}`,
      // Without it a message would wait for the next connection, however long that takes.
      timeout: timeoutMs,
    }
    waiting.add(correlationId)
    try {
      const RecordBuilder = await load()
      await client.connect()
      await watch((client as unknown as { readonly channel: ChannelWrapper }).channel)
      const record = new RecordBuilder(message).setOptions(options).build()
      await lastValueFrom(client.emit(pattern, record), { defaultValue: null })
    } catch (error) {
      throw notTaken(error)
    } finally {
      waiting.delete(correlationId)
    }
    if (returned.delete(correlationId)) throw notTaken(new Error('no queue took it: RabbitMQ returned it'))
    return { queued: true }
  }
  return (pattern, message) => defer(() => send(pattern, message))
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
