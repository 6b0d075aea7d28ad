// Rookery as a host uses it: a module in a production Nest app, with SQLite in worker threads.
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Global, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { tokens } from '@rookery/core'
import { RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { databaseFolder, serve } from './serve.js'
import { watch } from './rookery-durability.js'

const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: join(databaseFolder(), 'app.im.sqlite') })
const storing = watch(storage)

@Global()
@Module({ providers: [{ provide: tokens.storage, useValue: storage }], exports: [tokens.storage] })
class StorageModule {}

@Module({
  imports: [StorageModule, RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }), rate: 'off' })],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
await app.listen(0, '127.0.0.1')
serve(((app.getHttpServer() as Server).address() as AddressInfo).port, storing)
