// Answers the calls of other services.
import type { INestApplication } from '@nestjs/common'
import { type MicroserviceOptions, Transport } from '@nestjs/microservices'
import { chatQueue, reading } from './queues.js'

/** Resolves once the broker delivers; a broker that is away is tried again without end. */
export async function listenForCalls(app: INestApplication, amqpUrl: string): Promise<void> {
  app.connectMicroservice<MicroserviceOptions>({ transport: Transport.RMQ, options: reading(chatQueue(amqpUrl)) })
  await app.startAllMicroservices()
}
