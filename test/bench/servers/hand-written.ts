// The hand-written gateway in a production Nest app, on the database of its caller.
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm'
import { DataSource } from 'typeorm'
import { ChatMessage } from './chat-message.entity.js'
import { HandWrittenGateway } from './hand-written.gateway.js'
import { serve, type Durability } from './serve.js'

/** @param durability the settings of the connections that the gateway writes with */
export async function serveHandWritten(
  database: TypeOrmModuleOptions,
  durability: (dataSource: DataSource) => Promise<Durability>,
): Promise<void> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database, entities: [ChatMessage], synchronize: true }),
      TypeOrmModule.forFeature([ChatMessage]),
    ],
    providers: [HandWrittenGateway],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
  await app.listen(0, '127.0.0.1')
  const dataSource = app.get(DataSource)
  serve(((app.getHttpServer() as Server).address() as AddressInfo).port, {
    durability: () => durability(dataSource),
    stored: () => dataSource.getRepository(ChatMessage).count(),
  })
}
