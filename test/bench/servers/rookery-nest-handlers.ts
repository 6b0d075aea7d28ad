// A production Nest app with `nestjs-cls`, as many hosts have it: without a handler, or with one.
import 'reflect-metadata'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  type CanActivate,
  Global,
  Injectable,
  Module,
  type PipeTransform,
  type Type,
  UseGuards,
  UsePipes,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { MessageBody } from '@nestjs/websockets'
import { tokens } from '@rookery/core'
import { OnC2C, RookeryModule } from '@rookery/nest-adapter'
import { TypeOrmStorage } from '@rookery/storage-typeorm'
import { ClsModule, ClsService } from 'nestjs-cls'
import { watch } from './rookery-durability.js'
import { databaseFolder, serve } from './serve.js'

@Injectable()
class LetsThrough implements CanActivate {
  canActivate(): boolean {
    return true
  }
}

@Injectable()
class LeavesAsItIs implements PipeTransform {
  transform(value: unknown): unknown {
    return value
  }
}

@Injectable()
class Handler {
  @OnC2C()
  any(): void {}
}

@Injectable()
class AsyncHandler {
  @OnC2C()
  async any(): Promise<void> {}
}

@Injectable()
class GuardedHandler {
  @OnC2C()
  @UseGuards(LetsThrough)
  @UsePipes(LeavesAsItIs)
  any(@MessageBody() _content: unknown): void {}
}

const handlers: Readonly<Record<string, readonly Type[]>> = {
  none: [],
  one: [Handler],
  async: [AsyncHandler],
  guarded: [GuardedHandler],
}

const storage = new TypeOrmStorage({ type: 'better-sqlite3', database: join(databaseFolder(), 'app.im.sqlite') })
const storing = watch(storage)

@Global()
@Module({ providers: [{ provide: tokens.storage, useValue: storage }], exports: [tokens.storage] })
class StorageModule {}

@Module({
  imports: [
    ClsModule.forRoot({ global: true, middleware: { mount: true } }),
    StorageModule,
    RookeryModule.forRoot({ authenticate: ({ token }) => ({ userId: token }), rate: 'off' }),
  ],
  providers: [...handlers[process.env['BENCH_HANDLERS'] ?? 'none']!],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] })
await app.listen(0, '127.0.0.1')
// The first use of it makes every later promise of the process more expensive, as the first HTTP request of such a host
// does.
app.get(ClsService).run(() => undefined)
serve(((app.getHttpServer() as Server).address() as AddressInfo).port, storing)
