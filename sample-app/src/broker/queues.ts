// What this app and the service for orders share: the queues of both, by which they find one another.
import type { RmqOptions } from '@nestjs/microservices'

type QueueOptions = NonNullable<RmqOptions['options']>

const queue = (amqpUrl: string, name: string): QueueOptions => ({
  urls: [amqpUrl],
  queue: name,
  queueOptions: { durable: true },
})

/** Requests of clients, `order.*`. The service for orders reads it. */
export const ordersQueue = (amqpUrl: string): QueueOptions => queue(amqpUrl, 'orders')

/** Calls of chat. Every process of the app reads it, and each call reaches one of them. */
export const chatQueue = (amqpUrl: string): QueueOptions => queue(amqpUrl, 'chat')

/** A reader acknowledges a message when it is done with it. */
export const reading = (options: QueueOptions): QueueOptions => ({ ...options, noAck: false, prefetchCount: 100 })
