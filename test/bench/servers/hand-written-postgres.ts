// The hand-written gateway on PostgreSQL, a pool of 10 and `synchronous_commit=on`, in a production Nest app.
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { TypeOrmModule } from '@nestjs/typeorm'
import { DataSource } from 'typeorm'
import { judgePostgres } from '../postgres.js'
import { ChatMessage } from './chat-message.entity.js'
import { HandWrittenGateway } from './hand-written.gateway.js'
import { databaseUrl, serve } from './serve.js'

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: databaseUrl(),
      poolSize: 10,
      entities: [ChatMessage],
      synchronize: true,
    }),
    TypeOrmModule.forFeature([ChatMessage]),
  ],
  providers: [HandWrittenGateway],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
await app.listen(0, '127.0.0.1')
const dataSource = app.get(DataSource)

serve(((app.getHttpServer() as Server).address() as AddressInfo).port, {
  // No connection of the pool changes its settings: all have those of the role and the server.
  durability: () => judgePostgres((sql) => dataSource.query(sql)),
  stored: () => dataSource.getRepository(ChatMessage).count(),
})
