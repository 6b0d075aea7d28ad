// Starts the service for orders: npm run start:orders, with AMQP_URL.
import { Logger } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { type MicroserviceOptions, Transport } from '@nestjs/microservices'
import { ordersQueue, reading } from '../broker/queues.js'
import { amqpUrlOf } from '../config.js'
import { OrdersModule } from './orders.module.js'

const amqpUrl = urlOrExit()
const service = await NestFactory.createMicroservice<MicroserviceOptions>(OrdersModule.forRoot(amqpUrl), {
  transport: Transport.RMQ,
  options: reading(ordersQueue(amqpUrl)),
})
service.enableShutdownHooks()
await service.listen()
new Logger('Orders').log('waiting for orders')

function urlOrExit(): string {
  try {
    const url = amqpUrlOf(process.env)
    if (url !== undefined) return url
    throw new Error('AMQP_URL must be amqp://… or amqps://…: orders come over RabbitMQ')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
