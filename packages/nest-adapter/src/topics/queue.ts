// `answer: 'queued'`: the client is answered once the broker has the message, and not before.
import { misconfigured } from '../misconfigured.js'
import { classNames, type MicroserviceClient, optionsOf } from './client.js'
import type { Send } from './deliver.js'
import { intoKafka } from './kafka.js'
import { intoJetStream } from './nats.js'
import { intoRabbitMq } from './rabbitmq.js'

/**
 * @param timeoutMs how long one message may take
 * @throws Error in one line where the transport cannot promise that the broker has a message
 */
export function queueInto(client: MicroserviceClient, topic: string, timeoutMs: number): Send {
  const cannot = (why: string) =>
    misconfigured(`RookeryModule option topics: ${topic} cannot answer 'queued', because ${why}.`)
  const names = classNames(client)
  const options = optionsOf(client)
  if (names.includes('ClientRMQ')) {
    const { queueOptions } = options as { readonly queueOptions?: { readonly durable?: boolean } }
    if (queueOptions?.durable === false)
      throw cannot('the queue is not durable: give queueOptions: { durable: true }, the default')
    return intoRabbitMq(client, timeoutMs)
  }
  if (names.includes('ClientKafka')) {
    const acks = (options['send'] as { readonly acks?: number } | undefined)?.acks ?? -1
    if (acks !== -1)
      throw cannot(`send.acks is ${acks}, and Kafka promises nothing then: give send: { acks: -1 }, the default`)
    return intoKafka(client, timeoutMs)
  }
  if (names.includes('ClientNats')) return intoJetStream(client, timeoutMs)
  throw cannot(
    `${names[0]} cannot tell that a broker has stored a message: use RabbitMQ, Kafka or NATS JetStream, or answer 'reply'`,
  )
}
