// A Nest app whose topic `order.*` goes to RabbitMQ.
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientsModule, Transport } from '@nestjs/microservices'
import { MemoryStorageModule, RookeryModule } from '@rookery/nest-adapter'
import { serve } from './serve.js'

const { BENCH_AMQP_URL = '', BENCH_QUEUE = '' } = process.env
const options = { urls: [BENCH_AMQP_URL], queue: BENCH_QUEUE, queueOptions: { durable: true } }

@Module({
  imports: [
    ClientsModule.register([{ name: 'ORDERS', transport: Transport.RMQ, options }]),
    MemoryStorageModule.forRoot(),
    RookeryModule.forRoot({
      authenticate: ({ token }) => ({ userId: token }),
      topics: { 'order.*': { client: 'ORDERS', answer: 'queued' } },
      rate: 'off',
    }),
  ],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
await app.listen(0, '127.0.0.1')
serve(((app.getHttpServer() as Server).address() as AddressInfo).port, null)
