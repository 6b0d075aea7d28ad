// The hand-written gateway on SQLite, WAL with `synchronous=FULL`, in a production Nest app.
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { TypeOrmModule } from '@nestjs/typeorm'
import libsql from 'libsql'
import { DataSource } from 'typeorm'
import { ChatMessage } from './chat-message.entity.js'
import { HandWrittenGateway } from './hand-written.gateway.js'
import { databaseFolder, judgeSqlite, serve } from './serve.js'

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      driver: libsql,
      database: join(databaseFolder(), 'hand-written.sqlite'),
      enableWAL: true,
      prepareDatabase: (database: libsql.Database) => void database.pragma('synchronous = FULL'),
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

const pragma = async (name: string): Promise<unknown> => {
  // TypeORM has one SQLite connection for all: `save` writes through this one.
  const [row] = await dataSource.query<Record<string, unknown>[]>(`PRAGMA ${name}`)
  return row?.[name]
}

serve(((app.getHttpServer() as Server).address() as AddressInfo).port, {
  durability: async () => judgeSqlite(String(await pragma('journal_mode')), Number(await pragma('synchronous'))),
  stored: () => dataSource.getRepository(ChatMessage).count(),
})
