import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common'
import { APP_FILTER, APP_PIPE } from '@nestjs/core'
import { RookeryExceptionFilter } from '@rookery/nest-adapter'
import { RedisPresenceModule } from '@rookery/presence-redis/nest'
import { AdminModule } from './admin/admin.module.js'
import { AuthModule } from './auth/auth.module.js'
import { ChatModule } from './chat/chat.module.js'
import type { Config } from './config.js'
import { ConfigModule } from './config.module.js'
import { ContactsModule } from './contacts/contacts.module.js'
import { DatabaseModule } from './database/database.module.js'
import { HealthModule } from './health/health.module.js'
import { ListingsModule } from './listings/listings.module.js'
import { MetricsModule } from './metrics/metrics.module.js'
import { OffersModule } from './offers/offers.module.js'
import { OrganisationModule } from './organisation/organisation.module.js'
import { UsersModule } from './users/users.module.js'

@Module({
  imports: [
    DatabaseModule,
    UsersModule,
    AuthModule,
    ListingsModule,
    OffersModule,
    ContactsModule,
    OrganisationModule,
    ChatModule,
    AdminModule,
    HealthModule,
    MetricsModule,
  ],
  providers: [
    // When chat refuses a controller's call, the HTTP status is that of the error's code.
    { provide: APP_FILTER, useClass: RookeryExceptionFilter },
    // For HTTP and for chat's handlers alike.
    {
      provide: APP_PIPE,
      useFactory: () => new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
    },
  ],
})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    const { redisUrl, amqpUrl } = config
    // Processes that share the database and Redis are one system.
    const others = redisUrl === undefined ? [] : [RedisPresenceModule.forRoot({ url: redisUrl })]
    const broker = amqpUrl === undefined ? [] : [brokerModule(amqpUrl)]
    return { module: AppModule, imports: [ConfigModule.forRoot(config), ...others, ...broker] }
  }
}

/** Loaded where it is used: without a broker the app starts sooner. */
const brokerModule = async (amqpUrl: string): Promise<DynamicModule> =>
  (await import('./broker/broker.module.js')).BrokerModule.forRoot(amqpUrl)
