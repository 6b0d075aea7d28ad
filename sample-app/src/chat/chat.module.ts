// Chat inside the app: it stores in the app's database, and its users are the app's own.
import { Module } from '@nestjs/common'
import { RookeryEndpointsModule, RookeryModule, type RookeryModuleOptions } from '@rookery/nest-adapter'
import { TypeOrmStorageModule } from '@rookery/storage-typeorm/nest'
import type { EntityManager } from 'typeorm'
import { AuthModule } from '../auth/auth.module.js'
import { AuthService } from '../auth/auth.service.js'
import { CONFIG, type Config } from '../config.js'
import { UsersModule } from '../users/users.module.js'
import { UsersService } from '../users/users.service.js'
import { ChatHandlers } from './chat-handlers.js'
import { messageTypes } from './message-types.js'

@Module({
  imports: [
    TypeOrmStorageModule.forRoot(),
    RookeryEndpointsModule.forRoot(),
    RookeryModule.forRootAsync({
      imports: [AuthModule, UsersModule],
      inject: [CONFIG, AuthService, UsersService],
      useFactory: (config: Config, auth: AuthService, users: UsersService): RookeryModuleOptions => ({
        authenticate: ({ token }) => auth.authenticate(token),
        users: {
          takesTransaction: true,
          exists: (userId, tx) => users.exists(userId, tx as EntityManager | undefined),
        },
        types: messageTypes,
        url: config.publicUrl,
        topics: config.amqpUrl === undefined ? undefined : { 'order.*': { client: 'ORDERS', answer: 'queued' } },
        trustedProxyHops: config.trustedProxyHops,
        rate: config.isRateLimited ? undefined : 'off',
      }),
    }),
  ],
  providers: [ChatHandlers],
})
export class ChatModule {}
